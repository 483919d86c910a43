"""Drawn citizens alive: who breathes, blinks, sits a little wrong at first and does what the kiosk says.

Owns the small movements of people before the camera.
"""

import math
from dataclasses import dataclass, replace
from typing import Final

from PIL import Image

from kiosk.demo.drawing_look import Look
from kiosk.demo.drawing_portrait import HEIGHT_PX, WHITE, WIDTH_PX, Head, body, head, moved

_BREATH_S: Final = 4.2
_BLINK_EVERY_S: Final = 4.7
_BLINK_S: Final = 0.2
#: So long it takes to hear what the kiosk says, and then to move into the right place, in so many steps.
_HEAR_S: Final = 0.8
_MOVE_S: Final = 0.7
_MOVE_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Seat:
    """How somebody sits: `near` is 1 where it should be and less farther away.

    `aside_px` is how far to the right, as the camera sees it, and `turned_px` how far the face is turned to that side.
    """

    near: float = 1.0
    aside_px: int = 0
    turned_px: int = 0

    def towards(self, other: "Seat", share: float) -> "Seat":
        """Give the seat that is `share` of the way to another one."""
        return Seat(
            round(self.near + (other.near - self.near) * share, 3),
            round(self.aside_px + (other.aside_px - self.aside_px) * share),
            round(self.turned_px + (other.turned_px - self.turned_px) * share),
        )


GOOD_SEAT: Final = Seat()


class LivePortrait:
    """A scene for a camera: the citizen breathes and now and then blinks. Frames are 960 x 1280, R G B X."""

    def __init__(self, look: Look, seat: Seat = GOOD_SEAT) -> None:
        self._body = body(look)
        self._open, self._closed = head(look, eyes_open=True), head(look, eyes_open=False)
        self._heads: dict[tuple[bool, int], Image.Image] = {}
        self._from = self._to = seat
        self._asked: tuple[Seat, float | None] | None = None
        self._shown: tuple[int, int, bool, Seat] | None = None
        self._rgba = b""

    def sit(self, seat: Seat) -> None:
        """Sit so at once."""
        self._from = self._to = seat
        self._asked = None

    def hear(self, arrow: str) -> None:
        """Do what the kiosk asks for by an arrow: it takes a moment."""
        match arrow:
            case "closer" | "farther":
                seat = replace(self._to, near=1.0)
            case "left" | "right":
                seat = replace(self._to, aside_px=0)
            case "turn_left" | "turn_right":
                seat = replace(self._to, turned_px=0)
            case _:
                return
        if seat != self._to:
            self._from, self._to = self._to, seat
            self._asked = (seat, None)

    def __call__(self, seconds: float) -> tuple[int, int, bytes]:
        breath = math.sin(2 * math.pi * seconds / _BREATH_S)
        sway = math.sin(2 * math.pi * seconds / (3.1 * _BREATH_S))
        blinks = seconds % _BLINK_EVERY_S > _BLINK_EVERY_S - _BLINK_S
        moment = (round(3 * breath), round(2 * sway), blinks, self._seat(seconds))
        # Most frames are like the one before: the camera then costs next to nothing.
        if moment != self._shown:
            self._shown, self._rgba = moment, self._draw(*moment)
        return WIDTH_PX, HEIGHT_PX, self._rgba

    def _seat(self, seconds: float) -> Seat:
        asked = self._asked
        if asked is None:
            return self._to
        seat, since = asked
        if since is None or seconds < since:
            self._asked = (seat, seconds)
            return self._from
        share = int(max(0.0, seconds - since - _HEAR_S) / _MOVE_S * _MOVE_STEPS) / _MOVE_STEPS
        if share >= 1:
            self._asked = None
            return seat
        return self._from.towards(seat, share)

    def _draw(self, rise_px: int, sway_px: int, blinks: bool, seat: Seat) -> bytes:
        picture = Image.new("RGBA", (WIDTH_PX, HEIGHT_PX), (*WHITE, 255))
        picture.alpha_composite(moved(self._body, 0, -rise_px))
        picture.alpha_composite(moved(self._head(blinks, seat.turned_px), sway_px, -round(rise_px / 2)))
        if seat.near == 1.0 and not seat.aside_px:
            return picture.tobytes()
        size = (round(WIDTH_PX * seat.near), round(HEIGHT_PX * seat.near))
        room = Image.new("RGBA", (WIDTH_PX, HEIGHT_PX), (*WHITE, 255))
        room.paste(picture.resize(size), ((WIDTH_PX - size[0]) // 2 + seat.aside_px, HEIGHT_PX - size[1]))
        return room.tobytes()

    def _head(self, blinks: bool, turned_px: int) -> Image.Image:
        key = (blinks, turned_px)
        if key not in self._heads:
            drawn: Head = self._closed if blinks else self._open
            self._heads[key] = drawn.turned(turned_px)
        return self._heads[key]
