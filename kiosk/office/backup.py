"""Backups of the office's database: made beside a running collector, read back, and only then settled.

Keys and the registry are not in a backup: they belong on a medium of their own. Refuses to settle what was not read
back from the copy, and to overwrite anything.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.copies import DATABASE, MANIFEST, VerifiedCopy, describe, last_receipt, some_of, sync, verify_copy
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import BackupError, OfficeError
from kiosk.office.keeping import BACKUP, keep_done
from kiosk.office.originals import Original, original
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import Settlement, settle
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey

_PART = ".part"
# In the place of a kiosk's name: what is wrong with the office itself.
OFFICE = "office"
FAILED = "backup_failed"


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
    try:
        key = SigningKey.load(settings.layout.collector / "receipt.key")
        made = _back_up(settings, key, target, at=at, same_disk=same_disk)
    except (OfficeError, SealingError):
        # The timer that starts backups has nobody who reads what it prints: the page tells.
        with suppress(OfficeError, SQLAlchemyError), closing(OfficeDatabase.open(settings.database)) as database:
            database.raise_alarm(OFFICE, FAILED, "", at=at)
        raise
    with suppress(SQLAlchemyError), closing(OfficeDatabase.open(settings.database)) as database:
        database.end_alarms(OFFICE, FAILED)
        with database.transaction() as connection:
            keep_done(connection, BACKUP, at)
    return made


def _back_up(settings: OfficeSettings, key: SigningKey, target: Path, *, at: datetime, same_disk: bool) -> Backup:
    source = original(settings.database, office=settings.layout.collector)
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


def _check_target(target: Path, source: Original, *, same_disk: bool) -> None:
    if not target.is_dir():
        raise BackupError(f"{target} is not a folder: mount the disk for backups, or make the folder on it first")
    if not same_disk and source.lies_with(target):
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


def _write(source: Original, target: Path, at: datetime) -> tuple[Path, VerifiedCopy]:
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
            _new_file(part / DATABASE, b"")
            source.copy(part / DATABASE)
            sync(part / DATABASE)
            manifest = describe(part / DATABASE, made_at=at, last=last_receipt(part / DATABASE))
            _new_file(part / MANIFEST, manifest.to_json())
            sync(part)
            copy = verify_copy(part)
            _refuse_spoilt_by_copying(copy, source, part / DATABASE)
            part.rename(folder)
            sync(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
    except OSError as error:
        raise BackupError(f"{target} cannot be written ({error.strerror}): nothing is settled") from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        # Of a server's error the kind alone: its text could repeat what stands in a row.
        cause = getattr(error, "orig", error)
        why = str(cause) if isinstance(cause, sqlite3.Error) else type(error).__name__
        raise BackupError(f"{source} cannot be copied into {target} ({why}): nothing is settled") from error
    return folder, copy


def _refuse_spoilt_by_copying(copy: VerifiedCopy, source: Original, place: Path) -> None:
    """What the office itself has lost is named and copied as it is; what it still has must be in the copy."""
    lost = source.has_still(copy.spoilt)
    if lost:
        raise BackupError(f"{place} is damaged: other bytes than were received, or none, in {some_of(lost)}")


def _new_file(path: Path, data: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
