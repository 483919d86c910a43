"""Pictures of what helps a finger: damp cloth, dryer, powder, ice, soap."""

from kiosk.journey.view import View
from kiosk.ui.pen import Pen
from kiosk.ui.pictures import people, signs, things
from kiosk.ui.pictures.inks import BLUE, BLUE_LIGHT, DARK, GREEN, PALE, PINK, SKIN, WHITE, WOOD, YELLOW
from kiosk.ui.shapes import arc, capsule, ellipse, rounded, smooth


def damp_cloth(pen: Pen, view: View) -> None:
    """A finger pressed on a damp cloth, with one big drop."""
    del view
    cloth = [(12, 20), (26, 36), (58, 40), (92, 35), (108, 19), (84, 11), (60, 14), (34, 10)]
    pen.fill(smooth(cloth), BLUE_LIGHT)
    pen.line(smooth([(30, 27), (46, 22), (60, 27)], closed=False), BLUE, weight=1.6)
    pen.line(smooth([(70, 24), (84, 21), (94, 25)], closed=False), BLUE, weight=1.6)
    people.finger(pen.at(50, 30, angle=52), 74, radius=11)
    things.drop(pen, 26, 62, 9)


def dryer(pen: Pen, view: View) -> None:
    """A towel, and a hair dryer that blows cool air on a finger."""
    del view
    people.finger(pen.at(38, 44, angle=-90), 50, radius=10)
    for x, y in ((12, 22), (30, 20)):
        things.drop(pen, x, y, 3.6)
    for y, bend in ((58, 3), (48, 0), (38, -3)):
        pen.line(
            smooth([(66, y), (58, y + 2 + bend), (52, y - 1 + bend), (45, y + bend)], closed=False), BLUE, weight=3
        )
    pen.fill([(86, 50), (98, 50), (94, 16), (82, 18)], DARK)
    pen.fill([(70, 40), (84, 36), (104, 38), (112, 50), (104, 62), (84, 64), (70, 60)], PINK)
    pen.circle(98, 50, 6, WHITE)
    pen.line([(4, 95), (46, 95)], weight=2.8)
    pen.box(9, 60, (32, 36), WHITE, radius=2)
    for y in (66, 71):
        pen.line([(10, y), (40, y)], BLUE, weight=2.4)


def powder(pen: Pen, view: View) -> None:
    """Powder from its box, then brushed off the hand."""
    del view
    tin = pen.at(30, 68, angle=-118)
    tin.box(-13, -20, (26, 36), PINK, radius=4)
    tin.box(-13, -4, (26, 9), WHITE, radius=0)
    tin.box(-10, 16, (20, 8), WHITE, radius=3)
    for x, y, radius in ((60, 54, 5), (67, 47, 6.4), (58, 44, 4.4), (74, 56, 4)):
        pen.circle(x, y, radius, WHITE, weight=1.1)
    for x, y in ((56, 36), (64, 34), (72, 37), (60, 29), (69, 29)):
        pen.circle(x, y, 1.3, WHITE, weight=0.9)
    pen.union(
        [
            (capsule((118, 10), (84, 20), 10), SKIN),
            (capsule((88, 24), (52, 20), 5.4, 4.6), SKIN),
            (capsule((90, 14), (54, 10), 5.4, 4.6), SKIN),
            (capsule((94, 26), (80, 37), 5, 4.4), SKIN),
        ]
    )


def ice(pen: Pen, view: View) -> None:
    """Fingertips in a bowl with ice, beside a sand-timer."""
    del view
    for x, y, turn in ((24, 48, 12), (40, 53, -16), (56, 48, 20)):
        cube = pen.at(x, y, angle=turn)
        cube.box(-8, -8, (16, 16), BLUE_LIGHT, radius=3)
        cube.line([(-3, 3), (2, 3)], WHITE, weight=2)
    people.finger(pen.at(46, 42, angle=160), 58, radius=8)
    pen.fill([(8, 46), (74, 46), *arc(41, 40, 30, start=-12, end=-168)], BLUE)
    pen.line([(6, 46), (76, 46)], weight=2.6)
    glass = pen.at(99, 50)
    glass.fill([(-13, 26), (13, 26), (2, 0), (13, -26), (-13, -26), (-2, 0)], WHITE)
    glass.fill([(-7, 14), (7, 14), (0, 2)], YELLOW, outline=None)
    glass.fill([(-10, -24), (10, -24), (0, -12)], YELLOW, outline=None)
    for y in (26, -32):
        glass.box(-16, y, (32, 6), WOOD, radius=2)


def warm_water(pen: Pen, view: View) -> None:
    """Fingertips in a bowl of warm water that steams a little."""
    del view
    for x in (88, 99, 110):
        pen.line(smooth([(x, 44), (x + 4, 52), (x - 3, 61), (x + 2, 70)], closed=False), BLUE, weight=2.6)
    people.finger(pen.at(46, 40, angle=160), 62, radius=9)
    pen.fill([(12, 46), (116, 46), *arc(64, 40, 44, start=-8, end=-172)], BLUE_LIGHT)
    pen.line([(8, 46), (120, 46)], weight=2.8)
    pen.line(smooth([(74, 34), (84, 30), (96, 34)], closed=False), BLUE, weight=2.0)
    pen.line(smooth([(40, 22), (52, 18), (66, 22)], closed=False), BLUE, weight=2.0)


def deodorant(pen: Pen, view: View) -> None:
    """Deodorant powder from its bottle, then brushed off the hand."""
    del view
    bottle = pen.at(28, 66, angle=-118)
    bottle.box(-10, -24, (20, 40), GREEN, radius=7)
    bottle.box(-10, -8, (20, 9), WHITE, radius=0)
    bottle.box(-6, 16, (12, 9), WHITE, radius=5)
    for x, y, radius in ((58, 54, 4.4), (66, 48, 5.6), (58, 43, 4.0), (73, 55, 3.6)):
        pen.circle(x, y, radius, WHITE, weight=1.1)
    people.finger(pen.at(62, 26, angle=84), 58, radius=10)
    for x, y in ((52, 36), (60, 38), (68, 37)):
        pen.circle(x, y, 1.5, WHITE, weight=0.9)


def officer_asks(pen: Pen, view: View) -> None:
    """The officer asks the citizen something before anything is done."""
    del view
    people.officer(pen.at(30, 48, scale=1.05))
    people.citizen(pen.at(94, 42, scale=0.9))
    pen.fill(rounded(42, 66, 34, 26, 9), WHITE)
    pen.fill([(50, 68), (44, 58), (58, 68)], WHITE)
    pen.fill([(50, 69), (45, 60), (58, 69)], WHITE, outline=None)
    pen.line([(54.5, 82), *arc(59, 82.5, 4.6, start=170, end=-60), (59, 76)], weight=2.4)
    pen.circle(59, 71.5, 1.5, DARK, outline=None)


def soap(pen: Pen, view: View) -> None:
    """Soap, a soft brush and foam on the hand."""
    del view
    people.hand(pen.at(38, 20, scale=1.12), {})
    things.bubbles(pen, [(24, 66, 6), (40, 76, 5), (52, 60, 7), (30, 48, 5), (58, 74, 4)])
    pen.box(72, 16, (40, 20), PINK, radius=9)
    pen.line(rounded(80, 22, 24, 8, 4), WHITE, weight=1.6, closed=True)
    brush = pen.at(90, 66, angle=24)
    for x in range(-14, 16, 5):
        brush.line([(x, -6), (x, -15)], DARK, weight=2.2)
    brush.box(-19, -6, (38, 10), WOOD, radius=4)
    brush.box(-10, 4, (20, 5), WOOD, radius=2.5)
    things.drop(pen, 66, 44, 4)


def lens_clean(pen: Pen, view: View) -> None:
    """A cloth wipes the window of the sensor."""
    del view
    things.sensor(pen.at(60, 50, scale=1.6))
    pen.fill(smooth([(50, 30), (70, 36), (88, 30), (92, 52), (74, 62), (54, 56)]), BLUE_LIGHT)
    signs.arrow(pen, (52, 74), (82, 74), weight=4)
    pen.fill(ellipse(74, 46, 6, 4), PALE, outline=None)
