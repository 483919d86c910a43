"""Pictures of the machine itself: sealing, full, out of order."""

from kiosk.ui.pen import Pen
from kiosk.ui.pictures import people, things
from kiosk.ui.pictures.inks import LIT, PALE, SKIN_SHADE, WHITE, WOOD
from kiosk.ui.pictures.loops import Moment, loop, still
from kiosk.ui.shapes import arc


@loop(2)
def sealing(pen: Pen, moment: Moment) -> None:
    """The papers go into a sealed, locked envelope."""
    paper = pen.at(0, -14 if moment.frame else 0)
    paper.box(38, 46, (44, 46), WHITE, radius=3)
    for y in (84, 76, 68):
        paper.line([(46, y), (74, y)], PALE, weight=2.6)
    pen.box(18, 10, (84, 54), LIT, radius=5)
    pen.line([(20, 62), (60, 34), (100, 62)], weight=1.8)
    things.lock(pen.at(60, 36, scale=0.9))


@still
def full(pen: Pen, moment: Moment) -> None:
    """A box that is full to the brim and safe."""
    del moment
    for x, turn in ((42, 6), (60, -4), (78, 5)):
        paper = pen.at(x, 46, angle=turn)
        paper.box(-13, 0, (26, 40), WHITE, radius=2)
        for y in (32, 25, 18):
            paper.line([(-8, y), (8, y)], PALE, weight=2)
    pen.box(22, 8, (76, 48), WOOD, radius=5)
    things.lock(pen.at(60, 32, scale=0.9))


@still
def locked(pen: Pen, moment: Moment) -> None:
    """The kiosk with a big lock before it."""
    del moment
    things.kiosk(pen.at(60, 50, scale=1.2))
    things.lock(pen.at(60, 40, scale=1.6))


@still
def message(pen: Pen, moment: Moment) -> None:
    """The officer reads a letter that has come."""
    del moment
    pen.box(12, 26, (58, 48), WHITE, radius=4)
    pen.line([(14, 72), (41, 48), (68, 72)], weight=1.8)
    for y in (40, 33):
        pen.line([(22, y), (60, y)], PALE, weight=2.6)
    people.officer(pen.at(92, 46, scale=0.9))


@still
def trouble(pen: Pen, moment: Moment) -> None:
    """The kiosk with a plaster; the officer brings a spanner."""
    del moment
    things.kiosk(pen.at(38, 50, scale=1.1))
    pen.line(arc(38, 60, 5, start=25, end=155), weight=1.8)
    for x in (30, 46):
        pen.line([(x - 2.6, 70), (x + 2.6, 70)], weight=1.8)
    plaster = pen.at(59, 80, angle=-38)
    plaster.box(-14, -5, (28, 10), SKIN_SHADE, radius=5)
    plaster.box(-5, -5, (10, 10), WHITE, radius=1)
    people.officer(pen.at(92, 46, scale=0.82))
