"""The live camera: one texture, filled at most 15 times a second with the newest frame, mirrored for the citizen."""

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Callback, Color, InstructionGroup, Rectangle
from kivy.graphics.opengl import GL_ONE, GL_ONE_MINUS_SRC_ALPHA, GL_SRC_ALPHA, GL_ZERO, glBlendFuncSeparate
from kivy.graphics.texture import Texture

from drivers.camera.api import Frame
from kiosk.ui import palette
from kiosk.ui.measure import Rect
from kiosk.ui.palette import rgba
from kiosk.ui.pen import LINE, clipped, ellipse, fill_px, stroke_px

FRAMES_PER_S = 15
_MIDDLE = 0.49
_SHADOW = "#c6d5df"


class Preview:
    """Draws frames into a rectangle between start() and stop(); a calm placeholder stands there until the first one."""

    def __init__(self, newest_frame: Callable[[], Frame | None]) -> None:
        self._newest_frame = newest_frame
        self._texture: Any = None
        self._number: int | None = None
        self._rect: Rect | None = None
        self._picture = InstructionGroup()
        self._marks = InstructionGroup()
        self._dot = InstructionGroup()
        self._dot_lit = True
        self._events: list[object] = []

    def start(self, group: InstructionGroup, rect: Rect, *, marks: bool = True) -> None:
        """Add the preview to a group and begin to pull frames."""
        self.stop()
        self._rect = rect
        self._number = None
        self._texture = None
        for part in (self._picture, self._marks, self._dot):
            part.clear()
            group.add(part)
        _placeholder(self._picture, rect)
        self._events = [Clock.schedule_interval(self._pull, 1.0 / FRAMES_PER_S)]
        if marks:
            self._draw_marks(rect)
            self._events.append(Clock.schedule_interval(self._blink, 0.7))
        self._pull(0.0)

    def stop(self) -> None:
        """Stop pulling frames."""
        for event in self._events:
            event.cancel()  # type: ignore[attr-defined]
        self._events = []

    def _pull(self, _elapsed_s: float) -> None:
        frame = self._newest_frame()
        if frame is None or frame.number == self._number or self._rect is None:
            return
        self._number = frame.number
        size = (frame.width_px, frame.height_px)
        if self._texture is None or self._texture.size != size:
            self._texture = Texture.create(size=size, colorfmt="rgba")
            self._picture.clear()
            self._picture.add(Color(1, 1, 1, 1))
            self._picture.add(Callback(_opaque))
            self._picture.add(
                Rectangle(
                    texture=self._texture,
                    pos=(self._rect.x, self._rect.y),
                    size=(self._rect.width, self._rect.height),
                    tex_coords=_cover(size, self._rect),
                )
            )
            self._picture.add(Callback(_blended))
        self._texture.blit_buffer(frame.rgba, colorfmt="rgba", bufferfmt="ubyte")

    def _draw_marks(self, rect: Rect) -> None:
        across, along = rect.height * 0.28, rect.height * 0.37
        middle = (rect.center_x, rect.y + rect.height * _MIDDLE)
        oval = ellipse(*middle, across, along, 72)
        width = max(4.0, rect.height * 0.014)
        stroke_px(self._marks, oval, LINE, width * 2.0, closed=True)
        stroke_px(self._marks, oval, palette.WHITE, width, closed=True)
        self._draw_dot()

    def _draw_dot(self) -> None:
        rect = self._rect
        self._dot.clear()
        if rect is None:
            return
        radius = rect.height * 0.028
        spot = (rect.center_x, rect.top - radius * 2.0)
        fill_px(self._dot, ellipse(*spot, radius * 1.35, radius * 1.35, 32), LINE)
        fill_px(self._dot, ellipse(*spot, radius, radius, 32), palette.OTHER if self._dot_lit else palette.WHITE)

    def _blink(self, _elapsed_s: float) -> None:
        self._dot_lit = not self._dot_lit
        self._draw_dot()


def _cover(size: tuple[int, int], rect: Rect) -> tuple[float, ...]:
    """Give texture corners that fill the rectangle, cut at the longer side, top row up, left side right (a mirror)."""
    scale = max(rect.width / size[0], rect.height / size[1])
    across = rect.width / scale / size[0] / 2
    along = rect.height / scale / size[1] / 2
    left, right, upper, lower = 0.5 + across, 0.5 - across, 0.5 - along, 0.5 + along
    return (left, lower, right, lower, right, upper, left, upper)


def _placeholder(group: InstructionGroup, rect: Rect) -> None:
    group.add(Color(*rgba(palette.STAGE)))
    group.add(Rectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height)))
    with clipped(group, rect):
        middle = (rect.center_x, rect.y + rect.height * _MIDDLE)
        fill_px(group, ellipse(rect.center_x, rect.y, rect.height * 0.4, rect.height * 0.2), _SHADOW)
        fill_px(group, ellipse(*middle, rect.height * 0.2, rect.height * 0.27), _SHADOW)


def _opaque(_instruction: object) -> None:
    """Draw without the fourth byte of a frame: it is padding and may be anything."""
    glBlendFuncSeparate(GL_ONE, GL_ZERO, GL_ZERO, GL_ONE)


def _blended(_instruction: object) -> None:
    """Go back to Kivy's own blending."""
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE)
