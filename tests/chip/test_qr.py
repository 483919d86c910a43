import string
import unicodedata

import numpy as np
import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from kiosk.chip.errors import BadQr
from kiosk.chip.qr import clean, find_qr, parse_qr
from kiosk.domain.citizen import Sex
from kiosk.domain.dates import PartialDate

CARD_2021 = "042150000012|181234567|Trần Thị Hoà|01071950|Nữ|Thôn 3, Thạch Kênh, Thạch Hà, Hà Tĩnh|10082021"
DIGITS = st.text(alphabet=string.digits, min_size=12, max_size=12)
NAMES = st.lists(st.sampled_from(["Đặng", "Nguyễn", "Thị", "Ước", "Huỳnh", "Ý"]), min_size=2, max_size=4).map(" ".join)
FREE = st.text(alphabet=st.characters(exclude_characters="|", exclude_categories=["C", "Z"]), max_size=20)


def frame(*texts: str, scale: int = 3, width: int = 640, height: int = 480) -> Image.Image:
    picture = Image.new("RGBA", (width, height), (200, 190, 170, 255))
    for index, text in enumerate(texts):
        barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
        code = Image.fromarray(np.array(barcode.to_image(scale=scale, add_quiet_zones=True))).convert("RGBA")
        picture.paste(code, (30 + index * (width // 2), 60))
    return picture


def seen(picture: Image.Image) -> str | None:
    return find_qr(picture.tobytes(), picture.width, picture.height)


def test_the_seven_fields_of_a_2021_card() -> None:
    qr = parse_qr(CARD_2021)
    assert qr.number.digits == "042150000012"
    assert qr.old_number == "181234567"
    assert qr.name == "Trần Thị Hoà"
    assert qr.born == PartialDate(1950, 7, 1)
    assert qr.sex is Sex.FEMALE
    assert qr.residence == "Thôn 3, Thạch Kênh, Thạch Hà, Hà Tĩnh"
    assert qr.issued == PartialDate(2021, 8, 10)
    assert qr.tail == ()


def test_a_card_without_an_old_number_leaves_it_empty_or_out() -> None:
    empty = parse_qr("042150000012||Trần Thị Hoà|01071950|Nữ|Thạch Kênh|10082021")
    left_out = parse_qr("042150000012|Trần Thị Hoà|01071950|Nữ|Thạch Kênh|10082021")
    assert empty == left_out
    assert empty.old_number is None


def test_fields_of_a_2024_card_behind_the_seventh_stay_as_they_are() -> None:
    assert parse_qr(CARD_2021 + "|Trần Văn Ba|Lê Thị Tư|").tail == ("Trần Văn Ba", "Lê Thị Tư", "")


def test_text_is_brought_into_one_form() -> None:
    loose = "\ufeff" + unicodedata.normalize("NFD", CARD_2021.replace("Trần", "  Ðặng \u200b")) + " \r\n"
    assert parse_qr(loose).name == "Đặng Thị Hoà"
    assert unicodedata.is_normalized("NFC", parse_qr(loose).residence)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("00001950", PartialDate(1950)),
        ("00071950", PartialDate(1950, 7)),
        ("1950", PartialDate(1950)),
        ("01/07/1950", PartialDate(1950, 7, 1)),
    ],
)
def test_partial_birth_dates_stay_partial(written: str, meant: PartialDate) -> None:
    assert parse_qr(CARD_2021.replace("01071950", written)).born == meant


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org/a|b",
        "042150000012|181234567",
        CARD_2021.replace("042150000012", "04215000001"),
        CARD_2021.replace("042150000012", "０４２１５００００012"),
        CARD_2021.replace("181234567", "18123456"),
        CARD_2021.replace("01071950", "31021950"),
        CARD_2021.replace("Trần Thị Hoà", ""),
        CARD_2021.replace("Trần Thị Hoà", "12345"),
        "|" * 4000,
    ],
)
def test_other_codes_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(BadQr) as refused:
        parse_qr(text)
    for secret in ("0421", "Hoà", "1950"):
        assert secret not in str(refused.value)


@given(DIGITS, NAMES, st.dates(), st.sampled_from(["Nam", "Nữ"]), FREE, st.lists(FREE, max_size=4))
def test_any_card_is_read_back(number: str, name: str, born: object, sex: str, home: str, tail: list[str]) -> None:
    date = PartialDate(1977, 12, 31)
    fields = [number, "", name, "31121977", sex, home, "01012022", *tail]
    qr = parse_qr("|".join(fields))
    assert (qr.number.digits, qr.name, qr.born) == (number, name, date)
    assert qr.residence == clean(home)
    assert qr.tail == tuple(clean(part) for part in tail)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        parse_qr(text)
    except BadQr:
        return
    assert text.count("|") >= 5


@given(st.text(max_size=50))
def test_cleaning_twice_changes_nothing(text: str) -> None:
    assert clean(clean(text)) == clean(text)


def test_a_code_is_found_in_a_camera_frame() -> None:
    text = seen(frame(CARD_2021))
    assert text is not None
    assert parse_qr(text) == parse_qr(CARD_2021)


@pytest.mark.parametrize("turn", [7, 45, 90, 180, 265])
def test_a_code_is_found_however_the_card_is_turned(turn: float) -> None:
    assert seen(frame(CARD_2021).rotate(turn, expand=True, fillcolor=(200, 190, 170, 255))) == CARD_2021


def test_a_soft_dim_noisy_frame_is_still_read() -> None:
    picture = frame(CARD_2021, scale=5, width=1280, height=720).filter(ImageFilter.GaussianBlur(1.5))
    noise = np.random.default_rng(1).normal(0, 12, (720, 1280, 4))
    dim = np.clip(np.asarray(picture) * 0.45 + 20 + noise, 0, 255).astype(np.uint8)
    assert find_qr(dim.tobytes(), 1280, 720) == CARD_2021


@pytest.mark.parametrize("turn", [12, 33, 48])
def test_a_dim_unsharp_turned_card_is_found_at_a_second_look(turn: float) -> None:
    barcode = zxingcpp.create_barcode(CARD_2021, zxingcpp.BarcodeFormat.QRCode)
    picture = frame()
    code = Image.fromarray(np.array(barcode.to_image(scale=4, add_quiet_zones=True)))
    picture.paste(code.convert("RGBA"), (200, 130))
    turned = picture.rotate(turn, resample=Image.Resampling.BILINEAR, fillcolor=(200, 190, 170, 255))
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(1.3)))
    dim = np.clip(soft * 0.28 + 30 + np.random.default_rng(1).normal(0, 12, soft.shape), 0, 255).astype(np.uint8)
    assert find_qr(dim.tobytes(), 640, 480) == CARD_2021


def test_the_card_wins_over_another_code_in_the_picture() -> None:
    assert seen(frame("https://example.org", CARD_2021, width=900)) == CARD_2021
    assert seen(frame(CARD_2021, "https://example.org", width=900)) == CARD_2021
    assert seen(frame("https://example.org")) == "https://example.org"


def test_a_frame_without_a_code_gives_nothing() -> None:
    assert seen(frame()) is None


@pytest.mark.parametrize("size", [(0, 0), (10, 10), (-1, -100)])
def test_a_frame_of_a_wrong_size_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="four bytes"):
        find_qr(bytes(396), *size)
