import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_files import face_file
from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer
from kiosk.chip.face import parse_portrait
from kiosk.chip.hashes import Verdict, check_hashes, listed_hashes

JPEG = b"\xff\xd8\xff\xe0" + bytes(900) + b"\xff\xd9"


@given(
    st.sampled_from([b"\xff\xd8\xff", b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51"]),
    st.binary(max_size=3000),
    st.integers(0, 65535),
    st.integers(0, 65535),
)
def test_the_image_comes_out_as_it_went_in(start: bytes, rest: bytes, width: int, height: int) -> None:
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


@given(st.binary(max_size=200))
def test_a_security_file_of_garbage_is_not_checkable(garbage: bytes) -> None:
    assert check_hashes(tlv.encode(0x77, garbage), {1: b"x"}).verdict is Verdict.NOT_CHECKABLE
    with pytest.raises(BadAnswer):
        listed_hashes(garbage)
