"""Certificates and revocation lists of country signers and document signers (ICAO Doc 9303-12, 7).

Read leniently, because some issuers bend DER: a certificate counts as read when its names, dates and key can be told.
What it is worth is judged elsewhere (kiosk.chip.trust).
"""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, cast

from asn1crypto import crl, x509

from kiosk.chip.errors import ChipError
from kiosk.chip.signatures import MALFORMED, CannotCheck, Structure, check_signature

_SHOWN: Final = ("country_name", "organization_name", "common_name")


class BadCertificate(ChipError):
    """Not a certificate, not a revocation list, or one whose names, dates or key cannot be told."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate. Names are compared by `subject_id` and `issuer_id`, and shown as `subject`.

    `key_id` and `authority_key_id` are the key identifiers (RFC 5280, 4.2.1), empty where there are none.
    """

    der: bytes = field(repr=False)
    subject: str
    subject_id: str
    issuer_id: str
    serial: int
    not_before: datetime
    not_after: datetime
    key_id: bytes
    authority_key_id: bytes
    is_authority: bool
    parsed: Structure = field(repr=False, compare=False, hash=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    @property
    def key_sha1(self) -> bytes:
        """SHA-1 of the public key: what a key identifier usually is (RFC 5280, 4.2.1.2), also where none is stated."""
        try:
            return bytes(self.parsed.public_key.sha1)
        except MALFORMED:
            return b""

    @property
    def self_issued(self) -> bool:
        """Whether subject and issuer are the same."""
        return self.subject_id == self.issuer_id

    def may_be_issued_by(self, other: "Certificate") -> bool:
        """Whether names and key identifiers allow that `other` issued this one; the signature says whether it did."""
        ids = self.authority_key_id and other.key_id
        return self.issuer_id == other.subject_id or bool(ids and self.authority_key_id == other.key_id)

    def signed_by(self, other: "Certificate") -> bool:
        """Whether the signature on this certificate was made with the key of `other`. Raises CannotCheck."""
        return _sealed(self.parsed, "tbs_certificate", "signature_value", by=other)


@dataclass(frozen=True, slots=True)
class RevocationList:
    """One issuer's revoked serial numbers. After `next_update` the list says nothing about the newest ones."""

    der: bytes = field(repr=False)
    issuer_id: str
    this_update: datetime
    next_update: datetime | None
    serials: frozenset[int] = field(repr=False)
    parsed: Structure = field(repr=False, compare=False, hash=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the list, in hexadecimal."""
        return hashlib.sha256(self.der).hexdigest()

    def signed_by(self, issuer: Certificate) -> bool:
        """Whether this list was signed with the key of `issuer`. Raises CannotCheck."""
        return _sealed(self.parsed, "tbs_cert_list", "signature", by=issuer)


def read_certificate(der: bytes) -> Certificate:
    """Read one certificate. Raises BadCertificate."""
    try:
        found: Structure = x509.Certificate.load(der)
        return Certificate(
            der=bytes(found.dump()),
            subject=_shown(found.subject),
            subject_id=found.subject.hashable,
            issuer_id=found.issuer.hashable,
            serial=int(found.serial_number),
            not_before=_moment(found["tbs_certificate"]["validity"]["not_before"]),
            not_after=_moment(found["tbs_certificate"]["validity"]["not_after"]),
            key_id=found.key_identifier or b"",
            authority_key_id=found.authority_key_identifier or b"",
            is_authority=bool(found.ca) or found.subject.hashable == found.issuer.hashable,
            parsed=_with_key(found),
        )
    except MALFORMED as error:
        raise BadCertificate("it is no certificate whose names, dates and key can be told") from error


def read_revocation_list(der: bytes) -> RevocationList:
    """Read one certificate revocation list. Raises BadCertificate."""
    try:
        found: Structure = crl.CertificateList.load(der)
        listed: Structure = found["tbs_cert_list"]
        revoked = listed["revoked_certificates"]
        serials = (
            frozenset(int(one["user_certificate"].native) for one in revoked) if revoked.native else frozenset[int]()
        )
        following = listed["next_update"]
        return RevocationList(
            der=bytes(found.dump()),
            issuer_id=listed["issuer"].hashable,
            this_update=_moment(listed["this_update"]),
            next_update=_moment(following) if following.native is not None else None,
            serials=serials,
            parsed=found,
        )
    except MALFORMED as error:
        raise BadCertificate("it is no revocation list that can be read") from error


def _sealed(whole: Structure, content: str, seal: str, *, by: Certificate) -> bool:
    try:
        message, sealed = bytes(whole[content].dump()), bytes(whole[seal].native)
        key, algorithm = by.parsed.public_key, whole["signature_algorithm"]
    except MALFORMED as error:
        raise CannotCheck("the signature has a form that cannot be read") from error
    return check_signature(key, algorithm, None, message=message, seal=sealed)


def _with_key(found: Structure) -> Structure:
    """Touch what is parsed late, so that a broken key is found now."""
    if not found.public_key["algorithm"]["algorithm"].native or not found["signature_value"].native:
        raise ValueError("no key or no signature")
    return found


def _moment(time: Structure) -> datetime:
    native = cast("datetime", time.native)
    return native if native.tzinfo is not None else native.replace(tzinfo=UTC)


def _shown(name: Structure) -> str:
    native = name.native
    parts = [native.get(part) for part in _SHOWN]
    shown = ", ".join(part if isinstance(part, str) else " ".join(part) for part in parts if part)
    return "".join(letter for letter in shown if letter.isprintable())[:200]
