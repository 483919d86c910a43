"""What waits for the office above: the committed packages, seen as the uplink sees a kiosk's outbox. Owns its table.

A package goes up as the very bytes that came. Its place here is its receipt number at this office; its own sequence
number, which stays that of its kiosk, is what the receipt from above must name.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, RowMapping, delete, exists, func, insert, literal, select, update
from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import (
    NO_PREVIOUS,
    KeptAnswer,
    OutboxEntry,
    OutboxSummary,
    StandingAlert,
    Status,
    TelemetrySample,
    from_text,
    to_text,
)
from kiosk.custody.errors import CustodyBusy, UnknownPackage
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.sealing.receipts import Receipt

SUMMARY_S: Final = 2.0
#: The alarm about a kiosk of whose packages the office above takes none.
UNWANTED: Final = "unwanted_above"
# Which word of the office above may follow which.
_FOLLOWS: Final[Mapping[str, frozenset[str]]] = {
    Status.SEALED: frozenset((Status.RECEIVED, Status.SETTLED, Status.REJECTED)),
    Status.RECEIVED: frozenset((Status.SETTLED, Status.REJECTED)),
    Status.REJECTED: frozenset((Status.RECEIVED, Status.SETTLED)),
    Status.SETTLED: frozenset[str](),
}
_WAITING: Final = (Status.SEALED.value, Status.REJECTED.value)


@dataclass(frozen=True, slots=True)
class Backlog:
    """What the office above does not have: how many packages, since when the oldest is here, how many it refused."""

    waiting: int
    refused: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Above:
    """How it stands with the office above: this office's name there, its broker, and what it does not have yet."""

    name: str
    where: str
    connected: bool
    backlog: Backlog


def backlog(database: OfficeDatabase) -> Backlog:
    """What waits for the office above. Raises sqlalchemy's errors."""
    forward, enrolment = tables.forward, tables.enrolment
    with database.reading() as connection:
        query = select(forward.c.status, func.count()).where(forward.c.status.in_(_WAITING))
        counts = {status: int(count) for status, count in connection.execute(query.group_by(forward.c.status))}
        first = select(func.min(forward.c.number)).where(forward.c.status.in_(_WAITING)).scalar_subquery()
        since = connection.scalar(select(enrolment.c.received_at).where(enrolment.c.number == first))
    refused = counts.get(Status.REJECTED.value, 0)
    return Backlog(counts.get(Status.SEALED.value, 0) + refused, refused, from_text(since) if since else None)


def queue_forward(connection: Connection, number: int) -> None:
    """Have this enrolment wait for the office above, within the transaction that commits it."""
    connection.execute(insert(tables.forward).values(number=number, status=Status.SEALED.value, code=""))


def queue_all(database: OfficeDatabase) -> int:
    """Have everything wait that does not: what was committed before there was an office above. How many there were."""
    forward, enrolment = tables.forward, tables.enrolment
    there = exists().where(forward.c.number == enrolment.c.number)
    rows = select(enrolment.c.number, literal(Status.SEALED.value), literal("")).where(~there)
    with database.transaction() as connection:
        return connection.execute(insert(forward).from_select(["number", "status", "code"], rows)).rowcount


def about(database: OfficeDatabase, receipt: Receipt) -> int | None:
    """The receipt number of this office that a word from above is about; None for other bytes, or nothing here.

    Raises sqlalchemy's errors.
    """
    forward, enrolment = tables.forward, tables.enrolment
    query = (
        select(enrolment.c.number, enrolment.c.kiosk, enrolment.c.seq, enrolment.c.sha256)
        .join(forward, forward.c.number == enrolment.c.number)
        .where(enrolment.c.id == receipt.id)
    )
    with database.reading() as connection:
        row = connection.execute(query).first()
    if row is None or (row.kiosk, row.seq, bytes(row.sha256)) != (receipt.kiosk, receipt.seq, receipt.sha256):
        return None
    return int(row.number)


def keep_word(database: OfficeDatabase, number: int, receipt: Receipt, signed: bytes, *, at: datetime) -> bool:
    """Keep what the office above said of this enrolment; False when it says nothing new. Raises sqlalchemy's errors."""
    forward = tables.forward
    with database.transaction() as connection:
        status = connection.scalar(select(forward.c.status).where(forward.c.number == number))
        if status is None or receipt.status not in _FOLLOWS[Status(status)]:
            return False
        values = {"status": receipt.status, "code": receipt.code, "receipt": signed, "receipt_at": to_text(at)}
        connection.execute(update(forward).where(forward.c.number == number).values(**values))
        if receipt.status != Status.REJECTED:
            over = (tables.alarm.c.kiosk == receipt.kiosk, tables.alarm.c.code == UNWANTED)
            connection.execute(delete(tables.alarm).where(*over))
    return True


class ForwardQueue:
    """The uplink's view of what waits: `kiosk.uplink.source.Source`, over the office's database.

    Raises CustodyBusy where the database fails, as a busy outbox would.
    """

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        turn: Callable[[], int],
        announce: Callable[[str], None],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """``turn``: grows when something was committed. ``announce``: told the kiosk whose package goes up next."""
        self._database = database
        self._turn = turn
        self._announce = announce
        self._monotonic_s = monotonic_s
        self._summary: tuple[float, OutboxSummary] | None = None
        self._held_back: dict[str, float] = {}

    def hold_back(self, kiosk: str, wait_s: float) -> None:
        """The office above takes nothing of this kiosk now: its packages let the others pass for so many seconds."""
        self._held_back[kiosk] = self._monotonic_s() + wait_s

    def on_up(self) -> None:
        """A fresh connection: the office above is asked again about each kiosk, once."""
        self._held_back.clear()

    def stamp(self) -> tuple[int, ...] | None:
        """Changes when something was committed by this process; by another one it is found by looking."""
        return (self._turn(),)

    def unsettled(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """What the office above does not have yet, the oldest first."""
        return self._entries(Status.SEALED, limit=limit, after=after_seq)

    def rejected(self, *, limit: int = 100) -> list[OutboxEntry]:
        """What it has refused."""
        return self._entries(Status.REJECTED, limit=limit, after=0)

    def received(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """What it has and has not settled."""
        return self._entries(Status.RECEIVED, limit=limit, after=after_seq)

    def entry(self, package_id: str) -> OutboxEntry:
        """What is known of this package. Raises UnknownPackage."""
        rows = self._rows(_ENTRY.where(tables.enrolment.c.id == package_id))
        if not rows:
            raise UnknownPackage("no package of this id waits for the office above")
        return _entry(rows[0])

    def awaits(self, package_id: str, seq: int, sha256: bytes, *, kiosk: str, sender: str) -> bool:  # noqa: ARG002
        """Whether a receipt that names these is for something that waits here: it names the kiosk that sealed it."""
        table = tables.enrolment
        rows = self._rows(select(table.c.kiosk, table.c.seq, table.c.sha256).where(table.c.id == package_id))
        return [(row["kiosk"], row["seq"], bytes(row["sha256"])) for row in rows] == [(kiosk, seq, sha256)]

    def package(self, package_id: str) -> bytes:
        """The bytes as they came; the office above is told first whose they are. Raises UnknownPackage."""
        try:
            found = self._database.package(package_id)
        except SQLAlchemyError as error:
            raise CustodyBusy(f"the office database fails: {type(error).__name__}") from error
        if found is None:
            raise UnknownPackage("no bytes of this package are here")
        stored, data = found
        self._announce(stored.kiosk)
        return data

    def summary(self) -> OutboxSummary:
        """What waits, in numbers; up to SUMMARY_S old. An office numbers nothing itself: the last number is 0."""
        now_s = self._monotonic_s()
        if self._summary is None or now_s - self._summary[0] > SUMMARY_S:
            self._summary = (now_s, self._counted())
        return self._summary[1]

    def alerts(self) -> list[StandingAlert]:
        """An office's own alarms are for its own page."""
        return []

    def answers(self, *, after: int = 0, limit: int = 100) -> list[KeptAnswer]:  # noqa: ARG002 - as the protocol has it
        """An office obeys no commands, and answers none."""
        return []

    def answer(self, command_id: str) -> KeptAnswer | None:  # noqa: ARG002 - as the protocol has it
        """None."""
        return None

    def telemetry(self, *, after: int = 0, limit: int = 100) -> list[TelemetrySample]:  # noqa: ARG002 - as the protocol has it
        """Its backlog is all that an office tells of itself."""
        return []

    def _counted(self) -> OutboxSummary:
        forward, enrolment = tables.forward, tables.enrolment
        query = (
            select(func.count(), func.coalesce(func.sum(enrolment.c.size), 0), func.min(enrolment.c.received_at))
            .select_from(forward.join(enrolment, enrolment.c.number == forward.c.number))
            .where(forward.c.status.in_(_WAITING))
        )
        try:
            with self._database.reading() as connection:
                count, size, oldest = connection.execute(query).one()
        except SQLAlchemyError as error:
            raise CustodyBusy(f"the office database fails: {type(error).__name__}") from error
        return OutboxSummary(
            waiting=int(count),
            waiting_bytes=int(size),
            oldest_at=from_text(oldest) if oldest else None,
            received=0,
            settled=0,
            rejected=0,
            last_seq=0,
            head=NO_PREVIOUS,
        )

    def _entries(self, status: Status, *, limit: int, after: int) -> list[OutboxEntry]:
        forward = tables.forward
        query = _ENTRY.where(forward.c.status == status.value, forward.c.number > after)
        now_s = self._monotonic_s()
        self._held_back = {kiosk: due_s for kiosk, due_s in self._held_back.items() if due_s > now_s}
        if self._held_back and status is Status.SEALED:
            query = query.where(tables.enrolment.c.kiosk.not_in(sorted(self._held_back)))
        return [_entry(row) for row in self._rows(query.order_by(forward.c.number).limit(limit))]

    def _rows(self, query: Any) -> Sequence[RowMapping]:  # noqa: ANN401 - a select of any columns
        try:
            with self._database.reading() as connection:
                return connection.execute(query).mappings().all()
        except SQLAlchemyError as error:
            raise CustodyBusy(f"the office database fails: {type(error).__name__}") from error


_ENTRY = select(
    *(tables.enrolment.c[name] for name in ("number", "id", "kiosk", "seq", "sha256", "prev", "size", "received_at")),
    tables.forward.c.status,
    tables.forward.c.code,
).join(tables.forward, tables.forward.c.number == tables.enrolment.c.number)


def _entry(row: RowMapping) -> OutboxEntry:
    return OutboxEntry(
        seq=int(row["number"]),
        id=row["id"],
        sha256=bytes(row["sha256"]),
        prev=bytes(row["prev"]),
        size=int(row["size"]),
        committed_at=from_text(row["received_at"]),
        status=Status(row["status"]),
        number=0,
        code=row["code"],
        erased=False,
        kiosk=row["kiosk"],
    )
