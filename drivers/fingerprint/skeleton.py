"""The ridges of a picture as lines one pixel thin: what every reader of minutiae needs first.

Owns normalising, the orientation field, the oriented filters and the thinning (Zhang and Suen, 1984). numpy alone. It
knows neither minutiae nor modules. Simulator side only.
"""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Mask = NDArray[np.bool_]

MM_PER_INCH = 25.4
RIDGE_MM = (0.28, 0.75)
"""The distances from ridge to ridge that a finger can have."""
_BINS = 8
_AROUND = ((0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0), (0, 0))
"""Where the eight neighbours of a pixel are, clockwise from the north, in its 3 x 3 surroundings."""


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A thinned print. `waves` is the filtered print (ridges positive), `flow` the ridge direction in radians.

    Directions run from 0 to pi, counter-clockwise from the right, y upwards. `clarity` tells per pixel, 0 to 1, how
    much the ridges there run one way; `touched` where the finger lies; `period_px` is the distance of its ridges.
    """

    lines: Mask
    waves: Plane
    flow: Plane
    clarity: Plane
    touched: Mask
    period_px: float


def skeleton_of(grey: bytes, width_px: int, height_px: int, *, dpi: int) -> Skeleton:
    """Thin a print: height x width bytes, rows from the top, 0 = ridge. Raises ValueError when the size is wrong."""
    if len(grey) != width_px * height_px:
        raise ValueError(f"{len(grey)} bytes are no picture of {width_px} x {height_px} pixels")
    per_mm = dpi / MM_PER_INCH
    picture = 255 - np.frombuffer(grey, np.uint8).reshape(height_px, width_px).astype(np.float32)
    mean = blurred(picture, round(0.8 * per_mm))
    plain = picture - mean
    spread = np.sqrt(np.maximum(blurred(plain * plain, round(1.0 * per_mm)), 0)).astype(np.float32)
    level = plain / (spread + 6)
    flow, clarity = _flow(level, round(0.55 * per_mm))
    touched = _touched(spread, clarity, round(0.7 * per_mm))
    period_px = _period(level * touched, per_mm)
    waves = _filtered(level, flow, period_px)
    lines = _thin((waves > 0) & touched)
    return Skeleton(lines, waves, flow, clarity, touched, period_px)


def blurred(plane: NDArray[Any], radius_px: int) -> Plane:
    """Give the mean of the square of 2 `radius_px` + 1 pixels about each pixel; the edge is repeated."""
    size = 2 * radius_px + 1
    for axis in (0, 1):
        pad = [(0, 0), (0, 0)]
        pad[axis] = (radius_px + 1, radius_px)
        summed = np.cumsum(np.pad(plane, pad, mode="edge"), axis=axis, dtype=np.float64)
        length = plane.shape[axis]
        upper = summed[size : size + length] if axis == 0 else summed[:, size : size + length]
        lower = summed[:length] if axis == 0 else summed[:, :length]
        plane = ((upper - lower) / size).astype(np.float32)
    return plane


def _flow(level: Plane, radius_px: int) -> tuple[Plane, Plane]:
    """Give ridge direction and its clarity from the gradients' second moments (Kass and Witkin, 1987)."""
    soft = blurred(level, 1)
    across = np.zeros_like(soft)
    up = np.zeros_like(soft)
    across[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    up[1:-1] = soft[:-2] - soft[2:]
    double_cos = blurred(blurred(across * across - up * up, radius_px), radius_px // 2)
    double_sin = blurred(blurred(2 * across * up, radius_px), radius_px // 2)
    energy = blurred(blurred(across * across + up * up, radius_px), radius_px // 2)
    clarity = np.hypot(double_cos, double_sin) / (energy + 1e-3)
    flow = (np.arctan2(double_sin, double_cos) / 2 + math.pi / 2) % math.pi
    return flow.astype(np.float32), clarity.astype(np.float32)


def _touched(spread: Plane, clarity: Plane, radius_px: int) -> Mask:
    """Where ridges are: enough contrast, most of the surroundings alike."""
    strong = spread > max(9.0, 0.25 * float(np.percentile(spread, 90)))
    return blurred((strong & (clarity > 0.12)).astype(np.float32), radius_px) > 0.55


def _period(level: Plane, per_mm: float) -> float:
    """Give the distance of the ridges in pixels, from the ring in the spectrum."""
    power = np.abs(np.fft.rfft2(level)) ** 2
    fy, fx = np.meshgrid(np.fft.fftfreq(level.shape[0]), np.fft.rfftfreq(level.shape[1]), indexing="ij")
    cycles = np.hypot(fx, fy) * per_mm
    lowest, highest = 1 / RIDGE_MM[1], 1 / RIDGE_MM[0]
    ring = (cycles > lowest) & (cycles < highest)
    total = float(power[ring].sum())
    if total <= 0:
        return 0.47 * per_mm
    steps = np.linspace(lowest, highest, 25)
    density = np.histogram(cycles[ring], steps, weights=power[ring])[0]
    peak = int(np.argmax(np.convolve(density, (0.5, 1, 0.5), "same")))
    near = slice(max(0, peak - 2), peak + 3)
    middle = (steps[:-1] + steps[1:]) / 2
    return per_mm / float(np.average(middle[near], weights=density[near] + 1e-9))


def _filtered(level: Plane, flow: Plane, period_px: float) -> Plane:
    """Strengthen what runs along the flow with the ridges' own period."""
    height, width = level.shape
    bands = _bands(height, width, round(period_px * 4))
    spectrum = np.fft.rfft2(np.clip(level, -2.5, 2.5).astype(np.float32))
    place = flow * (_BINS / math.pi)
    waves = np.zeros_like(level)
    for number in range(_BINS):
        away = np.abs(place - number)
        weight = np.maximum(0, 1 - np.minimum(away, _BINS - away))
        waves += weight * np.fft.irfft2(spectrum * bands[number], s=(height, width)).astype(np.float32)
    return waves


@lru_cache(maxsize=48)
def _bands(height: int, width: int, quarter_px: int) -> NDArray[np.float32]:
    """Give the spectra of the oriented filters; `quarter_px` is the ridges' period in quarters of a pixel."""
    cycles = 4 / quarter_px
    fy, fx = np.meshgrid(np.fft.fftfreq(height), np.fft.rfftfreq(width), indexing="ij")
    radius, angle = np.hypot(fx, fy), np.arctan2(-fy, fx)
    radial = np.exp(-(((radius - cycles) / (0.38 * cycles)) ** 2) / 2)
    bands = []
    for number in range(_BINS):
        turned = angle - math.pi * number / _BINS - math.pi / 2
        away = (turned + math.pi / 2) % math.pi - math.pi / 2
        bands.append(radial * np.exp(-((away / 0.26) ** 2) / 2))
    return np.asarray(bands, np.float32)


def neighbours(lines: Mask) -> NDArray[np.uint8]:
    """Give for every pixel its eight neighbours as bits, clockwise from the north in bit 0."""
    height, width = lines.shape
    wide = np.pad(lines, 1).view(np.uint8)
    code = np.zeros((height, width), np.uint8)
    for bit, (down, right) in enumerate(_AROUND):
        code |= wide[down : down + height, right : right + width] << np.uint8(bit)
    return code


@lru_cache(maxsize=1)
def crossings() -> NDArray[np.uint8]:
    """Give for every neighbourhood how many lines leave the pixel (Rutovitz's crossing number)."""
    codes = np.arange(256)
    turned = ((codes >> 1) | (codes << 7)) & 0xFF
    ways = codes ^ turned
    return np.asarray([way.bit_count() // 2 for way in ways.tolist()], np.uint8)


@lru_cache(maxsize=1)
def _peelings() -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which pixels each of the two sub-iterations may take away, by neighbourhood."""
    tables = (np.zeros(256, np.bool_), np.zeros(256, np.bool_))
    for code in range(256):
        bits = [(code >> bit) & 1 for bit in range(8)]
        north, east, south, west = bits[0], bits[2], bits[4], bits[6]
        edge = 2 <= sum(bits) <= 6 and crossings()[code] == 1
        tables[0][code] = edge and not (north and east and south) and not (east and south and west)
        tables[1][code] = edge and not (north and east and west) and not (north and south and west)
    return tables


def _thin(ridges: Mask) -> Mask:
    """Peel the ridges to lines of one pixel; ends when nothing is left to peel."""
    lines = ridges.copy()
    while True:
        before = np.count_nonzero(lines)
        for table in _peelings():
            lines &= ~table[neighbours(lines)]
        if np.count_nonzero(lines) == before:
            return lines
