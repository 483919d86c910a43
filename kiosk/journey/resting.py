"""The officer leaves: signed out by hand, or because nobody has touched the resting kiosk for long. Pure."""

from kiosk.journey.effects import Effect, ForgetVoice, Lamp, ShowLamp, SignOut, StopTimer, WipeDevices
from kiosk.journey.proving import PROVEN
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import IDLE, IDLE_ANSWER, STEP_TIMERS, VEIL, step_of


def signed_out(session: Session, rules: Rules) -> Turn:
    """Forget who was signed in; a draft that was not taken up lies where it lay, sealed."""
    timers = tuple(StopTimer(name) for name in (*STEP_TIMERS, IDLE, IDLE_ANSWER, VEIL, PROVEN))
    devices: tuple[Effect, ...] = (*step_of(session, rules).leave, WipeDevices()) if session.unfinished else ()
    left = Session(
        language=rules.language,
        broken=session.broken,
        lock=session.lock,
        lock_now=session.lock_now,
        message=session.message,
    )
    return left, (*timers, *devices, SignOut(), ForgetVoice(), ShowLamp(Lamp.OFF))
