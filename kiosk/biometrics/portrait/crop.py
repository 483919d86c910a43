"""Where the portrait lies in a frame, and how it is written.

Owns the box of ISO/IEC 39794-5 and Doc 9303-3 around a face, 3 to 4, upright, never stretched, never beyond the frame;
and the JPEG of a fixed size and at most 150 kB, written anew from pixels, so that nothing of the source's metadata
comes along.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.errors import NoFace, PortraitError
from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.geometry import t_metric
from kiosk.biometrics.portrait.landmarks import Points, eye_centres
from kiosk.biometrics.portrait.limits import PROPORTION, USUAL, CropLimits
from kiosk.biometrics.portrait.person import Mask
from kiosk.biometrics.portrait.reading import FaceReading

LARGEST_BYTES: Final = 150_000
_QUALITIES: Final = (95, 93, 91, 88, 85, 82, 78, 74, 70, 64, 56, 46, 34, 20, 10)
#: Crown to chin against T: the eyes are half way up a head.
_HEAD_IN_T: Final = 2.0
_STEP: Final = 0.02
_CENTRE_SLACK: Final = 0.05


@dataclass(frozen=True, slots=True)
class Box:
    """A part of a frame in whole pixels: left, top, width, height."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Placement:
    """The portrait's box, and how far the best box reaches out of the frame, as shares of its own height.

    All four are 0 when some allowed box fits; `too_large` says that none could, wherever the face were.
    """

    box: Box
    fits: bool
    too_large: bool = False
    out_left: float = 0.0
    out_right: float = 0.0
    out_above: float = 0.0
    out_below: float = 0.0


@dataclass(frozen=True, slots=True)
class CroppedPortrait:
    """The portrait's file and its box in the frame; `enlarged` is above 1 when the frame had too few pixels for it."""

    jpeg: bytes = field(repr=False)
    width_px: int
    height_px: int
    box: Box
    enlarged: float


def place(
    points: Points, size: tuple[int, int], limits: CropLimits = USUAL.crop, person: Mask | None = None
) -> Placement:
    """Find the portrait's box in a frame of that width and height; a box that fits is preferred to the best one."""
    wide, high = size
    right, left = eye_centres(points)
    x, y = (float(one) for one in (right + left) / 2)
    head = max(1.0, t_metric(points) * _HEAD_IN_T)
    hair = _hair_top(person, points, size)
    fallback: tuple[float, float, float] | None = None
    for share in _shares(limits):
        tall = head / share
        found = _fit(x, y, tall, size, limits)
        if found is None:
            continue
        if hair is None or found[1] <= hair - limits.above_hair_least * tall:
            return Placement(_rounded(*found, tall, size), fits=True)
        lifted = _lifted(found, y, tall, hair, limits)
        if lifted is not None:
            return Placement(_rounded(found[0], lifted, tall, size), fits=True)
        fallback = fallback or (*found, tall)
    if fallback is not None:
        return Placement(_rounded(*fallback, size), fits=True)
    tall = head / limits.head_best
    least = head / limits.head_most
    too_large = least > high or least * PROPORTION[0] / PROPORTION[1] > wide
    broad = tall * PROPORTION[0] / PROPORTION[1]
    top, start = y - limits.eye_line_best * tall, x - broad / 2
    out = (-start, start + broad - wide, -top, top + tall - high)
    return Placement(_inside(start, top, tall, size), False, too_large, *(max(0.0, one) / tall for one in out))


def crop_portrait(rgb: Pixels, reading: FaceReading, limits: CropLimits = USUAL.crop) -> CroppedPortrait:
    """Cut the portrait out of the frame that was read, and write it: 3 to 4, fixed size, at most 150 kB.

    Where no allowed box fits, it is the nearest that lies in the frame. Raises NoFace when the reading has no points.
    """
    if reading.points is None:
        raise NoFace("there is no face in this frame to cut a portrait around")
    size = (reading.width_px, reading.height_px)
    box = place(reading.points, size, limits, reading.person).box
    part = rgb[box.y : box.y + box.height, box.x : box.x + box.width]
    wide, high = limits.height_px * PROPORTION[0] // PROPORTION[1], limits.height_px
    smaller = box.height > high
    sized = cv2.resize(part, (wide, high), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    jpeg = written(np.asarray(sized, np.uint8))
    return CroppedPortrait(jpeg, wide, high, box, max(1.0, high / box.height))


def written(rgb: Pixels) -> bytes:
    """Write a picture as JPEG, at the best quality that stays within 150 kB. Raises PortraitError."""
    picture = cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR)
    for quality in _QUALITIES:
        options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
        done, content = cv2.imencode(".jpg", picture, options)
        if done and content.size <= LARGEST_BYTES:
            return content.tobytes()
    raise PortraitError("the portrait cannot be written as a JPEG of at most 150 kB")


def _shares(limits: CropLimits) -> Iterator[float]:
    """Give head shares from the best to the largest, then from the best to the smallest."""
    share = limits.head_best
    while share <= limits.head_most + 1e-9:
        yield share
        share += _STEP
    share = limits.head_best - _STEP
    while share >= limits.head_least - 1e-9:
        yield share
        share -= _STEP


def _fit(x: float, y: float, tall: float, size: tuple[int, int], limits: CropLimits) -> tuple[float, float] | None:
    """Give left and top of a box of that height in the frame, as near to the best place as it goes."""
    wide, high = size
    broad = tall * PROPORTION[0] / PROPORTION[1]
    start = _clamped(x - broad / 2, 0.0, wide - broad)
    top = _clamped(y - limits.eye_line_best * tall, 0.0, high - tall)
    if start is None or top is None:
        return None
    off_centre = abs(x - start - broad / 2) / broad
    line = (y - top) / tall
    if off_centre > _CENTRE_SLACK or not limits.eye_line_least <= line <= limits.eye_line_most:
        return None
    return start, top


def _lifted(found: tuple[float, float], y: float, tall: float, hair: float, limits: CropLimits) -> float | None:
    """Give a higher top under which the hair fits, if the eye line allows it."""
    top = hair - limits.above_hair_least * tall
    return top if top >= 0 and (y - top) / tall <= limits.eye_line_most and top <= found[1] else None


def _clamped(value: float, least: float, most: float) -> float | None:
    return None if most < least else min(max(value, least), most)


def _rounded(start: float, top: float, tall: float, size: tuple[int, int]) -> Box:
    units = min(round(tall / PROPORTION[1]), size[1] // PROPORTION[1], size[0] // PROPORTION[0])
    wide, high = units * PROPORTION[0], units * PROPORTION[1]
    return Box(min(max(0, round(start)), size[0] - wide), min(max(0, round(top)), size[1] - high), wide, high)


def _inside(start: float, top: float, tall: float, size: tuple[int, int]) -> Box:
    """Give the box nearest to a wanted one that lies in the frame; smaller if it must be."""
    fitting = min(tall, size[1], size[0] * PROPORTION[1] / PROPORTION[0])
    broad, less = fitting * PROPORTION[0] / PROPORTION[1], tall - fitting
    middle = start + (tall * PROPORTION[0] / PROPORTION[1]) / 2
    return _rounded(middle - broad / 2, top + less * 0.4, fitting, size)


def _hair_top(person: Mask | None, points: Points, size: tuple[int, int]) -> float | None:
    """Give the row of the frame where the head with its hair ends, from the mask of the person."""
    if person is None:
        return None
    high, wide = person.shape
    right, left = eye_centres(points)
    x, y = (right + left) / 2
    half = max(1, int(t_metric(points) * 0.5 / size[0] * wide))
    column = int(x / size[0] * wide)
    line = int(y / size[1] * high)
    part = person[: max(0, line), max(0, column - half) : column + half + 1] > 0.5
    rows = np.flatnonzero(part.mean(axis=1) > 0.15) if part.size else np.array([])
    return float(rows[0]) / high * size[1] if rows.size else None
