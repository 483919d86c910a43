"""Touches made by a program: they pass the window, the filter and the target as a finger's do."""

import itertools
from collections.abc import Callable

_numbers = itertools.count(1)


def press(
    x_px: float,
    y_px: float,
    *,
    end_px: tuple[float, float] | None = None,
    between: Callable[[], None] = lambda: None,
) -> None:
    """Send a touch through the window as a panel would: down at (x, y), up at `end_px` or at the same place.

    `between` is called while the finger is down. Coordinates are window pixels with y upwards. Raises RuntimeError when
    there is no window.
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
    between()
    if end_px is not None:
        touch.move(place(*end_px))
        EventLoop.post_dispatch_input("update", touch)
    EventLoop.post_dispatch_input("end", touch)
