"""Judging one print: a number for choosing the best of several, and the one thing to say to the citizen.

Owns the limits between verdicts. They were set on grown prints and looked at on public samples, not calibrated on a
sensor: `quality` ranks prints of one sensor and is no NFIQ 2 score (a small window alone costs NFIQ 2 16 to 37 points).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np

from kiosk.biometrics.prints.measures import Measures, measure
from kiosk.domain.quality import PrintVerdict

DPI_RANGE = range(250, 1201)
SMALLEST_SIDE_PX = 64
POOR_QUALITY = 35
"""Below this no print is called good, even when no single thing stands out."""


@dataclass(frozen=True, slots=True)
class PrintAssessment:
    """What a print is worth: `quality` 0 (nothing) to 100, the verdict, and the numbers that both come from."""

    quality: int
    verdict: PrintVerdict
    evidence: Mapping[str, float]


def assess(grey: bytes, width_px: int, height_px: int, dpi: int) -> PrintAssessment:
    """Judge a print of height x width bytes, rows from the top, 0 = ridge.

    Raises ValueError when the bytes do not fit the size, or when size or dpi are no print's.
    """
    if dpi not in DPI_RANGE or min(width_px, height_px) < SMALLEST_SIDE_PX:
        raise ValueError(f"a print of {width_px} x {height_px} pixels at {dpi} dpi cannot be judged")
    if len(grey) != width_px * height_px:
        raise ValueError(f"{len(grey)} bytes are no picture of {width_px} x {height_px} pixels")
    measures = measure(np.frombuffer(grey, np.uint8).reshape(height_px, width_px), dpi)
    shares = _shares(measures)
    quality = 0 if _is_empty(measures) else round(100 * float(np.prod(list(shares.values()))) ** 0.8)
    evidence = {**asdict(measures), **{f"{verdict}_share": share for verdict, share in shares.items()}}
    return PrintAssessment(quality, _verdict(measures, shares, quality), MappingProxyType(evidence))


def _shares(seen: Measures) -> dict[PrintVerdict, float]:
    """What is left of a whole print after each possible flaw, 0 to 1, by the verdict that the flaw would have."""
    return {
        PrintVerdict.PARTIAL: _between(seen.area, 0.1, 0.85),
        PrintVerdict.OFF_CENTRE: 1 - 0.6 * _between(seen.off_centre, 0.1, 0.6),
        PrintVerdict.SMUDGED: _between(seen.clarity, 0.4, 0.98),
        PrintVerdict.TOO_LIGHT: _between(seen.contrast, 0.03, 0.36),
        PrintVerdict.TOO_DRY: 1 - 0.9 * _between(seen.fragments, 0.5, 12),
        PrintVerdict.TOO_WET: 1 - 0.8 * _between(seen.stains + 3 * seen.blots, 0.01, 0.6),
        PrintVerdict.TOO_HARD: 1 - 0.8 * _between(seen.ridge_share, 0.51, 0.65),
    }


def _verdict(seen: Measures, shares: Mapping[PrintVerdict, float], quality: int) -> PrintVerdict:
    if _is_empty(seen):
        return PrintVerdict.NO_FINGER
    if seen.area < 0.35 or (seen.area < 0.62 and seen.off_centre > 0.42):
        return PrintVerdict.PARTIAL
    if seen.area < 0.9 and seen.off_centre > 0.16:
        return PrintVerdict.OFF_CENTRE
    if (flaw := _flaw_of_skin(seen)) is not None:
        return flaw
    if quality < POOR_QUALITY:
        return min(shares, key=lambda verdict: shares[verdict])
    return PrintVerdict.GOOD


def _is_empty(seen: Measures) -> bool:
    """Nothing there, or nothing with ridges: a stain has no direction."""
    return seen.area < 0.06 or (seen.clarity < 0.4 and seen.contrast < 0.12)


def _flaw_of_skin(seen: Measures) -> PrintVerdict | None:
    """What moisture, wear, pressure or dirt did to the ridges, the surest sign first."""
    if seen.ridge_share > 0.52 and seen.dark > 0.48:
        return PrintVerdict.TOO_WET if seen.stains > 0.08 or seen.blots > 0.015 else PrintVerdict.TOO_HARD
    if seen.fragments > 4.5 and seen.brightness > 0.7:
        return PrintVerdict.TOO_DRY
    if seen.contrast < 0.19 and seen.unevenness > 0.38 and seen.stains > 0.1:
        return PrintVerdict.SMUDGED
    if seen.contrast < 0.17 and seen.ridge_level > 0.48:
        return PrintVerdict.WORN
    if seen.contrast < 0.24 and seen.ridge_level > 0.38:
        return PrintVerdict.TOO_LIGHT
    if seen.contrast > 0.2 and seen.valley_level > 0.92 and seen.stains > 0.025 and seen.ridge_share < 0.51:
        return PrintVerdict.DIRTY_GLASS
    return None


def _between(value: float, nothing: float, all_of: float) -> float:
    """Where a value lies on the way from `nothing` (0) to `all_of` (1)."""
    return min(1.0, max(0.0, (value - nothing) / (all_of - nothing)))
