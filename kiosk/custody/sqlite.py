"""Opening SQLite files so that a power cut loses nothing that was promised, and naming what SQLite refuses.

Rollback journal, because another user must be able to read without writing; `synchronous=EXTRA`, because the directory
entry of a deleted journal must be on the disk too.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from kiosk.custody.errors import (
    CustodyBusy,
    CustodyDamaged,
    CustodyError,
    CustodyFault,
    CustodyMissing,
    OutboxFull,
)

DIRECTORY_MODE = 0o2750
SHARED_MODE = 0o640
PRIVATE_MODE = 0o600

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# A read-only side cannot roll back what a killed writer left half done: it waits until the writer is back.
_WAIT_FOR_WRITER = {
    sqlite3.SQLITE_READONLY_ROLLBACK,
    sqlite3.SQLITE_READONLY_RECOVERY,
    sqlite3.SQLITE_READONLY_CANTLOCK,
}


@contextmanager
def named_errors(what: str) -> Iterator[None]:
    """Turn SQLite's errors into those of kiosk.custody.errors; `what` names the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise _named(error, what) from error


def _named(error: sqlite3.DatabaseError, what: str) -> CustodyError:
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & 0xFF
    if extended in _WAIT_FOR_WRITER or code in _BUSY:
        return CustodyBusy(f"{what} is held by the other process")
    if code == sqlite3.SQLITE_FULL:
        return OutboxFull(f"no room on the disk of {what}: nothing was written")
    if code in _DAMAGED:
        return CustodyDamaged(f"{what} is not a sound database")
    if code == sqlite3.SQLITE_CANTOPEN:
        return CustodyMissing(f"{what} cannot be opened: its writer has not started, or its rights are wrong")
    return CustodyFault(f"{what}: {getattr(error, 'sqlite_errorname', 'SQLITE_ERROR')}")


def prepare_file(path: Path, mode: int) -> None:
    """Create an empty file of `mode` when it is missing, and its directory (2750, or 0700 for a private file).

    Journals take over the file's mode. Raises CustodyFault.
    """
    try:
        _prepare_file(path, mode)
    except OSError as error:
        raise CustodyFault(f"cannot prepare {path}: {error.strerror}") from error


def _prepare_file(path: Path, mode: int) -> None:
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.parent.chmod(DIRECTORY_MODE if mode & 0o070 else 0o700)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
    try:
        if os.fstat(descriptor).st_size == 0:
            os.fchmod(descriptor, mode)
    finally:
        os.close(descriptor)


def connect_writer(path: Path, *, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection for the file's one writer. May be used from any one thread at a time."""
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        make_durable(connection, "main")
    except BaseException:
        connection.close()
        raise
    return connection


def make_durable(connection: sqlite3.Connection, schema: str) -> None:
    """Set journal and synchronous mode of one attached database; `schema` is a name from this program."""
    connection.execute(f"PRAGMA {schema}.journal_mode = DELETE")
    connection.execute(f"PRAGMA {schema}.synchronous = EXTRA")


def connect_reader(path: Path, *, busy_timeout_s: float) -> sqlite3.Connection:
    """A connection that cannot write."""
    uri = f"file:{quote(str(path.absolute()))}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)


@contextmanager
def immediate(connection: sqlite3.Connection) -> Iterator[None]:
    """One transaction that takes the write lock at once; rolled back whatever goes wrong inside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
