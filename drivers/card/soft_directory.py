"""The files of a soft card, how they are selected and read, and who may (ISO/IEC 7816-4, 11.2; ICAO Doc 9303-10, 3.6).

Two directories: the master file, and the ICAO application below it. Rights are asked at each command, never remembered:
a file that was selected under secure messaging is closed again when that ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from drivers.card.soft_apdu import (
    BAD_DATA,
    BAD_OFFSET,
    BAD_PARAMETERS,
    END_OF_FILE,
    NO_FILE_SELECTED,
    NO_INSTRUCTION,
    NOT_ALLOWED,
    NOT_FOUND,
    OK,
    WRONG_LENGTH,
    is_open,
)
from drivers.card.soft_crypto import cut_object, wrap_object

APPLICATION: Final = bytes.fromhex("A0000002471001")
CARD_ACCESS, CARD_SECURITY = 0x011C, 0x011D
DIRECTORY, ATR_INFO = 0x2F00, 0x2F01
COM, DG1, DG2, DG3, SOD = 0x011E, 0x0101, 0x0102, 0x0103, 0x011D
_MASTER_FILE: Final = b"\x3f\x00"
_MASTER_SHORT: Final = {0x01: ATR_INFO, 0x1E: DIRECTORY, 0x1C: CARD_ACCESS, 0x1D: CARD_SECURITY}
_TEMPLATES: Final = {0x00: 0x6F, 0x04: 0x62}
_SILENT: Final = 0x0C
_LONGEST_OFFSET: Final = 4
_ASK_FOR: Final = 0x6C

Answer = tuple[bytes, bytes]
"""Data and status word."""


@dataclass(frozen=True, slots=True)
class ChipTraits:
    """How this chip behaves where the standard leaves it free, or where chips in the field differ.

    `selects_master_file` False is a Vietnamese card (6D00); `short_ids` is READ BINARY by short identifier; `max_read`
    bounds short reads; `too_much` is the status word for more: 6282 comes with what may be given, 6Cxx names how much
    that is (whatever xx is here), 6988 ends the session. `bare_refusals` is a chip that refuses without protection and
    stays in the session. `extended` is the most bytes of a whole answer, 0 for a chip without extended length;
    `application` is the name of its one application, another one on a card that is no travel document.
    """

    selects_master_file: bool = True
    short_ids: bool = True
    max_read: int = 256
    too_much: bytes = WRONG_LENGTH
    bare_refusals: bool = False
    extended: int = 0
    application: bytes = APPLICATION


@dataclass(slots=True)
class Directories:
    """What is on the card, which directory and file are the current ones; select() and read() are the commands."""

    masters: Mapping[int, bytes]
    files: Mapping[int, bytes]
    traits: ChipTraits
    application: bool = False
    current: int | None = None

    def reset(self) -> None:
        """The master file is the current directory, as after power-on."""
        self.application = False
        self.current = None

    def select(self, p1: int, p2: int, data: bytes, *, opened: bool, expected: int | None) -> Answer:
        """SELECT. One that fails leaves directory and file as they were."""
        if p2 & ~_SILENT or p2 not in (*_TEMPLATES, _SILENT):
            return b"", BAD_PARAMETERS
        if p1 == 0x04:
            if data != self.traits.application:
                return b"", NOT_FOUND
            self.application, self.current = True, None
            return self._told(p2, wrap_object(0x84, data), expected)
        if p1 == 0x00 and not self.traits.selects_master_file:
            return b"", NO_INSTRUCTION
        if p1 == 0x00 and data in (b"", _MASTER_FILE):
            self.reset()
            return self._told(p2, wrap_object(0x83, _MASTER_FILE), expected)
        if p1 not in (0x00, 0x02):
            return b"", BAD_PARAMETERS
        if len(data) != 2:
            return b"", WRONG_LENGTH
        file_id = int.from_bytes(data, "big")
        status = self.status_of(file_id, opened=opened)
        if status != OK:
            return b"", status
        self.current = file_id
        return self._told(p2, self._described(file_id), expected)

    def status_of(self, file_id: int, *, opened: bool) -> bytes:
        """Whether a file of the current directory is there and may be read: OK, or the status word that denies it."""
        if file_id not in self._here():
            return NOT_FOUND
        if self.application:
            return OK if opened and file_id != DG3 else NOT_ALLOWED
        return NOT_ALLOWED if file_id == CARD_SECURITY and not opened else OK

    def read(self, p1: int, p2: int, expected: int | None, *, room: int, opened: bool) -> Answer:
        """READ BINARY, even instruction. `room` is the most that an answer to this command holds."""
        offset = p1 << 8 | p2
        if p1 & 0x80:
            if p1 & 0x60 or not self.traits.short_ids:
                return b"", BAD_PARAMETERS
            status = self._take(self._by_short_id(p1 & 0x1F), opened=opened)
            if status != OK:
                return b"", status
            offset = p2
        return self._part(offset, expected, room, opened=opened)

    def read_odd(self, p1: int, p2: int, data: bytes, expected: int | None, *, room: int, opened: bool) -> Answer:
        """READ BINARY, odd instruction: offset in data object 54, the answer in 53 (for files beyond 32767 bytes)."""
        try:
            tag, offset, _, rest = cut_object(data)
        except (ValueError, IndexError):
            return b"", BAD_DATA
        if tag != 0x54 or rest or not 1 <= len(offset) <= _LONGEST_OFFSET:
            return b"", BAD_DATA
        if p1 or p2:
            named = p1 << 8 | p2
            status = self._take(self._by_short_id(named) if named <= 0x1E else named, opened=opened)
            if status != OK:
                return b"", status
        if expected is None:
            return b"", WRONG_LENGTH
        inner = _inner(expected if not is_open(expected) else min(expected, room))
        if inner < 1:
            return b"", WRONG_LENGTH
        if not is_open(expected):
            part, status = self._part(int.from_bytes(offset, "big"), inner, _inner(room), opened=opened)
        else:
            part, status = self._part(int.from_bytes(offset, "big"), expected, inner, opened=opened)
        return wrap_object(0x53, part) if part else b"", status

    def _here(self) -> Mapping[int, bytes]:
        return self.files if self.application else self.masters

    def _by_short_id(self, short_id: int) -> int:
        return 0x0100 | short_id if self.application else _MASTER_SHORT.get(short_id, 0)

    def _take(self, file_id: int, *, opened: bool) -> bytes:
        status = self.status_of(file_id, opened=opened)
        if status == OK:
            self.current = file_id
        return status

    def _part(self, offset: int, expected: int | None, room: int, *, opened: bool) -> Answer:
        if self.current is None:
            return b"", NO_FILE_SELECTED
        status = self.status_of(self.current, opened=opened)
        if status != OK:
            return b"", status
        wide = self.traits.extended > 0
        if expected is None:
            return b"", WRONG_LENGTH
        if expected > self.traits.max_read and not wide:
            return self._too_much(offset)
        if expected > room and not (wide or is_open(expected)):
            return b"", WRONG_LENGTH
        content = self._here()[self.current]
        if offset >= len(content):
            return b"", BAD_OFFSET
        wanted = min(expected, room)
        part = content[offset : offset + wanted]
        return part, OK if len(part) == wanted or is_open(expected) else END_OF_FILE

    def _too_much(self, offset: int) -> Answer:
        """What this chip says when more is asked for than it gives at once."""
        said, most = self.traits.too_much, self.traits.max_read
        if said == END_OF_FILE and self.current is not None:
            part = self._here()[self.current][offset : offset + most]
            return (part, END_OF_FILE) if part else (b"", BAD_OFFSET)
        return b"", bytes((said[0], most)) if said[0] == _ASK_FOR else said

    def _described(self, file_id: int) -> bytes:
        size = len(self._here()[file_id]).to_bytes(2, "big")
        described = wrap_object(0x80, size) + wrap_object(0x82, b"\x01") + wrap_object(0x83, file_id.to_bytes(2, "big"))
        return described + wrap_object(0x88, bytes([(file_id & 0x1F) << 3]))

    def _told(self, p2: int, described: bytes, expected: int | None) -> Answer:
        """File control information, where it was asked for and an answer may come."""
        if p2 == _SILENT or expected is None:
            return b"", OK
        return wrap_object(_TEMPLATES[p2], described), OK


def _inner(most: int) -> int:
    """How many bytes fit into a data object 53 of so many bytes in all."""
    return most - 2 if most <= 129 else most - 3 if most <= 258 else most - 4
