"""The picture of a screen and its slow loop: paints one drawing after the other, on Kivy's clock."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import InstructionGroup

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import MeshPaper, clipped, fill_px
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import FRAME_S, MARGIN, Moment, Picture, picture_of
from kiosk.ui.shapes import rounded

#: Gives what was drawn before for a key, or draws it.
Keeper = Callable[[object, Callable[[InstructionGroup], None]], InstructionGroup]


def paint(group: InstructionGroup, rect: Rect, view: View, frame: int = 0) -> None:
    """Paint one drawing of a View's picture on its stage."""
    paint_moment(group, rect, picture_of(view.picture), Moment(frame, view.finger, view.hands))


def paint_moment(group: InstructionGroup, rect: Rect, picture: Picture, moment: Moment) -> None:
    """Paint a picture as it is at a moment, on its stage."""
    fill_px(group, rounded(rect.x, rect.y, rect.width, rect.height, 14), palette.STAGE)
    with clipped(group, rect):
        picture.draw(Pen.inside(MeshPaper(group), rect.inset(rect.height * MARGIN)), moment)


class Slides:
    """Shows the picture of one View; unless `moving`, only the first drawing of each loop."""

    def __init__(self, kept: Keeper, *, moving: bool) -> None:
        """Draw by way of `kept`, so that a loop costs its drawings once."""
        self._kept = kept
        self._moving = moving
        self._key: object = None
        self._frame = 0
        self._holder = InstructionGroup()
        self._turning: Any = None

    def show(self, group: InstructionGroup, rect: Rect, view: View, key: object) -> None:
        """Show the picture; one that is shown already goes on where it is."""
        if key != self._key:
            self.stop()
            self._key, self._holder = key, InstructionGroup()
            frames = picture_of(view.picture).frames
            self._turn(rect, view, 0)
            if frames > 1 and self._moving:
                self._turning = Clock.schedule_interval(
                    lambda _elapsed_s: self._turn(rect, view, (self._frame + 1) % frames), FRAME_S
                )
        group.add(self._holder)

    def _turn(self, rect: Rect, view: View, frame: int) -> None:
        self._frame = frame
        self._holder.clear()
        self._holder.add(self._kept((self._key, frame), lambda part: paint(part, rect, view, frame)))

    def stop(self) -> None:
        """Show nothing any more."""
        if self._turning is not None:
            self._turning.cancel()
        self._turning, self._key = None, None
        self._holder.clear()
