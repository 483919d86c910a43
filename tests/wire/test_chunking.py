"""Chunks come back together in any order, and a lie among them is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.wire.chunking import Reassembly, chunks_of, manifest_of, missing
from kiosk.wire.errors import ChunkRefused
from kiosk.wire.messages import MAX_CHUNK_BYTES, MAX_CHUNKS, MAX_PACKAGE_BYTES, Chunk, Manifest

ID = "0193b3a0-1234-7abc-8def-0123456789ab"
OTHER = "0193b3a0-1234-7abc-8def-0123456789ac"


@given(st.binary(min_size=1, max_size=500), st.integers(1, 60), st.data())
def test_chunks_in_any_order_and_repeated_make_the_package(package: bytes, size: int, data: st.DataObject) -> None:
    # CK-ENROL-02
    manifest = manifest_of(ID, package, chunk_bytes=size)
    chunks = list(chunks_of(ID, package, chunk_bytes=size))
    sent = data.draw(st.permutations(chunks + data.draw(st.lists(st.sampled_from(chunks), max_size=5))))
    reassembly = Reassembly(manifest)
    held: set[int] = set()
    for chunk in sent:
        complete = reassembly.add(chunk)
        held.add(chunk.i)
        assert complete == (len(held) == manifest.n)
        assert set(missing(reassembly.have().ranges, manifest.n)) == set(range(manifest.n)) - held

    assert reassembly.package() == package
    assert reassembly.held_bytes == len(package)
    assert reassembly.have().ranges == [(0, manifest.n - 1)]


@given(st.binary(min_size=2, max_size=300), st.integers(1, 40), st.data())
def test_a_changed_chunk_never_makes_a_package(package: bytes, size: int, data: st.DataObject) -> None:
    # CK-ENROL-03
    chunks = list(chunks_of(ID, package, chunk_bytes=size))
    liar = data.draw(st.sampled_from(chunks))
    lie = data.draw(st.binary(min_size=1, max_size=60).filter(lambda lie: lie != liar.data))
    reassembly = Reassembly(manifest_of(ID, package, chunk_bytes=size))

    with pytest.raises(ChunkRefused):  # noqa: PT012 -- which of them refuses depends on the lie
        for chunk in chunks:
            reassembly.add(liar.model_copy(update={"data": lie}) if chunk is liar else chunk)
        reassembly.package()
    assert reassembly.held_bytes <= len(package)


def test_the_same_chunk_with_other_bytes_is_refused_and_the_first_kept() -> None:
    reassembly = Reassembly(manifest_of(ID, b"abcd", chunk_bytes=2))
    reassembly.add(Chunk(id=ID, i=0, data=b"ab"))
    with pytest.raises(ChunkRefused, match="twice"):
        reassembly.add(Chunk(id=ID, i=0, data=b"xy"))

    reassembly.add(Chunk(id=ID, i=1, data=b"cd"))
    assert reassembly.package() == b"abcd"


def test_chunks_of_another_package_or_beyond_the_manifest_are_refused() -> None:
    reassembly = Reassembly(manifest_of(ID, b"abcd", chunk_bytes=2))
    for chunk in (Chunk(id=OTHER, i=0, data=b"ab"), Chunk(id=ID, i=2, data=b"x"), Chunk(id=ID, i=0, data=b"abcde")):
        with pytest.raises(ChunkRefused):
            reassembly.add(chunk)
    assert reassembly.held_bytes == 0
    with pytest.raises(ChunkRefused, match="missing"):
        reassembly.package()


def test_a_manifest_that_cannot_be_true_is_refused() -> None:
    with pytest.raises(ChunkRefused):
        Reassembly(Manifest(id=ID, n=5, size=4, sha256=bytes(32)))
    with pytest.raises(ChunkRefused):
        Reassembly(Manifest(id=ID, n=1, size=MAX_CHUNK_BYTES + 1, sha256=bytes(32)))


def test_a_package_that_cannot_travel_is_refused_at_once() -> None:
    # CK-ENROL-01
    for package, size in ((b"", 10), (bytes(MAX_PACKAGE_BYTES + 1), 10), (b"x", 0), (b"x", MAX_CHUNK_BYTES + 1)):
        with pytest.raises(ChunkRefused):
            manifest_of(ID, package, chunk_bytes=size)
    with pytest.raises(ChunkRefused, match="larger"):
        manifest_of(ID, bytes(MAX_CHUNKS + 1), chunk_bytes=1)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=8), st.integers(1, 20))
def test_missing_is_what_no_range_holds(ranges: list[tuple[int, int]], n: int) -> None:
    assert missing(ranges, n) == [i for i in range(n) if not any(first <= i <= last for first, last in ranges)]


def test_ranges_beyond_reason_cost_nothing() -> None:
    assert missing([(0, 1 << 62), (1 << 61, 1 << 62)], 4) == []
