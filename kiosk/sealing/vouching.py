"""What an office says to the one above it: these are a kiosk's packages if this key has signed them.

Signed by the key with which the office itself is registered above. Names a kiosk and nobody else.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.vouch+cbor"
_FIELDS: Final = frozenset(("v", "office", "kiosk", "key"))
_KEY_BYTES: Final = 32
_NAME_CHARACTERS: Final = 32


@dataclass(frozen=True, slots=True)
class Vouch:
    """`office` knows `kiosk`, which signs its packages by `record_key`: 32 raw bytes of Ed25519."""

    office: str
    kiosk: str
    record_key: bytes

    def __post_init__(self) -> None:
        if len(self.record_key) != _KEY_BYTES:
            raise BadEncoding("a record key has 32 bytes")
        if not all(0 < len(name) <= _NAME_CHARACTERS for name in (self.office, self.kiosk)):
            raise BadEncoding("a name has 1 to 32 characters")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode({"v": 1, "office": self.office, "kiosk": self.kiosk, "key": self.record_key})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The vouch in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1:
            raise BadEncoding("a vouch does not have exactly the fields of version 1")
        office, kiosk, key = fields["office"], fields["kiosk"], fields["key"]
        if not (isinstance(office, str) and isinstance(kiosk, str) and isinstance(key, bytes)):
            raise BadEncoding("a vouch names office and kiosk as text, and a key as a byte string")
        return cls(office, kiosk, key)


def sign_vouch(vouch: Vouch, key: SigningKey) -> bytes:
    """The vouch as COSE_Sign1 by the office's own record key."""
    return cose.sign(vouch.to_cbor(), CONTENT_TYPE, key=key)


def verify_vouch(signed: bytes, key: VerifyingKey) -> Vouch:
    """The vouch, when this office's record key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Vouch.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
