"""A third language for tests: made of the English folder when it is asked for, complete, and nobody's."""

import re
import shutil
from pathlib import Path

from kiosk.words import language
from kiosk.words.language import RULES_FILE, TEXTS_FILE

CODE = "xo"
NAME = "Xoẻ"
RULES = """
name = "Xoẻ"
place = 3
voice = "eo"
forbidden = ["zut"]
[address]
usual = "xu"
forms = ["xu", "xa", "xi"]
by_age = [{ from = 60, woman = "xa", man = "xi" }, { from = 0, woman = "xu", man = "xu" }]
[speech]
rules = "plain"
digits = ["oz", "un", "du", "tri", "kva", "kvin", "ses", "sep", "ok", "na"]
months = ["jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
date = "{year}, {month} {day}"
ratio = "{part} el {whole}"
span = "ĝis"
[speech.abbreviations]
PIN = "pi no"
"""
_ENGLISH_WORD = re.compile(r"(?<![{\w])[a-z]+(?![\w}])", re.IGNORECASE)
_TEXT = re.compile(r'(?<== )"([^"]*)"')


def drop_in(folder: Path) -> Path:
    """Copy the kiosk's languages into `folder` and put the third one beside them; returns the folder of languages."""
    there = folder / "languages"
    shutil.copytree(language._FOLDER, there)  # what the kiosk itself lists
    (there / CODE).mkdir()
    (there / CODE / RULES_FILE).write_text(RULES, "utf-8")
    english = (there / "en" / TEXTS_FILE).read_text("utf-8")
    (there / CODE / TEXTS_FILE).write_text("".join(_in_xo(line) for line in english.splitlines(keepends=True)), "utf-8")
    return there


def _in_xo(line: str) -> str:
    if line.startswith("picture"):
        return line
    # What hands and ears do is itself a value of other texts, and can have none.
    you = "xxx" if line.startswith('"manner.') else "{honorific}"
    return _TEXT.sub(lambda text: f'"{_words(text[1], you)}"', line)


def _words(text: str, you: str) -> str:
    return _ENGLISH_WORD.sub(lambda word: _word(word[0], you), text)


def _word(word: str, you: str) -> str:
    """Say it in as many letters, so that what fits in English fits here; "you" is the form of address."""
    if word in {"you", "You"}:
        return you if word == "you" else you.replace("h", "H", 1)
    return "X" * word[0].isupper() + "x" * (len(word) - word[0].isupper())
