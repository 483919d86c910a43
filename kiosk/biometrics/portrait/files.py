"""Pictures in files: JPEG, PNG, BMP and WebP, of any depth and colour; turned upright as the camera says, and no more.

Sizes are read from the first bytes, before anything is decoded: a small file can claim to be a picture larger than the
memory.
"""

import struct
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.errors import BadFrame
from kiosk.biometrics.portrait.frames import Pixels

_LARGEST_BYTES: Final = 100 << 20
_LARGEST_PX: Final = 100_000_000
_LEAST_SIDE_PX: Final = 32
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_FRAME_HEADERS: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


class BadPictureFile(BadFrame):
    """A file that is no picture to judge; the sentence names what is wrong and what to do."""


def read_picture_file(path: Path) -> Pixels:
    """Read a picture file: height x width x 3 bytes, R G B. Raises BadPictureFile."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadPictureFile("it is larger than 100 MB: give a photograph as the camera made it")
        data = path.read_bytes()
    except OSError as error:
        raise BadPictureFile(f"it cannot be read ({error.strerror})") from error
    if not data:
        raise BadPictureFile("it is empty: copy it anew")
    size = _claimed_size(data)
    if size is None:
        raise BadPictureFile("it is no JPEG, PNG, BMP or WebP: save it as one of these")
    wide, high = size
    if wide * high > _LARGEST_PX:
        raise BadPictureFile(f"{wide} x {high} pixels are too many: give a photograph of at most 100 million")
    if min(wide, high) < _LEAST_SIDE_PX:
        raise BadPictureFile(f"{wide} x {high} pixels are too few for a face: give the whole photograph")
    # What is wrong with a file is said here; OpenCV's own words about it would stand on the terminal too.
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        picture = _decoded(data)
    except cv2.error:
        picture = None
    finally:
        cv2.utils.logging.setLogLevel(level)
    if picture is None:
        raise BadPictureFile("the picture in it is broken: take or copy it anew")
    return np.ascontiguousarray(picture[:, :, ::-1], np.uint8)


def _decoded(data: bytes) -> np.ndarray | None:
    """Decode to B G R of 8 bits; what is see-through is shown on white, as a viewer shows it."""
    content = np.frombuffer(data, np.uint8)
    if not (data.startswith(_PNG) and data[25] in {4, 6}):
        return cv2.imdecode(content, cv2.IMREAD_COLOR)
    picture = cv2.imdecode(content, cv2.IMREAD_UNCHANGED)
    if picture is None or picture.ndim != 3 or picture.shape[2] != 4:
        return cv2.imdecode(content, cv2.IMREAD_COLOR)
    top = 65535 if picture.dtype == np.uint16 else 255
    shares = picture.astype(np.float32) / top
    opaque = shares[:, :, 3:]
    return np.round((shares[:, :, :3] * opaque + 1 - opaque) * 255).astype(np.uint8)


def _claimed_size(data: bytes) -> tuple[int, int] | None:
    """Give width and height as the file's header says them; None for another kind of file."""
    try:
        if data.startswith(_PNG):
            wide, high, _, _ = struct.unpack_from(">IIBB", data, 16)
            return wide, high
        if data.startswith(b"BM"):
            wide, high = struct.unpack_from("<ii", data, 18)
            return abs(wide), abs(high)
        if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            return _webp_size(data)
        if data.startswith(_JPEG):
            return _jpeg_size(data)
    except (struct.error, IndexError) as error:
        raise BadPictureFile("the picture in it is broken: take or copy it anew") from error
    return None


def _webp_size(data: bytes) -> tuple[int, int]:
    kind = data[12:16]
    if kind == b"VP8X":
        return 1 + int.from_bytes(data[24:27], "little"), 1 + int.from_bytes(data[27:30], "little")
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    wide, high = struct.unpack_from("<HH", data, 26)
    return wide & 0x3FFF, high & 0x3FFF


def _jpeg_size(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise BadPictureFile("the picture in it is broken: take or copy it anew")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
        elif marker in _FRAME_HEADERS:
            high, wide = struct.unpack_from(">HH", data, at + 5)
            return wide, high
        elif 0xD0 <= marker <= 0xD8 or marker == 0x01:
            at += 2
        else:
            (length,) = struct.unpack_from(">H", data, at + 2)
            at += 2 + length
