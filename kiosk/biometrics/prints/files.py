"""Prints in picture files: PNG, BMP, TIFF and PGM, of 4, 8 or 16 bits, grey or coloured; and what is told of a file."""

import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from kiosk.biometrics.prints.assessment import DPI_RANGE, LARGEST_PX, LONGEST_SIDE_PX, SMALLEST_SIDE_PX, PrintAssessment

_LARGEST_BYTES: Final = 200 << 20
_PER_INCH: Final = 0.0254
_STARTS: Final = (b"\x89PNG", b"BM", b"II*\0", b"MM\0*", b"P2", b"P5")


class BadPrintFile(ValueError):
    """A file that is no print; the sentence names what is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class PrintFile:
    """A print from a file: height x width bytes of grey, 0 = ridge; `dpi` where the file says it."""

    grey: bytes = field(repr=False)
    width_px: int
    height_px: int
    dpi: int | None


def read_print_file(path: Path) -> PrintFile:
    """Read a picture file as a print. Raises BadPrintFile."""
    try:
        if path.stat().st_size > _LARGEST_BYTES:
            raise BadPrintFile("it is too large for a print")
        data = path.read_bytes()
    except OSError as error:
        raise BadPrintFile(f"it cannot be read ({error.strerror})") from error
    if not data:
        raise BadPrintFile("it is empty")
    if not data.startswith(_STARTS):
        raise BadPrintFile("it is no PNG, BMP, TIFF or PGM: convert it without loss")
    # A small file can claim to be a picture larger than the memory: its head is asked first.
    _refuse_size(_claimed_size(data))
    picture = _decoded(data)
    if picture is None:
        raise BadPrintFile("the picture in it is broken: take or copy it anew")
    grey = _grey(picture)
    height, width = grey.shape
    _refuse_size((width, height))
    return PrintFile(grey.tobytes(), width, height, _dpi_of(data))


def report(name: str, judged: PrintAssessment) -> dict[str, Any]:
    """Give what is told of one file, ready for JSON."""
    evidence = {key: round(value, 4) if isinstance(value, float) else value for key, value in judged.evidence.items()}
    return {"file": name, "quality": judged.quality, "verdict": judged.verdict.value, "evidence": evidence}


def _decoded(data: bytes) -> np.ndarray[Any, Any] | None:
    """Decode the first picture in a file as it is; None where it is broken."""
    # The last number of a PGM in letters may end with the file, which OpenCV takes for a file cut short.
    whole = data + b"\n" if data.startswith(b"P2") else data
    # What is wrong with a file is said here; OpenCV's own words about it would stand on the terminal too.
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.imdecode(np.frombuffer(whole, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    finally:
        cv2.utils.logging.setLogLevel(level)


def _refuse_size(size: tuple[int, int] | None) -> None:
    if size is None:
        return
    width, height = size
    sound = min(height, width) >= SMALLEST_SIDE_PX and max(height, width) <= LONGEST_SIDE_PX
    if not sound or height * width > LARGEST_PX:
        raise BadPrintFile(
            f"{width} x {height} pixels are no print: give one finger, {SMALLEST_SIDE_PX} to {LONGEST_SIDE_PX} a side"
        )


def _claimed_size(data: bytes) -> tuple[int, int] | None:
    """Give width and height as the file's head says them; None where it does not, or not plainly."""
    try:
        if data.startswith(b"\x89PNG"):
            width, height = struct.unpack_from(">II", data, 16)
        elif data.startswith(b"BM"):
            width, height = struct.unpack_from("<ii", data, 18)
        elif data.startswith(b"P"):
            words = re.sub(rb"#[^\n]*", b" ", data[:1024]).split()
            width, height = int(words[1]), int(words[2])
        else:
            tags = _tiff_tags(data)
            width, height = tags.get(256, 0), tags.get(257, 0)
    except (struct.error, ValueError, IndexError):
        return None
    # Rows of a bitmap may run upwards.
    return (width, abs(height)) if width and height else None


def _grey(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Bring any depth and colour to 8-bit grey; what is see-through counts as bare glass."""
    if picture.dtype == np.uint16:
        # Some programs keep 8 or 12 bits in 16: the largest value tells.
        top = int(picture.max())
        picture = (picture >> (8 if top > 4095 else 4 if top > 255 else 0)).astype(np.uint8)
    elif picture.dtype != np.uint8:
        # Fractions may hold what is no number.
        picture = np.nan_to_num(picture.astype(np.float64), posinf=0, neginf=0)
        low, high = float(picture.min()), float(picture.max())
        picture = ((picture - low) * (255 / max(high - low, 1e-9))).astype(np.uint8)
    if picture.ndim == 3 and picture.shape[2] == 4:
        opaque = picture[:, :, 3:].astype(np.float32) / 255
        picture = (picture[:, :, :3] * opaque + 255 * (1 - opaque)).astype(np.uint8)
    if picture.ndim == 3:
        picture = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.shape[2] == 3 else picture[:, :, 0]
    top = int(picture.max())
    # Sixteen levels stored as 0 to 15.
    return np.asarray(picture * 17 if 0 < top <= 15 else picture, np.uint8)


def _dpi_of(data: bytes) -> int | None:
    try:
        if data.startswith(b"\x89PNG"):
            found = _png_dpi(data)
        elif data.startswith(b"BM"):
            found = _bmp_dpi(data)
        else:
            found = _tiff_dpi(data)
    except struct.error:
        return None
    return found if found is not None and found in DPI_RANGE else None


def _png_dpi(data: bytes) -> int | None:
    at = data.find(b"pHYs", 8, 4096)
    if at < 0:
        return None
    per_metre, _, unit = struct.unpack_from(">IIB", data, at + 4)
    return round(per_metre * _PER_INCH) if unit == 1 else None


def _bmp_dpi(data: bytes) -> int | None:
    (per_metre,) = struct.unpack_from("<i", data, 38)
    return round(per_metre * _PER_INCH) if per_metre > 0 else None


def _tiff_dpi(data: bytes) -> int | None:
    """Give the horizontal resolution of the first picture of a TIFF file (TIFF 6.0, tags 282 and 296)."""
    order = "<" if data.startswith(b"II") else ">"
    tags = _tiff_tags(data)
    if 282 not in tags:
        return None
    over, under = struct.unpack_from(order + "II", data, tags[282])
    resolution, unit = (over / under if under else 0.0), tags.get(296, 2)
    return round(resolution * 2.54) if unit == 3 else round(resolution) if unit == 2 else None


def _tiff_tags(data: bytes) -> dict[int, int]:
    """Give the tags of the first picture of a TIFF file with their values, or where those lie (TIFF 6.0)."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None:
        return {}
    (at,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, at)
    tags: dict[int, int] = {}
    for place in range(at + 2, at + 2 + 12 * count, 12):
        tag, kind, _, value = struct.unpack_from(order + "HHII", data, place)
        # A short value stands in the first two of the four bytes.
        tags[tag] = struct.unpack_from(order + "H", data, place + 8)[0] if kind == 3 else value
    return tags
