"""Prints that belong to nobody: fingers grown from a seed, and impressions of them on a sensor.

A finger is its ridges and its years. An impression is one press of it: how moist, how hard, where, on how dirty a
glass. The same seed gives the same finger; another press of it is still that finger. A look tells what kind of sensor
sees it. Simulator side only: the real driver needs no numpy.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from drivers.fingerprint.growth import MM_PER_INCH, Finger, Pattern, Plane, ridges_at, smoothstep
from drivers.fingerprint.sensor_looks import Look, seen

__all__ = ["SITUATIONS", "Finger", "Impression", "Look", "Pattern", "empty_glass", "print_of"]


@dataclass(frozen=True, slots=True)
class Impression:
    """One press of a finger. Shares run from 0 (not at all) to 1 (as bad as it gets); `pressure` 0.5 is right.

    `wear` flattens ridges, as lime and salt do; `cuts` lays up to four scars across them. `dirt` is on the glass and
    goes on beside the finger. `grain` is how little ridges are smooth: pores and ragged edges. `offset_mm` moves the
    finger right and down on the glass. `seed` changes what differs between two equal presses.
    """

    seed: int = 0
    dryness: float = 0.0
    wetness: float = 0.0
    wear: float = 0.0
    cuts: float = 0.0
    pressure: float = 0.5
    smudge: float = 0.0
    dirt: float = 0.0
    grain: float = 0.0
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
    finger: Finger,
    impression: Impression,
    *,
    width_px: int = 192,
    height_px: int = 192,
    dpi: int = 508,
    look: Look = Look.PLAIN,
) -> bytes:
    """Give an impression as the sensor sees it: height x width bytes of grey, rows from the top, 0 = ridge.

    Only with the look `negative` ridges are bright.
    """
    chance = np.random.default_rng((finger.seed, impression.seed))
    x_mm, y_mm = _finger_places(impression, chance, width_px=width_px, height_px=height_px, dpi=dpi)
    ridges = ridges_at(finger, x_mm, y_mm)
    old = min(1.0, max(0.0, (finger.age_years - 50) / 40))
    skin = replace(impression, dryness=min(1.0, impression.dryness + 0.2 * old))
    coarse = _smooth_noise(chance, ridges.shape, dpi / 18)
    fine = _smooth_noise(chance, ridges.shape, dpi / 250)
    cloudy = _smooth_noise(chance, ridges.shape, dpi / 90)
    if impression.grain > 0:
        ridges = _grainy(ridges, impression.grain, chance, dpi)
    ink = _ink(ridges * (1 - 0.35 * old), skin, coarse, cloudy=cloudy, fine=fine)
    ink *= _contact(x_mm, y_mm, impression, coarse)
    if impression.wear > 0:
        ink *= 1 - 0.9 * impression.wear * _cracks(chance, x_mm, y_mm)
    if old > 0 or impression.cuts > 0:
        # Scars and wrinkles stay where they are: they belong to the finger, not to the press.
        ink *= 1 - _lines(np.random.default_rng((finger.seed, 1)), x_mm, y_mm, wrinkles=old, cuts=impression.cuts)
    if impression.smudge > 0:
        ink = _smear(ink, impression.smudge, chance, length_px=dpi / 24)
    if impression.dirt > 0:
        ink = np.maximum(ink, impression.dirt * _dirt(chance, ridges.shape, dpi))
    return seen(ink, look, chance, dpi=dpi, moisture=impression.wetness).tobytes()


def empty_glass(
    *,
    width_px: int = 192,
    height_px: int = 192,
    dpi: int = 508,
    seed: int = 0,
    dirt: float = 0.0,
    look: Look = Look.PLAIN,
) -> bytes:
    """Give the picture of a glass on which nothing lies."""
    chance = np.random.default_rng(seed)
    ink = np.asarray(dirt * _dirt(chance, (height_px, width_px), dpi), np.float32)
    return seen(ink, look, chance, dpi=dpi).tobytes()


def _finger_places(
    impression: Impression, chance: np.random.Generator, *, width_px: int, height_px: int, dpi: int
) -> tuple[Plane, Plane]:
    """Give for each pixel the place on the finger that lies there, in mm, skin stretched a little."""
    per_mm = dpi / MM_PER_INCH
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


def _ink(ridges: Plane, impression: Impression, coarse: Plane, *, cloudy: Plane, fine: Plane) -> Plane:
    """How dark each place prints, 0 to 1: ridges as lines whose width and wholeness the skin decides."""
    hard = impression.pressure - 0.5
    wear = np.clip(impression.wear * (0.85 + 0.25 * coarse), 0, 0.97)
    shaped = ridges * (1 - 0.85 * wear)
    widening = 0.9 * hard + 0.55 * impression.wetness - 0.45 * impression.dryness - 0.1 * impression.wear
    edge = 3.2 - 1.4 * impression.wetness - 0.8 * impression.wear
    ink = 1 / (1 + np.exp(-edge * (shaped + widening + 0.12 * coarse + 0.06 * fine)))
    ink *= 1 - np.clip(impression.dryness * smoothstep(0.5 + 0.9 * fine + 0.6 * cloudy), 0, 0.92)
    ink *= 1 - 0.25 * np.clip(impression.wear + 0.2 * (fine > 1.5), 0, 1)
    blots = smoothstep((coarse + 0.5 * cloudy + 0.2 * fine + 1.6 * impression.wetness - 1.7) * 0.9)
    ink += (1 - ink) * 0.85 * impression.wetness * blots
    return ink * min(1.0, 0.72 + 0.56 * impression.pressure)


def _grainy(ridges: Plane, grain: float, chance: np.random.Generator, dpi: int) -> Plane:
    """Ridges with pores along their backs and edges that are not smooth."""
    ragged, pores = _smooth_noise(chance, ridges.shape, dpi / 150), _smooth_noise(chance, ridges.shape, dpi / 110)
    open_pores = smoothstep((pores - 1.1) * 1.5) * (ridges > 0)
    return np.asarray(ridges + grain * (0.45 * ragged - 1.1 * open_pores), np.float32)


def _contact(x_mm: Plane, y_mm: Plane, impression: Impression, coarse: Plane) -> Plane:
    """Where skin touches the glass: an ellipse that grows with pressure, with an uneven edge."""
    size = 0.52 + 0.72 * min(impression.pressure, 0.7)
    reach = np.hypot(x_mm / (8.2 * size), (y_mm + 0.5) / (10.2 * size)) + 0.05 * coarse
    return smoothstep((1.0 - reach) * 9 + 0.5)


def _cracks(chance: np.random.Generator, x_mm: Plane, y_mm: Plane) -> Plane:
    """White creases across a worked finger."""
    whole = np.zeros_like(x_mm)
    for _ in range(9):
        angle, distance = chance.uniform(0, math.pi), chance.uniform(-6, 6)
        across = x_mm * math.cos(angle) + y_mm * math.sin(angle) - distance
        across = across + 0.4 * np.sin(chance.uniform(0.5, 1.2) * (x_mm - y_mm) + chance.uniform(0, 6))
        whole = np.maximum(whole, np.exp(-((across / chance.uniform(0.06, 0.16)) ** 2)))
    return whole


def _lines(chance: np.random.Generator, x_mm: Plane, y_mm: Plane, *, wrinkles: float, cuts: float) -> Plane:
    """White lines of limited length: fine wrinkles, mostly across the finger, and wide straight scars."""
    whole = np.zeros_like(x_mm)
    kinds = [(False, chance.uniform(-0.5, 0.5), chance.uniform(0.05, 0.12)) for _ in range(12)]
    kinds += [(True, chance.uniform(-1.3, 1.3), chance.uniform(0.14, 0.24)) for _ in range(4)]
    for number, (scar, angle, half_mm) in enumerate(kinds):
        middle_x, middle_y, length = chance.uniform(-4, 4), chance.uniform(-5.5, 5.5), chance.uniform(3, 7)
        there = cuts * 4 > number - 12 if scar else wrinkles * 12 > number
        if not there:
            continue
        along = (x_mm - middle_x) * math.cos(angle) + (y_mm - middle_y) * math.sin(angle)
        across = (y_mm - middle_y) * math.cos(angle) - (x_mm - middle_x) * math.sin(angle)
        if not scar:
            across = across + 0.25 * np.sin(along)
        depth = np.exp(-((across / half_mm) ** 2)) * smoothstep((length - np.abs(along)) * 2)
        whole = np.maximum(whole, (0.5 + 0.5 * cuts if scar else 0.4 + 0.5 * wrinkles) * depth)
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
    patches = smoothstep(
        (_smooth_noise(chance, shape, dpi / 22) + 0.3 * _smooth_noise(chance, shape, dpi / 70) - 0.7) * 2
    )
    specks = smoothstep((_smooth_noise(chance, shape, dpi / 190) - 2.1) * 6)
    return np.maximum(0.5 * patches, specks)


def _smooth_noise(chance: np.random.Generator, shape: tuple[int, ...], size_px: float) -> Plane:
    """Noise of mean 0 and deviation 1 without detail finer than `size_px`."""
    fy, fx = np.meshgrid(np.fft.fftfreq(shape[0]), np.fft.rfftfreq(shape[1]), indexing="ij")
    low = np.exp(-2 * (math.pi * size_px / 3) ** 2 * (fx**2 + fy**2))
    noise = np.fft.irfft2(np.fft.rfft2(chance.normal(0, 1, shape)) * low, s=shape)
    return ((noise - noise.mean()) / (noise.std() + 1e-9)).astype(np.float32)
