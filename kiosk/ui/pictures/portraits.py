"""Pictures for the portrait: what to take off, how to sit, where to look."""

from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures import people, signs, things
from kiosk.ui.pictures.inks import BLUE_LIGHT, DARK_HAIR, GLOW, GREEN, GREY_HAIR, PALE, PLUM, RED, SKIN, WHITE, YELLOW
from kiosk.ui.pictures.loops import Moment, loop, still
from kiosk.ui.shapes import arc, ellipse


@loop(2)
def prepare(pen: Pen, moment: Moment) -> None:
    """Hat and glasses on is wrong, so off they go; bare head with both ears visible is right."""
    off = moment.frame == 1
    left = pen.at(30, 58, scale=0.98)
    people.shoulders(left, PLUM)
    people.face(left, smile=False)
    things.hat(left.at(0, 26 if off else 11))
    things.glasses(left.at(0, -30 if off else 0.6, scale=1.05))
    signs.cross_badge(pen, 50, 18, 8.5)
    signs.arrow(pen, (55, 52), (66, 52), weight=4)
    right = pen.at(90, 58, scale=0.98)
    people.shoulders(right, PLUM)
    people.face(right)
    signs.tick_badge(pen, 110, 18, 8.5)


@loop(2)
def look(pen: Pen, moment: Moment) -> None:
    """A head in an outline, and the dot to look at."""
    pen.line(ellipse(60, 50, 30, 36, 64), WHITE, weight=3, closed=True)
    head = pen.at(60, 50, scale=1.3)
    people.shoulders(head, PLUM)
    people.face(head, smile=False)
    pen.circle(60, 92, 5.8 if moment.frame else 8, GLOW, outline=None)
    pen.circle(60, 92, 4.6, YELLOW)


@loop(2)
def review(pen: Pen, moment: Moment) -> None:
    """The portrait in its frame: look at the face."""
    pen.box(30, 6, (60, 88), WHITE, radius=4)
    pen.box(36, 12, (48, 76), BLUE_LIGHT, radius=2)
    head = pen.at(60, 58, scale=0.95)
    people.shoulders(head, PLUM)
    people.face(head)
    if moment.frame:
        pen.line(ellipse(60, 59, 18, 21), GREEN, weight=3, closed=True)


@loop(2)
def glasses_and_hat(pen: Pen, moment: Moment) -> None:
    """Hat and glasses come to lie in the tray."""
    things.tray(pen.at(60, 24, scale=1.3), lit=False)
    up = 26 if moment.frame else 0
    things.glasses(pen.at(36, 38 + up, scale=1.7))
    things.hat(pen.at(78, 42 + up, scale=1.25))
    signs.arrow(pen, (12, 92), (12, 60), weight=5)


@loop(2)
def hair(pen: Pen, moment: Moment) -> None:
    """Hair tied back, both ears marked; the comb and the hair tie that lie there."""
    head = pen.at(44, 56, scale=1.5)
    people.shoulders(head, PLUM)
    head.circle(0, 17.5, 6, DARK_HAIR)
    head.line(ellipse(0, 14.4, 5.2, 1.7), RED, weight=2.0, closed=True)
    people.face(head, hair=DARK_HAIR)
    for side in (-1, 1):
        wide = 1.2 if moment.frame else 0.0
        head.line(ellipse(side * 13.2, -1, 5.4 + wide, 6.4 + wide), GREEN, weight=1.9, closed=True)
    things.comb(pen.at(98, 66))
    things.hair_tie(pen.at(98, 28))


@loop(2)
def clothes(pen: Pen, moment: Moment) -> None:
    """A shirt with a collar to borrow, on its hanger; and how it is worn, buttoned up to the neck."""
    _shirt(pen.at(-13, 10, scale=0.8))
    right = 3 if moment.frame else 0
    signs.arrow(pen, (69 + right, 54), (79 + right, 54), weight=3.2)
    head = pen.at(102, 64, scale=0.82)
    people.shoulders(head, BLUE_LIGHT, collar=False)
    for side in (-1, 1):
        head.fill([(0, -21), (side * 6, -16), (side * 10, -22), (side * 3.4, -27)], WHITE)
    head.line([(0, -24), (0, -48)], weight=1.4)
    for y in (-25, -33, -41):
        head.circle(0, y, 1.2, LINE, outline=None)
    people.face(head)
    signs.tick_badge(pen, 110, 14, 7)


def _shirt(pen: Pen) -> None:
    pen.line([(60, 82), *arc(60, 88, 5, start=270, end=480)], weight=2.2)
    pen.line([(36, 70), (60, 82), (84, 70)], weight=2.4)
    pen.fill(
        [(46, 76), (60, 68), (74, 76), (100, 62), (92, 40), (82, 46), (82, 8), (38, 8), (38, 46), (28, 40), (20, 62)],
        BLUE_LIGHT,
    )
    pen.fill([(46, 76), (60, 62), (52, 56), (42, 73)], WHITE)
    pen.fill([(74, 76), (60, 62), (68, 56), (78, 73)], WHITE)
    pen.line([(60, 62), (60, 8)], weight=1.4)
    for y in (50, 37, 24):
        pen.circle(60, y, 1.7, LINE, outline=None)


@still
def neutral(pen: Pen, moment: Moment) -> None:
    """What stands for a picture that has no drawing: the kiosk itself, with a hand's width of calm around it."""
    del moment
    things.kiosk(pen.at(60, 50, scale=1.1))
    pen.fill(ellipse(60, 57, 7, 9), PALE, outline=None)
    pen.fill(ellipse(60, 57, 4, 5), SKIN, outline=GREY_HAIR)
