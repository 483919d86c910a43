"""The officer's two looks before the last read-back: two portraits side by side, and what contradicts. Pure."""

from dataclasses import replace

from kiosk.domain.enrolment import FaceMatch
from kiosk.journey.contradicting import open_contradictions, rows_of, settled_as
from kiosk.journey.effects import SaveDraft
from kiosk.journey.events import Event, Touched
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import enter, stay


def compare(session: Session, event: Event, rules: Rules) -> Turn:
    """The officer says whether the chip's portrait shows the citizen."""
    match event:
        case Touched("yes"):
            face = FaceMatch.SAME
        case Touched("other"):
            face = FaceMatch.DOUBT
        case _:
            return stay(session)
    return enter(session, "review", rules, answers=replace(session.answers, face=face), keep=False)


def settle(session: Session, event: Event, rules: Rules) -> Turn:
    """The officer settles the contradiction that is shown, and the next one comes."""
    left = open_contradictions(session.answers)
    if not left:
        return enter(session, "review", rules, keep=False)
    if not isinstance(event, Touched) or event.id not in rows_of(left[0]):
        return stay(session)
    answers = settled_as(session.answers, left[0], event.id)
    if open_contradictions(answers):
        return stay(replace(session, answers=answers), SaveDraft())
    return enter(session, "review", rules, answers=answers, keep=False)
