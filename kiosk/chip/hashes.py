"""Comparing the files read with the hashes in EF.SOD (ICAO Doc 9303-10, 4.6.2).

Says only whether the files are the ones that the security object names; who signed that object is not checked here.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from asn1crypto import core

from kiosk.chip.errors import BadAnswer
from kiosk.chip.signatures import MALFORMED
from kiosk.chip.signed import SignedData, read_security_object
from kiosk.chip.verdict import Verdict

LDS_OBJECT: Final = "2.23.136.1.1.1"
_DIGESTS: Final = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}


@dataclass(frozen=True, slots=True)
class HashCheck:
    """Whether the files are those of the security object. `reason` is a sentence without personal data."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class ListedHashes:
    """The digest name of hashlib and, by number of the data group, the hash that EF.SOD states."""

    digest: str
    by_group: Mapping[int, bytes]


class _Algorithm(core.Sequence):  # type: ignore[misc]
    _fields = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]  # noqa: RUF012


class _GroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012


class _GroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _GroupHash


class _SecurityObject(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("hash_algorithm", _Algorithm),
        ("hashes", _GroupHashes),
        ("version_info", core.Any, {"optional": True}),
    ]


def listed_hashes(sod: bytes) -> ListedHashes:
    """Take the hashes out of EF.SOD. Raises BadAnswer when it is not a security object or uses an unknown digest."""
    return hashes_in(read_security_object(sod))


def hashes_in(signed: SignedData) -> ListedHashes:
    """Take the hashes out of a security object. Raises BadAnswer when it is none or uses an unknown digest."""
    if signed.content_type != LDS_OBJECT:
        raise BadAnswer("the security file (SOD) signs something else than an ICAO security object")
    try:
        found: Any = _SecurityObject.load(signed.content)
        oid = str(found["hash_algorithm"]["algorithm"].dotted)
        by_group = {int(entry["number"].native): bytes(entry["value"].native) for entry in found["hashes"]}
    except MALFORMED as error:
        raise BadAnswer("the security file (SOD) cannot be parsed") from error
    if oid not in _DIGESTS:
        raise BadAnswer("the security file (SOD) uses a hash that this kiosk does not know")
    return ListedHashes(_DIGESTS[oid], by_group)


def check_hashes(sod: bytes | None, groups: Mapping[int, bytes]) -> HashCheck:
    """Compare the raw bytes of the data groups (number to file) with EF.SOD. Never raises."""
    if sod is None:
        return HashCheck(Verdict.NOT_CHECKABLE, "the card gave no security file (SOD)")
    if not groups:
        return HashCheck(Verdict.NOT_CHECKABLE, "no data group was read")
    try:
        listed = listed_hashes(sod)
    except BadAnswer as error:
        return HashCheck(Verdict.NOT_CHECKABLE, str(error))
    unlisted = sorted(number for number in groups if number not in listed.by_group)
    wrong = sorted(
        number
        for number, data in groups.items()
        if number in listed.by_group and hashlib.new(listed.digest, data).digest() != listed.by_group[number]
    )
    if wrong:
        names = ", ".join(f"DG{number}" for number in wrong)
        return HashCheck(Verdict.NO, f"{names} differs from what the security file (SOD) states")
    if unlisted:
        names = ", ".join(f"DG{number}" for number in unlisted)
        return HashCheck(Verdict.NO, f"the security file (SOD) does not name {names}")
    return HashCheck(
        Verdict.YES, "every file read is the one that the security file (SOD) names; its signer is not checked"
    )
