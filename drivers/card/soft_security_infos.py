"""SecurityInfos as a card carries them, written byte by byte: EF.CardAccess, DG14, DG15 (ICAO Doc 9303-11, 9.2)."""

from collections.abc import Iterable, Sequence
from typing import Final

from drivers.card.soft_crypto import wrap_object
from drivers.card.soft_curves import EcDomain, ModpDomain
from drivers.card.soft_secure_messaging import Suite

_BSI: Final = (0, 4, 0, 127, 0, 7)
_EC_PUBLIC_KEY: Final = (1, 2, 840, 10045, 2, 1)
_PRIME_FIELD: Final = (1, 2, 840, 10045, 1, 1)
_DH_PUBLIC_NUMBER: Final = (1, 2, 840, 10046, 2, 1)
AA_PROTOCOL: Final = (2, 23, 136, 1, 1, 5)


def oid(arcs: Sequence[int]) -> bytes:
    """The value of an object identifier, without tag and length."""
    out = bytearray([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        out += bytes(reversed(groups))
    return bytes(out)


def pace_oid(mapping: int, suite: Suite) -> bytes:
    """id-PACE with the number of the mapping (1 DH-GM, 2 ECDH-GM, 3 DH-IM, 4 ECDH-IM, 6 ECDH-CAM)."""
    return oid((*_BSI, 2, 2, 4, mapping, suite.number))


def ca_oid(*, ec: bool, suite: Suite) -> bytes:
    """id-CA over DH or ECDH."""
    return oid((*_BSI, 2, 2, 3, 2 if ec else 1, suite.number))


def info(protocol: bytes, *fields: bytes) -> bytes:
    """One SecurityInfo."""
    return wrap_object(0x30, wrap_object(0x06, protocol) + b"".join(fields))


def info_set(infos: Iterable[bytes]) -> bytes:
    """SecurityInfos: a SET OF, sorted as DER asks."""
    return wrap_object(0x31, b"".join(sorted(infos)))


def number(value: int) -> bytes:
    """An INTEGER."""
    return wrap_object(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def pace_info(mapping: int, suite: Suite, parameter: int) -> bytes:
    """PACEInfo, version 2."""
    return info(pace_oid(mapping, suite), number(2), number(parameter))


def chip_authentication_info(*, ec: bool, suite: Suite, key_id: int | None = None) -> bytes:
    """ChipAuthenticationInfo, version 1."""
    return info(ca_oid(ec=ec, suite=suite), number(1), *([] if key_id is None else [number(key_id)]))


def chip_public_key_info(public: bytes, domain: EcDomain | ModpDomain, *, key_id: int | None = None) -> bytes:
    """ChipAuthenticationPublicKeyInfo with explicit parameters, as eMRTDs have them."""
    ec = isinstance(domain, EcDomain)
    algorithm = _ec_algorithm(domain) if isinstance(domain, EcDomain) else _dh_algorithm(domain)
    value = public if ec else number(int.from_bytes(public, "big"))
    key = wrap_object(0x30, algorithm + wrap_object(0x03, b"\x00" + value))
    return info(oid((*_BSI, 2, 2, 1, 2 if ec else 1)), key, *([] if key_id is None else [number(key_id)]))


def active_authentication_info(hash_number: int) -> bytes:
    """ActiveAuthenticationInfo for plain ECDSA: 1 SHA-1, 2 SHA-224, 3 SHA-256, 4 SHA-384, 5 SHA-512."""
    algorithm = wrap_object(0x06, oid((*_BSI, 1, 1, 4, 1, hash_number)))
    return info(oid(AA_PROTOCOL), number(1), algorithm)


def terminal_authentication_info() -> bytes:
    """TerminalAuthenticationInfo, version 1: what a card with fingerprints lists beside Chip Authentication."""
    return info(oid((*_BSI, 2, 2, 2)), number(1))


def dg14_file(infos: Iterable[bytes]) -> bytes:
    """DG14."""
    return wrap_object(0x6E, info_set(infos))


def dg15_file(public_key: bytes) -> bytes:
    """DG15 around a SubjectPublicKeyInfo."""
    return wrap_object(0x6F, public_key)


def _ec_algorithm(domain: EcDomain) -> bytes:
    field = wrap_object(0x30, wrap_object(0x06, oid(_PRIME_FIELD)) + number(domain.p))
    parts = (part.to_bytes(domain.size, "big") for part in (domain.a, domain.b))
    curve = wrap_object(0x30, b"".join(wrap_object(0x04, part) for part in parts))
    rest = wrap_object(0x04, domain.write(domain.base)) + number(domain.n) + number(1)
    parameters = wrap_object(0x30, number(1) + field + curve + rest)
    return wrap_object(0x30, wrap_object(0x06, oid(_EC_PUBLIC_KEY)) + parameters)


def _dh_algorithm(domain: ModpDomain) -> bytes:
    parameters = wrap_object(0x30, number(domain.p) + number(domain.g) + number(domain.q))
    return wrap_object(0x30, wrap_object(0x06, oid(_DH_PUBLIC_NUMBER)) + parameters)
