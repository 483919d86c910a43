"""The languages of the kiosk: one folder each, found by listing `languages/`.

A folder holds `language.toml` (what it is called, its voice, how it addresses people, how its numbers and days are
said) and `texts.toml` (every text, kiosk.words.catalogue). A language is added by putting its folder there: no code
lists them.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from kiosk.words.errors import CatalogueBroken, UnknownLanguage

Language = str
"""The code of a language and the name of its folder: two or three small letters (ISO 639)."""

RULES_FILE: Final = "language.toml"
TEXTS_FILE: Final = "texts.toml"
RULE_SETS: Final = ("vietnamese", "plain")
"""How numbers and days are said (kiosk.words.speech): in Vietnamese words, or by the patterns of `language.toml`."""

_FOLDER: Final = Path(__file__).with_name("languages")
_CODE: Final = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class FormsFrom:
    """How a woman and a man are addressed from an age on (whole years)."""

    age: int
    woman: str
    man: str


@dataclass(frozen=True, slots=True)
class Address:
    """How citizens are addressed: `usual` where age or sex is not known, every form there is, and those by age."""

    usual: str
    forms: tuple[str, ...]
    by_age: tuple[FormsFrom, ...]


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """How numbers and days are said: the name of the rule set (RULE_SETS), and what it needs.

    To "plain" belong `digits` (the words for zero to nine), `months`, and the patterns: `date` has {day}, {month} and
    {year}, `ratio` {part} and {whole}, `span` stands between two numbers. Without `marks` names lose the marks of
    Vietnamese letters, which a voice may spell out.
    """

    rules: str
    abbreviations: Mapping[str, str]
    digits: tuple[str, ...] = ()
    months: tuple[str, ...] = ()
    date: str = "{day} {month} {year}"
    ratio: str = "{part}/{whole}"
    span: str = "-"
    marks: bool = True


@dataclass(frozen=True, slots=True)
class LanguageRules:
    """All that a language is besides its texts. `name` is in the language itself, `voice` one of espeak-ng's.

    `forbidden` are the words that blame or frighten: none of its texts may have one (kiosk.words.lint).
    """

    code: Language
    name: str
    place: int
    voice: str
    address: Address
    speech: SpeechRules
    forbidden: tuple[str, ...]


def languages(folder: Path | None = None) -> tuple[Language, ...]:
    """List the languages there are, in the order of their places. Raises CatalogueBroken."""
    return _listed(folder or _FOLDER)


def rules_of(code: str, folder: Path | None = None) -> LanguageRules:
    """Give what a language is besides its texts. Raises UnknownLanguage and CatalogueBroken."""
    place = folder or _FOLDER
    if code not in _listed(place):
        raise UnknownLanguage(f"no catalogue for language {code!r}; there is: {', '.join(_listed(place))}")
    return _rules(place, code)


def texts_of(code: str, folder: Path | None = None) -> str:
    """Read the file of a language's texts. Raises UnknownLanguage, CatalogueBroken."""
    return _text((folder or _FOLDER) / rules_of(code, folder).code / TEXTS_FILE)


def following(code: str) -> Language:
    """Give the language that the switch leads to: the next one, after the last the first."""
    every = languages()
    return every[(every.index(code) + 1) % len(every)] if code in every else every[0]


@lru_cache
def _listed(folder: Path) -> tuple[Language, ...]:
    codes = [one.name for one in folder.iterdir() if (one / RULES_FILE).is_file()]
    if not codes:
        raise CatalogueBroken(f"{folder}: no language; a language is a folder with {RULES_FILE} and {TEXTS_FILE}")
    wrong = [code for code in codes if not _CODE.fullmatch(code)]
    if wrong:
        raise CatalogueBroken(
            f"{folder}: {', '.join(sorted(wrong))}: a language's folder is named by 2 or 3 letters a-z"
        )
    return tuple(sorted(codes, key=lambda code: (_rules(folder, code).place, code)))


@lru_cache
def _rules(folder: Path, code: str) -> LanguageRules:
    place = folder / code / RULES_FILE
    try:
        reader = _Reader(tomllib.loads(_text(place)))
    except tomllib.TOMLDecodeError as error:
        raise CatalogueBroken(f"{place} is not TOML: {error}") from error
    rules = LanguageRules(
        code,
        reader.text("name"),
        reader.whole("place"),
        reader.text("voice"),
        address=_address(reader),
        speech=_speech(reader),
        forbidden=reader.list("forbidden"),
    )
    reader.end("name", "place", "voice", "address", "speech", "forbidden")
    if not rules.forbidden:
        reader.wrong.append("forbidden: must be the words that no text may have, because they blame or frighten")
    if reader.wrong:
        raise CatalogueBroken(f"{place} cannot be used:\n" + "\n".join(f"  {one}" for one in reader.wrong))
    return rules


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise CatalogueBroken(f"{path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CatalogueBroken(f"{path} is not UTF-8 text (byte {error.start}); save the file as UTF-8") from error


def _address(whole: "_Reader") -> Address:
    part = whole.part("address")
    usual, forms = part.text("usual"), part.list("forms")
    steps: list[FormsFrom] = []
    for row in part.rows("by_age"):
        steps.append(FormsFrom(row.whole("from"), row.text("woman"), row.text("man")))
        row.end("from", "woman", "man")
    part.end("usual", "forms", "by_age")
    said = {usual, *(form for step in steps for form in (step.woman, step.man))}
    if not forms or not said <= set(forms):
        whole.wrong.append(f"address: {', '.join(sorted(said - set(forms)))} must be among its forms")
    if steps and steps[-1].age != 0:
        whole.wrong.append("address.by_age: the last row must be from = 0, so that nobody is without a form")
    if [step.age for step in steps] != sorted((step.age for step in steps), reverse=True):
        whole.wrong.append("address.by_age: the oldest come first")
    return Address(usual, forms, tuple(steps))


def _speech(whole: "_Reader") -> SpeechRules:
    part = whole.part("speech")
    plain = SpeechRules("plain", {})
    rules = SpeechRules(
        part.text("rules"),
        part.texts("abbreviations"),
        digits=part.list("digits"),
        months=part.list("months"),
        date=part.text("date", plain.date),
        ratio=part.text("ratio", plain.ratio),
        span=part.text("span", plain.span),
        marks=part.flag("marks", usual=True),
    )
    part.end("rules", "digits", "abbreviations", "months", "date", "ratio", "span", "marks")
    if rules.rules not in RULE_SETS:
        whole.wrong.append(f"speech.rules: must be one of {', '.join(RULE_SETS)}")
    for name, count in (("digits", 10), ("months", 12)) if rules.rules == "plain" else ():
        if len(getattr(rules, name)) != count:
            whole.wrong.append(f"speech.{name}: must be {count} words")
    for name, places in (("date", ("day", "month", "year")), ("ratio", ("part", "whole"))):
        if sorted(re.findall(r"\{(\w*)\}", getattr(rules, name))) != sorted(places):
            whole.wrong.append(f"speech.{name}: must hold {' and '.join(f'{{{one}}}' for one in places)}, each once")
    return rules


class _Reader:
    """Reads a table and collects everything that is wrong with it."""

    def __init__(self, table: Mapping[str, object], where: str = "", wrong: list[str] | None = None) -> None:
        self._table = table
        self._where = where
        self.wrong: list[str] = [] if wrong is None else wrong

    def _say(self, name: str, what: str) -> None:
        self.wrong.append(f"{self._where}{name}: {what}")

    def text(self, name: str, usual: str | None = None) -> str:
        value = self._table.get(name, usual)
        return self._checked(value, name)

    def _checked(self, value: object, name: str) -> str:
        if not isinstance(value, str) or not value.strip():
            self._say(name, "must be a text that is not empty")
            return ""
        if not unicodedata.is_normalized("NFC", value):
            self._say(name, "is not in Unicode form NFC; normalise the file")
        return value

    def whole(self, name: str) -> int:
        value = self._table.get(name)
        if type(value) is int and value >= 0:
            return value
        self._say(name, "must be a whole number, 0 or more")
        return 0

    def flag(self, name: str, *, usual: bool) -> bool:
        value = self._table.get(name, usual)
        if not isinstance(value, bool):
            self._say(name, "must be true or false")
        return value is True

    def list(self, name: str) -> tuple[str, ...]:
        value = self._table.get(name, [])
        if not isinstance(value, list):
            self._say(name, "must be a list of texts")
            return ()
        return tuple(self._checked(one, name) for one in cast("list[object]", value))

    def texts(self, name: str) -> Mapping[str, str]:
        table = self._map(name)
        return MappingProxyType({key: self._checked(value, f"{name}.{key}") for key, value in table.items()})

    def part(self, name: str) -> "_Reader":
        return _Reader(self._map(name), f"{self._where}{name}.", self.wrong)

    def rows(self, name: str) -> "list[_Reader]":
        value = self._table.get(name, [])
        if isinstance(value, list) and all(isinstance(one, dict) for one in cast("list[object]", value)):
            rows = cast("list[dict[str, object]]", value)
            return [_Reader(row, f"{self._where}{name}.", self.wrong) for row in rows]
        self._say(name, "must be a list of tables")
        return []

    def _map(self, name: str) -> dict[str, object]:
        value = self._table.get(name, {})
        if isinstance(value, dict):
            return cast("dict[str, object]", value)
        self._say(name, "must be a table")
        return {}

    def end(self, *known: str) -> None:
        """Complain of every entry that nothing reads."""
        for name in self._table.keys() - set(known):
            self._say(name, f"unknown entry; there is: {', '.join(known)}")
