"""A backup put back: into a new SQLite file, or into an empty PostgreSQL database, whichever the backup was made of.

Receipt numbers that were given after the backup stand on citizens' slips: none of them is given a second time. Refuses
to overwrite anything, and a copy that is not what it was when it was made.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, inspect, make_url, select, text
from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.backup import OFFICE
from kiosk.office.carrying import carry_over, looked_at, unguarded
from kiosk.office.copies import (
    DATABASE,
    Manifest,
    Record,
    VerifiedCopy,
    blocks,
    read_manifest,
    some_of,
    sync,
    verify_copy,
)
from kiosk.office.counting import count_on_from, highest_given
from kiosk.office.engine import make_engine
from kiosk.office.errors import BackupError
from kiosk.office.keeping import BACKUP, keep_done
from kiosk.office.migrations import bring_up_to_date, layout_of
from kiosk.office.settings import OfficeSettings

RESTORED: Final = "restored"
# Receipt numbers that are left out at the least: more than any office gives between two backups.
LEFT_OUT: Final = 100_000
_PART: Final = ".part"
# What SQLite would take for a part of the restored database.
_BESIDE: Final = ("", "-wal", "-shm", "-journal")
_AT_ONCE: Final = 4


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that is in its place: what it holds, the next receipt number, and who may look at the page again."""

    copy: VerifiedCopy
    next_number: int
    accounts: tuple[str, ...]


def folder_of(settings: OfficeSettings) -> Path | None:
    """The folder in which the office's database is a file; None where it is in a server. Raises BackupError."""
    place = make_url(settings.database)
    if place.get_backend_name() == "postgresql":
        return None
    if Path(place.database or "") != settings.layout.database.absolute():
        raise BackupError(f"database_url names another file than {settings.layout.database}: say where, --to FOLDER")
    return settings.layout.collector


def restore(folder: Path, to: Path, *, at: datetime, older: bool = False) -> Restored:
    """Verify the backup in `folder` and put its database into `to`, which is made where it is missing.

    It becomes the property of the owner of `to` when root does this.

    Args:
        folder: one backup.
        to: the office's folder `collector`, without a database.
        at: now, UTC.
        older: restore although a newer backup lies beside it. Kiosks erase what the newest one holds: an older one may
            lack enrolments that exist nowhere else any more.

    Raises:
        BackupError: the backup is damaged or incomplete, a newer one lies beside it, `to` holds a database already, or
            cannot be written; whatever was there is as it was.
    """
    copy = _verified(folder, older=older)
    place = to / DATABASE
    for taken in (Path(f"{place}{end}") for end in _BESIDE):
        if os.path.lexists(taken):
            raise BackupError(f"{taken} exists and is not overwritten: stop kiosk-office and move it away first")
    part = to / f".{DATABASE}.{secrets.token_hex(4)}{_PART}"
    try:
        to.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            _copy_file(folder / DATABASE, part, copy.manifest)
            with unguarded(part) as connection:
                restored = _mark(connection, copy, at)
            sync(part)
            os.link(part, place)
        finally:
            part.unlink(missing_ok=True)
        sync(to)
    except OSError as error:
        raise BackupError(f"{place} cannot be written: {error.strerror}; give another directory") from error
    except SQLAlchemyError as error:
        raise BackupError(f"{place} cannot be made ready ({type(error).__name__}); is its disk full?") from error
    return restored


def restore_into_server(folder: Path, url: str, *, at: datetime, older: bool = False) -> Restored:
    """Verify the backup in `folder` and put its rows into the empty PostgreSQL database `url`, in one transaction.

    The bytes of every package are read back from the server before anything is committed. The backup may be of an
    office on SQLite. For the rest, see `restore`.

    Raises:
        BackupError: as `restore`, or the database is not empty, or the server gives back other bytes: it is as it was.
        DatabaseError: the backup is of a newer program, or `url` is no database's.
    """
    copy = _verified(folder, older=older)
    engine = make_engine(url, application_name="kiosk-office-restore")
    where = f"the database {make_url(url).database!r}"
    try:
        with engine.begin() as server, looked_at(folder / DATABASE) as rows:
            if inspect(server).get_table_names():
                raise BackupError(
                    f"{where} is not empty, and nothing is overwritten: stop kiosk-office, name a new one"
                )
            layout = layout_of(rows)
            if layout is None:
                raise BackupError(f"{folder} is of an early program: restore it into SQLite, and back that up once")
            server.execute(text("SET LOCAL statement_timeout = 0"))
            bring_up_to_date(server, to=layout)
            carry_over(rows, server)
            _compare(server, copy, where)
            bring_up_to_date(server)
            return _mark(server, copy, at)
    except SQLAlchemyError as error:
        raise BackupError(
            f"{where} does not take the backup ({type(error).__name__}): nothing is in it; does its server "
            "run, with room on its disk, and may this user write there?"
        ) from error
    finally:
        engine.dispose()


def _verified(folder: Path, *, older: bool) -> VerifiedCopy:
    copy = verify_copy(folder)
    newer = _newest_beside(folder, copy.manifest)
    if newer is not None and not older:
        raise BackupError(
            f"{newer[1]} is newer ({newer[0]}; this one is {copy.manifest}), and kiosks may have erased what only it "
            "holds: restore that one, or say --older"
        )
    return copy


def _newest_beside(folder: Path, manifest: Manifest) -> tuple[Manifest, Path] | None:
    """The newest backup in the same place, when it is newer than this one. Whether it is sound is not looked at."""
    newest: tuple[Manifest, Path] | None = None
    for other in sorted(folder.absolute().parent.glob("office-*")):
        try:
            found = read_manifest(other)
        except BackupError:
            continue
        if found.newer_than(manifest if newest is None else newest[0]):
            newest = found, other
    return newest


def _mark(connection: Connection, copy: VerifiedCopy, at: datetime) -> Restored:
    """Count receipts on from far above what can have been given since, and have the page say what has to be looked at.

    An account that was removed since the backup is back: its name is for the person who restores.
    """
    given = highest_given(connection, tables.enrolment.name) or 0
    # Twice as many as there ever were, or a good round number more: never anything that the lost days can have reached.
    following = -(-(given + 1 + max(given, LEFT_OUT)) // LEFT_OUT) * LEFT_OUT
    count_on_from(connection, tables.enrolment.name, following - 1)
    alarm, detail = tables.alarm, f"{copy.manifest.made_at:%Y-%m-%d %H:%MZ}"
    connection.execute(delete(alarm).where(alarm.c.kiosk == OFFICE, alarm.c.code.in_((RESTORED, "backup_failed"))))
    connection.execute(insert(alarm).values(kiosk=OFFICE, code=RESTORED, detail=detail, at=to_text(at)))
    if inspect(connection).has_table(tables.last_done.name):
        keep_done(connection, BACKUP, copy.manifest.made_at)
    accounts: Sequence[str] = ()
    if inspect(connection).has_table(tables.account.name):
        accounts = connection.scalars(select(tables.account.c.name).order_by(tables.account.c.name)).all()
    return Restored(copy, following, tuple(accounts))


def _compare(server: Connection, copy: VerifiedCopy, where: str) -> None:
    """The server gives back every package as the backup has it. Raises BackupError."""
    enrolment, package = tables.enrolment, tables.package
    joined = enrolment.outerjoin(package, package.c.number == enrolment.c.number)
    query = select(enrolment.c.number, package.c.bytes).select_from(joined).order_by(enrolment.c.number)
    left = dict(copy.packages)
    rows = server.execute(query, execution_options={"yield_per": _AT_ONCE})
    wrong = [
        Record("receipt", int(number))
        for number, data in rows
        if hashlib.sha256(data or b"").digest() != left.pop(int(number), None)
    ]
    wrong += [Record("receipt", number) for number in left]
    if wrong:
        raise BackupError(f"{where} gives back other bytes than the backup has, or none, in {some_of(wrong)}")


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
