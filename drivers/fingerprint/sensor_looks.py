"""How kinds of fingerprint sensors see one and the same contact.

Contact is `ink`, 0 (bare glass) to 1 (a ridge pressed flat). Each look makes grey of it as its kind of sensor does: by
light that falls off, by the skin's charge through uneven pixels, or by warmth, slice after slice. Owns these pictures;
knows nothing of fingers. Simulator side only.
"""

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
Grey = NDArray[np.uint8]


class Look(StrEnum):
    """A kind of sensor.

    plain: even light and little noise, as an ideal optical sensor. optical: soft, lit unevenly, moist skin glows around
    the contact. bleached: everything beyond the contact is white, as after a maker's own clean-up. capacitive: uneven
    pixels and columns, 16 levels. thermal: swept over a narrow line, so slices, stripes and grey glass. negative:
    ridges are bright on black.
    """

    PLAIN = "plain"
    OPTICAL = "optical"
    BLEACHED = "bleached"
    CAPACITIVE = "capacitive"
    THERMAL = "thermal"
    NEGATIVE = "negative"


def seen(ink: Plane, look: Look, chance: np.random.Generator, *, dpi: int, moisture: float = 0.0) -> Grey:
    """Give the grey picture of a contact. `moisture` 0 to 1 is how wet the skin is; it shows beside the ridges too."""
    match look:
        case Look.PLAIN:
            grey = 238 - 195 * np.clip(ink, 0, 1) + chance.normal(0, 3.0, ink.shape)
        case Look.OPTICAL:
            grey = _optical(ink, chance, dpi, moisture)
        case Look.BLEACHED:
            grey = 262 - 270 * np.clip(_soft(np.clip(ink, 0, 1), 0.5), 0, 1) ** 0.8 + chance.normal(0, 2.0, ink.shape)
        case Look.CAPACITIVE:
            grey = _capacitive(ink, chance, dpi)
        case Look.THERMAL:
            grey = _thermal(ink, chance, dpi)
        case Look.NEGATIVE:
            grey = 16 + 200 * _soft(np.clip(ink, 0, 1), 0.6) + chance.normal(0, 3.5, ink.shape)
    return np.clip(grey, 0, 255).astype(np.uint8)


def _optical(ink: Plane, chance: np.random.Generator, dpi: int, moisture: float) -> Plane:
    height, width = ink.shape
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    light = 1 - 0.1 * (x * x + y * y) + 0.05 * chance.uniform(-1, 1) * x + 0.05 * chance.uniform(-1, 1) * y
    pressed = np.clip(ink, 0, 1)
    halo = np.clip(_soft((pressed > 0.2).astype(np.float32), dpi / 20), 0, 1)
    glass = 224 * light * (1 - (0.03 + 0.18 * moisture) * halo)
    return np.asarray(glass * (1 - 0.8 * _soft(pressed, dpi / 600)) + chance.normal(0, 2.5, ink.shape), np.float32)


def _capacitive(ink: Plane, chance: np.random.Generator, dpi: int) -> Plane:
    felt = _soft(np.clip(ink, 0, 1), dpi / 700)
    gain = 1 + 0.1 * chance.normal(0, 1, ink.shape) + 0.05 * chance.normal(0, 1, (1, ink.shape[1]))
    grey = 214 - 180 * felt * gain + chance.normal(0, 7, ink.shape) + chance.normal(0, 3, (1, ink.shape[1]))
    return np.asarray(np.clip(grey, 0, 255) // 16 * 17, np.float32)


def _thermal(ink: Plane, chance: np.random.Generator, dpi: int) -> Plane:
    height, width = ink.shape
    rows = max(4, round(dpi / 64))
    slices = np.arange(height) // rows
    count = int(slices[-1]) + 1
    # The finger does not run straight over the line, and the line grows warm.
    drift = np.clip(np.cumsum(chance.normal(0, 0.35, count)), -3, 3)
    column = np.clip(np.arange(width)[None, :] + np.rint(drift[slices])[:, None], 0, width - 1).astype(np.intp)
    felt = np.take_along_axis(np.clip(ink, 0, 1), column, axis=1)
    warmth = (1 - 0.3 * np.linspace(0, 1, count)) * (1 + 0.07 * chance.normal(0, 1, count))
    level = chance.normal(0, 5, count)
    stripes = chance.normal(0, 3.5, (1, width)) + 6 * np.sin(np.arange(width)[None, :] / chance.uniform(5, 12))
    grey = 172 + level[slices][:, None] + stripes - 125 * felt * warmth[slices][:, None]
    return np.asarray(grey + chance.normal(0, 4.5, ink.shape), np.float32)


def _soft(plane: Plane, sigma_px: float) -> Plane:
    """Blur by a Gaussian; the picture goes on beyond its border as in a mirror."""
    rim = max(1, int(3 * sigma_px) + 1)
    wide = np.pad(plane, rim, mode="symmetric" if rim <= min(plane.shape) else "edge")
    fy, fx = np.meshgrid(np.fft.fftfreq(wide.shape[0]), np.fft.rfftfreq(wide.shape[1]), indexing="ij")
    low = np.exp(-2 * (np.pi * sigma_px) ** 2 * (fx**2 + fy**2))
    return np.fft.irfft2(np.fft.rfft2(wide) * low, s=wide.shape)[rim:-rim, rim:-rim].astype(np.float32)
