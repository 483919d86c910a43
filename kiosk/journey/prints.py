"""Steps 8 and 9: hands, and ten fingers one at a time. Pure.

A weak print is tried again with a remedy while that promises something (see coaching), the best try is kept (not the
last), and a finger that cannot be taken is excepted with a reason. The frail give their best fingers first. Nobody is
blamed and nobody gets stuck.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.capture_plan import (
    Earlier,
    Excepted,
    ExceptionReason,
    Filled,
    Finger,
    Impression,
    Position,
    SlotKind,
    SlotState,
)
from kiosk.domain.effort import gentle_order
from kiosk.domain.enrolment import Answers, Capture
from kiosk.domain.experience import Attempt
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.visits import is_better, open_print
from kiosk.journey import coaching
from kiosk.journey.effects import CapturePrint, Effect, Lamp, ShowLamp, StartTimer, StopPrint, StopTimer
from kiosk.journey.events import (
    Event,
    FingerStays,
    FingerTouched,
    PrintCaptured,
    PrintProgress,
    TimerFired,
    Touched,
)
from kiosk.journey.session import AtFinger, Candidate, Rules, Session, Turn
from kiosk.journey.steps import Kind, Step
from kiosk.journey.turning import (
    AGAIN,
    ASK,
    BUSY,
    DOING,
    EXCEPTION,
    GOOD,
    OFFER,
    SAME,
    WHICH,
    enter,
    stay,
    step_of,
    with_answers,
)

#: Parts of the step in which a finger is waited for or its image is on the way.
_WAITING: Final = frozenset({"", BUSY, AGAIN, SAME})
#: Parts from which Back leads to the finger itself.
INSIDE: Final = frozenset({AGAIN, OFFER, ASK, DOING, SAME, WHICH, EXCEPTION})
#: From so many prints in a row that look like another finger's, the officer is asked which is which.
_DOUBTS: Final = 2

#: Rows of the lists beside the reasons.
REST: Final = "rest"
WHICH_ROWS: Final = ("redo", "once_more", "keep")


def hands(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Hands are washed: on to the first finger."""
    match event:
        case Touched("yes"):
            return enter(session, next_print(session, rules, now), rules)
        case _:
            return stay(session)


def next_print(session: Session, rules: Rules, now: datetime) -> str:
    """Name the step of the next finger: the first one still open in the gentle order; after all, what follows them."""
    slots = session.answers.slots
    open_ones = [
        slot.finger for slot in rules.plan.prints() if slot.finger is not None and open_print(slots.get(slot.id))
    ]
    if not open_ones:
        return _after_prints(session.answers, rules)
    order = gentle_order(
        open_ones, age=coaching.age_of(session, now), qualities=_qualities(session, rules), frail=session.visit.frail
    )
    return f"print.{order[0].value}"


def _after_prints(answers: Answers, rules: Rules) -> str:
    portrait = next((slot.id for slot in rules.plan.slots if slot.kind is SlotKind.PORTRAIT), "")
    return "review" if portrait in answers.slots else "portrait.prepare"


def _qualities(session: Session, rules: Rules) -> dict[Finger, int]:
    found: dict[Finger, int] = {}
    for slot in rules.plan.prints():
        state = session.answers.slots.get(slot.id)
        if slot.finger is not None and isinstance(state, Filled | Earlier) and state.quality is not None:
            found[slot.finger] = state.quality
    return found


def prints_of(session: Session, rules: Rules) -> dict[Finger, Capture]:
    """Give the prints taken so far, in the order of the plan."""
    found: dict[Finger, Capture] = {}
    for slot in rules.plan.prints():
        state = session.answers.slots.get(slot.id)
        if slot.finger is not None and isinstance(state, Filled) and state.capture in session.captures:
            found[slot.finger] = session.captures[state.capture]
    return found


def print_step(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """One finger: wait, judge, remedy, accept or except."""
    step = step_of(session, rules)
    match event:
        case FingerStays() if session.phase == "":
            return stay(replace(session, hint="print.lift"))
        case FingerTouched() if session.phase in _WAITING:
            return stay(replace(session, phase=BUSY, percent=0, hint=""))
        case PrintProgress(percent) if session.phase == BUSY:
            return stay(replace(session, percent=percent))
        case PrintCaptured() if event.finger is step.finger and session.phase in _WAITING:
            return _captured(session, event, rules, now)
        case TimerFired("pause") if session.phase == GOOD:
            return _accept(session, step, rules, now)
        case TimerFired("remedy") if session.phase == DOING:
            return coaching.tick(session, rules)
        case Touched(choice):
            return _touched(session, choice, rules, now)
        case _:
            return stay(session)


def _touched(session: Session, choice: str, rules: Rules, now: datetime) -> Turn:
    match session.phase, choice:
        case ("offer", "yes"):
            return coaching.begin(session, rules)
        case ("ask", "yes"):
            return coaching.answered_yes(session, rules, now)
        case ("ask", "other"):
            return coaching.answered_no(session, rules)
        case ("doing", "yes"):
            return coaching.finished(session, rules)
        case ("offer" | "doing", "other"):
            return coaching.skip(session, rules, now)
        case ("exception", "other"):
            return _capture_again(session, step_of(session, rules))
        case ("exception", _):
            return _except(session, choice, rules, now)
        case ("which", _):
            return _which(session, choice, rules, now)
        case ("" | "busy" | "again" | "same", "other"):
            return stay(replace(session, phase=EXCEPTION, percent=None, hint=""), StopPrint())
        case _:
            return stay(session)


def _captured(session: Session, event: PrintCaptured, rules: Rules, now: datetime) -> Turn:
    same = event.same_as
    other = rules.plan.slot_of(same) if same is not None and same is not event.finger else None
    if other is not None and isinstance(session.answers.slots.get(other.id), Filled):
        return _same(session, event)
    return _judge(session, event, rules, now)


def _same(session: Session, event: PrintCaptured) -> Turn:
    """This finger was taken already: ask for the right one; when it goes on like that, ask the officer."""
    coach = replace(session.coach, doubt=event, times=session.coach.times + 1)
    doubting = replace(session, coach=coach, percent=None, hint="")
    if coach.times >= _DOUBTS:
        return stay(replace(doubting, phase=WHICH))
    return stay(replace(doubting, phase=SAME), CapturePrint(event.finger))


def _which(session: Session, choice: str, rules: Rules, now: datetime) -> Turn:
    """The officer says which finger was which: take the earlier one anew, try this one again, or keep both."""
    doubt = session.coach.doubt
    settled = replace(session, phase="", coach=replace(session.coach, doubt=None, times=0))
    match choice:
        case "keep" if doubt is not None:
            return _judge(settled, doubt, rules, now)
        case "redo" if doubt is not None and doubt.same_as is not None:
            slot = rules.plan.slot_of(doubt.same_as)
            slots = {key: state for key, state in session.answers.slots.items() if slot is None or key != slot.id}
            answers = replace(session.answers, slots=slots)
            return with_answers(settled, answers, f"print.{doubt.same_as.value}", rules)
        case "once_more":
            return _capture_again(settled, step_of(session, rules))
        case _:
            return stay(session)


def _judge(session: Session, event: PrintCaptured, rules: Rules, now: datetime) -> Turn:
    coach = session.coach
    attempt = Attempt(event.quality, event.verdict, coach.done)
    noted = coaching.counted(session, attempt, rules.good_print)
    best = session.candidate
    if best is None or event.quality > best.quality:
        best = Candidate(event.capture_id, event.capture, event.quality, event.verdict, event.sensor)
    tried = replace(
        session,
        candidate=best,
        coach=AtFinger((*coach.attempts, attempt), skipped=coach.skipped, move=event.move),
        visit=session.visit.tried(now),
        percent=None,
        hint="",
    )
    if event.verdict is PrintVerdict.GOOD and event.quality >= rules.good_print:
        return _done(tried, rules, noted)
    advice = coaching.advice_for(tried, rules, event.verdict, now)
    # Who asks for another try after a round of tries gets one more at least.
    round_over = len(tried.coach.attempts) % rules.tries_per_finger == 0
    if not round_over and coaching.worth(tried, rules, advice, now):
        return coaching.advise(tried, rules, advice, *noted)
    if best.quality >= rules.usable_print:
        return _done(tried, rules, noted)
    return stay(replace(tried, phase=EXCEPTION), *noted)


def _done(session: Session, rules: Rules, noted: tuple[Effect, ...]) -> Turn:
    return stay(replace(session, phase=GOOD), *noted, StartTimer("pause", rules.good_pause_s))


def _capture_again(session: Session, step: Step) -> Turn:
    if step.finger is None:
        return stay(session)
    return stay(replace(session, phase="", percent=None, hint=""), CapturePrint(step.finger))


def _accept(session: Session, step: Step, rules: Rules, now: datetime) -> Turn:
    best = session.candidate
    if best is None or step.finger is None:
        return stay(session)
    attempts = session.coach.attempts
    earlier = session.answers.slots.get(step.slot)
    if isinstance(earlier, Earlier) and not is_better(best.quality, earlier):
        return _go_on(session, {step.slot: replace(earlier, again=False, attempts=attempts)}, rules, now)
    state = Filled(
        best.capture_id,
        best.quality,
        best.verdict,
        len(attempts),
        best.sensor,
        position=_position(step.finger),
        impression=Impression.PLAIN_CONTACT,
        attempts=attempts,
    )
    kept = replace(session, captures={**session.captures, best.capture_id: best.capture})
    return _go_on(kept, {step.slot: state}, rules, now)


def _except(session: Session, choice: str, rules: Rules, now: datetime) -> Turn:
    step = step_of(session, rules)
    broken = "fingerprint" in session.broken
    if choice == REST and broken:
        return _go_on(session, _rest(session, rules), rules, now)
    if choice not in set(ExceptionReason) or (choice == ExceptionReason.SENSOR and not broken) or step.finger is None:
        return stay(session)
    return _go_on(session, {step.slot: _excepted(session, step, ExceptionReason(choice))}, rules, now)


def _rest(session: Session, rules: Rules) -> dict[str, SlotState]:
    """Except this finger and all that are still open: the sensor is out of order."""
    here, slots = step_of(session, rules), session.answers.slots
    left = [step for step in rules.steps.values() if step.kind is Kind.PRINT and open_print(slots.get(step.slot))]
    bare = replace(session, coach=AtFinger())
    return {step.slot: _excepted(session if step is here else bare, step) for step in (here, *left)}


def _excepted(session: Session, step: Step, reason: ExceptionReason = ExceptionReason.SENSOR) -> SlotState:
    attempts = session.coach.attempts
    earlier = session.answers.slots.get(step.slot)
    if isinstance(earlier, Earlier) and earlier.quality is not None:
        # An earlier visit's print is better than none; the reason says why none was taken now.
        return replace(earlier, again=False, reason=reason, attempts=attempts)
    position = _position(step.finger) if step.finger is not None else None
    return Excepted(reason, len(attempts), position=position, attempts=attempts, officer=session.officer)


def _position(finger: Finger) -> Position:
    return Position[finger.name]


def _go_on(session: Session, states: dict[str, SlotState], rules: Rules, now: datetime) -> Turn:
    """Put what became of fingers into their slots, and go on to the next open one."""
    answers = replace(session.answers, slots={**session.answers.slots, **states})
    target = next_print(replace(session, answers=answers), rules, now)
    return with_answers(session, answers, target, rules)


def without_sensor(session: Session) -> Turn:
    """The sensor does not answer, and the officer does not wait for it: except this finger, or all that are left."""
    bare = replace(session, overlay="", trouble="", trouble_code="", phase=EXCEPTION, percent=None, hint="")
    return stay(bare, StopTimer("idle_answer"), ShowLamp(Lamp.BUSY))
