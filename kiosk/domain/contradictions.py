"""Where the papers and the citizen say different things, and how the officer settled each of them.

Sources are compared matter by matter, leniently: capitals without marks are the same name as the one with marks, a year
alone agrees with every day in it. What is left is a list to settle one by one; nothing here decides who is right. A
doubt about the personal number itself leads to a dossier "cancel and establish anew" (huỷ, xác lập lại số định danh).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate, agree

_LONGEST_PRINTED_NAME: Final = 29
"""Letters of a name on the machine-readable lines of a card (TD1); what is longer is cut there."""


_UNIT_KINDS: Final = (
    *("thi xa", "thi tran", "thanh pho", "to dan pho", "khoi pho", "thon", "xom", "xa", "phuong", "huyen", "quan"),
    *("tinh", "tp.", "tp", "p.", "x.", "h.", "t."),
)
"""Words that say what kind of unit follows, folded: cards and people leave them out."""


class Source(StrEnum):
    """Who says so."""

    CHIP = "chip"
    QR = "qr"
    ROSTER = "roster"
    CITIZEN = "citizen"


class Matter(StrEnum):
    """What it is about."""

    NAME = "name"
    BIRTH = "birth"
    NUMBER = "number"
    OLD_NUMBER = "old_number"
    SEX = "sex"
    ADDRESS = "address"
    #: The personal number and the birth date or sex do not fit each other, whoever states them.
    NUMBER_FORM = "number_form"


@dataclass(frozen=True, slots=True)
class Statement:
    """What one source says of the citizen; empty or None where it says nothing."""

    source: Source
    name: str = field(default="", repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    number: PersonalNumber | None = field(default=None, repr=False)
    old_number: str | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    address: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Said:
    """One source's version of a matter, ready to show."""

    source: Source
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A matter of which there are several versions, the first source's first. `doubts` names what the number belies."""

    matter: Matter
    versions: tuple[Said, ...]
    doubts: tuple[str, ...] = ()

    @property
    def needs_dossier(self) -> bool:
        """Whether the number itself may have to be cancelled and established anew."""
        return self.matter in {Matter.NUMBER, Matter.NUMBER_FORM}


class Outcome(StrEnum):
    """How a contradiction was settled."""

    #: One version holds: `chosen` names its source.
    CHOSEN = "chosen"
    #: They mean the same: another spelling, or a commune that was merged.
    SAME = "same"
    #: It cannot be settled here; the office has to look.
    OFFICE = "office"
    #: The personal number is to be cancelled and established anew: a dossier goes with the enrolment.
    DOSSIER = "dossier"


@dataclass(frozen=True, slots=True)
class Settled:
    """A contradiction with the officer's answer."""

    contradiction: Contradiction
    outcome: Outcome
    chosen: Source | None = None


@dataclass(frozen=True, slots=True)
class NumberDossier:
    """The prepared request to cancel a personal number and to establish it anew, as it travels with the enrolment.

    `numbers` are all versions with their sources; `doubts` what they belie; the person is the enrolment's own.
    """

    numbers: tuple[Said, ...]
    doubts: tuple[str, ...]
    kind: str = "reestablish_number"


Fold = Callable[[str], str]


def find_contradictions(statements: Sequence[Statement], *, fold: Fold) -> tuple[Contradiction, ...]:
    """Compare what the sources say. `fold` takes marks and case off a text (kiosk.words.text.fold).

    An address by the old map contradicts one by the new map, and the officer says that both are one place: names of
    communes were given anew to others in 2025, and some communes were divided, so that no table could say it.
    """
    found = [
        _compare(Matter.NUMBER, statements, lambda one: one.number and one.number.grouped, _digits),
        _compare(Matter.NAME, statements, lambda one: one.name, lambda a, b: same_name(fold(a), fold(b))),
        _compare_births(statements),
        _compare(Matter.SEX, statements, lambda one: one.sex and one.sex.value, _equal),
        _compare(Matter.OLD_NUMBER, statements, lambda one: one.old_number, _digits),
        _compare(Matter.ADDRESS, statements, lambda one: one.address, lambda a, b: _same_place(fold(a), fold(b))),
        _number_form(statements),
    ]
    return tuple(one for one in found if one is not None)


def dossier_of(settled: Iterable[Settled]) -> NumberDossier | None:
    """Prepare the request for the number, if any contradiction was settled that way."""
    about = [one.contradiction for one in settled if one.outcome is Outcome.DOSSIER and one.contradiction.needs_dossier]
    if not about:
        return None
    numbers = dict.fromkeys(said for one in about for said in one.versions)
    return NumberDossier(tuple(numbers), tuple(dict.fromkeys(doubt for one in about for doubt in one.doubts)))


def _compare(
    matter: Matter,
    statements: Sequence[Statement],
    value: Callable[[Statement], str | None],
    same: Callable[[str, str], bool],
) -> Contradiction | None:
    said = [Said(one.source, text) for one in statements if (text := value(one))]
    if all(same(said[0].value, one.value) for one in said[1:]):
        return None
    return Contradiction(matter, tuple(said))


def _compare_births(statements: Sequence[Statement]) -> Contradiction | None:
    dated = [(one.source, one.born) for one in statements if one.born is not None]
    agreed = all(agree(one, other) for i, (_, one) in enumerate(dated) for _, other in dated[i + 1 :])
    return (
        None if agreed else Contradiction(Matter.BIRTH, tuple(Said(source, born.written()) for source, born in dated))
    )


def _number_form(statements: Sequence[Statement]) -> Contradiction | None:
    """Doubt a number that states another century, year or sex than its own source does (Decree 137/2015 Art. 13)."""
    for one in statements:
        if one.number is None:
            continue
        doubts = one.number.doubts(born=one.born, sex=one.sex)
        if doubts:
            return Contradiction(Matter.NUMBER_FORM, (Said(one.source, one.number.grouped),), doubts)
    return None


def _equal(one: str, other: str) -> bool:
    return one == other


def _digits(one: str, other: str) -> bool:
    return [ch for ch in one if ch.isdigit()] == [ch for ch in other if ch.isdigit()]


def same_name(one: str, other: str) -> bool:
    """Compare folded names; one cut off at the width of the printed lines agrees with the whole one."""
    shorter, longer = sorted((" ".join(one.split()), " ".join(other.split())), key=len)
    return shorter == longer or (len(shorter) >= _LONGEST_PRINTED_NAME and longer.startswith(shorter))


def _same_place(one: str, other: str) -> bool:
    """Compare folded addresses part by part, without the words for kinds of units.

    Districts were abolished on 1 July 2025, so an address may leave out a level; a list of one commune's people often
    leaves out commune and province too. What is left out contradicts nothing.
    """
    shorter, longer = sorted((_parts(one), _parts(other)), key=len)
    if not shorter or shorter[0] != longer[0]:
        return shorter == longer
    rest = iter(longer)
    return all(part in rest for part in shorter)


def _parts(address: str) -> list[str]:
    named = (_without_kind(" ".join(part.split())) for part in address.replace(";", ",").split(","))
    return [part for part in named if part]


def _without_kind(name: str) -> str:
    kind = next((word for word in _UNIT_KINDS if name.startswith(word + " ")), "")
    return name.removeprefix(kind).strip()
