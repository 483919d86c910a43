"""The coach at one finger: which remedy comes next, its questions, its time, and when a print is good enough. Pure.

What was seen leads to a remedy (kiosk.domain.remedies), what it did is counted. A remedy that needs no time is done
while the sensor already waits; one that does runs a count-down on the screen; one with rules of safety is offered to
the officer, who starts it after its questions. Skipping is always possible.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.effort import worth_another_try
from kiosk.domain.experience import Attempt, Remedy, RemedyOutcome
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import Advice, choose
from kiosk.journey.effects import CapturePrint, Effect, NoteRemedy, Ring, StartTimer, StopTimer
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import Step
from kiosk.journey.turning import AGAIN, ASK, DOING, OFFER, stay, step_of

#: After these the finger is wet: it is dried before it comes back.
_WET: Final = frozenset({Remedy.WASH, Remedy.WARM, Remedy.ICE})


def age_of(session: Session, now: datetime) -> int | None:
    """Give the citizen's age in whole years, or None while nobody has said when they were born."""
    identity = session.answers.identity
    return None if identity is None else identity.born.age_on(now.date())


def advice_for(session: Session, rules: Rules, verdict: PrintVerdict, now: datetime) -> Advice | None:
    """Choose the next remedy for a print with this verdict, of those that may be done to this finger."""
    coach, visit = session.coach, session.visit
    done = {attempt.remedy for attempt in coach.attempts if attempt.remedy is not None}
    shared = {remedy for hand, remedy in visit.hands if hand == _hand(step_of(session, rules))}
    return choose(
        verdict,
        remedies=rules.remedies,
        used=done | coach.skipped | visit.refused | shared,
        age=age_of(session, now),
        here=rules.here,
        everywhere=rules.everywhere,
    )


def worth(session: Session, rules: Rules, advice: Advice | None, now: datetime) -> bool:
    """Say whether the finger is tried once more: while it promises something, and the strength of the age lasts."""
    return worth_another_try(
        session.coach.attempts,
        good_from=rules.good_print,
        remedy_gain=advice.gain if advice is not None else 0.0,
        tries=session.visit.tries,
        minutes=session.visit.minutes(now),
        age=age_of(session, now),
        frail=session.visit.frail,
    )


def counted(session: Session, attempt: Attempt, good_from: int) -> tuple[Effect, ...]:
    """Count what the remedy before this attempt has done, if one was."""
    if attempt.remedy is None or not session.coach.attempts:
        return ()
    before = session.coach.attempts[-1]
    outcome = RemedyOutcome.judged(
        before.verdict, attempt.remedy, before=before.quality, after=attempt.quality, good_from=good_from
    )
    return (NoteRemedy(outcome),)


def advise(session: Session, rules: Rules, advice: Advice | None, *effects: Effect) -> Turn:
    """Show the remedy. What takes no time is done while the sensor waits; the rest has its time or is offered."""
    step = step_of(session, rules)
    coach = replace(session.coach, advice=advice, asked=0, left_s=0)
    shown = replace(session, coach=coach, percent=None, hint="")
    if advice is None:
        return stay(replace(shown, phase=AGAIN), *effects, *_capture(step))
    if advice.officer_starts or advice.questions:
        return stay(replace(shown, phase=OFFER), *effects)
    if advice.timer_s:
        return _begin(shown, advice, rules, *effects)
    return stay(replace(shown, phase=AGAIN, coach=replace(coach, done=advice.remedy)), *effects, *_capture(step))


def begin(session: Session, rules: Rules) -> Turn:
    """The officer starts what was offered: its questions first, each of which must be answered with no."""
    advice = session.coach.advice
    if advice is None:
        return stay(session)
    if session.coach.asked < len(advice.questions):
        return stay(replace(session, phase=ASK))
    return _begin(session, advice, rules)


def answered_no(session: Session, rules: Rules) -> Turn:
    """One question was answered with no: ask the next one, or begin."""
    return begin(replace(session, coach=replace(session.coach, asked=session.coach.asked + 1)), rules)


def answered_yes(session: Session, rules: Rules, now: datetime) -> Turn:
    """One question was answered with yes: the remedy is not for this citizen, at no finger. Which one is not kept."""
    advice = session.coach.advice
    if advice is None:
        return stay(session)
    refused = session.visit.refused | {advice.remedy}
    return _another(replace(session, visit=replace(session.visit, refused=refused)), rules, now)


def skip(session: Session, rules: Rules, now: datetime) -> Turn:
    """Pass over this remedy at this finger."""
    advice = session.coach.advice
    if advice is None:
        return stay(session)
    skipped = session.coach.skipped | {advice.remedy}
    return _another(replace(session, coach=replace(session.coach, skipped=skipped)), rules, now)


def tick(session: Session, rules: Rules) -> Turn:
    """One second of the remedy has passed; at the last the bell rings and the finger is asked for."""
    left_s = session.coach.left_s - 1
    if left_s <= 0:
        following, effects = finished(session, rules)
        return following, (Ring(), *effects)
    return stay(replace(session, coach=replace(session.coach, left_s=left_s)), StartTimer("remedy", rules.tick_s))


def finished(session: Session, rules: Rules) -> Turn:
    """The remedy is done: the finger comes back, dried, and onto a glass without powder."""
    advice, step = session.coach.advice, step_of(session, rules)
    if advice is None:
        return stay(session)
    hint = "remedy.after.glass" if advice.wipe_glass else "remedy.after.dry" if advice.remedy in _WET else ""
    hands = session.visit.hands
    if advice.whole_hand:
        hands |= {(_hand(step), advice.remedy)}
    back = replace(
        session,
        phase="",
        hint=hint,
        coach=replace(session.coach, done=advice.remedy, left_s=0),
        visit=replace(session.visit, hands=hands),
    )
    return stay(back, StopTimer("remedy"), *_capture(step))


def _begin(session: Session, advice: Advice, rules: Rules, *effects: Effect) -> Turn:
    if not advice.timer_s:
        return finished(session, rules)
    doing = replace(session, phase=DOING, coach=replace(session.coach, left_s=advice.timer_s))
    return stay(doing, *effects, StartTimer("remedy", rules.tick_s))


def _another(session: Session, rules: Rules, now: datetime) -> Turn:
    verdict = session.coach.attempts[-1].verdict if session.coach.attempts else PrintVerdict.NO_FINGER
    return advise(session, rules, advice_for(session, rules, verdict, now), StopTimer("remedy"))


def _capture(step: Step) -> tuple[Effect, ...]:
    return () if step.finger is None else (CapturePrint(step.finger),)


def _hand(step: Step) -> str:
    return "" if step.finger is None else step.finger.value.partition("_")[0]
