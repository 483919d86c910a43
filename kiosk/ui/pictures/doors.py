"""Pictures of coming and going: standby, sign-in, greeting, consent, help, farewell."""

from kiosk.ui.pen import Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import BROWN, CURTAIN, DARK, FOLD, GLOW, GREEN, PALE, UNIFORM, WHITE, WOOD, YELLOW
from kiosk.ui.pictures.loops import Moment, loop, still
from kiosk.ui.shapes import arc, capsule, ellipse, smooth


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
def too_young(pen: Pen, moment: Moment) -> None:
    """A small child beside a grown-up with a telephone, by which its card is asked for."""
    people.citizen(pen.at(40, 56, scale=1.02))
    child = pen.at(92, 40, scale=0.62)
    people.shoulders(child, YELLOW, collar=False)
    people.face(child, hair=DARK)
    phone = pen.at(68, 26, angle=-8 if moment.frame else 0)
    phone.box(-8, -14, (16, 28), DARK, radius=3)
    phone.box(-6, -9, (12, 19), WHITE, radius=1)
    papers.qr(phone, -4.5, -4, 9)


@loop(2)
def wipe(pen: Pen, moment: Moment) -> None:
    """A paper goes into the bin for good."""
    paper = pen.at(60, 46 if moment.frame else 60, angle=-8)
    paper.box(-17, 0, (34, 42), WHITE, radius=2)
    for y in (34, 26):
        paper.line([(-11, y), (11, y)], PALE, weight=2.4)
    signs.ridges(paper, 0, 12, 6)
    pen.fill([(34, 54), (86, 54), (80, 6), (40, 6)], DARK)
    for x, foot in ((48, 50), (60, 60), (72, 70)):
        pen.line([(x, 46), (foot, 14)], PALE, weight=2.4)
    pen.box(30, 52, (60, 8), DARK, radius=3)


@loop(2)
def letters(pen: Pen, moment: Moment) -> None:
    """Letters grow, and a hand touches them: how large, and with which hand."""
    for x, size in ((18, 0.5), (44, 0.8), (78, 1.25)):
        at = pen.at(x, 40, scale=size)
        for stroke in ([(-16, 0), (0, 42)], [(0, 42), (16, 0)], [(-9.5, 15), (9.5, 15)]):
            at.line(stroke, DARK, weight=6)
    touched = 78 if moment.frame else 44
    people.finger(pen.at(touched + 8, 36, angle=30), 60, radius=8)


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
    """An old man waves with his raised arm: still there?"""
    turn = 14 if moment.frame else -12
    people.hand(pen.at(95, 50, scale=0.44, angle=turn), {}, sleeve=None)
    # From the shoulder up to the wrist it is one arm: a hand by itself would say stop.
    pen.union([(capsule((66, 26), (89, 22), 8.5), BROWN), (capsule((89, 22), (95, 45), 7.5, 6.5), BROWN)])
    people.citizen(pen.at(48, 52, scale=1.04), woman=False)
    for start, end in ((20, 52), (128, 160)):
        pen.line(arc(95, 66, 21, start=start, end=end), GREEN, weight=2.4)
