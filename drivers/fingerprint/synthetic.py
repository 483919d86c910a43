"""Prints that belong to nobody: fingers grown from a seed, and impressions of them on a sensor.

A finger is its ridges (after SFinGe: an orientation field from cores and deltas, ridges grown out of noise by oriented
band filters). An impression is one press of it: how moist, how hard, where and how dirty the glass. The same seed gives
the same finger; another press of it is still that finger. Simulator side only: the real driver needs no numpy.
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

_MASTER_DPI = 250
_MASTER_MM = (20.0, 24.0)
_MM_PER_INCH = 25.4
_BINS = 16
_ROUNDS = 14


class Pattern(StrEnum):
    """The three families of ridge flow."""

    ARCH = "arch"
    LOOP = "loop"
    WHORL = "whorl"


@dataclass(frozen=True, slots=True)
class Finger:
    """A finger: the same values give the same ridges. `ridge_mm` is the distance from ridge to ridge."""

    seed: int
    pattern: Pattern = Pattern.LOOP
    ridge_mm: float = 0.47


@dataclass(frozen=True, slots=True)
class Impression:
    """One press of a finger. Shares run from 0 (not at all) to 1 (as bad as it gets); `pressure` 0.5 is right.

    `offset_mm` moves the finger right and down on the glass. `seed` changes what differs between two equal presses.
    """

    seed: int = 0
    dryness: float = 0.0
    wetness: float = 0.0
    wear: float = 0.0
    pressure: float = 0.5
    smudge: float = 0.0
    dirt: float = 0.0
    rotation_deg: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)


SITUATIONS: dict[str, Impression] = {
    "finger_good": Impression(),
    "finger_too_dry": Impression(dryness=0.9),
    "finger_too_wet": Impression(wetness=0.9),
    "finger_worn": Impression(wear=0.9),
    "finger_smudged": Impression(smudge=0.9),
    "finger_partial": Impression(offset_mm=(0.0, 8.5)),
    "finger_off_centre": Impression(offset_mm=(5.5, 0.0)),
    "finger_too_light": Impression(pressure=0.08),
    "finger_too_hard": Impression(pressure=0.97),
    "dirty_glass": Impression(dirt=0.9),
}
"""The presses that a demonstration calls by name."""


def print_of(
    finger: Finger, impression: Impression, *, width_px: int = 192, height_px: int = 192, dpi: int = 508
) -> bytes:
    """Give an impression as the sensor sees it: height x width bytes of grey, rows from the top, 0 = ridge."""
    chance = np.random.default_rng((finger.seed, impression.seed))
    x_mm, y_mm = _finger_places(impression, chance, width_px=width_px, height_px=height_px, dpi=dpi)
    ridges = _sample(_ridges(finger), x_mm, y_mm)
    coarse = _smooth_noise(chance, ridges.shape, dpi / 18)
    fine = _smooth_noise(chance, ridges.shape, dpi / 250)
    cloudy = _smooth_noise(chance, ridges.shape, dpi / 90)
    ink = _ink(ridges, impression, coarse, cloudy=cloudy, fine=fine)
    ink *= _contact(x_mm, y_mm, impression, coarse)
    if impression.wear > 0:
        ink *= 1 - 0.9 * impression.wear * _cracks(chance, x_mm, y_mm)
    if impression.smudge > 0:
        ink = _smear(ink, impression.smudge, chance, length_px=dpi / 24)
    if impression.dirt > 0:
        ink = np.maximum(ink, impression.dirt * _dirt(chance, ridges.shape, dpi))
    grey = 238 - 195 * np.clip(ink, 0, 1) + chance.normal(0, 3.0, ridges.shape)
    return np.clip(grey, 0, 255).astype(np.uint8).tobytes()


def empty_glass(
    *, width_px: int = 192, height_px: int = 192, dpi: int = 508, seed: int = 0, dirt: float = 0.0
) -> bytes:
    """Give the picture of a glass on which nothing lies."""
    chance = np.random.default_rng(seed)
    shape = (height_px, width_px)
    grey = 238 - 195 * dirt * _dirt(chance, shape, dpi) + chance.normal(0, 3.0, shape)
    return np.clip(grey, 0, 255).astype(np.uint8).tobytes()


@lru_cache(maxsize=32)
def _ridges(finger: Finger) -> Plane:
    """Grow a finger's ridges (+1 ridge, -1 valley) on the master canvas, twice as fine as it is grown."""
    per_mm = _MASTER_DPI / _MM_PER_INCH
    width, height = (int(size * per_mm) // 8 * 8 for size in _MASTER_MM)
    x_mm, y_mm = np.meshgrid((np.arange(width) - width / 2) / per_mm, (height / 2 - np.arange(height)) / per_mm)
    chance = np.random.default_rng(finger.seed)
    flow = _flow(finger.pattern, chance)(x_mm, y_mm)
    weights, filters = _filters(flow, _MM_PER_INCH / _MASTER_DPI / finger.ridge_mm)
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
        return lambda x, y: -np.arctan(height * np.sin(np.clip(x / 9, -1, 1) * np.pi / 1.3) * _step((y + 5) / 5))
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
        return turned - 0.55 * np.tanh(x / 7) * _step((y + 2) / 8)  # over the tip the ridges form a dome

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


def _finger_places(
    impression: Impression, chance: np.random.Generator, *, width_px: int, height_px: int, dpi: int
) -> tuple[Plane, Plane]:
    """Give for each pixel the place on the finger that lies there, in mm, skin stretched a little."""
    per_mm = dpi / _MM_PER_INCH
    x, y = np.meshgrid(
        ((np.arange(width_px) - width_px / 2 + 0.5) / per_mm - impression.offset_mm[0]).astype(np.float32),
        ((height_px / 2 - 0.5 - np.arange(height_px)) / per_mm + impression.offset_mm[1]).astype(np.float32),
    )
    turn = math.radians(impression.rotation_deg)
    x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
    stretch = 0.06
    x = x + stretch * _smooth_noise(chance, x.shape, dpi / 6)
    y = y + stretch * _smooth_noise(chance, x.shape, dpi / 6)
    return np.asarray(x, np.float32), np.asarray(y, np.float32)


def _sample(plane: Plane, x_mm: Plane, y_mm: Plane) -> Plane:
    """Read the master canvas at places in mm, between its pixels by straight lines."""
    per_mm = 2 * _MASTER_DPI / _MM_PER_INCH
    height, width = plane.shape
    column = np.clip(x_mm * per_mm + width / 2, 0, width - 1.001)
    row = np.clip(height / 2 - y_mm * per_mm, 0, height - 1.001)
    left, top = column.astype(np.int32), row.astype(np.int32)
    right_share, lower_share = column - left, row - top
    upper = plane[top, left] * (1 - right_share) + plane[top, left + 1] * right_share
    lower = plane[top + 1, left] * (1 - right_share) + plane[top + 1, left + 1] * right_share
    return upper * (1 - lower_share) + lower * lower_share


def _ink(ridges: Plane, impression: Impression, coarse: Plane, *, cloudy: Plane, fine: Plane) -> Plane:
    """How dark each place prints, 0 to 1: ridges as lines whose width and wholeness the skin decides."""
    hard = impression.pressure - 0.5
    wear = np.clip(impression.wear * (0.85 + 0.25 * coarse), 0, 0.97)
    shaped = ridges * (1 - 0.85 * wear)
    widening = 0.9 * hard + 0.55 * impression.wetness - 0.45 * impression.dryness - 0.1 * impression.wear
    edge = 3.2 - 1.4 * impression.wetness - 0.8 * impression.wear
    ink = 1 / (1 + np.exp(-edge * (shaped + widening + 0.12 * coarse + 0.06 * fine)))
    ink *= 1 - np.clip(impression.dryness * _step(0.5 + 0.9 * fine + 0.6 * cloudy), 0, 0.92)
    ink *= 1 - 0.25 * np.clip(impression.wear + 0.2 * (fine > 1.5), 0, 1)
    blots = _step((coarse + 0.5 * cloudy + 0.2 * fine + 1.6 * impression.wetness - 1.7) * 0.9)
    ink += (1 - ink) * 0.85 * impression.wetness * blots
    return ink * min(1.0, 0.72 + 0.56 * impression.pressure)


def _contact(x_mm: Plane, y_mm: Plane, impression: Impression, coarse: Plane) -> Plane:
    """Where skin touches the glass: an ellipse that grows with pressure, with an uneven edge."""
    size = 0.52 + 0.72 * min(impression.pressure, 0.7)
    reach = np.hypot(x_mm / (8.2 * size), (y_mm + 0.5) / (10.2 * size)) + 0.05 * coarse
    return _step((1.0 - reach) * 9 + 0.5)


def _cracks(chance: np.random.Generator, x_mm: Plane, y_mm: Plane) -> Plane:
    """White creases across a worked finger."""
    whole = np.zeros_like(x_mm)
    for _ in range(9):
        angle, distance = chance.uniform(0, math.pi), chance.uniform(-6, 6)
        across = x_mm * math.cos(angle) + y_mm * math.sin(angle) - distance
        across = across + 0.4 * np.sin(chance.uniform(0.5, 1.2) * (x_mm - y_mm) + chance.uniform(0, 6))
        whole = np.maximum(whole, np.exp(-((across / chance.uniform(0.06, 0.16)) ** 2)))
    return whole


def _smear(ink: Plane, share: float, chance: np.random.Generator, *, length_px: float) -> Plane:
    """What a finger that slid leaves: the print dragged along one direction."""
    angle = chance.uniform(-0.5, 0.5) + math.pi / 2
    steps = max(2, int(length_px * share))
    dragged = np.zeros_like(ink)
    height, width = ink.shape
    wide = np.pad(ink, steps, mode="edge")
    for step in range(steps):
        down, right = steps - round(math.sin(angle) * step), steps - round(math.cos(angle) * step)
        dragged += wide[down : down + height, right : right + width]
    return np.asarray((1 - share) * ink + share * 1.15 * dragged / steps, np.float32)


def _dirt(chance: np.random.Generator, shape: tuple[int, int], dpi: int) -> Plane:
    """What earlier fingers and fields leave on the glass: greasy patches and specks, wherever the finger lies."""
    patches = _step((_smooth_noise(chance, shape, dpi / 22) + 0.3 * _smooth_noise(chance, shape, dpi / 70) - 0.7) * 2)
    specks = _step((_smooth_noise(chance, shape, dpi / 190) - 2.1) * 6)
    return np.maximum(0.5 * patches, specks)


def _smooth_noise(chance: np.random.Generator, shape: tuple[int, ...], size_px: float) -> Plane:
    """Noise of mean 0 and deviation 1 without detail finer than `size_px`."""
    fy, fx = np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]), indexing="ij")
    low = np.exp(-2 * (math.pi * size_px / 3) ** 2 * (fx**2 + fy**2))
    noise = np.fft.irfft2(np.fft.rfft2(chance.normal(0, 1, shape)) * low, s=shape)
    return ((noise - noise.mean()) / (noise.std() + 1e-9)).astype(np.float32)


def _step(value: Any) -> Any:  # noqa: ANN401 - numbers or arrays
    """Rise smoothly from 0 at 0 to 1 at 1."""
    clipped = np.clip(value, 0, 1)
    return clipped * clipped * (3 - 2 * clipped)
