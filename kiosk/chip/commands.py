"""Command and answer APDUs of ISO/IEC 7816-4, and the plain way to send them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.chip.errors import BadAnswer, CardLost

OK: Final = 0x9000
END_OF_FILE: Final = 0x6282
ICAO_APPLICATION: Final = bytes.fromhex("A0000002471001")

Transmit = Callable[[bytes], bytes]
"""Sends one command APDU and gives the answer with its status word; an OSError means that the card is gone."""


@dataclass(frozen=True, slots=True)
class Command:
    """A short command. `le` is None for no answer data, 1 to 256 for that many bytes."""

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

    def encoded(self) -> bytes:
        """Write the APDU in its short form."""
        body = bytes([len(self.data)]) + self.data if self.data else b""
        tail = b"" if self.le is None else bytes([self.le % 256])
        return self.header + body + tail


def exchange(transmit: Transmit, command: bytes) -> tuple[bytes, int]:
    """Send bytes, give (data, status word). Raises CardLost when the card is gone, BadAnswer for half an answer."""
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


def select_file(file_id: int) -> Command:
    """SELECT an elementary file under the current application."""
    return Command(0x00, 0xA4, 0x02, 0x0C, file_id.to_bytes(2, "big"))


def read_binary(offset: int, length: int) -> Command:
    """READ BINARY; beyond 32767 the odd instruction with the offset in data object 54."""
    if offset < 0x8000:
        return Command(0x00, 0xB0, offset >> 8, offset & 0xFF, le=length)
    size = (offset.bit_length() + 7) // 8
    return Command(0x00, 0xB1, 0x00, 0x00, bytes((0x54, size)) + offset.to_bytes(size, "big"), length)
