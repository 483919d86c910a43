"""The kiosk's one connection: the shared outbox and the kiosk's private database in one transaction.

The private database (drafts, roster, the chain's second copy) is attached, so that a package is inserted and its draft
dropped in one atomic commit over both files (SQLite's super-journal). Other rooms build their tables in the schema
`private` over `transaction()`; they need not know this module.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

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


class CustodyDatabase:
    """The connection. One transaction at a time; calls from several threads wait for each other."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._depth = 0
        self.path = path

    @classmethod
    def open(cls, outbox: Path, private: Path, *, busy_timeout_s: float = 10.0) -> Self:
        """Open or create both files. Raises CustodyDamaged, CustodyBusy, CustodyFault."""
        prepare_file(outbox, SHARED_MODE)
        prepare_file(private, PRIVATE_MODE)
        with named_errors(outbox.name):
            connection = connect_writer(outbox, busy_timeout_s=busy_timeout_s)
            try:
                connection.execute("ATTACH DATABASE ? AS private", (str(private),))
                make_durable(connection, PRIVATE)
            except BaseException:
                connection.close()
                raise
        return cls(connection, outbox)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One transaction over both files, committed at the end and rolled back by an exception.

        Inside another one of the same thread it becomes a part of that one.
        """
        with self._lock, named_errors(self.path.name):
            if self._depth:
                yield self._connection
                return
            self._depth = 1
            try:
                with immediate(self._connection):
                    yield self._connection
            finally:
                self._depth = 0

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection for reading."""
        with self._lock, named_errors(self.path.name):
            yield self._connection

    def close(self) -> None:
        """Close both files."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
