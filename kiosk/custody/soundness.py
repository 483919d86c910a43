"""Damaged files: found at start, set aside, never deleted; what is still readable in them is brought over.

Refuses to bring over a package whose bytes no longer have their hash.
"""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from kiosk.custody.errors import CustodyDamaged
from kiosk.custody.sqlite import connect_reader, connect_writer, named_errors

PACKAGE_ROW = "seq, id, sha256, prev, size, bytes, committed_at, status, number, code, receipt, receipt_at"
_MOST_PACKAGES = 1_000_000


def is_sound(path: Path, *, busy_timeout_s: float) -> bool:
    """Whether the file is a database that SQLite's quick check finds nothing wrong with; an absent or empty one is.

    Rolls back what a killed writer left half done. Raises CustodyBusy, CustodyFault.
    """
    if not path.exists() or path.stat().st_size == 0:
        return True
    try:
        with named_errors(path.name), closing(connect_writer(path, busy_timeout_s=busy_timeout_s)) as connection:
            return connection.execute("PRAGMA quick_check(1)").fetchone() == ("ok",)
    except CustodyDamaged:
        return False


def set_aside(path: Path, now: Callable[[], datetime]) -> Path:
    """Rename the file, and a journal with it, to `<name>.damaged-<time>`; returns the new path."""
    base = f"{path.name}.damaged-{now().astimezone(UTC):%Y%m%dT%H%M%S.%fZ}"
    journal = path.with_name(path.name + "-journal")
    if journal.exists():
        journal.rename(path.with_name(base + "-journal"))
    return path.rename(path.with_name(base))


def damaged_files(path: Path) -> list[Path]:
    """The files that have been set aside for this one, oldest first."""
    return sorted(found for found in path.parent.glob(f"{path.name}.damaged-*") if not found.name.endswith("-journal"))


def salvage_packages(damaged: Path, *, last_seq: int) -> Iterator[tuple[object, ...]]:
    """Every package of `damaged` that is still whole, as a row of PACKAGE_ROW; what cannot be read is passed over."""
    try:
        source = connect_reader(damaged, busy_timeout_s=1.0)
    except sqlite3.DatabaseError:
        return
    with closing(source):
        for seq in range(1, max(last_seq, _highest_seq(source)) + 1):
            row = _whole_row(source, seq)
            if row is not None:
                yield row


def _highest_seq(source: sqlite3.Connection) -> int:
    try:
        highest = source.execute("SELECT max(seq) FROM package").fetchone()[0]
    except sqlite3.DatabaseError:
        return 0
    # A damaged number must not keep the kiosk busy for years.
    return highest if isinstance(highest, int) and highest < _MOST_PACKAGES else 0


def _whole_row(source: sqlite3.Connection, seq: int) -> tuple[object, ...] | None:
    try:
        row = source.execute(f"SELECT {PACKAGE_ROW} FROM package WHERE seq = ?", (seq,)).fetchone()  # noqa: S608 -- our own column list
    except (sqlite3.DatabaseError, OverflowError):
        return None
    if row is None or not isinstance(row[2], bytes):
        return None
    if row[5] is not None and (not isinstance(row[5], bytes) or hashlib.sha256(row[5]).digest() != row[2]):
        return None
    return row
