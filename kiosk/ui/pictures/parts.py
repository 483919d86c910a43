"""What the drawings are made of: people, hands, the kiosk, papers, badges and arrows, in one style."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.ui.pen import LINE, Pen, Point, arc, capsule, ellipse, rounded, smooth

SKIN: Final = "#f2c6a0"
SKIN_SHADE: Final = "#e3a77c"
GREY_HAIR: Final = "#d5d8db"
DARK_HAIR: Final = "#454b52"
UNIFORM: Final = "#5b8a5e"
PLUM: Final = "#9c6b9e"
BROWN: Final = "#a9775a"
BLUE: Final = "#7fb2dc"
BLUE_LIGHT: Final = "#cfe4f5"
PALE: Final = "#c3d2dc"
WHITE: Final = "#ffffff"
GLOW: Final = "#ffe28a"
YELLOW: Final = "#ffc933"
GREEN: Final = "#1f8a62"
RED: Final = "#c0392b"
WOOD: Final = "#d3a878"
DARK: Final = "#33506a"
PINK: Final = "#f0a3a0"


def face(pen: Pen, *, hair: str = GREY_HAIR, bun: bool = False, smile: bool = True, open_eyes: bool = True) -> None:
    """Draw a head of radius about 13 around the origin, ears, hair and a calm face."""
    if bun:
        pen.circle(0, 16, 5, hair)
    for side in (-1, 1):
        pen.fill(ellipse(side * 12.6, -1, 2.8, 3.8), SKIN)
    pen.fill(ellipse(0, 0, 12.5, 14), SKIN)
    cap = [
        (-13, 1),
        (-13.2, 8),
        (-8, 14.5),
        (0, 16),
        (8, 14.5),
        (13.2, 8),
        (13, 1),
        (9.5, 7),
        (3, 9.6),
        (-5, 9),
        (-10, 6),
    ]
    pen.fill(smooth(cap), hair)
    for side in (-1, 1):
        if open_eyes:
            pen.circle(side * 4.8, 0.6, 1.35, LINE, outline=None)
        else:
            pen.line(arc(side * 4.8, 1.6, 2.4, start=200, end=340), weight=1.2)
    if smile:
        pen.line(arc(0, -3.6, 5, start=215, end=325), weight=1.3)
    else:
        pen.line([(-3.2, -7), (3.2, -7)], weight=1.3)


def shoulders(pen: Pen, cloth: str, *, collar: bool = True) -> None:
    """Draw shoulders and chest below a head at the origin, 46 wide, down to y = -48."""
    pen.fill([(-4.5, -22), (-4.5, -10), (4.5, -10), (4.5, -22)], SKIN)
    body = [(-23, -48), (-22, -30), (-17, -21), (-6, -17.5), (0, -22), (6, -17.5), (17, -21), (22, -30), (23, -48)]
    pen.fill(smooth(body, closed=False), cloth)
    if collar:
        pen.line([(-6, -17.5), (0, -26), (6, -17.5)])
        for y in (-32, -40):
            pen.circle(0, y, 0.9, LINE, outline=None)


def citizen(pen: Pen, *, woman: bool = True) -> None:
    """Draw an old citizen as a bust around a head at the origin."""
    shoulders(pen, PLUM if woman else BROWN)
    face(pen, bun=woman)


def officer(pen: Pen) -> None:
    """Draw the officer: green uniform, cap with a visor."""
    shoulders(pen, UNIFORM)
    for side in (-1, 1):
        pen.box(side * 16 - 4, -24.5, (8, 3.4), YELLOW, radius=1.2)
    face(pen, hair=DARK_HAIR)
    pen.fill(smooth([(-15, 7), (-17, 14), (-9, 20), (0, 21.5), (9, 20), (17, 14), (15, 7)], closed=False), UNIFORM)
    pen.fill(smooth([(-13.5, 7.2), (0, 10), (13.5, 7.2), (12, 4.4), (0, 6.6), (-12, 4.4)]), DARK)
    pen.circle(0, 14.4, 2.3, YELLOW)


_FINGERS: Final[Mapping[str, tuple[Point, Point, float]]] = {
    "index": ((-11.4, 28), (-12.6, 57), 3.9),
    "middle": ((-3.8, 30), (-3.9, 63), 4.0),
    "ring": ((3.9, 29), (4.9, 59), 3.9),
    "little": ((11.3, 26), (13.8, 49), 3.5),
    "thumb": ((-9, 12), (-23, 33), 4.3),
}


def finger_name(finger: Finger) -> str:
    """Give the name of a finger without its hand."""
    return finger.value.split("_")[1]


def fingertip(name: str) -> Point:
    """Give where the tip of a finger of `hand` lies."""
    return _FINGERS[name][1]


def hand(pen: Pen, colours: Mapping[str, str], *, skin: str = SKIN, sleeve: str | None = PLUM) -> None:
    """Draw the back of a right hand as its owner sees it (thumb left), the wrist at the origin, about 67 high.

    `colours` gives single fingers another colour. A mirrored pen makes it a left hand.
    """
    shapes: list[tuple[Sequence[Point], str]] = []
    for name, (root, tip, radius) in _FINGERS.items():
        shapes.append((capsule(root, tip, radius), colours.get(name, skin)))
    palm = smooth(
        [(-9, -4), (-14.5, 8), (-15.6, 20), (-15, 30), (-7, 33), (2, 33.4), (10, 31.4), (15, 25), (14, 12), (9, -4)]
    )
    shapes.append((palm, skin))
    pen.union(shapes)
    for name in ("index", "middle", "ring", "little"):
        tip, radius = _FINGERS[name][1], _FINGERS[name][2]
        pen.fill(
            ellipse(tip[0], tip[1] + 0.4, radius * 0.52, radius * 0.66),
            "#fbe6d4" if skin == SKIN else WHITE,
            outline=None,
        )
    for x, y in ((-7.6, 33), (0.1, 34.2), (7.6, 32.4)):
        pen.line([(x, y - 3), (x, y)], weight=1.1)
    if sleeve is not None:
        pen.box(-12, -14, (24, 12), sleeve, radius=2.5)


def finger(pen: Pen, length: float = 60.0, *, radius: float = 9.0, nail: bool = True, skin: str = SKIN) -> None:
    """Draw one finger from above, its tip at the origin, pointing up."""
    pen.fill(capsule((0, -length), (0, -radius), radius * 1.05, radius), skin)
    if nail:
        pen.fill(rounded(-radius * 0.55, -radius * 1.25, radius * 1.1, radius * 1.05, radius * 0.5), "#fbe6d4")
    for y in (-radius * 2.9, -radius * 3.3):
        pen.line([(-radius * 0.4, y), (radius * 0.4, y)], SKIN_SHADE, weight=1.1)


def sensor(pen: Pen, *, lit: bool = True) -> None:
    """Draw the print sensor from above, 44 x 52 around the origin, its window lit."""
    pen.box(-22, -26, (44, 52), DARK, radius=7)
    pen.box(-14, -16, (28, 34), GLOW if lit else PALE, radius=5)


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
    pen.circle(x, y, radius, "#5f6f7c", outline=WHITE, weight=radius * 0.22)
    pen.line([(x - radius * 0.45, y), (x + radius * 0.45, y)], WHITE, weight=radius * 0.28)


def card(pen: Pen, *, width: float = 46.0, chip: bool = True) -> None:
    """Draw an ID card around the origin: photo, lines, chip."""
    height = width * 0.63
    part = width / 46.0
    pen.box(-width / 2, -height / 2, (width, height), "#e8f3e2", radius=3 * part)
    pen.box(-19 * part, -8 * part, (13 * part, 17 * part), WHITE, radius=1.5)
    pen.circle(-12.5 * part, 3 * part, 3 * part, PALE, outline=None)
    pen.fill(arc(-12.5 * part, -7.2 * part, 5 * part, start=0, end=180), PALE, outline=None)
    for index, length in enumerate((20, 16, 18)):
        y = (7 - index * 5.5) * part
        pen.line([(-2 * part, y), ((-2 + length) * part, y)], DARK, weight=1.6 * part)
    if chip:
        pen.box(9 * part, -11.5 * part, (9 * part, 7 * part), YELLOW, radius=1.2)


def drop(pen: Pen, x: float, y: float, size: float = 6.0, colour: str = BLUE) -> None:
    """Draw a drop of water, its round part around (x, y)."""
    pen.fill(
        [(x, y + size * 1.9), *arc(x, y, size, start=155, end=385)],
        colour,
        weight=1.2,
    )


def bell(pen: Pen, colour: str = YELLOW) -> None:
    """Draw a bell, about 36 wide, around the origin."""
    pen.fill(arc(0, -14, 5, start=180, end=360), DARK)
    pen.fill(
        smooth(
            [(-18, -13), (-12.5, -6), (-11, 4), (-7, 12), (0, 15), (7, 12), (11, 4), (12.5, -6), (18, -13)],
            closed=False,
        ),
        colour,
    )
    pen.circle(0, 17, 3, colour)


def waves(pen: Pen, x: float, y: float, *, facing: float = 0.0, count: int = 3, step: float = 5.5) -> None:
    """Draw waves of sound or radio that leave (x, y)."""
    for index in range(count):
        pen.line(arc(x, y, step * (index + 1), start=facing - 42, end=facing + 42), GREEN, weight=2.3)


def bubbles(pen: Pen, spots: Sequence[tuple[float, float, float]]) -> None:
    """Draw soap bubbles."""
    for x, y, radius in spots:
        pen.circle(x, y, radius, WHITE, weight=1.1)
        pen.line(arc(x, y, radius * 0.55, start=100, end=170), BLUE, weight=1.0)


def lock(pen: Pen, *, colour: str = YELLOW) -> None:
    """Draw a closed padlock around the origin, about 30 wide and 40 high."""
    pen.line([(-8.5, 2), (-8.5, 9), *arc(0, 9, 8.5, start=180, end=0), (8.5, 2)], LINE, weight=6.4)
    pen.line([(-8.5, 2), (-8.5, 9), *arc(0, 9, 8.5, start=180, end=0), (8.5, 2)], PALE, weight=3.4)
    pen.box(-15, -20, (30, 24), colour, radius=4)
    pen.circle(0, -7, 3, LINE, outline=None)
    pen.line([(0, -8), (0, -13)], weight=2.4)


def kiosk(pen: Pen) -> None:
    """Draw the kiosk around the origin: screen on a stand, a lens above it, about 46 wide and 70 high."""
    pen.fill([(-8, -36), (-6, -10), (6, -10), (8, -36)], PALE)
    pen.box(-18, -40, (36, 6), DARK, radius=2.5)
    pen.box(-24, -12, (48, 42), DARK, radius=5)
    pen.box(-20, -7, (40, 29), WHITE, radius=2.5)
    pen.circle(0, 26, 1.8, GLOW, outline=None)


def clipboard(pen: Pen, *, lines: int = 4) -> None:
    """Draw a clipboard around the origin, 44 x 58."""
    pen.box(-22, -29, (44, 56), WOOD, radius=4)
    pen.box(-18, -25, (36, 47), WHITE, radius=1.5)
    pen.box(-9, 20, (18, 9), DARK, radius=2.5)
    for index in range(lines):
        y = 12 - index * 9
        pen.line([(-12, y), (12, y)], PALE, weight=2.2)


def pencil(pen: Pen, length: float = 34.0) -> None:
    """Draw a pen that writes, its point at the origin, lying to the upper right."""
    tilted = pen.at(0, 0, angle=-38)
    tilted.fill([(-3.6, 7), (0, 0), (3.6, 7)], SKIN)
    tilted.box(-3.6, 7, (7.2, length), "#2b6cb0", radius=1.4)
    tilted.fill([(-1.4, 2.8), (0, 0), (1.4, 2.8)], LINE, outline=None)


def ridges(pen: Pen, x: float, y: float, size: float = 10.0, colour: str = DARK) -> None:
    """Draw the sign of a fingerprint: ridges around a core."""
    for index in range(4):
        radius = size * (0.2 + 0.26 * index)
        top = arc(x, y, radius, start=0, end=180, steps=20)
        tail = size * (0.85 - 0.1 * index)
        pen.line([(x + radius, y - tail), *top, (x - radius, y - tail * 0.8)], colour, weight=size * 0.13)


def camera(pen: Pen) -> None:
    """Draw a camera around the origin, about 34 wide."""
    pen.box(-8, 8, (16, 8), DARK, radius=2)
    pen.box(-17, -12, (34, 23), DARK, radius=4)
    pen.circle(0, -1, 8, BLUE_LIGHT)
    pen.circle(0, -1, 3.4, LINE, outline=None)
    pen.circle(12, 7, 1.6, GLOW, outline=None)


def qr(pen: Pen, x: float, y: float, size: float) -> None:
    """Draw the sign of a QR code from its lower left corner."""
    cell = size / 9.0
    pen.box(x - cell, y - cell, (size + 2 * cell, size + 2 * cell), WHITE, radius=1.5)
    for column, row in ((0, 0), (0, 6), (6, 6)):
        pen.box(x + column * cell, y + row * cell, (3 * cell, 3 * cell), LINE, radius=0.3, outline=None)
        pen.box(
            x + (column + 0.8) * cell, y + (row + 0.8) * cell, (1.4 * cell, 1.4 * cell), WHITE, radius=0.1, outline=None
        )
    for column, row in (
        (4, 8),
        (4, 6),
        (5, 7),
        (4, 4),
        (6, 4),
        (8, 4),
        (5, 3),
        (7, 3),
        (4, 2),
        (6, 2),
        (8, 2),
        (7, 1),
        (4, 0),
        (5, 1),
        (6, 0),
        (8, 0),
        (0, 4),
        (2, 4),
    ):
        pen.box(x + column * cell, y + row * cell, (cell, cell), LINE, radius=0, outline=None)


def hat(pen: Pen) -> None:
    """Draw a soft sun hat around the origin, about 44 wide."""
    pen.fill(smooth([(-13, -2), (-11, 9), (0, 13), (11, 9), (13, -2)], closed=False), "#d9b77e")
    pen.fill(ellipse(0, -3, 22, 5), "#d9b77e")
    pen.line(
        [(-12.6, 1.6), *[(x / 1.0, 1.2 - 0.012 * (144 - x * x) / 3) for x in range(-12, 13, 4)], (12.6, 1.6)],
        RED,
        weight=2.2,
    )


def glasses(pen: Pen, lens: str = BLUE_LIGHT) -> None:
    """Draw spectacles around the origin, about 24 wide."""
    pen.line([(-2, 0.6), (2, 0.6)], weight=1.6)
    for side in (-1, 1):
        pen.fill(ellipse(side * 5.6, 0, 4.4, 3.8), lens, weight=1.5)
        pen.line([(side * 10, 0.8), (side * 12.6, 1.6)], weight=1.5)


def tray(pen: Pen, *, lit: bool = True) -> None:
    """Draw a tray seen from the front, 72 wide, its floor at the origin."""
    if lit:
        pen.fill(ellipse(0, 2, 42, 11), GLOW, outline=None)
    pen.fill([(-36, 4), (36, 4), (30, -8), (-30, -8)], DARK)
    pen.fill(ellipse(0, 4, 36, 6), BLUE_LIGHT)
