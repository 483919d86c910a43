"""The keys of the on-screen keyboard: which key lies where, for letters with Vietnamese marks and for digits."""

from dataclasses import dataclass
from typing import Final

from kiosk.journey.view import FieldKind

#: Keys that do something else than write themselves.
SHIFT, DELETE, SPACE, DIGITS, LETTERS, NEXT = "shift", "delete", "space", "digits", "letters", "next"


@dataclass(frozen=True, slots=True)
class Key:
    """One key: what it hands to the composer or one of the names above, what it shows, and its width in keys."""

    code: str
    shows: str = ""
    icon: str | None = None
    units: float = 1.0
    mark: bool = False


Page = tuple[tuple[Key, ...], ...]

#: The five tones as their combining marks, shown on a small ring so that the eye finds them.
TONES: Final = (
    Key("tone_acute", "\u25cc\u0301", mark=True),
    Key("tone_grave", "\u25cc\u0300", mark=True),
    Key("tone_hook", "\u25cc\u0309", mark=True),
    Key("tone_tilde", "\u25cc\u0303", mark=True),
    Key("tone_dot", "\u25cc\u0323", mark=True),
)
TONE_CODES: Final = frozenset(key.code for key in TONES)
_SHIFT = Key(SHIFT, icon="shift")
_DELETE = Key(DELETE, icon="delete")
_SPACE = Key(SPACE, icon="space")


def _keys(letters: str, *, mark: bool = False) -> tuple[Key, ...]:
    return tuple(Key(letter, letter, mark=mark) for letter in letters)


#: Eleven keys a row: for a panel 200 mm wide or more.
_WIDE: Final[Page] = (
    (*_keys("qwertyuiop"), _DELETE),
    (*_keys("asdfghjkl"), *_keys("ăâ", mark=True)),
    (_SHIFT, *_keys("zxcvbnm"), *_keys("êôơ", mark=True)),
    (*TONES, *_keys("đư", mark=True), Key(SPACE, icon="space", units=3.0), Key(DIGITS, "123")),
)
_WIDE_DIGITS: Final[Page] = (
    (*_keys("1234567890"), _DELETE),
    (*_keys("-/.,;:()'’ʼ"),),
    (*_keys('ƀčĕĭñŏŭ+&"№'),),
    (*_keys("@_#*%=?"), Key(SPACE, icon="space", units=3.0), Key(LETTERS, "abc")),
)
#: Ten keys a row on three rows, letters and marks on two pages: for the small panel.
_NARROW: Final[Page] = (
    _keys("qwertyuiop"),
    (*_keys("asdfghjkl"), _DELETE),
    (_SHIFT, *_keys("zxcvbnm"), _SPACE, Key(DIGITS, "ă 1")),
)
_NARROW_MARKS: Final[Page] = (
    _keys("1234567890"),
    (*_keys("ăâêôơưđ", mark=True), *_keys("-'"), _DELETE),
    (*TONES, *_keys("/.,"), _SPACE, Key(LETTERS, "abc")),
)
#: Five keys a row for an upright panel, in the order of the alphabet: no row of a typewriter fits there.
_UPRIGHT: Final[Page] = (
    _keys("abcde"),
    _keys("fghij"),
    _keys("klmno"),
    _keys("pqrst"),
    _keys("uvwxy"),
    (_SHIFT, Key("z", "z"), _SPACE, Key(DIGITS, "ă 1"), _DELETE),
)
_UPRIGHT_MARKS: Final[Page] = (
    TONES,
    _keys("ăâêôơ", mark=True),
    (*_keys("ưđ", mark=True), *_keys("-'/")),
    _keys("12345"),
    _keys("67890"),
    (*_keys(".,"), _SPACE, Key(LETTERS, "abc"), _DELETE),
)
_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key(NEXT, icon="next"), Key("0", "0"), _DELETE))
_DATE_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key("/", "/"), Key("0", "0"), _DELETE))
_LAST_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key("0", "0", units=2.0), _DELETE))


def is_text(kinds: tuple[FieldKind, ...]) -> bool:
    """Say whether a form needs the letters."""
    return FieldKind.TEXT in kinds


def letters(*, large: bool, upright: bool, second: bool) -> Page:
    """Give the keyboard with letters, or its second page."""
    if upright and not large:
        return _UPRIGHT_MARKS if second else _UPRIGHT
    if large:
        return _WIDE_DIGITS if second else _WIDE
    return _NARROW_MARKS if second else _NARROW


def pad(kind: FieldKind, *, several: bool) -> Page:
    """Give the pad of digits for a field; `several` fields bring a key that goes to the next one."""
    if kind is FieldKind.DATE:
        return _DATE_PAD
    return _PAD if several else _LAST_PAD
