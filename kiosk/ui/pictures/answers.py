"""Pictures of what is read, told and mended: papers, home, relatives, telephone, review."""

from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import (
    BLUE,
    BLUE_INK,
    BLUE_LIGHT,
    BROWN,
    DARK,
    GRASS,
    GREEN,
    LIT,
    PALE,
    PAPER_GREEN,
    PINK,
    PLUM,
    RED,
    ROOF,
    SKIN,
    WAITING,
    WHITE,
    WOOD,
)
from kiosk.ui.pictures.loops import Moment, loop
from kiosk.ui.shapes import arc, capsule, ellipse, rounded, smooth


@loop(3)
def document(pen: Pen, moment: Moment) -> None:
    """A hand lays the card on the lit tray; or it is held before the camera."""
    down = (0, 10, 21)[moment.frame]
    things.tray(pen.at(42, 18, scale=1.06))
    held = pen.at(0, -down)
    papers.card(held.at(44, 56, angle=(6, 3, 0)[moment.frame]), width=48)
    thumb = held.at(72, 62)
    thumb.union(
        [
            (capsule((26, 12), (2, -2), 7, 5), SKIN),
            (capsule((30, 20), (10, 10), 9, 7), SKIN),
        ]
    )
    thumb.at(34, 20, angle=-60).box(-12, -4, (24, 16), PLUM, radius=3)
    signs.arrow(pen, (10, 62), (10, 36), weight=5)
    things.camera(pen.at(102, 28, scale=0.85))


@loop(3)
def reading(pen: Pen, moment: Moment) -> None:
    """The card lies still on the tray while it is read."""
    things.tray(pen.at(60, 24, scale=1.5))
    papers.card(pen.at(60, 42), width=60)
    signs.waves(pen, 60, 62, facing=90, count=(3, 1, 2)[moment.frame], step=8)


@loop(2)
def number(pen: Pen, moment: Moment) -> None:
    """The number on the card, followed with a finger."""
    papers.card(pen.at(56, 60), width=84)
    pen.line(ellipse(70, 73, 26, 7.5), RED, weight=2.6, closed=True)
    people.finger(pen.at(62 if moment.frame else 86, 62, angle=28), 60, radius=8)


@loop(3)
def identity(pen: Pen, moment: Moment) -> None:
    """The citizen's own face on a card: look at it, and at the name."""
    pen.box(8, 14, (104, 72), PAPER_GREEN, radius=6)
    pen.box(16, 24, (42, 52), WHITE, radius=3)
    head = pen.at(37, 56, scale=0.78)
    people.face(head, bun=False)
    pen.fill([(18, 25), *smooth([(18, 30), (28, 40), (37, 37), (46, 40), (56, 30)], closed=False), (56, 25)], PLUM)
    for y, length in ((66, 40), (54, 30), (42, 36), (30, 24)):
        pen.line([(66, y), (66 + length, y)], DARK if y == 66 else PALE, weight=4 if y == 66 else 3)
    if moment.frame == 1:
        pen.line(rounded(12, 20, 50, 60, 6), GREEN, weight=3, closed=True)
    elif moment.frame == 2:
        pen.line(rounded(61, 60, 49, 12, 6), GREEN, weight=3, closed=True)


@loop(2)
def home(pen: Pen, moment: Moment) -> None:
    """A house, a tree, and a pin that comes down on the roof."""
    pen.fill(ellipse(60, 8, 56, 10), GRASS, outline=None)
    pen.box(98, 10, (6, 22), WOOD, radius=2)
    pen.fill(smooth([(88, 38), (86, 52), (96, 64), (108, 62), (116, 50), (112, 36), (100, 30)]), GREEN)
    pen.box(20, 10, (62, 36), LIT, radius=2)
    pen.fill([(12, 44), (51, 70), (90, 44)], ROOF)
    pen.box(43, 10, (16, 24), WOOD, radius=1.5)
    for x in (27, 65):
        pen.box(x, 22, (11, 11), BLUE_LIGHT, radius=1)
    pin = pen.at(51, 70 if moment.frame else 66)
    pin.fill([(0, 0), *arc(0, 20, 11, start=-28, end=208)], RED)
    pin.circle(0, 20, 4.4, WHITE)


@loop(2)
def relatives(pen: Pen, moment: Moment) -> None:
    """Father and mother above, who are asked for; the citizen and a spouse in outline below."""
    pen.line([(34, 62), (34, 54), (86, 54), (86, 62)], DARK, weight=2.4)
    pen.line([(60, 54), (60, 46), (36, 46), (36, 40)], DARK, weight=2.4)
    pen.line([(50, 22), (74, 22)], DARK, weight=2.4)
    for x, y, cloth, woman in (
        (34, 77, BROWN, False),
        (86, 77, PLUM, True),
        (36, 24, BLUE, True),
        (88, 24, PALE, False),
    ):
        pen.circle(x, y, 20, WHITE if cloth != PALE else WAITING, outline=LINE if cloth != PALE else PALE)
        head = pen.at(x, y + 3, scale=0.62)
        pen.fill(
            [
                (x - 13, y - 14),
                *smooth([(x - 13, y - 13), (x - 7, y - 8), (x, y - 9), (x + 7, y - 8), (x + 13, y - 13)], closed=False),
                (x + 13, y - 14),
                (x, y - 18),
            ],
            cloth,
        )
        if cloth == PALE:
            pen.circle(x, y + 3, 8, PALE, outline=None)
        else:
            people.face(head, bun=woman)
        if moment.frame and y > 50:
            pen.line(ellipse(x, y, 21.5, 21.5), GREEN, weight=3, closed=True)


@loop(3)
def phone(pen: Pen, moment: Moment) -> None:
    """A push-button phone and a speech bubble."""
    pen.box(26, 6, (40, 88), DARK, radius=8)
    pen.box(31, 58, (30, 28), BLUE_LIGHT, radius=3)
    for row in range(4):
        for column in range(3):
            pen.box(31.4 + column * 10.4, 46 - row * 11, (8.4, 7.6), WHITE, radius=2.4, outline=None)
    pen.circle(46, 90, 1.4, PALE, outline=None)
    bubble = rounded(74, 52, 40, 32, 9)
    pen.fill([(80, 56), (72, 40), (90, 54)], WHITE)
    pen.fill(bubble, WHITE)
    pen.fill([(81, 57), (74.5, 44), (88, 56)], WHITE, outline=None)
    for x in (84, 94, 104)[: (3, 1, 2)[moment.frame]]:
        pen.circle(x, 68, 3, GREEN, outline=None)


@loop(2)
def edit(pen: Pen, moment: Moment) -> None:
    """The officer's pen mends a line."""
    papers.clipboard(pen.at(46, 50, scale=1.5))
    pen.line([(30, 40), (48 if moment.frame else 64, 40)], DARK, weight=3.4)
    papers.pencil(pen.at(48 if moment.frame else 64, 40, scale=1.2))


@loop(2)
def fix(pen: Pen, moment: Moment) -> None:
    """A list with one line marked: which one is not right?"""
    papers.clipboard(pen.at(48, 50, scale=1.5), lines=0)
    marked = 36 if moment.frame else 52
    for y in (68, 52, 36, 20):
        pen.line([(30, y), (66, y)], DARK if y == marked else PALE, weight=3.4)
    pen.line(ellipse(48, marked, 25, 8), RED, weight=2.6, closed=True)
    people.finger(pen.at(74, marked - 2, angle=38), 60, radius=9)


@loop(2)
def sign_off(pen: Pen, moment: Moment) -> None:
    """A paper with a pen that writes a name, or a fingertip."""
    pen.box(12, 6, (58, 88), WHITE, radius=3)
    for y, length in ((82, 40), (72, 44), (62, 36), (52, 42)):
        pen.line([(19, y), (19 + length, y)], PALE, weight=3)
    pen.line([(19, 24), (40, 24)], DARK, weight=1.4)
    name = smooth([(20, 28), (25, 34), (27, 26), (32, 32), (36, 27), (40, 30)], closed=False)
    written = name[:17] if moment.frame else name
    pen.line(written, BLUE_INK, weight=2)
    pen.circle(60, 18, 7.5, PINK, outline=None)
    signs.ridges(pen, 60, 18, 6, RED)
    papers.pencil(pen.at(*written[-1]))
    people.finger(pen.at(84, 34, angle=52), 50, radius=10)
