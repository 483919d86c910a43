"""Light, tone and colour of a face: the formulas of ISO/IEC 29794-5 and OFIQ, and two of our own.

Luminance is linear light: sRGB decoded, weighed by 0.2126, 0.7152 and 0.0722, kept as 0..255. The standard's measures
tell how light a face *comes out*, and a dark skin comes out darker in the same light. They are therefore figures for
the record; whether there is enough light is judged by `scene_light`, which no skin changes.
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.aligned import Aligned, Bytes, cheeks
from kiosk.biometrics.portrait.landmarks import LEFT_EYE, RIGHT_EYE

_DARK: Final = 25
_BRIGHT: Final = 247
#: CIE 1976 L*a*b* of sRGB under D50, as the standard writes it.
_TO_XYZ: Final = np.array([[0.43605, 0.38508, 0.14309], [0.22249, 0.71689, 0.06062], [0.01393, 0.09710, 0.71419]])
_WHITE: Final = np.array([0.964221, 1.0, 0.825211])
_EPSILON: Final = 216 / 24389
_KAPPA: Final = 24389 / 27
#: The lightness that a cheek's colour is compared at, whatever the skin.
_COMPARED_LIGHTNESS: Final = 60.0


def _linear(share: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(share > 0.04045, ((share + 0.055) / 1.055) ** 2.4, share / 12.92)


_DECODED: Final = _linear(np.arange(256) / 255)
_WEIGHED: Final = np.stack([_DECODED * weight * 255 for weight in (0.2126, 0.7152, 0.0722)]).astype(np.float32)


def luminance(rgb: Bytes) -> Bytes:
    """Give the luminance of each pixel, 0..255 in linear light, rounded."""
    total = cv2.LUT(rgb[:, :, 0], _WEIGHED[0])
    total = total + cv2.LUT(rgb[:, :, 1], _WEIGHED[1]) + cv2.LUT(rgb[:, :, 2], _WEIGHED[2])
    return np.floor(total + 0.5).astype(np.uint8)


def histogram(values: Bytes, region: Bytes | None = None) -> npt.NDArray[np.float64]:
    """Give the shares of the 256 levels, in the region only if one is given."""
    counts = cv2.calcHist([values], [0], region, [256], [0, 256]).ravel().astype(np.float64)
    return counts / max(1.0, counts.sum())


def face_light(aligned: Aligned) -> dict[str, float]:
    """Give the standard's measures over the landmarked region.

    Luminance mean and variance (shares of 1), under- and over-exposure (shares of pixels with levels 0 to 25 and 247 to
    255), dynamic range (entropy in bits).
    """
    shares = histogram(luminance(aligned.rgb), aligned.region)
    levels = np.arange(256) / 255
    mean = float(shares @ levels)
    some = shares[shares > 0]
    return {
        "luminance_mean": mean,
        "luminance_variance": float(shares @ (levels - mean) ** 2),
        "under_exposure": float(shares[: _DARK + 1].sum()),
        "over_exposure": float(shares[_BRIGHT:].sum()),
        "dynamic_range": float(-(some * np.log2(some)).sum()),
    }


def cheek_light(aligned: Aligned) -> dict[str, float]:
    """Give illumination uniformity, side light and natural colour from the two cheeks.

    `illumination_uniformity`: the overlap of both luminance histograms, 0..1. `side_light`: how much darker the darker
    cheek is than the lighter one, as a share; it compares a face with itself, so that no skin changes it.
    `natural_colour`: how far the cheeks' a*, b* are out of 5..25, 5..35 (100 when one is negative).
    """
    right, left = cheeks(aligned)
    bright_right, bright_left = luminance(right), luminance(left)
    overlap = float(np.minimum(histogram(bright_right), histogram(bright_left)).sum())
    means = sorted((float(bright_right.mean()), float(bright_left.mean())))
    mean = np.concatenate([right.reshape(-1, 3), left.reshape(-1, 3)]).mean(axis=0)
    lightness, a, b = lab(mean)
    same = _as_light_as(mean, _COMPARED_LIGHTNESS)
    return {
        "illumination_uniformity": overlap,
        "side_light": 1 - means[0] / max(1e-6, means[1]),
        "cheek_lightness": lightness,
        "cheek_a": a,
        "cheek_b": b,
        "natural_colour": _off_natural(a, b),
        "colour_cast": _off_natural(*same),
    }


def lab(rgb: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """Give L*, a*, b* of one colour of R, G, B in 0..255 (ISO/IEC 29794-5: sRGB, D50)."""
    return _lab_of(_TO_XYZ @ _linear(np.asarray(rgb, np.float64) / 255))


def scene_light(aligned: Aligned, background: float | None) -> dict[str, float]:
    """Tell how much light there is from the lightest things, 0..1 as displayed, whatever the skin is.

    `light_level`: the lightest of face and background (where that is not known apart, of all around the head). A white
    wall in enough light is above 0.8; two stops too little make it 0.45. `eye_light`: the white of the eyes against
    that: low when the light comes from behind, and no lower for a darker skin.
    """
    grey = cv2.cvtColor(aligned.rgb, cv2.COLOR_RGB2GRAY)
    eyes = np.zeros_like(aligned.region)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillConvexPoly(eyes, cv2.convexHull(aligned.points[list(eye), :2].astype(np.int32)), 1)
    face = grey[(aligned.region | eyes) > 0]
    around = float(np.percentile(grey, 97)) / 255 if background is None else background
    level = max(float(np.percentile(face, 99.5)) / 255 if face.size else 0.0, around)
    whites = grey[eyes > 0]
    found = {"light_level": level}
    if whites.size:
        found["eye_light"] = float(np.percentile(whites, 95)) / 255 / max(level, 1e-3)
    return found


def _lab_of(xyz: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    ratio = xyz / _WHITE
    x, y, z = np.where(ratio > _EPSILON, np.cbrt(ratio), (_KAPPA * ratio + 16) / 116)
    return float(116 * y - 16), float(500 * (x - y)), float(200 * (y - z))


def _as_light_as(rgb: npt.NDArray[np.float64], lightness: float) -> tuple[float, float]:
    """Give a*, b* of the same colour under as much light as makes it that light."""
    xyz = _TO_XYZ @ _linear(np.asarray(rgb, np.float64) / 255)
    wanted = ((lightness + 16) / 116) ** 3
    _, a, b = _lab_of(xyz * (wanted / max(1e-6, float(xyz[1]))))
    return a, b


def _off_natural(a: float, b: float) -> float:
    if a < 0 or b < 0:
        return 100.0
    return math.hypot(max(0.0, 5 - a, a - 25), max(0.0, 5 - b, b - 35))
