"""Integrated mapping of PACE on the card: from two nonces to a base point (ICAO Doc 9303-11, 4.4.3.3)."""

from typing import Final

from drivers.card.soft_curves import EcDomain, Point
from drivers.card.soft_secure_messaging import Suite

_CONSTANTS: Final = {
    16: ("a668892a7c41e3ca739f40b057d85904", "a4e136ac725f738b01c1f60217c188ad"),
    32: (
        "d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676",
        "54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517",
    ),
}


def pseudo_random(suite: Suite, nonce: bytes, theirs: bytes, prime: int) -> int:
    """R_p(s, t) of 4.4.3.3.2."""
    c0, c1 = (bytes.fromhex(text) for text in _CONSTANTS[len(nonce)])
    key = suite.hide(theirs, nonce)
    out = b""
    while len(out) * 8 < prime.bit_length() + 64:
        out += suite.hide(key[: suite.key_bytes], c1)
        key = suite.hide(key[: suite.key_bytes], c0)
    return int.from_bytes(out, "big") % prime


def encoded_point(domain: EcDomain, t: int) -> Point:
    """The point encoding of 4.4.3.3.3, for primes that leave 3 modulo 4."""
    p = domain.p
    if p % 4 != 3 or t in (0, 1, p - 1):
        raise ValueError
    alpha = -t * t % p
    x2 = -domain.b * pow(domain.a, -1, p) * (1 + pow(alpha + alpha * alpha, -1, p)) % p
    h2 = (x2**3 + domain.a * x2 + domain.b) % p
    root = pow(h2, p - 1 - (p + 1) // 4, p)
    if root * root * h2 % p == 1:
        return x2, root * h2 % p
    return alpha * x2 % p, root * pow(t, 3, p) * h2 % p
