"""One package under way: its offer, which of its chunks go out next, and which the broker has not taken yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Self

from kiosk.custody.entries import OutboxEntry
from kiosk.wire.chunking import chunks_of, manifest_of, missing
from kiosk.wire.messages import Chunk, Have, Manifest, encode_cbor

#: In place of a chunk's index, for the offer itself.
OFFER = -1

Publish = Callable[[bytes], int | None]


@dataclass(slots=True)
class Transfer:
    """``in_flight``: by message id, the index of a chunk (or OFFER) and when it was sent; times by the stopwatch.

    ``deadline_s``: when it is given up; never before its offer has gone out.
    """

    entry: OutboxEntry
    manifest: Manifest
    chunks: list[Chunk]
    chunk_bytes: int
    deadline_s: float = inf
    answered: bool = False
    to_send: deque[int] = field(default_factory=lambda: deque([OFFER]))
    in_flight: dict[int, tuple[int, float]] = field(default_factory=dict[int, tuple[int, float]])

    @classmethod
    def of(cls, entry: OutboxEntry, package: bytes, *, chunk_bytes: int) -> Self:
        """Cut a package. Raises WireError where it cannot be cut so."""
        manifest = manifest_of(entry.id, package, chunk_bytes=chunk_bytes)
        if entry.kiosk:
            manifest = manifest.model_copy(update={"kiosk": entry.kiosk})
        return cls(entry, manifest, list(chunks_of(entry.id, package, chunk_bytes=chunk_bytes)), chunk_bytes)

    def lacks(self, message: Have) -> None:
        """The office has said what it holds: the rest goes out, in ascending order."""
        # Header and sealed summary are the first bytes of a package, and come first.
        flying = {index for index, _ in self.in_flight.values()}
        self.answered = True
        self.to_send = deque(i for i in missing(message.ranges, self.manifest.n) if i not in flying)

    def fill(self, window: int, publish: Publish, now_s: Callable[[], float]) -> bool:
        """Send until so many messages are under way, or the link takes no more; whether anything was sent."""
        sent = False
        while self.to_send and len(self.in_flight) < window:
            index = self.to_send[0]
            mid = publish(encode_cbor(self.manifest if index == OFFER else self.chunks[index]))
            if mid is None:
                break
            self.to_send.popleft()
            self.in_flight[mid] = (index, now_s())
            sent = True
        return sent

    @property
    def largest_bytes(self) -> int:
        """The size of its largest chunk."""
        return min(self.chunk_bytes, self.entry.size)

    def size_of(self, index: int) -> int:
        """The size of a chunk."""
        return len(self.chunks[index].data)

    def left_behind(self) -> dict[int, tuple[int, float]]:
        """Of each chunk that is under way, by message id, its bytes and when it was sent."""
        return {
            mid: (self.size_of(index), sent_at_s)
            for mid, (index, sent_at_s) in self.in_flight.items()
            if index != OFFER
        }
