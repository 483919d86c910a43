"""The Vietnamese syllable: its onset, vowel group, end and tone, and where the tone is written.

Owns the rule of tone placement in both styles. Knows spelling only so far as a key composer needs it; whether a
syllable exists in the language is not asked.
"""

import unicodedata
from dataclasses import dataclass, replace
from typing import Final, Literal

from kiosk.words.text import TONE_MARKS, nfc, split_tone

Placement = Literal["new", "old"]

_VOWELS: Final = frozenset("aeiouyăâêôơư")
_MARKED_VOWELS: Final = frozenset("ăâêôơư")
_LETTER_MARKS: Final = "\u0302\u0306\u031b"
_ENDS: Final = frozenset(("", "c", "ch", "k", "m", "n", "ng", "nh", "p", "t"))
_ONSETS: Final = frozenset(
    ("", "b", "c", "ch", "d", "đ", "g", "gh", "gi", "h", "k", "kh", "l", "m", "n", "ng", "ngh", "nh", "p", "ph")
) | frozenset(("qu", "r", "s", "t", "th", "tr", "v", "x", "f", "j", "w", "z"))
"""How a Vietnamese syllable may begin; f, j, w and z occur in names."""
_GLIDES: Final = frozenset(("oa", "oe", "uy"))
_LONGEST: Final = 10


@dataclass(frozen=True, slots=True)
class Syllable:
    """The last syllable of a text. `vowels` carry their marks but not the tone; `tone` is a combining mark or ""."""

    before: str
    onset: str
    vowels: str
    end: str
    tone: str

    def with_vowels(self, vowels: str) -> "Syllable":
        """Return the same syllable with another vowel group."""
        return replace(self, vowels=vowels)

    @property
    def is_plain(self) -> bool:
        """Say whether onset and end are ones that Vietnamese spelling has."""
        return self.onset.lower() in _ONSETS and self.end.lower() in _ENDS


def split_syllable(text: str) -> Syllable | None:
    """Find the last syllable of NFC text: the last vowel group and what touches it. None when there is no vowel."""
    start = len(text)
    while start > 0 and len(text) - start < _LONGEST and text[start - 1].isalpha():
        start -= 1
    word = text[start:]
    plain = [split_tone(one) for one in word]
    last = next((at for at in range(len(word) - 1, -1, -1) if plain[at][0].lower() in _VOWELS), None)
    if last is None:
        return None
    first = last
    while first > 0 and plain[first - 1][0].lower() in _VOWELS:
        first -= 1
    letters = "".join(letter for letter, _ in plain).lower()
    first += _glide_of_onset(letters, first=first, last=last)
    tone = next((mark for _, mark in plain[first : last + 1] if mark), "")
    return Syllable(
        before=text[:start],
        onset=word[:first],
        vowels="".join(letter for letter, _ in plain[first : last + 1]),
        end=word[last + 1 :],
        tone=tone,
    )


def _glide_of_onset(letters: str, *, first: int, last: int) -> int:
    """Return 1 when the first vowel letter belongs to the onset: the u of qu, the i of gi before another vowel."""
    if first in (0, last):
        return 0
    return int(letters[first - 1 : first + 1] in ("qu", "gi"))


def syllable_with_tone(syllable: Syllable, tone: str, placement: Placement) -> str:
    """Write a syllable (without `before`) with a tone in the place the style gives it; "" takes the tone away."""
    vowels = syllable.vowels
    if tone:
        at = tone_position(vowels, bool(syllable.end), placement=placement)
        vowels = vowels[:at] + nfc(vowels[at] + tone) + vowels[at + 1 :]
    return syllable.onset + vowels + syllable.end


def tone_position(vowels: str, has_end: bool, *, placement: Placement) -> int:
    """Return which letter of a vowel group carries the tone.

    The last letter with a mark of its own; else, before an end consonant, the last vowel; else the middle of three;
    of two the first, but in the new style the second of oa, oe, uy.
    """
    low = vowels.lower()
    marked = [at for at, one in enumerate(low) if one in _MARKED_VOWELS]
    if marked:
        return marked[-1]
    if has_end:
        return len(vowels) - 1
    if len(vowels) >= 3:
        return len(vowels) // 2
    return int(len(vowels) == 2 and placement == "new" and low in _GLIDES)


def mark_of(letter: str) -> str:
    """Return the mark that makes ă, â, ê, ô, ơ, ư of a plain letter, as a combining character, or ""."""
    return next((one for one in unicodedata.normalize("NFD", letter) if one in _LETTER_MARKS), "")


def letter_with_mark(letter: str, mark: str) -> str:
    """Return the letter with this mark instead of its own; "" takes the mark away."""
    parts = unicodedata.normalize("NFD", letter)
    return nfc(parts[0] + mark + "".join(one for one in parts[1:] if one not in _LETTER_MARKS))


def unmarked(letters: str) -> str:
    """Return the letters without marks and tones."""
    drop = _LETTER_MARKS + TONE_MARKS
    return nfc("".join(one for one in unicodedata.normalize("NFD", letters) if one not in drop))
