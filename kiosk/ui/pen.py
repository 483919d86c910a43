"""The pen that draws pictures and icons. Owns the one line weight and the design units of a picture. Pure.

A pen's canvas is 120 x 100 units, y upwards, fitted into any rectangle of a paper: the screen's, or a file's.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Final, Protocol

from kiosk.ui.measure import Rect
from kiosk.ui.palette import Colour
from kiosk.ui.shapes import Point, rounded

UNITS_WIDE: Final = 120.0
UNITS_HIGH: Final = 100.0
LINE: Final = Colour("#17344d", "picture.line")
WEIGHT: Final = 1.5


class Paper(Protocol):
    """What a pen draws on; all lengths are the paper's own, y upwards."""

    def fill(self, points: Sequence[Point], colour: str, *, grow: float = 0.0, convex: bool = False) -> None:
        """Fill a closed shape; `grow` moves its edge outwards, or inwards where it is negative."""
        ...

    def stroke(self, points: Sequence[Point], colour: str, width: float, *, closed: bool) -> None:
        """Draw a line with round ends and corners."""
        ...

    def disc(self, middle: Point, radius: float, colour: str, outline: str | None, width: float) -> None:
        """Draw a disc and, unless `outline` is None, its edge."""
        ...


class Pen:
    """Draws on one paper; `at` gives a pen that is moved, turned, scaled or mirrored."""

    def __init__(
        self, paper: Paper, origin: Point, scale: float, *, angle: float = 0.0, mirrored: bool = False
    ) -> None:
        self.paper = paper
        self.origin = origin
        self.scale = scale
        self.angle = angle
        self.mirrored = mirrored

    @classmethod
    def inside(cls, paper: Paper, rect: Rect) -> "Pen":
        """Give a pen whose 120 x 100 units lie centred in a rectangle."""
        scale = min(rect.width / UNITS_WIDE, rect.height / UNITS_HIGH)
        x = rect.center_x - scale * UNITS_WIDE / 2
        y = rect.center_y - scale * UNITS_HIGH / 2
        return cls(paper, (x, y), scale)

    @classmethod
    def icon(cls, paper: Paper, rect: Rect) -> "Pen":
        """Give a pen whose 20 x 20 units lie centred in a rectangle; for icons."""
        scale = min(rect.width, rect.height) / 20.0
        return cls(paper, (rect.center_x - 10 * scale, rect.center_y - 10 * scale), scale)

    def at(self, x: float, y: float, *, scale: float = 1.0, angle: float = 0.0, mirrored: bool = False) -> "Pen":
        """Give a pen whose origin is the point (x, y) of this one; `angle` in degrees, counter-clockwise."""
        turned = -angle if self.mirrored else angle
        return Pen(
            self.paper,
            self._on_paper((x, y)),
            self.scale * scale,
            angle=self.angle + turned,
            mirrored=self.mirrored != mirrored,
        )

    def upright_at(self, x: float, y: float) -> "Pen":
        """Give a pen at (x, y) that is neither turned nor mirrored: ticks and letters read the same everywhere."""
        return Pen(self.paper, self._on_paper((x, y)), self.scale)

    def _on_paper(self, point: Point) -> Point:
        x, y = point[0] * self.scale, point[1] * self.scale
        if self.mirrored:
            x = -x
        if self.angle:
            turn = math.radians(self.angle)
            x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        return self.origin[0] + x, self.origin[1] + y

    def fill(self, points: Sequence[Point], colour: str, *, outline: str | None = LINE, weight: float = WEIGHT) -> None:
        """Fill a closed shape and, unless `outline` is None, draw its edge."""
        self.paper.fill([self._on_paper(point) for point in points], colour)
        if outline is not None:
            self.line(points, outline, weight=weight, closed=True)

    def line(
        self, points: Sequence[Point], colour: str = LINE, *, weight: float = WEIGHT, closed: bool = False
    ) -> None:
        """Draw a line with round ends and corners."""
        self.paper.stroke([self._on_paper(point) for point in points], colour, weight * self.scale, closed=closed)

    def circle(
        self, x: float, y: float, radius: float, colour: str, *, outline: str | None = LINE, weight: float = WEIGHT
    ) -> None:
        """Draw a disc."""
        self.paper.disc(self._on_paper((x, y)), radius * self.scale, colour, outline, weight * self.scale)

    def box(
        self, x: float, y: float, size: Point, colour: str, *, radius: float = 3.0, outline: str | None = LINE
    ) -> None:
        """Draw a box with round corners from its lower left corner."""
        edge = [self._on_paper(point) for point in rounded(x, y, size[0], size[1], radius)]
        self.paper.fill(edge, colour, convex=True)
        if outline is not None:
            self.paper.stroke(edge, outline, WEIGHT * self.scale, closed=True)

    def union(self, shapes: Iterable[tuple[Sequence[Point], str]], *, weight: float = WEIGHT) -> None:
        """Draw overlapping shapes as one body: the outline runs around all of them."""
        placed = [([self._on_paper(point) for point in points], colour) for points, colour in shapes]
        for points, _colour in placed:
            self.paper.stroke(points, LINE, weight * self.scale, closed=True)
        for points, colour in placed:
            self.paper.fill(points, colour, grow=-weight * self.scale / 2)
