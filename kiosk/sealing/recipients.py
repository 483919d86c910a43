"""Whom kiosks seal for from now on, as the office says it to all of them: signed, and numbered ever higher.

Signed by the command key, which no service of the office can read: a captured collector, broker or uplink cannot turn
kiosks towards a key of its own. Nothing that was sealed before changes: it opens with the keys it was sealed for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, KeyFileError
from kiosk.sealing.header import from_rfc3339, rfc3339
from kiosk.sealing.keys import Recipients, SigningKey, VerifyingKey
from kiosk.sealing.suites import SealingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.recipients+cbor"
#: Three hybrid keys and a signature are 3.8 kB.
MAX_RECIPIENTS_BYTES: Final = 8 * 1024
_FIELDS: Final = frozenset(("v", "n", "at", "suite", "summary", "body", "escrow"))


@dataclass(frozen=True, slots=True)
class RecipientsWord:
    """From this word on kiosks seal for `recipients`, unless they have heard one of a higher number."""

    n: int
    at: datetime
    recipients: Recipients

    def __post_init__(self) -> None:
        if type(self.n) is not int or not 1 <= self.n < 1 << 63 or self.at.tzinfo is None:
            raise BadEncoding("a word about recipients has a number from 1 on, and a time with its zone")

    def to_cbor(self) -> bytes:
        """The bytes that are signed."""
        keys = self.recipients
        escrow = None if keys.escrow is None else keys.escrow.raw
        fields: dict[str, Any] = {"v": 1, "n": self.n, "at": rfc3339(self.at), "suite": keys.suite}
        return cbor.encode({**fields, "summary": keys.summary.raw, "body": keys.body.raw, "escrow": escrow})

    @classmethod
    def from_cbor(cls, data: bytes) -> Self:
        """The word in `data`. Raises BadEncoding."""
        fields: Any = cbor.decode(data)
        version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
        if type(version) is not int or version != 1:
            raise BadEncoding("a word about recipients does not have exactly the fields of version 1")
        suite, at, escrow = fields["suite"], fields["at"], fields["escrow"]
        if not isinstance(suite, str) or not isinstance(at, str) or not isinstance(escrow, bytes | None):
            raise BadEncoding("a field of a word about recipients is of another kind")
        if not isinstance(fields["summary"], bytes) or not isinstance(fields["body"], bytes):
            raise BadEncoding("a word about recipients holds keys")
        try:
            recipients = Recipients(
                summary=SealingKey(suite, fields["summary"]),
                body=SealingKey(suite, fields["body"]),
                escrow=None if escrow is None else SealingKey(suite, escrow),
            )
        except KeyFileError as error:
            raise BadEncoding(f"a word about recipients holds no keys of its suite: {error}") from error
        return cls(fields["n"], from_rfc3339(at), recipients)


def sign_recipients(word: RecipientsWord, key: SigningKey) -> bytes:
    """The word as COSE_Sign1 by the office's command key."""
    return cose.sign(word.to_cbor(), CONTENT_TYPE, key=key)


def verify_recipients(signed: bytes, key: VerifyingKey) -> RecipientsWord:
    """The word, when the office's command key signed it. Raises BadEncoding, WrongKey or BadSignature."""
    return RecipientsWord.from_cbor(cose.verify(signed, CONTENT_TYPE, key=key))
