"""Reading the other side's file: never writes, waits while the writer is busy, and gives up at a deadline."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from kiosk.custody.entries import (
    COLUMNS,
    KeptAnswer,
    OutboxEntry,
    OutboxSummary,
    StandingAlert,
    TelemetrySample,
    from_text,
    summary_of,
)
from kiosk.custody.errors import CustodyBusy, CustodyFault, CustodyMissing, UnknownPackage
from kiosk.custody.sqlite import connect_reader, named_errors

_PAUSE_S = 0.02


@contextmanager
def read_snapshot(path: Path, *, deadline_s: float) -> Iterator[sqlite3.Connection]:
    """A read transaction on the other side's file: one consistent picture of it.

    The file is opened anew each time, because its writer may have set a damaged one aside. Raises CustodyMissing,
    CustodyBusy after `deadline_s`, CustodyDamaged.
    """
    ends_at_s = time.monotonic() + deadline_s
    while True:
        try:
            connection = _begin(path, max(0.0, ends_at_s - time.monotonic()))
        except CustodyBusy:
            # SQLite's own waiting does not cover a writer that was killed half way and is being started again.
            if time.monotonic() + _PAUSE_S > ends_at_s:
                raise
            time.sleep(_PAUSE_S)
        else:
            break
    with closing(connection), named_errors(path.name):
        yield connection


def _begin(path: Path, busy_timeout_s: float) -> sqlite3.Connection:
    try:
        path.stat()
    except FileNotFoundError as error:
        raise CustodyMissing(f"{path.name} does not exist yet: its writer has not started") from error
    except OSError as error:
        raise CustodyFault(f"cannot reach {path}: {error.strerror}") from error
    with named_errors(path.name):
        connection = connect_reader(path, busy_timeout_s=busy_timeout_s)
        try:
            connection.execute("BEGIN")
            (tables,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            if not tables:
                raise CustodyMissing(f"{path.name} is just being made: its writer has not finished")
        except BaseException:
            connection.close()
            raise
    return connection


class OutboxReader:
    """The uplink's view of the outbox: read-only."""

    def __init__(self, path: Path, *, deadline_s: float = 5.0) -> None:
        self._path = path
        self._deadline_s = deadline_s

    def unsettled(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """Packages that are sealed or received and not settled, by sequence number. Bytes are fetched by `package`."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM package "  # noqa: S608 -- our own column list
                "WHERE status IN ('sealed', 'received') AND seq > ? ORDER BY seq LIMIT ?",
                (after_seq, limit),
            ).fetchall()
        return [OutboxEntry.from_row(row) for row in rows]

    def rejected(self, *, limit: int = 100) -> list[OutboxEntry]:
        """Packages that the office has refused, by sequence number."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM package WHERE status = 'rejected' ORDER BY seq LIMIT ?",  # noqa: S608 -- our own column list
                (limit,),
            ).fetchall()
        return [OutboxEntry.from_row(row) for row in rows]

    def received(self, *, limit: int = 100, after_seq: int = 0) -> list[OutboxEntry]:
        """Packages that the office has and has not settled, by sequence number."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute(
                f"SELECT {COLUMNS} FROM package WHERE status = 'received' AND seq > ? ORDER BY seq LIMIT ?",  # noqa: S608 -- our own column list
                (after_seq, limit),
            ).fetchall()
        return [OutboxEntry.from_row(row) for row in rows]

    def alerts(self) -> list[StandingAlert]:
        """What needs a hand at this kiosk, by code."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute("SELECT code, level, since FROM alert ORDER BY code").fetchall()
        return [StandingAlert(code, level, from_text(since)) for code, level, since in rows]

    def answers(self, *, after: int = 0, limit: int = 100) -> list[KeptAnswer]:
        """Answers to commands with a number above `after`, in order."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute(
                "SELECT n, id, name, data FROM answer WHERE n > ? ORDER BY n LIMIT ?", (after, limit)
            ).fetchall()
        return [KeptAnswer(*row) for row in rows]

    def answer(self, command_id: str) -> KeptAnswer | None:
        """The answer to this command; None when there is none."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            row = connection.execute("SELECT n, id, name, data FROM answer WHERE id = ?", (command_id,)).fetchone()
        return None if row is None else KeptAnswer(*row)

    def entry(self, package_id: str) -> OutboxEntry:
        """What is known of this package. Raises UnknownPackage."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            row = connection.execute(f"SELECT {COLUMNS} FROM package WHERE id = ?", (package_id,)).fetchone()  # noqa: S608 -- our own column list
        if row is None:
            raise UnknownPackage("no package of this id is in the outbox")
        return OutboxEntry.from_row(row)

    def awaits(self, package_id: str, seq: int, sha256: bytes, *, kiosk: str, sender: str) -> bool:
        """Whether a receipt that names these is for a package of this outbox, whose kiosk is the sender itself."""
        try:
            entry = self.entry(package_id)
        except UnknownPackage:
            return False
        return (sender, entry.seq, entry.sha256) == (kiosk, seq, sha256)

    def stamp(self) -> tuple[int, ...] | None:
        """Changes whenever the file does; None when it is not there. Costs less than a look into it."""
        try:
            status = self._path.stat()
        except OSError:
            return None
        return (status.st_ino, status.st_mtime_ns, status.st_size)

    def package(self, package_id: str) -> bytes:
        """The bytes of this package. Raises UnknownPackage, also when they have been erased after settling."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            row = connection.execute("SELECT bytes FROM package WHERE id = ?", (package_id,)).fetchone()
        if row is None or row[0] is None:
            raise UnknownPackage("no bytes of this package are in the outbox")
        return row[0]

    def summary(self) -> OutboxSummary:
        """The outbox in numbers."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            return summary_of(connection)

    def telemetry(self, *, after: int = 0, limit: int = 100) -> list[TelemetrySample]:
        """Telemetry samples with a number above `after`, in order."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            rows = connection.execute(
                "SELECT n, kind, at, json FROM telemetry WHERE n > ? ORDER BY n LIMIT ?", (after, limit)
            ).fetchall()
        return [TelemetrySample(n, kind, from_text(at), json) for n, kind, at, json in rows]
