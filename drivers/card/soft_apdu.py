"""What a soft card understands of any command: its lengths, its class, and the status words (ISO/IEC 7816-4)."""

from typing import Final

from drivers.card.soft_crypto import expected_length

OK: Final = b"\x90\x00"
END_OF_FILE: Final = b"\x62\x82"
KEY_REFUSED: Final = b"\x63\x00"
WRONG_LENGTH: Final = b"\x67\x00"
NO_CHANNELS: Final = b"\x68\x81"
NO_SUCH_MESSAGING: Final = b"\x68\x82"
NO_CHAINING: Final = b"\x68\x84"
NOT_ALLOWED: Final = b"\x69\x82"
NOT_NOW: Final = b"\x69\x85"
NO_FILE_SELECTED: Final = b"\x69\x86"
MESSAGING_MISSING: Final = b"\x69\x87"
BAD_MESSAGING: Final = b"\x69\x88"
BAD_DATA: Final = b"\x6a\x80"
NOT_FOUND: Final = b"\x6a\x82"
BAD_PARAMETERS: Final = b"\x6a\x86"
NO_REFERENCE: Final = b"\x6a\x88"
BAD_OFFSET: Final = b"\x6b\x00"
NO_INSTRUCTION: Final = b"\x6d\x00"
NO_CLASS: Final = b"\x6e\x00"

SHORT_ANSWER: Final = 256
"""Most data of an answer to a short command."""
_OPEN: Final = (SHORT_ANSWER, 65536)
_CHAINED, _SECURED, _CHANNEL = 0x10, 0x0C, 0x03
_GENERAL_AUTHENTICATE: Final = 0x86


def parse_command(apdu: bytes) -> tuple[bytes, bytes, int | None] | None:
    """Cut an APDU, short or extended, into header, data and expected length; None when the lengths do not fit."""
    if len(apdu) < 4:
        return None
    header, body = apdu[:4], apdu[4:]
    if len(body) <= 1:
        return header, b"", expected_length(body) if body else None
    wide = body[0] == 0 and len(body) > 2
    start = 3 if wide else 1
    if wide and len(body) == 3:
        return header, b"", expected_length(body[1:])
    size = int.from_bytes(body[1:3] if wide else body[:1], "big")
    tail = body[start + size :]
    if size == 0 or len(body) < start + size or len(tail) not in ((0, 2) if wide else (0, 1)):
        return None
    return header, body[start : start + size], expected_length(tail) if tail else None


def is_wide(apdu: bytes) -> bool:
    """Whether a command is one of extended length."""
    return len(apdu) > 6 and apdu[4] == 0


def is_open(expected: int) -> bool:
    """Whether an expected length says "all there is" (a field of zeros) and so never counts as too much."""
    return expected in _OPEN


def refused_class(header: bytes) -> bytes | None:
    """The status word for a class that this card does not know, None for one that it does (ISO/IEC 7816-4, 5.4.1).

    It has one logical channel, full secure messaging with the header authenticated, and chains GENERAL AUTHENTICATE.
    """
    kind = header[0]
    if kind & ~(_CHAINED | _SECURED | _CHANNEL):
        return NO_CLASS
    if kind & _CHANNEL:
        return NO_CHANNELS
    if kind & _SECURED not in (0, _SECURED):
        return NO_SUCH_MESSAGING
    if kind & _CHAINED and header[1] != _GENERAL_AUTHENTICATE:
        return NO_CHAINING
    return None


def secured(header: bytes) -> bool:
    """Whether the command claims secure messaging."""
    return header[0] & _SECURED == _SECURED


def waiting(count: int) -> bytes:
    """The status word 61xx: so many bytes wait for GET RESPONSE, 00 for 256 or more."""
    return bytes((0x61, count if count < SHORT_ANSWER else 0))


def goes_on(header: bytes) -> bool:
    """Whether others follow in the same chain."""
    return bool(header[0] & _CHAINED)
