"""Step 10: the portrait. The photo coach looks and speaks, and the picture is taken by itself when all holds. Pure.

Nobody gets stuck: who cannot hold still or straight gets the officer's help after a while, and the best picture of all
attempts is kept.
"""

from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Filled, SlotKind
from kiosk.domain.photo_coach import Posture
from kiosk.domain.quality import PortraitSay
from kiosk.journey.effects import (
    Effect,
    FollowSitter,
    Lamp,
    SayAgain,
    ShowLamp,
    StartCamera,
    StartTimer,
    StopCamera,
    StopTimer,
    TakePortrait,
)
from kiosk.journey.events import CoachMissing, Event, PortraitTaken, SitterSeen, TimerFired, Touched
from kiosk.journey.session import AtPortrait, Rules, Session, Turn, looked_at_anew
from kiosk.journey.steps import LOOK_PAUSE_S
from kiosk.journey.turning import BUSY, MIRROR, arrival, enter, stay, step_of, with_answers

#: The officer's list at the camera, and its rows: take it as it is; how the citizen sits; what to show the citizen.
MENU: Final = "menu"
TAKE: Final = "portrait.take"
POSTURES: Final = {f"portrait.{posture.value}": posture for posture in Posture}
SHOWN: Final = ("portrait.glasses", "portrait.hair", "portrait.clothes")
ROWS: Final = (TAKE, *POSTURES, *SHOWN)
#: Parts of the look from which Back leads to the camera.
INSIDE: Final = frozenset({MENU, *SHOWN})
#: What the citizen is told when nothing has held for long: the officer comes.
PATIENCE: Final = "portrait.patience"


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
    """Before the camera: what is seen is said, what holds is taken. Without face nets: three, two, one."""
    sitter, phase = session.sitter, session.phase
    match event:
        case SitterSeen() if event.sitting == sitter.sitting and phase == "" and not sitter.anyway:
            return _seen(session, event)
        case CoachMissing(sitting) if sitting == sitter.sitting and phase == "":
            return stay(session, StartTimer("countdown", LOOK_PAUSE_S))
        case TimerFired("patience") if phase == "":
            return stay(replace(session, sitter=replace(sitter, line=PATIENCE, late=True)), ShowLamp(Lamp.CALL))
        case TimerFired("countdown"):
            return _count(session, rules)
        case PortraitTaken() if event.sitting == sitter.sitting and phase == BUSY:
            return _taken(session, event, rules)
        case Touched(choice):
            return _touched(session, choice, rules)
        case _:
            return stay(session)


def helped(session: Session) -> bool:
    """Say whether the officer's button stands beside the camera: at once for the frail, else when help is needed."""
    sitter = session.sitter
    return session.visit.frail or sitter.posture is not Posture.CHAIR or sitter.late or sitter.best is not None


def _seen(session: Session, event: SitterSeen) -> Turn:
    advice = event.advice
    sitter = replace(session.sitter, seen=event)
    again: tuple[Effect, ...] = ()
    if advice.shown is not None and (advice.speak or advice.praise):
        line = say_key(advice.shown, sitter.posture)
        again = (SayAgain(),) if line == sitter.line else ()
        sitter = replace(sitter, line=line, praised=advice.praise)
    following = replace(session, sitter=sitter)
    if advice.shoot:
        taking = replace(following, phase=BUSY, hint="")
        return stay(taking, *again, ShowLamp(Lamp.BUSY), TakePortrait(sitter.sitting))
    return stay(following, *again)


#: Where the officer holds the camera, these are said to the officer.
OF_THE_CAMERA: Final = frozenset(
    {
        *(PortraitSay.CLOSER, PortraitSay.FARTHER, PortraitSay.MOVE_LEFT, PortraitSay.MOVE_RIGHT),
        *(PortraitSay.MOVE_UP, PortraitSay.MOVE_DOWN),
    }
)


def say_key(say: PortraitSay, posture: Posture = Posture.CHAIR) -> str:
    """Name the text of what the coach says to who sits, or to who holds the camera."""
    held = posture is Posture.BED and say in OF_THE_CAMERA
    return f"portrait.{'bed' if held else 'say'}.{say.value}"


def ask_key(say: PortraitSay) -> str:
    """Name the officer's text for what only looking tells."""
    return f"portrait.ask.{say.value}"


def _count(session: Session, rules: Rules) -> Turn:
    match session.phase:
        case "":
            following = replace(session, phase="3", hint="")
        case "3" | "2":
            following = replace(session, phase=str(int(session.phase) - 1))
        case "1":
            return stay(replace(session, phase=BUSY), TakePortrait(session.sitter.sitting))
        case _:
            return stay(session)
    return stay(following, StartTimer("countdown", rules.countdown_s))


def _touched(session: Session, choice: str, rules: Rules) -> Turn:
    match session.phase, choice:
        case "", "other" if helped(session):
            return _aside(session, MENU, rules)
        case "menu", "portrait.take":
            again = _again(session, anyway=True)
            wait = StartTimer("countdown", rules.hint_pause_s)
            return stay(again, StartCamera(), wait)
        case "menu", row if row in POSTURES:
            sitting = replace(session, sitter=replace(session.sitter, posture=POSTURES[row]))
            return back_to_camera(sitting, rules)
        case "menu", row if row in SHOWN:
            return stay(replace(session, phase=row))
        case shown, "yes" if shown in SHOWN:
            return back_to_camera(session, rules)
        case _:
            return stay(session)


def _aside(session: Session, phase: str, rules: Rules) -> Turn:
    """Leave the camera for something beside it."""
    aside = replace(session, phase=phase, hint="", sitter=looked_at_anew(session.sitter))
    timers = (StopTimer("patience"), StopTimer("countdown"))
    return stay(aside, *timers, *step_of(session, rules).leave, ShowLamp(Lamp.BUSY))


def back_to_camera(session: Session, rules: Rules) -> Turn:
    """Go back to the camera from something beside it."""
    again = _again(session)
    return stay(again, *arrival(again, rules))


def _again(session: Session, *, anyway: bool = False) -> Session:
    sitter = replace(looked_at_anew(session.sitter), anyway=anyway)
    return replace(session, phase="", hint="", sitter=sitter)


def _taken(session: Session, event: PortraitTaken, rules: Rules) -> Turn:
    """Keep the best of all attempts; one that is not good is tried again, some times."""
    tries = session.tries + 1
    sitter = _kept(session.sitter, event)
    if event.hints and tries < rules.portrait_tries and not sitter.anyway:
        line = say_key(event.hints[0], sitter.posture)
        again = replace(looked_at_anew(sitter), line=line)
        following = replace(session, phase="", tries=tries, hint=line, sitter=again)
        return stay(following, *_once_more(following, rules))
    best = sitter.best or event
    slot = next(slot.id for slot in rules.plan.slots if slot.kind is SlotKind.PORTRAIT)
    state = Filled(best.capture_id, None, None, tries, best.sensor, portrait=best.note)
    answers = replace(session.answers, slots={**session.answers.slots, slot: state}, face=None)
    captures = {**session.captures, best.capture_id: best.capture}
    # A retake from the review takes the place of the first take: going back meets one portrait, the kept one.
    steps = [past.step for past in session.history]
    history = session.history[: steps.index("portrait.look")] if "portrait.look" in steps else session.history
    kept = replace(session, captures=captures, history=history, sitter=sitter)
    return with_answers(kept, answers, "portrait.review", rules)


def _kept(sitter: AtPortrait, event: PortraitTaken) -> AtPortrait:
    """Keep the shot in which fewer things are amiss; of two alike the newer one, which was asked for."""
    earlier = sitter.best is not None and len(sitter.best.hints) < len(event.hints)
    return replace(sitter, best=sitter.best if earlier else event, earlier=earlier)


def _once_more(session: Session, rules: Rules) -> tuple[Effect, ...]:
    """Go on looking; a count is begun again by who counts."""
    sitter = session.sitter
    return (FollowSitter(sitter.sitting, sitter.posture), StartTimer("patience", rules.portrait_patience_s))


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
