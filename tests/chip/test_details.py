"""DG11, DG12 and the Vietnamese DG13: found by structure, kept when unknown, never guessed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.chip import tlv
from kiosk.chip.details import CardDetails, parse_dg11, parse_dg12, parse_dg13
from kiosk.chip.errors import BadAnswer
from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate

TEXTS = {
    1: "042150000001",
    2: "Nguyễn Thị Ất",
    3: "02/09/1950",
    4: "Nữ",
    5: "Việt Nam",
    6: "Kinh",
    7: "Không",
    8: "xã Thạch Kim, huyện Lộc Hà, tỉnh Hà Tĩnh",
    9: "thôn Sông Hải, " * 12 + "tỉnh Hà Tĩnh",
    10: "nốt ruồi cách 1 cm dưới mắt trái",
    11: "15/04/2021",
    12: "Không thời hạn",
    14: "Trần Văn Bính",
    15: "183456789",
}


def entry(number: int, *texts: str, tag: int = 0x0C, nested: bool = False) -> bytes:
    body = b"".join(tlv.encode(tag, text.encode()) for text in texts)
    return tlv.encode(0x30, tlv.encode(0x02, bytes([number])) + (tlv.encode(0x30, body) if nested else body))


def group(*entries: bytes, before: bytes = b"") -> bytes:
    return tlv.encode(0x6D, before + tlv.encode(0x30, b"".join(entries)))


def whole(tag: int = 0x0C) -> list[bytes]:
    return [
        *(entry(number, text, tag=tag) for number, text in TEXTS.items()),
        entry(13, "Nguyễn Văn Giáp", "Lê Thị Tý", nested=True),
    ]


def check(found: CardDetails) -> None:
    assert found.number == PersonalNumber("042150000001")
    assert found.name == "Nguyễn Thị Ất"
    assert found.born == PartialDate(1950, 9, 2)
    assert found.sex is Sex.FEMALE
    assert found.residence.endswith("tỉnh Hà Tĩnh")
    assert len(found.residence) > 127
    assert (found.father, found.mother, found.spouse) == ("Nguyễn Văn Giáp", "Lê Thị Tý", "Trần Văn Bính")
    assert found.issued == PartialDate(2021, 4, 15)
    assert found.expires is None
    assert found.old_number == "183456789"
    assert found.unread == 0


@pytest.mark.parametrize("tag", [0x0C, 0x13, 0x04])
def test_every_entry_of_a_card_is_found_whatever_kind_of_string_it_is(tag: int) -> None:
    check(parse_dg13(group(*whole(tag))))


@pytest.mark.parametrize("before", [b"\x02\x01\x00", b"\x06\x03\x2a\x03\x04", b"\xff\x00\x01", bytes(7)])
def test_unknown_bytes_before_the_entries_do_not_hide_them(before: bytes) -> None:
    check(parse_dg13(group(*whole(), before=before)))


def test_entries_in_another_order_and_wrapped_deeper_are_found() -> None:
    inner = tlv.encode(0x31, tlv.encode(0xA0, b"".join(reversed(whole()))))
    check(parse_dg13(tlv.encode(0x6D, inner)))


def test_an_old_number_at_the_other_place_is_found_too() -> None:
    found = parse_dg13(group(entry(2, "A"), entry(16, "183456789")))
    assert found.old_number == "183456789"
    assert found.others == {}


def test_an_unknown_entry_is_kept() -> None:
    assert parse_dg13(group(entry(2, "A"), entry(41, "gì đó", "nữa"))).others == {41: ("gì đó", "nữa")}


def test_an_entry_that_is_no_text_is_counted_and_the_others_are_read() -> None:
    found = parse_dg13(group(entry(2, "A"), tlv.encode(0x30, b"\x02\x01\x06\x0c\x02\xff\xfe")))
    assert (found.name, found.unread) == ("A", 1)


@pytest.mark.parametrize("content", [b"", b"\x30\x00", bytes(40), b"\x04\x10" + bytes(range(16))])
def test_a_file_without_any_entry_says_that_its_form_is_not_known(content: bytes) -> None:
    with pytest.raises(BadAnswer, match="does not know"):
        parse_dg13(tlv.encode(0x6D, content))


def test_names_are_kept_composed() -> None:
    assert parse_dg13(group(entry(2, "Nguyê\u0303n"))).name == "Nguyễn"


@given(st.binary(max_size=300))
def test_whatever_stands_in_a_dg13_ends_in_details_or_in_a_clear_error(content: bytes) -> None:
    try:
        found = parse_dg13(tlv.encode(0x6D, content))
    except BadAnswer:
        return
    assert found.others or found.unread or found != CardDetails()


@given(
    st.dictionaries(st.integers(17, 120), st.text(st.characters(codec="utf-8"), max_size=200), min_size=1, max_size=12)
)
def test_every_numbered_text_is_given_back(texts: dict[int, str]) -> None:
    found = parse_dg13(group(*(entry(number, text) for number, text in texts.items())))
    assert found.others.keys() == texts.keys()


def test_personal_and_document_details_are_named() -> None:
    dg11 = tlv.encode(
        0x6B,
        tlv.encode(0x5C, b"\x5f\x0e\x5f\x2b")
        + tlv.encode(0x5F0E, b"NGUYEN<<THI<AT")
        + tlv.encode(0x5F2B, bytes.fromhex("19500902"))
        + tlv.encode(0x5F16, b"\xff\xd8"),
    )
    assert parse_dg11(dg11) == {"name": "NGUYEN THI AT", "birth": "19500902"}
    dg12 = tlv.encode(0x6C, tlv.encode(0x5F19, "Bộ Công an".encode()) + tlv.encode(0x5F26, b"20210415"))
    assert parse_dg12(dg12) == {"authority": "Bộ Công an", "issued": "20210415"}


@given(st.binary(max_size=200))
def test_garbage_in_dg11_and_dg12_is_a_clear_error_or_nothing(content: bytes) -> None:
    for parse, tag in ((parse_dg11, 0x6B), (parse_dg12, 0x6C)):
        try:
            parse(tlv.encode(tag, content))
        except BadAnswer:
            continue
