"""The officer's looks before the last read-back: a portrait's reason, two portraits, what contradicts. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Filled
from kiosk.domain.enrolment import FaceMatch
from kiosk.domain.portrait import PortraitReason
from kiosk.journey.contradicting import open_contradictions, rows_of, settled_as
from kiosk.journey.effects import SaveDraft
from kiosk.journey.events import Event, Touched
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import LOOK
from kiosk.journey.turning import enter, stay

#: The row of the officer's list under which the portrait is taken again.
AGAIN: Final = "portrait.again"


def explain(session: Session, event: Event, rules: Rules) -> Turn:
    """The officer says why the portrait is kept although something does not hold, or has it taken again."""
    match event:
        case Touched("portrait.again"):
            return enter(session, LOOK, rules, keep=False)
        case Touched(row) if row in set(PortraitReason):
            reason = PortraitReason(row)
        case _:
            return stay(session)
    slots = {
        key: replace(state, portrait=replace(state.portrait, reason=reason, officer=session.officer))
        if isinstance(state, Filled) and state.portrait is not None and state.portrait.unexplained
        else state
        for key, state in session.answers.slots.items()
    }
    return enter(session, "review", rules, answers=replace(session.answers, slots=slots), keep=False)


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
