"""Typing Vietnamese with single keys: direct letters and tone keys, Telex, VNI."""

import unicodedata
from collections.abc import Iterable
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.words.errors import NotText
from kiosk.words.keys import BACKSPACE, DIRECT_LETTERS, ETHNIC_LETTERS, TONE_KEYS, Method, compose
from kiosk.words.syllable import Placement

METHODS: tuple[Method, ...] = get_args(Method)
keys = st.one_of(
    st.sampled_from([*TONE_KEYS, BACKSPACE]),
    st.sampled_from("abcdefghijklmnopqrstuvwxyzADEOUWSFX0123456789 '-" + DIRECT_LETTERS + ETHNIC_LETTERS),
    st.characters(),
)


def typed(pressed: Iterable[str], method: Method = "direct", *, placement: Placement = "new", text: str = "") -> str:
    for key in pressed:
        text = compose(text, key, method=method, placement=placement).applied(text)
    return text


@pytest.mark.parametrize(
    ("pressed", "written"),
    [
        ("Nguyeenx Thij Phuowngj", "Nguyễn Thị Phượng"),
        ("Dduowngf", "Đường"),
        ("duongdwf", "đường"),
        ("tieengs", "tiếng"),
        ("tiengse", "tiếng"),
        ("hoaf", "hoà"),
        ("hoafng", "hoàng"),
        ("quyf", "quỳ"),
        ("quas", "quá"),
        ("giaf", "già"),
        ("gif", "gì"),
        ("gieengs", "giếng"),
        ("khuyur", "khuỷu"),
        ("ngoawcj", "ngoặc"),
        ("giuowngf", "giường"),
        ("muwaf", "mừa"),
        ("cuar", "của"),
        ("DDAWNGS", "ĐẮNG"),
        ("hoafz", "hoa"),
        ("Y Roox i", "Y Rỗ i"),
        ("tw", "tw"),
    ],
)
def test_telex_writes_what_people_expect(pressed: str, written: str) -> None:
    assert typed(pressed, "telex") == written


@pytest.mark.parametrize(
    ("pressed", "written"),
    [("ass", "as"), ("asss", "ass"), ("aaa", "aa"), ("ddd", "dd"), ("uww", "uw"), ("uoww", "uow"), ("aww", "aw")],
)
def test_the_same_telex_key_again_takes_it_back(pressed: str, written: str) -> None:
    assert typed(pressed, "telex") == written


@pytest.mark.parametrize(
    ("pressed", "written"),
    [("Nguye64n Thi5 Phuong75", "Nguyễn Thị Phượng"), ("d9a81ng", "đắng"), ("a11", "a1"), ("d99", "d9"), ("12", "12")],
)
def test_vni_writes_what_people_expect(pressed: str, written: str) -> None:
    assert typed(pressed, "vni") == written


def test_old_style_keeps_the_tone_on_the_first_vowel_until_an_end_follows() -> None:
    assert typed("hoaf", "telex", placement="old") == "hòa"
    assert typed("thuyr", "telex", placement="old") == "thủy"
    assert typed("hoafn", "telex", placement="old") == "hoàn"


@pytest.mark.parametrize(
    ("text", "key", "written"),
    [
        ("Nguyên", "tone_tilde", "Nguyễn"),
        ("Thị Phương", "tone_dot", "Thị Phượng"),
        ("hoa", "tone_grave", "hoà"),
        ("hoà", "tone_grave", "hoa"),
        ("hoà", "tone_acute", "hoá"),
        ("quê", "tone_hook", "quể"),
        ("K'Ty", "tone_acute", "K'Tý"),
        ("Krông Bưk", "tone_grave", "Krông Bừk"),
        ("Ng", "tone_acute", "Ng"),
        ("", "tone_acute", ""),
        ("Lan ", "tone_acute", "Lan "),
    ],
)
def test_a_tone_key_works_on_the_last_vowel_group(text: str, key: str, written: str) -> None:
    assert compose(text, key).applied(text) == written


def test_direct_letters_are_written_as_they_are() -> None:
    assert typed(["Đ", "ă", "n", "g", "tone_dot"]) == "Đặng"
    assert typed("asfrxj wdd") == "asfrxj wdd"
    assert typed(ETHNIC_LETTERS) == ETHNIC_LETTERS


def test_an_edit_touches_no_more_than_it_must() -> None:
    edit = compose("Thị Nguyên", "tone_tilde")
    assert (edit.delete, edit.insert) == (2, "ễn")
    edit = compose("Thị ", "N")
    assert (edit.delete, edit.insert) == (0, "N")


def test_backspace_takes_a_whole_letter() -> None:
    assert typed([BACKSPACE], text="Phượ") == "Phư"
    assert typed([BACKSPACE], text="Ê\u0306") == ""
    assert typed([BACKSPACE], text="") == ""


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(NotText, match="a key is one character"):
        compose("a", "tone_acutte")


def test_decomposed_text_is_composed_by_the_next_key() -> None:
    decomposed = unicodedata.normalize("NFD", "Nguyễ")
    assert compose(decomposed, "n").applied(decomposed) == "Nguyễn"
    assert compose(decomposed, BACKSPACE).applied(decomposed) == "Nguy"


@settings(deadline=None)
@given(st.lists(keys, max_size=25), st.sampled_from(METHODS), st.sampled_from(get_args(Placement)))
def test_whatever_is_typed_the_text_stays_nfc(pressed: list[str], method: Method, placement: Placement) -> None:
    text = ""
    for key in pressed:
        edit = compose(text, key, method=method, placement=placement)
        assert 0 <= edit.delete <= len(text)
        text = edit.applied(text)
        assert unicodedata.is_normalized("NFC", text)


@settings(deadline=None)
@given(st.lists(keys, max_size=25), st.sampled_from(METHODS))
def test_backspace_always_empties_the_field(pressed: list[str], method: Method) -> None:
    text = typed(pressed, method)
    for _ in range(len(text)):
        shorter = compose(text, BACKSPACE, method=method).applied(text)
        assert len(shorter) < len(text) or not text
        text = shorter
    assert text == ""


@settings(deadline=None)
@given(st.text("bcdghklmnpqrstvxaăâeêioôơuưyđ' ", max_size=15), st.sampled_from([*TONE_KEYS]))
def test_a_tone_key_pressed_twice_leaves_the_text_without_that_tone(text: str, key: str) -> None:
    assert typed([key, key], text=text) == text


@settings(deadline=None)
@given(st.text("bcdghklmnpqrstvxaăâeêioôơuưyđ' ", max_size=15), st.sampled_from([*TONE_KEYS]))
def test_a_tone_changes_marks_and_never_letters(text: str, key: str) -> None:
    changed = typed([key], text=text)
    mark = TONE_KEYS[key]
    assert unicodedata.normalize("NFD", changed).replace(mark, "") == unicodedata.normalize("NFD", text)
