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


@dataclass(frozen=True, slots=True)
class RidgeField:
    """A picture at 500 dpi taken apart; all planes have its shape.

    given: grey, 0 = ridge, polarity put right, else as the sensor gave it. picture: the same, light and levels evened
    out. band: what has a ridge's width, around 0, ridges below. strength:
    its local amplitude in grey levels. certainty: how parallel it runs (0 to 1). angle: its direction in radians.
    drawn: `band` smoothed along the ridges: what is left of it is continuous. finger: where skin lies. glass: level of
    bare glass; noise: amplitude of what is no ridge; level: local mean as a share of the glass.
    """

    given: Plane
    picture: Plane
    band: Plane
    strength: Plane
    certainty: Plane
    angle: Plane
    drawn: Plane
    level: Plane
    finger: Mask
    glass: float
    noise: float
    inverted: bool


def take_apart(grey: NDArray[np.uint8], dpi: int) -> RidgeField:
    """Find ridges and finger on a picture of height x width grey pixels."""
    given, inverted = _upright(grey, dpi)
    picture = _stretched(_flattened(given))
    # Whatever edges a frame or a padding has lie on the border of the picture after this, and are no ridges.
    fine = cv2.GaussianBlur(picture, (0, 0), 1.0)
    band = fine - cv2.GaussianBlur(picture, (0, 0), 4.5)
    strength = _amplitude(band)
    certainty, angle = _flow(band)
    noise = _noise(picture)
    glass = _glass(picture, strength)
    local = _mean(picture, 16)
    finger = _finger(strength, certainty, local, glass=glass, noise=noise)
    return RidgeField(
        given=given,
        picture=picture,
        band=band,
        strength=strength,
        certainty=certainty,
        angle=angle,
        drawn=_along(band, angle),
        level=np.asarray(local / max(glass, 1.0), np.float32),
        finger=finger,
        glass=glass,
        noise=noise,
        inverted=inverted,
    )


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
    if not 0.01 < float(quiet.mean()) < 0.97:
        return False
    low, high = (float(level) for level in np.percentile(small[~quiet], (10, 90)))
    if high - low < 20:
        return False
    dark, bright = quiet & (small < low + 0.3 * (high - low)), quiet & (small > (low + high) / 2)
    around = _from_corners(dark)
    return around > max(0.012 * small.size, 0.5 * int(dark.sum()), 3 * _from_corners(bright))


def _from_corners(places: Mask) -> int:
    """How many pixels belong to pieces that begin in a corner."""
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    cornered = {int(labels[down, right]) for down in (3, -4) for right in (3, -4)} - {0}
    return sum(int(numbers[label, cv2.CC_STAT_AREA]) for label in cornered)


def _flattened(picture: Plane) -> Plane:
    """Take out light that falls unevenly on the glass: a plane through the bright quiet places, where there are any."""
    strength = _amplitude(picture - cv2.GaussianBlur(picture, (0, 0), 4.5)) / math.sqrt(2)
    quiet = strength < max(_FAINTEST, 0.12 * _percentile(strength, 95))
    quiet &= picture > 0.6 * _percentile(picture, 97)
    if float(quiet.mean()) < 0.12:
        return picture
    y, x = np.nonzero(quiet[::8, ::8])
    places = np.stack([x * 8.0, y * 8.0, np.ones(x.size)], 1)
    slope, *_ = np.linalg.lstsq(places, picture[::8, ::8][y, x].astype(np.float64), rcond=None)
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
    """Percentile of some twenty thousand places spread over all: as good, and many times as fast."""
    step = max(1, values.size // 20_000)
    if values.ndim == 2:
        side = max(1, math.isqrt(step))
        return float(np.percentile(values[::side, ::side], share))
    return float(np.percentile(values[::step], share))


def _amplitude(band: Plane) -> Plane:
    return np.sqrt(np.maximum(2 * _mean(np.square(band), 16), 0)).astype(np.float32)


def _mean(plane: NDArray[Any], size_px: int) -> Plane:
    return cv2.boxFilter(plane, -1, (size_px | 1, size_px | 1)).astype(np.float32, copy=False)


def _flow(band: Plane) -> tuple[Plane, Plane]:
    """Certainty and direction of the ridges from the structure tensor over one and a half millimetres."""
    height, width = band.shape
    half = cv2.resize(band, (max(8, width // 2), max(8, height // 2)), interpolation=cv2.INTER_AREA)
    dx, dy = cv2.Scharr(half, cv2.CV_32F, 1, 0), cv2.Scharr(half, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(plane, (0, 0), 3.5) for plane in (dx * dx, dy * dy, dx * dy))
    whole = cv2.resize(cv2.merge([xx - yy, 2 * xy, xx + yy]), (width, height), interpolation=cv2.INTER_LINEAR)
    one, other, power = cv2.split(whole)
    spread, doubled = cv2.cartToPolar(one, other)
    return np.asarray(spread / (power + 200.0), np.float32), np.asarray(doubled / 2 + math.pi / 2, np.float32)


def _along(band: Plane, angle: Plane) -> Plane:
    """Average along the direction of the ridges, nearly a millimetre to both sides: breaks and specks fade."""
    height, width = band.shape
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    cos, sin = np.cos(angle), np.sin(angle)
    total = band.copy()
    for step in _STEPS:
        total += cv2.remap(band, x + step * cos, y + step * sin, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return total / (len(_STEPS) + 1)


def _noise(picture: Plane) -> float:
    """Amplitude of the sensor's own noise: what the finest detail has of it nearly everywhere."""
    detail = np.abs(cv2.Laplacian(picture, cv2.CV_32F, ksize=1))
    return _percentile(detail, 25)


def _glass(picture: Plane, strength: Plane) -> float:
    """Level of the bare glass: of the bright quiet places, where there are any, else the bright end of the picture."""
    bright = _percentile(picture, 97)
    quiet = strength < max(_FAINTEST, 0.12 * _percentile(strength, 95))
    if float(quiet.mean()) > 0.06:
        level = _percentile(picture[quiet], 75)
        if level > 0.7 * bright:
            return level
    return bright


def _finger(strength: Plane, certainty: Plane, local: Plane, *, glass: float, noise: float) -> Mask:
    """The largest place that is ridged, with what lies dark in or against it as only wet skin does."""
    height, width = strength.shape
    size = max(8, width // 2), max(8, height // 2)
    half = cv2.resize(cv2.merge([strength, certainty, local]), size, interpolation=cv2.INTER_AREA)
    strong, sure, level = cv2.split(half)
    ridged = (strong > max(_FAINTEST + 0.3 * noise, 0.2 * _percentile(strong, 95))) & (sure > 0.25)
    found = cv2.morphologyEx(ridged.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    found |= _against(level < 0.6 * glass, found)
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
    return cv2.resize(whole, (width, height), interpolation=cv2.INTER_NEAREST) > 0


def _against(dark: Mask, ridged: NDArray[Any]) -> NDArray[Any]:
    """Dark places of which a good part lies against ridges; stains that lie alone are none of the finger."""
    opened = cv2.morphologyEx(dark.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(opened)
    if count < 2:
        return opened
    near = cv2.dilate(ridged, np.ones((13, 13), np.uint8))
    places = np.asarray(labels, np.intp)
    touching = np.bincount(places[near > 0].ravel(), minlength=count)
    kept = touching > 0.3 * numbers[:, cv2.CC_STAT_AREA]
    kept[0] = False
    return kept[places].astype(np.uint8)
