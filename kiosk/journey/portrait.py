"""Step 10: the portrait. Pure."""

from dataclasses import replace

from kiosk.domain.capture_plan import Filled, SlotKind
from kiosk.journey.effects import StartCamera, StartTimer, StopCamera, TakePortrait
from kiosk.journey.events import Event, PortraitTaken, TimerFired, Touched
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import BUSY, MIRROR, enter, stay, step_of, with_answers


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
    answers = replace(session.answers, slots={**session.answers.slots, slot: state}, face=None)
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
