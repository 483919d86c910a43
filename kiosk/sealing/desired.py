"""Which settings the office wants of one kiosk, all of them: signed by the command key, numbered ever higher, retained.

A command changes one setting once; this says how a kiosk is to be, whenever it comes. What is not named goes by the
kiosk's own settings file.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, Self, cast

from kiosk.domain.commands import Value
from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.desired+cbor"
MOST_SETTINGS: Final = 32
_FIELDS: Final = frozenset(("v", "kiosk", "n", "at", "settings"))
_KIOSK: Final = re.compile(r"[A-Za-z0-9-]{1,32}\Z")
_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}\.[a-z][a-z0-9_]{0,31}\Z")
_MOST_LETTERS: Final = 64


@dataclass(frozen=True, slots=True)
class DesiredWord:
    """The settings that one kiosk is to have; `n` is higher than that of every such word to it before.

    Whether a setting may be wanted is judged by `kiosk.domain.desired`, so that one of a newer office can be named.
    """

    kiosk: str
    n: int
    at: datetime
    settings: Mapping[str, Value] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        if not _KIOSK.match(self.kiosk) or self.at.tzinfo is None:
            raise BadEncoding("a word about settings names a kiosk, and a time with its zone")
        if type(self.n) is not int or not 1 <= self.n < 1 << 63:
            raise BadEncoding("the number of a word about settings is out of range")
        if len(self.settings) > MOST_SETTINGS or not all(_is_setting(*pair) for pair in self.settings.items()):
            raise BadEncoding(f"at most {MOST_SETTINGS} settings can be wanted, each a short text, a number, yes or no")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        fields: dict[str, Any] = {"v": 1, "kiosk": self.kiosk, "n": self.n, "at": rfc3339(self.at)}
        return cbor.encode({**fields, "settings": dict(self.settings)})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The word in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1:
            raise BadEncoding("a word about settings does not have exactly the fields of version 1")
        kiosk, at, settings = fields["kiosk"], fields["at"], fields["settings"]
        if not isinstance(kiosk, str) or not isinstance(at, str) or not isinstance(settings, dict):
            raise BadEncoding("a field of a word about settings is of another kind")
        return cls(kiosk, fields["n"], from_rfc3339(at), cast("dict[str, Value]", settings))


def _is_setting(name: object, value: object) -> bool:
    known = isinstance(name, str) and bool(_NAME.match(name))
    return known and (type(value) in (bool, int) or (isinstance(value, str) and len(value) <= _MOST_LETTERS))


def sign_desired(word: DesiredWord, key: SigningKey) -> bytes:
    """The word as COSE_Sign1 by the office's command key."""
    return cose.sign(word.to_cbor(), CONTENT_TYPE, key=key)


def verify_desired(signed: bytes, key: VerifyingKey) -> DesiredWord:
    """The word, when the office's command key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return DesiredWord.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
