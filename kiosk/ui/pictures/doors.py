"""Pictures of coming and going: standby, sign-in, greeting, consent, help, farewell."""

from kiosk.journey.view import View
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import BROWN, DARK, GLOW, GREEN, PALE, UNIFORM, WHITE, WOOD, YELLOW
from kiosk.ui.shapes import arc, ellipse, smooth


def standby(pen: Pen, view: View) -> None:
    """A hand touches the waiting kiosk."""
    del view
    things.kiosk(pen.at(56, 52, scale=1.28))
    for radius in (9, 15):
        pen.line(ellipse(57, 64, radius, radius), GREEN, weight=2.2, closed=True)
    pen.circle(57, 64, 4.4, GLOW, outline=GREEN)
    people.finger(pen.at(59, 61, angle=32), 64, radius=8)


def curtain(pen: Pen, view: View) -> None:
    """A drawn curtain: nothing of anybody is shown."""
    del view
    pen.line([(8, 90), (112, 90)], WOOD, weight=5)
    pen.box(14, 12, (92, 74), "#44684a", radius=2)
    for index in range(6):
        x = 12 + index * 16
        fold = [(x, 88), (x + 16, 88), (x + 14.5, 50), (x + 17, 10), (x + 8, 8), (x - 1, 10), (x + 1.5, 50)]
        pen.fill(smooth(fold), UNIFORM if index % 2 else "#6f9f72")


def sign_in(pen: Pen, view: View) -> None:
    """The officer and a lock."""
    del view
    people.officer(pen.at(38, 54, scale=1.05))
    things.lock(pen.at(92, 48, scale=1.2))


def resume(pen: Pen, view: View) -> None:
    """The list of what is done goes on from its mark."""
    del view
    papers.clipboard(pen.at(40, 50, scale=1.4), lines=0)
    for index, y in enumerate((68, 52, 36, 20)):
        if index < 2:
            signs.tick_badge(pen, 25, y, 6)
        else:
            pen.circle(25, y, 5, WHITE, outline=PALE, weight=1.6)
        pen.line([(36, y), (58, y)], DARK if index < 2 else PALE, weight=3)
    signs.arrow(pen, (80, 36), (110, 36), weight=7)


def welcome(pen: Pen, view: View) -> None:
    """Officer and citizen side by side at the kiosk; a loudspeaker speaks."""
    del view
    people.officer(pen.at(31, 52, scale=0.94))
    people.citizen(pen.at(76, 49, scale=0.94))
    speaker = pen.at(101, 80)
    speaker.fill([(-10, -4), (-5, -4), (2, -10), (2, 10), (-5, 4), (-10, 4)], YELLOW)
    signs.waves(pen, 103, 80, step=4.6)


def consent(pen: Pen, view: View) -> None:
    """Print, camera and card go into a locked box."""
    del view
    for x, y in ((20, 80), (20, 50), (20, 20)):
        pen.circle(x, y, 14.5, WHITE, outline=PALE, weight=1.2)
    signs.ridges(pen, 20, 82, 8.6)
    things.camera(pen.at(20, 49, scale=0.6))
    papers.card(pen.at(20, 20), width=21)
    signs.arrow(pen, (40, 50), (57, 50), weight=5)
    pen.box(64, 18, (50, 40), WOOD, radius=4)
    pen.box(61, 56, (56, 14), WOOD, radius=4)
    things.lock(pen.at(89, 44, scale=0.86))


def declined(pen: Pen, view: View) -> None:
    """An empty box, and a friendly officer."""
    del view
    people.officer(pen.at(36, 54, scale=1.0))
    pen.fill([(72, 46), (112, 46), (106, 14), (78, 14)], WOOD)
    pen.fill(ellipse(92, 46, 20, 5), DARK)
    signs.tick_badge(pen, 92, 78, 11)


def farewell(pen: Pen, view: View) -> None:
    """The officer hands back card and slip."""
    del view
    people.officer(pen.at(38, 54, scale=1.02))
    pen.box(70, 30, (36, 56), WHITE, radius=3)
    papers.qr(pen, 77, 52, 22)
    for y in (44, 38):
        pen.line([(77, y), (99, y)], PALE, weight=2.4)
    papers.card(pen.at(90, 18, angle=-6), width=36)


def help_coming(pen: Pen, view: View) -> None:
    """The officer comes; a big bell."""
    del view
    people.officer(pen.at(40, 54, scale=1.05))
    things.bell(pen.at(92, 56, angle=12, scale=1.1))
    for x, facing in ((92, 0), (92, 180)):
        signs.waves(pen, x + (16 if facing == 0 else -16), 54, facing=facing, count=2, step=5)


def waving(pen: Pen, view: View) -> None:
    """An old man waves: still there?"""
    del view
    people.citizen(pen.at(48, 52, scale=1.04), woman=False)
    palm = pen.at(92, 34, angle=-8, scale=0.66)
    people.hand(palm, {}, sleeve=BROWN)
    pen.line(arc(94, 56, 26, start=24, end=60), GREEN, weight=2.6)
    pen.line(arc(94, 56, 26, start=120, end=156), GREEN, weight=2.6)
