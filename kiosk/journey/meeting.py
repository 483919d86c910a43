"""Who comes to be enrolled has a paused enrolment here: the officer goes on with it, or knowingly makes another. Pure.

It is looked for when it is known who the citizen is, and again when that is mended. Going on with the paused one leads
through its doors as from the list; what was begun today is erased only when it is open. Once fingers or a portrait were
taken today, they are kept, and the officer is only told.
"""

from dataclasses import replace
from typing import Final

from kiosk.journey.effects import OpenPaused
from kiosk.journey.events import Event, Touched
from kiosk.journey.pausing import instead, row_of
from kiosk.journey.proving import ask
from kiosk.journey.remembered import PausedFound, PausedNote, PausedOpened, ResumableDraft
from kiosk.journey.session import Rules, Session, Turn, throughout
from kiosk.journey.turning import BUSY, MEETING, enter, stay
from kiosk.journey.view import Choice, View
from kiosk.words.catalogue import Catalogue

#: What the officer gives the PIN for.
GO_ON: Final = "same.go_on"
_ANEW: Final = "same.anew"

#: Every text that this module can ask for.
TEXTS: Final = frozenset({GO_ON, _ANEW, "same.strip"})


def found(session: Session, event: PausedFound, rules: Rules) -> Turn:
    """Take what is paused of this person; who has gone on meanwhile comes back to the question."""
    if not session.unfinished or session.answers.identity != event.identity:
        return stay(session)
    known = replace(session, met=event)
    late = session.step in MEETING and not session.overlay
    if late and known.met_unanswered(known.answers) is not None:
        return enter(known, session.step, rules, keep=False)
    if session.step == "paused.same" and not session.overlay and known.met_unanswered(known.answers) is None:
        # The older one is gone since it was asked about: there is nothing to ask any more.
        return enter(known, _onward(known), rules, keep=False)
    return stay(known)


def same(session: Session, event: Event, rules: Rules) -> Turn:
    """Go on with the paused one, or with this one; that the officer knew of the other is written down."""
    note = session.met_unanswered(session.answers)
    if note is None:
        return enter(session, _onward(session), rules, keep=False)
    match event:
        case Touched(row) if row == _ANEW and session.phase != BUSY:
            known = throughout(session, beside=(*session.answers.beside, note.enrolment))
            return enter(known, _onward(known), rules, keep=False)
        case Touched(row) if row == GO_ON and _may_go_on(session):
            return going_on(session) if session.proven else ask(session, GO_ON)
        case PausedOpened(None) if session.phase == BUSY:
            return stay(replace(session, phase="", hint="paused.gone"))
        case PausedOpened(ResumableDraft() as draft) if session.phase == BUSY and draft.id == note.enrolment:
            return instead(session, note, draft, rules)
        case _:
            return stay(session)


def going_on(session: Session) -> Turn:
    """Open the paused one; nothing of today is given up before it is open."""
    note = session.met_unanswered(session.answers)
    if note is None or not _may_go_on(session):
        return stay(session)
    return stay(replace(session, phase=BUSY, hint=""), OpenPaused(note.enrolment))


def _may_go_on(session: Session) -> bool:
    return session.phase != BUSY and not session.answers.slots


def _onward(session: Session) -> str:
    if session.returns_to in MEETING - {"home", "visit"}:
        return session.returns_to
    if not session.history or session.history[-1].step != "identity":
        return "review"
    return "visit" if session.earlier_visit is not None else "home"


def same_view(view: View, session: Session, catalogue: Catalogue) -> View:
    """Fill what can be done; which enrolment it is stands on the officer's strip."""
    note = session.met_unanswered(session.answers)
    if note is None or session.phase == BUSY:
        return replace(view, busy=True)
    rows = (*((GO_ON,) if _may_go_on(session) else ()), _ANEW)
    gone = catalogue.text(session.hint) if session.hint == "paused.gone" else ""
    told = " · ".join(part for part in (gone, row_of(note, catalogue)) if part)
    return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in rows), officer_line=told, hint="")


def met_line(session: Session, catalogue: Catalogue) -> str:
    """Say for the officer's strip since when the citizen's own enrolment is paused here; empty without one."""
    note: PausedNote | None = session.met_unanswered(session.answers)
    return "" if note is None else catalogue.text("same.strip", day=f"{note.since.astimezone():%d/%m}")
