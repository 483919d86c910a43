"""The pen that draws pictures and icons. Owns the one line weight and the design units of a picture.

A pen's canvas is 120 x 100 units, y upwards, fitted into any rectangle; every shape is one Color and a Mesh or two.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from kivy.graphics import (
    InstructionGroup,
    Rectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)

from kiosk.ui.measure import Rect
from kiosk.ui.mesh import fill_px, stroke_px
from kiosk.ui.shapes import Point, ellipse, rounded, steps_for

UNITS_WIDE: Final = 120.0
UNITS_HIGH: Final = 100.0
LINE: Final = "#17344d"
WEIGHT: Final = 1.5


class Pen:
    """Draws into one instruction group; `at` gives a pen that is moved, turned, scaled or mirrored."""

    def __init__(
        self, group: InstructionGroup, origin: Point, scale: float, *, angle: float = 0.0, mirrored: bool = False
    ) -> None:
        self.group = group
        self.origin = origin
        self.scale = scale
        self.angle = angle
        self.mirrored = mirrored

    @classmethod
    def inside(cls, group: InstructionGroup, rect: Rect) -> "Pen":
        """Give a pen whose 120 x 100 units lie centred in a rectangle."""
        scale = min(rect.width / UNITS_WIDE, rect.height / UNITS_HIGH)
        x = rect.center_x - scale * UNITS_WIDE / 2
        y = rect.center_y - scale * UNITS_HIGH / 2
        return cls(group, (x, y), scale)

    @classmethod
    def icon(cls, group: InstructionGroup, rect: Rect) -> "Pen":
        """Give a pen whose 20 x 20 units lie centred in a rectangle; for icons."""
        scale = min(rect.width, rect.height) / 20.0
        return cls(group, (rect.center_x - 10 * scale, rect.center_y - 10 * scale), scale)

    def at(self, x: float, y: float, *, scale: float = 1.0, angle: float = 0.0, mirrored: bool = False) -> "Pen":
        """Give a pen whose origin is the point (x, y) of this one; `angle` in degrees, counter-clockwise."""
        turned = -angle if self.mirrored else angle
        return Pen(
            self.group,
            self._px((x, y)),
            self.scale * scale,
            angle=self.angle + turned,
            mirrored=self.mirrored != mirrored,
        )

    def _px(self, point: Point) -> Point:
        x, y = point[0] * self.scale, point[1] * self.scale
        if self.mirrored:
            x = -x
        if self.angle:
            turn = math.radians(self.angle)
            x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        return self.origin[0] + x, self.origin[1] + y

    def fill(self, points: Sequence[Point], colour: str, *, outline: str | None = LINE, weight: float = WEIGHT) -> None:
        """Fill a closed shape and, unless `outline` is None, draw its edge."""
        fill_px(self.group, [self._px(point) for point in points], colour)
        if outline is not None:
            self.line(points, outline, weight=weight, closed=True)

    def line(
        self, points: Sequence[Point], colour: str = LINE, *, weight: float = WEIGHT, closed: bool = False
    ) -> None:
        """Draw a line with round ends and corners."""
        stroke_px(self.group, [self._px(point) for point in points], colour, weight * self.scale, closed)

    def circle(
        self, x: float, y: float, radius: float, colour: str, *, outline: str | None = LINE, weight: float = WEIGHT
    ) -> None:
        """Draw a disc."""
        edge = [self._px(point) for point in ellipse(x, y, radius, radius, steps_for(radius * self.scale))]
        fill_px(self.group, edge, colour, convex=True)
        if outline is not None:
            stroke_px(self.group, edge, outline, weight * self.scale, closed=True)

    def box(
        self, x: float, y: float, size: Point, colour: str, *, radius: float = 3.0, outline: str | None = LINE
    ) -> None:
        """Draw a box with round corners from its lower left corner."""
        edge = [self._px(point) for point in rounded(x, y, size[0], size[1], radius)]
        fill_px(self.group, edge, colour, convex=True)
        if outline is not None:
            stroke_px(self.group, edge, outline, WEIGHT * self.scale, closed=True)

    def union(self, shapes: Iterable[tuple[Sequence[Point], str]], *, weight: float = WEIGHT) -> None:
        """Draw overlapping shapes as one body: the outline runs around all of them."""
        pixels = [([self._px(point) for point in points], colour) for points, colour in shapes]
        for points, _colour in pixels:
            stroke_px(self.group, points, LINE, weight * self.scale, closed=True)
        for points, colour in pixels:
            fill_px(self.group, points, colour, grow_px=-weight * self.scale / 2 + 0.5)


@contextmanager
def clipped(group: InstructionGroup, rect: Rect) -> Iterator[None]:
    """Cut what is drawn inside at the edges of a rectangle (by stencil: right in the window and in a snapshot)."""
    group.add(StencilPush())
    group.add(Rectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height)))
    group.add(StencilUse())
    yield
    group.add(StencilUnUse())
    group.add(Rectangle(pos=(rect.x, rect.y), size=(rect.width, rect.height)))
    group.add(StencilPop())
