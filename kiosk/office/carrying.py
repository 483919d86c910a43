"""Every row of one office database into another, empty one, of whichever kind: SQLite or PostgreSQL.

So one form of backup serves both: a server's rows go into the same file that a SQLite office's backup is, and any
backup goes into a server. Rows travel a few at a time, whatever their number. Refuses two databases of different
layouts.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy import JSON, URL, Connection, LargeBinary, MetaData, Table, create_engine, event, insert, select

from kiosk.office.copies import reading
from kiosk.office.counting import count_on_from, highest_given
from kiosk.office.errors import BackupError

# Rows at once: of packages, which have up to 16 MB each, and of everything else.
_LARGE_AT_ONCE: Final = 4
_SMALL_AT_ONCE: Final = 1000
_STEPS: Final = "alembic_version"


def carry_over(source: Connection, target: Connection) -> None:
    """Copy every row, and how far each table has counted, within the callers' transactions.

    Raises:
        BackupError: the two do not have the same tables and columns.
        sqlalchemy's errors: one of the databases fails.
    """
    theirs, ours = _tables(source), _tables(target)
    if _layout(theirs) != _layout(ours):
        raise BackupError("the two databases have different tables: copy with the program that made the older one")
    for table in ours.sorted_tables:
        if table.name != _STEPS:
            _carry(source, theirs.tables[table.name], target, table)
            count_on_from(target, table.name, highest_given(source, table.name) or 0)


@contextmanager
def unguarded(path: Path) -> Iterator[Connection]:
    """A SQLite file that nobody else uses and that is thrown away where the block fails: without any journal.

    Made where it is missing. It must be written to the disk (fsync) when the block has ended.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)), hide_parameters=True)
    event.listen(engine, "connect", _without_journal)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def looked_at(path: Path) -> Iterator[Connection]:
    """A SQLite file for reading, as it lies there: nothing is made beside it."""
    engine = create_engine("sqlite://", creator=lambda: reading(path, immutable=True), hide_parameters=True)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def _without_journal(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")


def _tables(connection: Connection) -> MetaData:
    found = MetaData()
    found.reflect(bind=connection)
    for table in found.tables.values():
        for column in table.columns:
            if isinstance(column.type, JSON):
                # What was left empty stays so, and does not become JSON's word for nothing.
                column.type.none_as_null = True
    return found


def _layout(metadata: MetaData) -> dict[str, list[str]]:
    return {name: sorted(column.name for column in table.columns) for name, table in metadata.tables.items()}


def _carry(source: Connection, here: Table, target: Connection, there: Table) -> None:
    large = any(isinstance(column.type, LargeBinary) for column in here.columns)
    at_once = _LARGE_AT_ONCE if large else _SMALL_AT_ONCE
    query = select(here).order_by(*here.primary_key.columns)
    rows = source.execute(query, execution_options={"yield_per": at_once})
    for some in rows.mappings().partitions():
        target.execute(insert(there), [dict(row) for row in some])
