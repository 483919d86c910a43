"""What contradicts in the answers so far, and what follows from settling it. Pure.

A contradiction is settled once; it comes back only when somebody says something new. Nothing here decides who is right.
"""

from dataclasses import replace
from typing import Final

from kiosk.domain.citizen import DocumentSource, Identity
from kiosk.domain.contradictions import (
    Contradiction,
    Matter,
    Outcome,
    Settled,
    Source,
    Statement,
    dossier_of,
    find_contradictions,
)
from kiosk.domain.enrolment import Answers
from kiosk.words.text import fold

#: Rows of the officer's list that are no version: what each means.
SAME: Final = "settle.same"
OFFICE: Final = "settle.office"
DOSSIER: Final = "settle.dossier"
_VERSION: Final = "said."


def rows_of(contradiction: Contradiction) -> tuple[str, ...]:
    """Name the officer's possible answers, in the order in which they are shown."""
    versions = [f"{_VERSION}{said.source.value}" for said in contradiction.versions]
    if contradiction.matter is Matter.NUMBER_FORM:
        versions = []  # there is one version, which SAME accepts as it is
    last = [DOSSIER] if contradiction.needs_dossier else []
    return (*versions, SAME, OFFICE, *last)


def source_of(row: str) -> Source | None:
    """Give the source whose version a row stands for, None for the other answers."""
    return Source(row.removeprefix(_VERSION)) if row.startswith(_VERSION) else None


def statements_of(answers: Answers) -> tuple[Statement, ...]:
    """Give what every paper said, and the citizen: what was typed for them or what they have said yes to."""
    identity = answers.identity
    if identity is None or not (answers.identity_confirmed or identity.source is DocumentSource.TYPED):
        return answers.statements
    return (*answers.statements, _words_of(identity, answers))


def contradictions_of(answers: Answers) -> tuple[Contradiction, ...]:
    """Give all that contradicts now, settled or not; whether the number fits is asked of what is enrolled alone."""
    found = [one for one in find_contradictions(statements_of(answers), fold=fold) if not _about_form(one)]
    if answers.identity is not None:
        own = find_contradictions((_words_of(answers.identity, answers),), fold=fold)
        found += [one for one in own if _about_form(one)]
    return tuple(found)


def _about_form(contradiction: Contradiction) -> bool:
    return contradiction.matter is Matter.NUMBER_FORM


def _words_of(identity: Identity, answers: Answers) -> Statement:
    return Statement(
        Source.CITIZEN,
        identity.name,
        identity.born,
        identity.number,
        identity.old_number,
        identity.sex,
        answers.home.residence,
    )


def open_contradictions(answers: Answers) -> tuple[Contradiction, ...]:
    """Give what contradicts now and was not settled: neither this matter, nor all that is said of it now."""
    return tuple(one for one in contradictions_of(answers) if not _known(one, answers))


def with_dossier(answers: Answers) -> Answers:
    """Prepare the request for the number from what still contradicts; what was mended since asks for none."""
    now = contradictions_of(answers)
    standing = [one for one in answers.settled if any(_covers(one, other) for other in now)]
    return replace(answers, dossier=dossier_of(standing))


def _known(contradiction: Contradiction, answers: Answers) -> bool:
    return any(_covers(one, contradiction) for one in answers.settled)


def _covers(settled: Settled, contradiction: Contradiction) -> bool:
    before = settled.contradiction
    said = {one.value for one in contradiction.versions} <= {one.value for one in before.versions}
    return before.matter is contradiction.matter and said and set(contradiction.doubts) <= set(before.doubts)


def settled_as(answers: Answers, contradiction: Contradiction, row: str) -> Answers:
    """Settle a contradiction as the officer's row says, and take over the version that holds."""
    source = source_of(row)
    outcomes = {SAME: Outcome.SAME, OFFICE: Outcome.OFFICE, DOSSIER: Outcome.DOSSIER}
    settled = Settled(contradiction, outcomes.get(row, Outcome.CHOSEN), source)
    others = tuple(one for one in answers.settled if one.contradiction.matter is not contradiction.matter)
    answers = replace(answers, settled=(*others, settled))
    said = next((one for one in answers.statements if one.source is source), None)
    return with_dossier(answers if said is None else _taken(answers, contradiction.matter, said))


def _taken(answers: Answers, matter: Matter, said: Statement) -> Answers:
    """Take over what a paper says of one matter."""
    if matter is Matter.ADDRESS:
        return replace(answers, home=replace(answers.home, residence=said.address))
    if answers.identity is None:
        return answers
    return replace(answers, identity=_corrected(answers.identity, matter, said))


def _corrected(identity: Identity, matter: Matter, said: Statement) -> Identity:
    match matter:
        case Matter.NAME:
            return replace(identity, name=said.name)
        case Matter.BIRTH if said.born is not None:
            return replace(identity, born=said.born)
        case Matter.NUMBER:
            return replace(identity, number=said.number)
        case Matter.OLD_NUMBER:
            return replace(identity, old_number=said.old_number)
        case Matter.SEX:
            return replace(identity, sex=said.sex)
        case _:
            return identity
