"""Cards, codes, clipboards and pens."""

from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures.inks import BLUE_INK, DARK, PALE, PAPER_GREEN, SKIN, WHITE, WOOD, YELLOW
from kiosk.ui.shapes import arc


def card(pen: Pen, *, width: float = 46.0, chip: bool = True) -> None:
    """Draw an ID card around the origin: photo, lines, chip."""
    height = width * 0.63
    part = width / 46.0
    pen.box(-width / 2, -height / 2, (width, height), PAPER_GREEN, radius=3 * part)
    pen.box(-19 * part, -8 * part, (13 * part, 17 * part), WHITE, radius=1.5)
    pen.circle(-12.5 * part, 3 * part, 3 * part, PALE, outline=None)
    pen.fill(arc(-12.5 * part, -7.2 * part, 5 * part, start=0, end=180), PALE, outline=None)
    for index, length in enumerate((20, 16, 18)):
        y = (7 - index * 5.5) * part
        pen.line([(-2 * part, y), ((-2 + length) * part, y)], DARK, weight=1.6 * part)
    if chip:
        pen.box(9 * part, -11.5 * part, (9 * part, 7 * part), YELLOW, radius=1.2)


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
    tilted.box(-3.6, 7, (7.2, length), BLUE_INK, radius=1.4)
    tilted.fill([(-1.4, 2.8), (0, 0), (1.4, 2.8)], LINE, outline=None)


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
