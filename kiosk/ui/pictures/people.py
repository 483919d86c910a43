"""People and their hands: faces, the citizen, the officer, one hand, one finger, in one style."""

from collections.abc import Mapping, Sequence
from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures.inks import (
    BROWN,
    DARK,
    DARK_HAIR,
    GREY_HAIR,
    NAIL,
    PLUM,
    SKIN,
    SKIN_SHADE,
    UNIFORM,
    WHITE,
    YELLOW,
)
from kiosk.ui.shapes import Point, arc, capsule, ellipse, rounded, smooth


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
            NAIL if skin == SKIN else WHITE,
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
        pen.fill(rounded(-radius * 0.55, -radius * 1.25, radius * 1.1, radius * 1.05, radius * 0.5), NAIL)
    for y in (-radius * 2.9, -radius * 3.3):
        pen.line([(-radius * 0.4, y), (radius * 0.4, y)], SKIN_SHADE, weight=1.1)
