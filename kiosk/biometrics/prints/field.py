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

from kiosk.biometrics.prints.planes import FAINTEST, Mask, Plane, enlarged, halved, mean, percentile, root, thinned
from kiosk.biometrics.prints.upright import flattened, stretched, upright

_STEPS: Final = (-8, -4, 4, 8)


@dataclass(frozen=True, slots=True)
class RidgeField:
    """A picture at 500 dpi taken apart.

    given: grey, 0 = ridge, polarity put right, else as the sensor gave it. All other planes have the shape of
    `picture`, which is an even number of pixels each way, or half of it where that is said (what they show is coarser
    than their pixels all the same). picture: given, light and levels evened out. coarse: the same at half the size.
    band: what has a ridge's width, around 0, ridges below. drawn: `band` smoothed along the ridges, at every second
    place of `box`: what is left of it is continuous. strength: its local amplitude in grey levels, half size.
    certainty: how parallel it runs (0 to 1), half size. angle: its direction in radians, half size. level: local mean
    as a share of the glass, half size. finger: where skin lies, and `box` the rows and columns it takes. glass: level
    of bare glass; noise: amplitude of what is no ridge.
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
    given, inverted = upright(grey, dpi)
    even = given[: given.shape[0] // 2 * 2, : given.shape[1] // 2 * 2]
    picture = stretched(flattened(even))
    coarse = halved(picture)
    # Whatever edges a frame or a padding has lie on the border of the picture after this, and are no ridges.
    band = cv2.GaussianBlur(picture, (0, 0), 1.0) - enlarged(cv2.GaussianBlur(coarse, (0, 0), 4.5 / 2))
    strength = _amplitude(band)
    certainty, angle = _flow(band)
    noise = _noise(picture)
    glass = _glass(coarse, strength)
    local = mean(coarse, 8)
    small = _finger(strength, certainty, local, glass=glass, noise=noise)
    box = _box(small)
    drawn = _along(band, angle, box) if small.any() else np.zeros((0, 0), np.float32)
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


def _amplitude(band: Plane) -> Plane:
    """Local amplitude over 0.8 mm, at half the size."""
    return root(2 * mean(halved(np.square(band)), 8))


def _flow(band: Plane) -> tuple[Plane, Plane]:
    """Certainty and direction of the ridges from the structure tensor over 1.5 mm, at half the size."""
    half = halved(band)
    dx, dy = cv2.Scharr(half, cv2.CV_32F, 1, 0), cv2.Scharr(half, cv2.CV_32F, 0, 1)
    xx, yy, xy = (cv2.GaussianBlur(plane, (0, 0), 3.5) for plane in (dx * dx, dy * dy, dx * dy))
    spread, doubled = cv2.cartToPolar(xx - yy, 2 * xy)
    return np.asarray(spread / (xx + yy + 200.0), np.float32), np.asarray(doubled / 2 + math.pi / 2, np.float32)


def _along(band: Plane, angle: Plane, box: tuple[slice, slice]) -> Plane:
    """Average along the direction of the ridges, nearly a millimetre to both sides: breaks and specks fade.

    At every second place of every second row, from the whole band.
    """
    half = halves(box)
    cos, sin = np.cos(angle[half]), np.sin(angle[half])
    x = np.arange(box[1].start, box[1].stop, 2, dtype=np.float32)[None, :]
    y = np.arange(box[0].start, box[0].stop, 2, dtype=np.float32)[:, None]
    total = band[box][::2, ::2].copy()
    for step in _STEPS:
        total += cv2.remap(band, x + step * cos, y + step * sin, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return total / (len(_STEPS) + 1)


def halves(box: tuple[slice, slice]) -> tuple[slice, slice]:
    """The rows and columns of a plane of half the size that show what a box of the whole shows."""
    return slice(box[0].start // 2, box[0].stop // 2), slice(box[1].start // 2, box[1].stop // 2)


def _noise(picture: Plane) -> float:
    """Amplitude of the sensor's own noise: what the finest detail has of it nearly everywhere."""
    side = max(1, math.isqrt(picture.size // 6_000))
    inner = picture[1:-1, 1:-1][::side, ::side]
    rows, columns = slice(None, None, side), slice(1, -1)
    beside = picture[1:-1, :-2][rows, ::side] + picture[1:-1, 2:][rows, ::side]
    beside = beside + picture[:-2, columns][rows, ::side] + picture[2:, columns][rows, ::side]
    return percentile(np.abs(beside - 4 * inner).ravel(), 25)


def _glass(coarse: Plane, strength: Plane) -> float:
    """Level of the bare glass: of the bright quiet places, where there are any, else the bright end of the picture."""
    bright = percentile(coarse, 98)
    few = thinned(coarse)
    quiet = thinned(strength) < max(FAINTEST, 0.12 * percentile(strength, 95))
    if float(quiet.mean()) > 0.06:
        level = percentile(few[quiet], 75)
        if level > 0.7 * bright:
            return level
    return bright


def _finger(strength: Plane, certainty: Plane, local: Plane, *, glass: float, noise: float) -> Mask:
    """The largest place that is ridged, with what lies dark in or against it as only wet skin does; half size."""
    ridged = (strength > max(FAINTEST + 0.3 * noise, 0.2 * percentile(strength, 95))) & (certainty > 0.25)
    found = cv2.morphologyEx(ridged.astype(np.uint8), cv2.MORPH_OPEN, np.ones((7, 7), np.uint8))
    found |= _against(local < 0.6 * glass, found)
    # Beyond the border the finger goes on as it ends there: closing must not eat into it.
    padded = cv2.copyMakeBorder(found, 9, 9, 9, 9, cv2.BORDER_REPLICATE)
    found = cv2.morphologyEx(padded, cv2.MORPH_CLOSE, np.ones((13, 13), np.uint8))[9:-9, 9:-9]
    found = np.ascontiguousarray(found)
    bare, whole = _largest(found)
    if whole.mean() > 0.9 and bare.mean() < 0.85:
        # A line drawn around the window is none of the finger.
        rim = 12
        found[:rim], found[-rim:], found[:, :rim], found[:, -rim:] = 0, 0, 0, 0
        bare, whole = _largest(found)
    return whole > 0


def _largest(found: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Give the largest piece, as it is and with its holes filled."""
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return np.zeros_like(found), np.zeros_like(found)
    bare = (labels == 1 + int(np.argmax(numbers[1:, cv2.CC_STAT_AREA]))).astype(np.uint8)
    outlines, _ = cv2.findContours(bare, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    return bare, cv2.drawContours(bare.copy(), outlines, -1, (1,), thickness=cv2.FILLED)


def _box(finger: Mask) -> tuple[slice, slice]:
    """Rows and columns that a finger at half the size takes at the whole size, with a rim; nothing where is none.

    They begin at a multiple of 16, and end at one or with the picture.
    """
    spans: list[slice] = []
    for axis, size in ((1, finger.shape[0]), (0, finger.shape[1])):
        there = np.flatnonzero(finger.any(axis))
        if not there.size:
            return slice(0, 0), slice(0, 0)
        begin, end = max(0, int(there[0]) - 8), int(there[-1]) + 9
        spans.append(slice(begin // 8 * 16, 2 * min(size, -(-end // 8) * 8)))
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
