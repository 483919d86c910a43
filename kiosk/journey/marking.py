"""A fingerprint instead of the citizen's own answer at the review (điểm chỉ), before a witness. Pure.

The officer begins it from the menu, says why, and names the witness; one print is taken as the mark. It stands for what
the review says at that moment: when anything is mended afterwards the mark is gone.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.capture_plan import Position
from kiosk.domain.enrolment import Answers, MarkReason, ThumbMark, mark_finger
from kiosk.journey.effects import CapturePrint
from kiosk.journey.events import Event, FingerTouched, FormFilled, PrintCaptured, PrintProgress, Touched
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import Step
from kiosk.journey.turning import BUSY, enter, stay
from kiosk.journey.view import Choice, Fact, View
from kiosk.words.catalogue import Catalogue

#: The step of the print itself, and the row of the list of reasons.
PRINT: Final = "mark.print"
_ROW: Final = "mark."
_AGAIN: Final = "mark.again"
_OTHER_FINGER: Final = "mark.other_finger"
_NO_WITNESS: Final = "mark.witness_empty"
#: A name that is longer is a slip of the keyboard.
_LONGEST_NAME: Final = 100

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *(_AGAIN, _OTHER_FINGER, _NO_WITNESS, "mark.without", "review.mark", "review.witness"),
        *(f"{_ROW}{reason.value}" for reason in MarkReason),
    }
)


def mark_step(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Why, before whom, and the print."""
    if event == Touched("other") or (event == Touched("yes") and session.step == "mark.reason"):
        return enter(session, "review", rules, keep=False)
    match session.step, event:
        case "mark.reason", Touched(row) if row in _reasons():
            return enter(replace(session, marking=(_reasons()[row], "")), "mark.witness", rules, keep=False)
        case "mark.witness", FormFilled(values):
            return _witnessed(session, " ".join(values.get("witness", "").split()), rules)
        case "mark.print", _:
            return _print(session, event, rules, now)
        case _:
            return stay(session)


def _reasons() -> dict[str, MarkReason]:
    return {f"{_ROW}{reason.value}": reason for reason in MarkReason}


def _witnessed(session: Session, witness: str, rules: Rules) -> Turn:
    if session.marking is None:
        return enter(session, "mark.reason", rules, keep=False)
    if not 0 < len(witness) <= _LONGEST_NAME:
        return stay(replace(session, problem=_NO_WITNESS, form={"witness": witness}))
    return enter(replace(session, marking=(session.marking[0], witness)), PRINT, rules, keep=False)


def _print(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    finger = mark_finger(session.answers, rules.plan)
    match event:
        case FingerTouched() if session.phase == "":
            return stay(replace(session, phase=BUSY, percent=0, hint=""))
        case PrintProgress(percent) if session.phase == BUSY:
            return stay(replace(session, percent=percent))
        case PrintCaptured() if event.finger is finger:
            if event.same_as not in {None, finger}:
                return _once_more(session, event, _OTHER_FINGER)
            if event.quality < rules.usable_print:
                return _once_more(session, event, _AGAIN)
            return _marked(session, event, rules, now)
        case _:
            return stay(session)


def _once_more(session: Session, event: PrintCaptured, hint: str) -> Turn:
    return stay(replace(session, phase="", percent=None, hint=hint), CapturePrint(event.finger))


def _marked(session: Session, event: PrintCaptured, rules: Rules, now: datetime) -> Turn:
    if session.marking is None:
        return enter(session, "mark.reason", rules, keep=False)
    reason, witness = session.marking
    mark = ThumbMark(
        reason,
        Position[event.finger.name],
        event.capture_id,
        event.quality,
        event.sensor,
        witness=witness,
        officer=session.officer,
        at=now,
    )
    kept = replace(session, captures={**session.captures, event.capture_id: event.capture}, marking=None)
    return enter(kept, "review", rules, answers=replace(session.answers, mark=mark), keep=False)


def mark_values(session: Session, step: Step, rules: Rules, catalogue: Catalogue) -> dict[str, str]:
    """Name the finger that is asked for."""
    finger = mark_finger(session.answers, rules.plan) if step.key == PRINT else None
    return {"finger": catalogue.text(f"finger.{finger.value}")} if finger is not None else {}


def fill_mark(view: View, session: Session, rules: Rules, catalogue: Catalogue) -> View:
    """Add the reasons, or the finger and what the last try lacked."""
    if session.step == "mark.reason":
        return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in _reasons()))
    if session.step == PRINT:
        finger = mark_finger(session.answers, rules.plan)
        return replace(view, finger=finger, busy=session.phase == BUSY)
    return view


def mark_fact(answers: Answers, catalogue: Catalogue) -> Fact | None:
    """Say at the review that there is a mark, and who saw it; None without one."""
    if answers.mark is None:
        return None
    return Fact(catalogue.text("review.mark"), catalogue.text("review.witness", witness=answers.mark.witness))


def unmarked(session: Session) -> Session:
    """Take the mark away: what it stood for is about to change."""
    if session.answers.mark is None:
        return session
    return replace(session, answers=replace(session.answers, mark=None))
