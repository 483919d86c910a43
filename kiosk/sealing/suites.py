"""HPKE (RFC 9180) suites and their keys.

The classical one, and the hybrid with ML-KEM-768 that also withstands a later quantum computer.

Identity data outlives today's key exchange, so the hybrid is the default. It follows draft-ietf-hpke-pq, which is why
every package names its suite. Owns the keys of both; both can always be opened.
"""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hpke, serialization
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kiosk.sealing.errors import CannotOpen, KeyFileError
from kiosk.sealing.keyfiles import key_id, read_description, read_secret_file, write_atomically

HYBRID = "MLKEM768-X25519/HKDF-SHA256/ChaCha20Poly1305"
CLASSICAL = "X25519/HKDF-SHA256/ChaCha20Poly1305"
SUITES = (HYBRID, CLASSICAL)

_MLKEM768_PUBLIC_LENGTH = 1184
_X25519_LENGTH = 32
_RAW_LENGTH = {HYBRID: _MLKEM768_PUBLIC_LENGTH + _X25519_LENGTH, CLASSICAL: _X25519_LENGTH}


def _suite(name: str) -> hpke.Suite:
    kem = hpke.KEM.MLKEM768_X25519 if name == HYBRID else hpke.KEM.X25519
    # ChaCha20, because a Raspberry Pi 4 has no AES instructions.
    return hpke.Suite(kem, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def best_suite() -> str:
    """The hybrid suite, or the classical one where the cryptography library was built without ML-KEM."""
    try:
        MLKEM768PrivateKey.generate()
    except UnsupportedAlgorithm:
        return CLASSICAL
    return HYBRID


@dataclass(frozen=True, slots=True)
class SealingKey:
    """The public half of an opening key: anybody may seal for it. `raw` is X25519, or ML-KEM-768 followed by X25519."""

    suite: str
    raw: bytes

    def __post_init__(self) -> None:
        if self.suite not in SUITES:
            raise KeyFileError(f"the suite is not one of {', '.join(SUITES)}")
        if len(self.raw) != _RAW_LENGTH[self.suite]:
            raise KeyFileError(f"a public key of {self.suite} has {_RAW_LENGTH[self.suite]} bytes")

    @property
    def kid(self) -> str:
        """The key id: 16 hex digits."""
        return key_id(self.raw)

    def seal(self, plaintext: bytes, info: bytes) -> bytes:
        """Seal `plaintext`, bound to `info`: it opens only with the same `info`. Raises KeyFileError for a bad key."""
        try:
            if self.suite == HYBRID:
                mlkem = MLKEM768PublicKey.from_public_bytes(self.raw[:_MLKEM768_PUBLIC_LENGTH])
                x25519 = X25519PublicKey.from_public_bytes(self.raw[_MLKEM768_PUBLIC_LENGTH:])
                return _suite(HYBRID).encrypt(plaintext, hpke.MLKEM768X25519PublicKey(mlkem, x25519), info=info)
            return _suite(CLASSICAL).encrypt(plaintext, X25519PublicKey.from_public_bytes(self.raw), info=info)
        except ValueError as error:
            raise KeyFileError(f"public key {self.kid} is not a key of {self.suite}") from error

    def describe(self) -> dict[str, str]:
        """A JSON-able description: kind (the suite), kid, key (base64)."""
        return {"kind": self.suite, "kid": self.kid, "key": base64.b64encode(self.raw).decode()}

    @classmethod
    def from_description(cls, description: object) -> Self:
        """The key that `describe` described. Raises KeyFileError."""
        for suite in SUITES:
            if isinstance(description, dict) and description.get("kind") == suite:
                return cls(suite, read_description(description, suite))
        raise KeyFileError(f"a sealing key must be of one of the kinds {', '.join(SUITES)}")


@dataclass(frozen=True, slots=True)
class OpeningKey:
    """A secret key that opens what was sealed for it. `mlkem` is None in the classical suite."""

    x25519: X25519PrivateKey = field(repr=False)
    mlkem: MLKEM768PrivateKey | None = field(repr=False, default=None)

    @classmethod
    def generate(cls, suite: str | None = None) -> Self:
        """A new random key of `suite`, or of the best one that this computer can use. Raises KeyFileError."""
        suite = suite or best_suite()
        if suite not in SUITES:
            raise KeyFileError(f"the suite is not one of {', '.join(SUITES)}")
        return cls(X25519PrivateKey.generate(), MLKEM768PrivateKey.generate() if suite == HYBRID else None)

    @property
    def suite(self) -> str:
        """The HPKE suite of this key."""
        return CLASSICAL if self.mlkem is None else HYBRID

    @property
    def public(self) -> SealingKey:
        """The public half."""
        raw = self.x25519.public_key().public_bytes_raw()
        if self.mlkem is not None:
            raw = self.mlkem.public_key().public_bytes_raw() + raw
        return SealingKey(self.suite, raw)

    @property
    def kid(self) -> str:
        """The key id: 16 hex digits."""
        return self.public.kid

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """The plaintext of what was sealed for this key with this `info`. Raises CannotOpen."""
        try:
            if self.mlkem is not None:
                return _suite(HYBRID).decrypt(sealed, hpke.MLKEM768X25519PrivateKey(self.mlkem, self.x25519), info=info)
            return _suite(CLASSICAL).decrypt(sealed, self.x25519, info=info)
        except (InvalidTag, ValueError) as error:
            raise CannotOpen(
                f"key {self.kid} does not open this: it was changed, or sealed for something else"
            ) from error

    def save(self, path: Path) -> None:
        """Write the key, mode 0600."""
        write_atomically(path, self.to_pem())

    def to_pem(self) -> bytes:
        """The key as one PKCS #8 PEM block for each part (ML-KEM first)."""
        parts = [self.x25519] if self.mlkem is None else [self.mlkem, self.x25519]
        encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        blocks = [part.private_bytes(encoding, form, serialization.NoEncryption()) for part in parts]
        return b"".join(blocks)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key that `save` wrote. Raises KeyFileError."""
        return cls.from_pem(read_secret_file(path), path)

    @classmethod
    def from_pem(cls, pem: bytes, path: Path) -> Self:
        """The key in these bytes of the file `path`. Raises KeyFileError."""
        end = b"-----END PRIVATE KEY-----\n"
        blocks = [block + end for block in pem.split(end)[:-1]]
        try:
            parts = [serialization.load_pem_private_key(block, password=None) for block in blocks]
        except (ValueError, TypeError) as error:
            raise KeyFileError(f"{path} is not a PEM key") from error
        match parts:
            case [X25519PrivateKey() as x25519]:
                return cls(x25519)
            case [MLKEM768PrivateKey() as mlkem, X25519PrivateKey() as x25519]:
                return cls(x25519, mlkem)
            case _:
                raise KeyFileError(f"{path} holds another kind of key than an opening key")
