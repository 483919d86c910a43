"""Filled shapes and lines in window pixels, drawn as meshes whose edges are feathered over one pixel."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

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
from kiosk.ui.palette import painted, rgba
from kiosk.ui.shapes import Point, ellipse, normals, signed_area, steps_for, unit, without_repeats

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


def fill_px(
    group: InstructionGroup, points: Sequence[Point], colour: str, *, grow_px: float = 0.0, convex: bool = False
) -> None:
    """Fill a closed shape given in window pixels, its edge feathered over one pixel; a `convex` one is drawn faster."""
    edge = without_repeats(points, closed=True)
    if len(edge) < 3:
        return
    if signed_area(edge) > 0:
        edge.reverse()
    ways = normals(edge, closed=True)
    near, far = grow_px - 0.5, grow_px + 0.5
    inner = [(x + nx * near, y + ny * near) for (x, y), (nx, ny) in zip(edge, ways, strict=True)]
    outer = [(x + nx * far, y + ny * far) for (x, y), (nx, ny) in zip(edge, ways, strict=True)]
    group.add(Color(*rgba(painted(colour))))
    rails = ((outer, _GONE), (inner, _FULL))
    if convex:
        start = len(outer)
        fan = [corner for last in range(start + 2, 2 * start) for corner in (start, last - 1, last)]
        _ribbon(group, rails, closed=True, also=fan)
        return
    tesselator = Tesselator()
    tesselator.add_contour([number for point in inner for number in point])
    if tesselator.tesselate():
        for vertices, _indices in tesselator.meshes:
            corners = [(vertices[place], vertices[place + 1]) for place in range(0, len(vertices), 4)]
            flat = [number for x, y in corners for number in (x, y, _FULL, 0.5)]
            group.add(Mesh(vertices=flat, indices=list(range(len(corners))), mode="triangle_fan", texture=_feather()))
    _ribbon(group, rails, closed=True)


def stroke_px(group: InstructionGroup, points: Sequence[Point], colour: str, width_px: float, closed: bool) -> None:
    """Draw a line given in window pixels with round ends and corners."""
    path = without_repeats(points, closed)
    group.add(Color(*rgba(painted(colour))))
    if len(path) == 1:
        fill_px(group, ellipse(*path[0], width_px / 2, width_px / 2, 20), colour, convex=True)
        return
    ways = normals(path, closed)
    half = max(width_px / 2, 0.6)
    rails = []
    for offset, edge in ((half + 0.5, _GONE), (half - 0.5, _FULL), (-half + 0.5, _FULL), (-half - 0.5, _GONE)):
        rails.append(([(x + nx * offset, y + ny * offset) for (x, y), (nx, ny) in zip(path, ways, strict=True)], edge))
    _ribbon(group, rails, closed=closed)
    for index in range(len(path)):
        if (not closed and index in (0, len(path) - 1)) or _sharp(path, index, closed):
            fill_px(group, ellipse(*path[index], half, half, steps_for(half)), colour, convex=True)


def _sharp(path: Sequence[Point], index: int, closed: bool) -> bool:
    if not closed and index in (0, len(path) - 1):
        return False
    before, here, after = path[index - 1], path[index], path[(index + 1) % len(path)]
    one = unit(here[0] - before[0], here[1] - before[1])
    two = unit(after[0] - here[0], after[1] - here[1])
    return one[0] * two[0] + one[1] * two[1] < 0.8


def _ribbon(
    group: InstructionGroup,
    rails: Sequence[tuple[Sequence[Point], float]],
    *,
    closed: bool,
    also: Sequence[int] = (),
) -> None:
    """Fill the bands between neighbouring rails; `also` are corners of further triangles over the same points."""
    vertices: list[float] = []
    count = len(rails[0][0])
    for rail, edge in rails:
        for x, y in rail:
            vertices += (x, y, edge, 0.5)
    indices: list[int] = []
    for first in range(0, (len(rails) - 1) * count, count):
        for a in range(first, first + count - 1):
            c = a + count
            indices += (a, a + 1, c, c, a + 1, c + 1)
        if closed:
            a, c = first + count - 1, first + 2 * count - 1
            indices += (a, first, c, c, first, first + count)
    indices += also
    group.add(Mesh(vertices=vertices, indices=indices, mode="triangles", texture=_feather()))


class MeshPaper:
    """Where a pen draws on the screen: one group of Kivy's instructions, in window pixels."""

    def __init__(self, group: InstructionGroup) -> None:
        """Draw into this group."""
        self._group = group

    def fill(self, points: Sequence[Point], colour: str, *, grow: float = 0.0, convex: bool = False) -> None:
        """Fill a closed shape; `grow` moves its edge outwards, or inwards where it is negative."""
        # What was grown inwards lies beneath its own outline: half a pixel keeps the seam shut.
        fill_px(self._group, points, colour, grow_px=grow + 0.5 if grow else 0.0, convex=convex)

    def stroke(self, points: Sequence[Point], colour: str, width: float, *, closed: bool) -> None:
        """Draw a line with round ends and corners."""
        stroke_px(self._group, points, colour, width, closed)

    def disc(self, middle: Point, radius: float, colour: str, outline: str | None, width: float) -> None:
        """Draw a disc and, unless `outline` is None, its edge."""
        edge = ellipse(*middle, radius, radius, steps_for(radius))
        fill_px(self._group, edge, colour, convex=True)
        if outline is not None:
            stroke_px(self._group, edge, outline, width, closed=True)


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
