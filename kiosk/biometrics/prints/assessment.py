"""Judging one print: what it is worth among prints of its finger, and the one thing to say to the citizen.

Each flaw gets a severity from 0 to 1 out of its own physical signs; the verdict is the worst flaw that is bad enough.
Quality is how much of the finger can be read, by area and clarity, less what each flaw is known to cost. It is meant to
rank prints of one sensor and is no NFIQ 2 score (a small window alone costs that 16 to 37 points).
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from kiosk.biometrics.prints.field import take_apart
from kiosk.biometrics.prints.iso29794 import IsoFeatures, iso_features
from kiosk.biometrics.prints.measures import Measures, measure
from kiosk.domain.quality import PrintVerdict

DPI_RANGE: Final = range(200, 1301)
SMALLEST_SIDE_PX: Final = 64
LARGEST_PX: Final = 40_000_000

BAD_ENOUGH: Final = 0.35
"""From this severity on a flaw is worth a word, unless the print is good all the same."""
GOOD_ANYWAY: Final = 0.48
"""A print of GOOD_QUALITY is called good unless a flaw is as bad as this."""
GOOD_QUALITY: Final = 70
POOR_QUALITY: Final = 25
"""Below this no print is called good, even when no single thing stands out."""
FULL_CONTACT_MM2: Final = 130.0
"""Contact of a flat fingertip that is as good as any; a smaller window can give no more than most of itself."""
_WINDOW_SHARE: Final = 0.9

#: How much of a print's worth the worst of a flaw takes, beyond what it takes by blurring ridges.
_COSTS: Final[Mapping[PrintVerdict, float]] = MappingProxyType(
    {
        PrintVerdict.SMUDGED: 0.55,
        PrintVerdict.TOO_WET: 0.5,
        PrintVerdict.WORN: 0.3,
        PrintVerdict.TOO_DRY: 0.3,
        PrintVerdict.OFF_CENTRE: 0.25,
        PrintVerdict.TOO_HARD: 0.15,
        PrintVerdict.DIRTY_GLASS: 0.15,
        PrintVerdict.TOO_LIGHT: 0.1,
    }
)
_OPPOSITE: Final = {"left": "right", "right": "left", "up": "down", "down": "up"}


@dataclass(frozen=True, slots=True)
class PrintAssessment:
    """What a print is worth: `quality` 0 (nothing) to 100, the verdict, and the numbers that both come from.

    `evidence` has every measure, the ISO/IEC 29794-4 features, the severity of each flaw ("too_dry_severity"), and for
    a finger that is not in the middle its `direction` (where it lies: left, right, up, down) and `move` (where to).
    """

    quality: int
    verdict: PrintVerdict
    evidence: Mapping[str, float | str]


def assess(grey: bytes, width_px: int, height_px: int, dpi: int) -> PrintAssessment:
    """Judge a print of height x width bytes, rows from the top, 0 = ridge.

    Raises ValueError when the bytes do not fit the size, or when size or dpi are no print's.
    """
    picture = picture_of(grey, width_px, height_px, dpi)
    field = take_apart(picture, dpi)
    seen, _ = measure(field)
    if _is_empty(seen):
        evidence = {**asdict(seen), **_iso(IsoFeatures(0))}
        return PrintAssessment(0, PrintVerdict.NO_FINGER, MappingProxyType(evidence))
    severities = _severities(seen)
    quality = _quality(seen, severities)
    verdict = _verdict(severities, quality)
    side = _side(seen)
    evidence: dict[str, float | str] = {
        **asdict(seen),
        **_iso(iso_features(field.given)),
        **{f"{flaw.value}_severity": severity for flaw, severity in severities.items()},
    }
    if verdict in {PrintVerdict.OFF_CENTRE, PrintVerdict.PARTIAL} and side:
        evidence |= {"direction": side, "move": _OPPOSITE[side]}
    return PrintAssessment(quality, verdict, MappingProxyType(evidence))


def picture_of(grey: bytes, width_px: int, height_px: int, dpi: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Give the bytes as height x width pixels. Raises ValueError when they are no print's."""
    too_large = width_px * height_px > LARGEST_PX
    if dpi not in DPI_RANGE or min(width_px, height_px) < SMALLEST_SIDE_PX or too_large:
        raise ValueError(f"a print of {width_px} x {height_px} pixels at {dpi} dpi cannot be judged")
    if len(grey) != width_px * height_px:
        raise ValueError(f"{len(grey)} bytes are no picture of {width_px} x {height_px} pixels")
    return np.frombuffer(grey, np.uint8).reshape(height_px, width_px)


def _is_empty(seen: Measures) -> bool:
    """Say whether no finger lies there: nothing, or structure that does not run as ridges do."""
    return seen.area_mm2 < 8 or seen.usable_mm2 < 2.5 or (seen.certainty < 0.35 and seen.dark < 0.3)


def _quality(seen: Measures, severities: Mapping[PrintVerdict, float]) -> int:
    reachable = min(FULL_CONTACT_MM2, _WINDOW_SHARE * seen.window_mm2)
    share = min(1.0, seen.usable_mm2 / reachable)
    clarity = min(1.0, seen.usable_mm2 / max(seen.area_mm2, 1.0))
    worth = share**0.8 * clarity**0.5
    for flaw, cost in _COSTS.items():
        worth *= 1 - cost * severities[flaw]
    return max(1, min(100, round(100 * worth)))


def _severities(seen: Measures) -> dict[PrintVerdict, float]:
    displaced, shift = _displacement(seen), max(_shifts(seen))
    reach = seen.area_mm2 / min(FULL_CONTACT_MM2, _WINDOW_SHARE * seen.window_mm2)
    skin = _skin(seen)
    # Far out or little of it: a part. Most of it there, but cut off on one side: off the middle.
    part = shift > 0.45 or reach < 0.6
    small = max(_between(reach, 0.85, 0.4) * (displaced > 0.2), displaced * (shift > 0.45))
    lone = _between(reach, 0.5, 0.25) * (1 - skin[PrintVerdict.TOO_LIGHT])
    return {
        **skin,
        PrintVerdict.PARTIAL: max(small, lone) if part else 0.0,
        PrintVerdict.OFF_CENTRE: displaced * (0.5 if part else 1.0),
    }


def _skin(seen: Measures) -> dict[PrintVerdict, float]:
    """What moisture, wear, pressure or dirt did to the ridges."""
    dark = _between(seen.brightness, 0.56, 0.45)
    filled = max(
        _between(seen.blots, 0.008, 0.06), _between(seen.stains, 0.08, 0.45), _between(seen.lost_dark, 0.02, 0.2)
    )
    dragged = max(_between(seen.stains, 0.05, 0.3), _between(seen.lost_grey, 0.06, 0.2))
    smudged = _between(seen.unevenness, 0.28, 0.5) * dragged * _between(seen.stains, 0.02, 0.08)
    wet = (dark * filled) ** 0.5 * (1 - 0.8 * smudged)
    flattened = _between(seen.brightness, 0.55, 0.48) * _between(seen.ridge_share, 0.52, 0.555)
    pale = _between(seen.brightness, 0.64, 0.76)
    broken = max(_between(seen.breaks, 0.05, 0.15), _between(seen.fragments, 2.4, 6.0))
    # Dry ridges are dark where they touch at all; flattened ones nowhere.
    flat = _between(seen.ridge_level, 0.45, 0.58) * _between(seen.contrast, 0.2, 0.13)
    torn = max(_between(seen.creases, 0.02, 0.08), _between(seen.lost_pale + seen.lost_grey * (1 - smudged), 0.12, 0.4))
    worn = max(flat, torn * (1 - max(wet, smudged)) * (1 - pale * broken))
    thin = _between(seen.contrast, 0.3, 0.2) * _between(seen.continuity, 0.68, 0.8)
    specks = 0.85 * _between(seen.stains, 0.015, 0.04) * _between(seen.brightness, 0.5, 0.55) * (1 - smudged)
    specks *= _between(seen.fragments, 0.9, 1.3) * _between(seen.contrast, 0.18, 0.25)
    return {
        PrintVerdict.TOO_WET: wet,
        PrintVerdict.TOO_HARD: flattened * (1 - filled) * (1 - smudged),
        PrintVerdict.TOO_DRY: pale * broken * (1 - flat),
        PrintVerdict.TOO_LIGHT: pale * thin * (1 - broken) * (1 - flat),
        PrintVerdict.WORN: worn,
        PrintVerdict.SMUDGED: smudged,
        PrintVerdict.DIRTY_GLASS: max(_between(seen.outside, 0.02, 0.1), specks),
    }


def _displacement(seen: Measures) -> float:
    """How far off the finger lies, 0 to 1: counted in full where the window cuts it off on that side alone."""
    across, along = _shifts(seen)
    # A fingertip naturally goes on below the window.
    return _between(max(across, along if seen.shift_y < 0 else 0.85 * along), 0.12, 0.4)


def _shifts(seen: Measures) -> tuple[float, float]:
    across = _axis(seen.shift_x, seen.cut_left, seen.cut_right)
    return across, _axis(seen.shift_y, seen.cut_top, seen.cut_bottom)


def _axis(shift: float, before: float, behind: float) -> float:
    near, far = (before, behind) if shift < 0 else (behind, before)
    return abs(shift) * (1.0 if near > 0.2 and far < 0.5 * near else 0.35)


def _side(seen: Measures) -> str:
    across, along = _shifts(seen)
    if max(across, along) < 0.08:
        return ""
    if across >= along:
        return "left" if seen.shift_x < 0 else "right"
    return "up" if seen.shift_y < 0 else "down"


def _verdict(severities: Mapping[PrintVerdict, float], quality: int) -> PrintVerdict:
    worst = max(severities, key=lambda flaw: severities[flaw])
    limit = GOOD_ANYWAY if quality >= GOOD_QUALITY else BAD_ENOUGH
    if severities[worst] >= limit:
        return worst
    if quality >= POOR_QUALITY:
        return PrintVerdict.GOOD
    return worst if severities[worst] > 0.1 else PrintVerdict.PARTIAL


def _iso(features: IsoFeatures) -> dict[str, float | str]:
    named = {f"iso_{name}": value for name, value in asdict(features).items()}
    return {name: value for name, value in named.items() if value is not None}


def _between(value: float, nothing: float, all_of: float) -> float:
    """Where a value lies on the way from `nothing` (0) to `all_of` (1)."""
    return min(1.0, max(0.0, (value - nothing) / (all_of - nothing)))
