"""What the collectors of one office carry to each other through their database: a copy of what root has published.

Signed by the receipt key, which every collector of the office holds and nothing else does: who can only write to the
database can give no collector another list of kiosks. It proves nothing to kiosks, and says nothing that a collector
could not say that was captured: such a one holds all keys that any of them holds.
"""

import zlib
from dataclasses import dataclass
from typing import Any, Final, Self

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.carried+cbor"
#: A registry of 100,000 kiosks is some 40 MB.
MAX_CONTENT_BYTES: Final = 128 * 1024 * 1024
_FIELDS: Final = frozenset(("v", "what", "revision", "content"))


@dataclass(frozen=True, slots=True)
class Carried:
    """One copy: `what` it is, its number, which only ever rises, and its bytes."""

    what: str
    revision: int
    content: bytes

    def to_cbor(self) -> bytes:
        """The bytes that are signed; the content is compressed."""
        packed = zlib.compress(self.content)
        return cbor.encode({"v": 1, "what": self.what, "revision": self.revision, "content": packed})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The copy in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        if not isinstance(fields, dict) or fields.keys() != _FIELDS or type(fields["v"]) is not int or fields["v"] != 1:
            raise BadEncoding("a carried copy does not have exactly the fields of version 1")
        what, revision, packed = fields["what"], fields["revision"], fields["content"]
        if not isinstance(what, str) or type(revision) is not int or not isinstance(packed, bytes):
            raise BadEncoding("a field of a carried copy is of another kind")
        return cls(what, revision, _unpacked(packed))


def sign_carried(copy: Carried, key: SigningKey) -> bytes:
    """The copy as COSE_Sign1 by the office's receipt key."""
    return cose.sign(copy.to_cbor(), CONTENT_TYPE, key=key)


def verify_carried(signed: bytes, key: VerifyingKey) -> Carried:
    """The copy, when the office's receipt key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Carried.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(packed, MAX_CONTENT_BYTES)
    except zlib.error as error:
        raise BadEncoding("the content of a carried copy is damaged") from error
    if not unpacking.eof:
        raise BadEncoding("the content of a carried copy is larger than any, or not whole")
    return content
