"""What is amiss with a language, for translators and for the tests: all of it at once, each with place and rule.

Pure: what screens, texts, pictures and letters the kiosk has is handed in (`Asked`). The limits are those of the
screens and of old ears: title 24 letters, sentence 14 syllables, voice line 35 and 16 a sentence.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from kiosk.words.catalogue import Catalogue, ScreenWords
from kiosk.words.catalogue.loader import MANNER
from kiosk.words.errors import CatalogueBroken, UnknownLanguage
from kiosk.words.language import LanguageRules, SpeechRules, languages, rules_of
from kiosk.words.speech import said_by

TITLE_LETTERS: Final = 24
BUTTON_LETTERS: Final = 20
TEXT_LETTERS: Final = 100
SENTENCE_SYLLABLES: Final = 14
VOICE_SYLLABLES: Final = 35
SPOKEN_SYLLABLES: Final = 16
#: How much longer than in the first language a text may be, whose screens were laid out first.
_LONGER: Final = 1.75
_LONGER_LETTERS: Final = 20
#: Where nobody is asked for anything, a mark of joy may stand; never where something did not work.
_JOY: Final = frozenset({"welcome", "farewell", "print.left_thumb"})
_ACCESS: Final = ("blind", "deaf")
_BUTTONS: Final = ((), ("yes",), ("yes", "other"), ("have", "none"), ("go_on", "start_new"))
#: What a citizen can do nothing with: 0x12, E-104.
_CODE: Final = re.compile(r"\b(?:0x[0-9a-fA-F]+|[A-Z]{1,3}-?\d{2,})\b")
_UNIT: Final = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_VALUE: Final = re.compile(r"\{\w+\}")
_SENTENCE: Final = re.compile(r"[.?!…]")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the kiosk asks of a language: keys of screens and texts, pictures that are drawn, letters of its font."""

    screens: frozenset[str]
    texts: frozenset[str]
    pictures: frozenset[str]
    letters: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Language:
    """One language under the lint, and the first one, which all others are held against."""

    rules: LanguageRules
    words: Catalogue
    first: Catalogue
    screens: Mapping[str, ScreenWords]


def faults_of(code: str, asked: Asked, folder: Path | None = None) -> tuple[str, ...]:
    """Name everything that is amiss with a language, "where: what" each; empty: nothing is.

    `folder` holds the language's folder where it is not among the kiosk's own; it is held against the kiosk's first.
    """
    try:
        rules = rules_of(code, folder)
        words = Catalogue.load(code, folder=folder)
        first = _first(languages()[0])
    except (CatalogueBroken, UnknownLanguage) as error:
        lines = str(error).splitlines()
        return tuple(line.strip() for line in lines[1:]) or tuple(lines)
    samples = partial(_sample, words, rules.speech)
    screens = {
        key: words.screen(key, **{name: samples(name) for name in words.screen_placeholders(key)})
        for key in words.screen_keys
    }
    one = _Language(rules, words, first, screens)
    found = [*_keys(one, asked), *_manners(one), *_same_values(one)]
    for key in sorted(words.screen_keys):
        found += _screen(one, key, asked)
    for key in sorted(words.text_keys):
        found += _text(one, key)
    found += _letters(one, asked)
    return tuple(found)


def _keys(one: _Language, asked: Asked) -> Iterator[str]:
    manners = {f"manner.{name}" for name in MANNER}
    beside = {f"{name}.{access}" for name in manners for access in _ACCESS}
    for kind, wanted, known, more in (
        ("screen", asked.screens, one.words.screen_keys, frozenset[str]()),
        ("text", asked.texts | manners, one.words.text_keys, beside),
    ):
        yield from (f"{kind}.{key}: is missing" for key in sorted(wanted - known))
        yield from (f"{kind}.{key}: is superfluous, nothing shows or says it" for key in sorted(known - wanted - more))


def _manners(one: _Language) -> Iterator[str]:
    # These are themselves values of other texts: what stands in braces in them would be shown as it is.
    for key in sorted(one.words.text_keys):
        if key.startswith("manner.") and "{" in one.words.raw_text(key):
            yield f"text.{key}: is put into other texts and can have no value of its own"


def _same_values(one: _Language) -> Iterator[str]:
    for key in sorted(one.words.screen_keys & one.first.screen_keys):
        asks, first = one.words.screen_placeholders(key), one.first.screen_placeholders(key)
        yield from (f"screen.{key}: names {{{name}}}, which nothing gives it" for name in sorted(asks - first))
        yield from (f"screen.{key}: does not say {{{name}}}" for name in sorted(first - asks))
    for key in sorted(one.words.text_keys & one.first.text_keys):
        asks, first = one.words.text_placeholders(key), one.first.text_placeholders(key)
        yield from (f"text.{key}: names {{{name}}}, which nothing gives it" for name in sorted(asks - first))
        yield from (f"text.{key}: does not say {{{name}}}" for name in sorted(first - asks))


def _screen(one: _Language, key: str, asked: Asked) -> Iterator[str]:
    where = f"screen.{key}"
    words = one.screens[key]
    if words.picture not in asked.pictures:
        yield f"{where}.picture: there is no picture {words.picture!r}"
    buttons = tuple(words.buttons)
    if buttons not in _BUTTONS:
        yield f"{where}.buttons: the right button comes first, and their names are yes and other"
    if key in one.first.screen_keys and buttons != tuple(_filled(one.first, key).buttons):
        yield f"{where}.buttons: are others than in {one.first.language}"
    if not _UNIT.search(said_by(words.voice, one.rules.speech)):
        yield f"{where}.voice: says nothing"
    yield from _lengths(where, words)
    for part, text in (("title", words.title), ("sentence", words.sentence), ("voice", words.voice)):
        if "!" in text and key not in _JOY:
            yield f"{where}.{part}: shouts (!)"
        yield from _calm(f"{where}.{part}", text, one)
    for name, label in words.buttons.items():
        yield from _calm(f"{where}.buttons.{name}", label, one)


def _lengths(where: str, words: ScreenWords) -> Iterator[str]:
    if (letters := len(words.title)) > TITLE_LETTERS:
        yield f"{where}.title: has {letters} letters, at most {TITLE_LETTERS} fit"
    for name, label in words.buttons.items():
        if len(label) > BUTTON_LETTERS:
            yield f"{where}.buttons.{name}: has {len(label)} letters, at most {BUTTON_LETTERS} fit"
    if (count := _units(words.sentence)) > SENTENCE_SYLLABLES:
        yield f"{where}.sentence: has {count} syllables, at most {SENTENCE_SYLLABLES} are read"
    yield from _spoken(f"{where}.voice", words.voice)


def _spoken(where: str, line: str) -> Iterator[str]:
    if (count := _units(line)) > VOICE_SYLLABLES:
        yield f"{where}: has {count} syllables, at most {VOICE_SYLLABLES} are followed"
    for sentence in _SENTENCE.split(line):
        if (count := _units(sentence)) > SPOKEN_SYLLABLES:
            most = f"at most {SPOKEN_SYLLABLES} are followed"
            yield f"{where}: a sentence has {count} syllables, {most}: {sentence.strip()}"


def _text(one: _Language, key: str) -> Iterator[str]:
    text = one.words.raw_text(key)
    limit = TEXT_LETTERS
    if key in one.first.text_keys:
        usual = _letters_in(one.first.raw_text(key))
        limit = min(limit, max(round(usual * _LONGER), usual + _LONGER_LETTERS))
    if key.endswith(".voice"):
        yield from _spoken(f"text.{key}", text)
    elif (letters := _letters_in(text)) > limit:
        yield f"text.{key}: has {letters} letters, at most {limit} fit"
    yield from _calm(f"text.{key}", text, one)
    if "!" in text:
        yield f"text.{key}: shouts (!)"


def _calm(where: str, text: str, one: _Language) -> Iterator[str]:
    """Nobody is blamed, nothing is apologised for, and no code is shown."""
    for word in one.rules.forbidden:
        if re.search(rf"\b{re.escape(word)}\b", text.lower()):
            yield f"{where}: says {word!r}, which blames or frightens"
    if (code := _CODE.search(text)) is not None:
        yield f"{where}: shows a code, {code.group()!r}"
    if (symbol := next((one for one in text if unicodedata.category(one)[0] == "S"), None)) is not None:
        yield f"{where}: has the symbol {symbol}, which is drawn and not written"
    if text != " ".join(text.split()):
        yield f"{where}: has blanks at an end, or more than one between words"


def _letters(one: _Language, asked: Asked) -> Iterator[str]:
    for where, text in _everything(one):
        lacking = sorted({letter for letter in text + text.upper() if letter not in asked.letters})
        if lacking:
            named = " ".join(f"{letter} (U+{ord(letter):04X})" for letter in lacking)
            yield f"{where}: the font has no {named}"


def _everything(one: _Language) -> Iterator[tuple[str, str]]:
    yield "name", one.rules.name
    yield from (("address.forms", form) for form in one.rules.address.forms)
    for key in sorted(one.words.screen_keys):
        words = one.screens[key]
        for part, text in (("title", words.title), ("sentence", words.sentence), ("voice", words.voice)):
            yield f"screen.{key}.{part}", text
        yield from ((f"screen.{key}.buttons.{name}", label) for name, label in words.buttons.items())
    yield from ((f"text.{key}", one.words.raw_text(key)) for key in sorted(one.words.text_keys))


@lru_cache
def _first(code: str) -> Catalogue:
    return Catalogue.load(code)


def _filled(words: Catalogue, key: str) -> ScreenWords:
    return words.screen(key, **dict.fromkeys(words.screen_placeholders(key), "x"))


def _sample(texts: Catalogue, speech: SpeechRules, name: str) -> str:
    """Give what a value is like: a name of three syllables, a day as it is said, the longest of what can be chosen."""
    if name in _SAMPLES:
        return _SAMPLES[name]
    if name == "date":
        day = {"day": 1, "month": 7, "year": 1950}
        return said_by(_text_of(texts, "date.full", day), speech)
    if name in {"finger", "other_finger"}:
        return _longest(texts, "finger.")
    if name == "question":
        return max((_text_of(texts, key, {}) for key in texts.text_keys if ".ask." in key), key=len, default="x")
    if name == "matter":
        return _longest(texts, "matter.")
    if name == "spouse":
        return _text_of(texts, "field.unknown", {})
    return "x"


_SAMPLES: Final[Mapping[str, str]] = {
    "name": "Nguyễn Thị Phượng",
    "origin": "xã Thạch Khê, tỉnh Hà Tĩnh",
    "home": "thôn Tân Hương",
    "phone": "0912 345 678",
    "father": "Nguyễn Văn Khuyến",
    "mother": "Trần Thị Nhường",
    "message": "Mang máy về xã chiều nay.",
    "number": "1",
    "total": "5",
}


def _longest(texts: Catalogue, prefix: str) -> str:
    return max((texts.raw_text(key) for key in texts.text_keys if key.startswith(prefix)), key=len, default="x")


def _text_of(texts: Catalogue, key: str, values: Mapping[str, object]) -> str:
    if key not in texts.text_keys:
        return "x"
    known = {name: values.get(name, "x") for name in texts.text_placeholders(key)}
    return texts.text(key, **known)


def _letters_in(text: str) -> int:
    """Count letters, each value as a word."""
    return len(_VALUE.sub("xxxxxx", text))


def _units(text: str) -> int:
    """Count syllables in Vietnamese, which writes each as a word of its own; words elsewhere."""
    return len(_UNIT.findall(text))


def told(faults: Iterable[str]) -> str:
    """Write faults for a person, a line each."""
    return "\n".join(f"  {one}" for one in faults)
