"""The one typed queue: how device threads tell the session what happened."""

import asyncio
from collections.abc import Callable

from kiosk.journey.events import Event

Post = Callable[[Event], None]


class EventQueue:
    """Events from any thread, in order, for one asyncio reader."""

    def __init__(self) -> None:
        """Bind to the running loop."""
        self._loop = asyncio.get_running_loop()
        self._events: asyncio.Queue[Event] = asyncio.Queue()

    def post(self, event: Event) -> None:
        """Add an event; from any thread. After the loop has ended it goes nowhere."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._events.put_nowait, event)

    async def next(self) -> Event:
        """Wait for the next event."""
        return await self._events.get()
