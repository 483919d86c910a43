"""Packages in chunks: split on the kiosk, put together again at the office.

Small chunks, because one large publish on a slow link outlives the keep-alive and starts over for ever. Refuses every
chunk that contradicts its manifest; memory is bounded by the manifest's size, which is bounded itself.
"""

import hashlib
from collections.abc import Iterator, Sequence

from kiosk.wire.errors import ChunkRefused
from kiosk.wire.messages import MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_PACKAGE_BYTES, Chunk, Have, Manifest

CHUNK_BYTES = MAX_CHUNK_BYTES
SLOW_CHUNK_BYTES = 32 * 1024
# What a kiosk may have under way at once, and an office must hold of it: so many packages, so many bytes of them
# together unless it is one alone. The bytes are those of a full window of chunks.
PACKAGES_AT_ONCE = 16
TOGETHER_BYTES = 16 * MAX_CHUNK_BYTES


def manifest_of(package_id: str, package: bytes, *, chunk_bytes: int = CHUNK_BYTES) -> Manifest:
    """The manifest of a package cut into chunks of `chunk_bytes`."""
    if not 1 <= len(package) <= MAX_PACKAGE_BYTES or not 1 <= chunk_bytes <= MAX_CHUNK_BYTES:
        raise ChunkRefused(f"a package has 1 to {MAX_PACKAGE_BYTES} bytes, a chunk 1 to {MAX_CHUNK_BYTES}")
    n = -(-len(package) // chunk_bytes)
    if n > MAX_CHUNKS:
        raise ChunkRefused(f"{n} chunks are more than {MAX_CHUNKS}: use larger ones")
    return Manifest(id=package_id, n=n, size=len(package), sha256=hashlib.sha256(package).digest())


def chunks_of(package_id: str, package: bytes, *, chunk_bytes: int = CHUNK_BYTES) -> Iterator[Chunk]:
    """The package's chunks, in order. With the same `chunk_bytes` always the same ones."""
    for i, start in enumerate(range(0, len(package), chunk_bytes)):
        yield Chunk(id=package_id, i=i, data=package[start : start + chunk_bytes])


def missing(have: Sequence[tuple[int, int]], n: int) -> list[int]:
    """The chunks of 0 to n - 1 that are in none of the ranges [first, last]."""
    held = bytearray(n)
    for first, last in have:
        start, end = max(first, 0), min(last, n - 1) + 1
        if start < end:
            held[start:end] = b"\x01" * (end - start)
    return [i for i in range(n) if not held[i]]


class Reassembly:
    """One package being put together from chunks in any order, repeated or not."""

    def __init__(self, manifest: Manifest) -> None:
        if not manifest.n <= manifest.size <= manifest.n * MAX_CHUNK_BYTES:
            raise ChunkRefused("a manifest promises more bytes, or fewer, than its chunks can carry")
        self.manifest = manifest
        self._chunks: dict[int, bytes] = {}
        self._size = 0

    @property
    def held_bytes(self) -> int:
        """How many bytes are held."""
        return self._size

    def add(self, chunk: Chunk) -> bool:
        """Take a chunk; True when all are here. Raises ChunkRefused, and then holds what it held before."""
        if chunk.id != self.manifest.id:
            raise ChunkRefused("the chunk belongs to another package")
        if chunk.i >= self.manifest.n:
            raise ChunkRefused(f"the manifest promises {self.manifest.n} chunks, this is number {chunk.i + 1}")
        held = self._chunks.get(chunk.i)
        if held is None:
            if self._size + len(chunk.data) > self.manifest.size:
                raise ChunkRefused("the chunks are more bytes than the manifest promises")
            self._chunks[chunk.i] = chunk.data
            self._size += len(chunk.data)
        elif held != chunk.data:
            raise ChunkRefused(f"chunk {chunk.i} came twice with different bytes")
        return self.complete

    @property
    def complete(self) -> bool:
        """Whether every chunk is here."""
        return len(self._chunks) == self.manifest.n

    def have(self) -> Have:
        """The progress message: which chunks are here."""
        ranges: list[tuple[int, int]] = []
        for i in sorted(self._chunks):
            if ranges and ranges[-1][1] == i - 1:
                ranges[-1] = (ranges[-1][0], i)
            else:
                ranges.append((i, i))
        return Have(id=self.manifest.id, ranges=ranges)

    def package(self) -> bytes:
        """The whole package. Raises ChunkRefused when it is incomplete or not what the manifest promised."""
        if not self.complete:
            raise ChunkRefused("chunks are still missing")
        package = b"".join(self._chunks[i] for i in range(self.manifest.n))
        if len(package) != self.manifest.size or hashlib.sha256(package).digest() != self.manifest.sha256:
            raise ChunkRefused("the chunks together are not what the manifest promises")
        return package
