"""How much room the outbox has left: warned of early, because nothing in it is ever evicted."""

import os
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


def room_of(outbox: Path, *, max_bytes: int | None = None) -> Room:
    """The room on the outbox's file system, or within `max_bytes` where that is less. Raises OSError."""
    used = outbox.stat().st_size
    system = os.statvfs(outbox.parent)
    free = system.f_bavail * system.f_frsize
    if max_bytes is not None:
        free = min(free, max(0, max_bytes - used))
    return Room(used, free)
