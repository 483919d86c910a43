"""The live camera: one texture, filled at most 15 times a second with the newest frame.

A face is shown mirrored, as people know themselves, with an oval for the head and a dot to look at; a card is shown as
the camera sees it, so that it can be read, with the outline of a card.
"""

from collections.abc import Callable, Sequence
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Callback, Color, InstructionGroup, Rectangle
from kivy.graphics.opengl import GL_ONE, GL_ONE_MINUS_SRC_ALPHA, GL_SRC_ALPHA, GL_ZERO, glBlendFuncSeparate
from kivy.graphics.texture import Texture

from drivers.camera.api import Frame
from kiosk.ui import palette
from kiosk.ui.arrangement import Sight
from kiosk.ui.guide import MIDDLE, draw_guide
from kiosk.ui.measure import Rect
from kiosk.ui.mesh import MeshPaper, clipped, fill_px, stroke_px
from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures import papers
from kiosk.ui.shapes import Point, ellipse, rounded

FRAMES_PER_S = 15
_SHADOW = "#c6d5df"
#: Width to height of an ID-1 card (ISO/IEC 7810: 85.60 x 53.98 mm), and the part of the preview that its outline takes.
_CARD_SHAPE = 85.60 / 53.98
_CARD_SHARE = 0.82


class Preview:
    """Draws frames into a rectangle between start() and stop(); a calm placeholder stands there until the first one."""

    def __init__(self, newest_frame: Callable[[], Frame | None]) -> None:
        self._newest_frame = newest_frame
        self._texture: Any = None
        self._number: int | None = None
        self._rect: Rect | None = None
        self._sight = Sight.FACE
        self._picture = InstructionGroup()
        self._marks = InstructionGroup()
        self._dot = InstructionGroup()
        self._dot_lit = True
        self._events: list[object] = []

    def start(self, group: InstructionGroup, rect: Rect, *, sight: Sight) -> None:
        """Add the preview to a group and begin to pull frames."""
        self.stop()
        self._rect = rect
        self._sight = sight
        self._number = None
        self._texture = None
        for part in (self._picture, self._marks, self._dot):
            part.clear()
            group.add(part)
        self._events = [Clock.schedule_interval(self._pull, 1.0 / FRAMES_PER_S)]
        if sight is Sight.CARD:
            _no_card_yet(self._picture, rect)
            self._outline(rounded(*_card_box(rect), rect.height * 0.04))
        else:
            _nobody_yet(self._picture, rect)
            self._draw_dot()
            self._events.append(Clock.schedule_interval(self._blink, 0.7))
        self._pull(0.0)

    def guide(self, arrow: str, held: int) -> None:
        """Show the way to move, and how much of the wait before the picture is over (0..100); for a face alone."""
        if self._rect is not None and self._sight is Sight.FACE:
            self._marks.clear()
            with clipped(self._marks, self._rect):
                draw_guide(self._marks, self._rect, arrow, held)

    def stop(self) -> None:
        """Stop pulling frames."""
        for event in self._events:
            event.cancel()  # type: ignore[attr-defined]
        self._events = []

    def forget(self) -> None:
        """Stop, and keep no frame: whoever was before the camera has left."""
        self.stop()
        self._texture = self._number = None
        for part in (self._picture, self._marks, self._dot):
            part.clear()

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
                    tex_coords=_cover(size, self._rect, mirrored=self._sight is Sight.FACE),
                )
            )
            self._picture.add(Callback(_blended))
        self._texture.blit_buffer(frame.rgba, colorfmt="rgba", bufferfmt="ubyte")

    def _outline(self, edge: Sequence[Point]) -> None:
        width = max(4.0, self._rect.height * 0.014) if self._rect is not None else 4.0
        stroke_px(self._marks, edge, LINE, width * 2.0, closed=True)
        stroke_px(self._marks, edge, palette.WHITE, width, closed=True)

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


def _cover(size: tuple[int, int], rect: Rect, *, mirrored: bool) -> tuple[float, ...]:
    """Give texture corners that fill the rectangle, cut at the longer side, top row up; a mirror changes the sides."""
    scale = max(rect.width / size[0], rect.height / size[1])
    across = rect.width / scale / size[0] / 2 * (-1 if mirrored else 1)
    along = rect.height / scale / size[1] / 2
    left, right, upper, lower = 0.5 - across, 0.5 + across, 0.5 - along, 0.5 + along
    return (left, lower, right, lower, right, upper, left, upper)


def _card_box(rect: Rect) -> tuple[float, float, float, float]:
    width = min(rect.width * _CARD_SHARE, rect.height * _CARD_SHARE * _CARD_SHAPE)
    height = width / _CARD_SHAPE
    return rect.center_x - width / 2, rect.center_y - height / 2, width, height


def _ground(group: InstructionGroup, rect: Rect) -> None:
    group.add(Color(*palette.rgba(palette.painted(palette.STAGE))))
    group.add(Rectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height)))


def _nobody_yet(group: InstructionGroup, rect: Rect) -> None:
    _ground(group, rect)
    with clipped(group, rect):
        middle = (rect.center_x, rect.y + rect.height * MIDDLE)
        fill_px(group, ellipse(rect.center_x, rect.y, rect.height * 0.4, rect.height * 0.2), _SHADOW)
        fill_px(group, ellipse(*middle, rect.height * 0.2, rect.height * 0.27), _SHADOW)


def _no_card_yet(group: InstructionGroup, rect: Rect) -> None:
    """Draw the front of a card in its outline: the photo, the lines, and the QR in its corner."""
    _ground(group, rect)
    x, y, width, height = _card_box(rect)
    fill_px(group, rounded(x, y, width, height, rect.height * 0.04), palette.WHITE)
    pen = Pen(MeshPaper(group), (x, y), height / 54.0)
    pen.box(6, 9, (22, 29), _SHADOW, radius=2, outline=None)
    for line, length in ((33, 18), (25, 38), (17, 32), (9, 38)):
        pen.box(34, line - 2, (length, 4), _SHADOW, radius=2, outline=None)
    papers.qr(pen, 63, 32, 17)


def _opaque(_instruction: object) -> None:
    """Draw without the fourth byte of a frame: it is padding and may be anything."""
    glBlendFuncSeparate(GL_ONE, GL_ZERO, GL_ZERO, GL_ONE)


def _blended(_instruction: object) -> None:
    """Go back to Kivy's own blending."""
    glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE)
