"""Active Authentication: the chip signs our challenge with the key of DG15 (ICAO Doc 9303-11, 6.1).

RSA by ISO/IEC 9796-2 scheme 1 with message recovery, ECDSA with r and s side by side (BSI TR-03111, 5.2.1.1).
"""

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Final

from kiosk.chip import cipher, tlv
from kiosk.chip.agreement import RandomBytes
from kiosk.chip.commands import OK, SHORT_LE, Command
from kiosk.chip.errors import BadAnswer, SessionEnded
from kiosk.chip.opening import ChipSession
from kiosk.chip.proof import Proof, no, not_checkable, yes
from kiosk.chip.public_keys import EcKey, RsaKey, parse_any_public_key

DIGESTS: Final = ("sha256", "sha1", "sha384", "sha512", "sha224")
_CHALLENGE: Final = 8
_SHA1_TRAILER: Final = 0xBC
_TRAILERS: Final = {0x33: "sha1", 0x34: "sha256", 0x35: "sha512", 0x36: "sha384", 0x38: "sha224"}
_PROTECTED_SHORT: Final = 223
_LONGEST: Final = 65536


def prove_active(
    session: ChipSession, dg15: bytes, *, digests: Collection[str] = (), random_bytes: RandomBytes = os.urandom
) -> Proof:
    """Let the chip sign a challenge, and judge the signature by the key of DG15.

    `digests` are those that DG14 names for ECDSA; every other one that the standard allows is tried behind them.
    Raises CardLost when the card is gone; after any other trouble the session may be over and the chip has to be
    opened again.
    """
    try:
        key = parse_dg15(dg15)
    except BadAnswer as error:
        return not_checkable(f"DG15 holds no key that is known: {error}")
    method = _method(key)
    challenge = random_bytes(_CHALLENGE)
    try:
        signature, status = _signature(session, challenge, key)
    except (BadAnswer, SessionEnded) as error:
        return not_checkable(f"the card gave no signature: {error}", method)
    if status != OK or not signature:
        return not_checkable(f"the card gave no signature (status {status:04X})", method)
    if signed_by(key, challenge, signature, digests=digests):
        return yes(method, "the chip signed a fresh challenge with the key of DG15", key_file="DG15")
    return no(
        method,
        "the chip's signature does not belong to the key of DG15: the chip is a copy or the file is not its own",
        key_file="DG15",
    )


def signs_long(dg15: bytes | None) -> bool:
    """Whether signatures by the key of this DG15 fit no short protected answer: asking may cost the session."""
    try:
        return dg15 is not None and _size(parse_dg15(dg15)) > _PROTECTED_SHORT
    except BadAnswer:
        return False


def _signature(session: ChipSession, challenge: bytes, key: EcKey | RsaKey) -> tuple[bytes, int]:
    """INTERNAL AUTHENTICATE; a long signature is asked for at extended length, or in pieces: first as the card says."""
    short = Command(0x00, 0x88, 0x00, 0x00, challenge, SHORT_LE)
    if _size(key) <= _PROTECTED_SHORT or session.memory.reader_extended is not True:
        return session.send(short)
    wide = replace(short, le=_LONGEST)
    first, second = (wide, short) if session.memory.extended else (short, wide)
    try:
        signature, status = session.send(first)
        if status == OK and signature:
            return signature, status
    except SessionEnded:
        session.reopen()
    return session.send(second)


def _size(key: EcKey | RsaKey) -> int:
    return key.size if isinstance(key, RsaKey) else 2 * key.curve.size


def parse_dg15(dg15: bytes) -> EcKey | RsaKey:
    """Read the public key of DG15. Raises BadAnswer."""
    key = parse_any_public_key(tlv.only(tlv.only(dg15, 0x6F, what="DG15"), 0x30, what="DG15"))
    if not isinstance(key, EcKey | RsaKey):
        raise BadAnswer("DG15 holds a key that signs nothing")
    return key


def signed_by(key: EcKey | RsaKey, challenge: bytes, signature: bytes, *, digests: Collection[str] = ()) -> bool:
    """Whether `signature` is the one of `challenge` by `key`. Never raises for what a card may send."""
    if isinstance(key, RsaKey):
        return _signed_by_rsa(key, challenge, signature)
    ways = dict.fromkeys((*digests, *DIGESTS))
    return any(_signed_by_ec(key, challenge, pair, digest) for pair in _pairs(key, signature) for digest in ways)


def _signed_by_rsa(key: RsaKey, challenge: bytes, signature: bytes) -> bool:
    """ISO/IEC 9796-2 scheme 1: header 6A, the chip's own part, the digest of both parts, the trailer."""
    value = int.from_bytes(signature, "big")
    if len(signature) > key.size or not 0 < value < key.modulus:
        return False
    opened = pow(value, key.exponent, key.modulus)
    for candidate in (opened, key.modulus - opened):
        message = candidate.to_bytes(key.size, "big")
        found = _digest_of(message)
        if found is None:
            continue
        digest, end = found
        size = hashlib.new(digest).digest_size
        start = _after_header(message)
        if start is None or start > end - size:
            continue
        own = message[start : end - size]
        if cipher.same(hashlib.new(digest, own + challenge).digest(), message[end - size : end]):
            return True
    return False


def _after_header(message: bytes) -> int | None:
    """Where the chip's part begins: behind 6A, or 6B BB … BA. Total recovery (4A) would not cover our challenge."""
    if message[0] == 0x6A:
        return 1
    if message[0] != 0x6B:
        return None
    at = 1
    while at < len(message) and message[at] == 0xBB:
        at += 1
    return at + 1 if at < len(message) and message[at] == 0xBA else None


def _digest_of(message: bytes) -> tuple[str, int] | None:
    """The digest that the trailer names, and where the trailer begins."""
    if message[-1] == _SHA1_TRAILER:
        return "sha1", len(message) - 1
    if message[-1] == 0xCC and message[-2] in _TRAILERS:
        return _TRAILERS[message[-2]], len(message) - 2
    return None


def _pairs(key: EcKey, signature: bytes) -> Iterator[tuple[int, int]]:
    """Split a plain signature; some chips write it as DER against the standard."""
    size = (key.curve.n.bit_length() + 7) // 8
    if len(signature) == 2 * size:
        yield int.from_bytes(signature[:size], "big"), int.from_bytes(signature[size:], "big")
    try:
        parts = list(tlv.walk(tlv.only(signature, 0x30, what="the signature")))
    except BadAnswer:
        return
    if [tag for tag, _ in parts] == [0x02, 0x02]:
        r, s = (int.from_bytes(value, "big") for _, value in parts)
        yield r, s


def _signed_by_ec(key: EcKey, challenge: bytes, pair: tuple[int, int], digest: str) -> bool:
    """ECDSA (BSI TR-03111, 4.2.1.2), on any curve."""
    (r, s), curve = pair, key.curve
    if not 0 < r < curve.n or not 0 < s < curve.n:
        return False
    value = hashlib.new(digest, challenge).digest()
    number = int.from_bytes(value, "big") >> max(0, 8 * len(value) - curve.n.bit_length())
    inverse = pow(s, -1, curve.n)
    point = curve.add(
        curve.multiply(curve.base, number * inverse % curve.n), curve.multiply(key.point, r * inverse % curve.n)
    )
    return point is not None and point[0] % curve.n == r


def _method(key: EcKey | RsaKey) -> str:
    return f"RSA-{key.modulus.bit_length()}" if isinstance(key, RsaKey) else f"ECDSA-{key.curve.name}"
