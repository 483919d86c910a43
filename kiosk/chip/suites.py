"""Cipher, MAC and key derivation together, as the object identifiers of PACE and Chip Authentication name them.

3DES with the retail MAC, or AES-128, -192, -256 with CMAC (ICAO Doc 9303-11, 9.7.1, 9.8).
"""

import hashlib
from enum import Enum
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from kiosk.chip import cipher
from kiosk.chip.errors import BadAnswer

PASSWORD: Final = 3
"""The counter of the key derivation that makes a key of a password; 1 and 2 are cipher.ENCRYPTION, AUTHENTICATION."""
_AES_BLOCK: Final = 16


class Suite(Enum):
    """The four suites; the value is the last arc of the object identifiers."""

    TRIPLE_DES = 1
    AES_128 = 2
    AES_192 = 3
    AES_256 = 4

    @property
    def is_aes(self) -> bool:
        """Whether the cipher is AES."""
        return self is not Suite.TRIPLE_DES

    @property
    def key_length(self) -> int:
        """Bytes of one key."""
        return {Suite.AES_192: 24, Suite.AES_256: 32}.get(self, 16)

    @property
    def block(self) -> int:
        """Bytes of one block, which are also those of the send sequence counter."""
        return _AES_BLOCK if self.is_aes else cipher.BLOCK

    @property
    def label(self) -> str:
        """The name for people and reports."""
        return "3DES" if self is Suite.TRIPLE_DES else f"AES-{self.key_length * 8}"

    def derive(self, secret: bytes, purpose: int) -> bytes:
        """Derive a key (9.7.1): SHA-1 up to 128 bits, SHA-256 above."""
        if not self.is_aes:
            return cipher.derive_key(secret, purpose)
        wide = self.key_length > 16
        message = secret + purpose.to_bytes(4, "big")
        digest = hashlib.sha256(message) if wide else hashlib.sha1(message, usedforsecurity=False)
        return digest.digest()[: self.key_length]

    def encrypt(self, key: bytes, data: bytes, *, iv: bytes | None = None) -> bytes:
        """CBC over whole blocks; the IV is zero unless given."""
        if not self.is_aes:
            return cipher.encrypt(key, data)
        return Cipher(algorithms.AES(key), modes.CBC(iv or bytes(_AES_BLOCK))).encryptor().update(data)

    def decrypt(self, key: bytes, data: bytes, *, iv: bytes | None = None) -> bytes:
        """Undo encrypt(). Raises BadAnswer for a broken block."""
        if not self.is_aes:
            return cipher.decrypt(key, data)
        if len(data) % _AES_BLOCK:
            raise BadAnswer("the card sent encrypted data that is not made of whole blocks")
        return Cipher(algorithms.AES(key), modes.CBC(iv or bytes(_AES_BLOCK))).decryptor().update(data)

    def mac(self, key: bytes, data: bytes) -> bytes:
        """Eight bytes over any data: the retail MAC pads by itself as CMAC does."""
        return cipher.mac(key, cipher.pad(data)) if not self.is_aes else self._cmac(key, data)

    def mac_of_blocks(self, key: bytes, padded: bytes) -> bytes:
        """Eight bytes over data that was padded to whole blocks before, as secure messaging does."""
        return cipher.mac(key, padded) if not self.is_aes else self._cmac(key, padded)

    def message_iv(self, key: bytes, counter: bytes) -> bytes | None:
        """The IV of one protected message: the encrypted counter with AES, zero with 3DES (9.8.6.1)."""
        return Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(counter) if self.is_aes else None

    def pad(self, data: bytes) -> bytes:
        """Padding method 2 of ISO/IEC 9797-1 to this suite's block."""
        return data + b"\x80" + bytes(-(len(data) + 1) % self.block)

    def unpad(self, data: bytes) -> bytes:
        """Undo pad(). Raises BadAnswer when there is none."""
        stripped = data.rstrip(b"\x00")
        if not stripped.endswith(b"\x80") or len(data) - len(stripped) >= self.block:
            raise BadAnswer("the card sent encrypted data without its padding")
        return stripped[:-1]

    def _cmac(self, key: bytes, data: bytes) -> bytes:
        run = CMAC(algorithms.AES(key))
        run.update(data)
        return run.finalize()[: cipher.MAC_LENGTH]
