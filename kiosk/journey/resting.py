"""The officer leaves: signed out by hand, or because nobody has touched the resting kiosk for long. Pure."""

from kiosk.journey.effects import ForgetVoice, Lamp, ShowLamp, SignOut, StopTimer
from kiosk.journey.proving import PROVEN
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import IDLE, STEP_TIMERS


def signed_out(session: Session, rules: Rules) -> Turn:
    """Forget who was signed in; a draft that was not taken up lies where it lay, sealed."""
    timers = tuple(StopTimer(name) for name in (*STEP_TIMERS, IDLE, PROVEN))
    left = Session(
        language=rules.language,
        broken=session.broken,
        lock=session.lock,
        lock_now=session.lock_now,
        message=session.message,
    )
    return left, (*timers, SignOut(), ForgetVoice(), ShowLamp(Lamp.OFF))
