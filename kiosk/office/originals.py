"""What a backup is made of: the office's database, in a SQLite file or in a PostgreSQL server, copied as one state.

Either way the copy is one SQLite file. The collector goes on meanwhile.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Connection, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office import tables
from kiosk.office.carrying import carry_over, unguarded
from kiosk.office.copies import BUSY_S, Record, reading, spoilt_in
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import make_engine
from kiosk.office.errors import BackupError
from kiosk.office.migrations import bring_up_to_date

# Where Debian's server keeps its files, for a role that may not ask it.
_SERVER_FILES: Final = Path("/var/lib/postgresql")
_HERE: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})


class Original(Protocol):
    """The office's database, as a backup sees it."""

    def __str__(self) -> str:
        """How it is called in words."""
        ...

    def lies_with(self, target: Path) -> bool:
        """Whether one failed disk would take both. Raises OSError."""
        ...

    def copy(self, new: Path) -> None:
        """Copy one state of it into the empty file `new`; not yet on the disk.

        Raises sqlite3's, sqlalchemy's and OfficeError.
        """
        ...

    def has_still(self, records: Sequence[Record]) -> list[Record]:
        """Which of these records are here as they were received. Raises sqlite3's and sqlalchemy's errors."""
        ...


def original(url: str, *, office: Path) -> Original:
    """The database of this URL; `office`: a folder of the office on this computer.

    Raises:
        BackupError: there is none.
    """
    try:
        place = make_url(url)
    except SQLAlchemyError as error:
        raise BackupError("database_url is no URL of a database") from error
    match place.get_backend_name():
        case "sqlite" if place.database:
            path = Path(place.database)
            if not path.is_file():
                raise BackupError(f"there is no database {path} to back up: has the office served yet?")
            return FileOriginal(path)
        case "postgresql":
            hosts = [host for host in (place.host, *_listed(place.query.get("host"))) if host] or [""]
            return ServerOriginal(url, office, here=any(one in _HERE or one.startswith("/") for one in hosts))
        case other:
            raise BackupError(f"a database of the kind {other!r} is not backed up here: SQLite and PostgreSQL are")


@dataclass(frozen=True, slots=True)
class FileOriginal:
    """A SQLite file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    def lies_with(self, target: Path) -> bool:
        """Whether both are on one file system."""
        return target.stat().st_dev == self.path.stat().st_dev

    def copy(self, new: Path) -> None:
        """One state of the file, whoever writes meanwhile."""
        with (
            closing(reading(self.path, immutable=False)) as office,
            closing(sqlite3.connect(new, timeout=BUSY_S)) as to,
        ):
            # All pages in one step, under one lock for reading, which stops no writer: in several steps each commit of
            # the collector would begin it anew.
            office.backup(to, pages=-1)
            # A single file: no log beside it that a copy of the copy could leave behind.
            to.execute("PRAGMA journal_mode = DELETE")

    def has_still(self, records: Sequence[Record]) -> list[Record]:
        """Those that are not spoilt here too."""
        spoilt = set(spoilt_in(self.path, immutable=False))
        return [record for record in records if record not in spoilt]


@dataclass(frozen=True, slots=True)
class ServerOriginal:
    """A database in a PostgreSQL server; `here`: the server runs on this computer."""

    url: str
    office: Path
    here: bool

    def __str__(self) -> str:
        return f"the database {make_url(self.url).database!r} at its server"

    def lies_with(self, target: Path) -> bool:
        """Whether the server runs here, with its files or the office's own on the target's file system."""
        if not self.here:
            return False
        places = [self.office, self._files()]
        return target.stat().st_dev in {place.stat().st_dev for place in places if place.exists()}

    def copy(self, new: Path) -> None:
        """One state of all tables, row by row: a transaction that sees nothing of what comes meanwhile."""
        OfficeDatabase.open(self.url).close()
        engine = make_engine(self.url, application_name="kiosk-office-backup")
        try:
            with engine.connect() as connection, unguarded(new) as to:
                office = connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
                bring_up_to_date(to)
                carry_over(office, to)
        finally:
            engine.dispose()

    def has_still(self, records: Sequence[Record]) -> list[Record]:
        """Those whose bytes here are what was received."""
        with closing(OfficeDatabase.open(self.url)) as database, database.reading() as connection:
            return [record for record in records if _is_whole(connection, record)]

    def _files(self) -> Path:
        # A role that is not the server's own may not ask.
        with (
            closing(OfficeDatabase.open(self.url)) as database,
            suppress(SQLAlchemyError),
            database.reading() as asking,
        ):
            return Path(str(asking.scalar(text("SHOW data_directory"))))
        return _SERVER_FILES


def _is_whole(connection: Connection, record: Record) -> bool:
    enrolment, package, apart = tables.enrolment, tables.package, tables.quarantine
    if record.kind == "receipt":
        joined = enrolment.join(package, package.c.number == enrolment.c.number)
        query = (
            select(enrolment.c.sha256, package.c.bytes).select_from(joined).where(enrolment.c.number == record.number)
        )
    else:
        query = select(apart.c.sha256, apart.c.bytes).where(apart.c.n == record.number)
    row = connection.execute(query).first()
    return row is not None and hashlib.sha256(bytes(row[1])).digest() == bytes(row[0])


def _listed(value: Any) -> tuple[str, ...]:  # noqa: ANN401 - a part of a URL, given once or more often
    return () if value is None else (value,) if isinstance(value, str) else tuple(value)
