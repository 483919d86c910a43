"""Step 9: ten fingers one at a time. Pure.

A weak print is tried again with a remedy, the best try is kept (not the last), and a finger that cannot be taken is
excepted with a reason. Nobody is blamed and nobody gets stuck.
"""

from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Excepted, ExceptionReason, Filled
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.effects import CapturePrint, StartTimer, StopPrint
from kiosk.journey.events import (
    Event,
    FingerStays,
    FingerTouched,
    PrintCaptured,
    PrintProgress,
    TimerFired,
    Touched,
)
from kiosk.journey.session import Candidate, Rules, Session, Turn
from kiosk.journey.steps import Step
from kiosk.journey.turning import AGAIN, BUSY, EXCEPTION, GOOD, stay, step_of, with_answers

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
