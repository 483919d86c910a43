"""What time it is for certain: an interval, from the office's signed words and this boot's own stopwatch.

A wall clock may be ten years off; a stopwatch is not. A word that the office signed at T was signed before it came, so
now is T or later. When it answers something that was made here at a known moment of this boot, it was also signed after
that moment, so now is at most T plus the time the answer took. A receipt is such an answer, to its package.
Across boots only "not earlier than" is left.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import FIRST_DAY, from_text, to_text, uptime_s

# A computer's stopwatch gains or loses at most this share, in the heat and the cold.
DRIFT = 200e-6
_SCHEMA = """
CREATE TABLE IF NOT EXISTS private.clock (one INTEGER PRIMARY KEY CHECK (one = 1), floor TEXT NOT NULL) STRICT
"""
# The floor is written down when it has risen by so much: each writing costs the disk two flushes.
_KEEP_EACH = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Interval:
    """The true time lies between these two; `latest` is None where nothing bounds it from above."""

    earliest: datetime
    latest: datetime | None

    def holds(self, moment: datetime) -> bool:
        """Whether a clock that says `moment` can be right."""
        return self.earliest <= moment and (self.latest is None or moment <= self.latest)

    def clamped(self, moment: datetime) -> datetime:
        """The time within the interval that is nearest to `moment`."""
        moment = max(moment, self.earliest)
        return moment if self.latest is None else min(moment, self.latest)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """By how much the true time (seconds of the epoch) is ahead of the stopwatch, as known at `at_s` of it."""

    at_s: float
    low: float
    high: float | None

    def at(self, now_s: float) -> tuple[float, float | None]:
        """The bounds as they are now: wider by what the stopwatch may have drifted."""
        wider = max(0.0, now_s - self.at_s) * DRIFT
        return self.low - wider, None if self.high is None else self.high + wider


class TrustedClock:
    """This boot's interval. Used by one thread; the floor survives restarts in the private database."""

    def __init__(self, database: CustodyDatabase, *, stopwatch_s: Callable[[], float] = uptime_s) -> None:
        self._database = database
        self._stopwatch_s = stopwatch_s
        self._bounds: _Bounds | None = None
        with database.transaction() as connection:
            connection.execute(_SCHEMA)
            row = connection.execute("SELECT floor FROM private.clock").fetchone()
        self._floor = max(FIRST_DAY, from_text(row[0])) if row else FIRST_DAY

    def stopwatch_s(self) -> float:
        """Seconds since this boot, sleep included: what `heard` takes as the moment of asking."""
        return self._stopwatch_s()

    def heard(self, signed_at: datetime, *, asked_s: float | None = None) -> None:
        """Take in a verified word of the office.

        `signed_at` is when the office signed it by its own clock; `asked_s` the stopwatch when the question was made
        that it answers (None: it answers none of this boot). A fresh answer outweighs what was believed before.

        Raises CustodyError when the floor cannot be kept; the interval is then known for this boot alone.
        """
        now_s, told_s = self._stopwatch_s(), signed_at.timestamp()
        low, high = told_s - now_s, None
        if asked_s is not None:
            asked_s = min(asked_s, now_s)
            high = told_s - asked_s + (now_s - asked_s) * DRIFT
        if self._bounds is not None:
            known_low, known_high = self._bounds.at(now_s)
            if high is None and known_high is not None and low > known_high:
                return  # the office's clock was set ahead since: its next answer will tell
            merged_low = max(low, known_low)
            merged_high = known_high if high is None else high if known_high is None else min(high, known_high)
            if merged_high is None or merged_low <= merged_high:
                low, high = merged_low, merged_high
        self._bounds = _Bounds(now_s, low, high)
        interval = self.interval()
        fresh = asked_s is not None and interval.latest is not None and interval.latest < self._floor
        self._keep(max(FIRST_DAY, signed_at) if fresh else interval.earliest)

    def interval(self) -> Interval:
        """Between which times it is now."""
        if self._bounds is None:
            return Interval(self._floor, None)
        now_s = self._stopwatch_s()
        low, high = self._bounds.at(now_s)
        latest = None if high is None else _moment(now_s + high)
        earliest = _moment(now_s + low)
        if latest is None or self._floor <= latest:
            earliest = max(earliest, self._floor)
        return Interval(earliest, latest)

    def keep(self) -> None:
        """Remember the earliest possible time for the next boot. Raises CustodyError."""
        self._keep(self.interval().earliest)

    def _keep(self, floor: datetime) -> None:
        if timedelta() <= floor - self._floor < _KEEP_EACH:
            return
        self._floor = floor
        with self._database.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO private.clock VALUES (1, ?)", (to_text(floor),))


def _moment(epoch_s: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=epoch_s)


# timesyncd touches it once the clock was set by the network; asking the kernel is forbidden to a hardened service.
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")


def wall_source(mark: Path = _SYNCHRONISED) -> str:
    """What set the wall clock in this boot: `ntp`, or `system` for a clock that nothing vouches for."""
    return "ntp" if mark.exists() else "system"
