"""Turns written lines into lines a speech program reads rightly, by the rules of each language (kiosk.words.language).

espeak-ng reads a personal number as one huge number, spells abbreviations, switches language inside VNeID and
misreads dates. `spoken` writes all of them out in words; for Vietnamese the result holds no digit at all.
"""

import re
from functools import lru_cache
from typing import Final

from kiosk.words.errors import NotText
from kiosk.words.language import Language, SpeechRules, rules_of
from kiosk.words.numbers import LARGEST, date_words, digit_words, month_words, number_words, year_words
from kiosk.words.syllable import unmarked
from kiosk.words.text import check_date, clean_vietnamese, fold

_UNITS: Final = {
    "%": "phần trăm",
    "km": "ki lô mét",
    "cm": "xăng ti mét",
    "mm": "mi li mét",
    "m": "mét",
    "kg": "ki lô gam",
    "g": "gam",
    "°C": "độ xê",
    "ml": "mi li lít",
    "phút": "phút",
}
# What the speech program would take for commands of its own, and what nobody can hear.
_UNSPEAKABLE: Final = re.compile(r"[\[\]<>{}|\\_^~*#@=\"“”«»]+")
_DATE_IN_WORDS: Final = re.compile(r"\b(ngày) (\d{1,2}),? (tháng) (\d{1,2}),? (năm) (\d{4})\b", re.IGNORECASE)
_MONTH_IN_WORDS: Final = re.compile(r"\b(tháng) (\d{1,2})\b", re.IGNORECASE)
_YEAR_IN_WORDS: Final = re.compile(r"\b(năm) (\d{4})\b", re.IGNORECASE)
_DATE: Final = re.compile(
    r"(?<![\w/.-])(ngày |tháng |năm )?(?:(\d{1,2})[/.-])?(\d{1,2})[/.-](\d{4})(?![\w/-])", re.IGNORECASE
)
_ISO_DATE: Final = re.compile(r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\w-])")
_DAY_AND_MONTH: Final = re.compile(r"\b(ngày) (\d{1,2})[/-](\d{1,2})(?![\w/-])", re.IGNORECASE)
_CLOCK: Final = re.compile(r"(?<![\w:])(\d{1,2}):(\d{2})(?![\w:])")
_PHONE: Final = re.compile(r"(?<![\w+])(\+84|0)((?:[ .-]?\d){9})(?![\w])")
_GROUPED: Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{3})+(?![\w]|\.\d)")
_DECIMAL: Final = re.compile(r"(?<![\w.,])(\d+),(\d+)(?![\w])")
_RATIO: Final = re.compile(r"(?<![\w/])(\d+)\s*/\s*(\d+)(?![\w/])")
_UNIT: Final = re.compile(r"(?<=\d)\s*(%|°C|km\b|cm\b|mm\b|kg\b|ml\b|m\b|g\b)")
_DIGITS: Final = re.compile(r"\d+")
_BARRED: Final = str.maketrans("đĐ", "dD")
_SPAN: Final = re.compile(r"(?<=\d)\s*-\s*(?=\d)")
_SHOUTED: Final = re.compile(r"\b[^\W\d_]{2,}\b")


def spoken(text: str, language: Language) -> str:
    """Return a line as it is to be handed to the speech program: words, commas and full stops, NFC.

    Raises UnknownLanguage.
    """
    return said_by(text, rules_of(language).speech)


def said_by(text: str, rules: SpeechRules) -> str:
    """Return a line as it is handed to the speech program, by these rules."""
    line = _UNSPEAKABLE.sub(" ", clean_vietnamese(text))
    if rules.abbreviations:
        line = _abbreviation(tuple(rules.abbreviations)).sub(lambda match: rules.abbreviations[match.group(1)], line)
    line = _SHOUTED.sub(lambda match: _calmed(match.group()), line)
    line = _vietnamese(line) if rules.rules == "vietnamese" else _plain(line, rules)
    line = re.sub(r"\s*[()/;–—…]+\s*", ", ", line)
    line = re.sub(r"\s+([,.?!:])", r"\1", line)
    line = re.sub(r"(?:,\s*)+(?=[,.?!:])", "", line)
    return clean_vietnamese(line).strip(", ")


@lru_cache
def _abbreviation(known: tuple[str, ...]) -> re.Pattern[str]:
    longest_first = "|".join(re.escape(one) for one in sorted(known, key=len, reverse=True))
    return re.compile(rf"\b({longest_first})\b(?:\.(?=\s*\w))?")


def _calmed(word: str) -> str:
    # Cards print names in capitals, which would be spelled; a word without a vowel is an abbreviation and stays.
    if word.isupper() and any(one in "aeiouy" for one in fold(word)):
        return word.capitalize()
    return word


def _vietnamese(line: str) -> str:
    line = _PHONE.sub(lambda match: digit_words(_phone(match)), line)
    line = _DATE_IN_WORDS.sub(_date_in_words, line)
    line = _ISO_DATE.sub(r"\3/\2/\1", line)
    line = _DATE.sub(_date, line)
    line = _DAY_AND_MONTH.sub(_day_and_month, line)
    line = _MONTH_IN_WORDS.sub(_month, line)
    line = _YEAR_IN_WORDS.sub(lambda match: f"{match.group(1)} {year_words(int(match.group(2)))}", line)
    line = _CLOCK.sub(_clock, line)
    line = _UNIT.sub(lambda match: f" {_UNITS[match.group(1)]}", line)
    line = _GROUPED.sub(lambda match: match.group().replace(".", ""), line)
    line = _DECIMAL.sub(lambda match: f"{match.group(1)} phẩy {match.group(2)}", line)
    line = _SPAN.sub(" đến ", _RATIO.sub(r"\1 trên \2", line))
    return _DIGITS.sub(_run, line)


def _plain(line: str, rules: SpeechRules) -> str:
    """Read codes digit by digit and days by the pattern; other numbers are left to the voice."""
    line = _PHONE.sub(lambda match: digit_words(_phone(match), rules.digits), line)
    line = _ISO_DATE.sub(r"\3/\2/\1", line)
    line = _DATE.sub(lambda match: _plain_date(match, rules), line)
    line = _RATIO.sub(lambda match: rules.ratio.format(part=match.group(1), whole=match.group(2)), line)
    line = _SPAN.sub(f" {rules.span} ", line)
    bare = line if rules.marks else unmarked(line).translate(_BARRED)
    return _DIGITS.sub(lambda match: _plain_run(_ascii(match.group()), rules), bare)


def _phone(match: re.Match[str]) -> str:
    return "0" + _ascii("".join(one for one in match.group(2) if one.isdigit()))


def _date_in_words(match: re.Match[str]) -> str:
    try:
        words = date_words(int(match.group(6)), int(match.group(4)), int(match.group(2)))
    except NotText:
        return match.group()
    return match.group(1) + words.removeprefix("ngày")


def _date(match: re.Match[str]) -> str:
    lead, day, month, year = match.groups()
    try:
        words = date_words(int(year), int(month), int(day) if day else None)
    except NotText:
        return match.group()
    return (lead or "") + (words.removeprefix(lead.lower()) if lead else words)


def _plain_date(match: re.Match[str], rules: SpeechRules) -> str:
    lead, day, month, year = match.groups()
    try:
        check_date(int(year), int(month), int(day) if day else None)
    except NotText:
        return match.group()
    said = rules.date.format(day=int(day) if day else "", month=rules.months[int(month) - 1], year=int(year))
    return (lead or "") + " ".join(said.split())


def _day_and_month(match: re.Match[str]) -> str:
    day, month = int(match.group(2)), int(match.group(3))
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match.group()
    return f"{match.group(1)} {number_words(day)}, tháng {month_words(month)}"


def _month(match: re.Match[str]) -> str:
    month = int(match.group(2))
    return f"{match.group(1)} {month_words(month)}" if 1 <= month <= 12 else match.group()


def _clock(match: re.Match[str]) -> str:
    hour, minute = int(match.group(1)), int(match.group(2))
    if hour > 23 or minute > 59:
        return match.group()
    return f"{number_words(hour)} giờ" + (f" {number_words(minute)} phút" if minute else "")


def _run(match: re.Match[str]) -> str:
    digits = _ascii(match.group())
    words = digit_words(digits) if _by_digit(digits) else number_words(int(digits))
    # A digit that touches a letter (B12, 2A) must not melt into it.
    before = match.start() > 0 and not match.string[match.start() - 1].isspace()
    after = match.end() < len(match.string) and match.string[match.end()].isalpha()
    return f"{' ' if before else ''}{words}{' ' if after else ''}"


def _plain_run(digits: str, rules: SpeechRules) -> str:
    return digit_words(digits, rules.digits) if _by_digit(digits) else digits


def _by_digit(digits: str) -> bool:
    """Say whether a run of digits is a code (read digit by digit) rather than a quantity."""
    return (len(digits) > 1 and digits[0] == "0") or len(digits) > 7 or int(digits) > LARGEST


def _ascii(digits: str) -> str:
    return "".join(str(int(one)) for one in digits)
