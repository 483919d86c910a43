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


class Unprotected(Tampered):
    """It carries no authentication code at all."""


_STATUS_AND_MAC = 4 + 10


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
    wide = data[0] & 0x1F == 0x1F
    tag, at = (int.from_bytes(data[:2], "big"), 3) if wide else (data[0], 2)
    size = data[at - 1]
    if size & 0x80:
        begins, at = at, at + (size & 0x7F)
        size = int.from_bytes(data[begins:at], "big")
    if at + size > len(data):
        raise ValueError("cut short")
    return tag, data[at : at + size], data[: at + size], data[at + size :]


def expected_length(field: bytes) -> int:
    """Read an Le field of one, two or three bytes: zero is 256 or 65536."""
    return int.from_bytes(field, "big") or (256 if len(field) == 1 else 65536)


def protected_parts(body: bytes, *, odd: bool) -> tuple[bytes, bytes, int | None, bytes]:
    """Cut the objects of a protected command: what is authenticated, cryptogram, expected length, MAC.

    The cryptogram is object 87 for even, 85 for odd instructions; the MAC comes last (Doc 9303-11, 9.8.4). Raises
    Tampered for objects that are broken, unknown or out of order, Unprotected without a MAC.
    """
    signed, secret, expected, mac = b"", b"", None, b""
    order = [0x85 if odd else 0x87, 0x97, 0x8E]
    try:
        while body:
            tag, value, whole, body = cut_object(body)
            del order[: order.index(tag) + 1]
            if tag == 0x8E:
                mac = value
                continue
            signed += whole
            if tag == 0x97:
                if not 1 <= len(value) <= 2:
                    raise Tampered
                expected = expected_length(value)
            elif odd:
                secret = value
            elif value[:1] == b"\x01":
                secret = value[1:]
            else:
                raise Tampered
    except (ValueError, IndexError) as error:
        raise Tampered from error
    if not mac:
        raise Unprotected
    return signed, secret, expected, mac


def fitting(most: int, block: int) -> int:
    """How many plain bytes fit into a protected answer of at most so many bytes: data, status and MAC objects."""
    for secret in range(most - most % block, 0, -block):
        header = 2 if secret + 1 < 0x80 else 3 if secret + 1 < 0x100 else 4
        if header + 1 + secret + _STATUS_AND_MAC <= most:
            return secret - 1
    return 0


def unpadded(plain: bytes) -> bytes:
    """Take the padding of ISO/IEC 9797-1 method 2 off. Raises Tampered where there is none."""
    bare = plain.rstrip(b"\x00")
    if not bare.endswith(b"\x80"):
        raise Tampered
    return bare[:-1]


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
        """Check a protected command: (plain data, expected length or None). Raises Tampered or Unprotected."""
        signed, secret, expected, mac = protected_parts(body, odd=bool(header[1] & 1))
        to_check = self._next() + _padded(header) + signed if signed else self._next() + header
        if not hmac.compare_digest(mac, retail_mac(self._keys.mac, to_check)):
            raise Tampered
        if len(secret) % 8:
            raise Tampered
        return unpadded(decipher(self._keys.enc, secret)) if secret else b"", expected

    def room(self, most: int) -> int:
        """How many plain bytes fit into a protected answer of at most so many bytes."""
        return fitting(most, 8)

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
