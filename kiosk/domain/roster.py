"""The roster: whom the office expects at a kiosk or on a tour from door to door, and which row a citizen is.

Being on it gives nobody a right, and not being on it stops nobody: it saves typing, and shows where the office knows
something else. Nothing here corrects a name or guesses at a date.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from kiosk.domain.citizen import Identity, PersonalNumber, Sex
from kiosk.domain.contradictions import Source, Statement, same_name
from kiosk.domain.dates import PartialDate, agree

#: More people than the largest commune enrols from one kiosk between two rosters.
MOST_PEOPLE: Final = 5000


class Mode(StrEnum):
    """Where somebody is to be enrolled."""

    KIOSK = "kiosk"
    #: At their own door.
    DOOR = "door"
    #: At their bed: they cannot sit.
    BED = "bed"


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person expected. `person` is the office's own mark for them, empty where it has none; `day` the planned one.

    `born` may be a year alone; `number` and `sex` are None, and texts empty, where the office does not know.
    """

    name: str = field(repr=False)
    born: PartialDate = field(repr=False)
    number: PersonalNumber | None = field(default=None, repr=False)
    old_number: str = field(default="", repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str = field(default="", repr=False)
    day: date | None = None
    mode: Mode = Mode.KIOSK
    person: str = field(default="", repr=False)

    def statement(self) -> Statement:
        """Give what the office says of this person, beside what papers and citizen say; the name as papers write it."""
        old = self.old_number or None
        return Statement(Source.ROSTER, self.name.upper(), self.born, self.number, old, self.sex, self.address)


@dataclass(frozen=True, slots=True)
class Roster:
    """A roster as the office made it up on the day `issued`."""

    issued: date
    rows: tuple[RosterRow, ...]

    @property
    def last(self) -> date:
        """The last day that it is for."""
        return max((row.day for row in self.rows if row.day is not None), default=self.issued)


@dataclass(frozen=True, slots=True)
class Listed:
    """Whether a citizen was on the kiosk's roster, as it travels with the enrolment: `roster` is the id of its command.

    `person` is the office's own mark for the row, empty where it gave none or nobody was found.
    """

    roster: str
    found: bool
    person: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a roster is: people on it, and how many of them were enrolled here; `today` and `today_done` of today.

    Today's are those planned for this day; where the office planned no days, all.
    """

    issued: date
    people: int
    done: int = 0
    today: int = 0
    today_done: int = 0


def find_row(
    rows: Sequence[RosterRow], who: Identity, *, names: Sequence[str], fold: Callable[[str], str]
) -> int | None:
    """Give the place of the row that this person is, or None when none is, or several may be.

    By the personal number, else by the old one, else by name and birth date together; where the office or the papers
    have the day wrong, name and year are enough. A name alone is not: a village has many of the same. `names` are the
    rows' names, folded by `fold`, which takes marks and case off a text.
    """
    places = range(len(rows))
    if who.number is not None:
        found = [i for i in places if rows[i].number == who.number]
        if found:
            return _only(found)
    if who.old_number:
        found = [i for i in places if rows[i].old_number == who.old_number]
        if len(found) == 1:
            return found[0]
    name = fold(who.name)
    namesakes = [i for i in places if same_name(names[i], name) and not _somebody_else(rows[i], who)]
    for agrees in (agree, _same_year):
        found = [i for i in namesakes if agrees(rows[i].born, who.born)]
        if found:
            return _only(found)
    return None


def _somebody_else(row: RosterRow, who: Identity) -> bool:
    """Whether this is a namesake of the same year: both have a personal number, and these differ.

    Born on the same day they are one person, and one of the numbers is wrong.
    """
    if row.number is None or who.number is None or row.number == who.number:
        return False
    return row.born != who.born or row.born.day is None


def same_person(one: Identity, other: Identity, *, fold: Callable[[str], str]) -> bool:
    """Whether the two may be one person: the same number, or name and birth date that agree.

    Two numbers that differ are two people, unless name and whole birth date are the same: then one of them is wrong.
    """
    if one.number is not None and one.number == other.number:
        return True
    if not same_name(fold(one.name), fold(other.name)) or not agree(one.born, other.born):
        return False
    if one.number is None or other.number is None:
        return True
    return one.born == other.born and one.born.day is not None


def _only(found: list[int]) -> int | None:
    return found[0] if len(found) == 1 else None


def _same_year(one: PartialDate, other: PartialDate) -> bool:
    return one.year == other.year
