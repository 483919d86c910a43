"""Backups of the office's database: made beside a running collector, read back, and only then settled; and restored.

Keys and the registry are not in a backup: they belong on a medium of their own. Refuses to settle what was not read
back from the copy, and to overwrite anything.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.copies import (
    BUSY_S,
    DATABASE,
    MANIFEST,
    Manifest,
    VerifiedCopy,
    blocks,
    describe,
    read_manifest,
    some_of,
    spoilt_in,
    verify_copy,
)
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import BackupError, OfficeError
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import Settlement, settle
from kiosk.sealing.keys import SigningKey

_PART = ".part"
# In the place of a kiosk's name: what is wrong with the office itself.
OFFICE = "office"
FAILED = "backup_failed"
# What SQLite would take for a part of the restored database.
_BESIDE = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was read back: its folder, what it holds, and what was settled by it."""

    folder: Path
    copy: VerifiedCopy
    settlement: Settlement


def back_up(settings: OfficeSettings, target: Path, *, at: datetime, same_disk: bool = False) -> Backup:
    """Copy the database into a new dated folder in `target`, read the copy back, and settle what it holds.

    The collector may run meanwhile. A copy that does not read back well is removed. That it failed stands on the page
    until a backup succeeds.

    Args:
        settings: the office.
        target: a folder that exists. One that is made here would hide that a disk is not mounted.
        at: now, UTC.
        same_disk: settle although database and copy are on one file system, which may fail as one.

    Raises:
        BackupError: the copy could not be made or does not read back well; nothing is settled.
        OfficeError: the office is not initialised, or its database cannot be used.
        SealingError: the receipt key is damaged or open to others.
    """
    load_registry(settings.layout.registry)
    key = SigningKey.load(settings.layout.collector / "receipt.key")
    try:
        made = _back_up(settings, key, target, at=at, same_disk=same_disk)
    except BackupError:
        # The timer that starts backups has nobody who reads what it prints: the page tells.
        with suppress(OfficeError, SQLAlchemyError), closing(OfficeDatabase.open(settings.database)) as database:
            database.raise_alarm(OFFICE, FAILED, "", at=at)
        raise
    with suppress(SQLAlchemyError), closing(OfficeDatabase.open(settings.database)) as database:
        database.end_alarms(OFFICE, FAILED)
    return made


def _back_up(settings: OfficeSettings, key: SigningKey, target: Path, *, at: datetime, same_disk: bool) -> Backup:
    source = _database_file(settings.database)
    _check_target(target, source, same_disk=same_disk)
    with _alone(settings.layout.collector / "backup.lock"):
        folder, copy = _write(source, target, at)
        try:
            with closing(OfficeDatabase.open(settings.database)) as database:
                for record in copy.spoilt:
                    database.raise_alarm(OFFICE, "bytes_lost", str(record), at=at)
                settlement = settle(database, key, copy.packages, at=at)
        except SQLAlchemyError as error:
            raise BackupError(
                f"{folder} is a good backup, but settling stopped ({type(error).__name__}); the next backup settles"
            ) from error
    return Backup(folder, copy, settlement)


def restore(folder: Path, to: Path, *, older: bool = False) -> VerifiedCopy:
    """Verify the backup in `folder` and put its database into `to`, which is made where it is missing.

    It becomes the property of the owner of `to` when root does this. Kiosks erase what the newest backup holds, so an
    older one may lack enrolments that exist nowhere else any more: it is restored only when `older` says so.

    Raises:
        BackupError: the backup is damaged or incomplete, a newer one lies beside it, `to` holds a database already, or
            cannot be written; whatever was there is as it was.
    """
    copy = verify_copy(folder)
    newer = _newest_beside(folder, copy.manifest)
    if newer is not None and not older:
        raise BackupError(
            f"{newer} is newer, and kiosks may have erased what only it holds: restore that one, or say --older"
        )
    place = to / DATABASE
    for taken in (Path(f"{place}{end}") for end in _BESIDE):
        if os.path.lexists(taken):
            raise BackupError(f"{taken} exists and is not overwritten: stop kiosk-office and move it away first")
    part = to / f".{DATABASE}.{secrets.token_hex(4)}{_PART}"
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _copy_file(folder / DATABASE, part, copy.manifest)
            os.link(part, place)
        finally:
            part.unlink(missing_ok=True)
        _sync(to)
    except OSError as error:
        raise BackupError(f"{place} cannot be written: {error.strerror}; give another directory") from error
    return copy


def _newest_beside(folder: Path, manifest: Manifest) -> Path | None:
    """The newest backup in the same place, when it is newer than this one. Whether it is sound is not looked at."""
    newest: tuple[datetime, Path] | None = None
    for other in folder.absolute().parent.glob("office-*"):
        try:
            made_at = read_manifest(other).made_at
        except BackupError:
            continue
        if made_at > manifest.made_at and (newest is None or made_at > newest[0]):
            newest = made_at, other
    return None if newest is None else newest[1]


def _database_file(url: str) -> Path:
    try:
        place = make_url(url)
    except SQLAlchemyError as error:
        raise BackupError("database_url is no URL of a database") from error
    if place.get_backend_name() != "sqlite" or not place.database:
        raise BackupError("only a SQLite database is backed up here: use the database server's own tool (pg_dump)")
    path = Path(place.database)
    if not path.is_file():
        raise BackupError(f"there is no database {path} to back up: has the office served yet?")
    return path


def _check_target(target: Path, source: Path, *, same_disk: bool) -> None:
    if not target.is_dir():
        raise BackupError(f"{target} is not a folder: mount the disk for backups, or make the folder on it first")
    if not same_disk and target.stat().st_dev == source.stat().st_dev:
        raise BackupError(
            f"{target} is on the same file system as {source}, and one failed disk would take both: name a folder on "
            "another disk, or say --same-disk if this one is copied elsewhere"
        )


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One backup of an office at a time. The lock ends with the process."""
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise BackupError(f"{lock} cannot be made: {error.strerror}; run this as root or kiosk-office") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("another backup of this office is being made; wait for it") from error
        yield
    finally:
        os.close(descriptor)


def _write(source: Path, target: Path, at: datetime) -> tuple[Path, VerifiedCopy]:
    """The new folder. It gets its name when everything in it has been read back."""
    folder = target / f"office-{at:%Y%m%dT%H%M%SZ}"
    part = target / f".{folder.name}{_PART}"
    if folder.exists():
        raise BackupError(f"{folder} exists already and is not overwritten; wait a second")
    try:
        for left in target.glob(f".office-*{_PART}"):
            shutil.rmtree(left)
        part.mkdir(mode=0o700)
        try:
            _copy_database(source, part / DATABASE)
            manifest = describe(part / DATABASE, made_at=at)
            _new_file(part / MANIFEST, manifest.to_json())
            _sync(part)
            copy = verify_copy(part)
            _refuse_spoilt_by_copying(copy, source, part / DATABASE)
            part.rename(folder)
            _sync(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise BackupError(f"{target} cannot be written ({error.strerror}): nothing is settled") from error
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied into {target} ({error}): nothing is settled") from error
    return folder, copy


def _refuse_spoilt_by_copying(copy: VerifiedCopy, source: Path, place: Path) -> None:
    """What the office itself has lost is named and copied as it is; what it still has must be in the copy."""
    if not copy.spoilt:
        return
    office = set(spoilt_in(source, immutable=False))
    lost = [record for record in copy.spoilt if record not in office]
    if lost:
        raise BackupError(f"{place} is damaged: other bytes than were received, or none, in {some_of(lost)}")


def _copy_database(source: Path, copy: Path) -> None:
    """One state of the database, whoever writes meanwhile."""
    _new_file(copy, b"")
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as office,
        closing(sqlite3.connect(copy)) as new,
    ):
        # All pages in one step, under one lock for reading, which stops no writer: in several steps each commit of the
        # collector would begin it anew.
        office.backup(new, pages=-1)
        # A single file: no log beside it that a copy of the copy could leave behind.
        new.execute("PRAGMA journal_mode = DELETE")
    _sync(copy)


def _copy_file(source: Path, new: Path, manifest: Manifest) -> None:
    """Copy, while checking that it is still what was verified. Raises OSError and BackupError."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        for block in blocks(source):
            digest.update(block)
            file.write(block)
        if digest.digest() != manifest.sha256:
            raise BackupError(f"{source} changed while it was read; use another backup")
        if os.geteuid() == 0:
            owner = new.parent.stat()
            os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
        file.flush()
        os.fsync(file.fileno())


def _new_file(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
