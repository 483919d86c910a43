"""SecurityInfos: what a chip says it can do, in EF.CardAccess, EF.CardSecurity and DG14 (ICAO Doc 9303-11, 9.2).

An entry that is unknown or broken is kept as it came and hinders nothing; only a set that is no set is refused.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.curves import Curve
from kiosk.chip.domain_parameters import STANDARD_CURVES, STANDARD_GROUPS, ModpGroup
from kiosk.chip.errors import BadAnswer
from kiosk.chip.public_keys import DomainKey, algorithm_domain, integer, oid_text, parse_public_key
from kiosk.chip.suites import Suite

_BSI: Final = "0.4.0.127.0.7.2.2."
_PACE: Final = _BSI + "4."
_CHIP_AUTHENTICATION: Final = _BSI + "3."
_CHIP_PUBLIC_KEY: Final = (_BSI + "1.1", _BSI + "1.2")
_TERMINAL_AUTHENTICATION: Final = _BSI + "2"
_ACTIVE_AUTHENTICATION: Final = "2.23.136.1.1.5"
_PLAIN_ECDSA: Final = "0.4.0.127.0.7.1.1.4.1."
_ECDSA_HASHES: Final = {
    _PLAIN_ECDSA + "1": "sha1",
    _PLAIN_ECDSA + "2": "sha224",
    _PLAIN_ECDSA + "3": "sha256",
    _PLAIN_ECDSA + "4": "sha384",
    _PLAIN_ECDSA + "5": "sha512",
    "1.2.840.10045.4.1": "sha1",
    "1.2.840.10045.4.3.1": "sha224",
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_SIGNED_DATA: Final = bytes.fromhex("2A864886F70D010702")
_SECURITY_OBJECT: Final = bytes.fromhex("04007F0007030201")
_MOST: Final = 64


class PaceMapping(StrEnum):
    """How PACE turns the nonce into a base point (4.4.3.3)."""

    GENERIC = "GM"
    INTEGRATED = "IM"
    CHIP_AUTHENTICATION = "CAM"


_MAPPINGS: Final = {
    1: (PaceMapping.GENERIC, False),
    2: (PaceMapping.GENERIC, True),
    3: (PaceMapping.INTEGRATED, False),
    4: (PaceMapping.INTEGRATED, True),
    6: (PaceMapping.CHIP_AUTHENTICATION, True),
}


@dataclass(frozen=True, slots=True)
class PaceInfo:
    """One way of PACE; `oid` is the value of the object identifier, `parameter_id` None where it is left out."""

    oid: bytes
    mapping: PaceMapping
    ec: bool
    suite: Suite
    version: int
    parameter_id: int | None

    @property
    def label(self) -> str:
        """The name for people and reports, such as ECDH-GM-AES-128."""
        return f"{'ECDH' if self.ec else 'DH'}-{self.mapping}-{self.suite.label}"


@dataclass(frozen=True, slots=True)
class PaceDomain:
    """Domain parameters of a card's own (PACEDomainParameterInfo)."""

    domain: Curve | ModpGroup
    parameter_id: int | None


@dataclass(frozen=True, slots=True)
class ChipAuthenticationInfo:
    """That the card knows Chip Authentication with this suite, and with which of its keys."""

    oid: bytes
    ec: bool
    suite: Suite
    version: int
    key_id: int | None


@dataclass(frozen=True, slots=True)
class ChipPublicKey:
    """A static public key for Chip Authentication."""

    key: DomainKey
    key_id: int | None


@dataclass(frozen=True, slots=True)
class OtherInfo:
    """An entry that this kiosk has no use for, or that is broken; `data` is all of it behind the identifier."""

    oid: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecurityInfos:
    """All entries of one set, by kind. `active_hashes` are the digests that Active Authentication may use."""

    pace: tuple[PaceInfo, ...] = ()
    pace_domains: tuple[PaceDomain, ...] = ()
    chip_authentication: tuple[ChipAuthenticationInfo, ...] = ()
    chip_keys: tuple[ChipPublicKey, ...] = ()
    active_hashes: tuple[str, ...] = ()
    terminal_authentication: bool = False
    others: tuple[OtherInfo, ...] = ()

    def domain_of(self, info: PaceInfo) -> Curve | ModpGroup | None:
        """The domain parameters that a PACEInfo means; None when the card does not say them."""
        own = [entry.domain for entry in self.pace_domains if entry.parameter_id == info.parameter_id]
        if own:
            return own[0]
        if info.parameter_id is None:
            return None
        standard = STANDARD_CURVES if info.ec else STANDARD_GROUPS
        return standard.get(info.parameter_id)


_Entry = PaceInfo | PaceDomain | ChipAuthenticationInfo | ChipPublicKey | OtherInfo | str | None


def parse_security_infos(data: bytes, *, what: str) -> SecurityInfos:
    """Read a SET of SecurityInfo; bytes behind it are padding. Raises BadAnswer naming `what` when it is none."""
    found: list[_Entry] = []
    for count, (tag, value) in enumerate(tlv.walk(tlv.only(data, 0x31, what=what))):
        if tag != 0x30 or count >= _MOST:
            raise BadAnswer(f"{what} does not have the shape that ICAO Doc 9303 gives it")
        found.append(_entry(value, what=what))
    return SecurityInfos(
        pace=tuple(entry for entry in found if isinstance(entry, PaceInfo)),
        pace_domains=tuple(entry for entry in found if isinstance(entry, PaceDomain)),
        chip_authentication=tuple(entry for entry in found if isinstance(entry, ChipAuthenticationInfo)),
        chip_keys=tuple(entry for entry in found if isinstance(entry, ChipPublicKey)),
        active_hashes=tuple(entry for entry in found if isinstance(entry, str)),
        terminal_authentication=None in found,
        others=tuple(entry for entry in found if isinstance(entry, OtherInfo)),
    )


def parse_dg14(dg14: bytes) -> SecurityInfos:
    """Read DG14. Raises BadAnswer."""
    return parse_security_infos(tlv.only(dg14, 0x6E, what="DG14"), what="DG14")


def parse_card_security(data: bytes) -> SecurityInfos:
    """Read the entries inside EF.CardSecurity. Its signature is judged elsewhere, over these same bytes.

    Raises BadAnswer when it is not signed data over SecurityInfos.
    """
    what = "EF.CardSecurity"
    content = tlv.only(data, 0x30, what=what)
    if tlv.first(content, 0x06, what=what) != _SIGNED_DATA:
        raise BadAnswer(f"{what} is not signed data")
    signed = tlv.only(tlv.first(content, 0xA0, what=what), 0x30, what=what)
    inner = tlv.first(signed, 0x30, what=what)
    if tlv.first(inner, 0x06, what=what) != _SECURITY_OBJECT:
        raise BadAnswer(f"{what} signs something else than SecurityInfos")
    infos = tlv.only(tlv.first(inner, 0xA0, what=what), 0x04, what=what)
    return parse_security_infos(infos, what=what)


def _entry(value: bytes, *, what: str) -> _Entry:
    """One entry. None stands for Terminal Authentication, a text for a digest of Active Authentication."""
    parts = list(tlv.walk(value))
    if not parts or parts[0][0] != 0x06:
        raise BadAnswer(f"{what} has an entry without its identifier")
    oid, fields = parts[0][1], parts[1:]
    name = oid_text(oid)
    try:
        return _known(name, oid, fields)
    except BadAnswer:
        return OtherInfo(name, value)


def _known(name: str, oid: bytes, fields: list[tuple[int, bytes]]) -> _Entry:
    if name.startswith(_PACE):
        return _pace(name, oid, fields)
    if name.startswith(_CHIP_AUTHENTICATION):
        kind, suite = _arcs(name, _CHIP_AUTHENTICATION)
        if kind not in (1, 2):
            raise BadAnswer("a kind of Chip Authentication that is not known")
        return ChipAuthenticationInfo(oid, kind == 2, _suite(suite), _version(fields), _optional_id(fields))
    if name in _CHIP_PUBLIC_KEY:
        if not fields or fields[0][0] != 0x30:
            raise BadAnswer("a key of the card is missing")
        return ChipPublicKey(parse_public_key(fields[0][1]), _optional_id(fields))
    if name == _TERMINAL_AUTHENTICATION:
        return None
    if name == _ACTIVE_AUTHENTICATION:
        algorithm = oid_text(fields[1][1]) if len(fields) > 1 and fields[1][0] == 0x06 else ""
        if algorithm in _ECDSA_HASHES:
            return _ECDSA_HASHES[algorithm]
    raise BadAnswer("an entry of a kind that is not known")


def _pace(name: str, oid: bytes, fields: list[tuple[int, bytes]]) -> PaceInfo | PaceDomain:
    arcs = name.removeprefix(_PACE).split(".")
    if len(arcs) == 1 and fields and fields[0][0] == 0x30:
        return PaceDomain(algorithm_domain(fields[0][1]), _optional_id(fields))
    kind, suite = _arcs(name, _PACE)
    if kind not in _MAPPINGS:
        raise BadAnswer("a kind of PACE that is not known")
    mapping, ec = _MAPPINGS[kind]
    return PaceInfo(oid, mapping, ec, _suite(suite), _version(fields), _optional_id(fields))


def _arcs(name: str, prefix: str) -> tuple[int, int]:
    arcs = name.removeprefix(prefix).split(".")
    if len(arcs) != 2:
        raise BadAnswer("an identifier of a length that is not known")
    return int(arcs[0]), int(arcs[1])


def _suite(number: int) -> Suite:
    try:
        return Suite(number)
    except ValueError as error:
        raise BadAnswer("a cipher that is not known") from error


def _version(fields: list[tuple[int, bytes]]) -> int:
    if not fields or fields[0][0] != 0x02:
        raise BadAnswer("an entry without its version")
    return integer(fields[0][1])


def _optional_id(fields: list[tuple[int, bytes]]) -> int | None:
    return integer(fields[1][1]) if len(fields) > 1 and fields[1][0] == 0x02 else None
