"""Which enrolments are nowhere: nothing lost is arithmetic. Reads tables, decides nothing."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import Connection, and_, select

from kiosk.office import tables


def missing_enrolments(connection: Connection) -> dict[str, int]:
    """How many enrolments of each kiosk are missing, kiosks without any left out.

    Missing are the numbers below the highest received, and those that the kiosk, by its last word, gave out and has no
    longer. A place whose package is kept apart is not missing.
    """
    tally, last = tables.tally, tables.kiosk_last
    received = {
        str(kiosk): (int(highest), int(count))
        for kiosk, highest, count in connection.execute(select(tally.c.kiosk, tally.c.highest, tally.c.count))
    }
    told = {
        str(kiosk): int(given) - int(waiting)
        for kiosk, given, waiting in connection.execute(select(last.c.kiosk, last.c.seq_last, last.c.outbox_n))
        if given is not None and waiting is not None
    }
    apart = _apart(connection)
    below = Counter(kiosk for kiosk, seq in apart if seq < received.get(kiosk, (0, 0))[0])
    beside = Counter(kiosk for kiosk, _ in apart)
    missing: dict[str, int] = {}
    for kiosk in received.keys() | told.keys():
        highest, count = received.get(kiosk, (0, 0))
        missing[kiosk] = max(highest - count - below[kiosk], told.get(kiosk, 0) - count - beside[kiosk])
    return {kiosk: n for kiosk, n in sorted(missing.items()) if n > 0}


def _apart(connection: Connection) -> list[tuple[str, int]]:
    """The places that only a refused package holds."""
    table, apart = tables.enrolment, tables.quarantine
    places = (
        select(apart.c.kiosk, apart.c.seq)
        .distinct()
        .outerjoin(table, and_(table.c.kiosk == apart.c.kiosk, table.c.seq == apart.c.seq))
        .where(apart.c.seq.is_not(None), table.c.number.is_(None))
    )
    return [(str(kiosk), int(seq)) for kiosk, seq in connection.execute(places)]
