import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_crypto import wrap_object
from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer

TAGS = st.sampled_from([0x02, 0x30, 0x5C, 0x61, 0x75, 0x80, 0x87, 0x99, 0x5F01, 0x5F1F, 0x5F2E, 0x7F60, 0x7F61])
OBJECTS = st.lists(st.tuples(TAGS, st.binary(max_size=400)), max_size=6)


@given(OBJECTS)
def test_what_is_written_is_read_back(objects: list[tuple[int, bytes]]) -> None:
    written = b"".join(tlv.encode(tag, value) for tag, value in objects)
    assert list(tlv.walk(written)) == objects


@given(TAGS, st.binary(max_size=70_000))
def test_both_ends_write_the_same_object(tag: int, value: bytes) -> None:
    assert tlv.encode(tag, value) == wrap_object(tag, value)


@given(TAGS, st.binary(min_size=1, max_size=300), st.data())
def test_a_cut_object_is_refused_wherever_it_is_cut(tag: int, value: bytes, data: st.DataObject) -> None:
    whole = tlv.encode(tag, value)
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    with pytest.raises(BadAnswer):
        list(tlv.walk(cut))
    with pytest.raises(BadAnswer):
        tlv.only(cut, tag, what="it")


@given(st.binary(max_size=80))
def test_any_bytes_are_either_read_or_refused(data: bytes) -> None:
    try:
        objects = list(tlv.walk(data))
    except BadAnswer:
        return
    assert sum(len(value) for _, value in objects) <= len(data)


@pytest.mark.parametrize("data", ["3080", "308400000001", "3085", "5F2E80"])
def test_indefinite_and_oversized_lengths_are_refused(data: str) -> None:
    with pytest.raises(BadAnswer):
        tlv.read_header(bytes.fromhex(data) + bytes(8))


def test_a_missing_part_is_named() -> None:
    with pytest.raises(BadAnswer, match="the portrait"):
        tlv.first(tlv.encode(0x02, b"\x01"), 0x7F60, what="the portrait")
