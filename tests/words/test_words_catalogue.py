"""The catalogue: complete in both languages, within the limits of the house, clear about what is wrong."""

import re
import unicodedata

import pytest

from kiosk.words.catalogue import Catalogue, ScreenWords
from kiosk.words.errors import CatalogueBroken, MissingValue, UnknownKey, UnknownLanguage
from kiosk.words.language import Language, languages

SAMPLES: dict[str, dict[Language, str]] = {
    "name": {"vi": "Nguyễn Thị Phượng", "en": "Nguyễn Thị Phượng"},
    "date": {"vi": "ngày một, tháng bảy, năm một chín năm không", "en": "on 1 July 1950"},
    "origin": {"vi": "xã Thạch Khê, tỉnh Hà Tĩnh", "en": "Thạch Khê, Hà Tĩnh"},
    "home": {"vi": "thôn Tân Hương", "en": "Tân Hương"},
    "phone": {"vi": "0912 345 678", "en": "0912 345 678"},
    "father": {"vi": "Nguyễn Văn Khuyến", "en": "Nguyễn Văn Khuyến"},
    "mother": {"vi": "Trần Thị Nhường", "en": "Trần Thị Nhường"},
    "spouse": {"vi": "chưa có", "en": "not known"},
    "hand": {"vi": "phải", "en": "right"},
    "hand_seen": {"vi": "trái", "en": "left"},
    "matter": {"vi": "số định danh", "en": "birth date"},
    "finger": {"vi": "ngón áp út phải", "en": "right ring finger"},
    "other_finger": {"vi": "ngón áp út trái", "en": "left ring finger"},
    "question": {
        "vi": "Gặp lạnh, ngón tay bác có hay tê buốt, trắng bệch không?",
        "en": "Do your fingers turn white and numb in the cold?",
    },
    "message": {"vi": "Mang máy về xã chiều nay.", "en": "Bring the kiosk back this afternoon."},
    "number": {"vi": "1", "en": "1"},
    "total": {"vi": "5", "en": "5"},
}
CALM_KEYS = ("print.", "remedy.", "portrait.", "trouble", "full", "help", "idle", "declined", "resume", "edit.")
FORBIDDEN = {
    "vi": ("sai", "lỗi", "thất bại", "không hợp lệ", "hỏng", "xin lỗi"),
    "en": ("wrong", "error", "invalid", "failed", "failure", "sorry", "fault", "mistake"),
}

CATALOGUES = {language: Catalogue.load(language) for language in languages()}
every_screen = pytest.mark.parametrize(
    ("language", "key"), [(language, key) for language in languages() for key in sorted(CATALOGUES["vi"].screen_keys)]
)


def filled(language: Language, key: str) -> ScreenWords:
    catalogue = CATALOGUES[language]
    values = {name: SAMPLES[name][language] for name in catalogue.screen_placeholders(key)}
    return catalogue.screen(key, **values)


def spoken_units(text: str) -> int:
    """Count syllables in Vietnamese (one written word each), words in English."""
    return len(re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text))


def spoken_sentences(text: str) -> list[str]:
    return [one for one in re.split(r"[.?!]", text) if one.strip()]


def test_both_languages_have_the_same_screens_and_texts() -> None:
    vi, en = CATALOGUES["vi"], CATALOGUES["en"]
    assert vi.screen_keys == en.screen_keys
    assert vi.text_keys == en.text_keys


def test_both_languages_ask_for_the_same_values_and_offer_the_same_buttons_and_pictures() -> None:
    vi, en = CATALOGUES["vi"], CATALOGUES["en"]
    for key in vi.screen_keys:
        assert vi.screen_placeholders(key) == en.screen_placeholders(key), key
        assert tuple(filled("vi", key).buttons) == tuple(filled("en", key).buttons), key
        assert filled("vi", key).picture == filled("en", key).picture, key
    for key in vi.text_keys:
        assert vi.text_placeholders(key) == en.text_placeholders(key), key


@every_screen
def test_a_screen_stays_within_the_limits_of_the_house(language: Language, key: str) -> None:
    words = filled(language, key)
    assert len(words.title) <= 24, words.title
    assert spoken_units(words.sentence) <= 14, words.sentence
    assert spoken_units(words.voice) <= 35, words.voice
    for sentence in spoken_sentences(words.voice):
        assert spoken_units(sentence) <= 16, sentence
    assert len(words.buttons) <= 2


@every_screen
def test_a_screen_never_blames_and_never_shouts(language: Language, key: str) -> None:
    words = filled(language, key)
    everything = " ".join((words.title, words.sentence, words.voice, *words.buttons.values()))
    for word in FORBIDDEN[language]:
        assert not re.search(rf"\b{word}\b", everything.lower()), f"{key} says {word!r}"
    if key.startswith(CALM_KEYS) and key != "print.left_thumb":
        assert "!" not in everything


@every_screen
def test_a_screen_is_plain_text_that_every_font_has(language: Language, key: str) -> None:
    words = filled(language, key)
    for text in (words.title, words.sentence, words.voice, *words.buttons.values()):
        assert unicodedata.is_normalized("NFC", text)
        assert "{" not in text
        assert all(unicodedata.category(one)[0] in "LNPZ" for one in text), text
        assert text == " ".join(text.split())


@pytest.mark.parametrize("language", languages())
def test_no_flat_text_holds_symbols_or_blame(language: Language) -> None:
    catalogue = CATALOGUES[language]
    for key in catalogue.text_keys:
        text = catalogue.text(key, **dict.fromkeys(catalogue.text_placeholders(key), "x"))
        assert all(unicodedata.category(one)[0] in "LNPZ" for one in text), (key, text)
        for word in FORBIDDEN[language]:
            assert not re.search(rf"\b{word}\b", text.lower()), f"{key} says {word!r}"


def test_the_right_button_is_named_before_the_left_one() -> None:
    for key in CATALOGUES["vi"].screen_keys:
        names = tuple(filled("vi", key).buttons)
        assert names in ((), ("yes",), ("yes", "other"), ("have", "none"), ("go_on", "start_new")), key


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
    assert CATALOGUES["vi"].text("claim.code", code="{name}").endswith("{name}")


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
