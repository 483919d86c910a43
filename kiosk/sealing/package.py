"""The package: a finished enrolment, sealed for the office and signed by the kiosk.

COSE_Sign1 over CBOR {1: header, 2: sealed summary, 3: sealed body}. Each part is sealed by HPKE with `info` = its label
followed by the header's bytes, so that no part can be moved to another header or take the other's place. Nothing on the
kiosk opens it.

Version 2 has a second recipient of the body, in escrow. The body is then sealed once, by ChaCha20-Poly1305 under a key
drawn for it alone, and that key by HPKE for each of the two: {1: header, 2: sealed summary, 3: body, 4: [key, key]}.
"""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, CannotOpen, UnknownSuite, WrongKey
from kiosk.sealing.header import PackageHeader
from kiosk.sealing.keys import Recipients, SigningKey, VerifyingKey
from kiosk.sealing.suites import SUITES, OpeningKey

CONTENT_TYPE = "application/vnd.can-cuoc.package+cbor"
SUMMARY_LABEL = b"can-cuoc/summary/1"
BODY_LABEL = b"can-cuoc/body/1"
SHARED_BODY_LABEL = b"can-cuoc/body/2"
BODY_KEY_LABEL = b"can-cuoc/body-key/2"
_HEADER, _SUMMARY, _BODY, _KEYS = 1, 2, 3, 4
_PARTS = {1: frozenset((_HEADER, _SUMMARY, _BODY)), 2: frozenset((_HEADER, _SUMMARY, _BODY, _KEYS))}
# The key of a body is used once: a nonce of zeros is as good as any.
_NONCE = bytes(12)
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class VerifiedPackage:
    """A package whose signature was good.

    `sha256` is over all its bytes: receipts and the next package's `prev` name it. `sealed_keys` are those of the
    body, one for each of the header's `opening_kids`; none in version 1, whose body is sealed for its one key itself.
    """

    header: PackageHeader
    header_bytes: bytes
    sealed_summary: bytes
    sealed_body: bytes
    sha256: bytes
    sealed_keys: tuple[bytes, ...] = ()


def package_hash(package: bytes) -> bytes:
    """SHA-256 over the package's bytes: its name in receipts, manifests and the next package's `prev`."""
    return hashlib.sha256(package).digest()


def seal(header: PackageHeader, *, summary: bytes, body: bytes, recipients: Recipients, signer: SigningKey) -> bytes:
    """The bytes of the package.

    `header.suite`, `header.summary_kid` and `header.body_kid` must be those of `recipients`. Raises WrongKey when they
    are not.
    """
    named = (header.suite, header.summary_kid, header.body_kid, header.escrow_kid)
    escrow_kid = recipients.escrow.kid if recipients.escrow is not None else ""
    if named != (recipients.suite, recipients.summary.kid, recipients.body.kid, escrow_kid):
        raise WrongKey("the header names other keys than the recipients'")
    header_bytes = header.to_cbor()
    payload: dict[int, bytes | list[bytes]] = {
        _HEADER: header_bytes,
        _SUMMARY: recipients.summary.seal(summary, SUMMARY_LABEL + header_bytes),
    }
    if recipients.escrow is None:
        payload[_BODY] = recipients.body.seal(body, BODY_LABEL + header_bytes)
    else:
        key = secrets.token_bytes(_KEY_BYTES)
        payload[_BODY] = ChaCha20Poly1305(key).encrypt(_NONCE, body, SHARED_BODY_LABEL + header_bytes)
        whom = (recipients.body, recipients.escrow)
        payload[_KEYS] = [one.seal(key, BODY_KEY_LABEL + header_bytes) for one in whom]
    return cose.sign(cbor.encode(payload), CONTENT_TYPE, key=signer)


def verify(package: bytes, signer_public: VerifyingKey) -> VerifiedPackage:
    """The package's parts, when `signer_public` signed it. Raises BadEncoding, WrongKey or BadSignature."""
    header, header_bytes, parts = _parts(cose.verify(package, CONTENT_TYPE, key=signer_public))
    keys = parts.get(_KEYS, [])
    if not isinstance(keys, list) or not all(isinstance(key, bytes) for key in cast("list[object]", keys)):
        raise BadEncoding("the sealed keys of a package must be byte strings")
    sealed_keys = tuple(cast("list[bytes]", keys))
    if header.escrow_kid and len(sealed_keys) != len(header.opening_kids):
        raise BadEncoding("a package has one sealed key for each key that opens it")
    return VerifiedPackage(header, header_bytes, parts[_SUMMARY], parts[_BODY], package_hash(package), sealed_keys)


def peek_header(package: bytes) -> PackageHeader:
    """The header with NO signature checked: to find out whose key to check with. Raises BadEncoding."""
    return _parts(cose.take_apart(package, CONTENT_TYPE).payload)[0]


def open_summary(package: VerifiedPackage, key: OpeningKey) -> bytes:
    """The summary's plaintext. Raises UnknownSuite, WrongKey or CannotOpen."""
    _must_be_for(package.header, (package.header.summary_kid,), key)
    return key.open(package.sealed_summary, SUMMARY_LABEL + package.header_bytes)


def open_body(package: VerifiedPackage, key: OpeningKey) -> bytes:
    """The body's plaintext, by the opening key or the one in escrow. Raises UnknownSuite, WrongKey or CannotOpen."""
    header = package.header
    _must_be_for(header, header.opening_kids, key)
    if not header.escrow_kid:
        return key.open(package.sealed_body, BODY_LABEL + package.header_bytes)
    sealed_key = package.sealed_keys[header.opening_kids.index(key.kid)]
    body_key = key.open(sealed_key, BODY_KEY_LABEL + package.header_bytes)
    try:
        cipher = ChaCha20Poly1305(body_key)
        return cipher.decrypt(_NONCE, package.sealed_body, SHARED_BODY_LABEL + package.header_bytes)
    except (InvalidTag, ValueError) as error:
        raise CannotOpen("the body does not open with the key that came with it: it was changed") from error


def _must_be_for(header: PackageHeader, kids: tuple[str, ...], key: OpeningKey) -> None:
    if header.suite not in SUITES:
        raise UnknownSuite(f"sealed by a suite that this program does not know; it knows {', '.join(SUITES)}")
    if key.kid not in kids:
        raise WrongKey(f"sealed for key {' and '.join(kids)}, not for {key.kid}")


def _parts(payload: bytes) -> tuple[PackageHeader, bytes, dict[int, Any]]:
    decoded = cbor.decode(payload)
    parts = cbor.numbered(decoded, _PARTS[2 if isinstance(decoded, dict) and _KEYS in decoded else 1])
    if not all(isinstance(parts[one], bytes) for one in (_HEADER, _SUMMARY, _BODY)):
        raise BadEncoding("the parts of a package must be byte strings")
    header = PackageHeader.from_cbor(parts[_HEADER])
    if parts.keys() != _PARTS[header.version]:
        raise BadEncoding("the parts of a package are not those of its version")
    return header, parts[_HEADER], parts
