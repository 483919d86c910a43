"""How much room the outbox has left: warned of early, because nothing in it is ever evicted."""

import os
import sqlite3
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path


class Level(IntEnum):
    """Early warnings, by the share of the room that is used, in per cent.

    At NEARLY_FULL no new enrolment should start.
    """

    ROOMY = 0
    HALF_FULL = 50
    FILLING = 80
    NEARLY_FULL = 95


@dataclass(frozen=True, slots=True)
class Room:
    """The outbox's own bytes, and how many it can still grow by."""

    used_bytes: int
    free_bytes: int

    @property
    def share(self) -> float:
        """The used share of the room, 0 to 1."""
        whole = self.used_bytes + self.free_bytes
        return self.used_bytes / whole if whole > 0 else 1.0

    @property
    def level(self) -> Level:
        """The highest warning that this share has reached."""
        return max(level for level in Level if self.share * 100 >= level)


def room_of(connection: sqlite3.Connection, outbox: Path, *, max_bytes: int | None = None) -> Room:
    """The room on the outbox's file system, or within `max_bytes` where that is less.

    Pages freed by erasing count as free. Raises OSError.
    """
    page_bytes, pages, freed = (
        int(connection.execute(f"PRAGMA main.{name}").fetchone()[0])
        for name in ("page_size", "page_count", "freelist_count")
    )
    system = os.statvfs(outbox.parent)
    growth = system.f_bavail * system.f_frsize
    if max_bytes is not None:
        growth = min(growth, max(0, max_bytes - pages * page_bytes))
    return Room(used_bytes=(pages - freed) * page_bytes, free_bytes=growth + freed * page_bytes)
