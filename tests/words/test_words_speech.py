"""Lines are written out in words before a speech program gets them."""

import datetime as dt
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.words.catalogue import Catalogue
from kiosk.words.errors import NotText
from kiosk.words.numbers import LARGEST, date_words, digit_words, number_words
from kiosk.words.speech import spoken
from kiosk.words.text import official_date


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Số 042150001234.", "Số không bốn hai, một năm không, không không một, hai ba bốn."),
        ("Sinh 01/07/1950", "Sinh ngày một, tháng bảy, năm một chín năm không"),
        ("Sinh ngày 01/07/1950", "Sinh ngày một, tháng bảy, năm một chín năm không"),
        ("Sinh ngày 01 tháng 7 năm 1950.", "Sinh ngày một, tháng bảy, năm một chín năm không."),
        ("Sinh 4/1950", "Sinh tháng tư, năm một chín năm không"),
        ("Sinh năm 1950", "Sinh năm một chín năm không"),
        ("năm 2000", "năm hai nghìn"),
        ("ngày 21/4", "ngày hai mươi mốt, tháng tư"),
        ("2026-11-24", "ngày hai mươi tư, tháng mười một, năm hai không hai sáu"),
        ("gọi 0912 345 678", "gọi không chín một hai, ba bốn năm, sáu bảy tám"),
        ("gọi +84912.345.678", "gọi không chín một hai, ba bốn năm, sáu bảy tám"),
        ("CCCD và VNeID", "căn cước công dân và vi en ai đi"),
        ("TP. Hà Tĩnh", "thành phố Hà Tĩnh"),
        ("Bước 3/12", "Bước ba trên mười hai"),
        ("Pin 87%", "Pin tám mươi bảy phần trăm"),
        ("cách tay 20 cm", "cách tay hai mươi xăng ti mét"),
        ("1.128.438 người", "một triệu một trăm hai mươi tám nghìn bốn trăm ba mươi tám người"),
        ("7:30", "bảy giờ ba mươi phút"),
        ("5-7 ngày", "năm đến bảy ngày"),
        ("NGUYỄN THỊ PHƯỢNG", "Nguyễn Thị Phượng"),
        ("thôn 3 (trước đây: xã Đỉnh Bàn)", "thôn ba, trước đây: xã Đỉnh Bàn"),
        ("nhà số 2A", "nhà số hai A"),
        ("[[a]] <b>x</b>", "a b x, b"),
    ],
)
def test_vietnamese_is_written_out(written: str, said: str) -> None:
    assert spoken(written, "vi") == said


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Born 01/07/1950.", "Born 1 July 1950."),
        ("Number 042150001234", "Number zero four two, one five zero, zero zero one, two three four"),
        ("Call 0912 345 678", "Call zero nine one two, three four five, six seven eight"),
        ("Step 3/12, 20 seconds", "Step 3 of 12, 20 seconds"),
        ("NGUYỄN THỊ ĐÀO: ID", "Nguyen Thi Dao: I D"),
    ],
)
def test_english_is_written_out(written: str, said: str) -> None:
    assert spoken(written, "en") == said


@settings(deadline=None)
@given(st.text(max_size=60) | st.from_regex(r"[0-9/.:, +\-%()ngàythnăm]{0,30}", fullmatch=True))
def test_spoken_vietnamese_holds_no_digit_and_no_command(text: str) -> None:
    said = spoken(text, "vi")
    assert not any(one.isdecimal() for one in said)
    assert not set("[]<>|\\") & set(said)
    assert unicodedata.is_normalized("NFC", said)


@settings(deadline=None)
@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2100, 12, 31)))
def test_a_date_is_said_alike_however_it_is_written(day: dt.date) -> None:
    words = date_words(day.year, day.month, day.day)
    assert spoken(f"{day:%d/%m/%Y}", "vi") == words
    assert spoken(official_date(day.year, day.month, day.day), "vi") == words
    assert spoken(day.isoformat(), "vi") == words


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (0, "không"),
        (10, "mười"),
        (15, "mười lăm"),
        (21, "hai mươi mốt"),
        (24, "hai mươi tư"),
        (55, "năm mươi lăm"),
        (101, "một trăm linh một"),
        (1005, "một nghìn không trăm linh năm"),
        (4063, "bốn nghìn không trăm sáu mươi ba"),
        (1_000_000, "một triệu"),
        (2_000_000_010, "hai tỷ không trăm mười"),
    ],
)
def test_numbers_are_said_as_people_say_them(number: int, words: str) -> None:
    assert number_words(number) == words


@settings(deadline=None)
@given(st.integers(0, LARGEST), st.integers(0, LARGEST))
def test_two_numbers_never_sound_the_same(one: int, other: int) -> None:
    assert (number_words(one) == number_words(other)) == (one == other)


@settings(deadline=None)
@given(st.from_regex(r"[0-9]{1,16}", fullmatch=True))
def test_every_digit_is_said_once_and_in_order(digits: str) -> None:
    names = ["không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín"]
    said = digit_words(digits).replace(",", "").split()
    assert "".join(str(names.index(one)) for one in said) == digits


def test_what_is_no_number_is_refused() -> None:
    for bad in (-1, LARGEST + 1):
        with pytest.raises(NotText):
            number_words(bad)
    with pytest.raises(NotText):
        digit_words("12a")
    with pytest.raises(NotText):
        digit_words("")


def test_fixed_lines_of_the_catalogue_need_no_change_to_be_spoken() -> None:
    catalogue = Catalogue.load("vi")
    for key in catalogue.screen_keys:
        values = dict.fromkeys(catalogue.screen_placeholders(key), "Lan")
        voice = catalogue.screen(key, **values).voice
        assert spoken(voice, "vi").rstrip(".") == voice.rstrip("."), key
