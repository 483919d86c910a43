"""Strokes and shapes for our own illustrations, drawn large and made small so that their edges are soft.

Owns the canvas and its coordinates: everything is given in the pixels of the finished picture.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw, ImageFilter

Point = tuple[float, float]
Colour = tuple[int, int, int]
Box = tuple[int, int, int, int]

_FINER: Final = 2
_STEPS: Final = 14


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour and how much it covers, 0..1."""

    colour: Colour
    cover: float = 1.0

    @property
    def rgba(self) -> tuple[int, int, int, int]:
        """The four bytes of it."""
        return (*self.colour, round(255 * self.cover))


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Give the colour that is `share` (0..1) of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def smooth(points: Sequence[Point], *, closed: bool = False) -> list[Point]:
    """Lead a soft curve (Catmull-Rom) through the points."""
    count = len(points)
    path: list[Point] = []
    for index in range(count if closed else count - 1):
        if closed:
            four = [points[(index + step) % count] for step in (-1, 0, 1, 2)]
        else:
            four = [points[min(max(index + step, 0), count - 1)] for step in (-1, 0, 1, 2)]
        path.extend(_between(four, step / _STEPS) for step in range(_STEPS))
    if not closed:
        path.append(points[-1])
    return path


def mirrored(points: Sequence[Point], axis_x: float) -> list[Point]:
    """Reflect points at an upright line."""
    return [(2 * axis_x - x, y) for x, y in points]


class Canvas:
    """A transparent sheet to draw on, later shapes over earlier ones."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._sheet = Image.new("RGBA", (width_px * _FINER, height_px * _FINER), (0, 0, 0, 0))

    def shape(self, points: Sequence[Point], shade: Shade, *, blur_px: float = 0, inside: Sequence[Point] = ()) -> None:
        """Fill a closed outline, with soft edges when blurred, and only within `inside` when that is given."""
        box = self._box(points, 3 * blur_px + 1)
        if box is None:
            return
        mask = _filled(points, box, shade.rgba[3])
        if blur_px:
            mask = mask.filter(ImageFilter.GaussianBlur(blur_px * _FINER))
        if inside:
            mask = Image.composite(mask, Image.new("L", mask.size, 0), _filled(inside, box, 255))
        self._lay(mask, box, shade.colour)

    def oval(
        self, centre: Point, size: Point, shade: Shade, *, blur_px: float = 0, inside: Sequence[Point] = ()
    ) -> None:
        """Fill an ellipse of the given half width and half height."""
        self.shape(oval_points(centre, size), shade, blur_px=blur_px, inside=inside)

    def stroke(self, points: Sequence[Point], width_px: float, shade: Shade, *, taper: float = 0.8) -> None:
        """Draw a soft line through the points, thinner towards its ends by `taper` (0 none, 1 to nothing)."""
        path = smooth(points)
        box = self._box(path, width_px + 1)
        if box is None:
            return
        mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
        draw = ImageDraw.Draw(mask)
        finer = [(x * _FINER - box[0], y * _FINER - box[1]) for x, y in path]
        for index, (x, y) in enumerate(finer):
            swell = math.sin(math.pi * index / max(1, len(path) - 1))
            radius = width_px * _FINER / 2 * (1 - taper + taper * swell)
            if index:
                draw.line((*finer[index - 1], x, y), fill=shade.rgba[3], width=max(1, round(2 * radius)))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=shade.rgba[3])
        self._lay(mask, box, shade.colour)

    def finished(self) -> Image.Image:
        """The sheet at its own size, still transparent where nothing was drawn."""
        return self._sheet.reduce(_FINER)

    def _box(self, points: Sequence[Point], margin_px: float) -> Box | None:
        """The finer pixels that a figure touches, or None when it lies outside the sheet."""
        xs, ys = [x for x, _ in points], [y for _, y in points]
        left, top = (max(0, math.floor((low - margin_px) * _FINER)) for low in (min(xs), min(ys)))
        right = min(self._sheet.width, math.ceil((max(xs) + margin_px) * _FINER))
        bottom = min(self._sheet.height, math.ceil((max(ys) + margin_px) * _FINER))
        return (left, top, right, bottom) if left < right and top < bottom else None

    def _lay(self, mask: Image.Image, box: Box, colour: Colour) -> None:
        layer = Image.new("RGBA", mask.size, (*colour, 0))
        layer.putalpha(mask)
        self._sheet.alpha_composite(layer, (box[0], box[1]))


def oval_points(centre: Point, size: Point) -> list[Point]:
    """The outline of an ellipse of the given half width and half height."""
    turns = [2 * math.pi * step / 72 for step in range(72)]
    return [(centre[0] + size[0] * math.cos(turn), centre[1] + size[1] * math.sin(turn)) for turn in turns]


def _filled(points: Sequence[Point], box: Box, cover: int) -> Image.Image:
    mask = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
    outline = [(x * _FINER - box[0], y * _FINER - box[1]) for x, y in points]
    ImageDraw.Draw(mask).polygon(outline, fill=cover)
    return mask


def _between(four: Sequence[Point], share: float) -> Point:
    def along(a: float, b: float, c: float, d: float) -> float:
        rest = (2 * a - 5 * b + 4 * c - d) * share**2 + (3 * b - a - 3 * c + d) * share**3
        return 0.5 * (2 * b + (c - a) * share + rest)

    (ax, ay), (bx, by), (cx, cy), (dx, dy) = four
    return along(ax, bx, cx, dx), along(ay, by, cy, dy)
