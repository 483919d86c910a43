"""Command and answer APDUs of ISO/IEC 7816-4, and the plain way to send them."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from kiosk.chip.errors import BadAnswer, CardLost

OK: Final = 0x9000
END_OF_FILE: Final = 0x6282
ICAO_APPLICATION: Final = bytes.fromhex("A0000002471001")
SHORT_DATA: Final = 255
SHORT_LE: Final = 256
_MORE_WAITS: Final = 0x61
_ASK_FOR: Final = 0x6C
_PROTECTED: Final = 0x0C
_ROUNDS: Final = 300
OTHER_FORM: Final = (0x6700, 0x6A80, 0x6A81, 0x6A86, 0x6A87, 0x6B00)
"""What cards say to a SELECT whose form they do not take: with or without an answer (P2, Le)."""

Transmit = Callable[[bytes], bytes]
"""Sends one command APDU and gives the answer with its status word; an OSError means that the card is gone."""


def length_field(le: int, *, wide: bool) -> bytes:
    """Write Le: one byte up to 256, two up to 65536, the largest as zero."""
    return (le % 65536).to_bytes(2, "big") if wide else bytes([le % SHORT_LE])


@dataclass(frozen=True, slots=True)
class Command:
    """A command. `le` is None for no answer data, 1 to 65536 for at most that many bytes."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes = b""
    le: int | None = None

    @property
    def header(self) -> bytes:
        """CLA INS P1 P2."""
        return bytes((self.cla, self.ins, self.p1, self.p2))

    @property
    def extended(self) -> bool:
        """Whether it fits no short APDU."""
        return len(self.data) > SHORT_DATA or (self.le or 0) > SHORT_LE

    def encoded(self) -> bytes:
        """Write the APDU, short where it fits."""
        tail = b"" if self.le is None else length_field(self.le, wide=self.extended)
        if not self.extended:
            return self.header + (bytes([len(self.data)]) + self.data if self.data else b"") + tail
        if not self.data:
            return self.header + b"\x00" + tail
        return self.header + b"\x00" + len(self.data).to_bytes(2, "big") + self.data + tail


def exchange(transmit: Transmit, command: bytes) -> tuple[bytes, int]:
    """Send bytes, give (data, status word). Fetches what waits (61xx) and asks again where Le was wrong (6Cxx).

    Raises CardLost when the card is gone, BadAnswer for half an answer.
    """
    data, status = _corrected(transmit, command)
    rounds = 0
    while status >> 8 == _MORE_WAITS:
        rounds += 1
        if rounds > _ROUNDS:
            raise BadAnswer("the card never comes to the end of its answer")
        more, status = _corrected(transmit, bytes((command[0] & 0x03, 0xC0, 0x00, 0x00, status & 0xFF)))
        data += more
    return data, status


def _corrected(transmit: Transmit, command: bytes) -> tuple[bytes, int]:
    """Send once, and once more with the Le that the card names; a protected command is not repeated as it is."""
    data, status = _once(transmit, command)
    has_le = len(command) == 5 or (len(command) > 6 and len(command) == command[4] + 6)
    if status >> 8 == _ASK_FOR and not data and has_le and not command[0] & _PROTECTED:
        data, status = _once(transmit, command[:-1] + bytes([status & 0xFF]))
    return data, status


def _once(transmit: Transmit, command: bytes) -> tuple[bytes, int]:
    try:
        answer = transmit(command)
    except OSError as error:
        raise CardLost("the card was lifted or fell silent: lay it on the reader again") from error
    if len(answer) < 2:
        raise BadAnswer("the card gave an answer without a status word")
    return answer[:-2], int.from_bytes(answer[-2:], "big")


def select_application(aid: bytes) -> Command:
    """SELECT by application identifier; no Le, because some chips refuse one."""
    return Command(0x00, 0xA4, 0x04, 0x0C, aid)


def with_answer(select: Command) -> Command:
    """The other form of a SELECT, which asks for the file's control information: some chips know that one alone."""
    return replace(select, p2=0x00, le=SHORT_LE)


def select_master_file() -> Command:
    """SELECT the master file; Vietnamese cards answer 6D00."""
    return Command(0x00, 0xA4, 0x00, 0x0C, b"\x3f\x00")


def select_file(file_id: int) -> Command:
    """SELECT an elementary file under the current application."""
    return Command(0x00, 0xA4, 0x02, 0x0C, file_id.to_bytes(2, "big"))


def read_binary(offset: int, length: int) -> Command:
    """READ BINARY; beyond 32767 the odd instruction with the offset in data object 54."""
    if offset < 0x8000:
        return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)
    size = (offset.bit_length() + 7) // 8
    return Command(0x00, 0xB1, 0x00, 0x00, bytes((0x54, size)) + offset.to_bytes(size, "big"), length)


def read_by_short_id(short_id: int, length: int) -> Command:
    """READ BINARY from the beginning of the file with this short identifier, which selects it, too."""
    return Command(0x00, 0xB0, 0x80 | short_id, 0x00, le=length)


def chained(command: Command) -> Command:
    """Mark a command as one that others follow (ISO/IEC 7816-4, 5.3.3)."""
    return replace(command, cla=command.cla | 0x10)
