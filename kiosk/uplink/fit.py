"""How fast the link is, measured from what the broker acknowledges, and what follows from it.

A chunk must be through well before the keep-alive ends, or the connection is given up half way and begins anew for
ever; and what is under way together must be through within seconds, or a sign of life waits behind it.
"""

from __future__ import annotations

from kiosk.wire.chunking import CHUNK_BYTES, SLOW_CHUNK_BYTES, TOGETHER_BYTES

# From large to small; on the last even a link of 1 kB/s passes a chunk within keep-alive.
CHUNKS = (CHUNK_BYTES, SLOW_CHUNK_BYTES, 16 * 1024, 8 * 1024)
UNDER_WAY_S = 8.0
MAX_KEEPALIVE_S = 300
# The broker's receive window is shared by chunks, telemetry and state; this much is left to the latter, or a quarter.
RESERVED_WINDOW = 4
_NEWEST = 0.3
_SHORTEST_S = 1e-3


def chunks_at_once(receive_maximum: int) -> int:
    """How many chunks may be under way with a broker that takes so many messages at once.

    At least one is left to everything else, where there is more than one: then no alert waits behind a package.
    """
    return max(1, receive_maximum - min(RESERVED_WINDOW, max(1, receive_maximum // 4)))


class LinkFit:
    """Chunk size, window and keep-alive for the link as measured so far; before any measure, those of a fast one."""

    def __init__(self, *, slow_chunk_s: float, window: int, keepalive_s: int) -> None:
        """`slow_chunk_s`: a chunk that takes longer is too large. `window` and `keepalive_s`: those of a fast link."""
        self._slow_chunk_s = slow_chunk_s
        self._window = window
        self._keepalive_s = keepalive_s
        self._rate: float | None = None
        self._last_ack_s = 0.0

    @property
    def bytes_per_s(self) -> float | None:
        """The measured rate; None before the first acknowledged chunk."""
        return self._rate

    def acknowledged(self, size: int, *, sent_at_s: float, now_s: float) -> None:
        """The broker acknowledged `size` bytes. What waited behind another chunk is timed from that one's end."""
        took_s = max(_SHORTEST_S, now_s - max(sent_at_s, self._last_ack_s))
        self._last_ack_s = now_s
        sample = size / took_s
        if self._rate is not None and size < CHUNKS[-1] and sample < self._rate:
            return  # less than the smallest chunk takes the time of a round trip, and says nothing against the link
        self._rate = sample if self._rate is None else _NEWEST * sample + (1 - _NEWEST) * self._rate

    def chunk_bytes(self) -> int:
        """The largest chunk that is through in time."""
        if self._rate is None:
            return CHUNKS[0]
        return next((size for size in CHUNKS if size <= self._rate * self._slow_chunk_s), CHUNKS[-1])

    def window(self, chunk_bytes: int) -> int:
        """How many chunks may be under way: two keep the link busy, more only as far as they are soon through."""
        if self._rate is None:
            return self._window
        return max(min(2, self._window), min(self._window, int(self._rate * UNDER_WAY_S / chunk_bytes)))

    def together_bytes(self) -> int:
        """Packages of how many bytes may be under way together: they are through within seconds, or it is one alone.

        One alone, too, before the first measure: into what chunks the others are cut is for that to say.
        """
        return 0 if self._rate is None else min(TOGETHER_BYTES, int(self._rate * UNDER_WAY_S))

    def through_s(self, size: int) -> float:
        """How long `size` bytes take, in seconds; 0 before anything was measured."""
        return 0.0 if self._rate is None else size / self._rate

    def keepalive_s(self) -> int:
        """Keep-alive for the next connection: four times what may be under way."""
        under_way_s = self.through_s(self.window(self.chunk_bytes()) * self.chunk_bytes())
        return max(self._keepalive_s, min(MAX_KEEPALIVE_S, int(4 * under_way_s)))
