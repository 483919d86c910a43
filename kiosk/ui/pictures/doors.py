"""Pictures of coming and going: standby, sign-in, greeting, consent, help, farewell."""

from kiosk.ui.pen import Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import BROWN, CURTAIN, DARK, FOLD, GLOW, GREEN, PALE, UNIFORM, WHITE, WOOD, YELLOW
from kiosk.ui.pictures.loops import Moment, loop, still
from kiosk.ui.shapes import arc, ellipse, smooth


@loop(2)
def standby(pen: Pen, moment: Moment) -> None:
    """A hand touches the waiting kiosk."""
    away = moment.frame == 1
    things.kiosk(pen.at(56, 52, scale=1.28))
    for radius in () if away else (9, 15):
        pen.line(ellipse(57, 64, radius, radius), GREEN, weight=2.2, closed=True)
    pen.circle(57, 64, 4.4, GLOW, outline=GREEN)
    people.finger(pen.at(59, 61, angle=32) if not away else pen.at(72, 46, angle=32), 64, radius=8)


@still
def curtain(pen: Pen, moment: Moment) -> None:
    """A drawn curtain: nothing of anybody is shown."""
    del moment
    pen.line([(8, 90), (112, 90)], WOOD, weight=5)
    pen.box(14, 12, (92, 74), CURTAIN, radius=2)
    for index in range(6):
        x = 12 + index * 16
        fold = [(x, 88), (x + 16, 88), (x + 14.5, 50), (x + 17, 10), (x + 8, 8), (x - 1, 10), (x + 1.5, 50)]
        pen.fill(smooth(fold), UNIFORM if index % 2 else FOLD)


@loop(2)
def sign_in(pen: Pen, moment: Moment) -> None:
    """The officer opens a lock."""
    people.officer(pen.at(38, 54, scale=1.05))
    things.lock(pen.at(92, 48, scale=1.2), open_=moment.frame == 1)


@loop(2)
def resume(pen: Pen, moment: Moment) -> None:
    """The list of what is done goes on from its mark."""
    papers.clipboard(pen.at(40, 50, scale=1.4), lines=0)
    for index, y in enumerate((68, 52, 36, 20)):
        if index < 2:
            signs.tick_badge(pen, 25, y, 6)
        else:
            pen.circle(25, y, 5, WHITE, outline=PALE, weight=1.6)
        pen.line([(36, y), (58, y)], DARK if index < 2 else PALE, weight=3)
    right = 0 if moment.frame else 6
    signs.arrow(pen, (74 + right, 36), (104 + right, 36), weight=7)


@loop(3)
def welcome(pen: Pen, moment: Moment) -> None:
    """Officer and citizen side by side at the kiosk; a loudspeaker speaks."""
    people.officer(pen.at(31, 52, scale=0.94))
    people.citizen(pen.at(76, 49, scale=0.94))
    speaker = pen.at(101, 80)
    speaker.fill([(-10, -4), (-5, -4), (2, -10), (2, 10), (-5, 4), (-10, 4)], YELLOW)
    signs.waves(pen, 103, 80, step=4.6, count=(3, 1, 2)[moment.frame])


@loop(2)
def consent(pen: Pen, moment: Moment) -> None:
    """Print, camera and card go into a locked box."""
    for x, y in ((20, 80), (20, 50), (20, 20)):
        pen.circle(x, y, 14.5, WHITE, outline=PALE, weight=1.2)
    signs.ridges(pen, 20, 82, 8.6)
    things.camera(pen.at(20, 49, scale=0.6))
    papers.card(pen.at(20, 20), width=21)
    right = 3.5 if moment.frame else 0
    signs.arrow(pen, (38 + right, 50), (56 + right, 50), weight=5)
    pen.box(64, 18, (50, 40), WOOD, radius=4)
    pen.box(61, 56, (56, 14), WOOD, radius=4)
    things.lock(pen.at(89, 44, scale=0.86))


@still
def declined(pen: Pen, moment: Moment) -> None:
    """An empty box, and a friendly officer."""
    del moment
    people.officer(pen.at(36, 54, scale=1.0))
    pen.fill([(72, 46), (112, 46), (106, 14), (78, 14)], WOOD)
    pen.fill(ellipse(92, 46, 20, 5), DARK)
    signs.tick_badge(pen, 92, 78, 11)


@loop(2)
def farewell(pen: Pen, moment: Moment) -> None:
    """The officer hands over card and slip."""
    people.officer(pen.at(38, 54, scale=1.02))
    given = pen.at(6 if moment.frame else 0, 0)
    given.box(70, 30, (36, 56), WHITE, radius=3)
    papers.qr(given, 77, 52, 22)
    for y in (44, 38):
        given.line([(77, y), (99, y)], PALE, weight=2.4)
    papers.card(given.at(90, 18, angle=-6), width=36)


@loop(2)
def help_coming(pen: Pen, moment: Moment) -> None:
    """The officer comes; a big bell rings."""
    people.officer(pen.at(40, 54, scale=1.05))
    things.bell(pen.at(92, 56, angle=-12 if moment.frame else 12, scale=1.1))
    for x, facing in ((92, 0), (92, 180)):
        signs.waves(pen, x + (16 if facing == 0 else -16), 54, facing=facing, count=2, step=5)


@loop(2)
def waving(pen: Pen, moment: Moment) -> None:
    """An old man waves: still there?"""
    people.citizen(pen.at(48, 52, scale=1.04), woman=False)
    palm = pen.at(92, 34, angle=16 if moment.frame else -8, scale=0.66)
    people.hand(palm, {}, sleeve=BROWN)
    pen.line(arc(94, 56, 26, start=24, end=60), GREEN, weight=2.6)
    pen.line(arc(94, 56, 26, start=120, end=156), GREEN, weight=2.6)
