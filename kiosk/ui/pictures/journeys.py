"""Pictures of the way through: greeting, consent, papers, home, relatives, phone, sign-off, farewell."""

from kiosk.journey.view import View
from kiosk.ui.pen import LINE, Pen, arc, ellipse, rounded, smooth
from kiosk.ui.pictures import parts
from kiosk.ui.pictures.parts import (
    BLUE,
    BLUE_LIGHT,
    BROWN,
    DARK,
    GLOW,
    GREEN,
    PALE,
    PLUM,
    RED,
    SKIN,
    UNIFORM,
    WHITE,
    WOOD,
    YELLOW,
    arrow,
)


def welcome(pen: Pen, view: View) -> None:
    """Officer and citizen side by side at the kiosk; a loudspeaker speaks."""
    del view
    parts.officer(pen.at(31, 52, scale=0.94))
    parts.citizen(pen.at(76, 49, scale=0.94))
    speaker = pen.at(101, 80)
    speaker.fill([(-10, -4), (-5, -4), (2, -10), (2, 10), (-5, 4), (-10, 4)], YELLOW)
    parts.waves(pen, 103, 80, step=4.6)


def consent(pen: Pen, view: View) -> None:
    """Print, camera and card go into a locked box."""
    del view
    for x, y in ((20, 80), (20, 50), (20, 20)):
        pen.circle(x, y, 14.5, WHITE, outline=PALE, weight=1.2)
    parts.ridges(pen, 20, 82, 8.6)
    parts.camera(pen.at(20, 49, scale=0.6))
    parts.card(pen.at(20, 20), width=21)
    arrow(pen, (40, 50), (57, 50), weight=5)
    pen.box(64, 18, (50, 40), WOOD, radius=4)
    pen.box(61, 56, (56, 14), WOOD, radius=4)
    parts.lock(pen.at(89, 44, scale=0.86))


def declined(pen: Pen, view: View) -> None:
    """An empty box, and a friendly officer."""
    del view
    parts.officer(pen.at(36, 54, scale=1.0))
    pen.fill([(72, 46), (112, 46), (106, 14), (78, 14)], WOOD)
    pen.fill(ellipse(92, 46, 20, 5), DARK)
    parts.tick_badge(pen, 92, 78, 11)


def document(pen: Pen, view: View) -> None:
    """A hand lays the card on the lit tray; or it is held before the camera."""
    del view
    parts.tray(pen.at(42, 18, scale=1.06))
    card = pen.at(44, 56, angle=6)
    parts.card(card, width=48)
    thumb = pen.at(72, 62)
    thumb.union(
        [
            (parts.capsule((26, 12), (2, -2), 7, 5), SKIN),
            (parts.capsule((30, 20), (10, 10), 9, 7), SKIN),
        ]
    )
    thumb.at(34, 20, angle=-60).box(-12, -4, (24, 16), PLUM, radius=3)
    arrow(pen, (14, 62), (14, 36), weight=5)
    parts.camera(pen.at(102, 28, scale=0.85))


def reading(pen: Pen, view: View) -> None:
    """The card lies still on the tray while it is read."""
    del view
    parts.tray(pen.at(60, 24, scale=1.5))
    parts.card(pen.at(60, 42), width=60)
    for x, facing in ((60, 90),):
        parts.waves(pen, x, 62, facing=facing, count=3, step=8)


def number(pen: Pen, view: View) -> None:
    """The number on the card, read out."""
    del view
    parts.card(pen.at(56, 60), width=84)
    pen.line(ellipse(70, 73, 26, 7.5), RED, weight=2.6, closed=True)
    parts.finger(pen.at(86, 62, angle=28), 60, radius=8)


def code(pen: Pen, view: View) -> None:
    """The card's QR before the camera."""
    del view
    parts.card(pen.at(38, 50), width=62, chip=False)
    parts.qr(pen, 42, 40, 20)
    arrow(pen, (74, 50), (86, 50), weight=4.4)
    parts.camera(pen.at(104, 50, scale=0.85))


def identity(pen: Pen, view: View) -> None:
    """The citizen's own face on a card."""
    del view
    pen.box(8, 14, (104, 72), "#e8f3e2", radius=6)
    pen.box(16, 24, (42, 52), WHITE, radius=3)
    head = pen.at(37, 56, scale=0.78)
    parts.face(head, bun=False)
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
            parts.face(head, bun=woman)


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


def sign_off(pen: Pen, view: View) -> None:
    """A paper with a pen, or a fingertip."""
    del view
    pen.box(12, 6, (58, 88), WHITE, radius=3)
    for y, length in ((82, 40), (72, 44), (62, 36), (52, 42)):
        pen.line([(19, y), (19 + length, y)], PALE, weight=3)
    pen.line([(19, 24), (40, 24)], DARK, weight=1.4)
    pen.line(smooth([(20, 28), (25, 34), (27, 26), (32, 32), (36, 27), (40, 30)], closed=False), "#2b6cb0", weight=2)
    parts.pencil(pen.at(41, 30))
    pen.circle(60, 18, 7.5, "#fbe3e0", outline=None)
    parts.ridges(pen, 60, 18, 6, RED)
    parts.finger(pen.at(84, 34, angle=52), 50, radius=10)


def sealing(pen: Pen, view: View) -> None:
    """The papers go into a sealed, locked envelope."""
    del view
    pen.box(38, 46, (44, 46), WHITE, radius=3)
    for y in (84, 76, 68):
        pen.line([(46, y), (74, y)], PALE, weight=2.6)
    pen.box(18, 10, (84, 54), "#fff1cf", radius=5)
    pen.line([(20, 62), (60, 34), (100, 62)], weight=1.8)
    parts.lock(pen.at(60, 36, scale=0.9))


def farewell(pen: Pen, view: View) -> None:
    """The officer hands back card and slip."""
    del view
    parts.officer(pen.at(38, 54, scale=1.02))
    pen.box(70, 30, (36, 56), WHITE, radius=3)
    parts.qr(pen, 77, 52, 22)
    for y in (44, 38):
        pen.line([(77, y), (99, y)], PALE, weight=2.4)
    parts.card(pen.at(90, 18, angle=-6), width=36)


def help_coming(pen: Pen, view: View) -> None:
    """The officer comes; a big bell."""
    del view
    parts.officer(pen.at(40, 54, scale=1.05))
    parts.bell(pen.at(92, 56, angle=12, scale=1.1))
    for x, facing in ((92, 0), (92, 180)):
        parts.waves(pen, x + (16 if facing == 0 else -16), 54, facing=facing, count=2, step=5)


def waving(pen: Pen, view: View) -> None:
    """An old man waves: still there?"""
    del view
    parts.citizen(pen.at(48, 52, scale=1.04), woman=False)
    palm = pen.at(92, 34, angle=-8, scale=0.66)
    parts.hand(palm, {}, sleeve=BROWN)
    pen.line(arc(94, 56, 26, start=24, end=60), GREEN, weight=2.6)
    pen.line(arc(94, 56, 26, start=120, end=156), GREEN, weight=2.6)


def trouble(pen: Pen, view: View) -> None:
    """The kiosk with a plaster; the officer brings a spanner."""
    del view
    parts.kiosk(pen.at(38, 50, scale=1.1))
    pen.line(arc(38, 60, 5, start=25, end=155), weight=1.8)
    for x in (30, 46):
        pen.line([(x - 2.6, 70), (x + 2.6, 70)], weight=1.8)
    plaster = pen.at(59, 80, angle=-38)
    plaster.box(-14, -5, (28, 10), "#f7d9b5", radius=5)
    plaster.box(-5, -5, (10, 10), WHITE, radius=1)
    parts.officer(pen.at(92, 46, scale=0.82))


def full(pen: Pen, view: View) -> None:
    """A box that is full to the brim and safe."""
    del view
    for x, turn in ((42, 6), (60, -4), (78, 5)):
        paper = pen.at(x, 46, angle=turn)
        paper.box(-13, 0, (26, 40), WHITE, radius=2)
        for y in (32, 25, 18):
            paper.line([(-8, y), (8, y)], PALE, weight=2)
    pen.box(22, 8, (76, 48), WOOD, radius=5)
    parts.lock(pen.at(60, 32, scale=0.9))


def standby(pen: Pen, view: View) -> None:
    """A hand touches the waiting kiosk."""
    del view
    parts.kiosk(pen.at(56, 52, scale=1.28))
    for radius in (9, 15):
        pen.line(ellipse(57, 64, radius, radius), GREEN, weight=2.2, closed=True)
    pen.circle(57, 64, 4.4, GLOW, outline=GREEN)
    parts.finger(pen.at(59, 61, angle=32), 64, radius=8)


def sign_in(pen: Pen, view: View) -> None:
    """The officer and a lock."""
    del view
    parts.officer(pen.at(38, 54, scale=1.05))
    parts.lock(pen.at(92, 48, scale=1.2))


def resume(pen: Pen, view: View) -> None:
    """The list of what is done goes on from its mark."""
    del view
    parts.clipboard(pen.at(40, 50, scale=1.4), lines=0)
    for index, y in enumerate((68, 52, 36, 20)):
        if index < 2:
            parts.tick_badge(pen, 25, y, 6)
        else:
            pen.circle(25, y, 5, WHITE, outline=PALE, weight=1.6)
        pen.line([(36, y), (58, y)], DARK if index < 2 else PALE, weight=3)
    arrow(pen, (80, 36), (110, 36), weight=7)


def edit(pen: Pen, view: View) -> None:
    """The officer's pen mends a line."""
    del view
    parts.clipboard(pen.at(46, 50, scale=1.5))
    parts.pencil(pen.at(64, 40, scale=1.2))


def curtain(pen: Pen, view: View) -> None:
    """A drawn curtain: nothing of anybody is shown."""
    del view
    pen.line([(8, 90), (112, 90)], WOOD, weight=5)
    pen.box(14, 12, (92, 74), "#44684a", radius=2)
    for index in range(6):
        x = 12 + index * 16
        fold = [(x, 88), (x + 16, 88), (x + 14.5, 50), (x + 17, 10), (x + 8, 8), (x - 1, 10), (x + 1.5, 50)]
        pen.fill(smooth(fold), UNIFORM if index % 2 else "#6f9f72")


def fix(pen: Pen, view: View) -> None:
    """A list with one line marked: which one is not right?"""
    del view
    parts.clipboard(pen.at(48, 50, scale=1.5), lines=0)
    for index, y in enumerate((68, 52, 36, 20)):
        pen.line([(30, y), (66, y)], DARK if index == 1 else PALE, weight=3.4)
    pen.line(ellipse(48, 52, 25, 8), RED, weight=2.6, closed=True)
    parts.finger(pen.at(74, 50, angle=38), 60, radius=9)
