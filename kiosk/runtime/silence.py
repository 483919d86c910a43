"""How long the office has not been heard: by its signed words alone, and by clocks that can be trusted with it.

Counted are the seconds that this computer was on, by its stopwatch. What it was off is told by the wall clock, and a
clock may jump: one time of being off counts for half of what locks, at most, so that no jump alone locks a kiosk.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from kiosk.custody.entries import from_text, to_text
from kiosk.custody.errors import CustodyError
from kiosk.runtime.orderbook import OrderBook

log = logging.getLogger(__name__)

DAY_S: Final = 86_400.0
#: So often the count is written down: each writing costs the disk two flushes.
KEEP_S: Final = 600.0
_NAME: Final = "silence"
_NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Silence:
    """Used by the custody desk's thread. `after_days` 0: the office's silence never locks."""

    def __init__(
        self,
        book: OrderBook,
        *,
        after_days: float,
        boot: str,
        stopwatch_s: Callable[[], float],
        now: Callable[[], datetime],
    ) -> None:
        """Go on with what was counted before. Raises CustodyError."""
        self.after_days = after_days
        self._book = book
        self._boot = boot
        self._stopwatch_s = stopwatch_s
        self._now = now
        kept = book.get(_NAME)
        self._word_at = from_text(kept["word_at"]) if kept else _NEVER
        self._silent_s = float(kept["silent_s"]) if kept else 0.0
        self._counted_s = self._kept_s = stopwatch_s()
        if kept:
            self._silent_s += self._away_s(kept["boot"], float(kept["stopwatch_s"]), from_text(kept["wall"]))
        self._keep_if_possible()

    @property
    def days(self) -> float:
        """Days without a word."""
        return (self._silent_s + self._stopwatch_s() - self._counted_s) / DAY_S

    @property
    def locks(self) -> bool:
        """Say whether it has lasted too long."""
        return self.after_days > 0 and self.days >= self.after_days

    def heard(self, at: datetime, *, fresh: bool = False) -> None:
        """Take in a verified word that the office signed at `at`.

        A word that is not newer than the newest says nothing: anybody can play an old one again. One that is `fresh`
        (the answer to something of this boot, or a command with a new number) counts whatever the office's clock says.
        """
        if not fresh and at <= self._word_at:
            return
        long = self.locks
        self._word_at, self._silent_s, self._counted_s = at, 0.0, self._stopwatch_s()
        if long:
            log.info("the office was heard again")
        if long or self._counted_s - self._kept_s >= KEEP_S:
            self._keep_if_possible()

    def keep(self) -> None:
        """Write the count down when it is time."""
        if self._stopwatch_s() - self._kept_s >= KEEP_S:
            self._keep_if_possible()

    def _away_s(self, boot: str, stopwatch_s: float, wall: datetime) -> float:
        if boot == self._boot:
            return max(0.0, self._counted_s - stopwatch_s)
        off_s = max(0.0, (self._now() - wall).total_seconds())
        return min(off_s, self.after_days * DAY_S / 2)

    def _keep_if_possible(self) -> None:
        try:
            self._keep()
        except CustodyError as error:
            log.warning("how long the office is silent was not written down: %s", type(error).__name__)

    def _keep(self) -> None:
        now_s = self._stopwatch_s()
        silent_s = self._silent_s + now_s - self._counted_s
        self._book.put(
            _NAME,
            {
                "word_at": to_text(self._word_at),
                "silent_s": silent_s,
                "boot": self._boot,
                "stopwatch_s": now_s,
                "wall": to_text(self._now()),
            },
        )
        self._kept_s = now_s
