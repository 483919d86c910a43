"""COSE_Sign1 (RFC 9052) with Ed25519, over the bytes as received.

One narrow form: tag 18, protected header {1: -8 (EdDSA), 3: content type, 4: kid}, no unprotected header, payload
inside. The content type keeps one kind of signed thing from being taken for another.
"""

from dataclasses import dataclass

from kiosk.sealing import cbor
from kiosk.sealing.errors import BadEncoding, BadSignature, WrongKey
from kiosk.sealing.keys import SigningKey, VerifyingKey

_TAG_18 = b"\xd2"
_ALG, _CONTENT_TYPE, _KID = 1, 3, 4
_PROTECTED = frozenset((_ALG, _CONTENT_TYPE, _KID))
_EDDSA = -8
_SIGNATURE_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Unverified:
    """A COSE_Sign1 taken apart. Nothing in it has been checked against a key."""

    protected: bytes
    content_type: str
    kid: str
    payload: bytes
    signature: bytes


def _to_be_signed(protected: bytes, payload: bytes) -> bytes:
    # Sig_structure of RFC 9052 section 4.4, with no external data.
    return cbor.encode(["Signature1", protected, b"", payload])


def sign(payload: bytes, content_type: str, *, key: SigningKey) -> bytes:
    """The COSE_Sign1 bytes over `payload`."""
    protected = cbor.encode({_ALG: _EDDSA, _CONTENT_TYPE: content_type, _KID: bytes.fromhex(key.kid)})
    signature = key.sign(_to_be_signed(protected, payload))
    return _TAG_18 + cbor.encode([protected, {}, payload, signature])


def take_apart(data: bytes, content_type: str) -> Unverified:
    """The parts of a COSE_Sign1 of this content type, with nothing checked against a key. Raises BadEncoding."""
    if data[:1] != _TAG_18:
        raise BadEncoding("not a COSE_Sign1: tag 18 is missing")
    parts = cbor.decode(data[1:])
    if not isinstance(parts, list) or len(parts) != 4:
        raise BadEncoding("a COSE_Sign1 has four parts")
    protected, unprotected, payload, signature = parts
    if not (isinstance(protected, bytes) and isinstance(payload, bytes) and isinstance(signature, bytes)):
        raise BadEncoding("protected header, payload and signature must be byte strings")
    if unprotected != {} or not isinstance(unprotected, dict):
        raise BadEncoding("the unprotected header must be empty")
    if len(signature) != _SIGNATURE_LENGTH:
        raise BadEncoding("an Ed25519 signature has 64 bytes")
    fields = cbor.numbered(cbor.decode(protected), _PROTECTED)
    kid = fields[_KID]
    if fields[_ALG] != _EDDSA or not isinstance(kid, bytes) or len(kid) != 8:
        raise BadEncoding("the protected header names another algorithm than EdDSA, or no key id")
    if fields[_CONTENT_TYPE] != content_type:
        raise BadEncoding(f"the content type is not {content_type}")
    return Unverified(protected, content_type, kid.hex(), payload, signature)


def verify(data: bytes, content_type: str, *, key: VerifyingKey) -> bytes:
    """The payload, when `key` signed it. Raises BadEncoding, WrongKey or BadSignature."""
    parts = take_apart(data, content_type)
    if parts.kid != key.kid:
        raise WrongKey(f"signed by key {parts.kid}, not by {key.kid}")
    if not key.is_signed(parts.signature, _to_be_signed(parts.protected, parts.payload)):
        raise BadSignature(f"the signature of key {key.kid} does not fit these bytes")
    return parts.payload
