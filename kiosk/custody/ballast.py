"""Room kept back on the disk beside outbox and inbox, each for itself, given up when the disk is full.

So receipts can still be taken in, and settled packages erased.
Without it a full disk would stay full: every SQLite transaction, even one that erases, needs room for its journal.
"""

import os
from contextlib import suppress
from pathlib import Path

BALLAST_BYTES = 2 * 1024 * 1024


class Ballast:
    """One file of BALLAST_BYTES beside a file, as long as there is room for it."""

    def __init__(self, file: Path) -> None:
        self._path = file.with_name(file.name + ".ballast")

    @property
    def held(self) -> bool:
        """Whether the room is kept back now."""
        return self._path.exists()

    def take(self) -> None:
        """Keep the room back; when the disk has none, do nothing."""
        if self.held:
            return
        beside = self._path.with_name(self._path.name + ".new")
        try:
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, BALLAST_BYTES)
            finally:
                os.close(descriptor)
            beside.rename(self._path)
        except OSError:
            with suppress(OSError):
                beside.unlink(missing_ok=True)

    def give_up(self) -> bool:
        """Free the room; False when there was none kept back."""
        held = self.held
        self._path.unlink(missing_ok=True)
        return held
