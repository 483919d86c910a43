"""The inbox, what the uplink writes down for the kiosk.

Nothing in it is believed before the kiosk has verified it itself.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from kiosk.custody.ballast import Ballast
from kiosk.custody.entries import from_text, to_text
from kiosk.custody.errors import OutboxFull
from kiosk.custody.reader import read_snapshot
from kiosk.custody.rosterparts import SCHEMA as ROSTER_SCHEMA
from kiosk.custody.rosterparts import RosterParts, read_roster
from kiosk.custody.soundness import is_sound, set_aside
from kiosk.custody.sqlite import SHARED_MODE, connect_writer, immediate, named_errors, prepare_file

# An office gives a package two or three receipts in its life, and few commands. More come from somebody who wants the
# disk full: of those the newest are kept, so that a genuine one that comes later is never kept out.
RECEIPTS_EACH = 8
COMMANDS = 200
LEARNT = 8
BEATS = 4
RECIPIENTS = 4
DESIRED = 4

_SCHEMA = """
CREATE TABLE IF NOT EXISTS receipt (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE, package TEXT NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS receipt_package ON receipt (package, n);
CREATE TABLE IF NOT EXISTS command (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE, name TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS learnt (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS beat (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS recipients (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS desired (
    n INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, data BLOB NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS send (
    package TEXT PRIMARY KEY, attempts INTEGER NOT NULL, have TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cut (package TEXT PRIMARY KEY, chunk_bytes INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS link (
    one INTEGER PRIMARY KEY CHECK (one = 1), connected INTEGER NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Something that came from the office, as it came.

    Its number here, when, and its bytes. `name` is a command's name or the package id that the uplink believes a
    receipt is for.
    """

    n: int
    at: datetime
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class SendState:
    """How far the sending of a package is: attempts so far, chunk ranges [first, last] that the office holds."""

    package_id: str
    attempts: int
    have: tuple[tuple[int, int], ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class LinkState:
    """Whether the uplink is connected to the office's broker, since when, and why not (a short word)."""

    connected: bool
    reason: str
    at: datetime


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Inbox:
    """The uplink's side: writes. One thread at a time."""

    def __init__(
        self, connection: sqlite3.Connection, path: Path, *, now: Callable[[], datetime], set_aside: Path | None
    ) -> None:
        self._connection = connection
        self._path = path
        self._now = now
        self.set_aside = set_aside
        self.parts = RosterParts(connection, path)
        # Without room for a receipt nothing would ever be erased from a full disk.
        self._ballast = Ballast(path)
        self._ballast.take()

    @classmethod
    def open(cls, path: Path, *, busy_timeout_s: float = 10.0, now: Callable[[], datetime] = _utc_now) -> Self:
        """Open or create the file.

        A damaged one is set aside under another name and a new one begun: `set_aside` then names it, and the caller
        raises the alarm. Nothing is lost by it: the office sends its receipts again. Raises CustodyBusy, CustodyFault.
        """
        aside = None if is_sound(path, busy_timeout_s=busy_timeout_s) else set_aside(path, now)
        prepare_file(path, SHARED_MODE)
        with named_errors(path.name):
            connection = connect_writer(path, busy_timeout_s=busy_timeout_s)
            try:
                with immediate(connection):
                    for statement in (_SCHEMA + ROSTER_SCHEMA).split(";"):
                        connection.execute(statement)
                    _begin_numbers(connection, now)
            except BaseException:
                connection.close()
                raise
        return cls(connection, path, now=now, set_aside=aside)

    def add_receipt(self, package_id: str, signed: bytes) -> None:
        """Keep one receipt: `take_answers`."""
        self.take_answers([(package_id, signed)], {})

    def take_answers(
        self, receipts: Sequence[tuple[str, bytes]], have: Mapping[str, Sequence[tuple[int, int]]]
    ) -> None:
        """Keep what the office said, in one transaction: receipts by package id as they came, and chunks that it holds.

        The newest RECEIPTS_EACH of a package; one that comes again is new again: the kiosk reads on from the last one
        it has taken in, and what the office says once more must come after that. On a full disk receipts are kept all
        the same, in room that is kept back for them. Raises CustodyError.
        """
        try:
            self._keep_answers(receipts, have)
        except OutboxFull:
            if not receipts or not self._ballast.give_up():
                raise
            self._keep_answers(receipts, {})
        else:
            # A link that stays up for weeks needs the room again when the disk is full for the second time.
            self._ballast.take()

    def _keep_answers(
        self, receipts: Sequence[tuple[str, bytes]], have: Mapping[str, Sequence[tuple[int, int]]]
    ) -> None:
        at = to_text(self._now())
        with named_errors(self._path.name), immediate(self._connection):
            for package_id, signed in receipts:
                self._connection.execute(
                    "INSERT OR REPLACE INTO receipt (at, data, package) VALUES (?, ?, ?)", (at, signed, package_id)
                )
                self._connection.execute(
                    "DELETE FROM receipt WHERE package = ?1 AND n NOT IN "
                    "(SELECT n FROM receipt WHERE package = ?1 ORDER BY n DESC LIMIT ?2)",
                    (package_id, RECEIPTS_EACH),
                )
            self._connection.executemany(
                "INSERT INTO send VALUES (?, 0, ?, ?) "
                "ON CONFLICT (package) DO UPDATE SET have = excluded.have, at = excluded.at",
                [(name, json.dumps([list(pair) for pair in ranges]), at) for name, ranges in have.items()],
            )

    def forget_receipts(self, package_ids: Sequence[str]) -> None:
        """Remove the receipts of packages that the outbox shows as settled."""
        with named_errors(self._path.name), immediate(self._connection):
            self._connection.executemany("DELETE FROM receipt WHERE package = ?", [(name,) for name in package_ids])
            self._connection.executemany("DELETE FROM send WHERE package = ?", [(name,) for name in package_ids])
            self._connection.executemany("DELETE FROM cut WHERE package = ?", [(name,) for name in package_ids])
        self._ballast.take()

    def add_command(self, name: str, signed: bytes) -> bool:
        """Keep a command as it came: not twice, and the newest COMMANDS. False when it is here already."""
        with named_errors(self._path.name), immediate(self._connection):
            added = self._connection.execute(
                "INSERT OR IGNORE INTO command (at, data, name) VALUES (?, ?, ?)", (to_text(self._now()), signed, name)
            )
            self._connection.execute(
                "DELETE FROM command WHERE n NOT IN (SELECT n FROM command ORDER BY n DESC LIMIT ?)", (COMMANDS,)
            )
            return added.rowcount == 1

    def add_learnt(self, signed: bytes) -> None:
        """Keep the experience of all kiosks as it came: not twice, and the newest LEARNT."""
        self._add("learnt", signed, keep=LEARNT)

    def add_beat(self, signed: bytes) -> None:
        """Keep a beat of the office as it came: not twice, and the newest BEATS."""
        self._add("beat", signed, keep=BEATS)

    def add_recipients(self, signed: bytes) -> None:
        """Keep a word about whom to seal for as it came: not twice, and the newest RECIPIENTS."""
        self._add("recipients", signed, keep=RECIPIENTS)

    def add_desired(self, signed: bytes) -> None:
        """Keep a word about the settings that the office wants as it came: not twice, and the newest DESIRED."""
        self._add("desired", signed, keep=DESIRED)

    def _add(self, table: str, signed: bytes, *, keep: int) -> None:
        with named_errors(self._path.name), immediate(self._connection):
            self._connection.execute(
                f"INSERT OR IGNORE INTO {table} (at, data) VALUES (?, ?)",  # noqa: S608 -- our own table
                (to_text(self._now()), signed),
            )
            self._connection.execute(
                f"DELETE FROM {table} WHERE n NOT IN (SELECT n FROM {table} ORDER BY n DESC LIMIT ?)",  # noqa: S608 -- our own table
                (keep,),
            )

    def note_attempts(self, cuts: Mapping[str, int]) -> None:
        """Count one more attempt to send each package, and keep into chunks of how many bytes it is cut."""
        at = to_text(self._now())
        with named_errors(self._path.name), immediate(self._connection):
            self._connection.executemany(
                "INSERT INTO send VALUES (?, 1, '[]', ?) "
                "ON CONFLICT (package) DO UPDATE SET attempts = attempts + 1, at = excluded.at",
                [(name, at) for name in cuts],
            )
            self._connection.executemany("INSERT OR REPLACE INTO cut VALUES (?, ?)", cuts.items())

    def cut(self, package_id: str) -> int | None:
        """Into chunks of how many bytes this package was cut; None when it was not offered yet."""
        with named_errors(self._path.name):
            row = self._connection.execute("SELECT chunk_bytes FROM cut WHERE package = ?", (package_id,)).fetchone()
        return None if row is None else int(row[0])

    def note_link(self, connected: bool, reason: str = "") -> None:
        """Keep whether the broker is reached."""
        self._write("INSERT OR REPLACE INTO link VALUES (1, ?, ?, ?)", (int(connected), reason, to_text(self._now())))

    def send_state(self, package_id: str) -> SendState | None:
        """How far the sending of this package is."""
        with named_errors(self._path.name):
            return _send_state(self._connection, package_id)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, statement: str, values: tuple[object, ...]) -> None:
        with named_errors(self._path.name), immediate(self._connection), closing(self._connection.cursor()) as cursor:
            cursor.execute(statement, values)


class InboxReader:
    """The kiosk's side: read-only."""

    def __init__(self, path: Path, *, deadline_s: float = 5.0) -> None:
        self._path = path
        self._deadline_s = deadline_s

    def receipts(self, *, after: int = 0, limit: int = 100) -> list[Arrived]:
        """Receipts with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, package, data FROM receipt WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "receipt", after=after, limit=limit)

    def commands(self, *, after: int = 0, limit: int = 100) -> list[Arrived]:
        """Commands with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, name, data FROM command WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "command", after=after, limit=limit)

    def learnt(self, *, after: int = 0, limit: int = LEARNT) -> list[Arrived]:
        """What the office said of all kiosks' experience, with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, '', data FROM learnt WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "learnt", after=after, limit=limit)

    def beats(self, *, after: int = 0, limit: int = BEATS) -> list[Arrived]:
        """Beats of the office with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, '', data FROM beat WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "beat", after=after, limit=limit)

    def roster(self, command: str) -> bytes:
        """What is here of the roster that this command names, unverified."""
        return read_roster(self._path, command, deadline_s=self._deadline_s)

    def recipients(self, *, after: int = 0, limit: int = RECIPIENTS) -> list[Arrived]:
        """Words about whom to seal for with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, '', data FROM recipients WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "recipients", after=after, limit=limit)

    def desired(self, *, after: int = 0, limit: int = DESIRED) -> list[Arrived]:
        """Words about the settings that the office wants with a number above `after`, in order, unverified."""
        statement = "SELECT n, at, '', data FROM desired WHERE n > ? ORDER BY n LIMIT ?"
        return self._arrived(statement, "desired", after=after, limit=limit)

    def send_state(self, package_id: str) -> SendState | None:
        """How far the sending of this package is."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            return _send_state(connection, package_id)

    def link(self) -> LinkState | None:
        """Whether the broker is reached; None when the uplink has not said so yet."""
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            row = connection.execute("SELECT connected, reason, at FROM link").fetchone()
        return LinkState(bool(row[0]), row[1], from_text(row[2])) if row else None

    def _arrived(self, statement: str, table: str, *, after: int, limit: int) -> list[Arrived]:
        with read_snapshot(self._path, deadline_s=self._deadline_s) as connection:
            newest = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
            if newest is not None and newest[0] < after:
                # A new file, begun under a clock that was behind: everything in it is new.
                after = 0
            rows = connection.execute(statement, (after, limit)).fetchall()
        return [Arrived(n, from_text(at), name, data) for n, at, name, data in rows]


def _begin_numbers(connection: sqlite3.Connection, now: Callable[[], datetime]) -> None:
    # A new file goes on above the numbers of a lost one: a kiosk that asks for what came after those misses nothing.
    if connection.execute("SELECT count(*) FROM sqlite_sequence").fetchone() == (0,):
        start = int(now().timestamp() * 1000)
        tables = ("receipt", "command", "learnt", "beat", "recipients", "desired")
        connection.executemany("INSERT INTO sqlite_sequence VALUES (?, ?)", [(name, start) for name in tables])


def _send_state(connection: sqlite3.Connection, package_id: str) -> SendState | None:
    row = connection.execute("SELECT attempts, have, at FROM send WHERE package = ?", (package_id,)).fetchone()
    if row is None:
        return None
    have = tuple((int(first), int(last)) for first, last in json.loads(row[1]))
    return SendState(package_id, row[0], have, from_text(row[2]))
