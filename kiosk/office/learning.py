"""What helps worn fingers: every kiosk's days of remedies counted once, and the sum given back to all, signed.

Unsigned and therefore never believed in matters of custody: a kiosk that lies spoils the order of remedies, within the
bounds of a message, and no rule of safety. What goes back names no kiosk.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from kiosk.domain.experience import Experience, Remedy, Tally, faded, together
from kiosk.domain.quality import PrintVerdict
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.helping import Qualities
from kiosk.office.wording import LOCAL
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.learnt import Learnt, sign_learnt
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import RemedyDay

_log = logging.getLogger(__name__)

#: The telemetry group that carries days of remedies.
GROUP: Final = "remedies"
KEEP_DAYS: Final = 400
"""Older evidence counts for less than a hundredth."""
SHOWN_DAYS: Final = 90
AHEAD_DAYS: Final = 2
"""A clock may be wrong by a time zone, not by a season."""
MOST_ROWS: Final = 20_000
"""Of one kiosk: four hundred days of everything that can happen, and far less than a disk."""


class Learning:
    """The office's tally of remedies. Used by the collector's thread."""

    def __init__(self, database: OfficeDatabase, *, key: SigningKey, now: Callable[[], datetime]) -> None:
        self._database = database
        self._key = key
        self._now = now

    def hear(self, kiosk: str, told: RemedyDay) -> bool:
        """Count a day of a kiosk in place of what it said of that day before; True when it says something new.

        Raises BadMessage for a day that cannot be, and sqlalchemy's errors when the database fails.
        """
        today = self._today()
        if not today - timedelta(days=KEEP_DAYS) <= told.day <= today + timedelta(days=AHEAD_DAYS):
            raise BadMessage("a day of remedies that is too long ago or has not come yet")
        with self._database.transaction() as connection:
            return _keep(connection, kiosk, told, forget_before=today - timedelta(days=KEEP_DAYS))

    def word(self) -> bytes | None:
        """What all kiosks have learnt as of today, signed for them; None when there is nothing to say."""
        today = self._today()
        experience = faded(days_of_remedies(self._database, since=today - timedelta(days=KEEP_DAYS)), today=today)
        if not any(round(tally.tried) for tally in experience.values()):
            return None
        return sign_learnt(Learnt(today, experience), self._key)

    def _today(self) -> date:
        return self._now().astimezone(LOCAL).date()


def days_of_remedies(database: OfficeDatabase, *, since: date) -> Mapping[date, Experience]:
    """What remedies did on all kiosks together, by day."""
    table = tables.remedy
    sums = [func.sum(table.c[name]).label(name) for name in ("tried", "helped", "before", "after")]
    query = (
        select(table.c.day, table.c.verdict, table.c.remedy, *sums)
        .where(table.c.day >= since.isoformat())
        .group_by(table.c.day, table.c.verdict, table.c.remedy)
    )
    days: dict[date, dict[tuple[PrintVerdict, Remedy], Tally]] = {}
    with database.reading() as connection:
        for row in connection.execute(query):
            pair = (PrintVerdict(row.verdict), Remedy(row.remedy))
            tally = Tally(int(row.tried), int(row.helped), int(row.after) - int(row.before))
            days.setdefault(date.fromisoformat(row.day), {})[pair] = tally
    return days


def shown_remedies(database: OfficeDatabase, *, now: datetime) -> Experience:
    """What remedies did in the last SHOWN_DAYS, every try counting whole: for the page."""
    since = now.astimezone(LOCAL).date() - timedelta(days=SHOWN_DAYS)
    return together(days_of_remedies(database, since=since).values())


def shown_qualities(database: OfficeDatabase, *, now: datetime) -> Qualities:
    """The mean quality of prints before and after each remedy in the last SHOWN_DAYS: for the page."""
    table = tables.remedy.c
    since = now.astimezone(LOCAL).date() - timedelta(days=SHOWN_DAYS)
    query = (
        select(table.verdict, table.remedy, *(func.sum(table[name]) for name in ("tried", "before", "after")))
        .where(table.day >= since.isoformat())
        .group_by(table.verdict, table.remedy)
    )
    with database.reading() as connection:
        rows = [tuple(row) for row in connection.execute(query)]
    return {
        (PrintVerdict(verdict), Remedy(remedy)): (int(before) / int(tried), int(after) / int(tried))
        for verdict, remedy, tried, before, after in rows
        if tried
    }


def _keep(connection: Connection, kiosk: str, told: RemedyDay, *, forget_before: date) -> bool:
    table = tables.remedy
    mine = (table.c.kiosk == kiosk, table.c.epoch == told.epoch, table.c.day == told.day.isoformat())
    known = int(connection.scalar(select(func.coalesce(func.sum(table.c.tried), 0)).where(*mine)) or 0)
    if sum(row.tried for row in told.rows) <= known:
        # It came again, or an older word came late.
        return False
    connection.execute(delete(table).where(table.c.kiosk == kiosk, table.c.day < forget_before.isoformat()))
    connection.execute(delete(table).where(*mine))
    held = int(connection.scalar(select(func.count()).select_from(table).where(table.c.kiosk == kiosk)) or 0)
    if held + len(told.rows) > MOST_ROWS:
        raise BadMessage("this kiosk has told of more days of remedies than there can be")
    rows = [
        {
            "kiosk": kiosk,
            "epoch": told.epoch,
            "day": told.day.isoformat(),
            "verdict": row.verdict.value,
            "remedy": row.remedy.value,
            "tried": row.tried,
            "helped": row.helped,
            "before": row.before,
            "after": row.after,
        }
        for row in told.rows
    ]
    connection.execute(insert(table), rows)
    return True
