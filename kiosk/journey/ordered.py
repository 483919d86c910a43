"""What the office orders of a session: the lock, and a message to the officer. Pure.

A lock waits until the citizen of the moment is done, or takes the screen at once; either way nothing is lost: what is
under way is finished, or lies in its draft as at a power cut. Locked, the officer is signed out and only the office's
word opens the kiosk again.
"""

from dataclasses import replace
from typing import Final

from kiosk.journey.effects import (
    Effect,
    Lamp,
    LockHolds,
    MessageRead,
    Ring,
    SayAgain,
    ShowLamp,
    SignOut,
    StartTimer,
    StopTimer,
    WipeDevices,
)
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    Event,
    HelpPressed,
    KioskLocked,
    KioskUnlocked,
    OfficeMessage,
    TimerFired,
    Touched,
)
from kiosk.journey.resting import signed_out
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import (
    FAILED,
    IDLE,
    IDLE_ANSWER,
    LOCKED,
    MESSAGE,
    STEP_TIMERS,
    cover,
    stay,
    step_of,
    uncover,
)
from kiosk.words.language import following

#: The timer after which a lock waits for nobody any more.
_GRACE: Final = "lock"

#: Why a kiosk is locked, each with a text for the officer.
REASONS: Final = ("office", "silence", "erased")

#: Every text that this module can ask for.
TEXTS: Final = frozenset(f"locked.{reason}" for reason in REASONS)


def ordered(session: Session, event: Event, rules: Rules) -> Turn | None:
    """Take an order of the office, or what happens while one lies over everything; None for all else."""
    match event:
        case KioskLocked(reason, now):
            known = replace(session, lock=reason, lock_now=now)
            if session.overlay == LOCKED:
                return stay(known, LockHolds())
            return stay(known, *(() if now else (StartTimer(_GRACE, rules.lock_grace_s),)))
        case KioskUnlocked():
            return _unlocked(session)
        case OfficeMessage(text):
            return stay(replace(session, message=text))
        case TimerFired(name) if name == _GRACE:
            return stay(replace(session, lock_now=True) if session.lock else session)
        case _ if session.overlay in {LOCKED, MESSAGE}:
            return _covered(session, event, rules)
        case _:
            return None


def settled(session: Session, rules: Rules) -> Turn:
    """Let the lock or the message take the screen, where the moment allows it."""
    if session.lock and session.overlay != LOCKED and _may_lock(session):
        return _lock(session, rules)
    at_rest = session.step == "standby" and not session.phase and not session.overlay
    if session.message and at_rest:
        covered, effects = cover(session, MESSAGE, rules)
        return stay(covered, *effects, ShowLamp(Lamp.CALL), Ring())
    return stay(session)


def _may_lock(session: Session) -> bool:
    if session.step == "sealing" and session.phase != FAILED:
        # It is being put away at this moment; the answer comes by itself.
        return False
    return session.lock_now or not session.enrolling


def _lock(session: Session, rules: Rules) -> Turn:
    timers = tuple(StopTimer(name) for name in (*STEP_TIMERS, IDLE, IDLE_ANSWER, _GRACE))
    locked = Session(
        overlay=LOCKED,
        language=rules.language,
        broken=session.broken,
        lock=session.lock,
        lock_now=session.lock_now,
        message=session.message,
    )
    effects: tuple[Effect, ...] = (*timers, *step_of(session, rules).leave, SignOut(), WipeDevices())
    return stay(locked, *effects, ShowLamp(Lamp.OFF), LockHolds())


def _unlocked(session: Session) -> Turn:
    open_again = replace(session, lock="", lock_now=False)
    if session.overlay == LOCKED:
        open_again = replace(open_again, overlay="")
    return stay(open_again, StopTimer(_GRACE))


def _covered(session: Session, event: Event, rules: Rules) -> Turn:
    match event:
        case Touched("yes") if session.overlay == MESSAGE:
            bare, effects = uncover(replace(session, message=""), rules)
            return stay(bare, *effects, MessageRead())
        case TimerFired("idle") if session.overlay == MESSAGE:
            # Read or not: nobody stays signed in at a kiosk that rests. It is shown again after the next sign-in.
            return signed_out(session, rules)
        case Touched("other") if session.overlay == LOCKED:
            return stay(replace(session, language=following(session.language)))
        case Touched("again"):
            return stay(session, SayAgain())
        case Touched("help") | HelpPressed():
            return stay(session, ShowLamp(Lamp.CALL))
        case DeviceTrouble(device):
            return stay(replace(session, broken=session.broken | {device}))
        case DeviceRecovered(device) if device in session.broken:
            return stay(replace(session, broken=session.broken - {device}))
        case _:
            return stay(session)
