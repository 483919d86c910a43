"""Pictures of the ten prints: the two hands with the asked finger lit, and how a finger lies on the glass."""

from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.journey.view import FingerMark
from kiosk.ui.pen import LINE, Pen
from kiosk.ui.pictures import papers, people, signs, things
from kiosk.ui.pictures.inks import BLUE, DARK, GLOW, GREEN, LIT, PALE, PINK, SKIN, WAITING, WHITE, YELLOW
from kiosk.ui.pictures.loops import Moment, Picture, loop
from kiosk.ui.shapes import arc, capsule, ellipse, rounded


@loop(2)
def ten_fingers(pen: Pen, moment: Moment) -> None:
    """Draw both hands as their owner sees them; the asked finger is lit, done and excepted ones carry a badge."""
    asked = moment.finger
    for side, x in (("left", 31.0), ("right", 89.0)):
        active = asked is not None and asked.value.startswith(side)
        if active:
            pen.box(x - 29, 3, (58, 94), LIT, radius=6, outline=None)
        at = pen.at(x - (1.5 if side == "left" else -1.5), 19, scale=1.06, mirrored=side == "left")
        _one_hand(at, side, asked if active else None, moment)


def _one_hand(pen: Pen, side: str, asked: Finger | None, moment: Moment) -> None:
    colours: dict[str, str] = {}
    if asked is not None:
        name = people.finger_name(asked)
        colours[name] = YELLOW
        x, y = people.fingertip(name)
        grown = 1.8 if moment.frame else 0.0
        pen.fill(ellipse(x, y, 8.4 + grown, 8.4 + grown), GLOW, outline=None)
        pen.fill(ellipse(x, y, 6.6 + grown, 6.6 + grown), YELLOW, outline=None)
    marks = [(people.finger_name(finger), mark) for finger, mark in moment.hands if finger.value.startswith(side)]
    colours.update({name: WAITING for name, mark in marks if mark is FingerMark.EXCEPTED})
    lit = asked is not None
    people.hand(pen, colours, skin=SKIN if lit else WAITING, sleeve=BLUE if lit else PALE)
    for name, mark in marks:
        badge = signs.tick_badge if mark is FingerMark.DONE else signs.minus_badge
        badge(pen.upright_at(*people.fingertip(name)), 0, 0, 5.0)
    if asked is not None:
        _arrow_to(pen, people.finger_name(asked), up=3.6 if moment.frame else 0.0)


def _arrow_to(pen: Pen, name: str, *, up: float) -> None:
    x, y = people.fingertip(name)
    if name == "thumb":
        signs.arrow(pen, (x - 3.0, y + 22 + up), (x - 0.8, y + 7.5 + up), weight=3.4)
    else:
        # Above the middle finger there is just room for the arrow: its shaft gets shorter instead.
        signs.arrow(pen, (x, y + 15.5 + (0.0 if name == "middle" else up)), (x, y + 5.6 + up), weight=3.0)


@loop(2)
def on_glass(pen: Pen, moment: Moment) -> None:
    """A finger lies still on the lit window while its print is read."""
    things.sensor(pen.at(60, 54, scale=1.3))
    people.finger(pen.at(60, 72), 92, radius=11)
    for radius in (38,) if moment.frame else (38, 46):
        pen.line(arc(60, 54, radius, start=-24, end=24), GREEN, weight=2.8)
        pen.line(arc(60, 54, radius, start=156, end=204), GREEN, weight=2.8)


@loop(2)
def good(pen: Pen, moment: Moment) -> None:
    """The print is taken."""
    things.sensor(pen.at(46, 50, scale=1.5))
    signs.ridges(pen.at(46, 52), 0, 0, 15, LINE)
    signs.tick_badge(pen, 84, 50, 22 if moment.frame else 25)


@loop(2)
def too_hard(pen: Pen, moment: Moment) -> None:
    """A finger touches a baby's cheek: that gently."""
    for side in (-1, 1):
        pen.fill(ellipse(48 + side * 32, 50, 6, 8), SKIN)
    pen.circle(48, 50, 32, SKIN)
    pen.line(arc(48, 80, 7, start=190, end=330), weight=2.0)
    for x in (36, 60):
        pen.line(arc(x, 55, 5, start=200, end=340), weight=2.0)
        pen.fill(ellipse(x + (x - 48) * 0.55, 43, 6, 4.4), PINK, outline=None)
    pen.line(arc(48, 42, 8, start=210, end=330), weight=2.0)
    people.finger(pen.at(82, 38, angle=68) if moment.frame else pen.at(72, 42, angle=68), 60, radius=8)


@loop(2)
def too_light(pen: Pen, moment: Moment) -> None:
    """The finger goes a little further down onto the glass."""
    _side_sensor(pen)
    people.finger(pen.at(56, 30, angle=62) if moment.frame else pen.at(54, 38, angle=62), 72, radius=11)
    signs.arrow(pen, (30, 84), (30, 44), weight=5)


def _side_sensor(pen: Pen) -> None:
    pen.box(14, 8, (70, 16), DARK, radius=5)
    pen.box(24, 20, (46, 6), GLOW, radius=2.5)


@loop(2)
def centre(pen: Pen, moment: Moment) -> None:
    """The finger moves from the edge to the middle of the window."""
    things.sensor(pen.at(52, 52, scale=1.6))
    _aim(pen, 52, 56, 13)
    people.finger(pen.at(52, 66) if moment.frame else pen.at(84, 62), 76, radius=12)
    if moment.frame:
        signs.tick_badge(pen, 104, 50, 11)
    else:
        signs.arrow(pen, (84, 76), (56, 76), weight=5)


def _aim(pen: Pen, x: float, y: float, radius: float) -> None:
    """Draw the dotted ring where the fingertip should lie."""
    for angle in range(0, 360, 30):
        pen.line(arc(x, y, radius, start=angle, end=angle + 16), DARK, weight=1.8)


_WAYS: Final = {"left": (-1, 0), "right": (1, 0), "up": (0, 1), "down": (0, -1)}


def moved(way: str) -> Picture:
    """Give the picture of a finger that lies off the middle and goes `way`: one big arrow, and where it should be."""
    right, up = _WAYS[way]

    @loop(2)
    def draw(pen: Pen, moment: Moment) -> None:
        things.sensor(pen.at(60, 52, scale=1.75))
        _aim(pen, 60, 57, 14)
        if moment.frame:
            people.finger(pen.at(60, 68), 78, radius=12)
            signs.tick_badge(pen, 108, 50, 10)
            return
        people.finger(pen.at(60 - 19 * right, 68 - 19 * up), 78, radius=12)
        beside = (0, 10) if right else (30, 0)
        start = (60 - 24 * right + beside[0], 54 - 20 * up + beside[1] + (16 if right else 0))
        end = (start[0] + 44 * right, start[1] + 40 * up)
        signs.arrow(pen, start, end, weight=6)

    return draw


@loop(3)
def straight_down(pen: Pen, moment: Moment) -> None:
    """The finger is lifted off the glass and set straight down, without sliding."""
    _side_sensor(pen)
    people.finger(pen.at(52, (50, 66, 32)[moment.frame], angle=62), 66, radius=11)
    if moment.frame != 2:
        signs.arrow(pen, (14, 44), (14, 84), weight=4.6)
    if moment.frame != 1:
        signs.arrow(pen, (31, 84), (31, 44), weight=4.6)


@loop(2)
def again(pen: Pen, moment: Moment) -> None:
    """Lift the finger and lay it down once more."""
    things.sensor(pen.at(44, 52, scale=1.5))
    people.finger(pen.at(44, 24 if moment.frame else 66), 80, radius=12)
    pen.line(arc(92, 54, 15, start=-120, end=150), GREEN, weight=5)
    pen.fill([(70.5, 66), (86, 68.5), (77, 54)], GREEN, outline=GREEN, weight=0.8)


@loop(2)
def exception(pen: Pen, moment: Moment) -> None:
    """A hand with one finger only dotted, and the officer's clipboard where it is written down."""
    at = pen.at(36, 18, scale=1.12)
    people.hand(at, {"ring": WAITING})
    x, y = people.fingertip("ring")
    signs.minus_badge(at, x, y, 5.6)
    papers.clipboard(pen.at(92, 50))
    if moment.frame:
        pen.line([(80, 53), (98, 53)], DARK, weight=2.6)
        papers.pencil(pen.at(98, 53, scale=0.8))
    else:
        signs.tick_badge(pen, 92, 36, 8)


@loop(2)
def two_alike(pen: Pen, moment: Moment) -> None:
    """Two prints side by side that look alike: which finger is which?"""
    looked_at = 90 if moment.frame else 30
    pen.box(looked_at - 29, 12, (58, 78), LIT, radius=8, outline=None)
    for x in (30, 90):
        pen.box(x - 24, 18, (48, 66), WHITE, radius=6)
        signs.ridges(pen, x, 52, 19)
    pen.circle(60, 51, 13, YELLOW)
    pen.line([*arc(60, 54.5, 4.6, start=170, end=-60, steps=12), (60, 48)], weight=2.6)
    pen.circle(60, 43.6, 1.6, LINE, outline=None)


@loop(3)
def wash(pen: Pen, moment: Moment) -> None:
    """Tap and soap, then the towel, then a dry hand: one after the other."""
    lit = ((4, 40), (53, 30), (89, 30))[moment.frame]
    pen.box(lit[0] - 1, 5, (lit[1] + 1, 92), LIT, radius=6, outline=None)
    pen.fill(rounded(6, 80, 26, 8, 3), PALE)
    pen.fill([(20, 80), (20, 72), (30, 72), (30, 84), (20, 84)], PALE)
    pen.box(10, 88, (14, 4), PALE, radius=2)
    for x in (22.5, 27.5):
        pen.line([(x, 70), (x, 54)], BLUE, weight=2.4)
    _flat_hand(pen.at(25, 38))
    things.bubbles(pen, [(12, 50, 4), (38, 52, 3.4), (10, 34, 3), (40, 38, 4.4)])
    pen.box(14, 12, (22, 11), PINK, radius=5)
    signs.arrow(pen, (43, 46), (53, 46), weight=3.6)
    pen.box(56, 20, (24, 60), WHITE, radius=3)
    for y in (30, 36):
        pen.line([(57, y), (79, y)], BLUE, weight=2.6)
    pen.line([(53, 80), (83, 80)], weight=2.8)
    signs.arrow(pen, (82, 46), (91, 46), weight=3.6)
    people.hand(pen.at(106, 28, scale=0.52), {})
    signs.tick_badge(pen, 108, 78, 7.5)


def _flat_hand(pen: Pen) -> None:
    """A hand from the side, held under the water."""
    pen.union(
        [
            (capsule((-14, -3), (12, 3), 5.4, 4.2), SKIN),
            (capsule((-4, 2), (4, 8), 3.2, 2.8), SKIN),
        ]
    )
