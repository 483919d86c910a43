"""What the chip says beside its machine-readable lines: DG11 and DG12 (ICAO Doc 9303-10, 4.7.11 and 4.7.12), and DG13.

DG13 is for each state to fill; the Vietnamese card keeps the person's details there as numbered texts. No public
document gives its outer shape, and newer cards may hold less of it or something unreadable: so the entries are searched
for by structure, an entry of an unknown number is kept, and what cannot be read is counted, never guessed.
"""

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer
from kiosk.chip.qr import clean
from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import DomainError

_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_CONSTRUCTED: Final = 0x20
_TEXTS: Final = frozenset({0x0C, 0x13, 0x16, 0x1E, 0x04, 0x17, 0x18})
_BMP: Final = 0x1E
_DEEPEST: Final = 8
_MOST_ENTRIES: Final = 256
_SEXES: Final = {"nam": Sex.MALE, "nữ": Sex.FEMALE, "nu": Sex.FEMALE, "m": Sex.MALE, "f": Sex.FEMALE}

_DG11_NAMES: Final = {
    0x5F0E: "name",
    0x5F10: "personal_number",
    0x5F2B: "birth",
    0x5F11: "birth_place",
    0x5F42: "address",
    0x5F12: "telephone",
    0x5F13: "profession",
    0x5F14: "title",
    0x5F15: "summary",
    0x5F17: "other_documents",
    0x5F18: "custody",
}
_DG12_NAMES: Final = {
    0x5F19: "authority",
    0x5F26: "issued",
    0x5F1B: "endorsements",
    0x5F1C: "exit_requirements",
    0x5F55: "personalised_at",
    0x5F56: "personalised_by",
}
_PACKED_DATE: Final = 4


@dataclass(frozen=True, slots=True)
class CardDetails:
    """The details of a Vietnamese card, as DG13 numbers them; empty or None where it says nothing usable.

    `others` keeps texts by numbers that no source explains; `unread` counts entries whose text could not be read.
    """

    number: PersonalNumber | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)
    born: PartialDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    nationality: str = field(default="", repr=False)
    ethnicity: str = field(default="", repr=False)
    religion: str = field(default="", repr=False)
    origin: str = field(default="", repr=False)
    residence: str = field(default="", repr=False)
    marks: str = field(default="", repr=False)
    issued: PartialDate | None = field(default=None, repr=False)
    expires: PartialDate | None = field(default=None, repr=False)
    father: str = field(default="", repr=False)
    mother: str = field(default="", repr=False)
    spouse: str = field(default="", repr=False)
    old_number: str | None = field(default=None, repr=False)
    others: Mapping[int, tuple[str, ...]] = field(default_factory=dict[int, tuple[str, ...]], repr=False)
    unread: int = 0


def parse_dg13(dg13: bytes) -> CardDetails:
    """Read the details of a Vietnamese card. Raises BadAnswer when the file is not a DG13 or holds no entry at all."""
    content = tlv.only(dg13, 0x6D, what="the details file (DG13)")
    entries: dict[int, tuple[str, ...]] = {}
    unread = 0
    for number, texts in _entries(content):
        if len(entries) + unread >= _MOST_ENTRIES:
            raise BadAnswer("the details file (DG13) has more entries than any card")
        if texts is None or number in entries:
            unread += 1
        else:
            entries[number] = texts
    if not entries and not unread:
        raise BadAnswer("the details file (DG13) has a form that this kiosk does not know")
    return _details(entries, unread)


def parse_dg11(dg11: bytes) -> Mapping[str, str]:
    """Read the additional personal details by name; images and unknown parts are left out. Raises BadAnswer."""
    return _named(dg11, 0x6B, _DG11_NAMES, "the personal details (DG11)")


def parse_dg12(dg12: bytes) -> Mapping[str, str]:
    """Read the additional document details by name; images and unknown parts are left out. Raises BadAnswer."""
    return _named(dg12, 0x6C, _DG12_NAMES, "the document details (DG12)")


def _named(data: bytes, tag: int, names: Mapping[int, str], what: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part, value in tlv.walk(tlv.only(data, tag, what=what)):
        name = names.get(part)
        if name is None:
            continue
        if name in {"birth", "issued"} and len(value) == _PACKED_DATE:
            found[name] = value.hex()  # eight digits, two in a byte
            continue
        text = _text(0x0C, value)
        if text is not None:
            found[name] = (
                " ".join(text.replace("<", " ").split()) if name in {"name", "address", "birth_place"} else text
            )
    return found


def _details(entries: Mapping[int, tuple[str, ...]], unread: int) -> CardDetails:
    left = dict(entries)

    def text(number: int) -> str:
        return left.pop(number, ("",))[0]

    parents = left.pop(13, ())
    old_numbers = [one for number in (15, 16) for one in left.get(number, ()) if _is_old_number(one)]
    if old_numbers:
        # Public readers disagree on whether 15 or 16 holds it: the one that looks like it is taken.
        left = {number: texts for number, texts in left.items() if texts[:1] != (old_numbers[0],)}
    return CardDetails(
        number=_number(text(1)),
        name=text(2),
        born=_date(text(3)),
        sex=_SEXES.get(text(4).casefold()),
        nationality=text(5),
        ethnicity=text(6),
        religion=text(7),
        origin=text(8),
        residence=text(9),
        marks=text(10),
        issued=_date(text(11)),
        expires=_date(text(12)),
        father=parents[0] if parents else "",
        mother=parents[1] if len(parents) > 1 else "",
        spouse=text(14),
        old_number=old_numbers[0] if old_numbers else None,
        others=left,
        unread=unread,
    )


def _entries(data: bytes) -> Iterator[tuple[int, tuple[str, ...] | None]]:
    """Find every numbered entry, whatever lies around it: each place is tried, and an entry is stepped over whole."""
    offset = 0
    while offset < len(data):
        one = _object(data, offset)
        found = _entry(one[1]) if one is not None and one[0] == _SEQUENCE else None
        if one is None or found is None:
            offset += 1
            continue
        yield found
        offset = one[2]


def _entry(value: bytes) -> tuple[int, tuple[str, ...] | None] | None:
    """Read a sequence of a number and texts; None when it is none, the texts None when they cannot be read."""
    number = _object(value, 0)
    if number is None or number[0] != _INTEGER or not 1 <= len(number[1]) <= 2:
        return None
    try:
        texts = tuple(_texts(value[number[2] :], 0))
    except UnicodeDecodeError:
        return int.from_bytes(number[1], "big"), None
    except BadAnswer:
        return None
    return int.from_bytes(number[1], "big"), texts or ("",)


def _texts(data: bytes, depth: int) -> Iterator[str]:
    """Give the texts in `data`, nested ones too. Raises BadAnswer for anything that is no text."""
    if depth > _DEEPEST:
        raise BadAnswer("the details file (DG13) is nested too deeply")
    for tag, value in tlv.walk(data):
        if tag in _TEXTS:
            text = _text(tag, value)
            if text is None:
                raise UnicodeDecodeError("utf-8", b"", 0, 0, "no text")
            yield text
        elif tag & _CONSTRUCTED:
            yield from _texts(value, depth + 1)
        else:
            raise BadAnswer("the details file (DG13) holds something else than text")


def _object(data: bytes, offset: int) -> tuple[int, bytes, int] | None:
    """Read one whole object: its tag, its value, and where the next begins; None when there is none here."""
    try:
        header = tlv.read_header(data, offset)
    except BadAnswer:
        return None
    if header is None or header[0] == 0 or header[2] + header[1] > len(data):
        return None
    tag, length, start = header
    return tag, data[start : start + length], start + length


def _text(tag: int, value: bytes) -> str | None:
    try:
        text = value.decode("utf-16-be" if tag == _BMP else "utf-8")
    except UnicodeDecodeError:
        return None
    printable = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    return clean(unicodedata.normalize("NFC", printable))


def _number(text: str) -> PersonalNumber | None:
    try:
        return PersonalNumber.parse(text)
    except DomainError:
        return None


def _date(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text) if text else None
    except DomainError:
        return None


def _is_old_number(text: str) -> bool:
    return len(text) == 9 and text.isascii() and text.isdigit()
