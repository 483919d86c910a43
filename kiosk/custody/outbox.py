"""The outbox, as the kiosk writes it.

Owns the sequence number and the hash chain of this kiosk. A package is inserted once and never changes; only a receipt
that was verified here releases it; only a settled one may be erased.
"""

import hashlib
import logging
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import (
    COLUMNS,
    NO_PREVIOUS,
    OutboxEntry,
    OutboxSummary,
    Status,
    VerifiedReceipt,
    summary_of,
    to_text,
)
from kiosk.custody.errors import DuplicateEnrolment, OutboxFull, ReceiptMismatch, UnknownPackage
from kiosk.custody.room import Room, room_of
from kiosk.custody.soundness import PACKAGE_ROW, damaged_files, salvage_packages

_log = logging.getLogger(__name__)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS main.package (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, sha256 BLOB NOT NULL, prev BLOB NOT NULL, size INTEGER NOT NULL,
    bytes BLOB, committed_at TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'sealed', number INTEGER NOT NULL DEFAULT 0,
    code TEXT NOT NULL DEFAULT '', receipt BLOB, receipt_at TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS main.package_status ON package (status, seq);
CREATE TABLE IF NOT EXISTS main.telemetry (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, json BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS main.answer (
    n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, name TEXT NOT NULL, data BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS main.alert (code TEXT PRIMARY KEY, level TEXT NOT NULL, since TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS private.salvaged (name TEXT PRIMARY KEY, packages INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS private.over (receipt BLOB PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS private.taken (one INTEGER PRIMARY KEY CHECK (one = 1), n INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS private.chain (
    one INTEGER PRIMARY KEY CHECK (one = 1), seq INTEGER NOT NULL, head BLOB NOT NULL
) STRICT;
"""

# An answer to a command is small, and one with a log is not: so many are kept for an office that asks again.
ANSWERS = 40

# Which receipt may follow which status. Settled is the end: nothing un-settles a package.
_FOLLOWS: dict[Status, frozenset[Status]] = {
    Status.SEALED: frozenset((Status.RECEIVED, Status.SETTLED, Status.REJECTED)),
    Status.RECEIVED: frozenset((Status.SETTLED, Status.REJECTED)),
    Status.REJECTED: frozenset((Status.RECEIVED, Status.SETTLED)),
    Status.SETTLED: frozenset(),
}


def _renumbers(entry: OutboxEntry, status: Status, number: int) -> bool:
    """Whether an office that was restored has taken the package in anew: it numbers on from above all it ever gave."""
    return entry.status is status is Status.RECEIVED and number > entry.number


Result = TypeVar("Result")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Outbox:
    """The kiosk's side of the outbox."""

    def __init__(self, database: CustodyDatabase, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._database = database
        self._now = now
        self._gaps: tuple[int, ...] | None = None
        with database.transaction() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
        for damaged in damaged_files(database.path):
            self._salvage(damaged)

    def commit_enrolment(
        self,
        enrolment_id: str,
        seal: Callable[[int, bytes], bytes],
        *,
        within: Callable[[sqlite3.Connection], None] | None = None,
    ) -> OutboxEntry:
        """Seal and keep one enrolment, in one transaction.

        Takes the next sequence number and the chain head, calls `seal(seq, prev)` for the package's bytes, inserts
        them, calls `within(connection)` (which drops the draft), and commits. After an exception nothing has happened.

        Raises DuplicateEnrolment, OutboxFull, CustodyBusy, CustodyDamaged, and what `seal` and `within` raise.
        """
        with self._database.transaction() as connection:
            if connection.execute("SELECT 1 FROM package WHERE id = ?", (enrolment_id,)).fetchone():
                raise DuplicateEnrolment("this enrolment is already in the outbox")
            last_seq, head = self._chain_head(connection)
            package = seal(last_seq + 1, head)
            sha256 = hashlib.sha256(package).digest()
            entry = OutboxEntry(
                seq=last_seq + 1,
                id=enrolment_id,
                sha256=sha256,
                prev=head,
                size=len(package),
                committed_at=self._now(),
                status=Status.SEALED,
                number=0,
                code="",
                erased=False,
            )
            connection.execute(
                "INSERT INTO package (seq, id, sha256, prev, size, bytes, committed_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (entry.seq, entry.id, sha256, head, entry.size, package, to_text(entry.committed_at)),
            )
            connection.execute("INSERT OR REPLACE INTO private.chain VALUES (1, ?, ?)", (entry.seq, sha256))
            if within is not None:
                within(connection)
        return entry

    def release(self, signed: bytes, verify: Callable[[bytes], VerifiedReceipt]) -> OutboxEntry:
        """Take in a receipt as it came: `verify` checks its signature and raises when it is not good.

        Returns the entry as it stands afterwards; a receipt that says nothing new changes nothing, nor does one that
        was followed by another before: it may come again, late. A rejection quarantines the package: it stays, and
        waits for a human.

        Raises UnknownPackage, ReceiptMismatch, and what `verify` raises.
        """
        receipt = verify(signed)
        return self._despite_a_full_disk(lambda: self._release(receipt, signed))

    def _release(self, receipt: VerifiedReceipt, signed: bytes) -> OutboxEntry:
        with self._database.transaction(freeing=True) as connection:
            entry = self._entry(connection, receipt.id)
            if (receipt.seq, receipt.sha256) != (entry.seq, entry.sha256):
                raise ReceiptMismatch(f"the receipt for package {entry.seq} names other bytes than were sent")
            status = Status(receipt.status)
            follows = status in _FOLLOWS[entry.status] or _renumbers(entry, status, receipt.number)
            if follows and not self._is_over(connection, signed):
                if status is not Status.SETTLED:
                    self._put_over(connection, entry.seq)
                connection.execute(
                    "UPDATE package SET status = ?, number = ?, code = ?, receipt = ?, receipt_at = ? WHERE seq = ?",
                    (status.value, receipt.number, receipt.code, signed, to_text(self._now()), entry.seq),
                )
            return self._entry(connection, receipt.id)

    @staticmethod
    def _is_over(connection: sqlite3.Connection, signed: bytes) -> bool:
        """Whether this very receipt stood before, and another one has followed it."""
        digest = hashlib.sha256(signed).digest()
        return connection.execute("SELECT 1 FROM private.over WHERE receipt = ?", (digest,)).fetchone() is not None

    @staticmethod
    def _put_over(connection: sqlite3.Connection, seq: int) -> None:
        """The receipt that stands is followed by another; what was settled is never un-settled, and needs no note."""
        (standing,) = connection.execute("SELECT receipt FROM package WHERE seq = ?", (seq,)).fetchone()
        if standing is not None:
            digest = hashlib.sha256(standing).digest()
            connection.execute("INSERT OR IGNORE INTO private.over VALUES (?)", (digest,))

    def receipts_taken(self) -> int:
        """Up to which number of the inbox receipts were taken in; 0 after a damaged file. Raises CustodyError."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT n FROM private.taken").fetchone()
        return 0 if row is None else int(row[0])

    def note_taken(self, n: int) -> None:
        """Keep up to which number of the inbox receipts were taken in. Raises CustodyError."""
        with self._database.transaction(freeing=True) as connection:
            connection.execute("INSERT OR REPLACE INTO private.taken VALUES (1, ?)", (n,))

    def entry(self, enrolment_id: str) -> OutboxEntry:
        """What is known of this package. Raises UnknownPackage."""
        with self._database.reading() as connection:
            return self._entry(connection, enrolment_id)

    def summary(self) -> OutboxSummary:
        """The outbox in numbers."""
        with self._database.reading() as connection:
            last_seq, head = self._chain_head(connection)
            return replace(summary_of(connection), last_seq=last_seq, head=head)

    def gaps(self) -> tuple[int, ...]:
        """Sequence numbers given out whose packages are not here: lost with a damaged file, for the alarm.

        Looked for once: a file is found damaged at the start, and no package leaves or is left out after that.
        """
        if self._gaps is None:
            with self._database.reading() as connection:
                last_seq, _ = self._chain_head(connection)
                here = {seq for (seq,) in connection.execute("SELECT seq FROM package")}
            self._gaps = tuple(seq for seq in range(1, last_seq + 1) if seq not in here)
        return self._gaps

    def erase_settled(self, *, settled_before: datetime) -> int:
        """Erase the bytes of packages whose settling was taken in before this time; their rows stay.

        Returns how many.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT seq FROM package WHERE status = 'settled' AND bytes IS NOT NULL AND receipt_at < ?",
                (to_text(settled_before),),
            ).fetchall()
        # One at a time: each transaction's journal must fit on a disk that may be full.
        for (seq,) in rows:
            self._despite_a_full_disk(lambda seq=seq: self._erase(seq))
        self._database.ballast.take()
        return len(rows)

    def _erase(self, seq: int) -> None:
        with self._database.transaction(freeing=True) as connection:
            connection.execute("UPDATE package SET bytes = NULL WHERE seq = ? AND status = 'settled'", (seq,))

    def room(self) -> Room:
        """How much room the outbox has left, with its early warning level. Raises OSError."""
        with self._database.reading() as connection:
            return room_of(connection, self._database.path, max_bytes=self._database.max_bytes)

    def add_telemetry(self, group: str, json: bytes, *, keep: int = 1000) -> int:
        """Keep one telemetry sample for the uplink; of older ones the newest `keep` stay. Returns its number."""
        with self._database.transaction() as connection:
            done = connection.execute(
                "INSERT INTO telemetry (at, kind, json) VALUES (?, ?, ?)", (to_text(self._now()), group, json)
            )
            n = int(done.lastrowid or 0)
            connection.execute("DELETE FROM telemetry WHERE n <= ?", (n - keep,))
            return n

    def add_answer(self, command_id: str, name: str, signed: bytes) -> None:
        """Keep the signed answer to a command for the uplink, in place of an earlier one to it; the newest ANSWERS.

        Becomes a part of the caller's transaction where there is one. Raises CustodyError.
        """
        with self._database.transaction(freeing=True) as connection:
            connection.execute("DELETE FROM answer WHERE id = ?", (command_id,))
            connection.execute("INSERT INTO answer (id, name, data) VALUES (?, ?, ?)", (command_id, name, signed))
            connection.execute(
                "DELETE FROM answer WHERE n NOT IN (SELECT n FROM answer ORDER BY n DESC LIMIT ?)", (ANSWERS,)
            )

    def set_alerts(self, alerts: Mapping[str, str]) -> bool:
        """Keep what needs a hand now, code by level, for the uplink to tell; what is not named is over.

        What stood before keeps its time. True when anything changed. Raises CustodyError.
        """
        with self._database.reading() as connection:
            standing = dict(connection.execute("SELECT code, level FROM alert").fetchall())
        if standing == dict(alerts):
            return False
        try:
            self._put_alerts(standing, alerts)
        except OutboxFull:
            # That the disk is full is what somebody must hear of; the room is kept back again at once.
            if not self._database.ballast.give_up():
                raise
            try:
                self._put_alerts(standing, alerts)
            finally:
                self._database.ballast.take()
        return True

    def _put_alerts(self, standing: Mapping[str, str], alerts: Mapping[str, str]) -> None:
        with self._database.transaction(freeing=True) as connection:
            for code in standing.keys() - alerts.keys():
                connection.execute("DELETE FROM alert WHERE code = ?", (code,))
            connection.executemany(
                "INSERT INTO alert VALUES (?, ?, ?) ON CONFLICT (code) DO UPDATE SET level = excluded.level",
                [(code, level, to_text(self._now())) for code, level in sorted(alerts.items())],
            )

    def _despite_a_full_disk(self, work: Callable[[], Result]) -> Result:
        try:
            return work()
        except OutboxFull:
            if not self._database.ballast.give_up():
                raise
            return work()

    @staticmethod
    def _chain_head(connection: sqlite3.Connection) -> tuple[int, bytes]:
        # Kept in both files, so that a damaged one never makes a sequence number be given out twice.
        rows: list[tuple[int, bytes]] = connection.execute(
            "SELECT seq, head FROM private.chain UNION ALL "
            "SELECT * FROM (SELECT seq, sha256 FROM main.package ORDER BY seq DESC LIMIT 1)"
        ).fetchall()
        return max(rows, default=(0, NO_PREVIOUS))

    def _salvage(self, damaged: Path) -> None:
        """Bring over what is whole; a file is done with only when all of it found room, else it waits for a restart."""
        with self._database.reading() as connection:
            if connection.execute("SELECT 1 FROM private.salvaged WHERE name = ?", (damaged.name,)).fetchone():
                return
            last_seq, _ = self._chain_head(connection)
        brought = 0
        # Receipts may have been taken in for the file that is gone.
        self.note_taken(0)
        try:
            for row in salvage_packages(damaged, last_seq=last_seq):
                brought += self._bring_over(row)
            with self._database.transaction() as connection:
                connection.execute("INSERT INTO private.salvaged VALUES (?, ?)", (damaged.name, brought))
        except OutboxFull:
            _log.error("%s holds packages that found no room: free space and start the kiosk again", damaged.name)

    def _bring_over(self, row: tuple[object, ...]) -> int:
        # Each in its own transaction: what fits is kept, also when the next one does not.
        with self._database.transaction() as connection:
            try:
                return connection.execute(
                    f"INSERT OR IGNORE INTO package ({PACKAGE_ROW}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 -- our own column list
                    row,
                ).rowcount
            except sqlite3.IntegrityError:
                # A column of another type than it was written with: this row is damaged too.
                return 0

    @staticmethod
    def _entry(connection: sqlite3.Connection, enrolment_id: str) -> OutboxEntry:
        row = connection.execute(f"SELECT {COLUMNS} FROM package WHERE id = ?", (enrolment_id,)).fetchone()  # noqa: S608 -- our own column list
        if row is None:
            raise UnknownPackage("no package of this id is in the outbox")
        return OutboxEntry.from_row(row)
