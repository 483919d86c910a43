"""How an emulated module writes minutiae into the bytes of its template files.

Owns the layout, which is this emulator's own, as each maker's is: a file holds the minutiae of one press or of several.
A file of another module, or a damaged one, is refused. Simulator side only.
"""

import struct
import zlib
from dataclasses import replace

import numpy as np

from drivers.fingerprint.minutiae import CELL_PX, Minutiae, score

LEAST_PRESS_BYTES = 160
"""Less room for one press keeps too few minutiae to be worth storing."""
_MAGIC = b"ZT"
_HEAD = struct.Struct(">2sBBI")  # magic, presses, zero, check sum of all that follows
_PRESS = struct.Struct(">HHHBB")  # width, height, dpi, clarity, number of minutiae
_POINT = struct.Struct(">I")  # x 10 bits, y 10 bits, direction 11 bits, kind 1 bit
_TURNS = 1 << 11


def pack_template(presses: tuple[Minutiae, ...], size_bytes: int) -> bytes:
    """Write presses of one finger into a file of exactly `size_bytes`; what has no room, the least clear, is left out.

    Raises ValueError when there is no press or no room for them.
    """
    if not presses:
        raise ValueError("a template needs at least one press")
    room = (size_bytes - _HEAD.size) // len(presses)
    body = b"".join(_pack_press(press, room) for press in presses)
    body = body.ljust(size_bytes - _HEAD.size, b"\0")
    return _HEAD.pack(_MAGIC, len(presses), 0, zlib.crc32(body)) + body


def unpack_template(data: bytes) -> tuple[Minutiae, ...]:
    """Read a file back. Raises ValueError when it is none of this emulator's or damaged."""
    if len(data) < _HEAD.size:
        raise ValueError(f"{len(data)} bytes are no template")
    magic, count, _, told = _HEAD.unpack_from(data)
    body = data[_HEAD.size :]
    if magic != _MAGIC or told != zlib.crc32(body) or count == 0:
        raise ValueError("the template is not this module's, or damaged")
    presses: list[Minutiae] = []
    at = 0
    try:
        for _ in range(count):
            press, at = _unpack_press(body, at)
            presses.append(press)
    except (struct.error, ValueError) as error:
        raise ValueError(f"the template is damaged: {error}") from error
    return tuple(presses)


def template_score(one: tuple[Minutiae, ...], other: tuple[Minutiae, ...]) -> int:
    """Say how much two files agree: that of their best two presses, 0 to 999."""
    return max((score(a, b) for a in one for b in other if a.dpi == b.dpi), default=0)


def _pack_press(press: Minutiae, room: int) -> bytes:
    cells = np.packbits(press.cells).tobytes()
    fits = (room - _PRESS.size - len(cells)) // _POINT.size
    if room < LEAST_PRESS_BYTES or fits < 1:
        raise ValueError(f"a template has no room for a press in {room} bytes")
    points = press.points[: min(fits, 255)]
    head = _PRESS.pack(press.width_px, press.height_px, press.dpi, round(press.clarity * 255), len(points))
    packed = b"".join(
        _POINT.pack(
            int(x) << 22 | int(y) << 12 | round(turn * _TURNS / (2 * np.pi)) % _TURNS << 1 | int(kind)
        )
        for x, y, turn, kind in points.tolist()
    )  # fmt: skip
    return head + cells + packed


def _unpack_press(body: bytes, at: int) -> tuple[Minutiae, int]:
    width, height, dpi, clarity, count = _PRESS.unpack_from(body, at)
    at += _PRESS.size
    shape = -(-height // CELL_PX), -(-width // CELL_PX)
    cells = np.unpackbits(np.frombuffer(body[at : at + -(-shape[0] * shape[1] // 8)], np.uint8))
    at += -(-shape[0] * shape[1] // 8)
    packed = np.frombuffer(body, ">u4", count, at).astype(np.uint32)
    turns = (packed >> 1 & (_TURNS - 1)) * (2 * np.pi / _TURNS)
    points = np.stack([packed >> 22, packed >> 12 & 0x3FF, turns, packed & 1], axis=1).astype(np.float32)
    blank = Minutiae(points, np.zeros(shape, np.bool_), width, height, dpi, clarity / 255)
    whole = cells[: shape[0] * shape[1]].reshape(shape).astype(np.bool_)
    return replace(blank, cells=whole), at + count * _POINT.size
