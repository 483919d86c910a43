"""One kiosk as the office knows it: everything it last told, and how it was before. Reads the database; no web."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select

from kiosk.office import tables
from kiosk.office.commanding import Given, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import Told as ToldSettings
from kiosk.office.desiring import Wanted, told_of, wanted_of
from kiosk.office.gaps import Missing
from kiosk.office.history import HOUR, MINUTE, Moment, moments
from kiosk.office.rosters import Told, told_rosters

#: What can be asked for: days to look back, with the rows that are taken for it, and the longest silence, in seconds,
#: over which two of them are still joined.
LOOKS: Final = {2: (MINUTE, 20 * 60), 7: (HOUR, 3.5 * 3600), 90: (HOUR, 36 * 3600)}
#: More points than this nobody sees on a plot.
_POINTS: Final = 600
_COMMANDS: Final = 5
_RECENT: Final = 5
#: Fewer than these, or less charge than this, tell nothing of how far a battery goes.
_LEAST_ENROLMENTS: Final = 3
_LEAST_CHARGE: Final = 0.03


@dataclass(frozen=True, slots=True)
class Parts:
    """What a kiosk last said of its parts; None where it never did. Bytes, seconds, degrees Celsius."""

    outbox_bytes: int | None = None
    disk_free: int | None = None
    disk_size: int | None = None
    clock_src: str | None = None
    clock_offset_s: float | None = None
    net_via: str | None = None
    net_up_s: int | None = None
    glass_tries: int | None = None
    glass_dirty: int | None = None
    board_c: float | None = None
    officer: str | None = None
    told_at: str | None = None


@dataclass(frozen=True, slots=True)
class Arrived:
    """One enrolment of this kiosk, without a name."""

    number: int
    received_at: datetime
    status: str


@dataclass(frozen=True, slots=True)
class Twin:
    """Everything that stands on a kiosk's page besides its last word. ``left``: enrolments that the charge is for.

    ``roster``: what it told of its roster, None where it never told of one or of its key. ``missing``: which of
    its enrolments are nowhere, None where none is. ``wanted`` and ``settings``: which settings are wanted of it, and
    which it told; None where nothing ever was.
    """

    parts: Parts
    received: int
    newest: Sequence[Arrived]
    commands: Sequence[Given]
    days: int
    moments: Sequence[Moment]
    left: int | None
    roster: Told | None = None
    missing: Missing | None = None
    wanted: Wanted | None = None
    settings: ToldSettings | None = None


def twin_of(database: OfficeDatabase, kiosk: str, *, now: datetime, days: int, charge: float | None) -> Twin:
    """What is known of ``kiosk``, looking back so many ``days`` (one of `LOOKS`). Raises sqlalchemy's errors."""
    span, _ = LOOKS[days]
    table, last = tables.enrolment.c, tables.kiosk_last.c
    names = [name for name in Parts.__dataclass_fields__ if name != "told_at"]
    with database.reading() as connection:
        row = connection.execute(
            select(*(last[name] for name in (*names, "told_at"))).where(last.kiosk == kiosk)
        ).first()
        received = connection.scalar(select(func.count()).select_from(tables.enrolment).where(table.kiosk == kiosk))
        newest = connection.execute(
            select(table.number, table.received_at, table.status)
            .where(table.kiosk == kiosk)
            .order_by(table.seq.desc())
            .limit(_RECENT)
        ).all()
    seen = moments(database, kiosk, since=now - timedelta(days=days), until=now, span=span)
    recent = seen
    if span != MINUTE:
        recent = moments(database, kiosk, since=now - timedelta(days=2), until=now, span=MINUTE)
    return Twin(
        parts=Parts(*row) if row is not None else Parts(),
        received=int(received or 0),
        newest=[Arrived(one.number, datetime.fromisoformat(one.received_at), one.status) for one in newest],
        commands=given_commands(database, kiosk=kiosk, limit=_COMMANDS),
        days=days,
        moments=seen[:: -(-len(seen) // _POINTS) or 1],
        left=enrolments_left(recent, charge),
        missing=database.missing([kiosk]).get(kiosk),
        roster=next(iter(told_rosters(database, kiosk=kiosk)), None),
        wanted=wanted_of(database, kiosk).get(kiosk),
        settings=told_of(database, kiosk).get(kiosk),
    )


def enrolments_left(seen: Sequence[Moment], charge: float | None) -> int | None:
    """For how many enrolments ``charge`` is enough, by what enrolments have cost on battery; None: nobody can tell.

    All that the battery gave while it was not on mains counts, the waiting between enrolments too.
    """
    used, made = 0.0, 0
    before: Moment | None = None
    for one in seen:
        if one.charge is None or one.seq_last is None:
            continue
        if before is not None and before.mains is False and one.mains is False:
            used += max(0.0, (before.charge or 0.0) - one.charge)
            made += max(0, one.seq_last - (before.seq_last or 0))
        before = one
    if charge is None or made < _LEAST_ENROLMENTS or used < _LEAST_CHARGE:
        return None
    return int(charge / (used / made))
