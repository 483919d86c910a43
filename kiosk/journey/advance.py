"""advance(): one event in, a new frozen session and its effects out. No clock, no device, no disk.

What lies over a step (help, the idle question, device trouble) is handled here; all else belongs to the handler of the
step's kind.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.journey import biometrics, closing, documents
from kiosk.journey.effects import (
    Lamp,
    Louder,
    SayAgain,
    ShowLamp,
    StartTimer,
    StopTimer,
)
from kiosk.journey.events import (
    Begun,
    DeviceRecovered,
    DeviceTrouble,
    Event,
    HelpPressed,
    TimerFired,
    Touched,
)
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import Kind
from kiosk.journey.turning import (
    IDLE,
    IDLE_ANSWER,
    arrival,
    enter,
    go_back,
    idle_timer,
    stay,
    step_of,
)

_Handler = Callable[[Session, Event, Rules], Turn]

_HANDLERS: Final[dict[Kind, _Handler]] = {
    Kind.SIGN_IN: closing.sign_in,
    Kind.STANDBY: closing.standby,
    Kind.RESUME: closing.resume,
    Kind.DECLINED: closing.declined,
    Kind.DOCUMENT: documents.document,
    Kind.READ_BACK: documents.read_back,
    Kind.FORM: documents.form,
    Kind.PRINT: biometrics.print_step,
    Kind.MIRROR: biometrics.mirror,
    Kind.LOOK: biometrics.look,
    Kind.PHOTO: biometrics.photo,
    Kind.SEALING: closing.sealing,
    Kind.FAREWELL: closing.farewell,
}


def advance(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Decide what `event` means at this moment. `now` (UTC) is written into the record where a time belongs there."""
    following, effects = _turn(session, event, rules, now)
    timer = idle_timer(following, rules)
    return following, (*effects, timer)


def _turn(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    match event:
        case Begun(enrolment):
            return stay(replace(session, enrolment=enrolment, started_at=now))
        case DeviceTrouble(device, code):
            return _trouble(session, device, code, rules, event)
        case DeviceRecovered(device):
            return _recovered(session, device, rules)
        case HelpPressed() | Touched("help"):
            return _help(session, rules)
        case TimerFired(name) if name in {IDLE, IDLE_ANSWER}:
            return _idle(session, name, rules)
        case Touched("again"):
            return stay(session, SayAgain())
        case _ if session.overlay:
            return _overlay(session, event, rules)
        case Touched("back"):
            return _back(session, rules)
        case _:
            return _handled(session, event, rules, now)


def _handled(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    step = step_of(session, rules)
    match event:
        case Touched("other") if step.other == "@louder":
            return stay(session, Louder())
        case Touched("other") if step.kind is Kind.DOCUMENT and session.phase == "" and step.other:
            return enter(session, step.other, rules)
        case _:
            pass
    if step.kind is Kind.CONSENT:
        return closing.consent(session, event, rules, now)
    if step.kind is Kind.REVIEW:
        return closing.review(session, event, rules, now)
    if step.kind is Kind.PLAIN:
        if event == Touched("yes") and step.yes is not None:
            return enter(session, step.yes, rules)
        return stay(session)
    return _HANDLERS[step.kind](session, event, rules)


def _back(session: Session, rules: Rules) -> Turn:
    step = step_of(session, rules)
    if step.kind is Kind.PRINT and session.phase in {biometrics.EXCEPTION, biometrics.AGAIN}:
        # Back from the list of reasons is back to the finger, not to the one before it.
        return stay(replace(session, phase="", hint=""), *step.arrive)
    if step.kind is Kind.DOCUMENT and session.phase == documents.NUMBER:
        return stay(replace(session, phase="", problem="", form={}), *step.leave, *step.arrive)
    return go_back(session, rules)


def _covered(session: Session, overlay: str, rules: Rules) -> Turn:
    """Lay something over the step; what it was doing pauses and begins anew when the cover goes."""
    step = step_of(session, rules)
    phase = session.phase if session.phase in {documents.NUMBER, biometrics.EXCEPTION, "failed"} else ""
    covered = replace(session, overlay=overlay, phase=phase, percent=None, hint="")
    return covered, step.leave


def _uncover(session: Session, rules: Rules) -> Turn:
    bare = replace(session, overlay="", trouble="", trouble_code="")
    lamp = ShowLamp(Lamp.BUSY if bare.enrolling else Lamp.OFF)
    step = step_of(bare, rules)
    quiet = bare.phase in {documents.NUMBER, biometrics.EXCEPTION, "failed"} or step.kind is Kind.SEALING
    # A step that begins with an id of its own (welcome) has begun already.
    effects = () if quiet or step.key == "welcome" else arrival(bare, rules)
    return stay(bare, StopTimer(IDLE_ANSWER), lamp, *effects)


def _help(session: Session, rules: Rules) -> Turn:
    if session.overlay == "help" or session.step in {"signin", "sealing"}:
        return stay(session, ShowLamp(Lamp.CALL))
    covered, effects = _covered(session, "help", rules)
    return stay(covered, *effects, StopTimer(IDLE_ANSWER), ShowLamp(Lamp.CALL))


def _idle(session: Session, name: str, rules: Rules) -> Turn:
    if name == IDLE_ANSWER:
        return _help(session, rules) if session.overlay == "idle" else stay(session)
    if session.overlay or not session.enrolling or step_of(session, rules).patient:
        return stay(session)
    covered, effects = _covered(session, "idle", rules)
    return stay(covered, *effects, StartTimer(IDLE_ANSWER, rules.idle_answer_s))


def _trouble(session: Session, device: str, code: str, rules: Rules, event: Event) -> Turn:
    broken = replace(session, broken=session.broken | {device})
    step = step_of(session, rules)
    if device in step.needs or device == "storage":
        covered, effects = _covered(broken, "trouble", rules)
        return stay(replace(covered, trouble=device, trouble_code=code), *effects, ShowLamp(Lamp.CALL))
    if step.kind is Kind.DOCUMENT and not session.overlay:
        return documents.document(broken, event, rules)
    return stay(broken)


def _recovered(session: Session, device: str, rules: Rules) -> Turn:
    mended = replace(session, broken=session.broken - {device})
    if session.overlay == "trouble" and session.trouble == device:
        return _uncover(mended, rules)
    return stay(mended)


def _overlay(session: Session, event: Event, rules: Rules) -> Turn:
    match event:
        case Touched("yes"):
            return _uncover(session, rules)
        case Touched("other") if session.overlay == "help" and session.enrolling and session.step != "farewell":
            bare = replace(session, overlay="", phase="")
            following, effects = enter(bare, "declined", rules, keep=False)
            return replace(following, returns_to=session.step), (*effects, ShowLamp(Lamp.BUSY))
        case _:
            return stay(session)
