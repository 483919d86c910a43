"""What has helped which finger so far: tallies of remedies, kept without anybody's name.

A tally counts what was tried for one verdict, how often it helped and how many points of quality it gained. Older
evidence fades, so that the dry season does not teach the wet one. No clock here: days are handed in.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from math import isfinite
from typing import Final

from kiosk.domain.quality import PrintVerdict

NOTABLE_GAIN: Final = 10
"""Points of quality from which a remedy has helped even where the print is still not good enough."""

HALF_LIFE_DAYS: Final = 60.0
"""After so many days evidence counts for half: a season of salt or rain is about three months."""


class Remedy(StrEnum):
    """What is done to a finger, or to the glass, to make the next capture better."""

    WASH = "wash"
    DAMP = "damp"
    WARM = "warm"
    LIGHTER = "lighter"
    FIRMER = "firmer"
    MOVE = "move"
    LIFT = "lift"
    GLASS = "glass"
    DRYER = "dryer"
    POWDER = "powder"
    DEODORANT = "deodorant"
    ICE = "ice"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at a finger: its quality 0..100, its verdict and the remedy that was done just before it."""

    quality: int
    verdict: PrintVerdict
    remedy: Remedy | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a remedy was tried and helped, and the points of quality gained by all tries together.

    Counts are whole where they are counted and fractions where evidence has faded. Raises ValueError for what cannot
    be counted: more helped than tried, or a number below zero.
    """

    tried: float = 0
    helped: float = 0
    gain: float = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be counted."""
        if not (isfinite(self.tried) and isfinite(self.helped) and isfinite(self.gain)):
            raise ValueError("a tally is made of finite numbers")
        if not 0 <= self.helped <= self.tried:
            raise ValueError("a tally helps at most as often as it was tried")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.tried + other.tried, self.helped + other.helped, self.gain + other.gain)

    def times(self, share: float) -> "Tally":
        """Count this evidence for a share of itself, 0 to 1."""
        return Tally(self.tried * share, min(self.helped, self.tried) * share, self.gain * share)

    @property
    def whole(self) -> tuple[int, int]:
        """Helped and tried as whole numbers, to be shown: "helped 14 of 20"."""
        return round(self.helped), round(self.tried)

    @property
    def mean_gain(self) -> float:
        """Points gained by one try; 0 where nothing was tried."""
        return self.gain / self.tried if self.tried else 0.0


Experience = Mapping[tuple[PrintVerdict, Remedy], Tally]
"""What is known of each remedy for each verdict; a pair that is not there was never tried."""

NOTHING_SEEN: Final[Experience] = {}
"""The beginning of all experience."""


@dataclass(frozen=True, slots=True)
class RemedyOutcome:
    """One remedy for one verdict, the quality 0..100 before and after it, and whether it helped. Nobody is named."""

    verdict: PrintVerdict
    remedy: Remedy
    before: int
    after: int
    helped: bool

    @classmethod
    def judged(
        cls, verdict: PrintVerdict, remedy: Remedy, *, before: int, after: int, good_from: int
    ) -> "RemedyOutcome":
        """Say whether it helped: the print became good enough, or better by a notable gain."""
        helped = (after >= good_from and after > before) or after - before >= NOTABLE_GAIN
        return cls(verdict, remedy, before, after, helped)

    @property
    def tally(self) -> Tally:
        """This one outcome as a tally."""
        return Tally(1, int(self.helped), self.after - self.before)


def learn(experience: Experience, outcome: RemedyOutcome) -> Experience:
    """Add an outcome to what is known; the given experience stays as it is."""
    pair = (outcome.verdict, outcome.remedy)
    return {**experience, pair: experience.get(pair, Tally()) + outcome.tally}


def together(experiences: Iterable[Experience]) -> Experience:
    """Add up several experiences."""
    total: dict[tuple[PrintVerdict, Remedy], Tally] = {}
    for one in experiences:
        for pair, tally in one.items():
            total[pair] = total.get(pair, Tally()) + tally
    return total


def faded(days: Mapping[date, Experience], *, today: date, half_life_days: float = HALF_LIFE_DAYS) -> Experience:
    """Add up what was learnt day by day, as it counts today: half after each half-life.

    A day that lies ahead (the clock was wrong) counts like today.
    """
    return together(
        {pair: tally.times(0.5 ** (max(0, (today - day).days) / half_life_days)) for pair, tally in experience.items()}
        for day, experience in days.items()
    )
