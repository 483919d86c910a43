"""Signs that say the same on every picture: arrows, badges, waves, the ridges of a print."""

import math

from kiosk.ui.pen import Pen
from kiosk.ui.pictures.inks import DARK, GREEN, GREY, RED, WHITE
from kiosk.ui.shapes import Point, arc


def arrow(pen: Pen, start: Point, end: Point, *, colour: str = GREEN, weight: float = 4.0) -> None:
    """Draw a bold arrow."""
    turn = math.atan2(end[1] - start[1], end[0] - start[0])
    size = weight * 1.9
    neck = (end[0] - size * math.cos(turn), end[1] - size * math.sin(turn))
    side = [
        (
            neck[0] + size * 0.85 * math.cos(turn + math.pi / 2 * way),
            neck[1] + size * 0.85 * math.sin(turn + math.pi / 2 * way),
        )
        for way in (1, -1)
    ]
    pen.line([start, neck], WHITE, weight=weight + 2.4)
    pen.fill([side[0], end, side[1]], WHITE, outline=WHITE, weight=2.4)
    pen.line([start, neck], colour, weight=weight)
    pen.fill([side[0], end, side[1]], colour, outline=colour, weight=0.8)


def tick_badge(pen: Pen, x: float, y: float, radius: float = 7.0) -> None:
    """Draw a green disc with a tick."""
    pen.circle(x, y, radius, GREEN, outline=WHITE, weight=radius * 0.22)
    reach = radius / 7.0
    pen.line(
        [(x - 3.2 * reach, y), (x - 0.8 * reach, y - 2.6 * reach), (x + 3.6 * reach, y + 2.8 * reach)],
        WHITE,
        weight=1.9 * reach,
    )


def cross_badge(pen: Pen, x: float, y: float, radius: float = 7.0) -> None:
    """Draw a red disc with a cross."""
    pen.circle(x, y, radius, RED, outline=WHITE, weight=radius * 0.22)
    reach = radius * 0.38
    pen.line([(x - reach, y - reach), (x + reach, y + reach)], WHITE, weight=radius * 0.26)
    pen.line([(x - reach, y + reach), (x + reach, y - reach)], WHITE, weight=radius * 0.26)


def minus_badge(pen: Pen, x: float, y: float, radius: float = 7.0) -> None:
    """Draw a grey disc with a bar: written down, no print taken, nobody's fault."""
    pen.circle(x, y, radius, GREY, outline=WHITE, weight=radius * 0.22)
    pen.line([(x - radius * 0.45, y), (x + radius * 0.45, y)], WHITE, weight=radius * 0.28)


def waves(pen: Pen, x: float, y: float, *, facing: float = 0.0, count: int = 3, step: float = 5.5) -> None:
    """Draw waves of sound or radio that leave (x, y)."""
    for index in range(count):
        pen.line(arc(x, y, step * (index + 1), start=facing - 42, end=facing + 42), GREEN, weight=2.3)


def ridges(pen: Pen, x: float, y: float, size: float = 10.0, colour: str = DARK) -> None:
    """Draw the sign of a fingerprint: ridges around a core."""
    for index in range(4):
        radius = size * (0.2 + 0.26 * index)
        top = arc(x, y, radius, start=0, end=180, steps=20)
        tail = size * (0.85 - 0.1 * index)
        pen.line([(x + radius, y - tail), *top, (x - radius, y - tail * 0.8)], colour, weight=size * 0.13)
