"""Tallies and exceptions put right, where a program from before they were kept has committed after they were made.

A collector of an earlier program that still runs while its database is brought to a newer layout counts nothing.
Each commit of this one adds a row and counts it at once, so what the two sums differ by is what others did not count;
it stays the same however much is committed meanwhile, and is added.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, String, cast, func, or_, select, text, update

from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import upsert

_log = logging.getLogger(__name__)

# One collector at a time puts right: two would add the same difference twice. An arbitrary constant number.
_LOCK: Final = 7_265_114_099


def mend_tallies(database: OfficeDatabase, heartbeat: Callable[[], None] = lambda: None) -> int:
    """Put right what was not counted; of how many kiosks. Looks at two sums first, which takes no time.

    ``heartbeat`` is called now and then: with a million enrolments it takes seconds. Raises sqlalchemy's errors; then
    nothing of it is done.
    """
    with database.reading() as connection:
        if not _differ(connection):
            return 0
    with database.transaction() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            connection.execute(text("SET LOCAL statement_timeout = 0"))
        wrong = _uncounted(connection)
        for kiosk, _, _ in wrong:
            heartbeat()
            _note_exceptions(connection, kiosk)
        table = tables.tally
        for kiosk, count, highest in wrong:
            new = upsert(connection, table)
            more = {
                "count": table.c.count + new.excluded.count,
                "highest": func.greatest(table.c.highest, new.excluded.highest)
                if connection.dialect.name == "postgresql"
                else func.max(table.c.highest, new.excluded.highest),
            }
            put = new.on_conflict_do_update(index_elements=[table.c.kiosk], set_=more)
            connection.execute(put, {"kiosk": kiosk, "count": count, "highest": highest})
    _log.warning("%d kiosks had enrolments that an earlier program has committed and not counted", len(wrong))
    return len(wrong)


def _differ(connection: Connection) -> bool:
    counted = select(func.coalesce(func.sum(tables.tally.c.count), 0)).scalar_subquery()
    there = select(func.count()).select_from(tables.enrolment).scalar_subquery()
    row = connection.execute(select(counted, there)).one()
    return int(row[0]) != int(row[1])


def _uncounted(connection: Connection) -> list[tuple[str, int, int]]:
    """Of each kiosk whose tally is wrong, how many were not counted, and the highest number that is there."""
    table, tally = tables.enrolment, tables.tally
    there = (
        select(table.c.kiosk, func.count().label("count"), func.max(table.c.seq).label("highest"))
        .group_by(table.c.kiosk)
        .subquery()
    )
    missing = there.c.count - func.coalesce(tally.c.count, 0)
    rows = connection.execute(
        select(there.c.kiosk, missing, there.c.highest)
        .outerjoin(tally, tally.c.kiosk == there.c.kiosk)
        .where(or_(tally.c.kiosk.is_(None), missing != 0, tally.c.highest != there.c.highest))
        .order_by(there.c.kiosk)
    )
    return [(str(kiosk), int(count), int(highest)) for kiosk, count, highest in rows]


def _note_exceptions(connection: Connection, kiosk: str) -> None:
    table = tables.enrolment
    connection.execute(
        update(table)
        .where(table.c.kiosk == kiosk, table.c.excepted.is_(False), cast(table.c.slots, String).like('%"excepted"%'))
        .values(excepted=True)
    )
