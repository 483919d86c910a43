"""The catalogue: its keys and values, and clear about what is wrong. What texts must be like is in the lint."""

import unicodedata

import pytest

from kiosk.words.catalogue import Catalogue
from kiosk.words.errors import CatalogueBroken, MissingValue, UnknownKey, UnknownLanguage
from kiosk.words.language import languages

CATALOGUES = {language: Catalogue.load(language) for language in languages()}


def test_every_finger_has_its_screen_and_its_name() -> None:
    vi = CATALOGUES["vi"]
    for hand in ("right", "left"):
        for finger in ("thumb", "index", "middle", "ring", "little"):
            assert f"print.{hand}_{finger}" in vi.screen_keys
            assert vi.text(f"finger.{hand}_{finger}")


def test_the_form_of_address_is_data() -> None:
    aunt = CATALOGUES["vi"].addressed("cô")
    assert aunt.screen("welcome").title == "Chào cô!"
    assert aunt.screen("consent").title == "Cô có đồng ý không?"
    assert CATALOGUES["vi"].screen("welcome").title == "Chào bác!"


def test_a_value_is_brought_to_nfc() -> None:
    name = unicodedata.normalize("NFD", "Nguyễn Thị Phượng")
    words = CATALOGUES["vi"].screen("identity", name=name, date="năm 1950")
    assert "Nguyễn Thị Phượng" in words.voice
    assert unicodedata.is_normalized("NFC", words.voice)


def test_a_value_that_looks_like_a_placeholder_is_only_text() -> None:
    assert CATALOGUES["vi"].text("paused.row", name="A", born="B", day="{name}").endswith("{name})")


def test_a_mistyped_key_says_which_one_was_meant() -> None:
    with pytest.raises(UnknownKey, match=r"did you mean 'print\.right_thumb'"):
        CATALOGUES["vi"].screen("print.right_thum")
    with pytest.raises(UnknownKey, match=r"did you mean 'nav\.back'"):
        CATALOGUES["vi"].text("nav.bak")


def test_a_missing_value_names_the_place_and_the_value() -> None:
    with pytest.raises(MissingValue, match=r"identity\.voice: no value for \{date\}"):
        CATALOGUES["vi"].screen("identity", name="Lan")


def test_an_unknown_language_says_which_there_are() -> None:
    with pytest.raises(UnknownLanguage, match="vi, en"):
        Catalogue.load("fr")


def test_everything_wrong_with_a_file_is_said_at_once() -> None:
    decomposed = unicodedata.normalize("NFD", "Chào bác")
    source = f"""
[screen.a]
title = "{decomposed}"
sentense = "x"
voice = "x {{name"
picture = 3
[texts]
"""
    with pytest.raises(CatalogueBroken) as caught:
        Catalogue.parse(source, "vi")
    said = str(caught.value)
    assert "screen.a.title: is not in Unicode form NFC" in said
    assert "unknown entry 'sentense'; did you mean 'sentence'?" in said
    assert "screen.a.sentence: must be a text" in said
    assert "screen.a.picture: must be a text" in said
    assert "screen.a.voice: a brace" in said
    assert "unknown part [texts]" in said


def test_a_file_that_is_no_toml_is_refused() -> None:
    with pytest.raises(CatalogueBroken, match="not TOML"):
        Catalogue.parse("[screen", "en")
