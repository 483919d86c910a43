"""The lint: the kiosk's languages pass it, and each fault that is planted is named with its place."""

import re
import unicodedata
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.cli.check_words import asked
from kiosk.ui.cmap import letters_of
from kiosk.ui.errors import FontMissing
from kiosk.ui.settings import DisplaySettings
from kiosk.words.language import RULES_FILE, TEXTS_FILE, languages
from kiosk.words.lint import faults_of
from tests.words.third_language import CODE, drop_in

ASKED = asked()
# Found without importing Kivy, whose first import is the screens' own matter.
KIVY = find_spec("kivy")
assert KIVY is not None
assert KIVY.origin is not None
KIVYS_OWN = Path(KIVY.origin).parent / "data" / "fonts" / "Roboto-Regular.ttf"


@pytest.mark.parametrize("language", languages())
def test_the_languages_of_the_kiosk_have_no_fault(language: str) -> None:
    assert faults_of(language, ASKED) == ()


def test_a_language_that_is_made_of_the_english_one_has_none_either(tmp_path: Path) -> None:
    assert faults_of(CODE, ASKED, drop_in(tmp_path)) == ()


def put(key: str, part: str, text: str) -> Callable[[str], str]:
    """Give another text to one part of a screen."""

    def change(source: str) -> str:
        head, found, rest = source.partition(f"[screen.{key}]\n")
        assert found, key
        there = re.compile(rf'^({part}) = "[^"]*"', re.MULTILINE)
        changed, count = there.subn(lambda found: f'{found[1]} = "{text}"', rest, count=1)
        assert count == 1
        return head + found + changed

    return change


def text(key: str, value: str) -> Callable[[str], str]:
    """Give another value to one text."""

    def change(source: str) -> str:
        changed, count = re.subn(rf'^"{re.escape(key)}" = "[^"]*"', f'"{key}" = "{value}"', source, flags=re.MULTILINE)
        assert count == 1
        return changed

    return change


def without(pattern: str) -> Callable[[str], str]:
    """Take something out."""

    def change(source: str) -> str:
        changed, count = re.subn(pattern, "", source, count=1, flags=re.MULTILINE)
        assert count == 1
        return changed

    return change


def more(lines: str) -> Callable[[str], str]:
    """Put lines before the texts begin."""
    return lambda source: source.replace("[text]\n", f"{lines}\n[text]\n")


LONG = " ".join(["xa"] * 15)
PLANTED = [
    (without(r'^"nav.back" = .*\n'), "text.nav.back: is missing"),
    (without(r'^"manner.beep" = .*\n'), "text.manner.beep: is missing"),
    (without(r"^\[screen\.idle\]\n(?:.+\n)+"), "screen.idle: is missing"),
    (
        more('[screen.extra]\ntitle = "X"\nsentence = "X."\nvoice = "X."\npicture = "help"'),
        "screen.extra: is superfluous",
    ),
    (lambda source: source + '\n"nav.beyond" = "X"\n', "text.nav.beyond: is superfluous"),
    (put("idle", "title", "x" * 25), "screen.idle.title: has 25 letters, at most 24 fit"),
    (put("idle", "sentence", LONG), "screen.idle.sentence: has 15 syllables, at most 14 are read"),
    (put("idle", "voice", f"{LONG}. {LONG}. {LONG}."), "screen.idle.voice: has 45 syllables, at most 35 are followed"),
    (put("idle", "voice", f"{LONG} xa xa."), "screen.idle.voice: a sentence has 17 syllables, at most 16 are followed"),
    (put("standby", r"buttons = \{ yes", "x" * 21), "screen.standby.buttons.yes: has 21 letters, at most 20 fit"),
    (text("nav.back", "x" * 29), "text.nav.back: has 29 letters, at most 28 fit"),
    (text("looks.voice", f"{LONG} xa xa."), "text.looks.voice: a sentence has 17 syllables, at most 16 are followed"),
    (text("trouble.card", "x" * 101), "text.trouble.card: has 101 letters, at most 100 fit"),
    (put("idle", "title", "Zut xx"), "screen.idle.title: says 'zut', which blames"),
    (put("idle", "voice", "Xx zut."), "screen.idle.voice: says 'zut', which blames"),
    (put("standby", r"buttons = \{ yes", "Zut"), "screen.standby.buttons.yes: says 'zut', which blames"),
    (text("nav.back", "Zut"), "text.nav.back: says 'zut', which blames"),
    (put("idle", "sentence", "Xx 0x12."), "screen.idle.sentence: shows a code, '0x12'"),
    (text("nav.back", "X →"), "text.nav.back: has the symbol →"),
    (text("nav.back", "X E-104"), "text.nav.back: shows a code, 'E-104'"),
    (put("trouble", "sentence", "Xx xx!"), "screen.trouble.sentence: shouts (!)"),
    (text("nav.back", "Xx!"), "text.nav.back: shouts (!)"),
    (put("idle", "title", "X 漢"), "screen.idle.title: the font has no 漢 (U+6F22)"),
    (text("nav.back", "X漢"), "text.nav.back: the font has no"),
    (put("idle", "title", unicodedata.normalize("NFD", "Xoẻ")), "screen.idle.title: is not in Unicode form NFC"),
    (text("nav.back", unicodedata.normalize("NFD", "Xoẻ")), "text.nav.back: is not in Unicode form NFC"),
    (put("idle", "picture", "nowhere"), "screen.idle.picture: there is no picture 'nowhere'"),
    (put("idle", "picture", ""), "screen.idle.picture: must be a text that is not empty"),
    (put("idle", "voice", ""), "screen.idle.voice: must be a text that is not empty"),
    (put("idle", "voice", "… ?"), "screen.idle.voice: says nothing"),
    (put("idle", "title", "X {name}"), "screen.idle: names {name}, which nothing gives it"),
    (text("progress.step", "X {step}"), "text.progress.step: does not say {total}"),
    (put("identity", "voice", "Xx {name}."), "screen.identity: does not say {date}"),
    (text("nav.back", "X {name}"), "text.nav.back: names {name}, which nothing gives it"),
    (text("manner.touch", "x {honorific}"), "text.manner.touch: is put into other texts and can have no value"),
    (lambda source: source.replace("{ have = ", "{ yes = "), "screen.document.buttons: the right button comes first"),
    (without(r"(?<=\[screen\.idle\]\n)(?:.+\n)*?buttons = .*\n"), "screen.idle.title: must be a text"),
    (put("idle", "title", "Xx  xx"), "screen.idle.title: has blanks at an end, or more than one"),
    (lambda source: source + "[", "is not TOML"),
]


@pytest.mark.parametrize(("change", "said"), PLANTED, ids=[said for _, said in PLANTED])
def test_a_fault_that_is_planted_is_named(tmp_path: Path, change: Callable[[str], str], said: str) -> None:
    folder = drop_in(tmp_path)
    file = folder / CODE / TEXTS_FILE
    before = file.read_text("utf-8")
    after = change(before)
    assert after != before
    file.write_text(after, "utf-8")
    found = faults_of(CODE, ASKED, folder)
    assert any(said in one for one in found), found


def test_what_is_amiss_with_its_rules_is_named_too(tmp_path: Path) -> None:
    file = drop_in(tmp_path) / CODE / RULES_FILE
    file.write_text(file.read_text("utf-8").replace('voice = "eo"', ""), "utf-8")
    assert faults_of(CODE, ASKED, tmp_path / "languages") == ("voice: must be a text that is not empty",)
    (told,) = faults_of("qq", ASKED)
    assert "no catalogue for language 'qq'" in told


def test_the_letters_are_those_of_the_font_files_themselves() -> None:
    fonts = DisplaySettings()
    noto = letters_of(fonts.font_regular, fonts.font_bold)
    assert set("ẪẨỔỰđĐơƯ Ƀƀĕĭŏŭ\u0306") <= noto
    assert not set("漢😀") & noto
    roboto = letters_of(KIVYS_OWN)
    assert set("ẪẨỔỰđĐ") <= roboto
    assert not set("Ƀƀ\u0306") & roboto, "the font that comes with Kivy lacks them"
    assert letters_of(fonts.font_regular) & roboto == letters_of(fonts.font_regular, KIVYS_OWN)


def test_a_font_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(FontMissing, match="cannot be read"):
        letters_of(tmp_path / "none.ttf")
    (tmp_path / "torn.ttf").write_bytes(DisplaySettings().font_regular.read_bytes()[:200])
    with pytest.raises(FontMissing, match="no TrueType"):
        letters_of(tmp_path / "torn.ttf")


def test_the_translators_command_names_faults_and_fails(tmp_path: Path) -> None:
    folder = drop_in(tmp_path)
    good = CliRunner().invoke(app, ["check", "words", str(folder / CODE), str(folder / "vi")])
    assert (good.exit_code, good.output) == (0, f"{CODE}: good\nvi: good\n")
    file = folder / CODE / TEXTS_FILE
    file.write_text(text("nav.back", "x" * 99)(file.read_text("utf-8")), "utf-8")
    bad = CliRunner().invoke(app, ["check", "words", str(folder / CODE)])
    assert bad.exit_code == 1
    assert f"{CODE}: 1 faults\n  text.nav.back: has 99 letters, at most 28 fit" in bad.output
