"""A loop whose time stands still until somebody turns it: what takes a citizen minutes takes a test no time at all."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_LOOK_S: Final = 0.001
#: How long devices may take, in real seconds; a loaded machine takes its time.
PATIENCE_S: Final = 60.0


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


async def until(true: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait in real time until threads have brought it about. Raises AssertionError saying `what` did not come."""
    loop = asyncio.get_running_loop()
    deadline_s = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < deadline_s, what()
        await loop.run_in_executor(None, time.sleep, _LOOK_S)
