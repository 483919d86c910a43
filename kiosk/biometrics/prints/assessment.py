"""Judging one print: what it is worth among prints of its finger, and the one thing to say to the citizen.

Each flaw gets a severity from 0 to 1 out of its own physical signs; the verdict is the worst flaw that is bad enough.
Quality is how much of the finger can be read, by area and clarity, less what each flaw is known to cost. It is meant to
rank prints of one sensor and is no NFIQ 2 score (a small window alone costs that 16 to 37 points).
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from kiosk.biometrics.prints.field import take_apart
from kiosk.biometrics.prints.flaws import reachable_mm2, severities, side_of
from kiosk.biometrics.prints.iso29794 import IsoFeatures, iso_features
from kiosk.biometrics.prints.measures import Measures, measure
from kiosk.domain.quality import PrintVerdict

DPI_RANGE: Final = range(200, 1301)
SMALLEST_SIDE_PX: Final = 64
LONGEST_SIDE_PX: Final = 8_000
LARGEST_PX: Final = 40_000_000

BAD_ENOUGH: Final = 0.35
"""From this severity on a flaw is worth a word, unless the print is good all the same."""
GOOD_ANYWAY: Final = 0.48
"""A print of GOOD_QUALITY is called good unless a flaw is as bad as this."""
GOOD_QUALITY: Final = 70
POOR_QUALITY: Final = 25
"""Below this no print is called good, even when no single thing stands out."""
FULL_CONTRAST: Final = 0.25
"""Amplitude of the ridges, as a share of the glass, from which on more of it helps nobody."""
#: How much of a print's worth the worst of a flaw takes, beyond what it takes by blurring ridges.
_COSTS: Final[Mapping[PrintVerdict, float]] = MappingProxyType(
    {
        PrintVerdict.SMUDGED: 0.3,
        PrintVerdict.OFF_CENTRE: 0.25,
        PrintVerdict.TOO_WET: 0.3,
        PrintVerdict.PARTIAL: 0.1,
        PrintVerdict.TOO_DRY: 0.1,
        PrintVerdict.WORN: 0.2,
        PrintVerdict.TOO_HARD: 0.03,
        PrintVerdict.DIRTY_GLASS: 0.05,
        PrintVerdict.TOO_LIGHT: 0.05,
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
    flaws, iso = severities(seen), iso_features(field.given)
    quality = _quality(seen, flaws, iso)
    verdict = _verdict(flaws, quality)
    side = side_of(seen)
    evidence: dict[str, float | str] = {
        **asdict(seen),
        **_iso(iso),
        **{f"{flaw.value}_severity": severity for flaw, severity in flaws.items()},
    }
    if verdict in {PrintVerdict.OFF_CENTRE, PrintVerdict.PARTIAL} and side:
        evidence |= {"direction": side, "move": _OPPOSITE[side]}
    return PrintAssessment(quality, verdict, MappingProxyType(evidence))


def picture_of(grey: bytes, width_px: int, height_px: int, dpi: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Give the bytes as height x width pixels. Raises ValueError when they are no print's."""
    too_large = width_px * height_px > LARGEST_PX or max(width_px, height_px) > LONGEST_SIDE_PX
    if dpi not in DPI_RANGE or min(width_px, height_px) < SMALLEST_SIDE_PX or too_large:
        raise ValueError(f"a print of {width_px} x {height_px} pixels at {dpi} dpi cannot be judged")
    if len(grey) != width_px * height_px:
        raise ValueError(f"{len(grey)} bytes are no picture of {width_px} x {height_px} pixels")
    return np.frombuffer(grey, np.uint8).reshape(height_px, width_px)


def _is_empty(seen: Measures) -> bool:
    """Say whether no finger lies there: nothing, or structure that does not run as ridges do."""
    if seen.area_mm2 < 8 or seen.usable_mm2 < 2.5 or (seen.certainty < 0.35 and seen.dark < 0.3):
        return True
    stripes = seen.one_way > 0.9 and (seen.contrast < 0.05 or (seen.one_way > 0.985 and seen.area_mm2 > 80))
    lone_edges = (seen.peakedness > 4.8 and seen.lost > 0.55) or (seen.one_way > 0.93 and seen.area_mm2 < 25)
    return stripes or lone_edges or (seen.noise > 1.0 and seen.contrast < 0.06)


def _quality(seen: Measures, flaws: Mapping[PrintVerdict, float], iso: IsoFeatures) -> int:
    share = seen.usable_mm2 / reachable_mm2(seen)
    clarity = min(1.0, seen.usable_mm2 / max(seen.area_mm2, 1.0))
    # Each further square millimetre adds less than the one before, but never nothing.
    worth = (1 - math.exp(-2.6 * share)) * clarity**0.1
    # False minutiae grow where ridges are lost within the contact and where they stand out little.
    worth *= (1 - seen.lost) ** 0.6 * min(1.0, seen.contrast / FULL_CONTRAST) ** 0.25
    # Ridges broader than valleys: on public sets the one local feature that always goes with worse comparisons.
    worth *= math.exp(-0.25 * min(0.8, max(0.0, (iso.rvu or 1.0) - 1.1)))
    for flaw, cost in _COSTS.items():
        worth *= 1 - cost * flaws[flaw]
    return max(1, min(100, round(100 * worth)))


def _verdict(flaws: Mapping[PrintVerdict, float], quality: int) -> PrintVerdict:
    worst = max(flaws, key=lambda flaw: flaws[flaw])
    limit = GOOD_ANYWAY if quality >= GOOD_QUALITY else BAD_ENOUGH
    if flaws[worst] >= limit:
        return worst
    if quality >= POOR_QUALITY:
        return PrintVerdict.GOOD
    return worst if flaws[worst] > 0.1 else PrintVerdict.PARTIAL


def _iso(features: IsoFeatures) -> dict[str, float | str]:
    named = {f"iso_{name}": value for name, value in asdict(features).items()}
    return {name: value for name, value in named.items() if value is not None}
