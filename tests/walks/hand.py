"""A hand before the panel: trembling, tapping twice, leaning on it, dragging across it. Every touch passes the window.

Where the numbers come from: the old miss by 3.36 mm on average (Sultana and Moffatt 2019, 10.1145/3300178), a Gaussian
of 2.7 mm each way; 4 mm is a bad day. How long fingers lie there, how they drift and how often they tap twice is
assumed: a quarter of a second on average, a millimetre of drift, the second tap 150 to 600 ms after the first.
"""

import itertools
import math
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from kivy.base import EventLoop
from kivy.input.motionevent import MotionEvent
from kivy.input.shape import ShapeRect

_numbers = itertools.count(1)
Place = tuple[float, float]
Box = tuple[float, float, float, float]

#: Median and spread (of the logarithm) of how long a finger lies on the glass, in seconds.
_HELD_S: Final = 0.25
_HELD_SPREAD: Final = 0.4
_DOUBLE_S: Final = (0.15, 0.6)
#: A target longer than this is reached for anywhere in its middle half, a shorter one in its middle; in mm.
_LONG_MM: Final = 25.0


class _Contact(MotionEvent):
    """One contact with the glass."""

    def depack(self, args: dict[str, float]) -> None:
        self.sx, self.sy = args["x"], args["y"]
        self.profile = ["pos"]
        if args.get("width_px"):
            self.profile = ["pos", "shape"]
            self.shape = ShapeRect()
            self.shape.width = self.shape.height = round(args["width_px"])
        super().depack(args)


@dataclass(frozen=True, slots=True)
class Tremor:
    """How a hand trembles: `sigma_mm` each way at landing, `drift_mm` while it lies there.

    `bounces` is the share of touches in which the finger leaves the glass for a moment.
    """

    sigma_mm: float
    drift_mm: float = 1.0
    bounces: float = 0.03


#: Somebody who only wants to hit what they aim at.
STEADY: Final = Tremor(0.8, 0.3, bounces=0.0)


@dataclass
class Hand:
    """Touches the open window. `turn` lets time pass, `settle` lets the kiosk do what it was told."""

    dice: random.Random
    tremor: Tremor
    px_per_mm: tuple[float, float]
    turn: Callable[[float], None]
    settle: Callable[[], Awaitable[None]]
    _held_s: float = 0.0

    def aim(self, box: Box) -> Place:
        """Choose where on a target to reach."""
        x, y, width, height = box
        across, along = self.px_per_mm
        return x + width * self._part(width / across), y + height * self._part(height / along)

    def _part(self, length_mm: float) -> float:
        return 0.5 if length_mm <= _LONG_MM else 0.5 + self.dice.uniform(-0.25, 0.25)

    def _miss(self, place: Place, sigma_mm: float) -> Place:
        across, along = self.px_per_mm
        return place[0] + self.dice.gauss(0, sigma_mm) * across, place[1] + self.dice.gauss(0, sigma_mm) * along

    async def tap(self, box: Box) -> Place:
        """Tap a target once, as well as the hand can; gives where it landed."""
        landed = self._miss(self.aim(box), self.tremor.sigma_mm)
        contact = self._down(landed)
        self._held_s = self._holding_s()
        if self.dice.random() < self.tremor.bounces:
            self.turn(self.dice.uniform(0.02, 0.07))
            self._up(contact, landed)
            self.turn(self.dice.uniform(0.03, 0.12))
            contact = self._down(self._miss(landed, self.tremor.drift_mm))
        self.turn(self._held_s)
        self._up(contact, self._miss(landed, self.tremor.drift_mm))
        await self.settle()
        return landed

    def _holding_s(self) -> float:
        return _HELD_S * math.exp(self.dice.gauss(0, _HELD_SPREAD))

    async def tap_again(self, landed: Place) -> None:
        """Tap once more where the hand has just been, as those do who are used to double clicks."""
        self.turn(max(0.03, self.dice.uniform(*_DOUBLE_S) - self._held_s))
        contact = self._down(self._miss(landed, self.tremor.drift_mm * 2))
        self._held_s = self._holding_s()
        self.turn(self._held_s)
        self._up(contact, self._miss(landed, self.tremor.drift_mm * 2))
        await self.settle()

    async def lean(self, screen: Box) -> None:
        """Lay the palm on the panel: one wide contact, or three and more."""
        middle = self._anywhere(screen)
        wide = self.dice.random() < 0.5
        count = 1 if wide else self.dice.randint(2, 5)
        contacts: list[tuple[_Contact | None, Place]] = []
        for _ in range(count):
            place = self._on_glass_near(middle, 18.0)
            width_mm = self.dice.uniform(22, 45) if wide else self.dice.uniform(6, 14)
            contacts.append((self._down(place, width_mm), place))
            self.turn(self.dice.uniform(0.0, 0.015))
        self.turn(self.dice.uniform(0.2, 1.5))
        self.dice.shuffle(contacts)
        for contact, place in contacts:
            self._up(contact, self._miss(place, self.tremor.drift_mm))
            self.turn(self.dice.uniform(0.0, 0.03))
        await self.settle()

    def _on_glass_near(self, middle: Place, spread_mm: float) -> Place:
        while True:
            place = self._miss(middle, spread_mm)
            if _on_glass(place):
                return place

    async def drag(self, screen: Box, *, at_least_mm: float = 40.0) -> None:
        """Draw the finger across the panel, as over a telephone."""
        start = self._anywhere(screen)
        while True:
            end = self._anywhere(screen)
            across, along = self.px_per_mm
            if math.hypot((end[0] - start[0]) / across, (end[1] - start[1]) / along) >= at_least_mm:
                break
        contact = self._down(start)
        for step in range(1, 6):
            self.turn(0.06)
            way = step / 5
            self._move(contact, (start[0] + (end[0] - start[0]) * way, start[1] + (end[1] - start[1]) * way))
        self._up(contact, end)
        await self.settle()

    async def brush(self, screen: Box) -> None:
        """Brush the panel with a sleeve."""
        place = self._anywhere(screen)
        contact = self._down(place)
        self.turn(self.dice.uniform(0.01, 0.07))
        self._up(contact, place)
        await self.settle()

    def _anywhere(self, screen: Box) -> Place:
        x, y, width, height = screen
        return x + width * self.dice.random(), y + height * self.dice.random()

    def _down(self, place: Place, width_mm: float = 0.0) -> _Contact | None:
        if not _on_glass(place):
            return None
        contact = _Contact(
            "hand",
            next(_numbers),
            {**_shares(place), "width_px": width_mm * self.px_per_mm[0]},
            is_touch=True,
            type_id="touch",
        )
        EventLoop.post_dispatch_input("begin", contact)
        return contact

    def _move(self, contact: _Contact | None, place: Place) -> None:
        if contact is None:
            return
        contact.move(_shares(place))
        EventLoop.post_dispatch_input("update", contact)

    def _up(self, contact: _Contact | None, place: Place) -> None:
        if contact is None:
            return
        self._move(contact, place)
        contact.update_time_end()
        EventLoop.post_dispatch_input("end", contact)


def _size() -> tuple[float, float]:
    window = EventLoop.window
    assert window is not None, "the window is open"
    return max(1.0, window.width - 1.0), max(1.0, window.height - 1.0)


def _on_glass(place: Place) -> bool:
    width, height = _size()
    return 0 <= place[0] <= width and 0 <= place[1] <= height


def _shares(place: Place) -> dict[str, float]:
    """Give a place in window pixels as shares of the window, as panels tell it; the glass ends at its edge."""
    width, height = _size()
    return {"x": min(1.0, max(0.0, place[0] / width)), "y": min(1.0, max(0.0, place[1] / height))}
