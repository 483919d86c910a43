"""Every key that the code asks the catalogue for is there, in both languages."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import kiosk
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import languages

SOURCES = Path(kiosk.__file__).parent


@cache
def calls() -> tuple[tuple[Path, ast.Call, ast.Attribute], ...]:
    """Give every call of a method in the sources that speak of a catalogue: read once, for all languages."""
    return tuple(
        (path, node, node.func)
        for path in sorted(SOURCES.rglob("*.py"))
        if "catalogue" in (source := path.read_text(encoding="utf-8")).lower()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )


def asked_keys(method: str) -> Iterator[tuple[str, str]]:
    for path, node, func in calls():
        if func.attr == method:
            first = node.args[0] if node.args else None
            of_catalogue = "catalogue" in ast.unparse(func.value).lower()
            if of_catalogue and isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield first.value, f"{path.relative_to(SOURCES)}:{node.lineno}"


def test_every_text_that_is_asked_for_exists() -> None:
    for language in languages():
        known = Catalogue.load(language).text_keys
        assert [(key, where) for key, where in asked_keys("text") if key not in known] == []


def test_every_screen_that_is_asked_for_exists() -> None:
    for language in languages():
        known = Catalogue.load(language).screen_keys
        assert [(key, where) for key, where in asked_keys("screen") if key not in known] == []
