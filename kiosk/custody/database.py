"""The kiosk's one connection: the shared outbox and the kiosk's private database in one transaction.

The private database (drafts, roster, the chain's second copy) is attached, so that a package is inserted and its draft
dropped in one atomic commit over both files (SQLite's super-journal). Other rooms build their tables in the schema
`private` over `transaction()`; they need not know this module.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from kiosk.custody.ballast import BALLAST_BYTES, Ballast
from kiosk.custody.soundness import is_sound, set_aside
from kiosk.custody.sqlite import (
    PRIVATE_MODE,
    SHARED_MODE,
    connect_writer,
    immediate,
    make_durable,
    named_errors,
    prepare_file,
)

PRIVATE = "private"


def _utc_now() -> datetime:
    return datetime.now(UTC)


class CustodyDatabase:
    """The connection. One transaction at a time; calls from several threads wait for each other."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        path: Path,
        *,
        set_aside: tuple[Path, ...] = (),
        max_bytes: int | None = None,
    ) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._depth = 0
        self.path = path
        self.set_aside = set_aside
        self.ballast = Ballast(path)
        self.max_bytes = max_bytes

    @classmethod
    def open(
        cls,
        outbox: Path,
        private: Path,
        *,
        busy_timeout_s: float = 10.0,
        max_bytes: int | None = None,
        now: Callable[[], datetime] = _utc_now,
    ) -> Self:
        """Open or create both files; the outbox never grows beyond `max_bytes`.

        A damaged file is set aside under another name and a new one begun: `set_aside` then names it, and the caller
        raises the alarm. Raises CustodyBusy, CustodyFault.
        """
        aside: list[Path] = []
        for path, mode in ((outbox, SHARED_MODE), (private, PRIVATE_MODE)):
            if not is_sound(path, busy_timeout_s=busy_timeout_s):
                aside.append(set_aside(path, now))
            prepare_file(path, mode)
        with named_errors(outbox.name):
            connection = connect_writer(outbox, busy_timeout_s=busy_timeout_s)
            try:
                connection.execute("ATTACH DATABASE ? AS private", (str(private),))
                make_durable(connection, PRIVATE)
            except BaseException:
                connection.close()
                raise
        database = cls(connection, outbox, set_aside=tuple(aside), max_bytes=max_bytes)
        database.ballast.take()
        return database

    @contextmanager
    def transaction(self, *, freeing: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction over both files, committed at the end and rolled back by an exception.

        Inside another one of the same thread it becomes a part of that one. One that leads to more room (`freeing`) may
        go a little beyond `max_bytes`.
        """
        with self._lock, named_errors(self.path.name):
            if self._depth:
                yield self._connection
                return
            self._depth = 1
            try:
                self._limit(BALLAST_BYTES if freeing else 0)
                with immediate(self._connection):
                    yield self._connection
            finally:
                self._depth = 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for reading."""
        with self._lock, named_errors(self.path.name):
            yield self._connection

    def _limit(self, beyond_bytes: int) -> None:
        if self.max_bytes is not None:
            page_bytes = self._connection.execute("PRAGMA main.page_size").fetchone()[0]
            pages = max(1, (self.max_bytes + beyond_bytes) // page_bytes)
            self._connection.execute(f"PRAGMA main.max_page_count = {pages}")

    def close(self) -> None:
        """Close both files."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
