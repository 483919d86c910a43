"""Vietnamese text as data: one normal form, clean input, search keys, the official date, the order of names.

A name is kept as on the paper: nothing here corrects spelling or tone placement. What differs only in placement
(Hòa, Hoà) meets in `fold`.
"""

import calendar
import re
import unicodedata
from typing import Final

from kiosk.words.errors import NotText

# Zero-width and direction marks, soft hyphen, word joiner, byte order mark: invisible, and they split equal names.
_INVISIBLE: Final = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]")
# Eth looks like the Vietnamese letter with a bar, and no Unicode form joins the two.
_ETH: Final = str.maketrans({"\u00d0": "\u0110", "\u00f0": "\u0111"})
_BARRED: Final = str.maketrans({"đ": "d", "ƀ": "b"})
_APOSTROPHES: Final = re.compile("['\u2018\u2019\u02bc\u02b9`\u00b4]")

# Dictionary order: every marked letter is a letter of its own, the tone decides only between equal letters.
_ALPHABET: Final = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER_RANK: Final = {letter: rank for rank, letter in enumerate(_ALPHABET, start=1)}
TONE_MARKS: Final = "\u0300\u0309\u0303\u0301\u0323"
"""The five tone marks as combining characters, in dictionary order: huyền, hỏi, ngã, sắc, nặng."""

NameKey = tuple[tuple[tuple[int, ...], ...], tuple[tuple[int, ...], ...], str]


def nfc(text: str) -> str:
    """Return the text in Unicode form NFC, the only one that is stored and compared."""
    return unicodedata.normalize("NFC", text)


def clean_vietnamese(text: str) -> str:
    """Return typed, scanned or imported Vietnamese as it is kept.

    Eth becomes the barred D, invisible characters go, every run of white space or control characters becomes one
    space, the ends are trimmed, and the result is NFC. Letters, tones, hyphens and apostrophes stay as they are.
    """
    visible = _INVISIBLE.sub("", nfc(text).translate(_ETH))
    spaced = "".join(" " if unicodedata.category(one) in ("Cc", "Zs", "Zl", "Zp") else one for one in visible)
    return nfc(" ".join(spaced.split()))


def fold(text: str) -> str:
    """Return a key to search by: no marks, no tones, no case, no apostrophes, single spaces.

    "hoa" finds Hòa, Hoà, Hoa and Hóa; "K'Git" and "Kgit" are one.
    """
    bare = _APOSTROPHES.sub("", clean_vietnamese(text).casefold()).translate(_BARRED)
    stripped = "".join(one for one in unicodedata.normalize("NFD", bare) if not unicodedata.combining(one))
    return " ".join(nfc(stripped).casefold().split())


def official_date(year: int, month: int | None = None, day: int | None = None) -> str:
    """Return a date in the official style, "ngày 01 tháng 7 năm 1950"; a partial one names only what is known.

    Raises NotText when there is no such day in the calendar, or a day without its month.
    """
    check_date(year, month, day)
    if month is None:
        return f"năm {year:04}"
    # Official papers write 01 and 02 for days below ten and months below three, so that none can be altered.
    written_month = f"{month:02}" if month < 3 else f"{month}"
    if day is None:
        return f"tháng {written_month} năm {year:04}"
    return f"ngày {day:02} tháng {written_month} năm {year:04}"


def check_date(year: int, month: int | None, day: int | None) -> None:
    """Refuse what is no date: raises NotText for a day the calendar has not, or a day without its month."""
    if not 1 <= year <= 9999:
        raise NotText(f"the year must be 1 to 9999, not {year}")
    if month is None:
        if day is not None:
            raise NotText("a day needs its month")
        return
    if not 1 <= month <= 12:
        raise NotText(f"the month must be 1 to 12, not {month}")
    if day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise NotText(f"month {month} of that year has no day {day}")


def name_sort_key(name: str) -> NameKey:
    """Return the key that sorts people as a Vietnamese list does: given name (last word), then family, then middle.

    Within a word the alphabet is a ă â b c d đ e ê ..., and the tones none, huyền, hỏi, ngã, sắc, nặng decide ties.
    """
    cleaned = clean_vietnamese(name)
    words = cleaned.split()
    ordered = words[-1:] + words[:-1]
    ranked = [_word_ranks(word) for word in ordered]
    return tuple(letters for letters, _ in ranked), tuple(tones for _, tones in ranked), cleaned


def _word_ranks(word: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    letters: list[int] = []
    tones: list[int] = []
    for one in word.casefold():
        letter, tone = split_tone(one)
        # Letters of other alphabets come after z, in the order of their code points; a mark on its own is one of them.
        letters.append(_LETTER_RANK.get(letter, len(_ALPHABET) + ord((letter or one)[0])))
        tones.append(TONE_MARKS.index(tone) + 1 if tone else 0)
    return tuple(letters), tuple(tones)


def split_tone(letter: str) -> tuple[str, str]:
    """Split one letter into the letter without its tone (NFC) and the combining tone mark, or ""."""
    parts = unicodedata.normalize("NFD", letter)
    tone = next((one for one in parts if one in TONE_MARKS), "")
    return nfc(parts.replace(tone, "", 1) if tone else letter), tone
