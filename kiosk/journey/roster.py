"""The roster in the journey: the officer finds who brought no card, and who brought one is looked for by itself. Pure.

What the office says becomes one more statement beside those of the papers, so that differences are settled with all
others. Who is not on the roster goes on like anybody else; that is noted, and no more.
"""

from collections import Counter
from dataclasses import replace
from typing import Final

from kiosk.domain.citizen import DocumentSource, Home, Identity, PersonalNumber, Sex
from kiosk.domain.contradictions import Source, Statement
from kiosk.domain.enrolment import Answers
from kiosk.domain.roster import Listed, RosterRow
from kiosk.journey.contradicting import open_contradictions
from kiosk.journey.effects import FindInRoster
from kiosk.journey.events import Event, FormFilled, RosterFound, RosterMatched, RosterTold, Touched
from kiosk.journey.listing import Query
from kiosk.journey.proving import ask
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import FIND, PICK
from kiosk.journey.turning import enter, stay
from kiosk.journey.view import Choice, View
from kiosk.words.catalogue import Catalogue

#: What the officer gives the PIN for.
SEARCH: Final = "roster"

_ROW: Final = "row."
#: A line breaks after the mark, and not before it.
_BETWEEN: Final = "\u00a0· "
_TOO_LITTLE: Final = "roster.too_little"
_NOBODY: Final = "roster.nobody"
_LISTED: Final = "roster.listed"
_UNLISTED: Final = "roster.unlisted"

#: Every text that this module can ask for.
TEXTS: Final = frozenset({_TOO_LITTLE, _NOBODY, _LISTED, _UNLISTED, "roster.count"})


def told(session: Session, event: RosterTold) -> Turn:
    """A roster can be read from now on, or no longer."""
    return stay(replace(session, roster=event.people))


def without_card(session: Session) -> str:
    """Name where the officer takes down who brought no card that can be read."""
    return FIND if session.roster else "edit.identity"


def matched(session: Session, event: RosterMatched, rules: Rules) -> Turn:
    """Put what the office knows of this person beside what the papers say, here and at every step that lies behind.

    What an earlier match had said, before the identity was mended, goes with all that came of it.
    """
    identity, source = session.answers.identity, event.identity.source
    if not event.roster or not session.unfinished or identity != event.identity:
        return stay(session)
    if event.row is None and session.picked and source in {DocumentSource.ROSTER, DocumentSource.TYPED}:
        # The officer has chosen the row, and the citizen has corrected it since: it is that row all the same.
        return stay(session)
    known = replace(
        session,
        answers=_matched(session.answers, event.row, event.roster),
        history=tuple(
            replace(past, answers=_matched(past.answers, event.row, event.roster))
            if past.answers.identity == identity
            else past
            for past in session.history
        ),
    )
    asks = open_contradictions(known.answers) != open_contradictions(session.answers)
    if asks and session.step in {"review", "officer.settle"} and not session.overlay:
        # The officer settles what contradicts now, and nothing that no longer does.
        return enter(known, "review", rules, keep=False)
    return stay(known)


def _matched(answers: Answers, row: RosterRow | None, roster: str) -> Answers:
    before = next((one for one in answers.statements if one.source is Source.ROSTER), None)
    papers = tuple(one for one in answers.statements if one.source is not Source.ROSTER)
    if before is not None and (row is None or row.statement() != before):
        answers = _without_row(answers, before, papers, row.address if row is not None else "")
    if row is None:
        return replace(answers, listed=Listed(roster, False), statements=papers)
    return _with_row(answers, row, roster)


def _without_row(answers: Answers, before: Statement, papers: tuple[Statement, ...], address: str) -> Answers:
    """Take away what came of a row that is not this person's: what was settled with it, and the address it gave.

    In its place comes the `address` of the right row, where that knows one; it is read aloud once more either way.
    """
    settled = tuple(
        one for one in answers.settled if all(said.source is not Source.ROSTER for said in one.contradiction.versions)
    )
    answers = replace(answers, settled=settled, dossier=None)
    given = before.address and answers.home.residence == before.address
    if not given or any(one.address == before.address for one in papers):
        return answers
    return replace(answers, home=Home(answers.home.origin, address or before.address), home_confirmed=False)


def _with_row(answers: Answers, row: RosterRow, roster: str) -> Answers:
    papers: tuple[Statement, ...] = tuple(one for one in answers.statements if one.source is not Source.ROSTER)
    home = answers.home
    if not home.residence and row.address:
        # Read aloud and confirmed like any other address.
        home = Home(home.origin, row.address)
    listed = Listed(roster, True, row.person)
    return replace(answers, listed=listed, statements=(*papers, row.statement()), home=home)


def roster_step(session: Session, event: Event, rules: Rules) -> Turn:
    """The officer looks somebody up, and chooses the row."""
    match session.step, event:
        case "roster.find", FormFilled(values):
            query = Query(values.get("name", ""), values.get("number", ""), values.get("year", ""))
            if not query.asks:
                return stay(replace(session, problem=_TOO_LITTLE, form=dict(values)))
            # What was typed stays, also where the officer goes back without having given the PIN.
            known = replace(session, problem="", form={}, found=RosterFound(query, "", (), 0))
            return searched(known) if session.proven else ask(known, SEARCH)
        case "roster.find", RosterFound(rows=()):
            return stay(replace(session, problem=_NOBODY))
        case "roster.find", RosterFound():
            return enter(replace(session, found=event), PICK, rules, keep=False)
        case "roster.pick", Touched("yes"):
            return enter(session, FIND, rules, keep=False)
        case _, Touched("other"):
            return enter(session, "edit.identity", rules, keep=False)
        case "roster.pick", Touched(row) if session.found is not None and row in _rows(session.found):
            return _chosen(session, _rows(session.found)[row], session.found.roster, rules)
        case _:
            return stay(session)


def searched(session: Session) -> Turn:
    """Look for who was asked for."""
    return stay(session) if session.found is None else stay(session, FindInRoster(session.found.query))


def _rows(found: RosterFound) -> dict[str, RosterRow]:
    return {f"{_ROW}{i}": row for i, row in enumerate(found.rows)}


def _chosen(session: Session, row: RosterRow, roster: str, rules: Rules) -> Turn:
    """Take over what the office knows; the citizen hears it and says whether it is right."""
    identity = Identity(
        DocumentSource.ROSTER,
        row.name.upper(),
        row.born,
        number=row.number,
        sex=row.sex or _sex_of(row.number, row),
        old_number=row.old_number or None,
    )
    session = replace(session, picked=True)
    answers = _with_row(session.answers, row, roster)
    answers = replace(answers, identity=identity, identity_confirmed=False, settled=(), dossier=None)
    target = "identity" if identity.sex is not None else "edit.identity"
    return enter(session, target, rules, answers=answers, keep=False)


def _sex_of(number: PersonalNumber | None, row: RosterRow) -> Sex | None:
    """Read the sex from the personal number, where the number agrees with the birth date (Decree 137/2015 Art. 13)."""
    if number is None:
        return None
    return next((sex for sex in Sex if not number.doubts(born=row.born, sex=sex)), None)


def pick_view(view: View, session: Session, catalogue: Catalogue) -> View:
    """List who was found by name and birth date; the place is told of those alone whom these do not tell apart."""
    found = session.found
    if found is None:
        return view
    namesakes = Counter(_known(row) for row in found.rows)
    choices = tuple(
        Choice(key, _BETWEEN.join([*_known(row), *(_place(row) if namesakes[_known(row)] > 1 else ())]))
        for key, row in _rows(found).items()
    )
    more = found.total > len(found.rows)
    hint = catalogue.text("roster.count", shown=len(found.rows), total=found.total) if more else ""
    return replace(view, choices=choices, hint=hint)


def _known(row: RosterRow) -> tuple[str, str]:
    return row.name, row.born.written()


def _place(row: RosterRow) -> tuple[str, ...]:
    """The nearest part of the address, where the office knows one."""
    place = row.address.replace(";", ",").split(",")[0].strip()
    return (place,) if place else ()


def listing_line(answers: Answers, catalogue: Catalogue) -> str:
    """Say for the officer's strip whether the citizen is on the roster; empty without one."""
    if answers.listed is None:
        return ""
    return catalogue.text(_LISTED if answers.listed.found else _UNLISTED)
