"""The keys of the on-screen keyboard: which key lies where, for letters with Vietnamese marks and for digits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from kiosk.journey.view import FieldKind
from kiosk.words.keys import Method

#: Keys that do something else than write themselves.
SHIFT, DELETE, SPACE, NEXT, METHOD = "shift", "delete", "space", "next", "method"
#: Keys that turn to another page.
LETTERS, DIGITS, RARE = "letters", "digits", "rare"
Pages = Literal["letters", "digits", "rare"]
#: What the key of the way of typing shows: the way in use.
METHODS: Final[Mapping[Method, str]] = {"direct": "Trực tiếp", "telex": "Telex", "vni": "VNI"}


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
_LETTERS = Key(LETTERS, "abc")
#: Over any vowel before it; Ê with a breve has no letter of its own.
_BREVE = Key("\u0306", "\u25cc\u0306", mark=True)


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
    (_SHIFT, *_keys("ƀčĕĭñŏŭ"), _BREVE, *_keys('&"')),
    (*_keys("@_?"), Key(METHOD, units=3.0), Key(SPACE, icon="space", units=3.0), Key(LETTERS, "abc", units=2.0)),
)
#: With VNI the figures are tones and marks, so they lie beside the letters: 1 to 5 tones, 6 to 9 marks, 0 takes a tone
#: off.
_WIDE_VNI: Final[Page] = (
    (*_keys("qwertyuiop"), _DELETE),
    (*_keys("asdfghjkl"), *_keys("67", mark=True)),
    (_SHIFT, *_keys("zxcvbnm"), *_keys("890", mark=True)),
    (*_keys("12345", mark=True), *_keys("-'"), Key(SPACE, icon="space", units=3.0), Key(DIGITS, "123")),
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
    (*TONES, *_keys("/."), Key(RARE, "ƀ ñ"), _SPACE, Key(LETTERS, "abc")),
)
_NARROW_RARE: Final[Page] = (
    (*_keys("ƀčĕĭñŏŭ"), _BREVE, *_keys("ʼ’")),
    (*_keys("@_?&():;,"), _DELETE),
    (_SHIFT, Key(METHOD, units=4.0), Key(SPACE, icon="space", units=2.0), Key(DIGITS, "ă 1", units=2.0), _LETTERS),
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
    (Key(RARE, "ƀ ñ"), *_keys("."), _SPACE, Key(LETTERS, "abc"), _DELETE),
)
_UPRIGHT_RARE: Final[Page] = (
    _keys("ƀčĕĭñ"),
    (*_keys("ŏŭ"), _BREVE, *_keys("ʼ’")),
    _keys("@_?&,"),
    _keys("():;+"),
    (Key(METHOD, units=3.0), Key(DIGITS, "ă 1", units=2.0)),
    (_SHIFT, Key(SPACE, icon="space", units=2.0), Key(LETTERS, "abc"), _DELETE),
)
_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key(NEXT, icon="next"), Key("0", "0"), _DELETE))
_DATE_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key("/", "/"), Key("0", "0"), _DELETE))
_LAST_PAD: Final[Page] = (_keys("123"), _keys("456"), _keys("789"), (Key("0", "0", units=2.0), _DELETE))


def is_text(kinds: tuple[FieldKind, ...]) -> bool:
    """Say whether a form needs the letters: for a text, and for a secret that may be a passphrase."""
    return FieldKind.TEXT in kinds or FieldKind.SECRET in kinds


def letters(*, large: bool, upright: bool, page: Pages, method: Method) -> Page:
    """Give a page of the keyboard with letters, as one types by `method`. The large one has the rare ones on DIGITS."""
    if large:
        rows = (_WIDE_VNI if method == "vni" else _WIDE) if page == LETTERS else _WIDE_DIGITS
    elif upright:
        rows = {LETTERS: _UPRIGHT, DIGITS: _UPRIGHT_MARKS, RARE: _UPRIGHT_RARE}[page]
    else:
        rows = {LETTERS: _NARROW, DIGITS: _NARROW_MARKS, RARE: _NARROW_RARE}[page]
    return tuple(
        tuple(replace(key, shows=METHODS[method]) if key.code == METHOD else key for key in row) for row in rows
    )


def pad(kind: FieldKind, *, several: bool) -> Page:
    """Give the pad of digits for a field; `several` fields bring a key that goes to the next one."""
    if kind is FieldKind.DATE:
        return _DATE_PAD
    return _PAD if several else _LAST_PAD
