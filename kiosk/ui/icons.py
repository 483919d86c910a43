"""The drawn icons of buttons and of the bar: 20 x 20 units, one line weight, one colour."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from kiosk.ui.pen import Pen
from kiosk.ui.shapes import arc, capsule, ellipse, rounded, smooth

_W = 2.2


def _tick(pen: Pen, ink: str) -> None:
    pen.line([(3, 10.5), (8, 5), (17, 15.5)], ink, weight=3.2)


def _undo(pen: Pen, ink: str) -> None:
    pen.line(arc(10.2, 9, 6.2, start=-150, end=150), ink, weight=_W + 0.3)
    pen.fill([(1.6, 14.2), (8.4, 15.2), (4.2, 8.6)], ink, outline=ink, weight=0.6)


def _pen(pen: Pen, ink: str) -> None:
    pen.line([(4.4, 8), (13.4, 17), (17, 13.4), (8, 4.4), (2.8, 2.8)], ink, weight=_W, closed=True)
    pen.line([(11, 14.6), (14.6, 11)], ink, weight=_W)


def _hand(pen: Pen, ink: str) -> None:
    for x, top in ((6.1, 14.6), (9.1, 17), (12.1, 16.4), (15, 13.8)):
        pen.fill(capsule((x, 7), (x, top), 1.35), ink, outline=None)
    pen.fill(capsule((6.4, 4.6), (2.6, 9), 1.4), ink, outline=None)
    pen.fill(rounded(4.8, 1.6, 11.5, 8.6, 4.2), ink, outline=None)


def _bell(pen: Pen, ink: str) -> None:
    body = smooth([(3, 5.2), (5, 8), (5.6, 12.5), (10, 16.8), (14.4, 12.5), (15, 8), (17, 5.2)], closed=False)
    pen.fill(body, ink, outline=ink, weight=1.2)
    pen.circle(10, 17.2, 1.4, ink, outline=None)
    pen.fill(arc(10, 3.6, 2.5, start=180, end=360), ink, outline=None)


def _speaker(pen: Pen, ink: str) -> None:
    pen.fill([(2, 7.2), (5.4, 7.2), (9.8, 3.4), (9.8, 16.6), (5.4, 12.8), (2, 12.8)], ink, outline=ink, weight=1.0)
    pen.line(arc(9.8, 10, 3.6, start=-50, end=50), ink, weight=1.9)
    pen.line(arc(9.8, 10, 7.4, start=-50, end=50), ink, weight=1.9)


def _louder(pen: Pen, ink: str) -> None:
    pen.fill([(1, 7.2), (4, 7.2), (8, 3.4), (8, 16.6), (4, 12.8), (1, 12.8)], ink, outline=ink, weight=1.0)
    pen.line([(11, 10), (19, 10)], ink, weight=2.4)
    pen.line([(15, 6), (15, 14)], ink, weight=2.4)


def _quieter(pen: Pen, ink: str) -> None:
    pen.fill([(1, 7.2), (4, 7.2), (8, 3.4), (8, 16.6), (4, 12.8), (1, 12.8)], ink, outline=ink, weight=1.0)
    pen.line([(11, 10), (19, 10)], ink, weight=2.4)


def _moon(pen: Pen, ink: str) -> None:
    """The moon: a black ground for the night and for eyes that light hurts."""
    outer = [(x, y) for x, y in arc(9.2, 10, 7.8, start=42, end=318)]
    inner = [(x, y) for x, y in arc(13.4, 10, 5.5, start=288, end=72)]
    pen.fill([*outer, *inner], ink, outline=ink, weight=0.8)


def _phone(pen: Pen, ink: str) -> None:
    pen.line(rounded(4.5, 1.2, 11, 17.6, 2.4), ink, weight=_W, closed=True)
    pen.fill(rounded(7, 12.4, 6, 3.6, 0.6), ink, outline=None)
    for row in (9.4, 6.7, 4.0):
        for column in (7.5, 10, 12.5):
            pen.circle(column, row, 0.85, ink, outline=None)


def _back(pen: Pen, ink: str) -> None:
    pen.line([(17.5, 10), (3.5, 10)], ink, weight=2.7)
    pen.line([(9, 15.6), (3, 10), (9, 4.4)], ink, weight=2.7)


def _next(pen: Pen, ink: str) -> None:
    pen.line([(2.5, 10), (16.5, 10)], ink, weight=2.7)
    pen.line([(11, 15.6), (17, 10), (11, 4.4)], ink, weight=2.7)


def _delete(pen: Pen, ink: str) -> None:
    pen.line([(7, 3.8), (18.5, 3.8), (18.5, 16.2), (7, 16.2), (1.4, 10)], ink, weight=_W, closed=True)
    pen.line([(9, 7.2), (14.6, 12.8)], ink, weight=_W)
    pen.line([(9, 12.8), (14.6, 7.2)], ink, weight=_W)


def _shift(pen: Pen, ink: str) -> None:
    pen.line(
        [(10, 17.5), (17.5, 9.6), (13.4, 9.6), (13.4, 3), (6.6, 3), (6.6, 9.6), (2.5, 9.6)], ink, weight=_W, closed=True
    )


def _space(pen: Pen, ink: str) -> None:
    pen.line([(2, 10), (2, 5.5), (18, 5.5), (18, 10)], ink, weight=_W)


def _language(pen: Pen, ink: str) -> None:
    pen.line(ellipse(10, 10, 8.2, 8.2), ink, weight=_W - 0.3, closed=True)
    pen.line(ellipse(10, 10, 3.6, 8.2), ink, weight=_W - 0.5, closed=True)
    for y, half in ((10, 8.2), (14, 7.1), (6, 7.1)):
        pen.line([(10 - half, y), (10 + half, y)], ink, weight=_W - 0.5)


def _mirror(pen: Pen, ink: str) -> None:
    pen.line(ellipse(10, 12.4, 5.6, 6.4), ink, weight=_W, closed=True)
    pen.line([(10, 6), (10, 1.6)], ink, weight=3.0)
    pen.line([(7.6, 12.2), (10.6, 15.4)], ink, weight=1.6)
    pen.line([(9.4, 10.6), (12.2, 13.6)], ink, weight=1.6)


def _side(pen: Pen, ink: str, button: float) -> None:
    """A screen with its main button on one side."""
    pen.line(rounded(1.4, 3, 17.2, 14, 2), ink, weight=_W - 0.4, closed=True)
    pen.fill(rounded(button, 5, 6.6, 4.6, 1.2), ink, outline=None)


def _side_left(pen: Pen, ink: str) -> None:
    _side(pen, ink, 3.4)


def _side_right(pen: Pen, ink: str) -> None:
    _side(pen, ink, 10.0)


def _head(pen: Pen, ink: str, x: float, y: float) -> None:
    pen.line(ellipse(x, y, 5.4, 6.2), ink, weight=_W - 0.2, closed=True)
    for side in (-1, 1):
        pen.circle(x + side * 2, y + 0.8, 0.9, ink, outline=None)


def _nod(pen: Pen, ink: str) -> None:
    """A head that goes down and up: yes."""
    _head(pen, ink, 7.2, 10)
    pen.line([(16.6, 16.8), (16.6, 3.2)], ink, weight=2.2)
    for tip, back in ((18.4, 15.4), (1.6, 4.6)):
        pen.line([(14.2, back), (16.6, tip), (19, back)], ink, weight=2.2)


def _shake(pen: Pen, ink: str) -> None:
    """A head that goes left and right: no."""
    _head(pen, ink, 10, 12.6)
    pen.line([(2.6, 3), (17.4, 3)], ink, weight=2.2)
    for tip, back in ((1.4, 4.4), (18.6, 15.6)):
        pen.line([(back, 5.4), (tip, 3), (back, 0.6)], ink, weight=2.2)


def _crossed(pen: Pen, ink: str) -> None:
    """A stroke through what is not there."""
    pen.line([(2.2, 2.4), (17.8, 17.6)], ink, weight=2.4)


def _no_card(pen: Pen, ink: str) -> None:
    """No card with them."""
    pen.line(rounded(1.6, 4.4, 16.8, 11.2, 1.8), ink, weight=_W - 0.2, closed=True)
    pen.fill(rounded(4.2, 8, 4, 3.6, 0.6), ink, outline=None)
    _crossed(pen, ink)


def _no_phone(pen: Pen, ink: str) -> None:
    """No telephone of their own."""
    pen.line(rounded(5.4, 1.4, 9.2, 17.2, 2), ink, weight=_W - 0.2, closed=True)
    pen.line([(8.6, 4.4), (11.4, 4.4)], ink, weight=1.6)
    _crossed(pen, ink)


def _no_finger(pen: Pen, ink: str) -> None:
    """A finger whose print cannot be taken."""
    for radius in (2.2, 5, 7.8):
        top = arc(10, 9.4, radius, start=0, end=180, steps=16)
        pen.line([(10 + radius, 7.4 - radius / 2), *top, (10 - radius, 7.4 - radius / 2)], ink, weight=1.7)
    _crossed(pen, ink)


def _keypad(pen: Pen, ink: str) -> None:
    """Typed by hand."""
    for y in (15.8, 10, 4.2):
        for x in (3.8, 10, 16.2):
            pen.fill(rounded(x - 2.2, y - 2.2, 4.4, 4.4, 1), ink, outline=None)


def _no_number(pen: Pen, ink: str) -> None:
    """A paper without a number."""
    pen.line(rounded(3.4, 1.4, 13.2, 17.2, 1.6), ink, weight=_W - 0.2, closed=True)
    pen.line([(6.6, 14), (13.4, 14)], ink, weight=1.8)
    _crossed(pen, ink)


def _unsure(pen: Pen, ink: str) -> None:
    """Not sure."""
    pen.line([*arc(10, 13, 4.6, start=170, end=-60), (10, 6.6)], ink, weight=2.8)
    pen.circle(10, 2.6, 1.7, ink, outline=None)


def _start(pen: Pen, ink: str) -> None:
    """It begins now."""
    pen.line(ellipse(10, 10, 8.4, 8.4), ink, weight=_W - 0.2, closed=True)
    pen.fill([(7.6, 5.8), (14.6, 10), (7.6, 14.2)], ink, outline=ink, weight=0.6)


def _skip(pen: Pen, ink: str) -> None:
    """Past this, on to what follows."""
    for x in (2.4, 8.6):
        pen.fill([(x, 4), (x + 6.4, 10), (x, 16)], ink, outline=ink, weight=0.8)
    pen.line([(17, 4), (17, 16)], ink, weight=2.6)


def _officer(pen: Pen, ink: str) -> None:
    """The officer, with the cap."""
    pen.fill([(3.2, 12.6), (4.4, 16.6), (10, 18.6), (15.6, 16.6), (16.8, 12.6)], ink, outline=ink, weight=0.8)
    pen.line([*arc(10, 10.2, 4.6, start=180, end=360)], ink, weight=2.0)
    pen.fill([(2, 0.8), (3.6, 4.2), (10, 5.2), (16.4, 4.2), (18, 0.8)], ink, outline=ink, weight=0.8)


def _note(pen: Pen, ink: str) -> None:
    """Written down by the officer."""
    pen.line([(13.4, 3), (13.4, 1.6), (2.6, 1.6), (2.6, 17), (13.4, 17), (13.4, 13.6)], ink, weight=_W - 0.2)
    pen.fill(rounded(5.4, 15.4, 5.2, 3.4, 1), ink, outline=None)
    pen.line([(5.4, 12), (9.4, 12)], ink, weight=1.6)
    pen.line([(9.4, 5.4), (18, 13.2)], ink, weight=3.0)
    pen.line([(8.2, 4.3), (8.4, 4.5)], ink, weight=1.6)


def _bin(pen: Pen, ink: str) -> None:
    """Gone for good."""
    pen.line([(4.2, 14), (5.4, 1.8), (14.6, 1.8), (15.8, 14)], ink, weight=_W)
    pen.line([(2, 14.8), (18, 14.8)], ink, weight=_W)
    pen.line([(7.6, 17.6), (12.4, 17.6)], ink, weight=_W)
    for x in (8.2, 11.8):
        pen.line([(x, 5), (x, 11.4)], ink, weight=1.7)


def _dot(pen: Pen, ink: str) -> None:
    pen.circle(10, 10, 5, ink, outline=None)


ICONS: Final[Mapping[str, Callable[[Pen, str], None]]] = MappingProxyType(
    {
        "tick": _tick,
        "undo": _undo,
        "pen": _pen,
        "hand": _hand,
        "bell": _bell,
        "speaker": _speaker,
        "louder": _louder,
        "quieter": _quieter,
        "moon": _moon,
        "phone": _phone,
        "language": _language,
        "mirror": _mirror,
        "nod": _nod,
        "no_card": _no_card,
        "no_phone": _no_phone,
        "no_finger": _no_finger,
        "no_number": _no_number,
        "keypad": _keypad,
        "unsure": _unsure,
        "start": _start,
        "skip": _skip,
        "officer": _officer,
        "note": _note,
        "bin": _bin,
        "shake": _shake,
        "side_left": _side_left,
        "side_right": _side_right,
        "back": _back,
        "next": _next,
        "delete": _delete,
        "shift": _shift,
        "space": _space,
    }
)


def draw_icon(name: str, pen: Pen, ink: str) -> None:
    """Draw the named icon; an unknown name becomes a dot."""
    ICONS.get(name, _dot)(pen, ink)
