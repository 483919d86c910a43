"""Points on elliptic curves over prime fields, for any curve and any base point (SEC 1, 2.2; RFC 5639; SEC 2).

PACE multiplies a base point that both ends have just made; `cryptography` can do that on no curve, and some of the
standardized curves it does not know. Hence this module: plain Python integers in Jacobian coordinates. It does NOT run
in constant time: every private key here is ephemeral, made for one conversation with one card in a citizen's hand.
"""

from dataclasses import dataclass, field
from typing import Final

from kiosk.chip.errors import BadAnswer

Point = tuple[int, int]
"""Affine coordinates. The point at infinity is None wherever it may occur."""
_Jacobian = tuple[int, int, int]
_WINDOW: Final = 4
_UNCOMPRESSED: Final = 0x04
_MAX_FIELD_BITS: Final = 1024
_INFINITY: Final[_Jacobian] = (1, 1, 0)


@dataclass(frozen=True, slots=True)
class Curve:
    """y² = x³ + ax + b over the integers modulo the prime `p`, with a base point of prime order `n`; cofactor `h`."""

    name: str
    p: int = field(repr=False)
    a: int = field(repr=False)
    b: int = field(repr=False)
    base: Point = field(repr=False)
    n: int = field(repr=False)
    h: int = field(default=1, repr=False)

    @property
    def size(self) -> int:
        """Bytes of one coordinate."""
        return (self.p.bit_length() + 7) // 8

    def contains(self, point: Point) -> bool:
        """Whether both coordinates are reduced and fulfil the equation."""
        x, y = point
        return 0 <= x < self.p and 0 <= y < self.p and (y * y - (x * x + self.a) * x - self.b) % self.p == 0

    def add(self, one: Point | None, other: Point | None) -> Point | None:
        """Add two points; None is the point at infinity."""
        return self._affine(self._add(_jacobian(one), _jacobian(other)))

    def multiply(self, point: Point | None, scalar: int) -> Point | None:
        """Multiply a point by a non-negative number, by a signed window of four bits."""
        if point is None or scalar == 0:
            return None
        twice = self._double(_jacobian(point))
        odd = [_jacobian(point)]
        for _ in range((1 << _WINDOW - 2) - 1):
            odd.append(self._add(odd[-1], twice))
        result = _INFINITY
        for digit in reversed(_signed_window(scalar)):
            result = self._double(result)
            if digit > 0:
                result = self._add(result, odd[digit >> 1])
            elif digit < 0:
                x, y, z = odd[-digit >> 1]
                result = self._add(result, (x, -y, z))
        return self._affine(result)

    def encoded(self, point: Point) -> bytes:
        """Write a point uncompressed (SEC 1, 2.3.3)."""
        return bytes([_UNCOMPRESSED]) + b"".join(part.to_bytes(self.size, "big") for part in point)

    def decoded(self, data: bytes, *, what: str) -> Point:
        """Read an uncompressed point. Raises BadAnswer naming `what` when it is another form or not on the curve."""
        if len(data) != 1 + 2 * self.size or data[0] != _UNCOMPRESSED:
            raise BadAnswer(f"{what} is not an uncompressed point of {self.name}")
        point = int.from_bytes(data[1 : 1 + self.size], "big"), int.from_bytes(data[1 + self.size :], "big")
        if not self.contains(point):
            raise BadAnswer(f"{what} does not lie on {self.name}")
        return point

    def _double(self, point: _Jacobian) -> _Jacobian:
        x, y, z = point
        p = self.p
        if z == 0 or y % p == 0:
            return _INFINITY
        yy = y * y % p
        s = 4 * x * yy % p
        zz = z * z % p
        m = (3 * x * x + self.a * zz * zz) % p
        new_x = (m * m - 2 * s) % p
        return new_x, (m * (s - new_x) - 8 * yy * yy) % p, 2 * y * z % p

    def _add(self, one: _Jacobian, other: _Jacobian) -> _Jacobian:
        x1, y1, z1 = one
        x2, y2, z2 = other
        if z1 == 0:
            return other
        if z2 == 0:
            return one
        p = self.p
        zz1, zz2 = z1 * z1 % p, z2 * z2 % p
        u1, u2 = x1 * zz2 % p, x2 * zz1 % p
        s1, s2 = y1 * z2 * zz2 % p, y2 * z1 * zz1 % p
        if u1 == u2:
            return self._double(one) if s1 == s2 else _INFINITY
        h = u2 - u1
        hh = h * h % p
        hhh = h * hh % p
        r = s2 - s1
        v = u1 * hh % p
        new_x = (r * r - hhh - 2 * v) % p
        return new_x, (r * (v - new_x) - s1 * hhh) % p, z1 * z2 * h % p

    def _affine(self, point: _Jacobian) -> Point | None:
        x, y, z = point
        if z == 0:
            return None
        inverse = pow(z, -1, self.p)
        square = inverse * inverse % self.p
        return x * square % self.p, y * square * inverse % self.p


def checked(curve: Curve) -> Curve:
    """Give back a curve that a card described by explicit parameters. Raises BadAnswer for one that cannot be right."""
    odd = curve.p % 2 == 1 and 128 <= curve.p.bit_length() <= _MAX_FIELD_BITS
    if not odd or pow(2, curve.p - 1, curve.p) != 1 or not 0 < curve.h < 1 << 16:
        raise BadAnswer("the card describes an elliptic curve whose field is none")
    singular = (4 * curve.a**3 + 27 * curve.b**2) % curve.p == 0
    near = abs(curve.n * curve.h - curve.p - 1) <= 2 * _root(curve.p) + 1  # Hasse's bound
    if singular or not near or not curve.contains(curve.base) or curve.multiply(curve.base, curve.n) is not None:
        raise BadAnswer("the card describes an elliptic curve that is none")
    return curve


def _root(value: int) -> int:
    return 1 << (value.bit_length() + 1) // 2


def _jacobian(point: Point | None) -> _Jacobian:
    return _INFINITY if point is None else (point[0], point[1], 1)


def _signed_window(scalar: int) -> list[int]:
    """Write a number in the non-adjacent form of width four, lowest digit first."""
    digits: list[int] = []
    while scalar:
        digit = 0
        if scalar & 1:
            digit = scalar & (1 << _WINDOW) - 1
            if digit >> _WINDOW - 1:
                digit -= 1 << _WINDOW
            scalar -= digit
        digits.append(digit)
        scalar >>= 1
    return digits
