"""Drafts: enrolments not finished, saved at every completed step, sealed under the vault key.

Each capture is sealed and written once; a save writes the state and what is new, in one transaction, so that a power
cut leaves the step before or the step after. In clear stand only a draft's id, the time of the save, and since when it
is paused.
"""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

import cbor2

from kiosk.sealing.errors import CannotOpen
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.errors import DraftUnreadable

_SCHEMA = """
CREATE TABLE IF NOT EXISTS private.draft (
    id TEXT PRIMARY KEY, saved_at TEXT NOT NULL, save_n INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS private.draft_capture (
    draft TEXT NOT NULL, name BLOB NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (draft, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS private.draft_paused (draft TEXT PRIMARY KEY, paused_at TEXT NOT NULL) STRICT;
"""


class Database(Protocol):
    """A SQLite connection with a schema `private` that no other user can read, as custody's CustodyDatabase is."""

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction, committed at the end, rolled back by an exception."""
        ...

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection for reading."""
        ...


@dataclass(frozen=True, slots=True)
class StoredDraft:
    """A draft as it was saved: the step to go on at, the session's state, and the captures by their keys."""

    draft_id: str
    step_key: str
    state: bytes
    captures: Mapping[str, bytes]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class PausedDraft:
    """A draft that waits for another day: the step to go on at, the session's state without captures, since when."""

    draft_id: str
    step_key: str
    state: bytes
    since: datetime


@dataclass(frozen=True, slots=True)
class PausedCount:
    """How many drafts are paused, and how many of them for longer than a term."""

    total: int = 0
    overdue: int = 0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DraftStore:
    """The drafts of one kiosk, for as long as the vault key is in memory."""

    def __init__(self, database: Database, key: VaultKey, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._database = database
        self._key = key
        self._now = now
        with database.transaction() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
        with database.reading() as connection:
            # What is dropped is also overwritten, sealed as it is.
            connection.execute("PRAGMA private.secure_delete = ON")

    def save(
        self, draft_id: str, step_key: str, *, state: bytes, captures: Mapping[str, bytes], paused: bool = False
    ) -> None:
        """Keep the draft as it is now: `captures` are all it has, by key; those already kept are not written again.

        From this save on it is `paused` or is not, in the same transaction. It is on the disk when this returns. Raises
        VaultLocked and the database's errors (a full disk among them); then the draft is as it was saved before.
        """
        names = {key: self._key.name_of(capture) for key, capture in captures.items()}
        plain: bytes = cbor2.dumps({"step": step_key, "state": state, "captures": names}, canonical=True)
        sealed = self._key.seal(plain, owner=draft_id, kind="draft")
        with self._database.transaction() as connection:
            rows = connection.execute("SELECT name FROM private.draft_capture WHERE draft = ?", (draft_id,))
            kept: set[bytes] = {name for (name,) in rows}
            for key, name in names.items():
                if name not in kept:
                    capture = self._key.seal(captures[key], owner=draft_id, kind="capture")
                    connection.execute("INSERT INTO private.draft_capture VALUES (?, ?, ?)", (draft_id, name, capture))
                    kept.add(name)
            for name in kept - set(names.values()):
                connection.execute("DELETE FROM private.draft_capture WHERE draft = ? AND name = ?", (draft_id, name))
            connection.execute(
                "INSERT OR REPLACE INTO private.draft VALUES "
                "(?, ?, (SELECT coalesce(max(save_n), 0) + 1 FROM private.draft), ?)",
                (draft_id, self._now().astimezone(UTC).isoformat(), sealed),
            )
            connection.execute("DELETE FROM private.draft_paused WHERE draft = ?", (draft_id,))
            if paused:
                since = self._now().astimezone(UTC).isoformat()
                connection.execute("INSERT INTO private.draft_paused VALUES (?, ?)", (draft_id, since))

    def load(self, draft_id: str | None = None) -> StoredDraft | None:
        """This draft, or the one saved last; None when there is none. Raises DraftUnreadable, VaultLocked."""
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT id, saved_at, sealed FROM private.draft WHERE ? IN (id, '') ORDER BY save_n DESC LIMIT 1",
                (draft_id or "",),
            ).fetchone()
            if row is None:
                return None
            found, saved_at, sealed = row
            rows = connection.execute("SELECT name, sealed FROM private.draft_capture WHERE draft = ?", (found,))
            blobs: dict[bytes, bytes] = dict(rows.fetchall())
        try:
            plain: Any = cbor2.loads(self._key.open(sealed, owner=found, kind="draft"))
            captures = {key: self._capture(found, blobs[name]) for key, name in plain["captures"].items()}
            return StoredDraft(found, plain["step"], plain["state"], captures, datetime.fromisoformat(saved_at))
        except (CannotOpen, KeyError, TypeError, ValueError, cbor2.CBORDecodeError) as error:
            raise DraftUnreadable("the saved draft does not open: it is kept for the office to recover") from error

    def ids(self) -> tuple[str, ...]:
        """The ids of all drafts, the one saved last first. Needs no key."""
        with self._database.reading() as connection:
            rows = connection.execute("SELECT id FROM private.draft ORDER BY save_n DESC").fetchall()
        return tuple(draft_id for (draft_id,) in rows)

    def interrupted(self) -> tuple[str, ...]:
        """The ids of the drafts that nobody has paused, the one saved last first. Needs no key."""
        paused = {draft_id for draft_id, _ in self._paused_rows()}
        return tuple(draft_id for draft_id in self.ids() if draft_id not in paused)

    def paused(self) -> tuple[tuple[PausedDraft, ...], int]:
        """The paused drafts, the newest pause first, and how many there are that do not open. Raises VaultLocked."""
        found: list[PausedDraft] = []
        rows = self._paused_rows()
        for draft_id, since in rows:
            with self._database.reading() as connection:
                row = connection.execute("SELECT sealed FROM private.draft WHERE id = ?", (draft_id,)).fetchone()
            try:
                plain: Any = cbor2.loads(self._key.open(row[0], owner=draft_id, kind="draft"))
                found.append(PausedDraft(draft_id, plain["step"], plain["state"], datetime.fromisoformat(since)))
            except (CannotOpen, KeyError, TypeError, ValueError, cbor2.CBORDecodeError):
                continue
        return tuple(found), len(rows) - len(found)

    def _paused_rows(self) -> list[tuple[str, str]]:
        with self._database.reading() as connection:
            rows = connection.execute("SELECT draft, paused_at FROM private.draft_paused ORDER BY paused_at DESC")
            return rows.fetchall()

    def drop(self, draft_id: str) -> None:
        """Forget this draft."""
        with self._database.transaction() as connection:
            self.drop_within(draft_id)(connection)

    @staticmethod
    def drop_within(draft_id: str) -> Callable[[sqlite3.Connection], None]:
        """What forgets this draft inside another transaction: the one that commits its enrolment."""

        def drop(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM private.draft_capture WHERE draft = ?", (draft_id,))
            connection.execute("DELETE FROM private.draft WHERE id = ?", (draft_id,))
            connection.execute("DELETE FROM private.draft_paused WHERE draft = ?", (draft_id,))

        return drop

    def _capture(self, draft_id: str, sealed: bytes) -> bytes:
        return self._key.open(sealed, owner=draft_id, kind="capture")


def count_paused(database: Database, *, before: datetime) -> PausedCount:
    """Count the paused drafts, and those paused `before` that moment. Needs no key: it is told while all is locked."""
    with database.reading() as connection:
        there = connection.execute("SELECT 1 FROM private.sqlite_master WHERE name = 'draft_paused'").fetchone()
        if there is None:
            return PausedCount()
        total, overdue = connection.execute(
            "SELECT count(*), coalesce(sum(paused_at < ?), 0) FROM private.draft_paused",
            (before.astimezone(UTC).isoformat(),),
        ).fetchone()
    return PausedCount(total, overdue)
