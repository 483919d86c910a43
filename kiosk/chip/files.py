"""The files of the ICAO application: which there are, and how one is read in chunks (ICAO Doc 9303-10, 9303-11)."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final

from kiosk.chip import commands, tlv
from kiosk.chip.commands import END_OF_FILE, OK, Transmit
from kiosk.chip.errors import BadAnswer, Refused
from kiosk.chip.messaging import SecureMessaging

CHUNKS: Final = (223, 160, 112)
"""Bytes per READ BINARY, tried in this order: some chips refuse more under secure messaging."""
MAX_FILE: Final = 512 * 1024
_HEADER: Final = 4
_BEYOND_END: Final = 0x6B00


class CardFile(StrEnum):
    """A file that the kiosk reads. DG3 and above need other rights or say nothing about the person."""

    COM = "COM"
    DG1 = "DG1"
    DG2 = "DG2"
    SOD = "SOD"


FILE_IDS: Final = {CardFile.COM: 0x011E, CardFile.DG1: 0x0101, CardFile.DG2: 0x0102, CardFile.SOD: 0x011D}
FILE_TAGS: Final = {CardFile.COM: 0x60, CardFile.DG1: 0x61, CardFile.DG2: 0x75, CardFile.SOD: 0x77}


class ChunkSize:
    """How much one READ BINARY asks for; falls step by step and stays low for the rest of the session."""

    def __init__(self) -> None:
        """Start with the largest."""
        self._step = 0

    @property
    def bytes(self) -> int:
        """The size to ask for now."""
        return CHUNKS[self._step]

    def fall(self) -> bool:
        """Go one step down; False when there is none left."""
        if self._step + 1 == len(CHUNKS):
            return False
        self._step += 1
        return True


def read_file(
    session: SecureMessaging,
    transmit: Transmit,
    file: CardFile,
    *,
    chunk: ChunkSize,
    begun: bytearray,
    on_bytes: Callable[[int, int], None],
) -> bytes:
    """Select `file` and read it whole, going on behind what `begun` already holds and growing it as bytes come.

    `on_bytes` gets (bytes in hand, bytes in all). Raises Refused when the card denies the file, BadAnswer when what
    comes is not the file it should be, CardLost and SessionEnded as SecureMessaging.send() does.
    """
    _, status = session.send(transmit, commands.select_file(FILE_IDS[file]))
    if status != OK:
        raise Refused(f"to show {file}", status)
    total: int | None = None
    while total is None or len(begun) < total:
        total = _total(bytes(begun), file)
        if total is not None and len(begun) >= total:
            break
        want = _HEADER - len(begun) if len(begun) < _HEADER else 1 if total is None else total - len(begun)
        begun += _read_chunk(session, transmit, len(begun), want, file=file, chunk=chunk)
        if total is not None:
            on_bytes(len(begun), total)
    del begun[total:]
    return bytes(begun)


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


def _read_chunk(
    session: SecureMessaging, transmit: Transmit, offset: int, want: int, *, file: CardFile, chunk: ChunkSize
) -> bytes:
    while True:
        size = min(want, chunk.bytes)
        command = commands.read_binary(offset, size)
        odd = bool(command.ins & 1)
        if odd:
            command = commands.read_binary(offset, size + 3)  # room for tag and length of object 53
        data, status = session.send(transmit, command)
        if status in (OK, END_OF_FILE) and data:
            part = tlv.only(data, 0x53, what="a part of a long file") if odd else data
            if not 0 < len(part) <= size + 3:
                raise BadAnswer(f"the card gave more of {file} than was asked for")
            return part
        if status in (OK, END_OF_FILE):
            raise BadAnswer(f"the card's {file} ends before its own length says")
        if size <= CHUNKS[-1] or not _about_length(status) or not chunk.fall():
            if status == _BEYOND_END:
                raise BadAnswer(f"the card's {file} ends before its own length says")
            raise Refused(f"to read {file}", status)


def _about_length(status: int) -> bool:
    """Whether a status word complains about the amount: 67xx, 6Cxx, 6B00."""
    return status >> 8 in (0x67, 0x6C) or status == _BEYOND_END
