"""Which touches count, and touches made by a program. The filter is pure: positions and times in, ids out."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field

from kiosk.ui.measure import Rect

#: Anything within this time after a screen change is the tail of a double tap.
SETTLE_S = 0.4

_numbers = itertools.count(1)


@dataclass(slots=True)
class TouchFilter:
    """Lets a touch fire when it begins and ends inside the same target; the first finger wins.

    A hand that slides across a button fires nothing (VVSG 2.0 7.2-H), a second finger is ignored while the first is
    down, and for SETTLE_S after a new screen nothing fires, because an old hand often taps twice. Keys of a keyboard
    are exempt from the last rule only in so far as typing does not change the screen.
    """

    targets: Mapping[str, Rect] = field(default_factory=dict[str, Rect])
    changed_at_s: float = float("-inf")
    finger: object = None
    held: str | None = None

    def change(self, targets: Mapping[str, Rect], now_s: float) -> None:
        """Tell that another screen is shown now; a touch that began on the old one fires nothing."""
        self.targets = targets
        self.changed_at_s = now_s
        self.held = None

    def keep(self, targets: Mapping[str, Rect]) -> None:
        """Tell that the same screen was drawn again (a letter typed, a percent more); held touches stay good."""
        self.targets = targets
        if self.held not in targets:
            self.held = None

    def down(self, finger: object, x: float, y: float, *, now_s: float) -> str | None:
        """Begin a touch; gives the id of the target that is held now, if any."""
        if self.finger is not None:
            return None
        self.finger = finger
        self.held = None
        if now_s - self.changed_at_s >= SETTLE_S:
            self.held = self._under(x, y)
        return self.held

    def up(self, finger: object, x: float, y: float) -> str | None:
        """End a touch; gives the id of the target that fires, if any."""
        if finger != self.finger:
            return None
        self.finger = None
        held, self.held = self.held, None
        return held if held is not None and self._under(x, y) == held else None

    def _under(self, x: float, y: float) -> str | None:
        return next((name for name, rect in self.targets.items() if rect.contains(x, y)), None)


def press(x_px: float, y_px: float, *, end_px: tuple[float, float] | None = None) -> None:
    """Send a touch through the window as a panel would: down at (x, y), up at `end_px` or at the same place.

    Coordinates are window pixels with y upwards. Raises RuntimeError when there is no window.
    """
    from kivy.base import EventLoop
    from kivy.input.motionevent import MotionEvent

    window = EventLoop.window
    if window is None:
        raise RuntimeError("there is no window to touch; show a view first")

    class ProgramTouch(MotionEvent):
        """One touch made by a program."""

        def depack(self, args: dict[str, float]) -> None:
            self.sx, self.sy = args["x"], args["y"]
            self.profile = ["pos"]
            super().depack(args)

    def place(x: float, y: float) -> dict[str, float]:
        return {"x": x / max(1.0, window.width - 1.0), "y": y / max(1.0, window.height - 1.0)}

    touch = ProgramTouch("program", next(_numbers), place(x_px, y_px), is_touch=True, type_id="touch")
    EventLoop.post_dispatch_input("begin", touch)
    if end_px is not None:
        touch.move(place(*end_px))
        EventLoop.post_dispatch_input("update", touch)
    EventLoop.post_dispatch_input("end", touch)
