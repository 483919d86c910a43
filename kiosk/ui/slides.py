"""The picture of a screen and its slow loop: one drawing after the other, on Kivy's clock.

A drawing is painted once, at the very pixels where it stands, and is from then on one rectangle: its hundred shapes
took 6 ms of every frame where the processor renders, the rectangle takes 2.
"""

import math
from collections import OrderedDict
from typing import Any, Final

from kivy.clock import Clock
from kivy.graphics import ClearBuffers, ClearColor, Color, Fbo, InstructionGroup, Rectangle, Translate
from kivy.graphics.texture import Texture

from kiosk.journey.view import View
from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import MeshPaper, clipped, fill_px
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import FRAME_S, MARGIN, Moment, Picture, picture_of
from kiosk.ui.shapes import rounded

#: Drawings that are kept, a megabyte or two each: two whole loops, and where one goes back to.
_KEPT: Final = 8


def painted(rect: Rect, picture: Picture, moment: Moment) -> Texture:
    """Paint a picture as it is at a moment on its stage, in whole pixels around a rectangle of the window."""
    left, bottom = math.floor(rect.x), math.floor(rect.y)
    size = (math.ceil(rect.right) - left, math.ceil(rect.top) - bottom)
    canvas = Fbo(size=size, with_stencilbuffer=True)
    group = InstructionGroup()
    with canvas:
        ClearColor(*palette.rgba(palette.painted(palette.PAPER)))
        ClearBuffers()
        Translate(-left, -bottom)
    canvas.add(group)
    fill_px(group, rounded(rect.x, rect.y, rect.width, rect.height, 14), palette.STAGE)
    with clipped(group, rect):
        picture.draw(Pen.inside(MeshPaper(group), rect.inset(rect.height * MARGIN)), moment)
    canvas.draw()
    return canvas.texture


class Slides:
    """Shows the picture of one View; unless `moving`, only the first drawing of each loop."""

    def __init__(self, *, moving: bool) -> None:
        """Begin with no picture; `shown` counts how often one was shown."""
        self.shown = 0
        self._moving = moving
        self._key: object = None
        self._frame = 0
        self._holder = InstructionGroup()
        self._turning: Any = None
        self._kept: OrderedDict[object, Texture] = OrderedDict()

    def show(self, group: InstructionGroup, rect: Rect, view: View) -> None:
        """Show the picture; one that is shown already goes on where it is."""
        self.shown += 1
        key = (view.picture, view.finger, view.hands, rect)
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
        texture = self._texture(rect, view, frame)
        self._holder.clear()
        self._holder.add(Color(1, 1, 1, 1))
        pos = (math.floor(rect.x), math.floor(rect.y))
        self._holder.add(Rectangle(texture=texture, pos=pos, size=texture.size))

    def _texture(self, rect: Rect, view: View, frame: int) -> Texture:
        key = (view.picture, view.finger, view.hands, rect, frame)
        texture = self._kept.get(key)
        if texture is None:
            moment = Moment(frame, view.finger, view.hands)
            texture = self._kept[key] = painted(rect, picture_of(view.picture), moment)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return texture

    def stop(self) -> None:
        """Show nothing any more."""
        if self._turning is not None:
            self._turning.cancel()
        self._turning, self._key = None, None
        self._holder.clear()

    def forget(self) -> None:
        """Show nothing, and keep no drawing."""
        self.stop()
        self._kept.clear()
