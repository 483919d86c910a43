"""A picture as a slow loop of two or three drawings, each of which is right by itself."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.domain.capture_plan import Finger
from kiosk.journey.view import FingerMark
from kiosk.ui.pen import Pen

#: How long each drawing of a loop stands, in seconds: nothing hurries an old eye.
FRAME_S: Final = 1.4


@dataclass(frozen=True, slots=True)
class Moment:
    """What a picture shows now: which drawing of its loop, and for hands which finger is asked and what is done.

    Number 0 says everything that the loop says: it stands alone where nothing should move.
    """

    frame: int = 0
    finger: Finger | None = None
    hands: tuple[tuple[Finger, FingerMark], ...] = ()


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and how many drawings it has."""

    draw: Callable[[Pen, Moment], None]
    frames: int = 1


def loop(frames: int) -> Callable[[Callable[[Pen, Moment], None]], Picture]:
    """Make a picture with so many drawings of a function that draws the one that the moment asks for."""
    return lambda draw: Picture(draw, frames)


def still(draw: Callable[[Pen, Moment], None]) -> Picture:
    """Make a picture that never moves."""
    return Picture(draw)
