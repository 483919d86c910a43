"""The package: a finished enrolment, sealed for the office and signed by the kiosk.

COSE_Sign1 over CBOR {1: header, 2: sealed summary, 3: sealed body}. Each part is sealed by HPKE with `info` = its label
followed by the header's bytes, so that no part can be moved to another header or take the other's place. Nothing on the
kiosk opens it.
"""

import hashlib
from dataclasses import dataclass

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, WrongKey
from kiosk.sealing.header import PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey, VerifyingKey
from kiosk.sealing.suites import OpeningKey

CONTENT_TYPE = "application/vnd.can-cuoc.package+cbor"
SUMMARY_LABEL = b"can-cuoc/summary/1"
BODY_LABEL = b"can-cuoc/body/1"
_HEADER, _SUMMARY, _BODY = 1, 2, 3


@dataclass(frozen=True, slots=True)
class VerifiedPackage:
    """A package whose signature was good.

    `sha256` is over all its bytes: receipts and the next package's `prev` name it.
    """

    header: PackageHeader
    header_bytes: bytes
    sealed_summary: bytes
    sealed_body: bytes
    sha256: bytes


def package_hash(package: bytes) -> bytes:
    """SHA-256 over the package's bytes: its name in receipts, manifests and the next package's `prev`."""
    return hashlib.sha256(package).digest()


def seal(header: PackageHeader, *, summary: bytes, body: bytes, recipients: Recipients, signer: SigningKey) -> bytes:
    """The bytes of the package.

    `header.suite`, `header.summary_kid` and `header.body_kid` must be those of `recipients`. Raises WrongKey when they
    are not.
    """
    named = (header.suite, header.summary_kid, header.body_kid)
    if named != (recipients.suite, recipients.summary.kid, recipients.body.kid):
        raise WrongKey("the header names other keys than the recipients'")
    header_bytes = header.to_cbor()
    payload = {
        _HEADER: header_bytes,
        _SUMMARY: recipients.summary.seal(summary, SUMMARY_LABEL + header_bytes),
        _BODY: recipients.body.seal(body, BODY_LABEL + header_bytes),
    }
    return cose.sign(cbor.encode(payload), CONTENT_TYPE, key=signer)


def verify(package: bytes, signer_public: VerifyingKey) -> VerifiedPackage:
    """The package's parts, when `signer_public` signed it. Raises BadEncoding, WrongKey or BadSignature."""
    header_bytes, summary, body = _parts(cose.verify(package, CONTENT_TYPE, key=signer_public))
    return VerifiedPackage(PackageHeader.from_cbor(header_bytes), header_bytes, summary, body, package_hash(package))


def peek_header(package: bytes) -> PackageHeader:
    """The header with NO signature checked: to find out whose key to check with. Raises BadEncoding."""
    return PackageHeader.from_cbor(_parts(cose.take_apart(package, CONTENT_TYPE).payload)[0])


def open_summary(package: VerifiedPackage, key: OpeningKey) -> bytes:
    """The summary's plaintext. Raises WrongKey or CannotOpen."""
    _must_be_for(package.header.summary_kid, key)
    return key.open(package.sealed_summary, SUMMARY_LABEL + package.header_bytes)


def open_body(package: VerifiedPackage, key: OpeningKey) -> bytes:
    """The body's plaintext. Raises WrongKey or CannotOpen."""
    _must_be_for(package.header.body_kid, key)
    return key.open(package.sealed_body, BODY_LABEL + package.header_bytes)


def _must_be_for(kid: str, key: OpeningKey) -> None:
    if kid != key.kid:
        raise WrongKey(f"sealed for key {kid}, not for {key.kid}")


def _parts(payload: bytes) -> tuple[bytes, bytes, bytes]:
    parts = cbor.numbered(cbor.decode(payload), frozenset((_HEADER, _SUMMARY, _BODY)))
    header, summary, body = parts[_HEADER], parts[_SUMMARY], parts[_BODY]
    if not (isinstance(header, bytes) and isinstance(summary, bytes) and isinstance(body, bytes)):
        raise BadEncoding("the parts of a package must be byte strings")
    return header, summary, body
