"""Pictures of what is read, told and mended: papers, home, relatives, telephone, review."""

from kiosk.journey.view import View
from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import BLUE, BLUE_LIGHT, BROWN, DARK, GREEN, PALE, PLUM, RED, SKIN, WHITE, WOOD
from kiosk.ui.shapes import arc, capsule, ellipse, rounded, smooth


def document(pen: Pen, view: View) -> None:
    """A hand lays the card on the lit tray; or it is held before the camera."""
    del view
    things.tray(pen.at(42, 18, scale=1.06))
    card = pen.at(44, 56, angle=6)
    papers.card(card, width=48)
    thumb = pen.at(72, 62)
    thumb.union(
        [
            (capsule((26, 12), (2, -2), 7, 5), SKIN),
            (capsule((30, 20), (10, 10), 9, 7), SKIN),
        ]
    )
    thumb.at(34, 20, angle=-60).box(-12, -4, (24, 16), PLUM, radius=3)
    signs.arrow(pen, (14, 62), (14, 36), weight=5)
    things.camera(pen.at(102, 28, scale=0.85))


def reading(pen: Pen, view: View) -> None:
    """The card lies still on the tray while it is read."""
    del view
    things.tray(pen.at(60, 24, scale=1.5))
    papers.card(pen.at(60, 42), width=60)
    for x, facing in ((60, 90),):
        signs.waves(pen, x, 62, facing=facing, count=3, step=8)


def number(pen: Pen, view: View) -> None:
    """The number on the card, read out."""
    del view
    papers.card(pen.at(56, 60), width=84)
    pen.line(ellipse(70, 73, 26, 7.5), RED, weight=2.6, closed=True)
    people.finger(pen.at(86, 62, angle=28), 60, radius=8)


def code(pen: Pen, view: View) -> None:
    """The card's QR before the camera."""
    del view
    papers.card(pen.at(38, 50), width=62, chip=False)
    papers.qr(pen, 42, 40, 20)
    signs.arrow(pen, (74, 50), (86, 50), weight=4.4)
    things.camera(pen.at(104, 50, scale=0.85))


def identity(pen: Pen, view: View) -> None:
    """The citizen's own face on a card."""
    del view
    pen.box(8, 14, (104, 72), "#e8f3e2", radius=6)
    pen.box(16, 24, (42, 52), WHITE, radius=3)
    head = pen.at(37, 56, scale=0.78)
    people.face(head, bun=False)
    pen.fill([(18, 25), *smooth([(18, 30), (28, 40), (37, 37), (46, 40), (56, 30)], closed=False), (56, 25)], PLUM)
    for y, length in ((66, 40), (54, 30), (42, 36), (30, 24)):
        pen.line([(66, y), (66 + length, y)], DARK if y == 66 else PALE, weight=4 if y == 66 else 3)


def home(pen: Pen, view: View) -> None:
    """A house, a tree, and a pin above the roof."""
    del view
    pen.fill(ellipse(60, 8, 56, 10), "#b9d8a8", outline=None)
    pen.box(98, 10, (6, 22), WOOD, radius=2)
    pen.fill(smooth([(88, 38), (86, 52), (96, 64), (108, 62), (116, 50), (112, 36), (100, 30)]), GREEN)
    pen.box(20, 10, (62, 36), "#fff4dc", radius=2)
    pen.fill([(12, 44), (51, 70), (90, 44)], "#c8623f")
    pen.box(43, 10, (16, 24), WOOD, radius=1.5)
    for x in (27, 65):
        pen.box(x, 22, (11, 11), BLUE_LIGHT, radius=1)
    pin = pen.at(51, 66)
    pin.fill([(0, 0), *arc(0, 20, 11, start=-28, end=208)], RED)
    pin.circle(0, 20, 4.4, WHITE)


def relatives(pen: Pen, view: View) -> None:
    """Father and mother above, the citizen and a spouse in outline below."""
    del view
    pen.line([(34, 62), (34, 54), (86, 54), (86, 62)], DARK, weight=2.4)
    pen.line([(60, 54), (60, 46), (36, 46), (36, 40)], DARK, weight=2.4)
    pen.line([(50, 22), (74, 22)], DARK, weight=2.4)
    for x, y, cloth, woman in (
        (34, 77, BROWN, False),
        (86, 77, PLUM, True),
        (36, 24, BLUE, True),
        (88, 24, PALE, False),
    ):
        pen.circle(x, y, 20, WHITE if cloth != PALE else "#eef3f6", outline=LINE if cloth != PALE else PALE)
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


def phone(pen: Pen, view: View) -> None:
    """A push-button phone and a speech bubble."""
    del view
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
    for x in (84, 94, 104):
        pen.circle(x, 68, 3, GREEN, outline=None)


def edit(pen: Pen, view: View) -> None:
    """The officer's pen mends a line."""
    del view
    papers.clipboard(pen.at(46, 50, scale=1.5))
    papers.pencil(pen.at(64, 40, scale=1.2))


def fix(pen: Pen, view: View) -> None:
    """A list with one line marked: which one is not right?"""
    del view
    papers.clipboard(pen.at(48, 50, scale=1.5), lines=0)
    for index, y in enumerate((68, 52, 36, 20)):
        pen.line([(30, y), (66, y)], DARK if index == 1 else PALE, weight=3.4)
    pen.line(ellipse(48, 52, 25, 8), RED, weight=2.6, closed=True)
    people.finger(pen.at(74, 50, angle=38), 60, radius=9)


def sign_off(pen: Pen, view: View) -> None:
    """A paper with a pen, or a fingertip."""
    del view
    pen.box(12, 6, (58, 88), WHITE, radius=3)
    for y, length in ((82, 40), (72, 44), (62, 36), (52, 42)):
        pen.line([(19, y), (19 + length, y)], PALE, weight=3)
    pen.line([(19, 24), (40, 24)], DARK, weight=1.4)
    pen.line(smooth([(20, 28), (25, 34), (27, 26), (32, 32), (36, 27), (40, 30)], closed=False), "#2b6cb0", weight=2)
    papers.pencil(pen.at(41, 30))
    pen.circle(60, 18, 7.5, "#fbe3e0", outline=None)
    signs.ridges(pen, 60, 18, 6, RED)
    people.finger(pen.at(84, 34, angle=52), 50, radius=10)
