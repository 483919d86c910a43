"""What can be measured on a print without knowing what it ought to be: area, clarity, contrast, wholeness, stains.

Owns the numbers, judges nothing. Windows are in pixels at 500 dpi and scaled. Clarity is NFIQ 2's orientation certainty
(OCL, ISO/IEC 29794-4), taken in a sliding window instead of blocks.
"""

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

_RIDGE_AMPLITUDE = 10.0
_GRADIENT_NOISE = 200.0
_SMALLEST_AREA = 0.02


@dataclass(frozen=True, slots=True)
class Measures:
    """What a print shows. Shares are 0 to 1; levels are shares of the clean glass's brightness.

    area: share of the window that the finger covers.
    off_centre: distance of its middle from the window's middle, as a share of half its side.
    clarity: how certain the ridge direction is (OCL).
    contrast: strength of the ridges.
    unevenness: variation of that strength over the finger.
    brightness: mean level of the finger; ridge_level, valley_level: mean level of its dark and its light lines.
    dark: share of the finger that is very dark; ridge_share: share that belongs to ridges; blots: share of dark
    places wider than a ridge.
    stains: share where even the valleys are dark.
    fragments: pieces of ridge per thousand pixels at 500 dpi.
    """

    area: float
    off_centre: float
    clarity: float = 0.0
    contrast: float = 0.0
    unevenness: float = 0.0
    brightness: float = 1.0
    ridge_level: float = 1.0
    valley_level: float = 1.0
    dark: float = 0.0
    ridge_share: float = 0.0
    blots: float = 0.0
    stains: float = 0.0
    fragments: float = 0.0


def measure(grey: NDArray[np.uint8], dpi: int) -> Measures:
    """Measure a print of height x width grey pixels, 0 = ridge."""
    scale = dpi / 500
    picture: Plane = grey.astype(np.float32)
    glass = max(1.0, float(np.percentile(grey, 97)))
    amplitude = _ridge_amplitude(picture, scale)
    finger, area, off_centre = _finger(picture, amplitude, glass, scale=scale)
    # The rim of a finger is always faint: the ridges are judged within it.
    inner: Mask = cv2.erode(finger.astype(np.uint8), _square(9 * scale), borderValue=1) > 0
    if area < _SMALLEST_AREA or not inner.any():
        return Measures(area=area, off_centre=off_centre)
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8 * scale)
    valleys = cv2.dilate(smooth, _square(11 * scale))[inner] / glass
    wide_dark = cv2.erode((picture < 0.5 * glass).astype(np.uint8), _square(9 * scale))
    ridges = ((picture < cv2.GaussianBlur(picture, (0, 0), 6 * scale) - 2) & inner).astype(np.uint8)
    pieces = cv2.connectedComponents(ridges, connectivity=8)[0] - 1
    strength = amplitude[inner]
    return Measures(
        area=area,
        off_centre=off_centre,
        clarity=float(_orientation_certainty(picture, scale)[inner].mean()),
        contrast=float(strength.mean()) / glass,
        unevenness=float(strength.std() / max(1e-6, float(strength.mean()))),
        brightness=float(picture[inner].mean()) / glass,
        ridge_level=float(cv2.erode(smooth, _square(11 * scale))[inner].mean()) / glass,
        valley_level=float(valleys.mean()),
        dark=float((picture[inner] < 0.45 * glass).mean()),
        ridge_share=float(ridges[inner].mean()),
        blots=float(wide_dark[inner].mean()),
        stains=float((valleys < 0.8).mean()),
        fragments=pieces / float(inner.sum()) * 1000 * scale * scale,
    )


def _ridge_amplitude(picture: Plane, scale: float) -> Plane:
    """Local strength of whatever has about a ridge's width, in grey levels."""
    band = cv2.GaussianBlur(picture, (0, 0), scale) - cv2.GaussianBlur(picture, (0, 0), 5 * scale)
    return np.sqrt(2 * _local_mean(np.square(band), 16 * scale)).astype(np.float32, copy=False)


def _orientation_certainty(picture: Plane, scale: float) -> Plane:
    """One minus the ratio of the structure tensor's two strengths, 0 (no direction) to 1 (parallel lines)."""
    dx, dy = cv2.Sobel(picture, cv2.CV_32F, 1, 0), cv2.Sobel(picture, cv2.CV_32F, 0, 1)
    xx, yy, xy = (_local_mean(product, 24 * scale) for product in (np.square(dx), np.square(dy), dx * dy))
    spread = np.sqrt((xx - yy) ** 2 + 4 * xy * xy)
    # The added constant keeps flat places, where only noise has a direction, from looking certain.
    certainty = 1 - (xx + yy - spread + _GRADIENT_NOISE) / (xx + yy + spread + _GRADIENT_NOISE)
    return np.asarray(certainty, np.float32)


def _finger(picture: Plane, amplitude: Plane, glass: float, *, scale: float) -> tuple[Mask, float, float]:
    """Find the finger: the largest place that is ridged or dark. Gives it with its area and its off-centredness."""
    height, width = picture.shape
    found = ((amplitude > _RIDGE_AMPLITUDE) | (_local_mean(picture, 16 * scale) < 0.75 * glass)).astype(np.uint8)
    found = cv2.morphologyEx(found, cv2.MORPH_OPEN, _square(13 * scale))
    found = cv2.morphologyEx(found, cv2.MORPH_CLOSE, _square(25 * scale))
    count, labels, numbers, middles = cv2.connectedComponentsWithStats(found)
    if count < 2:
        return np.zeros(picture.shape, dtype=np.bool_), 0.0, 0.0
    largest = 1 + int(np.argmax(numbers[1:, cv2.CC_STAT_AREA]))
    away = math.hypot(middles[largest][0] - (width - 1) / 2, middles[largest][1] - (height - 1) / 2)
    finger: Mask = labels == largest
    return finger, float(finger.mean()), away / (math.sqrt(width * height) / 2)


def _local_mean(plane: NDArray[Any], size_px: float) -> Plane:
    size = _odd(size_px)
    return cv2.boxFilter(plane, -1, (size, size)).astype(np.float32, copy=False)


def _square(size_px: float) -> NDArray[np.uint8]:
    return np.ones((_odd(size_px), _odd(size_px)), np.uint8)


def _odd(size_px: float) -> int:
    return round(size_px) | 1
