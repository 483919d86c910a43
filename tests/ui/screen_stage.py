"""The stage on which screens are tested: a running app, what it sent, and a clock that the test turns."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from drivers.camera.api import Frame
from kiosk.journey.events import Event
from kiosk.ui.settings import FINE_PANEL, LARGE_PANEL, SMALL_PANEL, UPRIGHT_PANEL, WIDE_PANEL, TextSize

if TYPE_CHECKING:
    from kiosk.ui.app import KioskApp
    from kiosk.ui.arrangement import Arrangement

PANELS = {
    "1280x800": LARGE_PANEL,
    "1024x600": WIDE_PANEL,
    "800x480": SMALL_PANEL,
    "1024x600 small": FINE_PANEL,
    "720x1280": UPRIGHT_PANEL,
}
#: One of these panels has the millimetres of every other.
OWN_SIZES = ("1280x800", "1024x600", "800x480", "720x1280")


@dataclass
class Screen:
    """A kiosk screen under test."""

    app: "KioskApp"
    sent: list[Event] = field(default_factory=list[Event])
    now_s: float = 1000.0
    frame: Frame | None = None

    def settle(self) -> None:
        """Let the time pass in which a new screen ignores touches."""
        self.now_s += 1.0

    def touch(self, name: str) -> None:
        """Touch the middle of a target through the window."""
        x, y, width, height = self.app.touch_targets()[name]
        self.app.press(x + width / 2, y + height / 2)


@cache
def empty_room(panel: str, text_size: TextSize) -> "Callable[[bool], Arrangement]":
    """Give a maker of empty arrangements for right hands, or for left ones (True).

    A kiosk forgets what it has measured, for it shows one screen at a time; tests lay out thousands of the same ones.
    """
    from kiosk.ui.arrangement import Arrangement
    from kiosk.ui.lettering import Lettering
    from kiosk.ui.measure import Measures, Rect

    display = PANELS[panel]
    measures = Measures.of(display, text_size)
    lettering = Lettering(display.font_regular, display.font_bold, measures)
    lettering.width = lru_cache(maxsize=1 << 17)(lettering._width)
    lettering._fitted = lru_cache(maxsize=1 << 15)(lettering._fit)
    whole = Rect(0, 0, display.width_px, display.height_px)
    return lambda left: Arrangement(measures, lettering, whole, mirrored=left)


def wait_until(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Turn Kivy's loop until a condition holds."""
    from kivy.base import EventLoop

    deadline_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline_s, "the condition did not come true in time"
        EventLoop.idle()
