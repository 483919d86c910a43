"""Checking one signature with one public key, as certificates and security objects use them (ICAO Doc 9303-12, 4.1.6).

RSA (PKCS #1 v1.5 and PSS) and ECDSA on any curve over a prime field, its parameters named or written out: issuers of
passports write them out, and `cryptography` refuses such keys. Says yes or no; what it cannot check raises CannotCheck.
"""

import hashlib
from typing import Any, Final

from asn1crypto import algos, core
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from kiosk.chip.curves import Curve, Point, checked
from kiosk.chip.domain_parameters import STANDARD_CURVES
from kiosk.chip.errors import BadAnswer, ChipError

Structure = Any
"""A structure as asn1crypto gives it: it is parsed lazily, and any part of it may turn out to be malformed."""

MALFORMED: Final = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""What asn1crypto raises for bytes that are not what they claim to be."""

_HASHES: Final[dict[str, hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
#: BSI TR-03111, 5.2.1: ECDSA whose signature is r and s, one behind the other.
_PLAIN_ECDSA: Final = {
    f"0.4.0.127.0.7.1.1.4.1.{n}": name for n, name in enumerate(("sha1", "sha224", "sha256", "sha384", "sha512"), 1)
}
_LIBRARY_CURVES: Final[dict[str, type[ec.EllipticCurve]]] = {
    "secp224r1": ec.SECP224R1,
    "secp256r1": ec.SECP256R1,
    "secp384r1": ec.SECP384R1,
    "secp521r1": ec.SECP521R1,
    "brainpoolP256r1": ec.BrainpoolP256R1,
    "brainpoolP384r1": ec.BrainpoolP384R1,
    "brainpoolP512r1": ec.BrainpoolP512R1,
}
_CURVES: Final = {curve.name: curve for curve in STANDARD_CURVES.values()}
_BY_OID: Final = {
    "1.2.840.10045.3.1.1": "secp192r1",
    "1.3.132.0.33": "secp224r1",
    "1.2.840.10045.3.1.7": "secp256r1",
    "1.3.132.0.34": "secp384r1",
    "1.3.132.0.35": "secp521r1",
    "1.3.36.3.3.2.8.1.1.3": "brainpoolP192r1",
    "1.3.36.3.3.2.8.1.1.5": "brainpoolP224r1",
    "1.3.36.3.3.2.8.1.1.7": "brainpoolP256r1",
    "1.3.36.3.3.2.8.1.1.9": "brainpoolP320r1",
    "1.3.36.3.3.2.8.1.1.11": "brainpoolP384r1",
    "1.3.36.3.3.2.8.1.1.13": "brainpoolP512r1",
}


class CannotCheck(ChipError):
    """A signature of a kind, or by a key, that this kiosk cannot check; the sentence says why."""


def check_signature(key: Structure, algorithm: Structure, digest: str | None, *, message: bytes, seal: bytes) -> bool:
    """Whether `seal` is the signature over `message` by the holder of `key`.

    `key` is a SubjectPublicKeyInfo, `algorithm` an AlgorithmIdentifier, `digest` hashlib's name of the digest where
    the algorithm does not name one itself. Raises CannotCheck.
    """
    try:
        kind = str(key["algorithm"]["algorithm"].dotted)
        if kind in {"1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10"}:
            return _check_rsa(key, algorithm, digest, message=message, seal=seal)
        if kind == "1.2.840.10045.2.1":
            plain = _PLAIN_ECDSA.get(str(algorithm["algorithm"].dotted))
            name = plain or _digest_name(algorithm, digest)
            return _check_ecdsa(key, name, message=message, seal=seal, plain=plain is not None)
    except (*MALFORMED, UnsupportedAlgorithm, BadAnswer) as error:
        raise CannotCheck("the signer's key or its signature has a form that cannot be read") from error
    raise CannotCheck(f"the signer's key is of a kind that this kiosk does not know ({kind})")


def curve_of(key: Structure) -> Curve:
    """Give the curve of an elliptic-curve key: one of the standard ones where it is one, however it is written.

    Raises CannotCheck for a named curve that is not known, BadAnswer for parameters that make no curve.
    """
    parameters: Any = key["algorithm"]["parameters"]
    if parameters.name == "named":
        name = _BY_OID.get(str(parameters.chosen.dotted))
        if name is None or name not in _CURVES:
            raise CannotCheck(
                f"the signer's key lies on a curve that this kiosk does not know ({parameters.chosen.dotted})"
            )
        return _CURVES[name]
    if parameters.name != "specified":
        raise CannotCheck("the signer's key does not say on which curve it lies")
    domain: Any = parameters.chosen
    if str(domain["field_id"]["field_type"].dotted) != "1.2.840.10045.1.1":
        raise CannotCheck("the signer's key lies on a curve over a field that is not prime")
    p = int(domain["field_id"]["parameters"].native)
    a, b = (int.from_bytes(bytes(domain["curve"][part].native), "big") for part in ("a", "b"))
    n = int(domain["order"].native)
    base = bytes(domain["base"].contents)
    x = int.from_bytes(base[1 : 1 + (p.bit_length() + 7) // 8], "big")
    for curve in _CURVES.values():
        if (curve.p, curve.a, curve.b, curve.n, curve.base[0]) == (p, a, b, n, x):
            return curve
    if base[:1] != b"\x04":
        raise CannotCheck("the signer's key describes its curve with a shortened point")
    cofactor = domain["cofactor"].native
    own = Curve("the signer's own curve", p, a, b, (0, 0), n, 1 if cofactor is None else int(cofactor))
    point = own.decoded(base, what="the base point of the signer's curve")
    return checked(Curve(own.name, p, a, b, point, n, own.h))


def _check_rsa(key: Structure, algorithm: Structure, digest: str | None, *, message: bytes, seal: bytes) -> bool:
    numbers: Any = key["public_key"].parsed
    public = rsa.RSAPublicNumbers(int(numbers["public_exponent"].native), int(numbers["modulus"].native)).public_key()
    way: padding.AsymmetricPadding
    if algorithm["algorithm"].native == "rsassa_pss":
        told: Any = algorithm["parameters"]
        if told.native is None:  # left out, which RFC 4055 allows for keys alone; the default of each parameter
            told = algos.RSASSAPSSParams()
        hashed = _hash(told["hash_algorithm"]["algorithm"].native)
        masked = _hash(told["mask_gen_algorithm"]["parameters"]["algorithm"].native)
        way = padding.PSS(padding.MGF1(masked), int(told["salt_length"].native))
    else:
        hashed, way = _hash(_digest_name(algorithm, digest)), padding.PKCS1v15()
    try:
        public.verify(seal, message, way, hashed)
    except InvalidSignature:
        return isinstance(way, padding.PKCS1v15) and _without_null(public, hashed, message=message, seal=seal)
    return True


def _without_null(key: rsa.RSAPublicKey, hashed: hashes.HashAlgorithm, *, message: bytes, seal: bytes) -> bool:
    """Whether it is a PKCS #1 v1.5 signature that leaves out the NULL behind its digest's name (RFC 8017, A.2.4)."""
    try:
        stated = key.recover_data_from_signature(seal, padding.PKCS1v15(), None)
    except InvalidSignature:
        return False
    name = core.ObjectIdentifier(algos.DigestAlgorithmId(hashed.name).dotted).dump()
    return stated == _sequence(_sequence(name) + core.OctetString(hashlib.new(hashed.name, message).digest()).dump())


def _sequence(inside: bytes) -> bytes:
    return b"\x30" + bytes([len(inside)]) + inside  # a digest and its name stay below 128 bytes


def _check_ecdsa(key: Structure, digest: str, *, message: bytes, seal: bytes, plain: bool) -> bool:
    curve = curve_of(key)
    point = curve.decoded(_uncompressed(curve, bytes(key["public_key"].native)), what="the signer's public key")
    r, s = _two_numbers(seal, plain=plain)
    hashed = hashlib.new(digest, message).digest()
    library = _LIBRARY_CURVES.get(curve.name)
    if library is None:
        return ecdsa_holds(curve, point, hashed, r=r, s=s)
    public = ec.EllipticCurvePublicKey.from_encoded_point(library(), curve.encoded(point))
    pair: Any = algos.DSASignature({"r": r, "s": s})
    try:
        public.verify(pair.dump(), hashed, ec.ECDSA(Prehashed(_hash(digest))))
    except InvalidSignature:
        return False
    return True


def ecdsa_holds(curve: Curve, key: Point, hashed: bytes, *, r: int, s: int) -> bool:
    """Check an ECDSA signature (r, s) over a digest on any curve (SEC 1, 4.1.4)."""
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    surplus = max(0, 8 * len(hashed) - curve.n.bit_length())
    e = int.from_bytes(hashed, "big") >> surplus
    w = pow(s, -1, curve.n)
    found = curve.add(curve.multiply(curve.base, e * w % curve.n), curve.multiply(key, r * w % curve.n))
    return found is not None and found[0] % curve.n == r


def _uncompressed(curve: Curve, data: bytes) -> bytes:
    """Write out a public key whose second coordinate was left away (SEC 1, 2.3.4; the fields here have p = 3 mod 4)."""
    if data[:1] not in (b"\x02", b"\x03") or curve.p % 4 != 3:
        return data
    x = int.from_bytes(data[1:], "big")
    y = pow((x * x + curve.a) * x + curve.b, (curve.p + 1) // 4, curve.p)
    return curve.encoded((x, y if y % 2 == data[0] % 2 else curve.p - y)) if curve.contains((x, y)) else data


def _two_numbers(seal: bytes, *, plain: bool) -> tuple[int, int]:
    if plain:
        half = len(seal) // 2
        return int.from_bytes(seal[:half], "big"), int.from_bytes(seal[half:], "big")
    pair: Any = algos.DSASignature.load(seal)
    return int(pair["r"].native), int(pair["s"].native)


def _digest_name(algorithm: Structure, digest: str | None) -> str:
    try:
        named = str(algorithm.hash_algo)
    except (ValueError, KeyError):
        named = digest or ""
    if named not in _HASHES:
        raise CannotCheck("the signature does not say with which digest it was made")
    return named


def _hash(name: str) -> hashes.HashAlgorithm:
    if name not in _HASHES:
        raise CannotCheck(f"the signature uses a digest that this kiosk does not know ({name})")
    return _HASHES[name]
