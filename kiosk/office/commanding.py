"""Commands: given and signed here by a person's hand, told by the collector, answered by the kiosk.

Whoever gives one holds the command key, which the collector does not: a captured collector can withhold a command and
cannot make one. What was given stays in the database with who gave it and what the kiosk said.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select, update

from kiosk.custody.entries import from_text, to_text
from kiosk.domain.commands import Order, args_of, verb_of
from kiosk.domain.ids import uuid7
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import KioskEntry, Registry
from kiosk.sealing.commands import Answer, Command, sign_command, verify_answer
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.wire.topics import KioskAddress

_log = logging.getLogger(__name__)

LONGEST: Final = timedelta(days=365)
#: A command without an answer is told again after so long, and then after twice as long: a broker may have lost it, or
#: had no place to keep it for a kiosk that has never called.
AGAIN_S: Final = 5.0
AGAIN_MOST_S: Final = 6 * 3600.0
LOOK_S: Final = 1.0
AT_ONCE: Final = 16
#: An answer never takes back a later one.
RANK: Final[Mapping[str, int]] = {"given": 0, "accepted": 1, "done": 2, "refused": 2}

Publish = Callable[..., int | None]


@dataclass(frozen=True, slots=True)
class Given:
    """A command and what became of it. `state` is "given", or what the kiosk said last; `expired` came before that."""

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

    def standing(self, now: datetime) -> str:
        """The state, or "expired" for one that ended before the kiosk said anything."""
        return "expired" if self.state == "given" and self.until <= now else self.state


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
    return _given({**row, "answered_at": None, "lines": None})


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


class Commands:
    """Tells kiosks what was ordered, and hears their answers. Used by the collector's thread."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._database = database
        self._registry = registry
        self._publish = publish
        self._now = now
        self._monotonic_s = monotonic_s
        self._due_s = 0.0
        self._waits: dict[str, _Wait] = {}
        self._refused = 0

    def on_up(self) -> None:
        """A fresh connection: every command without an answer is told at once."""
        self._waits.clear()
        self._due_s = 0.0

    def tell(self) -> None:
        """Publish what has no answer yet, each now and then, until it ends. Raises sqlalchemy's errors."""
        now_s = self._monotonic_s()
        if now_s < self._due_s:
            return
        self._due_s = now_s + LOOK_S
        waiting = self._unanswered()
        self._waits = {one.id: self._waits.get(one.id, _Wait()) for one in waiting}
        for one in waiting:
            wait = self._waits[one.id]
            if wait.due_s <= now_s:
                if self._told(one) is None:
                    return
                wait.due_s, wait.again_s = now_s + wait.again_s, min(2 * wait.again_s, AGAIN_MOST_S)

    def hear(self, kiosk: str, payload: bytes) -> bool:
        """Take an answer in; True when it says something new. Raises sqlalchemy's errors."""
        entry = self._registry().kiosks.get(kiosk)
        if entry is None:
            return False
        try:
            answer = verify_answer(payload, VerifyingKey(entry.record_key))
        except SealingError as error:
            self._say_refused(kiosk, type(error).__name__)
            return False
        if answer.kiosk != kiosk:
            self._say_refused(kiosk, "another kiosk's")
            return False
        with self._database.transaction() as connection:
            _keep_seen(connection, answer)
            return _keep_answer(connection, answer, self._now())

    def _told(self, one: Given) -> int | None:
        entry = self._registry().kiosks.get(one.kiosk)
        left_s = int((one.until - self._now()).total_seconds())
        if entry is None or left_s <= 0:
            return 0
        address = _address(entry)
        return self._publish(
            address.command(one.verb),
            one.signed,
            expiry_s=left_s,
            response_topic=address.response(one.verb),
            correlation=one.id.encode(),
        )

    def _unanswered(self) -> list[Given]:
        table = tables.command
        query = select(table).where(table.c.state == "given", table.c.until > to_text(self._now()))
        with self._database.looking() as connection:
            # By number: what is told out of order would void what was given before.
            rows = connection.execute(query.order_by(table.c.kiosk, table.c.n).limit(AT_ONCE * 64)).mappings()
            return [_given(row) for row in rows]

    def _say_refused(self, kiosk: str, why: str) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the log
            _log.warning("an answer of %s is not believed: %s (%d so far)", kiosk, why, self._refused)


@dataclass(slots=True)
class _Wait:
    """When a command is told next, and how long after that again."""

    due_s: float = 0.0
    again_s: float = AGAIN_S


def _address(entry: KioskEntry) -> KioskAddress:
    return KioskAddress(entry.province, entry.commune, entry.kiosk)


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
    )
