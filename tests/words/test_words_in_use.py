"""Every key that the code asks the catalogue for is there, in both languages."""

import ast
from collections.abc import Iterator
from pathlib import Path

import kiosk
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import languages

SOURCES = Path(kiosk.__file__).parent


def asked_keys(method: str) -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCES.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == method):
                continue
            first = node.args[0] if node.args else None
            of_catalogue = "catalogue" in ast.unparse(node.func.value).lower()
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
