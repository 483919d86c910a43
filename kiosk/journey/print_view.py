"""What the screens of the prints show: the finger asked for, a remedy and its time, its questions, the lists. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Earlier, Excepted, ExceptionReason, Finger
from kiosk.domain.experience import Remedy
from kiosk.domain.remedies import Advice
from kiosk.domain.visits import open_print
from kiosk.journey import turning
from kiosk.journey.prints import REST, WHICH_ROWS
from kiosk.journey.session import Rules, Session
from kiosk.journey.steps import Step
from kiosk.journey.view import Choice, FingerMark, Layout, View
from kiosk.words.catalogue import Catalogue, ScreenWords

#: Where a finger can be sent; each has its own screen of the remedy "move".
DIRECTIONS: Final = ("left", "right", "up", "down")

_SCREENS: Final = {
    turning.BUSY: "print.busy",
    turning.GOOD: "print.good",
    turning.ASK: "remedy.ask",
    turning.SAME: "print.same",
    turning.WHICH: "print.which",
    turning.EXCEPTION: "print.exception",
}
#: Between the two answers a list of rows takes the screen.
_LISTS: Final = frozenset({turning.WHICH, turning.EXCEPTION})
#: Parts of the step in which the finger is on the way already, and the other button is the officer's.
_WAITING: Final = frozenset({"", turning.AGAIN, turning.SAME})


def print_screen(session: Session, step: Step) -> str:
    """Name the screen of this part of the step."""
    if session.phase in {turning.AGAIN, turning.OFFER, turning.DOING}:
        return _remedy_screen(session)
    return _SCREENS.get(session.phase, step.key)


def _remedy_screen(session: Session) -> str:
    advice, move = session.coach.advice, session.coach.move
    if advice is None:
        return "print.again"
    return f"{advice.words}.{move}" if advice.remedy is Remedy.MOVE and move in DIRECTIONS else advice.words


def print_layout(session: Session, step: Step) -> Layout:
    """Say how this part of the step is arranged."""
    if session.phase in _LISTS:
        return Layout.CHOICE
    if session.phase in {turning.AGAIN, turning.OFFER, turning.DOING, turning.ASK, turning.SAME}:
        return Layout.MESSAGE
    return step.layout


def print_values(session: Session, step: Step, catalogue: Catalogue) -> dict[str, str]:
    """Give the values that the words of these screens ask for."""
    advice, doubt = session.coach.advice, session.coach.doubt
    asked = advice.questions[session.coach.asked] if advice and session.coach.asked < len(advice.questions) else None
    return {
        "finger": _named(step.finger, catalogue),
        "other_finger": _named(doubt.same_as if doubt is not None else None, catalogue),
        "question": catalogue.text(asked) if asked is not None else "",
        "number": str(session.coach.asked + 1),
        "total": str(len(advice.questions) if advice is not None else 0),
    }


def _named(finger: Finger | None, catalogue: Catalogue) -> str:
    return "" if finger is None else catalogue.text(f"finger.{finger.value}")


Pair = tuple[str | None, str]


def print_buttons(session: Session, words: ScreenWords, catalogue: Catalogue) -> tuple[Pair, Pair]:
    """Give label and icon of the green and of the yellow button; None for no button."""
    yes, other = words.buttons.get("yes"), words.buttons.get("other")
    match session.phase:
        case turning.OFFER:
            return (catalogue.text("officer.start"), "start"), (catalogue.text("officer.skip"), "skip")
        case turning.DOING:
            return (catalogue.text("remedy.done"), "tick"), (catalogue.text("officer.skip"), "skip")
        case turning.ASK:
            return (yes, "nod"), (other, "shake")
        case turning.EXCEPTION:
            return (None, ""), (other, "undo")
        case phase if phase in _WAITING:
            return (None, ""), (catalogue.text("officer.skip_finger"), "no_finger")
        case _:
            return (yes, "undo"), (other, "undo")


def officer_parts(session: Session, catalogue: Catalogue) -> Iterator[str]:
    """Write for the officer what to mind, what the remedy has done so far, and what was seen of this finger."""
    advice = session.coach.advice
    if advice is not None and session.phase in {turning.AGAIN, turning.OFFER, turning.DOING, turning.ASK}:
        yield from (catalogue.text(note) for note in advice.notes)
        yield _record(advice, catalogue)
    if session.candidate is None:
        return
    last = session.coach.attempts[-1] if session.coach.attempts else None
    yield catalogue.text("officer.quality", value=session.candidate.quality)
    verdict = last.verdict if last is not None else session.candidate.verdict
    yield catalogue.text("officer.verdict", verdict=catalogue.text(f"verdict.{verdict.value}"))
    yield catalogue.text("officer.tries", count=len(session.coach.attempts))


def _record(advice: Advice, catalogue: Catalogue) -> str:
    """Write why this remedy: "khăn ẩm: đỡ 14/20 lần"."""
    helped, tried = advice.tally.whole
    name = catalogue.text(f"remedy.{advice.remedy.value}")
    key = "officer.helped" if tried else "officer.untried"
    values = {"helped": helped, "tried": tried} if tried else {}
    return catalogue.text(key, remedy=name, **values)


def fill_print(view: View, session: Session, rules: Rules, step: Step, catalogue: Catalogue) -> View:
    """Add finger, hands, hint, count-down and rows to the View of a print step."""
    hint = view.hint if session.phase == "" else ""
    percent = view.percent
    if session.phase in {turning.BUSY, turning.GOOD, turning.EXCEPTION, turning.AGAIN, turning.SAME}:
        hint = _named(step.finger, catalogue)
    advice = session.coach.advice
    if session.phase == turning.DOING and advice is not None:
        hint = str(session.coach.left_s)
        percent = 100 * session.coach.left_s // max(1, advice.timer_s)
    return replace(
        view,
        finger=step.finger,
        hands=hands_marked(session, rules),
        choices=tuple(_choices(session, catalogue)),
        hint=hint,
        percent=percent,
        busy=session.phase == turning.BUSY,
    )


def _choices(session: Session, catalogue: Catalogue) -> Iterator[Choice]:
    if session.phase == turning.WHICH:
        values = {"other_finger": _named(session.coach.doubt.same_as if session.coach.doubt else None, catalogue)}
        for row in WHICH_ROWS:
            wanted = values if row == "redo" else {}
            yield Choice(row, catalogue.text(f"which.{row}", **wanted))
    if session.phase == turning.EXCEPTION:
        broken = "fingerprint" in session.broken
        if broken:
            yield Choice(REST, catalogue.text("reason.rest"))
        for reason in ExceptionReason:
            if broken or reason is not ExceptionReason.SENSOR:
                yield Choice(reason.value, catalogue.text(f"reason.{reason.value}"))


def hands_marked(session: Session, rules: Rules) -> tuple[tuple[Finger, FingerMark], ...]:
    """Give what has become of each finger so far."""
    marks: list[tuple[Finger, FingerMark]] = []
    for slot in rules.plan.prints():
        state = session.answers.slots.get(slot.id)
        if slot.finger is None or open_print(state):
            continue
        none_there = isinstance(state, Earlier) and state.quality is None and state.reason is not None
        lacking = isinstance(state, Excepted) or none_there
        marks.append((slot.finger, FingerMark.EXCEPTED if lacking else FingerMark.DONE))
    return tuple(marks)
