"""How far each kiosk's clock is off, by the time that its uplink shows as it sends. No web, no SQL.

A message that waited, in the broker while the collector was away, or on a slow road, shows an old time and says nothing
of the clock. Nothing in it tells that it waited. But what waited comes faster than it was made; so a kiosk's samples
count only where they come as far apart as they were sent. Of the last few the largest counts: the road only ever makes
a sample older.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

#: Samples may come closer together than they were sent by so much, in seconds.
TOLERANCE_S: Final = 2.0
#: Over less time than this nothing is compared: two samples of one moment look alike, however long they waited.
APART_S: Final = 20.0
#: Of so many samples the one that was least under way counts.
WINDOW: Final = 5


@dataclass(slots=True)
class _Road:
    """One kiosk's samples since one that was surely no later than those after it: its time shown, and when it came."""

    shown: datetime
    came: datetime
    offsets: deque[float] = field(default_factory=lambda: deque[float](maxlen=WINDOW))


class Offsets:
    """Used by the collector's thread."""

    def __init__(self) -> None:
        self._roads: dict[str, _Road] = {}

    def on_down(self) -> None:
        """The connection ended: what comes after it may have waited."""
        self._roads.clear()

    def hear(self, kiosk: str, shown: datetime, now: datetime) -> float | None:
        """The kiosk's clock less the office's in seconds, by a sample that shows ``shown``; None: it does not say.

        The road is included, as far as every sample took it: some seconds mean nothing.
        """
        road = self._roads.get(kiosk)
        if road is None:
            self._roads[kiosk] = _Road(shown, now)
            return None
        apart_s = (now - road.came).total_seconds()
        if (shown - road.shown).total_seconds() - apart_s > TOLERANCE_S or apart_s < 0:
            # The one before had waited longer than this one: nobody knows yet how long this one has.
            self._roads[kiosk] = _Road(shown, now)
            return None
        if apart_s < APART_S:
            return None
        road.offsets.append((shown - now).total_seconds())
        return max(road.offsets)
