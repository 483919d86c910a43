"""The vault key: seals drafts and the roster on the kiosk, and lives in memory only while an officer is signed in."""

import hmac
import secrets
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk.sealing.errors import CannotOpen, VaultLocked

KEY_LENGTH = 32
_NONCE_LENGTH = 12


class VaultKey:
    """32 secret bytes. `wipe()` when the officer signs out; after that every use raises VaultLocked."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_LENGTH:
            raise CannotOpen("a vault key has 32 bytes")
        self._secret = bytearray(secret)

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(secrets.token_bytes(KEY_LENGTH))

    def __repr__(self) -> str:
        return "VaultKey(…)"

    @property
    def secret(self) -> bytes:
        """The bytes themselves, for wrapping. Raises VaultLocked."""
        if not self._secret:
            raise VaultLocked("the vault is locked: an officer must sign in")
        return bytes(self._secret)

    def seal(self, plaintext: bytes, *, owner: str, kind: str) -> bytes:
        """Seal `plaintext` (ChaCha20-Poly1305, RFC 8439, random nonce), bound to what it belongs to and what it is."""
        nonce = secrets.token_bytes(_NONCE_LENGTH)
        return nonce + ChaCha20Poly1305(self.secret).encrypt(nonce, plaintext, _bound_to(owner, kind))

    def open(self, sealed: bytes, *, owner: str, kind: str) -> bytes:
        """What `seal` sealed for the same owner and kind. Raises CannotOpen, VaultLocked."""
        nonce, rest = sealed[:_NONCE_LENGTH], sealed[_NONCE_LENGTH:]
        try:
            return ChaCha20Poly1305(self.secret).decrypt(nonce, rest, _bound_to(owner, kind))
        except (InvalidTag, ValueError) as error:
            raise CannotOpen("the vault key does not open this: it was changed, or belongs to another vault") from error

    def name_of(self, content: bytes) -> bytes:
        """A 32-byte name for this content that tells nothing to somebody without the key (HMAC-SHA-256)."""
        return hmac.digest(self.secret, b"can-cuoc/name/1" + content, "sha256")

    def wipe(self) -> None:
        """Forget the key."""
        self._secret[:] = bytes(len(self._secret))
        self._secret.clear()


def _bound_to(owner: str, kind: str) -> bytes:
    parts = [part.encode() for part in ("can-cuoc/vault/1", owner, kind)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
