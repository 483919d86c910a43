"""A loop whose time stands still until somebody turns it: what takes a citizen minutes takes a test no time at all."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Final

#: How long between two looks at what threads have brought about, in real seconds.
LOOK_S: Final = 0.002
#: What only the loop has to do is done after so many of its turns: then no second need pass.
_TURNS: Final = 24
#: How long devices may take, in real seconds; a loaded machine takes its time.
PATIENCE_S: Final = 60.0
#: From picture to picture.
_PICTURE_S: Final = 0.2
#: How long a picture is there that nobody looks at, and that the one who looked at the last may still look at: in real
#: seconds.
_UNSEEN_S: Final = 0.5
_FOLLOWED_S: Final = 2.0
#: How long between two looks at whether somebody wants a picture after all.
_GLANCE_S: Final = 0.01


class TurnedLoop(asyncio.SelectorEventLoop):
    """An asyncio loop on a clock that only `turn` moves: timers fire when the clock is turned past them."""

    def __init__(self) -> None:
        super().__init__()
        self._now_s = 1000.0

    def time(self) -> float:
        """Give the time of this loop, in seconds."""
        return self._now_s

    def turn(self, by_s: float) -> None:
        """Let so many seconds pass. From the loop's own thread."""
        self._now_s += by_s


class HurriedLoop(TurnedLoop):
    """A loop on a clock that goes on by itself, as time does, and can be turned on beyond that."""

    def time(self) -> float:
        """Give the time of this loop, in seconds."""
        return time.monotonic() + super().time()


class SitterTime:
    """The time of who sits before the camera: it goes on by a fifth of a second with every picture that was looked at.

    So a walk takes as many pictures as it needs, whatever else the machine has to do; a camera brings as few where
    there is little light. Nobody need look: then the next picture comes after a moment, and at once when a shot is
    `wanted`.
    """

    def __init__(self) -> None:
        self.wanted: Callable[[], bool] = lambda: False
        self._now_s = 1000.0
        self._looked = threading.Event()
        self._followed = False

    def camera_s(self) -> float:
        """Give the time for whoever makes the pictures."""
        return self._now_s

    def looking_s(self) -> float:
        """Give the time for whoever looks at a picture."""
        self._looked.set()
        return self._now_s

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        """Let the time between two pictures pass; True when the camera is to stop."""
        deadline_s = time.monotonic() + (_FOLLOWED_S if self._followed else _UNSEEN_S)
        self._followed = False
        while time.monotonic() < deadline_s and not (stopping.is_set() or self.wanted()):
            if self._looked.wait(_GLANCE_S):
                self._followed = True
                break
        self._looked.clear()
        self._now_s += max(seconds, _PICTURE_S)
        return stopping.is_set()


class PacedTime(SitterTime):
    """The time of who sits before the camera, as it is: a camera brings its pictures when they are due."""

    def camera_s(self) -> float:
        """Give the time for whoever makes the pictures."""
        return time.monotonic()

    def looking_s(self) -> float:
        """Give the time for whoever looks at a picture."""
        return time.monotonic()

    def wait(self, stopping: threading.Event, seconds: float) -> bool:
        """Wait for the next picture; True when the camera is to stop."""
        return stopping.wait(seconds)


async def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait in real time until threads have brought it about. Raises AssertionError saying `what` did not come."""
    for _ in range(_TURNS):
        if true():
            return
        await asyncio.sleep(0)
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, what()
        await a_moment()


async def a_moment() -> None:
    """Wait a moment of real time."""
    await asyncio.get_running_loop().run_in_executor(None, time.sleep, LOOK_S)
