"""How many enrolments came on which day in Viet Nam, by kiosk and so by unit: what was counted once is kept.

The day of an enrolment is the one on which the office received it, so days that are over do not change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from markupsafe import Markup
from sqlalchemy import func, select

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.plots import day_bars
from kiosk.office.snapshot import Snapshot
from kiosk.office.wording import LOCAL, Words

DAYS: Final = 30
UNITS: Final = 8
#: Today is counted whole again after so long; in between only what is new.
_AGAIN: Final = timedelta(minutes=2)


class Activity:
    """Counts. Used by one thread at a time. Raises sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase) -> None:
        self._database = database
        self._past: dict[date, Counter[str]] = {}
        self._today: tuple[date, Counter[str], int, datetime] | None = None

    def __call__(self, now: datetime) -> Mapping[date, Mapping[str, int]]:
        """The last `DAYS` days, the oldest first: of each kiosk how many came; a kiosk without any is left out."""
        today = now.astimezone(LOCAL).date()
        days = [today - timedelta(days=back) for back in reversed(range(1, DAYS))]
        self._past = {day: self._past.get(day) or self._count(day)[0] for day in days}
        return {**self._past, today: self._of_today(today, now)}

    def _of_today(self, today: date, now: datetime) -> Counter[str]:
        known = self._today
        if known is None or known[0] != today or not timedelta(0) <= now - known[3] < _AGAIN:
            counts, last = self._count(today)
            counted_at = now
        else:
            more, last = self._count(today, after=known[2])
            counts, counted_at = known[1] + more, known[3]
        self._today = (today, counts, last, counted_at)
        return counts

    def _count(self, day: date, *, after: int = 0) -> tuple[Counter[str], int]:
        table = tables.enrolment.c
        begin = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
        query = (
            select(table.kiosk, func.count(), func.max(table.number))
            .where(
                table.received_at >= to_text(begin),
                table.received_at < to_text(begin + timedelta(days=1)),
                table.number > after,
            )
            .group_by(table.kiosk)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return Counter({kiosk: count for kiosk, count, _ in rows}), max([after, *(number for *_, number in rows)])


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit: how many came from it, and that as a share of the largest."""

    name: str
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class ActivityView:
    """The plot by day, and the units. ``more``: how many units are left out, with how many enrolments."""

    bars: Markup
    units: tuple[UnitRow, ...]
    more: tuple[int, int]
    total: int


def activity_view(snapshot: Snapshot, words: Words) -> ActivityView | None:
    """Put the counts into a plot and rows; None when nothing came in all those days."""
    days = {day: sum(counts.values()) for day, counts in snapshot.activity.items()}
    total = sum(days.values())
    if not total:
        return None
    communes = snapshot.registry.communes
    units: Counter[str] = Counter()
    for counts in snapshot.activity.values():
        for kiosk, count in counts.items():
            entry = snapshot.registry.kiosks.get(kiosk)
            units[communes.get(entry.commune, entry.commune) if entry is not None else kiosk] += count
    ordered = sorted(units.items(), key=lambda one: (-one[1], one[0]))
    bars = [(f"{day:%d/%m}", words("activity.day", day=f"{day:%d/%m/%Y}", n=n), n) for day, n in days.items()]
    about = words("activity.about", n=total, most=max(days.values()), days=len(days))
    return ActivityView(
        bars=day_bars(bars, about=about),
        units=tuple(UnitRow(name, count, count / ordered[0][1]) for name, count in ordered[:UNITS]),
        more=(len(ordered) - UNITS, sum(count for _, count in ordered[UNITS:])) if len(ordered) > UNITS else (0, 0),
        total=total,
    )
