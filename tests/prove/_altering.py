"""Ways of spoiling an answer of a card or a file of it."""

from random import Random
from typing import Final

STATUS_WORDS: Final = bytes.fromhex(
    "9000 6100 61FF 6200 6281 6282 6300 63C0 63C3 6400 6581 6700 6881 6882 6900 6982 6983 6984 6985 6986 6987 6988"
    "6A80 6A82 6A86 6A88 6B00 6C00 6C10 6CFF 6D00 6E00 6F00 FFFF 0000"
)


def altered(data: bytes, random: Random, others: list[bytes]) -> bytes:
    """Alter some bytes in one of many ways."""
    out, at = bytearray(data), random.randrange(len(data)) if data else 0
    match random.randrange(12):
        case 0 if out:
            out[at] ^= 1 << random.randrange(8)
        case 1 if out:
            out[at] = random.choice((0x00, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFF, random.randrange(256)))
        case 2:
            del out[at:]
        case 3:
            out += random.randbytes(random.choice((1, 2, 16, 300)))
        case 4:
            del out[at : at + random.randint(1, 8)]
        case 5:
            out[at:at] = random.randbytes(random.randint(1, 4))
        case 6:
            out[-2:] = _status(random)
        case 7:
            return _status(random)
        case 8 if others:
            return random.choice(others)
        case 9:
            return random.randbytes(random.choice((0, 1, 2, 3, 8, 60, 258)))
        case 10 if len(out) > 4:
            length = random.randrange(1, min(len(out), 40))
            out[length] = (out[length] + random.choice((-1, 1, 2, 16))) & 0xFF
        case _:
            begin = random.randrange(len(out) + 1)
            out[begin : begin + 32] = bytes(reversed(out[begin : begin + 32]))
    return bytes(out)


def _status(random: Random) -> bytes:
    at = 2 * random.randrange(len(STATUS_WORDS) // 2)
    return STATUS_WORDS[at : at + 2]
