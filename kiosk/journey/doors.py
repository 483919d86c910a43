"""What lies behind the PIN: the list of paused enrolments, deleting one, somebody else's row of the roster. Pure."""

from kiosk.journey import meeting, pausing, proving, roster
from kiosk.journey.effects import Lamp, ShowLamp
from kiosk.journey.events import Event
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import enter, stay


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
        case _:
            return stay(session)
