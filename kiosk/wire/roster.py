"""A roster as it is sealed, and in what parts it travels.

Deflated CBOR of one list a person: a village's names and addresses repeat, and the road may carry 16 kB a second.
Decoding is strict, bounded before it is deflated again, and no message repeats a citizen's data.
"""

import zlib
from collections.abc import Iterable
from datetime import date
from typing import Any, Final, cast

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.commands import ROSTER_BYTES
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import BadDate, BadNumber
from kiosk.domain.roster import MOST_PEOPLE, Mode, Roster, RosterRow
from kiosk.wire.cbor import decode_plain, encode_plain
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import MAX_COMMAND_BYTES

SCHEMA: Final = "roster/1"
#: The parts in which a sealed roster travels, each a Chunk but the last of exactly so many bytes.
PART_BYTES: Final = 16 * 1024
_MOST_PLAIN: Final = 8 * ROSTER_BYTES
MOST_LETTERS: Final = 500
MAX_CARRIED_BYTES: Final = ROSTER_BYTES + 2 * MAX_COMMAND_BYTES


def encode_roster(roster: Roster) -> bytes:
    """Write a roster. Raises BadMessage for one that is too large."""
    if len(roster.rows) > MOST_PEOPLE:
        raise BadMessage(f"a roster has at most {MOST_PEOPLE} people; make two of it")
    rows = [_plain(row) for row in roster.rows]
    plain = encode_plain({"schema": SCHEMA, "issued": roster.issued.isoformat(), "rows": rows})
    deflated = zlib.compress(plain, 9)
    if len(plain) > _MOST_PLAIN or len(deflated) > ROSTER_BYTES * 15 // 16:
        raise BadMessage("the roster is too large for one kiosk; make two of it")
    return deflated


def decode_roster(data: bytes) -> Roster:
    """Read a roster. Raises BadMessage."""
    unpacking = zlib.decompressobj()
    try:
        plain = unpacking.decompress(data, _MOST_PLAIN)
        if not unpacking.eof or unpacking.unused_data:
            raise BadMessage("a roster is longer than it may be, or cut off")
        tree = decode_plain(plain)
    except (zlib.error, ValueError) as error:
        raise BadMessage("this is not a packed roster") from error
    match tree:
        case {"schema": "roster/1", "issued": str(issued), "rows": list()} if len(cast("dict[Any, Any]", tree)) == 3:
            rows = cast("list[object]", cast("dict[str, Any]", tree)["rows"])
        case _:
            raise BadMessage("this is not a roster of version 1")
    if len(rows) > MOST_PEOPLE:
        raise BadMessage(f"a roster has at most {MOST_PEOPLE} people")
    return Roster(_day(issued), tuple(_rows(rows)))


def part_count(size: int) -> int:
    """Into how many parts so many bytes are cut."""
    return -(-size // PART_BYTES)


def part_of(sealed: bytes, i: int) -> bytes:
    """Part `i` (from 0); empty behind the end."""
    return sealed[i * PART_BYTES : (i + 1) * PART_BYTES]


def carry(signed: bytes, sealed: bytes) -> bytes:
    """A command with the roster that it names, as one file for who carries it by hand."""
    return encode_plain({"command": signed, "roster": sealed})


def take_carried(data: bytes) -> tuple[bytes, bytes]:
    """The command in a carried file, and the sealed roster beside it, which is empty where it names none.

    Raises BadMessage for a file that is larger than it can be.
    """
    if len(data) > MAX_CARRIED_BYTES:
        raise BadMessage("the file is larger than a command with a roster can be")
    try:
        tree = decode_plain(data)
    except ValueError:
        return data, b""  # a bare command begins with a tag
    match tree:
        case {"command": bytes(signed), "roster": bytes(sealed)}:
            return signed, sealed
        case _:
            return data, b""


def _plain(row: RosterRow) -> list[str]:
    return [
        row.name,
        row.born.written(),
        row.number.digits if row.number is not None else "",
        row.old_number,
        row.sex.value if row.sex is not None else "",
        row.address,
        row.day.isoformat() if row.day is not None else "",
        row.mode.value,
        row.person,
    ]


def _rows(rows: Iterable[object]) -> Iterable[RosterRow]:
    for place, row in enumerate(rows, start=1):
        match row:
            case [
                str() as name,
                str(born),
                str(number),
                str(old),
                str(sex),
                str(address),
                str(day),
                str(mode),
                str(person),
            ]:
                pass
            case _:
                raise BadMessage(f"row {place} of the roster is not a row")
        if max(map(len, (name, old, address, person))) > MOST_LETTERS or not name:
            raise BadMessage(f"row {place} of the roster has no name, or a text that is too long")
        try:
            yield RosterRow(
                name,
                PartialDate.parse(born),
                PersonalNumber(number) if number else None,
                old,
                Sex(sex) if sex else None,
                address,
                _day(day) if day else None,
                Mode(mode),
                person,
            )
        except (BadDate, BadNumber, ValueError):
            # The chain is cut on purpose: the value that does not fit is somebody's.
            raise BadMessage(f"row {place} of the roster does not fit") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text if len(text) == 10 else "")
    except ValueError:
        raise BadMessage("a day of the roster is not a day") from None
