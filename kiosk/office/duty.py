"""Who collects and who waits: one collector of each shard at a time, held by the database itself.

On PostgreSQL a collector does all its work in the one session that holds its shard's advisory lock. The server frees
the lock when that session has ended and not before, and a session that has ended commits nothing: so a collector that
has lost its duty can commit nothing more, without any clock, before the next one begins. A session that a frozen
process leaves idle is ended by the server. On SQLite there is one collector; a lock on a file refuses a second one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import socket
import struct
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, Protocol

from sqlalchemy import Engine, event, make_url, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import make_engine
from kiosk.office.errors import OfficeError
from kiosk.uplink.process import Stop

# The first half of every lock's key; the second is the shard's name. An arbitrary constant.
SPACE: Final = 726_511_409
LEASE_S: Final = 30.0
LOOK_S: Final = 1.0
# The server must notice within seconds that a collector's computer is gone, not after the two hours of TCP's default.
_ALIVE: Final = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 3, "tcp_keepalives_count": 3}
# Not asked whether it is there before each use: one that has ended is not replaced, and its statement says so as well.
_ONE: Final = {"pool_size": 1, "max_overflow": 0, "pool_pre_ping": False}
_MARK: Final = "kiosk-duty"
# struct flock of Linux: kind, whence, start, length (0: to the end), process (0 for locks of an open file).
_FLOCK: Final = struct.Struct("hhqqi4x")
_WHOLE_FILE: Final = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
ABOVE: Final = "+above"
"""The duty of passing on to the office above; no shard can have this name."""


class DutyLost(Exception):
    """The session that held the lock has ended: another collector may have begun."""


class SessionEnded(SQLAlchemyError):
    """The one session of a collector is over; it gets no second one."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One shard's collectors: where the active one runs (None: nobody collects), and where others wait."""

    shard: str
    active: str | None
    waiting: tuple[str, ...] = ()


class Duty(Protocol):
    """The right to collect for one shard."""

    def reserve(self) -> None:
        """Take what can be had at once. Raises OfficeError where somebody has it and waiting is of no use."""
        ...

    def take(self, stop: Stop, heartbeat: Callable[[], None]) -> OfficeDatabase | None:
        """Wait for the duty; the database to collect into, or None when ``stop`` was set. Raises OfficeError."""
        ...

    def check(self) -> None:
        """Raises DutyLost when the duty is over."""
        ...

    def end(self) -> None:
        """Let another one begin."""
        ...


def duty_of(url: str, shard: str, *, lease_s: float = LEASE_S) -> Duty:
    """The duty of a shard, or of passing on (ABOVE), in this database. Raises OfficeError for a shard in SQLite."""
    place = make_url(url)
    if place.get_backend_name() == "postgresql":
        return SessionDuty(url, shard, lease_s=lease_s)
    if shard not in ("", ABOVE):
        raise OfficeError("shards need PostgreSQL: with SQLite one collector receives from all communes")
    return FileDuty(url, lock_file(Path(place.database).absolute(), shard) if place.database else None)


class SessionDuty:
    """PostgreSQL's: a session that holds an advisory lock, and in which everything is committed."""

    def __init__(self, url: str, shard: str, *, lease_s: float = LEASE_S) -> None:
        """``lease_s``: a session that says nothing for so long is ended by the server (PostgreSQL 14 and later)."""
        self._url = url
        self._shard = shard
        self._lease_s = lease_s
        self._engine: Engine | None = None
        self._checked_s = 0.0

    def reserve(self) -> None:
        """Nothing: whoever comes second waits."""

    def take(self, stop: Stop, heartbeat: Callable[[], None]) -> OfficeDatabase | None:
        """Wait until nobody else collects, then collect in the session that waited."""
        self.end()
        while not stop.is_set():
            heartbeat()
            try:
                if self._engine is None:
                    self._engine = self._session()
                with self._engine.begin() as connection:
                    key = {"space": SPACE, "shard": _key(self._shard)}
                    if connection.scalar(text("SELECT pg_try_advisory_lock(:space, :shard)"), key):
                        return OfficeDatabase(self._engine)
            except SQLAlchemyError:  # the server is away: a new session, when it is back
                self.end()
            stop.wait(LOOK_S)
        self.end()
        return None

    def check(self) -> None:
        """Ask the session itself, once a second; this also keeps it from being taken for a frozen one."""
        now_s = time.monotonic()
        if now_s - self._checked_s < LOOK_S and self._engine is not None:
            return
        self._checked_s = now_s
        try:
            if self._engine is None:
                raise DutyLost("there is no session")
            with self._engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
                connection.scalar(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise DutyLost(f"the session with the database has ended: {type(error).__name__}") from error

    def end(self) -> None:
        """End the session, and the lock with it."""
        if self._engine is not None:
            with suppress(SQLAlchemyError):
                self._engine.dispose()
            self._engine = None

    def _session(self) -> Engine:
        name = f"{_MARK}/{self._shard}/{socket.gethostname()[:20]}/{os.getpid()}"
        engine = make_engine(self._url, application_name=name, settings=_ALIVE, **_ONE)
        made = 0

        @event.listens_for(engine, "do_connect")
        def once(*_: object) -> None:  # pyright: ignore[reportUnusedFunction] - registered
            nonlocal made
            made += 1
            if made > 1:
                raise SessionEnded("the session that held the lock has ended")

        with engine.begin() as connection:
            if tuple(connection.dialect.server_version_info or ()) >= (14,):
                for setting in ("idle_session_timeout", "idle_in_transaction_session_timeout"):
                    value = {"name": setting, "value": str(int(self._lease_s * 1000))}
                    connection.execute(text("SELECT set_config(:name, :value, false)"), value)
        return engine


class FileDuty:
    """SQLite's: a lock on a file beside the database, which goes with its process."""

    def __init__(self, url: str, file: Path | None) -> None:
        self._url = url
        self._file = file
        self._held: IO[str] | None = None

    def reserve(self) -> None:
        """Lock the file. Raises OfficeError when another collector has it: with SQLite nobody waits."""
        if self._held is None and self._file is not None:
            self._held = _locked(self._file)

    def take(self, stop: Stop, heartbeat: Callable[[], None]) -> OfficeDatabase | None:
        """The database, with the file locked. Raises OfficeError as `reserve`."""
        if stop.is_set():
            return None
        heartbeat()
        self.reserve()
        return OfficeDatabase.open(self._url)

    def check(self) -> None:
        """A lock on a file lasts as long as its process."""

    def end(self) -> None:
        """Unlock."""
        if self._held is not None:
            self._held.close()
            self._held = None


def lock_file(database: Path, shard: str = "") -> Path:
    """The file that a SQLite office's collector, or its part that passes on, holds locked."""
    return database.with_name(f"{database.name}.{'upstream' if shard == ABOVE else 'collector'}")


def _locked(path: Path) -> IO[str]:
    file = path.open("a+", encoding="ascii")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        holder = _holder(path)
        file.close()
        raise OfficeError(
            f"this office has a collector already ({holder}): with SQLite there is one; a second one that waits "
            "needs PostgreSQL"
        ) from error
    # Beside it the one that can be asked for without being taken, even for a moment.
    fcntl.fcntl(file, fcntl.F_OFD_SETLK, _WHOLE_FILE)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _holder(path: Path) -> str:
    return f"process {path.read_text('ascii', 'replace').strip()[:10] or 'unknown'}"


def standings(database: OfficeDatabase, url: str, shards: Sequence[str]) -> list[Standing]:
    """Who collects for each of ``shards``, and who waits, as the database itself knows. Raises sqlalchemy's errors."""
    place = make_url(url)
    if place.get_backend_name() == "postgresql":
        return _sessions(database, shards)
    if not place.database:
        return [Standing(shard, None) for shard in shards]
    file = Path(place.database).absolute()
    return [Standing(shard, _active(lock_file(file, shard))) for shard in shards]


def _active(path: Path) -> str | None:
    """Who holds the file; asked without a lock of one's own, which would refuse a collector that begins just now."""
    with suppress(FileNotFoundError), path.open("r", encoding="ascii") as file:
        kind, *_ = _FLOCK.unpack(fcntl.fcntl(file, fcntl.F_OFD_GETLK, _WHOLE_FILE))
        if kind != fcntl.F_UNLCK:
            return _holder(path)
    return None


def _sessions(database: OfficeDatabase, shards: Sequence[str]) -> list[Standing]:
    query = text(
        "SELECT s.application_name, l.objid FROM pg_stat_activity s LEFT JOIN pg_locks l ON l.pid = s.pid "
        "AND l.granted AND l.locktype = 'advisory' AND l.classid = :space AND l.objsubid = 2 AND l.database = s.datid "
        "WHERE s.datname = current_database() AND s.application_name LIKE :mark ORDER BY s.backend_start"
    )
    with database.reading() as connection:
        rows = connection.execute(query, {"space": SPACE, "mark": f"{_MARK}/%"}).all()
    held: dict[str, list[str]] = {}
    waiting: dict[str, list[str]] = {}
    for name, lock in rows:
        _, shard, *where = str(name).split("/")
        (held if lock is not None else waiting).setdefault(shard, []).append(" ".join(where))
    return [Standing(shard, next(iter(held.get(shard, ())), None), tuple(waiting.get(shard, ()))) for shard in shards]


def _key(shard: str) -> int:
    return int.from_bytes(hashlib.sha256(shard.encode()).digest()[:4], "big") >> 1
