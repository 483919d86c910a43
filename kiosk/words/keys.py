"""The Vietnamese key composer: what one key does to the text before the cursor.

Three ways to type: `direct` (letters with their marks have keys of their own, five tone keys work on the last vowel
group), `telex` and `vni`. Pure functions; the keyboard that is drawn belongs to the screen room. Nothing is corrected:
only the letter that a key means is changed, and a tone follows its vowel group when the group grows.
"""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from kiosk.words.errors import NotText
from kiosk.words.syllable import (
    Placement,
    Syllable,
    letter_with_mark,
    mark_of,
    split_syllable,
    syllable_with_tone,
    unmarked,
)
from kiosk.words.text import nfc

Method = Literal["direct", "telex", "vni"]

BACKSPACE: Final = "backspace"
TONE_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "tone_acute": "\u0301",
        "tone_grave": "\u0300",
        "tone_hook": "\u0309",
        "tone_tilde": "\u0303",
        "tone_dot": "\u0323",
    }
)
"""The five tone keys (sắc, huyền, hỏi, ngã, nặng), understood in every method, and the marks they set."""
DIRECT_LETTERS: Final = "ăâêôơưđ"
ETHNIC_LETTERS: Final = "ƀčĕĭñŏŭʼ"

_TELEX_TONES: Final = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323", "z": ""}
_VNI_TONES: Final = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323", "0": ""}
_CIRCUMFLEX: Final = "\u0302"
_BREVE: Final = "\u0306"
_HORN: Final = "\u031b"
_VNI_MARKS: Final = {"6": (_CIRCUMFLEX, "aeo"), "7": (_HORN, "ou"), "8": (_BREVE, "a")}


@dataclass(frozen=True, slots=True)
class Edit:
    """What to do at the cursor: delete that many code points before it, then insert the text."""

    delete: int
    insert: str

    def applied(self, text_before_cursor: str) -> str:
        """Return the text before the cursor after this edit."""
        return text_before_cursor[: len(text_before_cursor) - self.delete] + self.insert


def compose(text_before_cursor: str, key: str, *, method: Method = "direct", placement: Placement = "new") -> Edit:
    """Return what a key does: a single character, a tone key of TONE_KEYS, or BACKSPACE.

    `placement` says where the tone of oa, oe, uy sits: "new" hoà, "old" hòa. The text after the edit is NFC, even where
    the text before was not. Raises NotText for a key that is none of the above.
    """
    text = nfc(text_before_cursor)
    if key == BACKSPACE:
        after = _without_last_letter(text)
    elif key in TONE_KEYS:
        after = _tone_toggled(text, TONE_KEYS[key], placement)
    elif len(key) != 1:
        raise NotText(f"a key is one character, {BACKSPACE!r} or one of {', '.join(TONE_KEYS)}")
    else:
        after = _telex(text, key, placement) if method == "telex" else None
        after = _vni(text, key, placement) if method == "vni" else after
        if after is None:
            after = _typed(text, key, placement)
    return _difference(text_before_cursor, nfc(after))


def _without_last_letter(text: str) -> str:
    count = min(1, len(text))
    # A mark that has no letter of its own in Unicode (Ê with a breve) goes together with its letter.
    while 0 < count < len(text) and unicodedata.combining(text[-count]):
        count += 1
    return text[: len(text) - count]


def _difference(before: str, after: str) -> Edit:
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    return Edit(len(before) - same, after[same:])


def _typed(text: str, key: str, placement: Placement) -> str:
    """Add a character; if that makes the vowel group of a toned syllable grow, the tone moves to its new place."""
    after = nfc(text + key)
    if not key.isalpha():
        return after
    syllable = split_syllable(after)
    if syllable is None or not syllable.tone or not syllable.is_plain:
        return after
    return syllable.before + syllable_with_tone(syllable, syllable.tone, placement)


def _tone_toggled(text: str, tone: str, placement: Placement) -> str:
    """Put a tone on the last syllable, or take it off when it is there already; without a vowel nothing happens."""
    syllable = split_syllable(text)
    if syllable is None:
        return text
    return syllable.before + syllable_with_tone(syllable, "" if syllable.tone == tone else tone, placement)


def _telex(text: str, key: str, placement: Placement) -> str | None:
    low = key.lower()
    if low == "d":
        return _barred(text, key)
    syllable = split_syllable(text)
    if syllable is None or not syllable.is_plain:
        return None
    if low in _TELEX_TONES:
        return _tone_by_letter(syllable, _TELEX_TONES[low], key=key, placement=placement)
    if low in "aeo":
        return _marked(syllable, _CIRCUMFLEX, low, key=key, placement=placement)
    return _hooked(syllable, key, placement=placement) if low == "w" else None


def _vni(text: str, key: str, placement: Placement) -> str | None:
    if key == "9":
        return _barred(text, key)
    syllable = split_syllable(text)
    if syllable is None or not syllable.is_plain:
        return None
    if key in _VNI_TONES:
        return _tone_by_letter(syllable, _VNI_TONES[key], key=key, placement=placement)
    if key == "7" and unmarked(syllable.vowels).lower() == "uo":
        return _hooked(syllable, key, placement=placement)
    if key in _VNI_MARKS:
        mark, letters = _VNI_MARKS[key]
        return _marked(syllable, mark, letters, key=key, placement=placement)
    return None


def _tone_by_letter(syllable: Syllable, tone: str, *, key: str, placement: Placement) -> str | None:
    """Set a tone; the same key again takes it back and writes itself; no tone to take away: an ordinary letter."""
    if not tone:
        return syllable.before + syllable_with_tone(syllable, "", placement) if syllable.tone else None
    if syllable.tone == tone:
        return syllable.before + syllable_with_tone(syllable, "", placement) + key
    return syllable.before + syllable_with_tone(syllable, tone, placement)


def _marked(syllable: Syllable, mark: str, letters: str, *, key: str, placement: Placement) -> str | None:
    """Set a mark on the one vowel that the key means; again: take it back and write the key."""
    meant = [at for at, one in enumerate(syllable.vowels) if unmarked(one).lower() in letters]
    if len(meant) != 1:
        return None
    old = mark_of(syllable.vowels[meant[0]])
    vowels = list(syllable.vowels)
    vowels[meant[0]] = letter_with_mark(vowels[meant[0]], "" if old == mark else mark)
    changed = syllable.with_vowels("".join(vowels))
    written = changed.before + syllable_with_tone(changed, changed.tone, placement)
    return written + key if old == mark else written


def _hooked(syllable: Syllable, key: str, *, placement: Placement) -> str | None:
    """The w of Telex: uo becomes ươ, u becomes ư, o becomes ơ, else a becomes ă."""
    vowels = syllable.vowels
    bare = unmarked(vowels).lower()
    if bare.startswith("uo"):
        undo = mark_of(vowels[0]) == _HORN and mark_of(vowels[1]) == _HORN
        mark = "" if undo else _HORN
        changed = syllable.with_vowels(
            letter_with_mark(vowels[0], mark) + letter_with_mark(vowels[1], mark) + vowels[2:]
        )
        written = changed.before + syllable_with_tone(changed, changed.tone, placement)
        return written + key if undo else written
    if "a" in bare and not bare.startswith("u"):
        return _marked(syllable, _BREVE, "a", key=key, placement=placement)
    if bare.count("u") == 1:
        return _marked(syllable, _HORN, "u", key=key, placement=placement)
    return _marked(syllable, _HORN, "o", key=key, placement=placement)


def _barred(text: str, key: str) -> str | None:
    """The second d of Telex, the 9 of VNI: d becomes đ; again: back, and the key itself is written.

    The d may be the letter just typed or the first letter of the word (duongd, the free order).
    """
    word_start = max((at + 1 for at, one in enumerate(text) if not one.isalpha()), default=0)
    word = text[word_start:]
    if not word:
        return None
    at = 0 if word[0] in "dDđĐ" and (len(word) == 1 or split_syllable(text) is not None) else len(word) - 1
    bars = {"d": "đ", "D": "Đ"}
    unbars = {"đ": "d", "Đ": "D"}
    if word[at] in bars:
        return text[: word_start + at] + bars[word[at]] + word[at + 1 :]
    if word[at] in unbars:
        return text[: word_start + at] + unbars[word[at]] + word[at + 1 :] + key
    return None
