"""Draws smooth shapes as meshes with feathered edges. Owns the one line weight and the design units of a picture.

A pen's canvas is 120 x 100 units, y upwards, fitted into any rectangle; every shape is one Color and a Mesh or two.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from kivy.graphics import (
    Color,
    InstructionGroup,
    Mesh,
    Rectangle,
    StencilPop,
    StencilPush,
    StencilUnUse,
    StencilUse,
)
from kivy.graphics.tesselator import Tesselator
from kivy.graphics.texture import Texture

from kiosk.ui.measure import Rect
from kiosk.ui.palette import rgba

Point = tuple[float, float]
UNITS_WIDE: Final = 120.0
UNITS_HIGH: Final = 100.0
LINE: Final = "#17344d"
WEIGHT: Final = 1.5
_FEATHER: Any = None
_FULL, _GONE = 0.75, 0.25


def _feather() -> Any:  # noqa: ANN401 - Kivy describes no texture to a type checker
    global _FEATHER  # noqa: PLW0603 - one two-texel texture for the whole window
    if _FEATHER is None:
        texture: Any = Texture.create(size=(2, 1), colorfmt="rgba")
        texture.blit_buffer(bytes((255, 255, 255, 0, 255, 255, 255, 255)), colorfmt="rgba", bufferfmt="ubyte")
        texture.mag_filter = texture.min_filter = "linear"
        texture.wrap = "clamp_to_edge"
        _FEATHER = texture
    return _FEATHER


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
        self.fill(ellipse(x, y, radius, radius), colour, outline=outline, weight=weight)

    def box(
        self, x: float, y: float, size: Point, colour: str, *, radius: float = 3.0, outline: str | None = LINE
    ) -> None:
        """Draw a box with round corners from its lower left corner."""
        self.fill(rounded(x, y, size[0], size[1], radius), colour, outline=outline)

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


def ellipse(x: float, y: float, across: float, along: float, steps: int = 48) -> list[Point]:
    """Give the edge of an ellipse with the two radii."""
    return [
        (x + across * math.cos(2 * math.pi * step / steps), y + along * math.sin(2 * math.pi * step / steps))
        for step in range(steps)
    ]


def rounded(x: float, y: float, width: float, height: float, radius: float) -> list[Point]:
    """Give the edge of a box with round corners."""
    radius = min(radius, width / 2, height / 2)
    points: list[Point] = []
    corners = ((x + width - radius, y + height - radius), (x + radius, y + height - radius))
    corners += ((x + radius, y + radius), (x + width - radius, y + radius))
    for corner, (cx, cy) in enumerate(corners):
        points += arc(cx, cy, radius, start=90.0 * corner, end=90.0 * corner + 90.0, steps=8)
    return points


def arc(x: float, y: float, radius: float, *, start: float, end: float, steps: int = 24) -> list[Point]:
    """Give points along a circle between two angles in degrees, counter-clockwise from the right."""
    angles = (math.radians(start + (end - start) * step / steps) for step in range(steps + 1))
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]


def capsule(start: Point, end: Point, radius: float, end_radius: float | None = None) -> list[Point]:
    """Give the edge of a finger-like shape between two points; it may narrow towards its end."""
    tip = radius if end_radius is None else end_radius
    turn = math.degrees(math.atan2(end[1] - start[1], end[0] - start[0]))
    return arc(*start, radius, start=turn + 90, end=turn + 270, steps=14) + arc(
        *end, tip, start=turn - 90, end=turn + 90, steps=14
    )


def smooth(points: Sequence[Point], *, closed: bool = True, steps: int = 8) -> list[Point]:
    """Give a soft curve through the points (Catmull-Rom)."""
    count = len(points)
    result: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            p0, p1, p2, p3 = (points[(index + offset) % count] for offset in (-1, 0, 1, 2))
        else:
            p0, p1, p2, p3 = (points[min(max(index + offset, 0), count - 1)] for offset in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            result.append(tuple(_catmull(p0[axis], p1[axis], p2[axis], p3[axis], t) for axis in (0, 1)))  # type: ignore[arg-type]
    if not closed:
        result.append(points[-1])
    return result


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def _unique(points: Sequence[Point], closed: bool) -> list[Point]:
    kept: list[Point] = []
    for point in points:
        if not kept or math.dist(point, kept[-1]) > 0.05:
            kept.append(point)
    if closed and len(kept) > 1 and math.dist(kept[0], kept[-1]) <= 0.05:
        kept.pop()
    return kept


def _normals(points: Sequence[Point], closed: bool) -> list[Point]:
    """Give for every point the direction to its left, long enough to keep the width at corners (up to twice)."""
    count = len(points)
    normals: list[Point] = []
    for index in range(count):
        before = points[index - 1] if closed or index > 0 else points[index]
        after = points[(index + 1) % count] if closed or index < count - 1 else points[index]
        here = points[index]
        one = _unit(here[0] - before[0], here[1] - before[1])
        two = _unit(after[0] - here[0], after[1] - here[1])
        if one == (0.0, 0.0):
            one = two
        if two == (0.0, 0.0):
            two = one
        mx, my = _unit(one[0] + two[0], one[1] + two[1])
        reach = mx * one[0] + my * one[1]
        stretch = 1.0 / max(reach, 0.5)
        normals.append((-my * stretch, mx * stretch))
    return normals


def _unit(x: float, y: float) -> Point:
    length = math.hypot(x, y)
    return (x / length, y / length) if length > 1e-9 else (0.0, 0.0)


def _area(points: Sequence[Point]) -> float:
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, [*points[1:], points[0]], strict=True)) / 2


def fill_px(group: InstructionGroup, points: Sequence[Point], colour: str, *, grow_px: float = 0.0) -> None:
    """Fill a closed shape given in window pixels, its edge feathered over one pixel."""
    edge = _unique(points, closed=True)
    if len(edge) < 3:
        return
    if _area(edge) > 0:
        edge.reverse()
    normals = _normals(edge, closed=True)
    inner = [
        (x + nx * (grow_px - 0.5), y + ny * (grow_px - 0.5)) for (x, y), (nx, ny) in zip(edge, normals, strict=True)
    ]
    outer = [
        (x + nx * (grow_px + 0.5), y + ny * (grow_px + 0.5)) for (x, y), (nx, ny) in zip(edge, normals, strict=True)
    ]
    group.add(Color(*rgba(colour)))
    tesselator = Tesselator()
    tesselator.add_contour([number for point in inner for number in point])
    if tesselator.tesselate():
        for vertices, _indices in tesselator.meshes:
            corners = [(vertices[place], vertices[place + 1]) for place in range(0, len(vertices), 4)]
            flat = [number for x, y in corners for number in (x, y, _FULL, 0.5)]
            group.add(Mesh(vertices=flat, indices=list(range(len(corners))), mode="triangle_fan", texture=_feather()))
    _ribbon(group, [(outer, _GONE), (inner, _FULL)], closed=True)


def stroke_px(group: InstructionGroup, points: Sequence[Point], colour: str, width_px: float, closed: bool) -> None:
    """Draw a line given in window pixels with round ends and corners."""
    path = _unique(points, closed)
    group.add(Color(*rgba(colour)))
    if len(path) == 1:
        fill_px(group, ellipse(*path[0], width_px / 2, width_px / 2, 20), colour)
        return
    normals = _normals(path, closed)
    half = max(width_px / 2, 0.6)
    rails = []
    for offset, edge in ((half + 0.5, _GONE), (half - 0.5, _FULL), (-half + 0.5, _FULL), (-half - 0.5, _GONE)):
        rails.append(
            ([(x + nx * offset, y + ny * offset) for (x, y), (nx, ny) in zip(path, normals, strict=True)], edge)
        )
    _ribbon(group, rails, closed=closed)
    for index in range(len(path)):
        if (not closed and index in (0, len(path) - 1)) or _sharp(path, index, closed):
            fill_px(group, ellipse(*path[index], half, half, 20), colour)


def _sharp(path: Sequence[Point], index: int, closed: bool) -> bool:
    if not closed and index in (0, len(path) - 1):
        return False
    before, here, after = path[index - 1], path[index], path[(index + 1) % len(path)]
    one = _unit(here[0] - before[0], here[1] - before[1])
    two = _unit(after[0] - here[0], after[1] - here[1])
    return one[0] * two[0] + one[1] * two[1] < 0.8


def _ribbon(group: InstructionGroup, rails: Sequence[tuple[Sequence[Point], float]], *, closed: bool) -> None:
    vertices: list[float] = []
    indices: list[int] = []
    count = len(rails[0][0])
    for rail, edge in rails:
        for x, y in rail:
            vertices += (x, y, edge, 0.5)
    for band in range(len(rails) - 1):
        for index in range(count if closed else count - 1):
            following = (index + 1) % count
            a, b = band * count + index, band * count + following
            c, d = a + count, b + count
            indices += (a, b, c, c, b, d)
    group.add(Mesh(vertices=vertices, indices=indices, mode="triangles", texture=_feather()))
