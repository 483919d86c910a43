"""The reader's end of the card cryptography of ICAO Doc 9303-11: key derivation, two-key 3DES, retail MAC.

3DES and SHA-1 are what the standard lays down for BAC; they guard a few centimetres of air, nothing that is stored.
"""

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from kiosk.chip.errors import BadAnswer

BLOCK: Final = 8
MAC_LENGTH: Final = 8
ENCRYPTION: Final = 1
AUTHENTICATION: Final = 2
_ZERO_IV: Final = bytes(BLOCK)


def derive_key(seed: bytes, purpose: int) -> bytes:
    """Derive a 16-byte key for ENCRYPTION or AUTHENTICATION, parity adjusted (Doc 9303-11, 9.7.1)."""
    digest = hashlib.sha1(seed + purpose.to_bytes(4, "big"), usedforsecurity=False).digest()[:16]
    return bytes(byte & 0xFE | ((byte >> 1).bit_count() + 1) % 2 for byte in digest)


def seed_of_mrz(information: str) -> bytes:
    """Make the 16-byte key seed of the MRZ information (Doc 9303-11, 9.7.2)."""
    return hashlib.sha1(information.encode("ascii"), usedforsecurity=False).digest()[:16]


def encrypt(key: bytes, data: bytes) -> bytes:
    """3DES-CBC with a zero IV over whole blocks."""
    return Cipher(TripleDES(key + key[:8]), modes.CBC(_ZERO_IV)).encryptor().update(data)


def decrypt(key: bytes, data: bytes) -> bytes:
    """Undo encrypt(). Raises BadAnswer for a broken block."""
    if len(data) % BLOCK:
        raise BadAnswer("the card sent encrypted data that is not made of whole blocks")
    return Cipher(TripleDES(key + key[:8]), modes.CBC(_ZERO_IV)).decryptor().update(data)


def pad(data: bytes) -> bytes:
    """Padding method 2 of ISO/IEC 9797-1."""
    return data + b"\x80" + bytes(-(len(data) + 1) % BLOCK)


def unpad(data: bytes) -> bytes:
    """Undo pad(). Raises BadAnswer when there is none."""
    stripped = data.rstrip(b"\x00")
    if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= BLOCK:
        raise BadAnswer("the card sent encrypted data without its padding")
    return stripped[:-1]


def mac(key: bytes, padded: bytes) -> bytes:
    """Retail MAC (ISO/IEC 9797-1 algorithm 3 with DES) over already padded data, 8 bytes."""
    single = Cipher(TripleDES(key[:8] * 3), modes.CBC(_ZERO_IV)).encryptor()
    chained = (_ZERO_IV + single.update(padded[:-BLOCK]))[-BLOCK:]
    last = bytes(a ^ b for a, b in zip(chained, padded[-BLOCK:], strict=True))
    return Cipher(TripleDES(key + key[:8]), modes.CBC(_ZERO_IV)).encryptor().update(last)


def same(one: bytes, other: bytes) -> bool:
    """Compare two MACs in constant time."""
    return hmac.compare_digest(one, other)
