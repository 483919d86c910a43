"""The card's end of secure messaging after PACE and Chip Authentication (ICAO Doc 9303-11, 9.7.1, 9.8).

AES-128, -192 and -256 with CMAC are here; the 3DES of BAC is soft_crypto's. The kiosk's reader has its own ends.
"""

import hashlib
import hmac
from enum import Enum
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.cmac import CMAC

from drivers.card.soft_crypto import (
    CardSession,
    KeyPair,
    Tampered,
    decipher,
    encipher,
    fitting,
    protected_parts,
    retail_mac,
    unpadded,
    wrap_object,
)

_BLOCK = 16
_SHORT_CODE = 8


class Suite(Enum):
    """Cipher and MAC together: the last number of a protocol's object identifier, and the bytes of a key."""

    TRIPLE_DES = (1, 16)
    AES_128 = (2, 16)
    AES_192 = (3, 24)
    AES_256 = (4, 32)

    @property
    def number(self) -> int:
        """The last arc of the object identifiers that name this suite."""
        return self.value[0]

    @property
    def key_bytes(self) -> int:
        """Length of a key."""
        return self.value[1]

    @property
    def block(self) -> int:
        """Length of a cipher block."""
        return 8 if self is Suite.TRIPLE_DES else _BLOCK

    def key(self, secret: bytes, counter: int) -> bytes:
        """KDF of 9.7.1: counter 1 encrypts, 2 authenticates, 3 is a password's."""
        digest = hashlib.sha256 if self.key_bytes > 16 else hashlib.sha1
        return digest(secret + counter.to_bytes(4, "big")).digest()[: self.key_bytes]

    def hide(self, key: bytes, data: bytes) -> bytes:
        """CBC over whole blocks, zero IV."""
        return encipher(key, data) if self is Suite.TRIPLE_DES else _aes(key, bytes(_BLOCK), data)

    def code(self, key: bytes, data: bytes) -> bytes:
        """Eight bytes of authentication code: retail MAC or CMAC."""
        return retail_mac(key, data) if self is Suite.TRIPLE_DES else _cmac(key, data)


class Channel(Protocol):
    """Either kind of secure messaging, the card's side."""

    def unwrap(self, header: bytes, body: bytes) -> tuple[bytes, int | None]:
        """Check a protected command: (plain data, expected length or None). Raises Tampered or Unprotected."""
        ...

    def room(self, most: int) -> int:
        """How many plain bytes fit into a protected answer of at most so many bytes."""
        ...

    def wrap(self, data: bytes, status: bytes, *, odd: bool) -> bytes:
        """Protect an answer."""
        ...


def open_channel(suite: Suite, secret: bytes) -> Channel:
    """Begin secure messaging from an agreed secret; the counter stands at zero."""
    enc, mac = suite.key(secret, 1), suite.key(secret, 2)
    return CardSession(KeyPair(enc, mac), bytes(8)) if suite is Suite.TRIPLE_DES else AesChannel(enc, mac)


class AesChannel:
    """Session keys and counter of AES secure messaging."""

    def __init__(self, enc: bytes, mac: bytes) -> None:
        """Take two keys of 16, 24 or 32 bytes."""
        self._enc = enc
        self._mac = mac
        self._counter = 0

    def unwrap(self, header: bytes, body: bytes) -> tuple[bytes, int | None]:
        """Check a protected command: (plain data, expected length or None). Raises Tampered or Unprotected."""
        self._counter += 1
        signed, secret, expected, code = protected_parts(body, odd=bool(header[1] & 1))
        if not hmac.compare_digest(code, self._code(_filled(header) + _filled(signed))):
            raise Tampered
        if len(secret) % _BLOCK:
            raise Tampered
        plain = Cipher(algorithms.AES(self._enc), modes.CBC(self._start())).decryptor().update(secret)
        return unpadded(plain) if secret else b"", expected

    def room(self, most: int) -> int:
        """How many plain bytes fit into a protected answer of at most so many bytes."""
        return fitting(most, _BLOCK)

    def wrap(self, data: bytes, status: bytes, *, odd: bool) -> bytes:
        """Protect an answer; `odd` is the instruction's lowest bit, which chooses the object for the data."""
        self._counter += 1
        objects = b""
        if data:
            secret = _aes(self._enc, self._start(), _filled(data))
            objects = wrap_object(0x85, secret) if odd else wrap_object(0x87, b"\x01" + secret)
        objects += wrap_object(0x99, status)
        return objects + wrap_object(0x8E, self._code(_filled(objects))) + status

    def _number(self) -> bytes:
        return self._counter.to_bytes(_BLOCK, "big")

    def _start(self) -> bytes:
        return Cipher(algorithms.AES(self._enc), modes.ECB()).encryptor().update(self._number())

    def _code(self, message: bytes) -> bytes:
        return _cmac(self._mac, self._number() + message)


def _filled(data: bytes) -> bytes:
    return data + b"\x80" + bytes(-(len(data) + 1) % _BLOCK) if data else b""


def _aes(key: bytes, start: bytes, data: bytes) -> bytes:
    return Cipher(algorithms.AES(key), modes.CBC(start)).encryptor().update(data)


def _cmac(key: bytes, data: bytes) -> bytes:
    run = CMAC(algorithms.AES(key))
    run.update(data)
    return run.finalize()[:_SHORT_CODE]


def unhide(suite: Suite, key: bytes, data: bytes) -> bytes:
    """Undo Suite.hide()."""
    if suite is Suite.TRIPLE_DES:
        return decipher(key, data)
    return Cipher(algorithms.AES(key), modes.CBC(bytes(_BLOCK))).decryptor().update(data)
