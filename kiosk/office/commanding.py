"""Commands: given and signed here by a person's hand, told by the collector, answered by the kiosk.

Whoever gives one holds the command key, which the collector does not: a captured collector can withhold a command and
cannot make one. What was given stays in the database with who gave it, when it was told and what the kiosk said.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, insert, literal_column, or_, select, update

from kiosk.custody.entries import from_text, to_text
from kiosk.domain.commands import Order, args_of, verb_of
from kiosk.domain.ids import uuid7
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry
from kiosk.sealing.commands import Answer, Command, sign_command
from kiosk.sealing.keys import SigningKey

LONGEST: Final = timedelta(days=365)
#: An answer never takes back a later one.
RANK: Final[Mapping[str, int]] = {"given": 0, "accepted": 1, "done": 2, "refused": 2}

Publish = Callable[..., int | None]


@dataclass(frozen=True, slots=True)
class Given:
    """A command and what became of it. `state` is "given", or what the kiosk said last; `expired` came before that.

    `told_at`: when the broker first took it for this kiosk; None where it never did.
    """

    kiosk: str
    n: int
    id: str
    verb: str
    args: Mapping[str, Any]
    at: datetime
    until: datetime
    by: str
    signed: bytes
    state: str
    code: str
    answered_at: datetime | None
    lines: tuple[str, ...]
    told_at: datetime | None = None

    def standing(self, now: datetime) -> str:
        """The state, or "expired" for one that ended before the kiosk said anything."""
        return "expired" if self.state == "given" and self.until <= now else self.state

    def untold(self, now: datetime) -> str:
        """The state, with "waits" and "missed" for one that waits, or ended, without ever having been told."""
        standing = self.standing(now)
        return standing if self.told_at is not None else {"given": "waits", "expired": "missed"}.get(standing, standing)


def give(
    database: OfficeDatabase,
    registry: Registry,
    key: SigningKey,
    *,
    kiosk: str,
    order: Order,
    by: str,
    now: datetime,
    lasts: timedelta,
) -> Given:
    """Sign a command and keep it; the collector tells it.

    Raises:
        OfficeError: the kiosk is not registered, or `lasts` is out of range.
    """
    with database.transaction() as connection:
        return give_within(connection, registry, key, kiosk=kiosk, order=order, by=by, now=now, lasts=lasts)


def give_within(
    connection: Connection,
    registry: Registry,
    key: SigningKey,
    *,
    kiosk: str,
    order: Order,
    by: str,
    now: datetime,
    lasts: timedelta,
) -> Given:
    """`give`, within a transaction of the caller's: what belongs to the command is kept with it or not at all."""
    if kiosk not in registry.kiosks:
        raise OfficeError(f"kiosk {kiosk!r} is not registered at this office")
    if registry.kiosks[kiosk].office:
        raise OfficeError(f"{kiosk!r} is an office, and obeys no commands: give them there")
    if not timedelta() < lasts <= LONGEST:
        raise OfficeError(f"a command lasts more than nothing, and at most {LONGEST.days} days")
    verb, args = verb_of(order).value, args_of(order)
    n = _next_number(connection, kiosk, now)
    command = Command(uuid7(now), kiosk, n, verb, at=now, until=now + lasts, args=args)
    row = {
        "kiosk": kiosk,
        "n": n,
        "id": command.id,
        "verb": verb,
        "args": args,
        "at": to_text(now),
        "until": to_text(command.until),
        "by": by[:64],
        "signed": sign_command(command, key),
        "state": "given",
        "code": "",
    }
    connection.execute(insert(tables.command).values(**row))
    return _given({**row, "answered_at": None, "lines": None, "told_at": None})


def given_commands(database: OfficeDatabase, *, kiosk: str | None = None, limit: int = 50) -> list[Given]:
    """What was given, newest first; `kiosk` None: to all."""
    table = tables.command
    query = select(table).order_by(table.c.at.desc(), table.c.n.desc()).limit(limit)
    if kiosk is not None:
        query = query.where(table.c.kiosk == kiosk)
    with database.reading() as connection:
        return [_given(row) for row in connection.execute(query).mappings()]


def find_command(database: OfficeDatabase, command_id: str) -> Given | None:
    """The command of this id."""
    with database.reading() as connection:
        row = connection.execute(select(tables.command).where(tables.command.c.id == command_id)).mappings().first()
    return None if row is None else _given(row)


def owed_kiosks(database: OfficeDatabase, *, now: datetime, since: datetime | None = None) -> set[str]:
    """The kiosks that have not answered a command which has not ended; with `since`, one that was given after it.

    Raises sqlalchemy's errors.
    """
    table = tables.command
    query = select(table.c.kiosk).where(*_waits(now)).distinct()
    if since is not None:
        query = query.where(table.c.id > _first_id(since))
    with database.looking() as connection:
        return set(connection.scalars(query))


def next_commands(
    database: OfficeDatabase, kiosks: Sequence[str], *, now: datetime, beyond: Mapping[str, int] | None = None
) -> dict[str, Given]:
    """Of each kiosk the unanswered command with the lowest number that has not ended, above its number in `beyond`.

    Raises sqlalchemy's errors.
    """
    table = tables.command
    above = [or_(table.c.kiosk != kiosk, table.c.n > n) for kiosk, n in (beyond or {}).items() if kiosk in kiosks]
    lowest = (
        select(table.c.kiosk, func.min(table.c.n).label("n"))
        .where(table.c.kiosk.in_(kiosks), *_waits(now), *above)
        .group_by(table.c.kiosk)
        .subquery()
    )
    query = select(table).join(lowest, and_(table.c.kiosk == lowest.c.kiosk, table.c.n == lowest.c.n))
    with database.looking() as connection:
        return {row["kiosk"]: _given(row) for row in connection.execute(query).mappings()}


def keep_told(database: OfficeDatabase, told: Mapping[str, datetime]) -> None:
    """Keep, by command id, when it was first told. Raises sqlalchemy's errors."""
    table = tables.command
    with database.transaction() as connection:
        for command_id, at in told.items():
            mine = (table.c.id == command_id, table.c.told_at.is_(None))
            connection.execute(update(table).where(*mine).values(told_at=to_text(at)))


def keep_answer(database: OfficeDatabase, answer: Answer, *, now: datetime) -> bool:
    """Keep what a kiosk said to a command; True when it says something new. Raises sqlalchemy's errors."""
    with database.transaction() as connection:
        _keep_seen(connection, answer)
        return _keep_answer(connection, answer, now)


def _waits(now: datetime) -> tuple[ColumnElement[bool], ...]:
    table = tables.command
    # Written out, not a parameter: only then a database knows that its index of those that wait is enough.
    return table.c.state == literal_column("'given'"), table.c.until > to_text(now)


def _first_id(moment: datetime) -> str:
    """Below every command id of this moment and after: they begin with the time, in milliseconds."""
    milliseconds = f"{max(0, int(moment.timestamp() * 1000)):012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-000000000000"


def _next_number(connection: Connection, kiosk: str, now: datetime) -> int:
    """Above every number before, also above what an office knew that was restored from a backup since."""
    given = select(func.max(tables.command.c.n)).where(tables.command.c.kiosk == kiosk)
    seen = select(tables.command_seen.c.n).where(tables.command_seen.c.kiosk == kiosk)
    highest = max(int(connection.scalar(given) or 0), int(connection.scalar(seen) or 0))
    return max(highest + 1, int(now.timestamp() * 1000))


def _keep_seen(connection: Connection, answer: Answer) -> None:
    table = tables.command_seen
    known = connection.scalar(select(table.c.n).where(table.c.kiosk == answer.kiosk))
    if known is None:
        connection.execute(insert(table).values(kiosk=answer.kiosk, n=answer.seen))
    elif answer.seen > int(known):
        connection.execute(update(table).where(table.c.kiosk == answer.kiosk).values(n=answer.seen))


def _keep_answer(connection: Connection, answer: Answer, now: datetime) -> bool:
    table = tables.command
    mine = (table.c.id == answer.id, table.c.kiosk == answer.kiosk, table.c.n == answer.n)
    state = connection.scalar(select(table.c.state).where(*mine))
    if state is None or RANK[answer.state] <= RANK[state]:
        return False
    values = {"state": answer.state, "code": answer.code, "answered_at": to_text(now), "lines": list(answer.lines)}
    connection.execute(update(table).where(*mine).values(**values))
    return True


def _given(row: Mapping[Any, Any]) -> Given:
    return Given(
        kiosk=row["kiosk"],
        n=int(row["n"]),
        id=row["id"],
        verb=row["verb"],
        args=dict(row["args"]),
        at=from_text(row["at"]),
        until=from_text(row["until"]),
        by=row["by"],
        signed=bytes(row["signed"]),
        state=row["state"],
        code=row["code"],
        answered_at=from_text(row["answered_at"]) if row["answered_at"] else None,
        lines=tuple(row["lines"] or ()),
        told_at=from_text(row["told_at"]) if row["told_at"] else None,
    )
