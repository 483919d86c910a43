"""Whether another try at a finger is worth it, and which finger comes first for the frail. Pure arithmetic.

The best of all tries is kept, so another try can only win; what it costs is the citizen's strength. A try is worth it
while the points that it is expected to add exceed a threshold that grows as the visit wears on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import erf, exp, pi, sqrt
from statistics import fmean
from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.domain.experience import Attempt, Remedy
from kiosk.domain.quality import PrintVerdict

FRAIL_FROM: Final = 80
"""From this age people count as frail unless the officer says otherwise."""

WORTH_POINTS: Final = 1.0
"""A rested citizen tries again for this many expected points of quality."""

TIRED_POINTS: Final = 9.0
"""So many more are asked for at the end of the strength; in between it grows with the square of the tiredness."""

_USUAL_SPREAD: Final = 8.0
"""Points by which one finger's tries differ, before they were seen: weighs as much as two tries."""


@dataclass(frozen=True, slots=True)
class Strength:
    """How much a visit may ask of somebody for all prints together: tries, and minutes of taking prints."""

    tries: int
    minutes: float


@dataclass(frozen=True, slots=True)
class Visit:
    """What a visit has asked of the citizen's hands so far.

    `tries` at all fingers together, the first at `began` and the newest at `latest`, after `spent_s` seconds that were
    spent on prints before an interruption; `refused` are the remedies that are not for this citizen (a safety question
    was answered with yes; which one is not kept), `hands` what was done to a whole hand ("right", "left"); `frail` is
    the officer's word.
    """

    tries: int = 0
    began: datetime | None = None
    latest: datetime | None = None
    spent_s: float = 0.0
    refused: frozenset[Remedy] = frozenset()
    hands: frozenset[tuple[str, Remedy]] = frozenset()
    frail: bool = False

    def minutes(self, now: datetime) -> float:
        """Give the minutes spent on prints until `now`. A clock that was set back counts nothing."""
        running_s = 0.0 if self.began is None else max(0.0, (now - self.began).total_seconds())
        return (self.spent_s + running_s) / 60

    def tried(self, now: datetime) -> "Visit":
        """Count one more try."""
        return replace(self, tries=self.tries + 1, began=self.began or now, latest=now)

    def interrupted(self) -> "Visit":
        """Give what an interruption leaves: all that was asked, and no time of a clock that may be wrong afterwards."""
        until = self.latest or self.began
        return replace(self, spent_s=60 * self.minutes(until) if until else self.spent_s, began=None, latest=None)


_STRENGTHS: Final = ((80, Strength(24, 9.0)), (60, Strength(34, 14.0)), (0, Strength(45, 20.0)))


def strength_at(age: int | None, *, frail: bool = False) -> Strength:
    """Give the strength expected at an age in years; the frail of any age have that of the oldest."""
    years = FRAIL_FROM if frail else (age or 0)
    return next(strength for from_age, strength in _STRENGTHS if years >= from_age)


def tiredness(strength: Strength, *, tries: int, minutes: float) -> float:
    """Say how much of the strength is spent: 0 = rested, 1 = all of it. Counts tries or minutes, whichever is more."""
    return max(0.0, tries / strength.tries, minutes / strength.minutes)


def expected_gain(attempts: Sequence[Attempt], *, remedy_gain: float = 0.0) -> float:
    """Give the points that one more try is expected to add to the best of these; 0..100.

    The next quality is taken as normal about the mean of the tries (the last two count double: what was done to the
    finger since stays done), raised by what the next remedy gains on average, with the spread of the tries drawn
    towards the usual one while they are few. Of that only what lies above the best so far counts.
    """
    if not attempts:
        return 100.0
    qualities = [one.quality for one in attempts]
    middle = min(100.0, fmean([*qualities, *qualities[-2:]]) + remedy_gain)
    own = sum((one - fmean(qualities)) ** 2 for one in qualities)
    spread = sqrt((own + 2 * _USUAL_SPREAD**2) / (len(qualities) + 2))
    best = max(qualities)
    above = (middle - best) / spread
    density = exp(-above * above / 2) / sqrt(2 * pi)
    share = (1 + erf(above / sqrt(2))) / 2
    return min(100.0 - best, max(0.0, (middle - best) * share + spread * density))


def worth_another_try(
    attempts: Sequence[Attempt],
    *,
    good_from: int,
    remedy_gain: float,
    tries: int,
    minutes: float,
    age: int | None,
    frail: bool = False,
) -> bool:
    """Say whether this finger is tried once more. `tries` and `minutes` are those of the whole visit so far.

    `remedy_gain`: points that the best remedy left gains on average (Advice.gain), 0 where none is left. A finger that
    was never tried always is; a good print never again; and nobody is asked for more than the strength of the age.
    """
    if not attempts:
        return True
    if any(one.verdict is PrintVerdict.GOOD and one.quality >= good_from for one in attempts):
        return False
    tired = tiredness(strength_at(age, frail=frail), tries=tries, minutes=minutes)
    if tired >= 1:
        return False
    return expected_gain(attempts, remedy_gain=remedy_gain) >= WORTH_POINTS + TIRED_POINTS * tired * tired


_USUAL_QUALITY: Final = {"thumb": 58.0, "index": 60.0, "middle": 58.0, "ring": 52.0, "little": 44.0}
"""Quality to expect of a finger before any was seen: the large and the trained ones give the better prints."""

_OTHER_HAND: Final = 0.5
"""How much of a hand's condition is expected of the other hand too."""


def gentle_order(
    fingers: Sequence[Finger],
    *,
    age: int | None,
    qualities: Mapping[Finger, int],
    frail: bool = False,
) -> tuple[Finger, ...]:
    """Order the fingers still to be taken: for the frail the best first, for everybody else as the plan has them.

    The rule for the frail: first thumb and index of the better hand, then all others, each group by the quality
    expected of the finger. Expected is the finger's own best so far where it has one; else what is usual for such a
    finger, moved by how the fingers taken so far differ from the usual (the other hand's count half). The better hand
    is the one whose fingers did better than usual; the first hand given while nothing tells them apart. Equals keep
    their order.
    """
    if not frail and (age is None or age < FRAIL_FROM):
        return tuple(fingers)
    condition = {hand: _condition(hand, qualities) for hand in ("right", "left")}
    first = _hand(fingers[0]) if fingers else "right"
    second = "left" if first == "right" else "right"
    better = second if condition[second] > condition[first] else first

    def place(finger: Finger) -> tuple[bool, float]:
        own = qualities.get(finger)
        expected = _USUAL_QUALITY[_kind(finger)] + condition[_hand(finger)] if own is None else float(own)
        leads = _hand(finger) == better and _kind(finger) in {"thumb", "index"}
        return not leads, -expected

    return tuple(sorted(fingers, key=place))


def _hand(finger: Finger) -> str:
    return finger.value.partition("_")[0]


def _kind(finger: Finger) -> str:
    return finger.value.partition("_")[2]


def _condition(hand: str, qualities: Mapping[Finger, int]) -> float:
    """Give by how many points a hand's fingers differ from the usual, as far as any was taken."""
    own = [taken - _USUAL_QUALITY[_kind(one)] for one, taken in qualities.items() if _hand(one) == hand]
    other = [taken - _USUAL_QUALITY[_kind(one)] for one, taken in qualities.items() if _hand(one) != hand]
    if own:
        return fmean(own)
    return _OTHER_HAND * fmean(other) if other else 0.0
