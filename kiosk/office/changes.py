"""Tells whoever watches that something the page shows has changed. Carries no data."""

from __future__ import annotations

import asyncio
import threading


class Changes:
    """A bell. `ring` from any thread; `wait` from any event loop."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._turn = 0
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def turn(self) -> int:
        """How often the bell has been rung."""
        with self._lock:
            return self._turn

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._lock:
            self._turn += 1
            for loop, event in self._waiting:
                loop.call_soon_threadsafe(event.set)

    async def wait(self, seen: int, *, timeout_s: float) -> int:
        """Return the newest turn: at once when it is not ``seen``, else at the next ring or after ``timeout_s``."""
        waiter = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._turn != seen:
                return self._turn
            self._waiting.add(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                await waiter[1].wait()
        except TimeoutError:
            pass
        finally:
            with self._lock:
                self._waiting.discard(waiter)
        return self.turn
