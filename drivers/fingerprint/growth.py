"""The ridges of fingers that belong to nobody, grown from a seed.

After SFinGe: an orientation field from cores and deltas, and ridges grown out of noise by oriented band filters. The
same seed gives the same finger. Owns a finger's ridges on a canvas finer than any sensor. Simulator side only.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]

MM_PER_INCH = 25.4
_MASTER_DPI = 250
_MASTER_MM = (20.0, 24.0)
_BINS = 16
_ROUNDS = 14


class Pattern(StrEnum):
    """The three families of ridge flow."""

    ARCH = "arch"
    LOOP = "loop"
    WHORL = "whorl"


@dataclass(frozen=True, slots=True)
class Finger:
    """A finger: the same values give the same ridges. `ridge_mm` is the distance from ridge to ridge.

    From 50 years on `age_years` makes skin drier and its ridges lower, and lays wrinkles across them.
    """

    seed: int
    pattern: Pattern = Pattern.LOOP
    ridge_mm: float = 0.47
    age_years: int = 40


def ridges_at(finger: Finger, x_mm: Plane, y_mm: Plane) -> Plane:
    """Give the ridges (+1 ridge, -1 valley) at places in mm from the finger's middle, right and up."""
    return _sample(_ridges(finger.seed, finger.pattern, finger.ridge_mm), x_mm, y_mm)


@lru_cache(maxsize=32)
def _ridges(seed: int, pattern: Pattern, ridge_mm: float) -> Plane:
    """Grow ridges on the master canvas, twice as fine as they are grown."""
    per_mm = _MASTER_DPI / MM_PER_INCH
    width, height = (int(size * per_mm) // 8 * 8 for size in _MASTER_MM)
    x_mm, y_mm = np.meshgrid((np.arange(width) - width / 2) / per_mm, (height / 2 - np.arange(height)) / per_mm)
    chance = np.random.default_rng(seed)
    flow = _flow(pattern, chance)(x_mm, y_mm)
    weights, filters = _filters(flow, MM_PER_INCH / _MASTER_DPI / ridge_mm)
    ridges = chance.normal(0, 1, (height, width))
    for _ in range(_ROUNDS):
        spectrum = np.fft.rfft2(ridges)
        grown = np.zeros_like(ridges)
        for weight, band in zip(weights, filters, strict=True):
            grown += weight * np.fft.irfft2(spectrum * band, s=ridges.shape)
        ridges = np.tanh(1.6 * grown / (grown.std() + 1e-9))
    return _doubled(ridges)


def _flow(pattern: Pattern, chance: np.random.Generator) -> Callable[[Any, Any], Any]:
    """Give the ridge direction in radians (counter-clockwise from the right) at places in mm, y upwards."""
    tilt = chance.uniform(-0.8, 0.8)
    if pattern is Pattern.ARCH:
        height = chance.uniform(0.9, 1.3)
        return lambda x, y: -np.arctan(height * np.sin(np.clip(x / 9, -1, 1) * np.pi / 1.3) * smoothstep((y + 5) / 5))
    side = 1.0 if chance.random() < 0.5 else -1.0
    if pattern is Pattern.LOOP:
        poles = [(complex(-0.4 * side + tilt / 2, 0.8), 1), (complex(side * chance.uniform(4.6, 6), -6.5), -1)]
    else:
        lean, half = tilt / 2, chance.uniform(0.6, 1.5)
        poles = [
            (complex(lean, 0.5 + half), 1),
            (complex(-lean, 0.5 - half), 1),
            (complex(-chance.uniform(5, 6.2), -6.6), -1),
            (complex(chance.uniform(5, 6.2), -6.2), -1),
        ]

    def direction(x: Any, y: Any) -> Any:  # noqa: ANN401 - arrays of any float type
        place = x + 1j * y
        turned = sum(sign * np.angle(place - pole) for pole, sign in poles) / 2
        return turned - 0.55 * np.tanh(x / 7) * smoothstep((y + 2) / 8)  # over the tip the ridges form a dome

    return direction


def _filters(flow: NDArray[np.float64], cycles: float) -> tuple[list[NDArray[Any]], list[NDArray[Any]]]:
    """Give, per direction, where it applies and the spectrum of its band filter (`cycles` a pixel)."""
    height, width = flow.shape
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.rfftfreq(width), indexing="ij")
    radius, angle = np.hypot(fx, fy), np.arctan2(-fy, fx)
    radial = np.exp(-(((radius - cycles) / (0.28 * cycles)) ** 2) / 2)
    weights: list[NDArray[Any]] = []
    filters: list[NDArray[Any]] = []
    for number in range(_BINS):
        centre = math.pi * number / _BINS
        weights.append(np.maximum(0, 1 - np.abs(_half_turn(flow - centre)) * _BINS / math.pi))
        filters.append(radial * np.exp(-((_half_turn(angle - centre - math.pi / 2) / 0.2) ** 2) / 2))
    return weights, filters


def _half_turn(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bring a difference of directions into -90 to 90 degrees."""
    return (angle + math.pi / 2) % math.pi - math.pi / 2


def _doubled(plane: NDArray[np.float64]) -> Plane:
    """Twice the resolution; exact for what has no finer detail, as grown ridges have not."""
    height, width = plane.shape
    spectrum = np.fft.rfft2(plane)
    wide = np.zeros((height * 2, width + 1), dtype=complex)
    wide[: height // 2, : width // 2] = spectrum[: height // 2, : width // 2]
    wide[-(height // 2) :, : width // 2] = spectrum[-(height // 2) :, : width // 2]
    return (np.fft.irfft2(wide, s=(height * 2, width * 2)) * 4).astype(np.float32)


def _sample(plane: Plane, x_mm: Plane, y_mm: Plane) -> Plane:
    """Read the master canvas at places in mm, between its pixels by straight lines."""
    per_mm = 2 * _MASTER_DPI / MM_PER_INCH
    height, width = plane.shape
    column = np.clip(x_mm * per_mm + width / 2, 0, width - 1.001)
    row = np.clip(height / 2 - y_mm * per_mm, 0, height - 1.001)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, lower_share = column - left, row - top
    upper = plane[top, left] * (1 - right_share) + plane[top, left + 1] * right_share
    lower = plane[top + 1, left] * (1 - right_share) + plane[top + 1, left + 1] * right_share
    return upper * (1 - lower_share) + lower * lower_share


def smoothstep(value: Any) -> Any:  # noqa: ANN401 - numbers or arrays
    """Rise smoothly from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)
