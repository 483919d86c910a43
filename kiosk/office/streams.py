"""How many long answers are open at once: pages that are told of every change by themselves.

Beyond that a page asks again and again by itself (`static/office.js`). Without a bound of their own they would take
every place that short answers need too.
"""

from __future__ import annotations

from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

#: Each takes a little of this computer at every change.
MOST = 64
#: When to ask again, in seconds.
AGAIN_S = 30


class Streams:
    """Counts the open ones; for one event loop."""

    def __init__(self) -> None:
        self.open = 0

    def answer(self, stream: Response) -> Response:
        """``stream`` as long as there is room, and else 503 with a time to ask again."""
        return _Bounded(self, stream)

    def take(self) -> bool:
        """Take a place; False when there is none. Whoever has taken one gives it back."""
        if self.open >= MOST:
            return False
        self.open += 1
        return True

    def give_back(self) -> None:
        """End."""
        self.open -= 1


class _Bounded(Response):
    """Takes its place only when it begins, and gives it back however it ends."""

    def __init__(self, streams: Streams, stream: Response) -> None:
        super().__init__()
        self._streams = streams
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._streams.take():
            text = "As many pages are open as are kept live: this one asks again by itself."
            full = PlainTextResponse(text, status_code=503, headers={"retry-after": str(AGAIN_S)})
            await full(scope, receive, send)
            return
        try:
            await self._stream(scope, receive, send)
        finally:
            self._streams.give_back()
