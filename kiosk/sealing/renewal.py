"""Renewing a kiosk's TLS certificate over the network: a request by the old key for a new one, and the answer.

The request is a PKCS #10 request (RFC 2986) by the new key, beside the old certificate, signed (ECDSA, SHA-256) by the
old key: so it proves both. The answer needs no signature of its own: the new certificate is by the same authority as
the old one, for the key and the name that asked, or it is not taken. Nothing in either is secret.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from kiosk.sealing import cbor
from kiosk.sealing.errors import BadEncoding, BadSignature, KeyFileError, WrongKey
from kiosk.sealing.requests import (
    NOT_X509,
    certificate_request,
    name_of,
    read_certificate_request,
    read_throughout,
    tls_key_pem,
)

MAX_RENEWAL_BYTES: Final = 8 * 1024
_LABEL: Final = b"can-cuoc/renewal/1"
_DER: Final = serialization.Encoding.DER
_PAYLOAD, _SIGNATURE = 1, 2
_ASKED: Final = frozenset(("v", "kiosk", "tls", "old"))
_ANSWERED: Final = frozenset(("v", "key", "tls", "authority"))


@dataclass(frozen=True, slots=True)
class Renewal:
    """A kiosk's wish for a certificate for `key`; who asked holds the key of the certificate `old`."""

    kiosk: str
    key: ec.EllipticCurvePublicKey
    old: x509.Certificate

    @property
    def id(self) -> str:
        """The id of the new key, by which request and answer find each other."""
        return tls_key_id(self.key)


def tls_key_id(key: ec.EllipticCurvePublicKey) -> str:
    """The id of a TLS key: 16 hex digits."""
    return hashlib.sha256(key.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)).hexdigest()[:16]


def make_renewal(
    kiosk: str, key: ec.EllipticCurvePrivateKey, *, old: x509.Certificate, old_key: ec.EllipticCurvePrivateKey
) -> bytes:
    """The request for a certificate for `key`, by the key of the certificate `old`."""
    fields = {"v": 1, "kiosk": kiosk, "tls": certificate_request(kiosk, key), "old": old.public_bytes(_DER)}
    payload = cbor.encode(fields)
    signature = old_key.sign(_LABEL + payload, ec.ECDSA(hashes.SHA256()))
    return cbor.encode({_PAYLOAD: payload, _SIGNATURE: signature})


def read_renewal(data: bytes) -> Renewal:
    """The request in `data`, when both keys signed it. Whose certificate `old` is, is not judged here.

    Raises BadEncoding, WrongKey or BadSignature.
    """
    parts = cbor.numbered(cbor.decode(data), frozenset((_PAYLOAD, _SIGNATURE)))
    payload, signature = parts[_PAYLOAD], parts[_SIGNATURE]
    if not isinstance(payload, bytes) or not isinstance(signature, bytes):
        raise BadEncoding("a renewal has a payload and a signature")
    fields = _fields(payload, _ASKED)
    kiosk, tls, old = fields["kiosk"], fields["tls"], fields["old"]
    if not isinstance(kiosk, str) or not isinstance(tls, bytes) or not isinstance(old, bytes):
        raise BadEncoding("a renewal names a kiosk, a request and a certificate")
    certificate = _certificate(old)
    old_key = certificate.public_key()
    if not isinstance(old_key, ec.EllipticCurvePublicKey):
        raise WrongKey("the old certificate is not one for TLS")
    try:
        old_key.verify(signature, _LABEL + payload, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise BadSignature("the renewal is not by the key of the certificate in it") from error
    if name_of(certificate.subject) != kiosk:
        raise WrongKey(f"the old certificate is not one of {kiosk}")
    return Renewal(kiosk, read_certificate_request(kiosk, tls), certificate)


def make_new_certificate(renewal: Renewal, tls: x509.Certificate, authority: x509.Certificate) -> bytes:
    """The answer to a renewal: the new certificate, and the authority's own."""
    fields = {"v": 1, "key": renewal.id, "tls": tls.public_bytes(_DER), "authority": authority.public_bytes(_DER)}
    return cbor.encode(fields)


def new_certificate_for(data: bytes) -> str:
    """The id of the key that an answer is for. Raises BadEncoding."""
    key = _fields(data, _ANSWERED)["key"]
    if not isinstance(key, str):
        raise BadEncoding("an answer to a renewal names a key")
    return key


def take_new_certificate(
    data: bytes, kiosk: str, key: ec.EllipticCurvePrivateKey, *, old: x509.Certificate
) -> x509.Certificate:
    """The new certificate, when it is for this kiosk and key, by the authority of the old one, and ends later.

    Raises BadEncoding or WrongKey.
    """
    fields = _fields(data, _ANSWERED)
    if not isinstance(fields["tls"], bytes) or not isinstance(fields["authority"], bytes):
        raise BadEncoding("an answer to a renewal holds two certificates")
    new, authority = _certificate(fields["tls"]), _certificate(fields["authority"])
    if new.public_key() != key.public_key() or name_of(new.subject) != kiosk:
        raise WrongKey(f"the new certificate is not for {kiosk} and the key that asked")
    try:
        old.verify_directly_issued_by(authority)
        new.verify_directly_issued_by(authority)
        usage = new.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except NOT_X509 as error:
        raise WrongKey("the new certificate is not by the authority of the old one") from error
    if ExtendedKeyUsageOID.CLIENT_AUTH not in usage or new.not_valid_after_utc <= old.not_valid_after_utc:
        raise WrongKey("the new certificate is not one for a kiosk, or ends no later than the old one")
    return new


def half_over(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether half of its life is over."""
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return now >= begin + (end - begin) / 2


def load_tls_certificate(path: Path) -> x509.Certificate:
    """The first certificate in a PEM file, a key beside it or not. Raises KeyFileError."""
    try:
        return read_throughout(x509.load_pem_x509_certificate(path.read_bytes()))
    except OSError as error:
        raise KeyFileError(f"cannot read {path}: {error.strerror}") from error
    except NOT_X509 as error:
        raise KeyFileError(f"{path} holds no certificate") from error


def key_and_certificate(key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    """Both in one file, so that one can never be there without the other."""
    return tls_key_pem(key) + certificate.public_bytes(serialization.Encoding.PEM)


def _fields(data: bytes, names: frozenset[str]) -> dict[str, Any]:
    fields: Any = cbor.decode(data)
    version = fields.get("v") if isinstance(fields, dict) and fields.keys() == names else None
    if type(version) is not int or version != 1:
        raise BadEncoding("a renewal does not have exactly the fields of version 1")
    return fields


def _certificate(der: bytes) -> x509.Certificate:
    try:
        return read_throughout(x509.load_der_x509_certificate(der))
    except NOT_X509 as error:
        raise BadEncoding("a certificate in a renewal is damaged") from error
