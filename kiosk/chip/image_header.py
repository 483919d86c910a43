"""Which kind of image some bytes begin, and how large it says it is, without unpacking anything."""

import struct
from typing import Final

JPEG: Final = "image/jpeg"
JPEG_2000: Final = "image/jp2"
JPEG_2000_STREAM: Final = "image/j2c"
STARTS: Final = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", JPEG_2000),
    (b"\xff\x4f\xff\x51", JPEG_2000_STREAM),
)
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_ALONE: Final = frozenset((0x01, *range(0xD0, 0xD9)))
_SIZ: Final = b"\xff\x4f\xff\x51"
_MOST_SEGMENTS: Final = 200


def pixels(data: bytes) -> tuple[int, int] | None:
    """Width and height by the image's own header; None when that cannot be found. Never raises."""
    if data.startswith(STARTS[0][0]):
        return _jpeg(data)
    at = data.find(_SIZ)
    if at < 0 or len(data) < at + 24:
        return None
    right, bottom, left, top = struct.unpack_from(">IIII", data, at + 8)
    return max(0, right - left), max(0, bottom - top)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """Walk the segments up to the frame header (ITU-T T.81, B.2)."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        while at < len(data) and data[at] == 0xFF:
            at += 1
        if at >= len(data):
            return None
        marker, at = data[at], at + 1
        if marker in _ALONE:
            continue
        if marker in _FRAMES and at + 7 <= len(data):
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
        if at + 2 > len(data):
            return None
        at += int.from_bytes(data[at : at + 2], "big")
    return None
