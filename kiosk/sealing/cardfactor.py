"""What an officer's own ID card adds to the vault: a share of the wrapping key, and the key by which the card is known.

No chip of this kind gives out a secret that it computes: signatures of Active Authentication are random by design, and
what Chip Authentication agrees on is known to whoever drew the other key, or to nobody but the chip. So the share
is made of what the card gives out only to who opens it: its security object with the signature in it, and the public
keys of DG14 and DG15. It is constant and cannot be guessed, and it is not on the kiosk; whoever has read the card knows
it. That the card is no copy is proven apart, at each sign-in (kiosk.runtime.officer_cards).
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SHARE_BYTES: Final = 32
_INFO: Final = b"can-cuoc/officer-card/1"


@dataclass(frozen=True, slots=True)
class CardFactor:
    """`share` is secret; `key_id` names the keys that the chip has proven to hold, and tells nothing of the officer."""

    share: bytes = field(repr=False)
    key_id: bytes = field(repr=False)


def card_factor(security_object: bytes, key_files: Iterable[bytes]) -> CardFactor:
    """Derive the factor from the raw files: EF.SOD, and DG14 and DG15 as far as the card has them.

    Raises ValueError without a security object or without any file of keys.
    """
    keys = _joined(key_files)
    if not security_object or not keys:
        raise ValueError("a card factor needs the security object and a file of keys")
    files = _joined([security_object]) + keys
    share = HKDF(algorithm=SHA256(), length=SHARE_BYTES, salt=None, info=_INFO).derive(files)
    return CardFactor(share, hashlib.sha256(_INFO + keys).digest())


def _joined(files: Iterable[bytes]) -> bytes:
    return b"".join(len(one).to_bytes(4, "big") + one for one in files)
