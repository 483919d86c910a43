"""The files of a chip: which there are, and how one is read in few commands (ICAO Doc 9303-10, 9303-11)."""

import time
from collections.abc import Callable
from enum import StrEnum
from typing import Final

from kiosk.chip import commands, tlv
from kiosk.chip.commands import END_OF_FILE, OK, SHORT_LE, Command
from kiosk.chip.errors import BadAnswer, CardLost, Refused, SessionEnded
from kiosk.chip.memory import CHUNKS, ReaderMemory

MAX_FILE: Final = 512 * 1024
_HEADER: Final = 4
_AMOUNTS: Final = 3
"""How many amounts a file may be begun with, one after the other: a long one, a chunk, the header."""
_BEYOND_END: Final = 0x6B00
_DENIED: Final = (0x6982, 0x6985, 0x6A81, 0x6A82, 0x6A83)
_ODD_ROOM: Final = 4
"""Tag and length of object 53."""

Send = Callable[[Command], tuple[bytes, int]]
"""Sends one command, plain or protected, and gives (data, status word)."""


class CardFile(StrEnum):
    """A file that the kiosk knows. DG3 and DG4 need rights that the kiosk does not have."""

    COM = "COM"
    DG1 = "DG1"
    DG2 = "DG2"
    DG3 = "DG3"
    DG4 = "DG4"
    DG5 = "DG5"
    DG6 = "DG6"
    DG7 = "DG7"
    DG8 = "DG8"
    DG9 = "DG9"
    DG10 = "DG10"
    DG11 = "DG11"
    DG12 = "DG12"
    DG13 = "DG13"
    DG14 = "DG14"
    DG15 = "DG15"
    DG16 = "DG16"
    SOD = "SOD"
    CARD_ACCESS = "CardAccess"
    CARD_SECURITY = "CardSecurity"

    @property
    def group(self) -> int | None:
        """The number of a data group, None for the other files."""
        return int(self[2:]) if self.startswith("DG") else None


_GROUP_TAGS: Final = bytes.fromhex("6175637665666768696A6B6C6D6E6F70")
_GROUPS: Final = {file: file.group for file in CardFile}
FILE_IDS: Final = {
    **{file: 0x0100 | number for file, number in _GROUPS.items() if number},
    CardFile.COM: 0x011E,
    CardFile.SOD: 0x011D,
    CardFile.CARD_ACCESS: 0x011C,
    CardFile.CARD_SECURITY: 0x011D,
}
FILE_TAGS: Final = {
    **{file: _GROUP_TAGS[number - 1] for file, number in _GROUPS.items() if number},
    CardFile.COM: 0x60,
    CardFile.SOD: 0x77,
    CardFile.CARD_ACCESS: 0x31,
    CardFile.CARD_SECURITY: 0x30,
}


class FileReader:
    """Reads whole files through `send` in the fewest commands that `memory` allows; it learns from refusals."""

    def __init__(self, send: Send, memory: ReaderMemory, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Take the way to the card and what is known of it."""
        self._send = send
        self._memory = memory
        self._monotonic_s = monotonic_s

    def read(self, file: CardFile, begun: bytearray, *, on_bytes: Callable[[int, int], None] | None = None) -> bytes:
        """Read `file` whole, going on behind what `begun` already holds and growing it as bytes come.

        `on_bytes` gets (bytes in hand, bytes in all). Raises Refused when the card denies the file, BadAnswer when
        what comes is not the file it should be, CardLost, and SessionEnded when the card broke protection off: what
        can be learnt from that is learnt, and the caller may open the card again and go on.
        """
        if begun:
            self._select(file)
        else:
            self._begin(file, begun)
        while True:
            total = _total(bytes(begun), file)
            if total is not None:
                if on_bytes is not None:
                    on_bytes(min(len(begun), total), total)
                if len(begun) >= total:
                    break
            want = _HEADER - len(begun) if len(begun) < _HEADER else 1 if total is None else total - len(begun)
            begun += self._chunk(len(begun), max(want, 1), file)
        del begun[total:]
        return bytes(begun)

    def _begin(self, file: CardFile, begun: bytearray) -> None:
        """Get the first bytes: by short identifier where the card takes that, else by SELECT."""
        memory, before = self._memory, self._memory.past_the_end
        if memory.short_ids is not False:
            data, status = self._some(lambda want: commands.read_by_short_id(FILE_IDS[file] & 0x1F, want), file)
            if data[:1] == bytes([FILE_TAGS[file]]):
                memory.short_ids = True
                begun += data
                return
            if memory.short_ids and status in _DENIED:
                raise Refused(f"to show {file}", status)
        self._select(file)
        if memory.short_ids is None:
            memory.short_ids, memory.past_the_end = False, before  # it was not the amount that was refused
        data, status = self._some(lambda want: commands.read_binary(0, want), file)
        if data:
            begun += data
            return
        if status in (OK, END_OF_FILE) or status == _BEYOND_END:
            raise BadAnswer(f"the card's {file} ends before its own length says")
        raise Refused(f"to read {file}", status)

    def _some(self, reading: Callable[[int], Command], file: CardFile) -> tuple[bytes, int]:
        """Read from the beginning, again with less as long as the card complains about the amount; b"" when it refuses.

        A bare 6282 is such a complaint, too.
        """
        for _ in range(_AMOUNTS):
            want = self._first_amount()
            data, status = self._first(reading(want), file, want)
            if status in (OK, END_OF_FILE) and data:
                return data, status
            if want == _HEADER or not (_about_length(status) or status in (OK, END_OF_FILE)):
                break
            self._take_less(want)
        return b"", status

    def _first_amount(self) -> int:
        """How much to begin with: the header where reading past the end is refused, all at once where it can be."""
        memory = self._memory
        if memory.past_the_end is False:
            return _HEADER
        return memory.extended if memory.past_the_end and memory.comparable else memory.chunk

    def _take_less(self, refused: int) -> None:
        """Learn from a refusal of the amount that a file was begun with."""
        if refused > SHORT_LE:
            self._memory.deny_extended()
        else:
            self._memory.past_the_end = False

    def _first(self, command: Command, file: CardFile, want: int) -> tuple[bytes, int]:
        memory = self._memory
        started_s = self._monotonic_s()
        try:
            data, status = self._send(command)
        except CardLost:
            if want > SHORT_LE:
                memory.deny_extended()
            raise
        except SessionEnded as error:
            if error.status in _DENIED and memory.short_ids:
                raise Refused(f"to show {file}", error.status) from error
            if want > SHORT_LE:
                memory.deny_extended()
            elif want > _HEADER and memory.past_the_end is None and _about_length(error.status or 0):
                memory.past_the_end = False
            elif command.p1 & 0x80 and memory.short_ids is None:
                memory.short_ids = False
            elif want > _HEADER and memory.past_the_end is None:
                memory.past_the_end = False
            else:
                memory.fall()
            raise
        if len(data) > want:
            raise BadAnswer(f"the card gave more of {file} than was asked for")
        memory.timed(len(data), self._monotonic_s() - started_s, extended=want > SHORT_LE)
        if status in (OK, END_OF_FILE) and _HEADER < len(data) < want:
            memory.past_the_end = True
        return data, status

    def _select(self, file: CardFile) -> None:
        memory, plain = self._memory, commands.select_file(FILE_IDS[file])
        try:
            _, status = self._send(commands.with_answer(plain) if memory.select_with_answer else plain)
            if status in commands.OTHER_FORM and not memory.select_with_answer:
                _, status = self._send(commands.with_answer(plain))
                memory.select_with_answer = status == OK
        except SessionEnded as error:
            if error.status in commands.OTHER_FORM and not memory.select_with_answer:
                memory.select_with_answer = True
            elif error.status in _DENIED:
                raise Refused(f"to show {file}", error.status) from error
            raise
        if status != OK:
            raise Refused(f"to show {file}", status)

    def _chunk(self, offset: int, want: int, file: CardFile) -> bytes:
        """One READ BINARY at `offset`, again with less as long as the card complains about the amount."""
        memory = self._memory
        while True:
            extended = memory.extended > SHORT_LE < want  # what is left over is little: a short command will do
            size = min(want, memory.extended if extended else memory.chunk)
            data, status = self._read_binary(offset, size, extended=extended)
            if status in (OK, END_OF_FILE) and data:
                if len(data) > size:
                    raise BadAnswer(f"the card gave more of {file} than was asked for")
                return data
            if extended:
                memory.deny_extended()
                continue
            ended = status in (OK, END_OF_FILE, _BEYOND_END)
            if size <= CHUNKS[-1] or status == OK or not (ended or _about_length(status)) or not memory.fall():
                if ended:
                    raise BadAnswer(f"the card's {file} ends before its own length says")
                raise Refused(f"to read {file}", status)

    def _read_binary(self, offset: int, size: int, *, extended: bool) -> tuple[bytes, int]:
        command = commands.read_binary(offset, size)
        odd = bool(command.ins & 1)
        if odd and size <= _ODD_ROOM:
            command = commands.read_binary(offset, size + _ODD_ROOM)
        started_s = self._monotonic_s()
        try:
            data, status = self._send(command)
        except (SessionEnded, CardLost) as error:
            if extended:
                self._memory.deny_extended()
            elif isinstance(error, SessionEnded):
                self._memory.fall()
            raise
        self._memory.timed(len(data), self._monotonic_s() - started_s, extended=extended)
        if odd and data and status in (OK, END_OF_FILE):
            data = tlv.only(data, 0x53, what="a part of a long file")[:size]
        return data, status


def _total(begun: bytes, file: CardFile) -> int | None:
    """Length of the whole file by its outer header, None while that is not there. Raises BadAnswer."""
    header = tlv.read_header(begun)
    if header is None:
        return None
    tag, length, start = header
    if tag != FILE_TAGS[file]:
        raise BadAnswer(f"what the card gives as {file} is another file")
    if start + length > MAX_FILE:
        raise BadAnswer(f"the card claims a size for {file} that no card has")
    return start + length


def _about_length(status: int) -> bool:
    """Whether a status word complains about the amount: 67xx, 6Cxx, 6B00."""
    return status >> 8 in (0x67, 0x6C) or status == _BEYOND_END
