"""What a speaker records: every sentence of the voice lines that is always the same, with an id made of its text.

A changed sentence has another id: a recording of the old one is never heard for the new one.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kiosk.words.catalogue import Catalogue, Language
from kiosk.words.text import nfc

_END: Final = re.compile(r"(?<=[.?!…])\s+(?=\S)")
_ID_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class ScriptLine:
    """One sentence to be recorded: its id (also the name of the file), its text, and the screens where it is heard."""

    id: str
    text: str
    heard_at: tuple[str, ...]


def sentences(line: str) -> tuple[str, ...]:
    """Split a voice line into its sentences, NFC, without empty ones.

    A sentence ends with . ? ! or … and a space; "1.408" and "ông N.V.A." inside a word do not end one.
    """
    return tuple(one for one in (part.strip() for part in _END.split(nfc(line))) if one)


def sentence_id(text: str, language: Language) -> str:
    """Return the id of a sentence: 16 hexadecimal digits of SHA-256 over language and text (NFC)."""
    return hashlib.sha256(f"{language}\n{unicodedata.normalize('NFC', text)}".encode()).hexdigest()[:_ID_DIGITS]


def script(catalogue: Catalogue, honorifics: Iterable[str] | None = None) -> tuple[ScriptLine, ...]:
    """List every sentence that is always the same, once for each form of address that stands in it.

    What names a person, a number or a day is not in it: that is spoken by the speech program.
    """
    heard: dict[str, list[str]] = {}
    for honorific in honorifics or catalogue.forms:
        addressed = catalogue.addressed(honorific)
        for key in sorted(catalogue.screen_keys):
            for text in _fixed(addressed, key):
                places = heard.setdefault(text, [])
                if key not in places:
                    places.append(key)
    return tuple(
        ScriptLine(sentence_id(text, catalogue.language), text, tuple(places)) for text, places in heard.items()
    )


def _fixed(catalogue: Catalogue, key: str) -> list[str]:
    marks = {name: f"\0{name}\0" for name in catalogue.screen_placeholders(key)}
    return [one for one in sentences(catalogue.screen(key, **marks).voice) if "\0" not in one]
