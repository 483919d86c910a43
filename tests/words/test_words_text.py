"""Vietnamese text: one normal form, clean input, search keys, dates, the order of names."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.words.errors import NotText
from kiosk.words.text import clean_vietnamese, fold, name_sort_key, nfc, official_date

any_text = st.text(max_size=60)


def test_decomposed_names_become_one_with_composed_ones() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễn Thị Phượng")
    assert len(decomposed) == 23
    assert nfc(decomposed) == "Nguyễn Thị Phượng"
    assert len(nfc(decomposed)) == 17


def test_look_alikes_and_invisible_characters_go() -> None:
    assert clean_vietnamese("\ufeff Ðặng\u00a0\u00a0Thị\u200b Ðào\t\n") == "Đặng Thị Đào"
    assert clean_vietnamese("ð") == "đ"


def test_tone_placement_and_marks_of_names_are_never_touched() -> None:
    for name in ("Hòa", "Hoà", "Cill K'Git", "Y Rỗi", "Ƀlŏ", "H’Hen Niê", "Nguyễn-Lê"):
        assert clean_vietnamese(name) == name


@settings(deadline=None)
@given(any_text)
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    once = clean_vietnamese(text)
    assert clean_vietnamese(once) == once
    assert unicodedata.is_normalized("NFC", once)


def test_a_search_key_finds_every_spelling() -> None:
    assert {fold(one) for one in ("Hòa", "Hoà", "hoa", "HÓA", "Hoá")} == {"hoa"}
    assert fold("Đặng Thị Ưng") == "dang thi ung"
    assert fold("Cill K'Git") == fold("cill kgit")
    assert fold("Ƀlŏ") == "blo"


@settings(deadline=None)
@given(any_text)
def test_a_search_key_is_stable(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold(unicodedata.normalize("NFD", text)) == fold(text)


def test_the_official_date_is_written_as_on_papers() -> None:
    assert official_date(1950, 7, 1) == "ngày 01 tháng 7 năm 1950"
    assert official_date(1950, 2, 11) == "ngày 11 tháng 02 năm 1950"
    assert official_date(1950, 12) == "tháng 12 năm 1950"
    assert official_date(1950) == "năm 1950"


@pytest.mark.parametrize(
    ("year", "month", "day"), [(1950, 2, 29), (1950, 13, 1), (1950, 0, None), (0, None, None), (1950, None, 5)]
)
def test_a_day_the_calendar_has_not_is_refused(year: int, month: int | None, day: int | None) -> None:
    with pytest.raises(NotText):
        official_date(year, month, day)


def test_given_names_sort_as_in_a_vietnamese_list() -> None:
    expected = ["An", "Ánh", "Ân", "Ẩn", "Dũng", "Đào", "Oanh", "Ơn", "Uyên", "Ưng"]
    mixed = ["Ưng", "Đào", "An", "Ẩn", "Uyên", "Dũng", "Ánh", "Ơn", "Ân", "Oanh"]
    assert sorted(mixed, key=name_sort_key) == expected


def test_people_sort_by_given_name_then_family_name() -> None:
    people = ["Lê Văn Ánh", "Nguyễn Thị An", "Đặng Văn An", "Dương Văn An", "Trần Mẫn", "Trần Mận", "Trần Man"]
    assert sorted(people, key=name_sort_key) == [
        "Dương Văn An",
        "Đặng Văn An",
        "Nguyễn Thị An",
        "Lê Văn Ánh",
        "Trần Man",
        "Trần Mẫn",
        "Trần Mận",
    ]


def test_tones_sort_in_the_order_of_the_dictionary() -> None:
    tones = ["ma", "mà", "mả", "mã", "má", "mạ"]
    assert sorted(["má", "ma", "mạ", "mã", "mà", "mả"], key=name_sort_key) == tones


@settings(deadline=None)
@given(st.lists(any_text, max_size=8))
def test_any_list_of_names_can_be_sorted(names: list[str]) -> None:
    assert len(sorted(names, key=name_sort_key)) == len(names)
