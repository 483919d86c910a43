import struct

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from drivers.card.soft_files import face_file
from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer
from kiosk.chip.face import parse_portrait
from kiosk.chip.hashes import Verdict, check_hashes, listed_hashes
from kiosk.chip.image_header import pixels

JPEG = b"\xff\xd8\xff\xe0" + bytes(900) + b"\xff\xd9"


def is_huge(image: bytes) -> bool:
    width, height = pixels(image) or (0, 0)
    return width * height > 1_000_000


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"]),
    st.binary(max_size=3000),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_the_image_comes_out_as_it_went_in(start: bytes, rest: bytes, width: int, height: int) -> None:
    assume(not is_huge(start + rest))
    portrait = parse_portrait(face_file(start + rest, width_px=width, height_px=height))
    assert portrait.data == start + rest
    assert (portrait.width_px, portrait.height_px) == (width, height)


def test_feature_points_before_the_image_are_passed_over() -> None:
    group = tlv.only(face_file(JPEG, width_px=3, height_px=4), 0x75, what="")
    template = tlv.first(tlv.only(group, 0x7F61, what=""), 0x7F60, what="")
    record = tlv.first(template, 0x5F2E, what="")
    (length,) = struct.unpack_from(">I", record, 14)
    longer = record[:14] + struct.pack(">IH", length + 16, 2) + record[20:34] + bytes(range(16)) + record[34:]
    rebuilt = tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x7F60, tlv.encode(0x5F2E, longer))))
    assert parse_portrait(rebuilt).data == JPEG


@pytest.mark.parametrize("change", [1, 1000, -930, 2**31])
def test_a_record_that_states_another_length_is_refused(change: int) -> None:
    whole = face_file(JPEG, width_px=3, height_px=4)
    at = whole.index(b"FAC\x00") + 14
    (length,) = struct.unpack_from(">I", whole, at)
    with pytest.raises(BadAnswer, match="length"):
        parse_portrait(whole[:at] + struct.pack(">I", length + change) + whole[at + 4 :])


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_spoilt_file_is_read_or_refused_but_never_an_accident(at: int, value: int) -> None:
    spoilt = bytearray(face_file(JPEG, width_px=3, height_px=4))
    spoilt[at] = value
    try:
        parse_portrait(bytes(spoilt))
    except BadAnswer:
        return


@given(st.integers(0, 900))
def test_a_file_cut_short_is_refused(length: int) -> None:
    with pytest.raises(BadAnswer):
        parse_portrait(face_file(JPEG, width_px=3, height_px=4)[:length])


@pytest.mark.parametrize("image", [b"GIF89a" + bytes(50), b""])
def test_an_image_of_another_kind_is_refused(image: bytes) -> None:
    with pytest.raises(BadAnswer):
        parse_portrait(face_file(image, width_px=1, height_px=1))


def block_file(image: bytes, *, width_px: int, height_px: int, record: int = 0x7F2E) -> bytes:
    """DG2 around an ISO/IEC 39794-5 block, object by object as the standard's ASN.1 (automatic tags) has it."""
    size = tlv.encode(0x80, width_px.to_bytes(3, "big")) + tlv.encode(0x81, height_px.to_bytes(3, "big"))
    information = tlv.encode(0xA0, tlv.encode(0x80, b"\x02")) + tlv.encode(0xA7, size)
    two_dimensional = tlv.encode(0x80, image) + tlv.encode(0xA1, information)
    representation = tlv.encode(0x80, b"\x01") + tlv.encode(0xA1, tlv.encode(0xA0, tlv.encode(0xA0, two_dimensional)))
    version = tlv.encode(0xA0, tlv.encode(0x80, b"\x03") + tlv.encode(0x81, b"\x07\xe3"))
    block = tlv.encode(0x65, version + tlv.encode(0xA1, tlv.encode(0x30, representation)))
    template = tlv.encode(0x7F60, tlv.encode(0xA1, b"") + tlv.encode(record, block))
    return tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x02, b"\x01") + template))


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"]),
    st.binary(max_size=300).map(lambda data: data.replace(b"\xff", b"\xfe")),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_an_image_of_the_new_standard_comes_out(start: bytes, rest: bytes, width: int, height: int) -> None:
    assume(not is_huge(start + rest))
    for record in (0x5F2E, 0x7F2E):
        portrait = parse_portrait(block_file(start + rest, width_px=width, height_px=height, record=record))
        assert portrait.data == start + rest
        assert (portrait.width_px, portrait.height_px, portrait.record) == (width, height, "39794-5")


@given(st.integers(0, 120), st.integers(0, 255))
def test_a_spoilt_file_of_the_new_standard_is_read_or_refused(at: int, value: int) -> None:
    spoilt = bytearray(block_file(JPEG, width_px=3, height_px=4))
    spoilt[at] = value
    try:
        parse_portrait(bytes(spoilt))
    except BadAnswer:
        return


def test_data_objects_without_an_end_of_nesting_are_refused() -> None:
    deep = b""
    for _ in range(2000):
        deep = tlv.encode(0xA0, deep)
    whole = tlv.encode(0x75, tlv.encode(0x7F61, tlv.encode(0x7F60, tlv.encode(0x7F2E, deep))))
    with pytest.raises(BadAnswer):
        parse_portrait(whole)


def bomb(kind: str, width: int, height: int) -> bytes:
    if kind == "jpeg":
        return b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc2\x00\x11\x08" + struct.pack(">HH", height, width) + bytes(60)
    stream = b"\xff\x4f\xff\x51\x00\x2f\x00\x00" + struct.pack(">IIII", width + 5, height + 6, 5, 6) + bytes(60)
    return stream if kind == "j2c" else b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(40) + stream


@pytest.mark.parametrize("kind", ["jpeg", "jp2", "j2c"])
def test_an_image_that_announces_more_pixels_than_a_portrait_has_is_refused(kind: str) -> None:
    assert pixels(bomb(kind, 480, 640)) == (480, 640)
    assert parse_portrait(face_file(bomb(kind, 480, 640), width_px=480, height_px=640)).width_px == 480
    with pytest.raises(BadAnswer, match="larger"):
        parse_portrait(face_file(bomb(kind, 60000, 60000), width_px=480, height_px=640))


@given(st.sampled_from([b"\xff\xd8\xff", b"\xff\x4f\xff\x51", b""]), st.binary(max_size=200))
def test_the_size_of_garbage_is_found_or_not_but_never_an_accident(start: bytes, garbage: bytes) -> None:
    pixels(start + garbage)


@given(st.binary(max_size=200))
def test_a_security_file_of_garbage_is_not_checkable(garbage: bytes) -> None:
    assert check_hashes(tlv.encode(0x77, garbage), {1: b"x"}).verdict is Verdict.NOT_CHECKABLE
    with pytest.raises(BadAnswer):
        listed_hashes(garbage)
