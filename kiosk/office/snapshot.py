"""Everything the page is made of at one moment, gathered once for all who look. No web, no SQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from kiosk.domain.experience import Experience
from kiosk.office.changes import Changes
from kiosk.office.commanding import Given
from kiosk.office.duty import Standing
from kiosk.office.forwarding import Above
from kiosk.office.gaps import Missing
from kiosk.office.helping import Qualities
from kiosk.office.keeping import Keeping
from kiosk.office.records import Alarm, KioskLast, StoredEnrolment
from kiosk.office.registry import Registry

# A kiosk falls silent by the clock alone: no picture is shown longer than this.
FRESH_S = 1.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the page is made of, at ``now``."""

    now: datetime
    registry: Registry
    kiosks: Sequence[KioskLast]
    enrolments: Sequence[StoredEnrolment]
    alarms: Sequence[Alarm]
    gaps: Mapping[str, int]
    received_today: int
    received_all: int
    broker_up: bool
    broker_not_after: datetime
    silent_after_s: float
    low_battery: float
    remedies: Experience = field(default_factory=dict)
    commands: Sequence[Given] = ()
    revocations_until: datetime | None = None
    # When the first authority ends that others are judged by.
    authority_not_after: datetime | None = None
    # Kiosks that wait for a certificate, and since when the first of them.
    renewals_waiting: int = 0
    renewals_since: datetime | None = None
    collectors: Sequence[Standing] = ()
    above: Above | None = None
    # Kiosks that do not have the settings that are wanted of them.
    differing: int = 0
    keeping: Keeping = field(default_factory=Keeping)
    qualities: Qualities = field(default_factory=dict)
    activity: Mapping[date, Mapping[str, int]] = field(default_factory=dict)
    # Which numbers are missing, of the first kiosks in ``gaps``.
    missing: Mapping[str, Missing] = field(default_factory=dict)


class SharedSnapshot:
    """One snapshot for every page that is open. May be used from several threads."""

    def __init__(
        self, take: Callable[[], Snapshot], changes: Changes, *, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._monotonic_s = monotonic_s
        self._take = take
        self._changes = changes
        self._lock = threading.Lock()
        self._taken: tuple[Snapshot, int, float] | None = None

    def __call__(self, turn: int | None = None) -> Snapshot:
        """A snapshot younger than a second that knows every change up to ``turn`` (up to now, when not told)."""
        wanted = self._changes.turn if turn is None else turn
        with self._lock:
            if self._taken is not None:
                snapshot, knows, at_s = self._taken
                if knows >= wanted and self._monotonic_s() - at_s < FRESH_S:
                    return snapshot
            # The turn first: what changes while the database is read is told once more, not overlooked.
            knows, at_s = self._changes.turn, self._monotonic_s()
            snapshot = self._take()
            self._taken = (snapshot, knows, at_s)
            return snapshot
