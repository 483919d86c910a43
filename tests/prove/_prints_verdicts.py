"""Verdicts and worth of prints against what is known of them: on grown fingers, on every kind of sensor.

Which flaw a press has is known because it was made so. What a press is worth is known from a comparison that the
judging has no part in: the emulated module's own minutiae, against clean presses of the same finger.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final

import numpy as np

from drivers.fingerprint.minutiae import Minutiae, extract, score
from drivers.fingerprint.synthetic import Finger, Impression, Look, Pattern, print_of
from kiosk.biometrics.prints import assess
from kiosk.domain.quality import PrintVerdict

SENSORS: Final = {
    Look.PLAIN: (256, 288, 500),
    Look.OPTICAL: (328, 364, 500),
    Look.BLEACHED: (400, 480, 500),
    Look.CAPACITIVE: (192, 192, 508),
    Look.THERMAL: (300, 480, 512),
    Look.NEGATIVE: (300, 300, 500),
}
_CLEAN: Final = (320, 360, 500)


@dataclass(frozen=True, slots=True)
class Pressed:
    """One press: the flaw that was put into it, the sensor, what was judged, and how well it compares (0 to 999)."""

    finger: int
    look: Look
    flaw: PrintVerdict
    verdict: PrintVerdict
    quality: int
    match: float


def report(fingers: int = 24, seed: int = 1, presses: int = 20) -> list[str]:
    """Judge `presses` of each of `fingers` fingers on each of six kinds of sensor; give the lines to show."""
    pressed = [one for number in range(fingers) for one in _presses(number, seed, presses)]
    return [
        f"{len(pressed)} presses of {fingers} grown fingers on {len(SENSORS)} kinds of sensor, seed {seed}",
        *_confusion(pressed),
        "",
        *_ranks(pressed),
    ]


def _presses(number: int, seed: int, presses: int) -> Iterator[Pressed]:
    chance = np.random.default_rng((seed, number))
    finger = Finger(
        1000 * seed + number, list(Pattern)[number % 3], ridge_mm=chance.uniform(0.42, 0.52),
        age_years=int(chance.integers(20, 90)),
    )  # fmt: skip
    grain = float(chance.uniform(0, 1))
    clean = [_minutiae(finger, Impression(seed=900 + again, grain=grain / 2), Look.PLAIN, _CLEAN) for again in range(2)]
    for look, (width, height, dpi) in SENSORS.items():
        for again in range(presses):
            flaw, press = _press(again, chance, grain)
            grey = print_of(finger, press, width_px=width, height_px=height, dpi=dpi, look=look)
            judged = assess(grey, width, height, dpi)
            own = _extracted(grey, look, (width, height, dpi))
            match = fmean(score(own, one) for one in clean)
            yield Pressed(number, look, flaw, judged.verdict, judged.quality, match)


def _press(again: int, chance: np.random.Generator, grain: float) -> tuple[PrintVerdict, Impression]:
    """A plain flaw each, of uneven strength, the rest of the press as chance has it."""
    bad, turn = float(chance.uniform(0.7, 1.0)), float(chance.uniform(-12, 12))
    place = float(chance.uniform(-1, 1)), float(chance.uniform(-1, 1))
    usual = Impression(
        seed=again, pressure=float(chance.uniform(0.4, 0.6)), rotation_deg=turn, offset_mm=place, grain=grain
    )
    way = (3.5 + 1.5 * bad) * (1 if chance.random() < 0.5 else -1)
    made = {
        PrintVerdict.GOOD: {},
        PrintVerdict.TOO_DRY: {"dryness": bad},
        PrintVerdict.TOO_WET: {"wetness": bad},
        PrintVerdict.WORN: {"wear": bad},
        PrintVerdict.SMUDGED: {"smudge": bad},
        PrintVerdict.OFF_CENTRE: {"offset_mm": (way, place[1])},
        PrintVerdict.PARTIAL: {"offset_mm": (place[0], 6.5 + 2.5 * bad)},
        PrintVerdict.DIRTY_GLASS: {"dirt": bad},
        PrintVerdict.TOO_LIGHT: {"pressure": 0.22 - 0.2 * bad},
        PrintVerdict.TOO_HARD: {"pressure": 0.4 + 0.6 * bad},
    }
    flaw = list(made)[again % len(made)]
    known = {name: getattr(usual, name) for name in Impression.__dataclass_fields__}
    return flaw, Impression(**{**known, **made[flaw]})


def _minutiae(finger: Finger, press: Impression, look: Look, sensor: tuple[int, int, int]) -> Minutiae:
    width, height, dpi = sensor
    return _extracted(print_of(finger, press, width_px=width, height_px=height, dpi=dpi, look=look), look, sensor)


def _extracted(grey: bytes, look: Look, sensor: tuple[int, int, int]) -> Minutiae:
    width, height, dpi = sensor
    # A module knows its own sensor: it needs not find out that its pictures are negatives.
    upright = bytes(255 - value for value in grey) if look is Look.NEGATIVE else grey
    return extract(upright, width, height, dpi=dpi)


def _confusion(pressed: Iterable[Pressed]) -> list[str]:
    told: defaultdict[PrintVerdict, Counter[PrintVerdict]] = defaultdict(Counter)
    for one in pressed:
        told[one.flaw][one.verdict] += 1
    columns = list(PrintVerdict)
    lines = ["made / told " + "".join(f"{column.value:>12}" for column in columns)]
    for flaw, counts in told.items():
        lines.append(f"{flaw.value:<12}" + "".join(f"{counts[column]:>12}" for column in columns))
    right = sum(counts[flaw] for flaw, counts in told.items())
    # A finger that lies far off is in part on the window: both are the same word to the citizen.
    right += told[PrintVerdict.OFF_CENTRE][PrintVerdict.PARTIAL] + told[PrintVerdict.PARTIAL][PrintVerdict.OFF_CENTRE]
    count = sum(counts.total() for counts in told.values())
    return [
        *lines,
        f"named right (off_centre and partial count for each other): {right} of {count}, {100 * right / count:.1f} %",
    ]


def _ranks(pressed: Sequence[Pressed]) -> list[str]:
    lines = ["rank agreement (Spearman) of quality with the comparison, presses of one finger on one sensor:"]
    for look in SENSORS:
        fingers = sorted({one.finger for one in pressed})
        groups = [[one for one in pressed if one.look is look and one.finger == finger] for finger in fingers]
        all_of = [spearman([one.quality for one in group], [one.match for one in group]) for group in groups]
        lines.append(f"{look.value:<12} mean {fmean(all_of):.2f}, from {min(all_of):.2f} to {max(all_of):.2f}")
    return lines


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Give the rank correlation of two rows of numbers, ties ranked by their mean; 0 where one of them is constant."""
    a, b = _ranked(one), _ranked(other)
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def _ranked(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    row = np.asarray(values, np.float64)
    return np.asarray([(row < value).sum() + ((row == value).sum() - 1) / 2 for value in row], np.float64)


if __name__ == "__main__":
    print("\n".join(report(int(sys.argv[1]) if len(sys.argv) > 1 else 24)))
