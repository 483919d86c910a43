"""What lies behind the PIN. Pure.

People who do not sit there: the list of paused enrolments, deleting one, the roster. What changes or ends an enrolment
and is the officer's alone: rows of the menu, going on with a paused enrolment. And the curtain, once it has hung long.
"""

from typing import Final

from kiosk.journey import meeting, menu, pausing, proving, roster
from kiosk.journey.effects import Lamp, ShowLamp, StopTimer
from kiosk.journey.events import Event
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import CURTAIN, MENU, PIN, VEIL, enter, stay, uncover

#: Behind these doors people are named who do not sit there.
_NAMES: Final = frozenset({pausing.LIST, pausing.WIPE, roster.SEARCH})
#: The screen that asks for the PIN before what is only the officer's to do.
ACT: Final = "officer.pin.act"


def screen_of(session: Session) -> str:
    """Name the screen that asks for the PIN: it says what follows."""
    return PIN if session.pin.door in _NAMES else ACT


def asked(session: Session, event: Event, rules: Rules) -> Turn:
    """Do what happens while the PIN is asked for; when it was given, go on behind the door."""
    door, (following, effects) = proving.pin(session, event, rules)
    following, more = _opened(door, following, rules)
    return following, (*effects, *more)


def _opened(door: str, session: Session, rules: Rules) -> Turn:
    match door:
        case pausing.LIST if session.step == "standby":
            following, effects = enter(session, "paused", rules, keep=False)
            return following, (*effects, ShowLamp(Lamp.BUSY))
        case pausing.WIPE if session.step == "paused.wipe":
            return pausing.wiped(session, rules)
        case roster.SEARCH:
            return roster.searched(session)
        case meeting.GO_ON if session.step == "paused.same":
            return meeting.going_on(session)
        case row if row in menu.GUARDED and session.overlay == MENU:
            return menu.opened(session, row, rules)
        case "curtain" if session.overlay == CURTAIN:
            bare, effects = uncover(session, rules)
            return bare, (*effects, StopTimer(VEIL))
        case _:
            return stay(session)
