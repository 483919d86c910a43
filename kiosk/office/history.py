"""How kiosks were: what they told of themselves, kept for plots; a value a minute for days, one an hour for months.

Gathered in memory, one row for each kiosk and minute, and written together; a crash takes a minute of plots. The value
of an hour is the first that was told in it: nothing here is computed, so nothing is shown that no kiosk ever said. What
is too old goes in small steps, so that no deletion keeps an enrolment waiting.
Unsigned and therefore never believed in matters of custody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.wire.messages import Telemetry

MINUTE: Final = 1
HOUR: Final = 60
_A_DAY: Final = {MINUTE: 1440, HOUR: 24}
#: Of each span so many moments are deleted at once, at most: more than come, and still little work.
_STEP: Final = {MINUTE: 3, HOUR: 1}
#: Written when so many rows wait, or when the first of them has waited so long; at most so many together.
_ENOUGH: Final = 2000
_LONGEST_S: Final = 5.0
#: Clocks that something vouches for; the kiosk says "system" for one that nothing does.
_UNVOUCHED: Final = "system"
#: More rows than this are not kept in memory while the database takes none: the oldest go, and are gaps in plots.
_MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Keeping:
    """For how many days values are kept: one a minute, and one an hour. 0: not at all."""

    minutes_days: int = 2
    hours_days: int = 90


@dataclass(frozen=True, slots=True)
class Moment:
    """One row: how a kiosk was at ``at``; None where it did not say. ``glass_dirty``, ``charge``: shares of one."""

    at: datetime
    outbox_n: int | None
    oldest_s: int | None
    seq_last: int | None
    charge: float | None
    mains: bool | None
    disk_free: int | None
    clock_offset_s: float | None
    clock_good: bool | None
    glass_dirty: float | None
    board_c: float | None
    faults: int | None


_VALUES: Final = tuple(field.name for field in fields(Moment) if field.name != "at")


class History:
    """Takes in what kiosks tell. Used by the collector's thread."""

    def __init__(self, database: OfficeDatabase, keeping: Keeping) -> None:
        self._database = database
        self._keeping = keeping
        self._minutes: dict[tuple[str, int], dict[str, Any]] = {}
        self._hours: dict[str, int] = {}
        self._since_s: float | None = None
        self._pruned_minute = 0

    def hear(self, kiosk: str, sample: Telemetry, now: datetime) -> None:
        """Take in one sample; `flush` keeps it."""
        second = now.timestamp()
        told = {name: value for name, value in values_of(sample).items() if value is not None}
        # A kiosk tells in several messages what it is like: within a minute they are one row, the later word counts.
        self._minutes.setdefault((kiosk, int(second // 60)), {}).update(told)
        if len(self._minutes) > _MOST:
            del self._minutes[next(iter(self._minutes))]
        if self._since_s is None:
            self._since_s = second

    def flush(self, now: datetime, *, all_of_it: bool = False) -> None:
        """Write the minutes that are over, when enough of them wait; ``all_of_it``: also this minute, and at once.

        Raises sqlalchemy's errors; nothing that was gathered is lost by them.
        """
        second = now.timestamp()
        minute = int(second // 60)
        waited = self._since_s is not None and not 0 <= second - self._since_s < _LONGEST_S
        if all_of_it or len(self._minutes) >= _ENOUGH or waited:
            self._write(minute, all_of_it=all_of_it)
            self._since_s = second if self._minutes else None
        if minute != self._pruned_minute:
            self._prune(minute)
            self._pruned_minute = minute

    def _write(self, minute: int, *, all_of_it: bool) -> None:
        over = [key for key in self._minutes if key[1] != minute or all_of_it]
        if not all_of_it:
            # When a minute of a whole country is over, an enrolment is not to wait for all of it.
            over = over[:_ENOUGH]
        if not over:
            return
        rows = [
            {"span": MINUTE, "at": at, "kiosk": kiosk, **dict.fromkeys(_VALUES), **self._minutes[kiosk, at]}
            for kiosk, at in over
        ]
        hours = dict(self._hours)
        chosen: list[dict[str, Any]] = []
        for row in rows:
            hour = row["at"] // HOUR
            if hours.get(row["kiosk"]) != hour:
                hours[row["kiosk"]] = hour
                chosen.append({**row, "span": HOUR, "at": hour})
        with self._database.transaction() as connection:
            if self._keeping.minutes_days:
                _insert(connection, rows)
            if self._keeping.hours_days and chosen:
                _insert(connection, chosen)
        self._hours = hours
        for key in over:
            del self._minutes[key]

    def _prune(self, minute: int) -> None:
        """Take a few of the oldest moments away, where they are too old."""
        table = tables.telemetry.c
        for span, days in ((MINUTE, self._keeping.minutes_days), (HOUR, self._keeping.hours_days)):
            limit = minute // span - days * _A_DAY[span]
            with self._database.transaction() as connection:
                oldest = connection.scalar(select(func.min(table.at)).where(table.span == span))
                if oldest is not None and oldest < limit:
                    end = min(limit, int(oldest) + _STEP[span])
                    connection.execute(delete(tables.telemetry).where(table.span == span, table.at < end))


def values_of(sample: Telemetry) -> dict[str, Any]:
    """What is kept of one sample, by column."""
    clock, glass = sample.clock, sample.glass
    return {
        "outbox_n": sample.outbox.n,
        "oldest_s": sample.outbox.oldest_s,
        "seq_last": sample.seq_last,
        "charge": sample.batt.charge if sample.batt is not None else None,
        "mains": sample.batt.mains if sample.batt is not None else None,
        "disk_free": sample.disk.free if sample.disk is not None else None,
        "clock_offset_s": clock.offset_s if clock is not None else None,
        "clock_good": clock.src != _UNVOUCHED if clock is not None and clock.src else None,
        "glass_dirty": glass.dirty / glass.tries if glass is not None and glass.tries else None,
        "board_c": sample.board_c,
        "faults": len(sample.err),
    }


def moments(database: OfficeDatabase, kiosk: str, *, since: datetime, until: datetime, span: int) -> list[Moment]:
    """How ``kiosk`` was between two times, in order: each minute or hour (``span``) in which it told of it.

    Rows lie by time, so each moment is looked up by itself: not for more than some thousands of them.
    Raises sqlalchemy's errors.
    """
    first, last = (int(time.timestamp() // 60) // span for time in (since, until))
    wanted = list(range(first, last + 1))
    table = tables.telemetry.c
    query = (
        select(table.at, *(table[name] for name in _VALUES))
        .where(table.span == span, table.at.in_(wanted), table.kiosk == kiosk)
        .order_by(table.at)
    )
    with database.reading() as connection:
        rows = connection.execute(query).all()
    return [
        Moment(datetime.fromtimestamp(at * span * 60, UTC), *values) for at, *values in (tuple(row) for row in rows)
    ]


def _insert(connection: Connection, rows: list[Mapping[str, Any]] | list[dict[str, Any]]) -> None:
    # After a restart within a minute the row is there already; the first word stays.
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(dialect.insert(tables.telemetry).on_conflict_do_nothing(), rows)
