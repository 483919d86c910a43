"""Receipts: the office's signed word on one package.

`received` = committed in the office's database; `settled` = also in a verified backup or one level up, so the kiosk may
erase; `rejected` = kept apart for a human, never deleted.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import SigningKey, VerifyingKey

CONTENT_TYPE = "application/vnd.can-cuoc.receipt+cbor"
Status = Literal["received", "settled", "rejected"]
_FIELDS = frozenset(("v", "id", "kiosk", "seq", "sha256", "status", "number", "code", "at"))
_CODE = re.compile(r"[a-z0-9_]{0,64}\Z")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the office says of the package with these bytes.

    `number` is the office's receipt number (0 when rejected), `code` the reason of a rejection (a word of `a-z 0-9 _`,
    else empty), `at` an aware time.
    """

    id: str
    kiosk: str
    seq: int
    sha256: bytes
    status: Status
    number: int
    at: datetime
    code: str = ""

    def __post_init__(self) -> None:
        if self.status not in ("received", "settled", "rejected"):
            raise BadEncoding("a receipt says received, settled or rejected")
        if len(self.sha256) != 32:
            raise BadEncoding("the hash in a receipt has 32 bytes")
        if not 1 <= self.seq < 1 << 63 or not 0 <= self.number < 1 << 63:
            raise BadEncoding("the numbers of a receipt are out of range")
        if not _CODE.match(self.code) or bool(self.code) != (self.status == "rejected"):
            raise BadEncoding("a receipt carries a code when it rejects, and only then")
        if self.at.tzinfo is None:
            raise BadEncoding("the time of a receipt needs its time zone")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        return cbor.encode(
            {
                "v": 1,
                "id": self.id,
                "kiosk": self.kiosk,
                "seq": self.seq,
                "sha256": self.sha256,
                "status": self.status,
                "number": self.number,
                "code": self.code,
                "at": rfc3339(self.at),
            }
        )

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The receipt in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.pop("v", None) if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1:
            raise BadEncoding("a receipt does not have exactly the fields of version 1")
        if not all(isinstance(fields[name], str) for name in ("id", "kiosk", "status", "code", "at")):
            raise BadEncoding("a text field of the receipt is not text")
        if not (type(fields["seq"]) is int and type(fields["number"]) is int and isinstance(fields["sha256"], bytes)):
            raise BadEncoding("seq and number must be whole numbers and sha256 a byte string")
        fields["at"] = from_rfc3339(fields["at"])
        return cls(**fields)


def sign_receipt(receipt: Receipt, key: SigningKey) -> bytes:
    """The receipt as COSE_Sign1 by the office's receipt key."""
    return cose.sign(receipt.to_cbor(), CONTENT_TYPE, key=key)


def verify_receipt(signed: bytes, key: VerifyingKey) -> Receipt:
    """The receipt, when the office's receipt key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return Receipt.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
