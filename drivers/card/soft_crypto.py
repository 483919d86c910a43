"""The card's end of Basic Access Control and 3DES secure messaging (ICAO Doc 9303-11), for the soft card alone.

The kiosk's reader has its own: the two ends share nothing, so that each checks the other.
"""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes


class Tampered(Exception):
    """A protected command does not carry the authentication code that belongs to it."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """The encryption and the authentication key that one seed gives."""

    enc: bytes
    mac: bytes

    @classmethod
    def from_seed(cls, seed: bytes) -> "KeyPair":
        """Derive both keys by SHA-1 of seed and counter; DES ignores the parity bits, so they stay as they fall."""
        enc, mac = (hashlib.sha1(seed + bytes((0, 0, 0, n)), usedforsecurity=False).digest()[:16] for n in (1, 2))
        return cls(enc, mac)

    @classmethod
    def from_key_text(cls, text: str) -> "KeyPair":
        """Derive the access keys from number, birth and expiry of the MRZ, each with its check digit."""
        return cls.from_seed(hashlib.sha1(text.encode("ascii"), usedforsecurity=False).digest()[:16])


def _xor(left: bytes, right: bytes) -> bytes:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")


def _padded(data: bytes) -> bytes:
    whole = bytearray(data)
    whole.append(0x80)
    while len(whole) % 8:
        whole.append(0)
    return bytes(whole)


def _des(key: bytes, block: bytes, *, forward: bool) -> bytes:
    cipher = Cipher(TripleDES(key * 3), modes.ECB())
    return (cipher.encryptor() if forward else cipher.decryptor()).update(block)


def encipher(key: bytes, data: bytes) -> bytes:
    """3DES-CBC over whole blocks, zero IV."""
    run = Cipher(TripleDES(key[:8] + key[8:] + key[:8]), modes.CBC(bytes(8))).encryptor()
    return run.update(data) + run.finalize()


def decipher(key: bytes, data: bytes) -> bytes:
    """The inverse of encipher(); ValueError for broken blocks."""
    run = Cipher(TripleDES(key[:8] + key[8:] + key[:8]), modes.CBC(bytes(8))).decryptor()
    return run.update(data) + run.finalize()


def retail_mac(key: bytes, data: bytes) -> bytes:
    """MAC of ISO/IEC 9797-1 algorithm 3, padding method 2, step by step as the standard tells it."""
    whole = _padded(data)
    chain = Cipher(TripleDES(key[:8] * 3), modes.CBC(bytes(8))).encryptor().update(whole)
    return _des(key[:8], _des(key[8:], chain[-8:], forward=False), forward=True)


def cut_object(data: bytes) -> tuple[int, bytes, bytes, bytes]:
    """Cut the first object off: (tag, value, the whole object, the rest). ValueError or IndexError if broken."""
    tag, size, at = data[0], data[1], 2
    if size & 0x80:
        at = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:at], "big")
    if at + size > len(data):
        raise ValueError("cut short")
    return tag, data[at : at + size], data[: at + size], data[at + size :]


def expected_length(field: bytes) -> int:
    """Read an Le field of one, two or three bytes: zero is 256 or 65536."""
    return int.from_bytes(field, "big") or (256 if len(field) == 1 else 65536)


def wrap_object(tag: int, value: bytes) -> bytes:
    """Write a data object with a definite length."""
    head = tag.to_bytes(2 if tag > 0xFF else 1, "big")
    if len(value) < 0x80:
        return head + bytes([len(value)]) + value
    size = len(value).to_bytes((len(value).bit_length() + 7) // 8, "big")
    return head + bytes([0x80 + len(size)]) + size + value


class CardSession:
    """Session keys and send sequence counter on the card's side."""

    def __init__(self, keys: KeyPair, counter: bytes) -> None:
        """Start with the keys agreed on and the 8-byte counter."""
        self._keys = keys
        self._counter = int.from_bytes(counter, "big")

    def _next(self) -> bytes:
        self._counter = (self._counter + 1) & 0xFFFFFFFFFFFFFFFF
        return self._counter.to_bytes(8, "big")

    def unwrap(self, header: bytes, body: bytes) -> tuple[bytes, int | None]:
        """Check a protected command: (plain data, expected length or None). Raises Tampered."""
        signed, data, expected, mac = b"", b"", None, b""
        rest = body
        try:
            while rest:
                tag, value, whole, rest = cut_object(rest)
                if tag == 0x8E:
                    mac = value
                    continue
                signed += whole
                if tag == 0x87:
                    data = decipher(self._keys.enc, value[1:])
                elif tag == 0x85:
                    data = decipher(self._keys.enc, value)
                elif tag == 0x97:
                    expected = expected_length(value)
        except (ValueError, IndexError) as error:
            raise Tampered from error
        to_check = self._next() + _padded(header) + signed if signed else self._next() + header
        if not hmac.compare_digest(mac, retail_mac(self._keys.mac, to_check)):
            raise Tampered
        return data.rstrip(b"\x00")[:-1] if data else b"", expected

    def wrap(self, data: bytes, status: bytes, *, odd: bool) -> bytes:
        """Protect an answer; `odd` is the instruction's lowest bit, which chooses the object for the data."""
        objects = b""
        if data:
            secret = encipher(self._keys.enc, _padded(data))
            objects = wrap_object(0x85, secret) if odd else wrap_object(0x87, b"\x01" + secret)
        objects += wrap_object(0x99, status)
        return objects + wrap_object(0x8E, retail_mac(self._keys.mac, self._next() + objects)) + status


@dataclass(frozen=True, slots=True)
class AccessControl:
    """The card's half of Basic Access Control with its fixed access keys."""

    keys: KeyPair

    def answer(self, cryptogram: bytes, *, challenge: bytes, key_part: bytes) -> tuple[bytes, CardSession] | None:
        """Check the terminal's 40 bytes; give the card's 40 bytes and the session, or None for a wrong key."""
        if len(cryptogram) != 40 or not hmac.compare_digest(
            retail_mac(self.keys.mac, cryptogram[:32]), cryptogram[32:]
        ):
            return None
        plain = decipher(self.keys.enc, cryptogram[:32])
        theirs, echoed, their_part = plain[:8], plain[8:16], plain[16:]
        if echoed != challenge:
            return None
        secret = encipher(self.keys.enc, challenge + theirs + key_part)
        session = CardSession(KeyPair.from_seed(_xor(their_part, key_part)), challenge[4:] + theirs[4:])
        return secret + retail_mac(self.keys.mac, secret), session
