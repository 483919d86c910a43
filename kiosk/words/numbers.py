"""Numbers and days as words, in Vietnamese as it is spoken. Owns the arithmetic of number words, nothing else."""

from collections.abc import Sequence
from typing import Final

from kiosk.words.errors import NotText
from kiosk.words.text import check_date

_DIGITS: Final = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_THOUSANDS: Final = ("", " nghìn", " triệu", " tỷ")
LARGEST: Final = 999_999_999_999


def number_words(number: int) -> str:
    """Return a whole number as Vietnamese words. Raises NotText below 0 or above LARGEST.

    >>> number_words(1950)
    'một nghìn chín trăm năm mươi'
    """
    if not 0 <= number <= LARGEST:
        raise NotText(f"only 0 to {LARGEST} can be spoken as a number")
    if number == 0:
        return _DIGITS[0]
    groups: list[int] = []
    while number:
        number, group = divmod(number, 1000)
        groups.append(group)
    words: list[str] = []
    for place in range(len(groups) - 1, -1, -1):
        if groups[place]:
            words.append(_hundreds(groups[place], after_more=bool(words)) + _THOUSANDS[place])
    return " ".join(words)


def digit_words(digits: str, names: Sequence[str] = _DIGITS) -> str:
    """Return digits one by one, by the `names` of zero to nine, in groups that can be followed.

    Twelve digits go three by three (a personal number), ten starting with 0 as 4-3-3 (a phone), others by three.
    Raises NotText for anything that is not ASCII digits.
    """
    if not (digits.isascii() and digits.isdigit()):
        raise NotText("only digits can be read digit by digit")
    first = 4 if len(digits) == 10 and digits[0] == "0" else 3
    groups = [digits[:first], *(digits[at : at + 3] for at in range(first, len(digits), 3))]
    if len(groups) > 1 and len(groups[-1]) == 1:
        # A lone last digit is lost to the ear: it joins the group before it.
        groups[-2:] = [groups[-2] + groups[-1]]
    return ", ".join(" ".join(names[int(one)] for one in group) for group in groups if group)


def date_words(year: int, month: int | None = None, day: int | None = None) -> str:
    """Return a whole or partial date as it is said in Vietnamese. Raises NotText for a day the calendar has not.

    >>> date_words(1950, 7, 1)
    'ngày một, tháng bảy, năm một chín năm không'
    """
    check_date(year, month, day)
    parts = [f"ngày {number_words(day)}"] if day is not None else []
    if month is not None:
        parts.append(f"tháng {month_words(month)}")
    parts.append(f"năm {year_words(year)}")
    return ", ".join(parts)


def month_words(month: int) -> str:
    """Return the number of a month as it is said: the fourth is "tư"."""
    return "tư" if month == 4 else number_words(month)


def year_words(year: int) -> str:
    """Return a year as it is said: digit by digit, but 2000 as a number."""
    return number_words(year) if year % 1000 == 0 else " ".join(_DIGITS[int(one)] for one in str(year))


def _hundreds(number: int, *, after_more: bool) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_DIGITS[hundreds]} trăm"] if hundreds or after_more else []
    tens, ones = divmod(rest, 10)
    if tens == 0:
        if ones:
            words.extend(["linh"] if words else [])
            words.append(_DIGITS[ones])
    else:
        words.append("mười" if tens == 1 else f"{_DIGITS[tens]} mươi")
        if ones:
            words.append(_ones_after_ten(ones, tens))
    return " ".join(words)


def _ones_after_ten(ones: int, tens: int) -> str:
    if ones == 5:
        return "lăm"
    if tens > 1 and ones == 1:
        return "mốt"
    if tens > 1 and ones == 4:
        return "tư"
    return _DIGITS[ones]
