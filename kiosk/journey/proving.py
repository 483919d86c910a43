"""The officer gives the PIN again before the kiosk names people who do not sit there, or deletes what one of them left.

Whoever has signed in may be at a bedside next door while the kiosk rests in the hall. One PIN opens a look, not a row:
for a while after it, nothing is asked. Wrong ones count with those at the sign-in. Pure.
"""

import math
from dataclasses import replace
from typing import Final

from kiosk.journey.effects import ConfirmPin, Effect, Lamp, ShowLamp, StartTimer, StopTimer
from kiosk.journey.events import Event, FormFilled, PinConfirmed, SignInRefused, TimerFired, Touched
from kiosk.journey.session import AtPin, Rules, Session, Turn
from kiosk.journey.turning import CURTAIN, PIN, stay, uncover
from kiosk.journey.view import Field, FieldKind, Form, View
from kiosk.words.catalogue import Catalogue

#: How long the PIN is waited for before the kiosk goes back, in seconds: who was to give it has gone. Six words take
#: an officer two minutes on a keyboard of glass (assumed), and what was typed is gone then.
WAIT_S: Final = 180.0
#: The timer of that wait, and the one after which the PIN counts no more.
_WAIT: Final = "pin"
PROVEN: Final = "pin.proven"

#: Every text that this module can ask for.
TEXTS: Final = frozenset({"signin.again", "signin.retry", "signin.wait"})


def ask(session: Session, door: str, *, over: str = "") -> Turn:
    """Ask for the PIN, over the step; what lies behind the door is not touched before it is given.

    `over` is what lies over the step now and is to come back: the officer's menu, or the curtain.
    """
    asked = replace(session, overlay=PIN, pin=AtPin(door, over))
    return stay(asked, StartTimer(_WAIT, WAIT_S), ShowLamp(Lamp.BUSY))


def proved(session: Session, rules: Rules) -> tuple[Session, tuple[Effect, ...]]:
    """The officer has just given the PIN: for a while it is not asked for again."""
    counts = rules.ask_pin_after_s > 0
    effects = (StartTimer(PROVEN, rules.ask_pin_after_s),) if counts else ()
    return replace(session, proven=counts), effects


def over(session: Session) -> Session:
    """It was given too long ago."""
    return replace(session, proven=False)


def pin(session: Session, event: Event, rules: Rules) -> tuple[str, Turn]:
    """Do what happens while the PIN is asked for; gives the door that is open now, or none, and the turn."""
    match event:
        case PinConfirmed() if session.pin.busy:
            # The officer is here: whatever the curtain asks is answered.
            bare, more = _back(replace(session, proven=True, veiled=""), rules)
            known, effects = proved(bare, rules)
            return session.pin.door, (known, (*effects, *more, StopTimer(_WAIT)))
        case FormFilled(values) if not session.pin.busy:
            busy = replace(session, pin=replace(session.pin, busy=True, problem=""))
            return "", stay(busy, ConfirmPin(values.get("pin", "")))
        case SignInRefused(tries, wait_s) if session.pin.busy:
            problem = "signin.wait" if wait_s > 0 else "signin.retry"
            wrong = AtPin(session.pin.door, session.pin.over, problem=problem, tries=tries, wait_s=math.ceil(wait_s))
            return "", stay(replace(session, pin=wrong), StartTimer(_WAIT, WAIT_S))
        case Touched("other") | TimerFired("pin") if not session.pin.busy:
            waited = event != Touched("other")
            bare, effects = uncover(replace(session, pin=AtPin()), rules) if waited else _back(session, rules)
            return "", (bare, (*effects, StopTimer(_WAIT)))
        case _:
            return "", stay(session)


def _back(session: Session, rules: Rules) -> Turn:
    """Take the question away: what lay over the step before comes back, else the step goes on."""
    over, bare = session.pin.over, replace(session, pin=AtPin())
    # Behind the curtain somebody waits for the officer still.
    called = (ShowLamp(Lamp.CALL),) if over == CURTAIN else ()
    return stay(replace(bare, overlay=over), *called) if over else uncover(bare, rules)


def fill_pin(view: View, session: Session, catalogue: Catalogue) -> View:
    """Add the field, or that the machine works."""
    at = session.pin
    problem = catalogue.text(at.problem, count=at.tries, seconds=at.wait_s) if at.problem else ""
    field = Field("pin", catalogue.text("signin.again"), "", FieldKind.SECRET)
    return replace(view, form=Form((field,), problem), busy=at.busy)
