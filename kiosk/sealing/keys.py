"""Keys: Ed25519 for signing, HPKE (RFC 9180) for sealing, and the files they live in.

A key id is the first 16 hex digits of SHA-256 over the raw public key. Secret keys are PEM files of mode 0600; public
keys travel as JSON. Refuses key files that other users can read.
"""

import base64
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, cast

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kiosk.sealing.errors import KeyFileError
from kiosk.sealing.keyfiles import key_id, read_description, read_secret_file, write_atomically
from kiosk.sealing.suites import SealingKey


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """The public half of a signing key: 32 raw bytes of Ed25519 (RFC 8032)."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise KeyFileError("an Ed25519 public key has 32 bytes")

    @property
    def kid(self) -> str:
        """The key id: 16 hex digits."""
        return key_id(self.raw)

    def is_signed(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` over `data` was made by this key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def describe(self) -> dict[str, str]:
        """A JSON-able description: kind, kid, key (base64)."""
        return {"kind": "ed25519", "kid": self.kid, "key": base64.b64encode(self.raw).decode()}

    @classmethod
    def from_description(cls, description: object) -> Self:
        """The key that `describe` described. Raises KeyFileError."""
        raw = read_description(description, "ed25519")
        return cls(raw)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret Ed25519 key."""

    secret: Ed25519PrivateKey = field(repr=False)

    @classmethod
    def generate(cls) -> Self:
        """A new random key."""
        return cls(Ed25519PrivateKey.generate())

    @property
    def public(self) -> VerifyingKey:
        """The public half."""
        return VerifyingKey(self.secret.public_key().public_bytes_raw())

    @property
    def kid(self) -> str:
        """The key id: 16 hex digits."""
        return self.public.kid

    def sign(self, data: bytes) -> bytes:
        """The 64-byte signature over `data`."""
        return self.secret.sign(data)

    def save(self, path: Path) -> None:
        """Write the key as PKCS #8 PEM, mode 0600."""
        pem = self.secret.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        write_atomically(path, pem)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a key that `save` wrote. Raises KeyFileError."""
        try:
            secret = serialization.load_pem_private_key(read_secret_file(path), password=None)
        except (ValueError, TypeError) as error:
            raise KeyFileError(f"{path} is not a PEM key") from error
        if not isinstance(secret, Ed25519PrivateKey):
            raise KeyFileError(f"{path} holds another kind of key than Ed25519")
        return cls(secret)


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom a package is sealed for: the collector's summary key, the office's opening key, and a key in escrow.

    The escrow key is the province's, and opens enrolments as the opening key does; None where there is none.
    """

    summary: SealingKey
    body: SealingKey
    escrow: SealingKey | None = None

    def __post_init__(self) -> None:
        if self.summary.suite != self.body.suite:
            raise KeyFileError("summary key and body key must be of the same suite: make both with kiosk office init")
        if self.escrow is not None and self.escrow.suite != self.suite:
            raise KeyFileError(f"the escrow key is of another suite than the office's keys: make one of {self.suite}")
        if self.escrow is not None and self.escrow == self.body:
            raise KeyFileError("the escrow key is the opening key itself: make another one, where it stays")

    @property
    def suite(self) -> str:
        """The HPKE suite both keys belong to."""
        return self.summary.suite


@dataclass(frozen=True, slots=True)
class OfficeKeys:
    """The office's public keys as a kiosk is given them, in one file `office-keys.json`.

    `command` signs the office's commands. None in a file from before there were any: such a kiosk obeys none.
    `number` is that of the word by which these recipients were told, 0 for the first ones; `earlier` are the ids of
    opening keys that kiosks sealed for before.
    """

    recipients: Recipients
    receipt: VerifyingKey
    command: VerifyingKey | None = None
    number: int = 0
    earlier: tuple[str, ...] = ()

    def to_json(self) -> str:
        """The file's text."""
        keys: dict[str, Any] = {
            "v": 1,
            "summary": self.recipients.summary.describe(),
            "body": self.recipients.body.describe(),
            "receipt": self.receipt.describe(),
        }
        if self.command is not None:
            keys["command"] = self.command.describe()
        if self.recipients.escrow is not None:
            keys["escrow"] = self.recipients.escrow.describe()
        if self.number:
            keys |= {"number": self.number, "earlier": list(self.earlier)}
        return json.dumps(keys, indent=2, sort_keys=True) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The keys in the file's text. Raises KeyFileError."""
        try:
            keys: Any = json.loads(text)
        except ValueError as error:
            raise KeyFileError("the office's keys are not JSON") from error
        if not isinstance(keys, dict) or keys.get("v") != 1:
            raise KeyFileError("the office's keys are not of version 1")
        recipients = Recipients(
            summary=SealingKey.from_description(keys.get("summary")),
            body=SealingKey.from_description(keys.get("body")),
            escrow=SealingKey.from_description(keys["escrow"]) if "escrow" in keys else None,
        )
        number, earlier = keys.get("number", 0), keys.get("earlier", [])
        if type(number) is not int or number < 0 or not isinstance(earlier, list):
            raise KeyFileError("the number of the office's keys, or the list of earlier ones, is damaged")
        receipt = VerifyingKey.from_description(keys.get("receipt"))
        command = VerifyingKey.from_description(keys["command"]) if "command" in keys else None
        return cls(recipients, receipt, command, number, tuple(map(str, cast("list[object]", earlier))))

    def save(self, path: Path) -> None:
        """Write the file, readable by all: it holds nothing secret."""
        write_atomically(path, self.to_json().encode(), mode=0o644)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file. Raises KeyFileError."""
        try:
            return cls.from_json(path.read_bytes())
        except OSError as error:
            raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
