"""The finger on a picture: where it lies, which way its ridges run and how sure that is, on whatever sensor.

Owns the planes that everything else is measured on, at 500 dpi. Nothing here knows what white or black is: the level of
the bare glass, the noise and the strength of the ridges are found in the picture itself.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""32-bit floats, rows from the top; OpenCV's own types do not say so."""
Mask = NDArray[np.bool_]

DPI: Final = 500
PX_PER_MM: Final = DPI / 25.4
_NEAR_ENOUGH: Final = 0.04
_FAINTEST: Final = 3.0
_BLACKEST: Final = 0.3
_STEPS: Final = (-8, -4, 4, 8)
_PLACES: Final = 6_000


@dataclass(frozen=True, slots=True)
class RidgeField:
    """A picture at 500 dpi taken apart.

    given: grey, 0 = ridge, polarity put right, else as the sensor gave it. All other planes have the shape of
    `picture`, which is an even number of pixels each way, or half of it where that is said (what they show is coarser
    than their pixels all the same). picture: given, light and levels evened out. coarse: the same at half the size.
    band: what has a ridge's width, around 0, ridges below. drawn: `band` smoothed along the ridges: what is left of it
    is continuous; only computed about the finger. strength: its local amplitude in grey levels, half size. certainty:
    how parallel it runs (0 to 1), half size. angle: its direction in radians, half size. level: local mean as a share
    of the glass, half size. finger: where skin lies, and `box` the rows and columns it takes. glass: level of bare
    glass; noise: amplitude of what is no ridge.
    """

    given: Plane
    picture: Plane
    coarse: Plane
    band: Plane
    drawn: Plane
    strength: Plane
    certainty: Plane
    angle: Plane
    level: Plane
    finger: Mask
    box: tuple[slice, slice]
    glass: float
    noise: float
    inverted: bool


def take_apart(grey: NDArray[np.uint8], dpi: int) -> RidgeField:
    """Find ridges and finger on a picture of height x width grey pixels."""
    given, inverted = _upright(grey, dpi)
    even = given[: given.shape[0] // 2 * 2, : given.shape[1] // 2 * 2]
    picture = _stretched(_flattened(even))
    coarse = halved(picture)
    # Whatever edges a frame or a padding has lie on the border of the picture after this, and are no ridges.
    band = cv2.GaussianBlur(picture, (0, 0), 1.0) - enlarged(cv2.GaussianBlur(coarse, (0, 0), 4.5 / 2))
    strength = _amplitude(band)
    certainty, angle = _flow(band)
    noise = _noise(picture)
    glass = _glass(coarse, strength)
    local = _mean(coarse, 8)
    small = _finger(strength, certainty, local, glass=glass, noise=noise)
    box = _box(small)
    drawn = np.zeros_like(band)
    if small.any():
        drawn[box] = _along(band, angle, box)
    return RidgeField(
        given=given,
        picture=picture,
        coarse=coarse,
        band=band,
        drawn=drawn,
        strength=strength,
        certainty=certainty,
        angle=angle,
        level=np.asarray(local / max(glass, 1.0), np.float32),
        finger=small.repeat(2, 0).repeat(2, 1),
        box=box,
        glass=glass,
        noise=noise,
        inverted=inverted,
    )


def halved(plane: Plane) -> Plane:
    """Mean of each two by two pixels of a plane of even size."""
    return cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)


def enlarged(plane: Plane) -> Plane:
    """A plane at twice its size."""
    return cv2.resize(plane, (2 * plane.shape[1], 2 * plane.shape[0]), interpolation=cv2.INTER_LINEAR)


def _upright(grey: NDArray[np.uint8], dpi: int) -> tuple[Plane, bool]:
    """Give the picture at 500 dpi without frame, ridges dark; and whether it was a negative."""
    cut = _at_500(_without_frame(grey), dpi)
    if not _is_negative(cut):
        return cut, False
    # The black around the finger of a negative is glass, no frame.
    return np.asarray(255 - _at_500(grey, dpi), np.float32), True


def _at_500(grey: NDArray[np.uint8], dpi: int) -> Plane:
    if abs(dpi - DPI) > _NEAR_ENOUGH * DPI:
        scale = DPI / dpi
        size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
        grey = np.asarray(
            cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
        )
    return grey.astype(np.float32)


def _without_frame(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off rows and columns of one single black at the border: padding or a frame, no glass ever looks so."""
    dark_rows = (grey.max(1) <= 8).astype(np.int8)
    dark_columns = (grey.max(0) <= 8).astype(np.int8)
    if dark_rows.all():
        return grey
    top, bottom = int(dark_rows.argmin()), int(dark_rows[::-1].argmin())
    left, right = int(dark_columns.argmin()), int(dark_columns[::-1].argmin())
    cut = grey[top : grey.shape[0] - bottom, left : grey.shape[1] - right]
    return cut if min(cut.shape) >= 48 else grey


def _is_negative(picture: Plane) -> bool:
    """Say whether ridges are bright: then the quiet surroundings of the finger are darker than what has ridges.

    Wet skin leaves dark quiet places too, but in the midst of the finger and not from a corner on.
    """
    height, width = (max(24, side // 2) for side in picture.shape)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    spread = _mean(np.square(small - _mean(small, 6)), 6)
    quiet = spread < max(12.0, 0.04 * _percentile(spread, 95))
    if not 0.01 < float(np.count_nonzero(quiet)) / quiet.size < 0.97:
        return False
    side = max(1, math.isqrt(small.size // _PLACES))
    busy = small[::side, ::side][~quiet[::side, ::side]]
    low, high = (float(level) for level in np.percentile(busy, (10, 90))) if busy.size else (0.0, 0.0)
    if high - low < 20:
        return False
    dark, bright = quiet & (small < low + 0.3 * (high - low)), quiet & (small > (low + high) / 2)
    around = _from_corners(dark)
    return around > max(0.012 * small.size, 0.5 * int(dark.sum())) and around > 3 * _from_corners(bright)


def _from_corners(places: Mask) -> int:
    """How many pixels belong to pieces that begin in a corner."""
    corners = [(down, right) for down in (3, -4) for right in (3, -4) if places[down, right]]
    if not corners:
        return 0
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    return sum(int(numbers[label, cv2.CC_STAT_AREA]) for label in {int(labels[corner]) for corner in corners})


def _flattened(picture: Plane) -> Plane:
    """Take out light that falls unevenly on the glass: a plane through the bright quiet places, where there are any."""
    coarse = halved(picture)
    waves = coarse - cv2.GaussianBlur(coarse, (0, 0), 4.5 / 2)
    strength = _root(_mean(np.square(waves), 8))
    quiet = strength < max(_FAINTEST, 0.12 * _percentile(strength, 95))
    quiet &= coarse > 0.6 * _percentile(coarse, 97)
    if float(quiet.mean()) < 0.12:
        return picture
    y, x = np.nonzero(quiet[::4, ::4])
    places = np.stack([x * 8.0, y * 8.0, np.ones(x.size)], 1)
    slope, *_ = np.linalg.lstsq(places, coarse[::4, ::4][y, x].astype(np.float64), rcond=None)
    height, width = picture.shape
    across, along = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    plane = np.float32(slope[0]) * across[None, :] + np.float32(slope[1]) * along[:, None] + np.float32(slope[2])
    middle = float(plane.mean())
    gain = np.clip(middle / np.maximum(plane, 1.0), 0.7, 1.4)
    return np.asarray(np.clip(picture * gain, 0, 255), np.float32)


def _stretched(picture: Plane) -> Plane:
    """Bring a sensor whose bare glass is grey, as thermal ones are, to the range that the others use."""
    glass = _percentile(cv2.blur(picture, (3, 3)), 99)
    share = min(1.0, max(0.0, (215 - glass) / 35))
    if share == 0.0:
        return picture
    black = share * min(_percentile(cv2.blur(picture, (3, 3)), 2), _BLACKEST * glass)
    white = glass + share * (235 - glass)
    return np.asarray(np.clip((picture - black) * (white / max(glass - black, 20.0)), 0, 255), np.float32)


def _percentile(values: Plane, share: float) -> float:
    """Percentile of some thousands of places spread over all: as good, and many times as fast."""
    if values.ndim == 2:
        side = max(1, math.isqrt(values.size // _PLACES))
        return float(np.percentile(values[::side, ::side], share))
    return float(np.percentile(values[:: max(1, values.size // _PLACES)], share))


def _amplitude(band: Plane) -> Plane:
    """Local amplitude over 0.8 mm, at half the size."""
    return _root(2 * _mean(halved(np.square(band)), 8))


def _root(plane: Plane) -> Plane:
    # The sums of a box filter may come out a little below nothing.
    return np.sqrt(np.maximum(plane, 0))


def _mean(plane: NDArray[Any], size_px: int) -> Plane:
    return cv2.boxFilter(plane, -1, (size_px | 1, size_px | 1)).astype(np.float32, copy=False)


def _flow(band: Plane) -> tuple[Plane, Plane]:
    """Certainty and direction of the ridges from the structure tensor over 1.5 mm, at half the size."""
    half = halved(band)
    dx, dy = cv2.Scharr(half, cv2.CV_32F, 1, 0), cv2.Scharr(half, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(plane, (0, 0), 3.5) for plane in (dx * dx, dy * dy, dx * dy))
    spread, doubled = cv2.cartToPolar(xx - yy, 2 * xy)
    return np.asarray(spread / (xx + yy + 200.0), np.float32), np.asarray(doubled / 2 + math.pi / 2, np.float32)


def _along(band: Plane, angle: Plane, box: tuple[slice, slice]) -> Plane:
    """Average along the direction of the ridges, nearly a millimetre to both sides: breaks and specks fade."""
    rows, columns = box
    half = angle[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2]
    size = columns.stop - columns.start, rows.stop - rows.start
    cos, sin = (cv2.resize(part, size, interpolation=cv2.INTER_NEAREST) for part in (np.cos(half), np.sin(half)))
    x = np.arange(columns.start, columns.stop, dtype=np.float32)[None, :]
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None]
    total = band[box].copy()
    for step in _STEPS:
        total += cv2.remap(band, x + step * cos, y + step * sin, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return total / (len(_STEPS) + 1)


def _noise(picture: Plane) -> float:
    """Amplitude of the sensor's own noise: what the finest detail has of it nearly everywhere."""
    detail = np.abs(cv2.Laplacian(picture, cv2.CV_32F, ksize=1))
    return _percentile(detail, 25)


def _glass(coarse: Plane, strength: Plane) -> float:
    """Level of the bare glass: of the bright quiet places, where there are any, else the bright end of the picture."""
    bright = _percentile(coarse, 98)
    side = max(1, math.isqrt(coarse.size // _PLACES))
    few = coarse[::side, ::side]
    quiet = strength[::side, ::side] < max(_FAINTEST, 0.12 * _percentile(strength, 95))
    if float(quiet.mean()) > 0.06:
        level = _percentile(few[quiet], 75)
        if level > 0.7 * bright:
            return level
    return bright


def _finger(strength: Plane, certainty: Plane, local: Plane, *, glass: float, noise: float) -> Mask:
    """The largest place that is ridged, with what lies dark in or against it as only wet skin does; half size."""
    ridged = (strength > max(_FAINTEST + 0.3 * noise, 0.2 * _percentile(strength, 95))) & (certainty > 0.25)
    found = cv2.morphologyEx(ridged.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    found |= _against(local < 0.6 * glass, found)
    # Beyond the border the finger goes on as it ends there: closing must not eat into it.
    padded = cv2.copyMakeBorder(found, 9, 9, 9, 9, cv2.BORDER_REPLICATE)
    found = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))[9:-9, 9:-9]
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(found))
    if count < 2:
        return np.zeros(strength.shape, dtype=np.bool_)
    largest = 1 + int(np.argmax(numbers[1:, cv2.CC_STAT_AREA]))
    whole = (labels == largest).astype(np.uint8)
    outlines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    whole = cv2.drawContours(whole, outlines, -1, (1,), thickness=cv2.FILLED)
    return whole > 0


def _box(finger: Mask) -> tuple[slice, slice]:
    """Rows and columns that a finger at half the size takes at the whole size, with a rim; nothing where is none."""
    spans: list[slice] = []
    for axis, size in ((1, finger.shape[0]), (0, finger.shape[1])):
        there = np.flatnonzero(finger.any(axis))
        if not there.size:
            return slice(0, 0), slice(0, 0)
        spans.append(slice(2 * max(0, int(there[0]) - 8), 2 * min(size, int(there[-1]) + 9)))
    return spans[0], spans[1]


def _against(dark: Mask, ridged: NDArray[Any]) -> NDArray[Any]:
    """Dark places of which a good part lies against ridges; stains that lie alone are none of the finger."""
    opened = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    if not opened.any():
        return opened
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(opened)
    near = cv2.dilate(ridged, np.ones((13, 13), np.uint8))
    places = np.asarray(labels, np.intp)
    touching = np.bincount(places[near > 0].ravel(), minlength=count)
    kept = touching > 0.3 * numbers[:, cv2.CC_STAT_AREA]
    kept[0] = False
    return kept[places].astype(np.uint8)
