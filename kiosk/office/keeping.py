"""How an office keeps what it has: when its last backup was read back, and how much room its disk has. Owns its table.

Told by the office that serves, so that a backup which does not even begin (no timer, no disk, a wrong setting, another
user) is seen as well as one that fails.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase

BACKUP: Final = "backup"
# One night may be missed; a second one is somebody's work.
BACKUP_WARNING: Final = timedelta(hours=36)


@dataclass(frozen=True, slots=True)
class Keeping:
    """When the last backup was begun that was read back (None: never), and since when there is something to lose.

    ``disk_free`` and ``disk_size`` are bytes, of the file system with the office's own folder; None where unknown.
    """

    last_backup: datetime | None = None
    first_received: datetime | None = None
    disk_free: int | None = None
    disk_size: int | None = None

    def overdue_since(self, now: datetime) -> datetime | None:
        """The last backup, or the first enrolment where there was none, when that is too long ago; else None."""
        since = self.last_backup or self.first_received
        return since if since is not None and now - since >= BACKUP_WARNING else None


def keep_done(connection: Connection, what: str, at: datetime) -> None:
    """Keep when this was done last, within a transaction."""
    table = tables.last_done
    connection.execute(delete(table).where(table.c.what == what))
    connection.execute(insert(table).values(what=what, at=to_text(at)))


def how_kept(database: OfficeDatabase, folder: Path) -> Keeping:
    """How it stands now; ``folder``: the office's own. Raises sqlalchemy's errors."""
    done, enrolment = tables.last_done, tables.enrolment
    with database.reading() as connection:
        last = connection.scalar(select(done.c.at).where(done.c.what == BACKUP))
        first = connection.scalar(select(enrolment.c.received_at).order_by(enrolment.c.number).limit(1))
    try:
        usage = shutil.disk_usage(folder)
    except OSError:
        return Keeping(from_text(last) if last else None, from_text(first) if first else None)
    return Keeping(from_text(last) if last else None, from_text(first) if first else None, usage.free, usage.total)
