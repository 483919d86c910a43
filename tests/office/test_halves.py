"""Half packages: several of one kiosk beside each other, each sender within its bounds, and all of them together."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.office.halves import Halves
from kiosk.wire.chunking import PACKAGES_AT_ONCE, chunks_of, manifest_of
from kiosk.wire.errors import ChunkRefused
from kiosk.wire.messages import Chunk
from tests.office.stand import new_id

CUT = 10


def offer(halves: Halves, sender: str, package_id: str, size: int = 30) -> None:
    halves.offered(sender, manifest_of(package_id, bytes(size), chunk_bytes=CUT))


def chunk(package_id: str, index: int, size: int = 30) -> Chunk:
    return list(chunks_of(package_id, bytes(size), chunk_bytes=CUT))[index]


def test_packages_of_one_kiosk_are_put_together_side_by_side() -> None:
    # CK-ENROL-16
    halves, names = Halves(), [new_id() for _ in range(PACKAGES_AT_ONCE)]
    for name in names:
        offer(halves, "k", name)
    for index in (2, 0):
        assert not any(halves.add("k", chunk(name, index)) for name in names)
    offer(halves, "k", names[0])
    assert all(halves.add("k", chunk(name, 1)) for name in names)
    assert halves.held_bytes == 30 * PACKAGES_AT_ONCE
    for name in names:
        held = halves.get("k", name)
        assert held is not None
        assert held.package() == bytes(30)
        halves.drop("k", name)
    assert (len(halves), halves.held_bytes) == (0, 0)


def test_one_kiosk_crowds_nobody_out_but_itself() -> None:
    halves, other, names = Halves(most_each=3), new_id(), [new_id() for _ in range(50)]
    offer(halves, "other", other)
    for name in names:
        offer(halves, "k", name)
        halves.add("k", chunk(name, 0))
    assert len(halves) == 3 + 1
    assert halves.held_bytes == 3 * CUT
    assert halves.get("other", other) is not None
    assert halves.get("k", names[0]) is None


def test_a_chunk_of_an_offer_that_nobody_knows_is_asked_about_once_for_each_offer() -> None:
    # CK-ENROL-12
    halves, first, second = Halves(), new_id(), new_id()
    asked = [halves.asks_again("k", name) for name in (first, second, first, second)]
    assert asked == [True, True, False, False]
    offer(halves, "k", first)
    assert halves.asks_again("k", first)


def test_another_cut_begins_anew_and_a_chunk_that_contradicts_is_refused() -> None:
    halves, name = Halves(), new_id()
    offer(halves, "k", name)
    halves.add("k", chunk(name, 0))
    with pytest.raises(ChunkRefused):
        halves.add("k", Chunk(id=name, i=0, data=b"otherwise."))
    assert halves.held_bytes == CUT
    halves.offered("k", manifest_of(name, bytes(30), chunk_bytes=15))
    assert (len(halves), halves.held_bytes) == (1, 0)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"), st.integers(0, 5), st.sampled_from(("offer", "add", "drop")), st.integers(0, 2)
        )
    )
)
def test_whatever_comes_it_stays_within_bounds(moves: list[tuple[str, int, str, int]]) -> None:
    halves, names = Halves(most_bytes=4 * CUT, most_packages=6, most_each=3), [new_id() for _ in range(6)]
    for sender, number, what, index in moves:
        name = names[number]
        if what == "offer":
            offer(halves, sender, name)
        elif what == "drop":
            halves.drop(sender, name)
        elif halves.get(sender, name) is not None:
            halves.add(sender, chunk(name, index))
        held = [halves.get(sender, name) for sender in "abc" for name in names]
        assert halves.held_bytes == sum(one.held_bytes for one in held if one is not None) <= 4 * CUT
        assert len(halves) == len([one for one in held if one is not None]) <= 6
