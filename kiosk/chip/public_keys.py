"""SubjectPublicKeyInfo as cards write it (RFC 5280, 4.1.2.7): named, standardized or fully described parameters.

Real chips describe their curves by explicit parameters (Doc 9303-11, 9.4), which `cryptography` does not load.
"""

from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.curves import Curve, Point, checked
from kiosk.chip.domain_parameters import STANDARD_CURVES, STANDARD_GROUPS, ModpGroup
from kiosk.chip.errors import BadAnswer

_EC_PUBLIC_KEY: Final = "1.2.840.10045.2.1"
_PRIME_FIELD: Final = "1.2.840.10045.1.1"
_DH_X942: Final = "1.2.840.10046.2.1"
_DH_PKCS3: Final = "1.2.840.113549.1.3.1"
_STANDARDIZED: Final = "0.4.0.127.0.7.1.2"
_RSA: Final = ("1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10")
_NAMED: Final = {
    "1.2.840.10045.3.1.1": 8,
    "1.3.36.3.3.2.8.1.1.3": 9,
    "1.3.132.0.33": 10,
    "1.3.36.3.3.2.8.1.1.5": 11,
    "1.2.840.10045.3.1.7": 12,
    "1.3.36.3.3.2.8.1.1.7": 13,
    "1.3.36.3.3.2.8.1.1.9": 14,
    "1.3.132.0.34": 15,
    "1.3.36.3.3.2.8.1.1.11": 16,
    "1.3.36.3.3.2.8.1.1.13": 17,
    "1.3.132.0.35": 18,
}
_MAX_BITS: Final = 8192
_WHAT: Final = "a public key of the card"


@dataclass(frozen=True, slots=True)
class EcKey:
    """A point on a curve."""

    curve: Curve
    point: Point = field(repr=False)


@dataclass(frozen=True, slots=True)
class DhKey:
    """An element of a MODP group; the group's `q` is 0 where the card does not state it."""

    group: ModpGroup
    element: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class RsaKey:
    """Modulus and public exponent."""

    modulus: int = field(repr=False)
    exponent: int = field(repr=False)

    @property
    def size(self) -> int:
        """Bytes of a signature."""
        return (self.modulus.bit_length() + 7) // 8


DomainKey = EcKey | DhKey


def integer(value: bytes) -> int:
    """Read a non-negative INTEGER of bounded size. Raises BadAnswer."""
    if not value or len(value) * 8 > _MAX_BITS + 8 or value[0] & 0x80:
        raise BadAnswer("a number in the card's data is none that belongs there")
    return int.from_bytes(value, "big")


def oid_text(value: bytes) -> str:
    """Write an object identifier with dots. Raises BadAnswer for one that ends in the middle."""
    if not value or value[-1] & 0x80 or len(value) > 64:
        raise BadAnswer("an identifier in the card's data is none")
    arcs: list[int] = []
    run = 0
    for byte in value:
        run = run << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(run)
            run = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def parse_public_key(info: bytes) -> DomainKey:
    """Read the inside of a SubjectPublicKeyInfo for key agreement. Raises BadAnswer."""
    key = parse_any_public_key(info)
    if isinstance(key, RsaKey):
        raise BadAnswer(f"{_WHAT} cannot agree on a secret")
    return key


def parse_any_public_key(info: bytes) -> DomainKey | RsaKey:
    """Read the inside of a SubjectPublicKeyInfo (EC, DH or RSA). Raises BadAnswer."""
    parts = list(tlv.walk(info))
    if [tag for tag, _ in parts] != [0x30, 0x03] or parts[1][1][:1] != b"\x00":
        raise BadAnswer(f"{_WHAT} does not have the shape of one")
    algorithm, bits = parts[0][1], parts[1][1][1:]
    if oid_text(tlv.first(algorithm, 0x06, what=_WHAT)) in _RSA:
        return _rsa(bits)
    domain = algorithm_domain(algorithm)
    if isinstance(domain, Curve):
        return EcKey(domain, domain.decoded(bits, what=_WHAT))
    element = integer(tlv.only(bits, 0x02, what=_WHAT))
    if not domain_contains(domain, element):
        raise BadAnswer(f"{_WHAT} lies outside its group")
    return DhKey(domain, element)


def domain_contains(group: ModpGroup, element: int) -> bool:
    """Whether an element may be used; where the order is not stated only its range can be checked."""
    return group.contains(element) if group.q else 1 < element < group.p - 1


def algorithm_domain(algorithm: bytes) -> Curve | ModpGroup:
    """Read the domain parameters inside an AlgorithmIdentifier. Raises BadAnswer for what is not known or wrong."""
    parts = list(tlv.walk(algorithm))
    if len(parts) != 2 or parts[0][0] != 0x06:
        raise BadAnswer(f"{_WHAT} does not name its parameters")
    name, (tag, value) = oid_text(parts[0][1]), parts[1]
    if name == _STANDARDIZED and tag == 0x02:
        number = integer(value)
        found = STANDARD_CURVES.get(number) or STANDARD_GROUPS.get(number)
        if found is not None:
            return found
    if name == _EC_PUBLIC_KEY and tag == 0x06 and oid_text(value) in _NAMED:
        return STANDARD_CURVES[_NAMED[oid_text(value)]]
    if name == _EC_PUBLIC_KEY and tag == 0x30:
        return _described_curve(value)
    if name in (_DH_X942, _DH_PKCS3) and tag == 0x30:
        return _described_group(value, with_order=name == _DH_X942)
    raise BadAnswer(f"{_WHAT} uses parameters that are not known")


def _described_curve(parameters: bytes) -> Curve:
    parts = list(tlv.walk(parameters))
    if [tag for tag, _ in parts[:5]] != [0x02, 0x30, 0x30, 0x04, 0x02]:
        raise BadAnswer(f"{_WHAT} describes no curve")
    field_parts, coefficients = list(tlv.walk(parts[1][1])), list(tlv.walk(parts[2][1]))
    if [tag for tag, _ in field_parts] != [0x06, 0x02] or oid_text(field_parts[0][1]) != _PRIME_FIELD:
        raise BadAnswer(f"{_WHAT} lies on a curve over no prime field")
    if [tag for tag, _ in coefficients[:2]] != [0x04, 0x04]:
        raise BadAnswer(f"{_WHAT} describes no curve")
    p, n = integer(field_parts[1][1]), integer(parts[4][1])
    a, b = (int.from_bytes(value, "big") for _, value in coefficients[:2])
    h = integer(parts[5][1]) if len(parts) > 5 and parts[5][0] == 0x02 else 1
    if not 128 <= p.bit_length() <= 1024:
        raise BadAnswer(f"{_WHAT} lies on a curve of no usual size")
    base = Curve("a described curve", p, a, b, (0, 0), n, h).decoded(parts[3][1], what="the base point of the card")
    for known in STANDARD_CURVES.values():
        if (known.p, known.a, known.b, known.base, known.n) == (p, a, b, base, n):
            return known
    return checked(Curve("a described curve", p, a, b, base, n, h))


def _described_group(parameters: bytes, *, with_order: bool) -> ModpGroup:
    numbers = [integer(value) for tag, value in tlv.walk(parameters) if tag == 0x02]
    if len(numbers) < (3 if with_order else 2):
        raise BadAnswer(f"{_WHAT} describes no group")
    p, g = numbers[:2]
    for known in STANDARD_GROUPS.values():
        if (known.p, known.g) == (p, g):
            return known
    q = numbers[2] if with_order else 0
    sound = 1024 <= p.bit_length() <= _MAX_BITS and p % 2 == 1 and 1 < g < p - 1
    if not sound or q.bit_length() > p.bit_length() or (q and ((p - 1) % q or pow(g, q, p) != 1)):
        raise BadAnswer(f"{_WHAT} describes a group that is none")
    return ModpGroup("a described group", p, g, q)


def _rsa(bits: bytes) -> RsaKey:
    parts = list(tlv.walk(tlv.only(bits, 0x30, what=_WHAT)))
    if [tag for tag, _ in parts] != [0x02, 0x02]:
        raise BadAnswer(f"{_WHAT} is no RSA key")
    modulus, exponent = (integer(value) for _, value in parts)
    if not 512 <= modulus.bit_length() <= _MAX_BITS or not 3 <= exponent < 1 << 64 or not exponent & modulus & 1:
        raise BadAnswer(f"{_WHAT} is no RSA key")
    return RsaKey(modulus, exponent)
