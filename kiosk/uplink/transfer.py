"""One package under way: what was offered, which of its chunks go out next, and which the broker has not taken yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from kiosk.custody.entries import OutboxEntry
from kiosk.wire.chunking import chunks_of, manifest_of, missing
from kiosk.wire.messages import Chunk, Have, Manifest, encode_cbor

#: In place of a chunk's index, for the offer itself.
OFFER = -1

Publish = Callable[[bytes], int | None]


@dataclass(slots=True)
class Transfer:
    """``in_flight``: by message id, the index of a chunk (or OFFER) and when it was sent; times by the stopwatch."""

    entry: OutboxEntry
    manifest: Manifest
    chunks: list[Chunk]
    chunk_bytes: int
    deadline_s: float = 0.0
    answered: bool = False
    to_send: deque[int] = field(default_factory=deque[int])
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

    def fill(self, window: int, publish: Publish, now_s: Callable[[], float]) -> None:
        """Send until so many messages are under way, or the link takes no more."""
        while self.to_send and len(self.in_flight) < window:
            index = self.to_send[0]
            mid = publish(encode_cbor(self.chunks[index]))
            if mid is None:
                return
            self.to_send.popleft()
            self.in_flight[mid] = (index, now_s())

    def left_behind(self) -> dict[int, tuple[int, float]]:
        """Of each chunk that is under way, by message id, its bytes and when it was sent."""
        return {
            mid: (len(self.chunks[index].data), sent_at_s)
            for mid, (index, sent_at_s) in self.in_flight.items()
            if index != OFFER
        }
