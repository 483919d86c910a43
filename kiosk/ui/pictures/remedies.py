"""Pictures of what helps a finger: damp cloth, dryer, powder, ice, soap."""

from collections.abc import Sequence

from kiosk.ui.pen import Pen
from kiosk.ui.pictures import people, signs, things
from kiosk.ui.pictures.inks import BLUE, BLUE_LIGHT, DARK, GREEN, PALE, PINK, SKIN, SKIN_SHADE, WHITE, WOOD, YELLOW
from kiosk.ui.pictures.loops import Moment, loop
from kiosk.ui.shapes import Point, arc, capsule, ellipse, rounded, smooth


@loop(2)
def damp_cloth(pen: Pen, moment: Moment) -> None:
    """A finger pressed on a damp cloth, with one big drop."""
    cloth = [(12, 20), (26, 36), (58, 40), (92, 35), (108, 19), (84, 11), (60, 14), (34, 10)]
    pen.fill(smooth(cloth), BLUE_LIGHT)
    pen.line(smooth([(30, 27), (46, 22), (60, 27)], closed=False), BLUE, weight=1.6)
    pen.line(smooth([(70, 24), (84, 21), (94, 25)], closed=False), BLUE, weight=1.6)
    up = 20 if moment.frame else 0
    people.finger(pen.at(50, 30 + up, angle=52), 74, radius=11)
    things.drop(pen, 22, 50 if moment.frame else 62, 9)


@loop(2)
def dryer(pen: Pen, moment: Moment) -> None:
    """A towel, and a hair dryer that blows cool air on a finger."""
    people.finger(pen.at(38, 44, angle=-90), 50, radius=10)
    fall = 5 if moment.frame else 0
    for x, y in ((12, 22 - fall), (30, 20 - fall)):
        things.drop(pen, x, y, 3.6)
    left = 4 if moment.frame else 0
    for y, bend in ((58, 3), (48, 0), (38, -3)):
        stream = [(66 - left, y), (58 - left, y + 2 + bend), (52 - left, y - 1 + bend), (45 - left, y + bend)]
        pen.line(smooth(stream, closed=False), BLUE, weight=3)
    pen.fill([(86, 50), (98, 50), (94, 16), (82, 18)], DARK)
    pen.fill([(70, 40), (84, 36), (104, 38), (112, 50), (104, 62), (84, 64), (70, 60)], PINK)
    pen.circle(98, 50, 6, WHITE)
    pen.line([(4, 95), (46, 95)], weight=2.8)
    pen.box(9, 60, (32, 36), WHITE, radius=2)
    for y in (66, 71):
        pen.line([(10, y), (40, y)], BLUE, weight=2.4)


@loop(2)
def powder(pen: Pen, moment: Moment) -> None:
    """A soft puff with baby powder pats the fingertips; its round tin lies open beside them."""
    pen.fill(ellipse(26, 72, 22, 8), WHITE)
    pen.fill([(4, 72), *arc(26, 62, 22, start=180, end=360), (48, 72)], PINK)
    pen.fill(ellipse(26, 72, 22, 8), WHITE)
    pen.fill(ellipse(26, 71, 16, 5), PALE, outline=None)
    down = 12 if moment.frame else 0
    _cloud(pen, [(46, 40, 3.4), (52, 32, 2.6)], down=down / 3)
    puff = pen.at(64, 52 - down)
    puff.fill(smooth([(-16, -4), (-14, 5), (0, 9), (14, 5), (16, -4), (8, -9), (-8, -9)]), PINK)
    puff.line(smooth([(-13, -3), (0, -6), (13, -3)], closed=False), WHITE, weight=2.2)
    puff.line(arc(0, 11, 4.5, start=-20, end=200), DARK, weight=2.2)
    _open_hand(pen)


@loop(2)
def deodorant(pen: Pen, moment: Moment) -> None:
    """Deodorant powder is shaken from its tall bottle, head down, over the fingertips."""
    bottle = pen.at(62, 74, angle=-192 if moment.frame else -168)
    bottle.box(-10, -20, (20, 36), GREEN, radius=7)
    bottle.box(-10, -6, (20, 9), WHITE, radius=0)
    bottle.box(-6, 16, (12, 9), WHITE, radius=5)
    for turn in (30, 150):
        pen.line(arc(62, 74, 27, start=turn - 14, end=turn + 14), GREEN, weight=2.4)
    _cloud(pen, [], down=3 if moment.frame else 0)
    _open_hand(pen)


def _cloud(pen: Pen, puffs: Sequence[tuple[float, float, float]], *, down: float) -> None:
    """Draw powder that falls."""
    for x, y, radius in puffs:
        pen.circle(x, y - down, radius, WHITE, weight=1.1)
    for x, y in ((56, 40), (64, 38), (72, 41), (60, 33), (69, 33)):
        pen.circle(x, y - down / 2, 1.3, WHITE, weight=0.9)


def _open_hand(pen: Pen) -> None:
    """Draw a hand from the side, its palm up, its fingers to the left."""
    pen.union(
        [
            (capsule((122, 8), (92, 15), 10.5), SKIN),
            (capsule((92, 13), (54, 13), 6.4, 5), SKIN),
            (capsule((100, 20), (86, 34), 5.6, 4.8), SKIN),
        ]
    )
    for y, start in ((15.4, 57), (11, 56)):
        pen.line([(start, y), (84, y)], SKIN_SHADE, weight=1.1)


@loop(2)
def ice(pen: Pen, moment: Moment) -> None:
    """Fingertips in a bowl with ice for a moment, beside a sand-timer that runs out."""
    for x, y, turn in ((24, 48, 12), (40, 53, -16), (56, 48, 20)):
        cube = pen.at(x, y, angle=turn)
        cube.box(-8, -8, (16, 16), BLUE_LIGHT, radius=3)
        cube.line([(-3, 3), (2, 3)], WHITE, weight=2)
    people.finger(pen.at(46, 42, angle=160), 58, radius=8)
    pen.fill([(8, 46), (74, 46), *arc(41, 40, 30, start=-12, end=-168)], BLUE)
    pen.line([(6, 46), (76, 46)], weight=2.6)
    _sand(pen.at(99, 50), nearly_over=moment.frame == 1)


def _sand(glass: Pen, *, nearly_over: bool) -> None:
    glass.fill([(-13, 26), (13, 26), (2, 0), (13, -26), (-13, -26), (-2, 0)], WHITE)
    top, half = (6, 3.0) if nearly_over else (14, 7.0)
    glass.fill([(-half, top), (half, top), (0, 2)], YELLOW, outline=None)
    heap = -6 if nearly_over else -12
    glass.fill([(-10, -24), (10, -24), (0, heap)], YELLOW, outline=None)
    for y in (26, -32):
        glass.box(-16, y, (32, 6), WOOD, radius=2)


@loop(2)
def warm_water(pen: Pen, moment: Moment) -> None:
    """Fingertips in a bowl of warm water that steams a little."""
    sway = -4 if moment.frame else 4
    for x in (86, 97, 108):
        pen.line(
            smooth([(x, 50), (x + sway, 58), (x - sway * 0.75, 67), (x + sway / 2, 76)], closed=False),
            BLUE,
            weight=2.6,
        )
    people.finger(pen.at(46, 44, angle=160), 62, radius=9)
    bowl = [(10, 50), (114, 50), *smooth([(109, 36), (92, 14), (62, 7), (32, 14), (15, 36)], closed=False)]
    pen.fill(bowl, BLUE_LIGHT)
    pen.line([(7, 50), (117, 50)], weight=2.8)
    shift = 4 if moment.frame else 0
    pen.line(smooth([(74 + shift, 38), (84 + shift, 34), (96 + shift, 38)], closed=False), BLUE, weight=2.0)
    pen.line(smooth([(38 - shift, 24), (50 - shift, 20), (64 - shift, 24)], closed=False), BLUE, weight=2.0)


@loop(2)
def officer_asks(pen: Pen, moment: Moment) -> None:
    """The officer asks the citizen something before anything is done, and listens."""
    people.officer(pen.at(30, 48, scale=1.05))
    people.citizen(pen.at(94, 42, scale=0.9))
    if moment.frame:
        _bubble(pen, (64, 72), (72, 60))
        for x in (72, 81, 90):
            pen.circle(x, 83, 2.4, GREEN, outline=None)
        return
    _bubble(pen, (42, 66), (44, 58))
    pen.line([(54.5, 82), *arc(59, 82.5, 4.6, start=170, end=-60), (59, 76)], weight=2.4)
    pen.circle(59, 71.5, 1.5, DARK, outline=None)


def _bubble(pen: Pen, corner: Point, mouth: Point) -> None:
    """Draw a speech bubble, 34 x 24, and its tail that ends at a mouth."""
    x, y = corner
    pen.fill(rounded(x, y, 34, 24, 9), WHITE)
    tail = [(x + 8, y + 2), mouth, (x + 16, y + 2)]
    pen.fill(tail, WHITE)
    pen.fill([(x + 8, y + 3), (mouth[0] + 1, mouth[1] + 2), (x + 16, y + 3)], WHITE, outline=None)


@loop(2)
def soap(pen: Pen, moment: Moment) -> None:
    """Soap, a soft brush and foam on the hand."""
    people.hand(pen.at(38, 20, scale=1.12), {})
    foam = [(24, 66, 6), (40, 76, 5), (52, 60, 7), (30, 48, 5), (58, 74, 4)]
    if moment.frame:
        foam = [(22, 70, 5), (38, 70, 6), (50, 66, 6), (32, 52, 6), (56, 80, 5)]
    things.bubbles(pen, foam)
    pen.box(72, 16, (40, 20), PINK, radius=9)
    pen.line(rounded(80, 22, 24, 8, 4), WHITE, weight=1.6, closed=True)
    brush = pen.at(82 if moment.frame else 90, 62 if moment.frame else 66, angle=24)
    for x in range(-14, 16, 5):
        brush.line([(x, -6), (x, -15)], DARK, weight=2.2)
    brush.box(-19, -6, (38, 10), WOOD, radius=4)
    brush.box(-10, 4, (20, 5), WOOD, radius=2.5)
    things.drop(pen, 66, 40, 4)


@loop(2)
def lens_clean(pen: Pen, moment: Moment) -> None:
    """A cloth wipes the window of the sensor."""
    things.sensor(pen.at(60, 50, scale=1.6))
    cloth = pen.at(0 if moment.frame else -20, 0)
    cloth.fill(smooth([(50, 30), (70, 36), (88, 30), (92, 52), (74, 62), (54, 56)]), BLUE_LIGHT)
    cloth.fill(ellipse(74, 46, 6, 4), PALE, outline=None)
    signs.arrow(pen, (42, 74), (80, 74), weight=4)
