"""What the outbox knows about a package without its bytes."""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol, Self

NO_PREVIOUS = bytes(32)
# No package is older than the program's first day in use. A clock that says so was not set yet: a computer without a
# battery for its clock begins each boot at a date of its maker's.
FIRST_DAY = datetime(2026, 11, 1, tzinfo=UTC)


class Status(StrEnum):
    """Where a package stands.

    `sealed` → `received` → `settled`; `rejected` waits for a human. Only `settled` may be erased.
    """

    SEALED = "sealed"
    RECEIVED = "received"
    SETTLED = "settled"
    REJECTED = "rejected"


class Stage(StrEnum):
    """How far a package is on its way, seen from the kiosk.

    `sealed` → `sent` (offered to the office at least once) → `received` (committed there) → `settled` (also in a
    verified backup or one level up) → `erased` (only the row is left here); `rejected` waits for a human.
    """

    SEALED = "sealed"
    SENT = "sent"
    RECEIVED = "received"
    SETTLED = "settled"
    ERASED = "erased"
    REJECTED = "rejected"


def uptime_s() -> float:
    """Seconds since this boot, sleep included."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class VerifiedReceipt(Protocol):
    """A receipt whose signature was good, as `kiosk.sealing.receipts` returns it."""

    @property
    def id(self) -> str: ...
    @property
    def kiosk(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def status(self) -> str: ...
    @property
    def number(self) -> int: ...
    @property
    def code(self) -> str: ...


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """One package in the outbox. `number` is the office's receipt number (0 before one), `code` why it was rejected.

    `kiosk` is whose it is, where that is another's than the sender's own.
    """

    seq: int
    id: str
    sha256: bytes
    prev: bytes
    size: int
    committed_at: datetime
    status: Status
    number: int
    code: str
    erased: bool
    kiosk: str = ""

    def stage(self, attempts: int) -> Stage:
        """How far it is, given how often the uplink says that it was offered."""
        if self.erased:
            return Stage.ERASED
        if self.status is Status.SEALED:
            return Stage.SENT if attempts else Stage.SEALED
        return Stage(self.status.value)

    @classmethod
    def from_row(cls, row: sqlite3.Row | tuple[object, ...]) -> Self:
        """From a row of COLUMNS."""
        seq, package_id, sha256, prev, size, at, status, number, code, erased = row
        return cls(
            int(str(seq)),
            str(package_id),
            bytes(sha256),  # type: ignore[arg-type]
            bytes(prev),  # type: ignore[arg-type]
            int(str(size)),
            from_text(str(at)),
            Status(str(status)),
            int(str(number)),
            str(code),
            bool(erased),
        )


COLUMNS = "seq, id, sha256, prev, size, committed_at, status, number, code, bytes IS NULL"


@dataclass(frozen=True, slots=True)
class OutboxSummary:
    """The outbox in numbers.

    `waiting` counts what exists only on this kiosk (sealed or rejected), `waiting_bytes` its size, `oldest_at` the time
    of the oldest of it whose time can be believed (None: there is none); `received` counts what the office has and has
    not settled; `settled` what may be erased or is, `erased` what is; `head` is the hash of the last package.
    """

    waiting: int
    waiting_bytes: int
    oldest_at: datetime | None
    received: int
    settled: int
    rejected: int
    last_seq: int
    head: bytes
    erased: int = 0

    def oldest_age_s(self, now: datetime, uptime_s: Callable[[], float] = uptime_s) -> float:
        """How long the oldest waiting package has waited, in seconds; 0 when none waits.

        Where no package's time can be believed (before the clock was set, or in the future), the time since this boot
        is told: what waits since an earlier one has waited at least so long.
        """
        if not self.waiting:
            return 0.0
        if self.oldest_at is None or self.oldest_at > now:
            return max(0.0, uptime_s())
        return (now - self.oldest_at).total_seconds()


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """Something at this kiosk needs a hand: a word of the wire's catalogue, its level, and since when."""

    code: str
    level: str
    since: datetime


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A signed answer to the command `id`, whose topic ends in `name`."""

    n: int
    id: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class TelemetrySample:
    """One telemetry row: its number, group and JSON bytes."""

    n: int
    group: str
    at: datetime
    json: bytes


def to_text(moment: datetime) -> str:
    """An aware time as text that sorts."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def from_text(text: str) -> datetime:
    """The time that `to_text` wrote."""
    return datetime.fromisoformat(text)


def summary_of(connection: sqlite3.Connection) -> OutboxSummary:
    """Count the outbox behind `connection`."""
    counts: dict[str, int] = dict(connection.execute("SELECT status, count(*) FROM package GROUP BY status").fetchall())
    (erased,) = connection.execute("SELECT count(*) FROM package WHERE status = 'settled' AND bytes IS NULL").fetchone()
    size, oldest = connection.execute(
        "SELECT coalesce(sum(size), 0), min(CASE WHEN committed_at >= ? THEN committed_at END)"
        " FROM package WHERE status IN ('sealed', 'rejected')",
        (to_text(FIRST_DAY),),
    ).fetchone()
    last = connection.execute("SELECT seq, sha256 FROM package ORDER BY seq DESC LIMIT 1").fetchone() or (
        0,
        NO_PREVIOUS,
    )
    return OutboxSummary(
        waiting=counts.get("sealed", 0) + counts.get("rejected", 0),
        waiting_bytes=size,
        oldest_at=from_text(oldest) if oldest else None,
        received=counts.get("received", 0),
        settled=counts.get("settled", 0),
        rejected=counts.get("rejected", 0),
        last_seq=last[0],
        head=last[1],
        erased=erased,
    )
