"""Things that stand about a kiosk: sensor, camera, lock, bell, tray, and what is taken off for the portrait."""

from collections.abc import Sequence

from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures.inks import BLUE, BLUE_LIGHT, DARK, GLOW, PALE, RED, STRAW, WHITE, WOOD, YELLOW
from kiosk.ui.shapes import arc, ellipse, smooth


def sensor(pen: Pen, *, lit: bool = True) -> None:
    """Draw the print sensor from above, 44 x 52 around the origin, its window lit."""
    pen.box(-22, -26, (44, 52), DARK, radius=7)
    pen.box(-14, -16, (28, 34), GLOW if lit else PALE, radius=5)


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


def bubbles(pen: Pen, spots: Sequence[tuple[float, float, float]]) -> None:
    """Draw soap bubbles."""
    for x, y, radius in spots:
        pen.circle(x, y, radius, WHITE, weight=1.1)
        pen.line(arc(x, y, radius * 0.55, start=100, end=170), BLUE, weight=1.0)


def lock(pen: Pen, *, colour: str = YELLOW, open_: bool = False) -> None:
    """Draw a padlock around the origin, about 30 wide and 40 high; the bow of an open one stands up and aside."""
    up, aside = (8, 13) if open_ else (0, 0)
    bow = [(-8.5 + aside, 2), (-8.5 + aside, 9 + up), *arc(aside, 9 + up, 8.5, start=180, end=0)]
    bow += [(8.5 + aside, 9 + up if open_ else 2)]
    pen.line(bow, LINE, weight=6.4)
    pen.line(bow, PALE, weight=3.4)
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


def camera(pen: Pen) -> None:
    """Draw a camera around the origin, about 34 wide."""
    pen.box(-8, 8, (16, 8), DARK, radius=2)
    pen.box(-17, -12, (34, 23), DARK, radius=4)
    pen.circle(0, -1, 8, BLUE_LIGHT)
    pen.circle(0, -1, 3.4, LINE, outline=None)
    pen.circle(12, 7, 1.6, GLOW, outline=None)


def hat(pen: Pen) -> None:
    """Draw a soft sun hat around the origin, about 44 wide."""
    pen.fill(smooth([(-13, -2), (-11, 9), (0, 13), (11, 9), (13, -2)], closed=False), STRAW)
    pen.fill(ellipse(0, -3, 22, 5), STRAW)
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


def comb(pen: Pen) -> None:
    """Draw a comb around the origin, about 34 wide, its teeth down."""
    pen.box(-17, 0, (34, 9), WOOD, radius=3)
    for tooth in range(9):
        x = -14.4 + tooth * 3.6
        pen.line([(x, 0), (x, -10)], weight=1.5)


def hair_tie(pen: Pen) -> None:
    """Draw two hair ties around the origin, about 28 wide."""
    for x, colour in ((-6, RED), (6, BLUE)):
        pen.line(ellipse(x, 0, 8, 8), LINE, weight=5.0, closed=True)
        pen.line(ellipse(x, 0, 8, 8), colour, weight=2.6, closed=True)
