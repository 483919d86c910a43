"""Reads the texts of a language and hands them out, filled with their values.

A placeholder is written `{name}`; with a capital, `{Name}`, its value gets a capital first letter. `{honorific}` is
known to the catalogue itself, and so are the names of what hands touch and ears hear, which are others for who cannot
see or hear (texts `manner.…`). Everything that is wrong with a file is reported at once.
"""

import difflib
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Final, cast

from kiosk.words.errors import CatalogueBroken, MissingValue, UnknownKey
from kiosk.words.language import Language, rules_of, texts_of

#: Placeholders for what hands do and touch, and ears hear: the text `manner.NAME`, or `manner.NAME.ACCESS` where
#: there is one.
MANNER: Final = (
    "touch",
    "green",
    "green_tick",
    "yellow",
    "nod",
    "shake",
    "cannot",
    "no_more",
    "too_young",
    "beep",
    "bell",
)

_PLACEHOLDER = re.compile(r"\{([A-Za-z][a-z_]*)\}")
_SCREEN_TEXTS = ("title", "sentence", "voice", "picture")


@dataclass(frozen=True, slots=True)
class ScreenWords:
    """All words of one screen, filled and ready to be drawn and said.

    `buttons` maps a button id (`yes`, `other`, ...) to its label, in the order of the catalogue; `picture` is the id of
    the drawing.
    """

    key: str
    title: str
    sentence: str
    voice: str
    picture: str
    buttons: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Catalogue:
    """The texts of one language."""

    def __init__(
        self,
        language: Language,
        screens: Mapping[str, ScreenWords],
        *,
        texts: Mapping[str, str],
        honorific: str,
        access: str = "",
    ) -> None:
        """Keep the unfilled texts; use `load` or `parse` to make a catalogue."""
        self.language = language
        self.honorific = honorific
        self._screens = dict(screens)
        self._texts = dict(texts)
        self._access = access
        self._manner = {name: self._manner_of(name) for name in MANNER}

    def _manner_of(self, name: str) -> str:
        usual = f"manner.{name}"
        return self._texts.get(f"{usual}.{self._access}") or self._texts.get(usual, name)

    @classmethod
    def load(cls, language: str, *, honorific: str | None = None, folder: Path | None = None) -> "Catalogue":
        """Read the texts of `language`; `honorific` is how the citizen is addressed (xưng hô).

        `folder` holds the languages, where they are not the kiosk's own. Raises UnknownLanguage, CatalogueBroken.
        """
        rules = rules_of(language, folder)
        return cls.parse(texts_of(language, folder), language, honorific=honorific or rules.address.usual)

    @classmethod
    def parse(cls, source: str, language: Language, *, honorific: str | None = None) -> "Catalogue":
        """Make a catalogue from TOML text. Raises UnknownLanguage, and CatalogueBroken, naming all that is wrong."""
        screens, texts = _read(source, language)
        return cls(language, screens, texts=texts, honorific=honorific or rules_of(language).address.usual)

    @property
    def forms(self) -> tuple[str, ...]:
        """Every form of address that the language has; a language with one leaves nothing to choose."""
        return rules_of(self.language).address.forms

    @property
    def screen_keys(self) -> frozenset[str]:
        """The keys of all screens."""
        return frozenset(self._screens)

    @property
    def text_keys(self) -> frozenset[str]:
        """The keys of all other texts."""
        return frozenset(self._texts)

    def addressed(self, honorific: str) -> "Catalogue":
        """Return the same catalogue with another form of address, such as "ông" or "cô"."""
        return Catalogue(self.language, self._screens, texts=self._texts, honorific=honorific, access=self._access)

    def for_access(self, access: str) -> "Catalogue":
        """Return the same catalogue for who cannot see ("blind") or hear ("deaf"); "" is the usual one."""
        if access == self._access:
            return self
        return Catalogue(self.language, self._screens, texts=self._texts, honorific=self.honorific, access=access)

    def screen(self, key: str, **values: object) -> ScreenWords:
        """Return the words of a screen, its placeholders filled. Raises UnknownKey, MissingValue."""
        words = self._screens.get(key)
        if words is None:
            raise UnknownKey(_unknown("screen", key, self._screens))
        given = self._with_honorific(values)
        return replace(
            words,
            title=_filled(words.title, given, where=f"{key}.title"),
            sentence=_filled(words.sentence, given, where=f"{key}.sentence"),
            voice=_filled(words.voice, given, where=f"{key}.voice"),
            buttons=MappingProxyType(
                {name: _filled(label, given, where=f"{key}.buttons.{name}") for name, label in words.buttons.items()}
            ),
        )

    def text(self, key: str, /, **values: object) -> str:
        """Return one text, its placeholders filled. Raises UnknownKey, MissingValue."""
        template = self._texts.get(key)
        if template is None:
            raise UnknownKey(_unknown("text", key, self._texts))
        return _filled(template, self._with_honorific(values), where=key)

    def raw_text(self, key: str) -> str:
        """Return one text as it is written, with its placeholders. Raises UnknownKey."""
        if key not in self._texts:
            raise UnknownKey(_unknown("text", key, self._texts))
        return self._texts[key]

    def screen_placeholders(self, key: str) -> frozenset[str]:
        """Return the values a screen asks for, lower case, without the honorific. Raises UnknownKey."""
        words = self._screens.get(key)
        if words is None:
            raise UnknownKey(_unknown("screen", key, self._screens))
        return placeholders_in(words.title, words.sentence, words.voice, *words.buttons.values())

    def text_placeholders(self, key: str) -> frozenset[str]:
        """Return the values a text asks for, lower case, without the honorific. Raises UnknownKey."""
        if key not in self._texts:
            raise UnknownKey(_unknown("text", key, self._texts))
        return placeholders_in(self._texts[key])

    def _with_honorific(self, values: Mapping[str, object]) -> dict[str, str]:
        given = {"honorific": self.honorific, **self._manner}
        given.update({name: unicodedata.normalize("NFC", str(value)) for name, value in values.items()})
        return given


def placeholders_in(*templates: str) -> frozenset[str]:
    """Return the names of the placeholders in the templates, lower case, without those that the catalogue knows."""
    found = {name.lower() for template in templates for name in _PLACEHOLDER.findall(template)}
    return frozenset(found - {"honorific", *MANNER})


def _filled(template: str, values: Mapping[str, str], *, where: str) -> str:
    def one(match: re.Match[str]) -> str:
        name = match.group(1)
        value = values.get(name.lower())
        if value is None:
            raise MissingValue(f"{where}: no value for {{{name.lower()}}}")
        return value[:1].upper() + value[1:] if name[0].isupper() else value

    return _PLACEHOLDER.sub(one, template)


def _unknown(kind: str, key: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(key, known, n=3, cutoff=0.5)
    hint = f"; did you mean {' or '.join(repr(one) for one in close)}?" if close else ""
    return f"no {kind} has the key {key!r}{hint}"


def _read(source: str, language: Language) -> tuple[dict[str, ScreenWords], dict[str, str]]:
    try:
        document = tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise CatalogueBroken(f"the {language} catalogue is not TOML: {error}") from error
    wrong: list[str] = [f"unknown part [{name}]" for name in document if name not in ("screen", "text")]
    screens: dict[str, ScreenWords] = {}
    for key, record in _table(document.get("screen", {}), "screen", wrong).items():
        screens[key] = _screen(key, _table(record, f"screen.{key}", wrong), wrong)
    texts = {
        key: _string(value, f"text.{key}", wrong)
        for key, value in _table(document.get("text", {}), "text", wrong).items()
    }
    if wrong:
        raise CatalogueBroken(f"the {language} catalogue cannot be used:\n" + "\n".join(f"  {one}" for one in wrong))
    return screens, texts


def _screen(key: str, record: Mapping[str, object], wrong: list[str]) -> ScreenWords:
    where = f"screen.{key}"
    for name in record:
        if name not in (*_SCREEN_TEXTS, "buttons"):
            close = difflib.get_close_matches(name, (*_SCREEN_TEXTS, "buttons"), n=1)
            wrong.append(f"{where}: unknown entry {name!r}" + (f"; did you mean {close[0]!r}?" if close else ""))
    title, sentence, voice, picture = (_string(record.get(name), f"{where}.{name}", wrong) for name in _SCREEN_TEXTS)
    buttons = {
        name: _string(label, f"{where}.buttons.{name}", wrong)
        for name, label in _table(record.get("buttons", {}), f"{where}.buttons", wrong).items()
    }
    return ScreenWords(key, title, sentence, voice=voice, picture=picture, buttons=MappingProxyType(buttons))


def _table(value: object, where: str, wrong: list[str]) -> Mapping[str, object]:
    if isinstance(value, dict):
        return cast(Mapping[str, object], value)
    wrong.append(f"{where}: must be a table")
    return {}


def _string(value: object, where: str, wrong: list[str]) -> str:
    if not isinstance(value, str) or not value.strip():
        wrong.append(f"{where}: must be a text that is not empty")
        return ""
    if not unicodedata.is_normalized("NFC", value):
        wrong.append(f"{where}: is not in Unicode form NFC; normalise the file")
    if "{" in _PLACEHOLDER.sub("", value) or "}" in _PLACEHOLDER.sub("", value):
        wrong.append(f"{where}: a brace does not belong to a placeholder like {{name}}")
    return value
