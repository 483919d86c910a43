"""The stage on which screens are tested: a running app, what it sent, and a clock that the test turns."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from drivers.camera.api import Frame
from kiosk.journey.events import Event
from kiosk.ui.settings import FINE_PANEL, LARGE_PANEL, SMALL_PANEL, UPRIGHT_PANEL, WIDE_PANEL

if TYPE_CHECKING:
    from kiosk.ui.app import KioskApp

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


def wait_until(true: Callable[[], bool], timeout_s: float = 10.0) -> None:
    """Turn Kivy's loop until a condition holds."""
    from kivy.base import EventLoop

    deadline_s = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline_s, "the condition did not come true in time"
        EventLoop.idle()
