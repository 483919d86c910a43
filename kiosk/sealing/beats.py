"""The office's beat: its signed word that it is there, with the time. For all kiosks; names nobody.

By it a kiosk that has sent nothing knows that it has not been forgotten, and that it is not earlier than so. Signed by
the receipt key, which the collector holds; it orders nothing.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.beat+cbor"
_FIELDS: Final = frozenset(("v", "at"))


@dataclass(frozen=True, slots=True)
class Beat:
    """The office was there at this aware time."""

    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise BadEncoding("the time of a beat needs its time zone")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode({"v": 1, "at": rfc3339(self.at)})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The beat in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1 or not isinstance(fields["at"], str):
            raise BadEncoding("a beat does not have exactly the fields of version 1")
        return cls(from_rfc3339(fields["at"]))


def sign_beat(beat: Beat, key: SigningKey) -> bytes:
    """The beat as COSE_Sign1 by the office's receipt key."""
    return cose.sign(beat.to_cbor(), CONTENT_TYPE, key=key)


def verify_beat(signed: bytes, key: VerifyingKey) -> Beat:
    """The beat, when the office's receipt key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Beat.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
