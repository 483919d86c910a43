"""The officer's menu: what the officer who was called can do for the citizen. It lies over any step. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.access import Access
from kiosk.domain.enrolment import mark_finger
from kiosk.journey import pausing, representing
from kiosk.journey.effects import Lamp, Louder, Quieter, SaveDraft, ShowLamp
from kiosk.journey.events import Event, Touched
from kiosk.journey.proving import ask
from kiosk.journey.resting import signed_out
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.turning import ADDRESS, DECLINED, LOCKED, MENU, SENSES, TROUBLE, enter, stay, uncover
from kiosk.journey.view import Choice, View
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import following, rules_of

#: The rows that set the form of address are named by it; this one goes back to age and sex on the papers.
_FORM: Final = "address."
_BY_PAPERS: Final = "address.papers"
_MARK: Final = "menu.mark"
_REPRESENT: Final = "menu.represent"
_GENTLE: Final = "officer.gentle"
#: Reached over every step; what it says is the language that it leads to.
_LANGUAGE: Final = "language"
#: What the officer can do while nobody is served.
_AT_REST: Final = {"officer.handover": "handover", "officer.paused": "paused"}

#: Also while somebody is served: who has signed in may have gone home, and only another officer is there. What was
#: taken stays sealed, and is offered to whoever signs in.
SIGN_OUT: Final = "officer.sign_out"
_ROWS: Final = (
    *("menu.address", _LANGUAGE, _MARK, SENSES, _GENTLE, _REPRESENT, pausing.REASON, "officer.wipe"),
    SIGN_OUT,
)
#: What changes or ends an enrolment: who stands at the screen is not always the officer.
GUARDED: Final = frozenset({_MARK, _GENTLE, _REPRESENT, pausing.REASON, "officer.wipe"})

#: How the kiosk is heard and seen: rows, and what the citizen then does without.
_ACCESS: Final = {"access.blind": Access.BLIND, "access.deaf": Access.DEAF, "access.none": Access.NOTHING}
_LOUDNESS: Final = ("menu.louder", "menu.quieter")

OVERLAYS: Final = frozenset({MENU, ADDRESS, SENSES})
#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *(row for row in _ROWS if row != _LANGUAGE),
        "officer.gentle_on",
        *_AT_REST,
        SIGN_OUT,
        *_ACCESS,
        *_LOUDNESS,
        "access.now",
        "officer.menu",
        "address.form",
        "address.now",
        _BY_PAPERS,
    }
)


def menu(session: Session, event: Event, rules: Rules) -> Turn:
    """Do what the officer touched; the step below stays as it was."""
    match session.overlay, event:
        case _, Touched("yes"):
            return closed(session, rules)
        case "menu", Touched(row) if session.step == "standby":
            return _at_rest(session, row, rules)
        case "menu", Touched(row) if session.unfinished:
            return _chosen(session, row, rules)
        case "menu.senses", Touched("menu.louder"):
            return stay(session, Louder())
        case "menu.senses", Touched("menu.quieter"):
            return stay(session, Quieter())
        case "menu.senses", Touched(row) if row in _ACCESS:
            return _kept(replace(session, access=_ACCESS[row]), rules)
        case "menu.address", Touched(row) if row in (rows := _address_rows(session.language)):
            return _kept(replace(session, address=rows[row]), rules)
        case _:
            return stay(session)


def _chosen(session: Session, row: str, rules: Rules) -> Turn:
    if not _may(session, row, rules):
        return stay(session)
    if row in GUARDED and not session.proven:
        return ask(session, row, over=MENU)
    return opened(session, row, rules)


def _may(session: Session, row: str, rules: Rules) -> bool:
    match row:
        case "menu.address":
            return len(rules_of(session.language).address.forms) > 1
        case "menu.mark":
            return _can_mark(session, rules)
        case "menu.represent":
            return representing.can_represent(session)
        case pausing.REASON:
            return pausing.can_pause(session)
        case _:
            return row in _ROWS


def opened(session: Session, row: str, rules: Rules) -> Turn:
    """Do what the officer chose; where it is theirs alone, they have given the PIN."""
    overlays = {"menu.address": ADDRESS, SENSES: SENSES, pausing.REASON: pausing.REASON, "officer.wipe": DECLINED}
    steps = {_MARK: "mark.reason", _REPRESENT: representing.WHY}
    if not session.unfinished or not _may(session, row, rules):
        return stay(session)
    if row == _GENTLE:
        # Fewer tries and the best fingers first, whatever the age: what the officer sees, nobody is asked for it.
        return _kept(replace(session, visit=replace(session.visit, frail=not session.visit.frail)), rules)
    if row == SIGN_OUT:
        return signed_out(session, rules)
    if row in overlays:
        return stay(replace(session, overlay=overlays[row]))
    following, effects = enter(replace(session, overlay=""), steps[row], rules, keep=False)
    return following, (*effects, ShowLamp(Lamp.BUSY))


def _kept(session: Session, rules: Rules) -> Turn:
    """Close the menu, and keep in the draft how this citizen is served."""
    following, effects = closed(session, rules)
    return following, (*effects, SaveDraft())


def held(session: Session) -> Turn:
    """Read everything aloud from now on, or no more: the round button is held, whose press has called the officer."""
    if session.step == "signin" or session.overlay in {LOCKED, *pausing.OVERLAYS} or session.access is Access.DEAF:
        # Who cannot hear would be left in silence; and what is being put away is not saved over.
        return stay(session)
    access = Access.NOTHING if session.access is Access.BLIND else Access.BLIND
    return stay(replace(session, access=access), *((SaveDraft(),) if session.unfinished else ()))


def _at_rest(session: Session, row: str, rules: Rules) -> Turn:
    if row == SIGN_OUT:
        return signed_out(session, rules)
    if row not in _AT_REST:
        return stay(session)
    if _AT_REST[row] == pausing.LIST and not session.proven:
        return ask(session, pausing.LIST)
    following, effects = enter(replace(session, overlay=""), _AT_REST[row], rules, keep=False)
    return following, (*effects, ShowLamp(Lamp.BUSY))


def closed(session: Session, rules: Rules) -> Turn:
    """Take the menu away; a device that is still in trouble shows itself again."""
    if session.trouble:
        return stay(replace(session, overlay=TROUBLE))
    return uncover(session, rules)


def _can_mark(session: Session, rules: Rules) -> bool:
    """A mark stands for a yes at the review, and needs a finger and a working sensor. Who is represented makes none."""
    sound = not session.trouble and "fingerprint" not in session.broken
    own = session.step == "review" and session.answers.representative is None
    return own and sound and mark_finger(session.answers, rules.plan) is not None


def _address_rows(language: str) -> dict[str, str]:
    return {_BY_PAPERS: "", **{f"{_FORM}{form}": form for form in rules_of(language).address.forms}}


def fill_menu(view: View, session: Session, rules: Rules, catalogue: Catalogue) -> View:
    """Fill the rows: what can be done, or how the citizen can be addressed, where the language has a choice."""
    if session.overlay == ADDRESS:
        rows = tuple(
            Choice(row, catalogue.text("address.form", form=form) if form else catalogue.text(row))
            for row, form in _address_rows(catalogue.language).items()
        )
        return replace(view, choices=rows, hint=catalogue.text("address.now", form=catalogue.honorific))
    if session.overlay == SENSES:
        rows = (*_LOUDNESS, *(row for row, access in _ACCESS.items() if access is not session.access))
        now = next(row for row, access in _ACCESS.items() if access is session.access)
        told = catalogue.text("access.now", now=catalogue.text(now).lower())
        return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in rows), officer_line=told)
    if not session.unfinished:
        # Nobody's enrolment is open: what is said and shown can be turned, and at rest more than that.
        rows = (*_AT_REST, _LANGUAGE, SIGN_OUT) if session.step == "standby" else (_LANGUAGE,)
        return replace(view, choices=tuple(Choice(row, _label(row, catalogue)) for row in rows))
    hidden = {
        _ROWS[0] if len(catalogue.forms) == 1 else "",
        "" if _can_mark(session, rules) else _MARK,
        "" if pausing.can_pause(session) else pausing.REASON,
        "" if representing.can_represent(session) else _REPRESENT,
    }
    told = {_GENTLE: "officer.gentle_on"} if session.visit.frail else {}
    keys = [key for key in _ROWS if key not in hidden]
    return replace(view, choices=tuple(Choice(key, _label(told.get(key, key), catalogue)) for key in keys))


def _label(row: str, catalogue: Catalogue) -> str:
    return rules_of(following(catalogue.language)).name if row == _LANGUAGE else catalogue.text(row)
