"""A strict reader: one TOML file in, frozen dataclasses out, or every mistake at once.

Owns how a settings file is read and how its mistakes are told. Knows no section by name: those are in settings.py.
A section is a dataclass; the type of each field says what is allowed (`int`, `float`, `bool`, `str`, `Path`, a
`Literal`, `tuple[..., ...]`, an optional one of these), `Annotated` with Between or Matching narrows it, and a
ValueError from `__post_init__` is told as a mistake of that section. Nothing is guessed and nothing is ignored.
"""

import dataclasses
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Final, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from unicodedata import normalize

Settings = TypeVar("Settings")

LARGEST_FILE_BYTES: Final = 1_000_000
_SHOWN_CHARACTERS: Final = 60
_PARSER_CHARACTERS: Final = 300
_HEADER: Final = re.compile(r"\s*\[\s*([A-Za-z0-9_-]+)\s*\]")
_KEY: Final = re.compile(r"\s*([A-Za-z0-9_-]+)\s*=")
_AT_LINE: Final = re.compile(r" \(at line (\d+), column (\d+)\)$")


class SettingsError(Exception):
    """A settings file that cannot be used; `problems` has one sentence for each mistake in it."""

    def __init__(self, path: Path, problems: tuple[str, ...]) -> None:
        self.path = path
        self.problems = problems
        count = "1 mistake" if len(problems) == 1 else f"{len(problems)} mistakes"
        super().__init__("\n  ".join((f"{path}: {count}, nothing was started", *problems)))


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `least` to `most`, both included."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Matching:
    """A text that the whole of `pattern` matches; `words` says so to a person."""

    pattern: str
    words: str


@dataclass(frozen=True, slots=True)
class _Refused:
    """Stands for a value that was refused; the reason is among the problems."""


_REFUSED: Final = _Refused()


def read_settings(cls: type[Settings], path: Path) -> Settings:
    """Read the TOML file at `path` into `cls`, a dataclass whose fields are sections. Raises SettingsError."""
    text = _text(path)
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # Plain ValueError: a number of more digits than Python converts. RecursionError: brackets nested without end.
        raise SettingsError(path, (_not_toml(error, text),)) from error
    reader = _Reader(_lines_of(text))
    settings = reader.section(cls, document, "")
    if reader.problems or isinstance(settings, _Refused):
        raise SettingsError(path, tuple(reader.problems))
    return settings


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise SettingsError(path, (f"cannot be read: {reason or error}",)) from error
    if len(content) > LARGEST_FILE_BYTES:
        raise SettingsError(path, (f"larger than {LARGEST_FILE_BYTES} bytes; this is no settings file",))
    try:
        return normalize("NFC", content.decode("utf-8-sig")).replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise SettingsError(path, (f"not UTF-8 text (byte {error.start}); save the file as UTF-8",)) from error


def _lines_of(text: str) -> dict[str, int]:
    """Where each section and key was written, for the messages; good enough for files that people write."""
    lines: dict[str, int] = {}
    section = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.match(line):
            section = header[1]
            lines.setdefault(section, number)
        elif key := _KEY.match(line):
            lines.setdefault(f"{section}.{key[1]}" if section else key[1], number)
    return lines


def _shown(value: object) -> str:
    """A value as a message shows it: on one line, and short."""
    text = repr(value) if not isinstance(value, Exception) else " ".join(str(value).split())
    return _shortened(text, _SHOWN_CHARACTERS)


def _shortened(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _not_toml(error: Exception, text: str) -> str:
    """The parser's words behind the line that they are about, as with every other mistake."""
    words = " ".join(str(error).split())
    if found := _AT_LINE.search(words):
        where, words = f"line {found[1]}: ", f"{words[: found.start()]} (column {found[2]})"
    elif words.endswith("(at end of document)"):
        where = f"line {len(text.rstrip().splitlines()) or 1}: "
    else:
        where = ""
    # The parser may repeat a key of any length.
    return f"{where}not TOML: {_shortened(words, _PARSER_CHARACTERS)}"


class _Reader:
    """Walks the document beside the dataclasses and collects what is wrong."""

    def __init__(self, lines: Mapping[str, int]) -> None:
        self._lines = lines
        self.problems: list[str] = []

    def _problem(self, where: str, what: str) -> _Refused:
        line = self._lines.get(where)
        self.problems.append(f"{f'line {line}: ' if line else ''}{where or 'file'}: {what}")
        return _REFUSED

    def section(self, cls: type[Settings], table: Mapping[str, object], where: str) -> Settings | _Refused:
        """Read one table into the dataclass `cls`."""
        hints = get_type_hints(cls, include_extras=True)
        fields = {field.name: field for field in dataclasses.fields(cast("Any", cls)) if field.init}
        before = len(self.problems)
        for key in sorted(table.keys() - fields.keys()):
            self._unknown(key, tuple(fields), where)
        values: dict[str, object] = {}
        for name, field in fields.items():
            inner = f"{where}.{name}" if where else name
            if name in table:
                values[name] = self.value(hints[name], table[name], inner)
            elif dataclasses.is_dataclass(hints[name]):
                values[name] = self.section(cast("type[object]", hints[name]), {}, inner)
            elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
                self._problem(inner, f"missing; {_wish(hints[name])} is needed")
        if len(self.problems) > before:
            return _REFUSED
        try:
            return cls(**values)
        except ValueError as error:
            return self._problem(where, str(error).removeprefix(f"{where}: ").removeprefix(f"{where}."))

    def _unknown(self, key: str, known: tuple[str, ...], where: str) -> None:
        close = get_close_matches(key[:_SHOWN_CHARACTERS], known, n=1)
        hint = f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"
        shown = key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else _shown(key)
        self._problem(f"{where}.{shown}" if where else shown, f"unknown {'key' if where else 'section'} ({hint})")

    def value(self, hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - a type hint is of any type
        """Read one value as its type hint says."""
        if dataclasses.is_dataclass(hint):
            if not isinstance(value, dict):
                return self._problem(where, f"{_shown(value)} stands where a section [{where}] is needed")
            return self.section(cast("type[object]", hint), cast("dict[str, object]", value), where)
        if get_origin(hint) is tuple:
            return self._row(hint, value, where)
        limits: tuple[object, ...] = ()
        if get_origin(hint) in (Union, UnionType):
            hint = next(part for part in get_args(hint) if part is not type(None))
        if get_origin(hint) is Annotated:
            hint, *rest = get_args(hint)
            limits = tuple(rest)
        plain = _plain(hint, value)
        if isinstance(plain, _Refused) or not all(_within(limit, plain) for limit in limits):
            return self._problem(where, f"{_shown(value)} is not {_wish(hint, *limits)}")
        return plain

    def _row(self, hint: Any, value: object, where: str) -> object:  # noqa: ANN401 - a type hint is of any type
        if not isinstance(value, list):
            return self._problem(where, f"{_shown(value)} is not a list [..., ...]")
        items = cast("list[object]", value)
        return tuple(self.value(get_args(hint)[0], item, where) for item in items)


def _plain(hint: object, value: object) -> object:
    if get_origin(hint) is Literal:
        # By type too: true is no 1, and 90.0 no 90.
        return value if any(type(value) is type(one) and value == one for one in get_args(hint)) else _REFUSED
    if hint is Path:
        whole = isinstance(value, str) and "\0" not in value and value.startswith("/")
        return Path(cast("str", value)) if whole else _REFUSED
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value) if abs(value) < 1e300 else _REFUSED
    if hint is str:
        return value if isinstance(value, str) and value.isprintable() else _REFUSED
    return value if type(value) is hint else _REFUSED


def _within(limit: object, value: object) -> bool:
    match limit:
        case Between(least, most):
            return isinstance(value, int | float) and least <= value <= most
        case Matching(pattern):
            return isinstance(value, str) and re.fullmatch(pattern, value) is not None
        case _:
            return True


_NAMES: Final[dict[object, str]] = {
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    str: 'a text in "quotes"',
    Path: 'an absolute path in "quotes"',
}


def _wish(hint: Any, *limits: object) -> str:  # noqa: ANN401 - a type hint is of any type
    """What would have been right, in words."""
    if get_origin(hint) is Annotated:
        return _wish(*get_args(hint))
    if get_origin(hint) is Literal:
        return "one of " + ", ".join(f'"{one}"' if isinstance(one, str) else str(one) for one in get_args(hint))
    for limit in limits:
        match limit:
            case Between(least, most):
                return f"{_NAMES.get(hint, 'a value')} from {least:g} to {most:g}"
            case Matching(_, words):
                return words
            case _:
                continue
    return _NAMES.get(hint, "a value")
