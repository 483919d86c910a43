"""The officer's menu: what the officer who was called can do for the citizen. It lies over any step. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.enrolment import mark_finger
from kiosk.journey import pausing, representing
from kiosk.journey.effects import Lamp, Louder, Quieter, SaveDraft, ShowLamp
from kiosk.journey.events import Event, Touched
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import ADDRESS, DECLINED, MENU, TROUBLE, enter, stay, uncover
from kiosk.journey.view import Choice, View
from kiosk.words.catalogue import Catalogue
from kiosk.words.script import HONORIFICS

#: The rows that set the form of address are named by it; this one goes back to age and sex on the papers.
_FORM: Final = "address."
_BY_PAPERS: Final = "address.papers"
_MARK: Final = "menu.mark"
_REPRESENT: Final = "menu.represent"
_ROWS: Final = ("menu.address", _MARK, "menu.louder", "menu.quieter", _REPRESENT, pausing.REASON, "officer.wipe")
#: What the officer can do while nobody is served.
_AT_REST: Final = {"officer.handover": "handover", "officer.paused": "paused"}

OVERLAYS: Final = frozenset({MENU, ADDRESS})
#: Every text that this module can ask for.
TEXTS: Final = frozenset({*_ROWS, *_AT_REST, "officer.menu", "address.form", "address.now", _BY_PAPERS})


def menu(session: Session, event: Event, rules: Rules) -> Turn:
    """Do what the officer touched; the step below stays as it was."""
    match session.overlay, event:
        case _, Touched("yes"):
            return _closed(session, rules)
        case "menu", Touched("menu.address") if session.language == "vi":
            return stay(replace(session, overlay=ADDRESS))
        case "menu", Touched("menu.mark") if _can_mark(session, rules):
            following, effects = enter(replace(session, overlay=""), "mark.reason", rules, keep=False)
            return following, (*effects, ShowLamp(Lamp.BUSY))
        case "menu", Touched(row) if session.step == "standby":
            return _at_rest(session, row, rules)
        case "menu", Touched("menu.represent") if representing.can_represent(session):
            following, effects = enter(replace(session, overlay=""), representing.WHY, rules, keep=False)
            return following, (*effects, ShowLamp(Lamp.BUSY))
        case "menu", Touched(row) if row == pausing.REASON and pausing.can_pause(session):
            return stay(replace(session, overlay=pausing.REASON))
        case "menu", Touched("menu.louder"):
            return stay(session, Louder())
        case "menu", Touched("menu.quieter"):
            return stay(session, Quieter())
        case "menu", Touched("officer.wipe"):
            return stay(replace(session, overlay=DECLINED))
        case "menu.address", Touched(row) if row in _forms():
            following, effects = _closed(replace(session, address=_forms()[row]), rules)
            return following, (*effects, SaveDraft())
        case _:
            return stay(session)


def _at_rest(session: Session, row: str, rules: Rules) -> Turn:
    if row not in _AT_REST:
        return stay(session)
    following, effects = enter(replace(session, overlay=""), _AT_REST[row], rules, keep=False)
    return following, (*effects, ShowLamp(Lamp.BUSY))


def _closed(session: Session, rules: Rules) -> Turn:
    """Take the menu away; a device that is still in trouble shows itself again."""
    if session.trouble:
        return stay(replace(session, overlay=TROUBLE))
    return uncover(session, rules)


def _can_mark(session: Session, rules: Rules) -> bool:
    """A mark stands for a yes at the review, and needs a finger and a working sensor. Who is represented makes none."""
    sound = not session.trouble and "fingerprint" not in session.broken
    own = session.step == "review" and session.answers.representative is None
    return own and sound and mark_finger(session.answers, rules.plan) is not None


def _forms() -> dict[str, str]:
    return {_BY_PAPERS: "", **{f"{_FORM}{form}": form for form in HONORIFICS["vi"]}}


def fill_menu(view: View, session: Session, rules: Rules, catalogue: Catalogue) -> View:
    """Fill the rows: what can be done, or how the citizen can be addressed. English says "you" to everybody."""
    if session.overlay == ADDRESS:
        rows = tuple(
            Choice(row, catalogue.text("address.form", form=form) if form else catalogue.text(row))
            for row, form in _forms().items()
        )
        return replace(view, choices=rows, hint=catalogue.text("address.now", form=catalogue.honorific))
    if session.step == "standby":
        return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in _AT_REST))
    hidden = {
        _ROWS[0] if catalogue.language == "en" else "",
        "" if _can_mark(session, rules) else _MARK,
        "" if pausing.can_pause(session) else pausing.REASON,
        "" if representing.can_represent(session) else _REPRESENT,
    }
    keys = [key for key in _ROWS if key not in hidden]
    return replace(view, choices=tuple(Choice(key, catalogue.text(key)) for key in keys))
