"""Key agreement for PACE and Chip Authentication over either kind of domain (ICAO Doc 9303-11, 9.5, 9.6; BSI TR-03111).

Public keys pass as the bytes that travel. Whatever the card sends is checked before it is used: on the curve or in the
subgroup, and not its neutral element.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol, Self

from kiosk.chip.curves import Curve, Point
from kiosk.chip.domain_parameters import ModpGroup
from kiosk.chip.errors import BadAnswer, PaceFailed
from kiosk.chip.public_keys import domain_contains
from kiosk.chip.suites import Suite

RandomBytes = Callable[[int], bytes]
_EXTRA: Final = 8
_TRIES: Final = 64
_CONSTANTS_128: Final = (
    bytes.fromhex("a668892a7c41e3ca739f40b057d85904"),
    bytes.fromhex("a4e136ac725f738b01c1f60217c188ad"),
)
_CONSTANTS_256: Final = (
    bytes.fromhex("d463d65234124ef7897054986dca0a174e28df758cbaa03f240616414d5a1676"),
    bytes.fromhex("54bd7255f0aaf831bec3423fcf39d69b6cbf066677d0faae5aadd99df8e53517"),
)


@dataclass(frozen=True, slots=True)
class KeyPair:
    """An ephemeral key pair; `public` is what travels."""

    private: int = field(repr=False)
    public: bytes = field(repr=False)


class Agreement(Protocol):
    """One base point or generator, and what can be done with it."""

    @property
    def public_tag(self) -> int:
        """The tag of a public key inside an authentication token (9.4.5)."""
        ...

    def key_pair(self, random_bytes: RandomBytes) -> KeyPair:
        """Make an ephemeral key pair."""
        ...

    def secret(self, pair: KeyPair, theirs: bytes) -> bytes:
        """Agree with the card's public key. Raises BadAnswer for a key that must not be used."""
        ...

    def mapped_generic(self, nonce: bytes, pair: KeyPair, theirs: bytes) -> Self:
        """Generic mapping (4.4.3.3.1) with the card's mapping key. Raises BadAnswer."""
        ...

    def mapped_integrated(self, suite: Suite, nonce: bytes, ours: bytes) -> Self:
        """Integrated mapping (4.4.3.3.2) with our nonce. Raises PaceFailed where the domain knows none."""
        ...


def agreement_over(domain: Curve | ModpGroup) -> "EcAgreement | DhAgreement":
    """Begin with the domain's own base point or generator."""
    return EcAgreement(domain, domain.base) if isinstance(domain, Curve) else DhAgreement(domain, domain.g)


@dataclass(frozen=True, slots=True)
class EcAgreement:
    """ECDH: the secret is the x coordinate."""

    curve: Curve
    base: Point = field(repr=False)

    @property
    def public_tag(self) -> int:
        """The tag of a public point."""
        return 0x86

    def key_pair(self, random_bytes: RandomBytes) -> KeyPair:
        """Make an ephemeral key pair."""
        private = _random_below(self.curve.n, random_bytes)
        return KeyPair(private, self.curve.encoded(self._times(private, self.base)))

    def secret(self, pair: KeyPair, theirs: bytes) -> bytes:
        """Agree on a secret."""
        x, _ = self._shared(pair, theirs)
        return x.to_bytes(self.curve.size, "big")

    def mapped_generic(self, nonce: bytes, pair: KeyPair, theirs: bytes) -> "EcAgreement":
        """Multiply the base by the nonce and add the shared point."""
        part = self.curve.multiply(self.base, int.from_bytes(nonce, "big") % self.curve.n)
        mapped = self.curve.add(part, self._shared(pair, theirs))
        if mapped is None:
            raise BadAnswer("the card's key leads the mapping of PACE to the point at infinity")
        return EcAgreement(self.curve, mapped)

    def mapped_integrated(self, suite: Suite, nonce: bytes, ours: bytes) -> "EcAgreement":
        """Encode the pseudo-random number of both nonces as a point."""
        p = self.curve.p
        if p % 4 != 3:
            raise PaceFailed(f"{self.curve.name} knows no integrated mapping")
        point = _encode_point(self.curve, pseudo_random(suite, nonce, ours, p))
        mapped = self.curve.multiply(point, self.curve.h)
        if mapped is None:
            raise PaceFailed("the nonces of PACE lead to no base point")
        return EcAgreement(self.curve, mapped)

    def _shared(self, pair: KeyPair, theirs: bytes) -> Point:
        if theirs == pair.public:
            raise BadAnswer("the card sent our own key back")
        point = self.curve.decoded(theirs, what="the card's ephemeral key")
        return self._times(pair.private * self.curve.h, point)

    def _times(self, scalar: int, point: Point) -> Point:
        result = self.curve.multiply(point, scalar)
        if result is None:
            raise BadAnswer("the card's key leads to the point at infinity")
        return result


@dataclass(frozen=True, slots=True)
class DhAgreement:
    """DH in a MODP group: the secret is the shared element at full length."""

    group: ModpGroup
    generator: int = field(repr=False)

    @property
    def public_tag(self) -> int:
        """The tag of a public element."""
        return 0x84

    def key_pair(self, random_bytes: RandomBytes) -> KeyPair:
        """Make a key pair whose public key has no leading zero: whether that is sent is read in two ways."""
        for _ in range(_TRIES):
            private = _random_below(self.group.q or self.group.p, random_bytes)
            public = pow(self.generator, private, self.group.p).to_bytes(self.group.size, "big")
            if public[0]:
                return KeyPair(private, public)
        raise PaceFailed("the source of random numbers gives none that serve")

    def secret(self, pair: KeyPair, theirs: bytes) -> bytes:
        """Agree on a secret."""
        return self._shared(pair, theirs).to_bytes(self.group.size, "big")

    def mapped_generic(self, nonce: bytes, pair: KeyPair, theirs: bytes) -> "DhAgreement":
        """Raise the generator to the nonce and multiply with the shared element."""
        power = pow(self.generator, int.from_bytes(nonce, "big"), self.group.p)
        return self._mapped(power * self._shared(pair, theirs) % self.group.p)

    def mapped_integrated(self, suite: Suite, nonce: bytes, ours: bytes) -> "DhAgreement":
        """Raise the pseudo-random number of both nonces into the subgroup."""
        if not self.group.q:
            raise PaceFailed("the card's group knows no integrated mapping")
        number = pseudo_random(suite, nonce, ours, self.group.p)
        return self._mapped(pow(number, (self.group.p - 1) // self.group.q, self.group.p))

    def _mapped(self, generator: int) -> "DhAgreement":
        if not domain_contains(self.group, generator):
            raise BadAnswer("the card's key leads the mapping of PACE out of the group")
        return DhAgreement(self.group, generator)

    def _shared(self, pair: KeyPair, theirs: bytes) -> int:
        if theirs.lstrip(b"\x00") == pair.public:
            raise BadAnswer("the card sent our own key back")
        element = int.from_bytes(theirs, "big")
        if len(theirs) > self.group.size + 1 or not domain_contains(self.group, element):
            raise BadAnswer("the card's ephemeral key lies outside its group")
        return pow(element, pair.private, self.group.p)


def pseudo_random(suite: Suite, nonce: bytes, ours: bytes, prime: int) -> int:
    """The function R_p(s, t) of 4.4.3.3.2, `nonce` being the card's. Raises BadAnswer for a nonce of wrong length."""
    if len(nonce) != (32 if suite.key_length > 16 else 16):
        raise BadAnswer("the card's nonce has a length that its cipher does not allow")
    c0, c1 = _CONSTANTS_256 if suite.key_length > 16 else _CONSTANTS_128
    key, out = suite.encrypt(ours, nonce)[: suite.key_length], b""
    while 8 * len(out) < prime.bit_length() + 64:
        out += suite.encrypt(key, c1)
        key = suite.encrypt(key, c0)[: suite.key_length]
    return int.from_bytes(out, "big") % prime


def _encode_point(curve: Curve, t: int) -> Point:
    """The point encoding of 4.4.3.3.2 for p ≡ 3 mod 4, in affine coordinates (Brier and others, 2010)."""
    p, a, b = curve.p, curve.a, curve.b
    alpha = -(t * t) % p
    denominator = (alpha + alpha * alpha) % p
    if not denominator or not a:
        raise PaceFailed("the nonces of PACE lead to no base point")
    x2 = -b * pow(a, -1, p) * (1 + pow(denominator, -1, p)) % p
    h2 = (pow(x2, 3, p) + a * x2 + b) % p
    power = pow(h2, p - 1 - (p + 1) // 4, p)
    square = power * power * h2 % p == 1
    point = (x2, power * h2 % p) if square else (alpha * x2 % p, power * pow(t, 3, p) * h2 % p)
    if not curve.contains(point):
        raise PaceFailed("the nonces of PACE lead to no base point")
    return point


def _random_below(order: int, random_bytes: RandomBytes) -> int:
    """A number from 1 to order - 1, even to within 2^-64 (BSI TR-03111, 4.1.1)."""
    size = (order.bit_length() + 7) // 8 + _EXTRA
    return int.from_bytes(random_bytes(size), "big") % (order - 1) + 1
