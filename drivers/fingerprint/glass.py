"""What lies on the glass of an emulated sensor: nothing, a given picture, or a finger that belongs to nobody.

Owns the picture under the glass in the sensor's own size and packing. May be used from any thread.
"""

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from drivers.fingerprint.packets import pack_pixels
from drivers.fingerprint.synthetic import SITUATIONS, Finger, Impression, print_of

Picture = tuple[bytes, int, int]
"""8-bit grey, width and height in pixels; rows from the top, 0 = ridge."""

_PGM_HEAD = re.compile(rb"P5\s+(?:#.*\s+)*(\d+)\s+(?:#.*\s+)*(\d+)\s+(?:#.*\s+)*(\d+)\s")


class Glass:
    """The glass of one sensor of `width_px` x `height_px` at `dpi`."""

    def __init__(self, width_px: int, height_px: int, *, dpi: int) -> None:
        self._size = (width_px, height_px)
        self._dpi = dpi
        self._lock = threading.Lock()
        self._presses = 0
        self._source: Callable[[], Picture | None] | None = None
        self._picture: bytes | None = None
        self.situation = ""

    def place(self, grey: bytes, width_px: int, height_px: int) -> None:
        """Lay a picture on the glass, cut or filled with white about its centre.

        Raises ValueError when bytes and size do not fit each other.
        """
        self._put(self._fitted((grey, width_px, height_px)), None)

    def place_file(self, path: Path) -> None:
        """Lay the picture of a binary 8-bit PGM file. Raises ValueError for any other file."""
        data = path.read_bytes()
        head = _PGM_HEAD.match(data)
        if head is None or head[3] != b"255":
            raise ValueError(f"{path.name} is no 8-bit binary PGM file (P5, 255)")
        self.place(data[head.end() :], int(head[1]), int(head[2]))

    def place_from(self, source: Callable[[], Picture | None]) -> None:
        """Ask `source` at every look for the picture, or None for an empty glass."""
        self._put(None, source)

    def lay(self, finger: Finger, impression: Impression | None = None) -> None:
        """Press a grown finger on the glass, as `impression` says, else as the situation does; no two presses equal."""
        self._presses += 1
        pressed = impression or replace(SITUATIONS.get(self.situation, Impression()), seed=self._presses)
        width_px, height_px = self._size
        self.place(
            print_of(finger, pressed, width_px=width_px, height_px=height_px, dpi=self._dpi), width_px, height_px
        )

    def lift(self) -> None:
        """Take away whatever lies there."""
        self._put(None, None)

    def look(self) -> bytes | None:
        """Give what lies there now, packed; None when nothing does."""
        with self._lock:
            picture, source = self._picture, self._source
        if source is None:
            return picture
        seen = source()
        return None if seen is None else self._fitted(seen)

    def _put(self, picture: bytes | None, source: Callable[[], Picture | None] | None) -> None:
        with self._lock:
            self._picture, self._source = picture, source

    def _fitted(self, picture: Picture) -> bytes:
        grey, width_px, height_px = picture
        if len(grey) != width_px * height_px:
            raise ValueError(f"{len(grey)} bytes are no picture of {width_px} x {height_px} pixels")
        own_width, own_height = self._size
        left, top = (width_px - own_width) // 2, (height_px - own_height) // 2
        rows: list[bytes] = []
        for y in range(top, top + own_height):
            if not 0 <= y < height_px:
                rows.append(b"\xff" * own_width)
                continue
            row = grey[y * width_px + max(0, left) : y * width_px + min(width_px, left + own_width)]
            rows.append((b"\xff" * max(0, -left) + row).ljust(own_width, b"\xff"))
        return pack_pixels(b"".join(rows))
