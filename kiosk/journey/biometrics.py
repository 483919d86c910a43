"""Steps 9 and 10: ten fingers one at a time, then the portrait. Pure.

A weak print is tried again with a remedy, the best try is kept (not the last), and a finger that cannot be taken is
excepted with a reason. Nobody is blamed and nobody gets stuck.
"""

from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Excepted, ExceptionReason, Filled, SlotKind
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.effects import CapturePrint, StartCamera, StartTimer, StopCamera, StopPrint, TakePortrait
from kiosk.journey.events import (
    Event,
    FingerStays,
    FingerTouched,
    PortraitTaken,
    PrintCaptured,
    PrintProgress,
    TimerFired,
    Touched,
)
from kiosk.journey.session import Candidate, Rules, Session, Turn
from kiosk.journey.steps import Step
from kiosk.journey.turning import AGAIN, BUSY, EXCEPTION, GOOD, MIRROR, enter, stay, step_of, with_answers

#: Parts of the step in which a finger is waited for or its image is on the way.
_WAITING: Final = frozenset({"", BUSY})

#: The remedy screen for each verdict: what the machine saw, what to do, and comfort.
REMEDIES: Final[dict[PrintVerdict, str]] = {
    PrintVerdict.TOO_DRY: "print.dry",
    PrintVerdict.TOO_WET: "print.wet",
    PrintVerdict.WORN: "print.dry",
    PrintVerdict.SMUDGED: "print.dirty",
    PrintVerdict.DIRTY_GLASS: "print.dirty",
    PrintVerdict.PARTIAL: "print.centre",
    PrintVerdict.OFF_CENTRE: "print.centre",
    PrintVerdict.TOO_HARD: "print.hard",
    PrintVerdict.TOO_LIGHT: "print.light",
    PrintVerdict.NO_FINGER: "print.again",
    PrintVerdict.GOOD: "print.again",
}


def print_step(session: Session, event: Event, rules: Rules) -> Turn:
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
            return _judge(session, event, rules)
        case TimerFired("pause") if session.phase == GOOD:
            return _accept(session, step, rules)
        case TimerFired("pause") if session.phase == AGAIN:
            return _capture_again(session, step)
        case Touched("yes") if session.phase == AGAIN:
            return _capture_again(session, step)
        case Touched("other") if session.phase == EXCEPTION:
            return _capture_again(session, step)
        case Touched("other") if session.phase != GOOD:
            return stay(replace(session, phase=EXCEPTION, percent=None, hint=""), StopPrint())
        case Touched(choice) if session.phase == EXCEPTION:
            return _except(session, choice, rules)
        case _:
            return stay(session)


def _judge(session: Session, event: PrintCaptured, rules: Rules) -> Turn:
    candidate = session.candidate
    if candidate is None or event.quality > candidate.quality:
        candidate = Candidate(event.capture_id, event.capture, event.quality, event.verdict, event.sensor)
    tried = replace(session, candidate=candidate, tries=session.tries + 1, percent=None)
    good = event.verdict is PrintVerdict.GOOD and event.quality >= rules.good_print
    # Who asks for another try after a round of tries gets another round.
    round_over = tried.tries % rules.tries_per_finger == 0
    if good or (round_over and candidate.quality >= rules.usable_print):
        return stay(replace(tried, phase=GOOD, hint=""), StartTimer("pause", rules.good_pause_s))
    if round_over:
        return stay(replace(tried, phase=EXCEPTION, hint=""))
    again = replace(tried, phase=AGAIN, hint=REMEDIES[event.verdict])
    return stay(again, StartTimer("pause", rules.remedy_s))


def _capture_again(session: Session, step: Step) -> Turn:
    if step.finger is None:
        return stay(session)
    return stay(replace(session, phase="", percent=None, hint=""), CapturePrint(step.finger))


def _accept(session: Session, step: Step, rules: Rules) -> Turn:
    best = session.candidate
    if best is None or step.yes is None:
        return stay(session)
    state = Filled(best.capture_id, best.quality, best.verdict, session.tries, best.sensor)
    answers = replace(session.answers, slots={**session.answers.slots, step.slot: state})
    kept = replace(session, captures={**session.captures, best.capture_id: best.capture})
    return with_answers(kept, answers, step.yes, rules)


def _except(session: Session, choice: str, rules: Rules) -> Turn:
    step = step_of(session, rules)
    if choice not in set(ExceptionReason) or step.yes is None:
        return stay(session)
    state = Excepted(ExceptionReason(choice), session.tries)
    answers = replace(session.answers, slots={**session.answers.slots, step.slot: state})
    return with_answers(session, answers, step.yes, rules)


def mirror(session: Session, event: Event, rules: Rules) -> Turn:
    """Make ready for the picture, with the camera as a mirror for who wants it."""
    step = step_of(session, rules)
    match event:
        case Touched("yes") if step.yes is not None:
            return enter(session, step.yes, rules)
        case Touched("other") if session.phase == "":
            return stay(replace(session, phase=MIRROR), StartCamera())
        case Touched("other"):
            return stay(replace(session, phase=""), StopCamera())
        case _:
            return stay(session)


def look(session: Session, event: Event, rules: Rules) -> Turn:
    """Look at the light: three, two, one, and the picture. The count starts by itself after the line was spoken."""
    match event:
        case TimerFired("countdown") if session.phase == "":
            return stay(replace(session, phase="3", hint=""), StartTimer("countdown", rules.countdown_s))
        case TimerFired("countdown") if session.phase in {"3", "2"}:
            left = str(int(session.phase) - 1)
            return stay(replace(session, phase=left), StartTimer("countdown", rules.countdown_s))
        case TimerFired("countdown") if session.phase == "1":
            return stay(replace(session, phase=BUSY), TakePortrait())
        case PortraitTaken() if session.phase == BUSY:
            return _portrait(session, event, rules)
        case _:
            return stay(session)


def _portrait(session: Session, event: PortraitTaken, rules: Rules) -> Turn:
    tries = session.tries + 1
    if event.hints and tries < rules.portrait_tries:
        again = replace(session, phase="", tries=tries, hint=f"portrait.hint.{event.hints[0].value}")
        return stay(again, StartTimer("countdown", rules.hint_pause_s))
    slot = next(slot.id for slot in rules.plan.slots if slot.kind is SlotKind.PORTRAIT)
    state = Filled(event.capture_id, None, None, tries, event.sensor)
    answers = replace(session.answers, slots={**session.answers.slots, slot: state})
    captures = {**session.captures, event.capture_id: event.capture}
    # A retake from the review takes the place of the first take: going back meets one portrait, the newest.
    steps = [past.step for past in session.history]
    history = session.history[: steps.index("portrait.look")] if "portrait.look" in steps else session.history
    kept = replace(session, captures=captures, history=history)
    return with_answers(kept, answers, "portrait.review", rules)


def photo(session: Session, event: Event, rules: Rules) -> Turn:
    """Is this picture all right? Retakes are free."""
    match event:
        case Touched("yes"):
            return enter(session, "review", rules)
        case Touched("other"):
            # The step before this one is portrait.look: a retake is simply going back there.
            past = session.history[-1] if session.history else None
            if past is not None and past.step == "portrait.look":
                restored = replace(session, answers=past.answers, history=session.history[:-1])
                return enter(restored, "portrait.look", rules, keep=False)
            return enter(session, "portrait.look", rules, keep=False)
        case _:
            return stay(session)
