"""A kiosk's request for certificates, and what the office answers: two files that may travel by any hand.

Both keys of a kiosk are made on it and never leave it. The request carries their public halves, and proves that who
wrote it holds both: a PKCS #10 request (RFC 2986) by the TLS key, inside a COSE_Sign1 by the record-signing key. Whose
kiosk it is no signature can say: two people compare fingerprints, in digits that can be read out by telephone.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import NameOID

from kiosk.sealing import cbor, cose
from kiosk.sealing.errors import BadEncoding, KeyFileError, WrongKey
from kiosk.sealing.keyfiles import read_secret_file, write_atomically
from kiosk.sealing.keys import OfficeKeys, SigningKey, VerifyingKey

CONTENT_TYPE: Final = "application/vnd.can-cuoc.request+cbor"
#: On a stick: what a kiosk asks, and what the office answers, in a folder of the kiosk's name.
REQUEST_FILE: Final = "request.cose"
ANSWER_FILE: Final = "answer.json"
MAX_REQUEST_BYTES: Final = 4 * 1024
MAX_ANSWER_BYTES: Final = 64 * 1024
#: Six groups of five digits are 99 bits: nobody finds other keys with the same ones.
_GROUPS: Final = 6
_FIELDS: Final = frozenset(("v", "kiosk", "record", "tls"))
#: What the library says to bytes that are no certificate, or not what they should be; there is no common base.
NOT_X509: Final = (
    ValueError,
    TypeError,
    InvalidSignature,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)
_DER: Final = serialization.Encoding.DER


@dataclass(frozen=True, slots=True)
class KioskRequest:
    """What a kiosk asks for: its name, and the public halves of its two keys."""

    kiosk: str
    record: VerifyingKey
    tls: ec.EllipticCurvePublicKey

    @property
    def fingerprint(self) -> str:
        """The digits that the officer at the kiosk reads out."""
        point = self.tls.public_bytes(_DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return spoken_digits(b"can-cuoc/request/1" + cbor.encode([self.kiosk, self.record.raw, point]))


@dataclass(frozen=True, slots=True)
class Admission:
    """What the office answers: certificates for the two keys, and whom the kiosk trusts from now on.

    Certificates are PEM. `record_authority` vouches for `record`; `server_authority` is what the broker is judged by.
    """

    kiosk: str
    province: str
    commune: str
    broker_host: str
    broker_port: int
    demo: bool
    tls: bytes
    record: bytes
    server_authority: bytes
    record_authority: bytes
    keys: OfficeKeys

    @property
    def office_fingerprint(self) -> str:
        """The digits that the office reads out: the same for all its kiosks, as long as its keys are the same."""
        parts = [self.server_authority, self.record_authority, self.keys.to_json().encode()]
        return spoken_digits(b"can-cuoc/office/1" + cbor.encode([hashlib.sha256(part).digest() for part in parts]))

    def to_json(self) -> bytes:
        """The file's bytes; nothing in it is secret."""
        plain: dict[str, Any] = {name: getattr(self, name) for name in _PLAIN}
        plain |= {name: getattr(self, name).decode() for name in _PEM}
        plain |= {"v": 1, "keys": json.loads(self.keys.to_json())}
        return json.dumps(plain, indent=2, sort_keys=True).encode() + b"\n"

    @classmethod
    def from_json(cls, data: bytes) -> Self:
        """The answer in the file's bytes, with nothing checked but its form. Raises BadEncoding, KeyFileError."""
        try:
            plain: Any = json.loads(data)
            if plain["v"] != 1:
                raise BadEncoding("the office's answer is not of version 1")
            texts = {name: _typed(plain[name], str) for name in ("kiosk", "province", "commune", "broker_host")}
            pem = {name: _typed(plain[name], str).encode() for name in _PEM}
            keys = OfficeKeys.from_json(json.dumps(plain["keys"]))
            port, demo = _typed(plain["broker_port"], int), _typed(plain["demo"], bool)
        except (ValueError, KeyError, TypeError) as error:
            if isinstance(error, (BadEncoding, KeyFileError)):
                raise
            raise BadEncoding("this is not an office's answer to a kiosk") from error
        return cls(**texts, **pem, broker_port=port, demo=demo, keys=keys)

    def check(self, kiosk: str, record: VerifyingKey, tls: ec.EllipticCurvePublicKey) -> None:
        """See that it is for this kiosk and its two keys. Raises BadEncoding, WrongKey."""
        if self.kiosk != kiosk:
            raise WrongKey(f"the office's answer is for {self.kiosk}, not for {kiosk}")
        tls_certificate, record_certificate = _certificate(self.tls), _certificate(self.record)
        for certificate in (tls_certificate, record_certificate):
            if name_of(certificate.subject) != kiosk:
                raise WrongKey(f"a certificate in the answer names another kiosk than {kiosk}")
        if tls_certificate.public_key() != tls:
            raise WrongKey("the answer is to an earlier request: its TLS certificate is for another key")
        key = record_certificate.public_key()
        if not isinstance(key, ed25519.Ed25519PublicKey) or key.public_bytes_raw() != record.raw:
            raise WrongKey("the answer is to an earlier request: its record certificate is for another key")
        _certificate(self.server_authority)
        try:
            record_certificate.verify_directly_issued_by(_certificate(self.record_authority))
        except NOT_X509 as error:
            raise WrongKey("the record certificate is not by the record authority in the same answer") from error


_PLAIN: Final = ("kiosk", "province", "commune", "broker_host", "broker_port", "demo")
_PEM: Final = ("tls", "record", "server_authority", "record_authority")


def spoken_digits(data: bytes) -> str:
    """Six groups of five digits that stand for `data`."""
    number = int.from_bytes(hashlib.sha256(data).digest()) % 10 ** (5 * _GROUPS)
    digits = f"{number:0{5 * _GROUPS}d}"
    return " ".join(digits[at : at + 5] for at in range(0, len(digits), 5))


def same_digits(said: str, fingerprint: str) -> bool:
    """Whether what somebody typed are these digits, however they are grouped."""
    return "".join(filter(str.isdigit, said)) == fingerprint.replace(" ", "")


def make_request(kiosk: str, record: SigningKey, tls: ec.EllipticCurvePrivateKey) -> bytes:
    """The request of a kiosk for both its keys."""
    fields = {"v": 1, "kiosk": kiosk, "record": record.public.raw, "tls": certificate_request(kiosk, tls)}
    return cose.sign(cbor.encode(fields), CONTENT_TYPE, key=record)


def read_request(data: bytes) -> KioskRequest:
    """The request in `data`, when both its keys signed it. Raises BadEncoding, WrongKey or BadSignature."""
    fields: Any = cbor.decode(cose.take_apart(data, CONTENT_TYPE).payload)
    version = fields.get("v") if isinstance(fields, dict) and fields.keys() == _FIELDS else None
    if type(version) is not int or version != 1:
        raise BadEncoding("a request does not have exactly the fields of version 1")
    kiosk, raw, tls = fields["kiosk"], fields["record"], fields["tls"]
    if not isinstance(kiosk, str) or not isinstance(raw, bytes) or not isinstance(tls, bytes) or len(raw) != 32:
        raise BadEncoding("a request names a kiosk and two keys")
    record = VerifyingKey(raw)
    cose.verify(data, CONTENT_TYPE, key=record)
    return KioskRequest(kiosk, record, read_certificate_request(kiosk, tls))


def certificate_request(name: str, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A PKCS #10 request, DER, by which a TLS key asks to be certified under `name`."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(_DER)


def read_certificate_request(name: str, data: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key of a request that is for `name` and signed by that key. Raises BadEncoding, WrongKey."""
    try:
        request = x509.load_der_x509_csr(data)
        key, signed, subject = request.public_key(), request.is_signature_valid, name_of(request.subject)
    except NOT_X509 as error:
        raise BadEncoding("not a request for a certificate (PKCS #10)") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadEncoding("a TLS key is of the curve P-256")
    if not signed or subject != name:
        raise WrongKey(f"the request for a certificate is not its key's own, or not for {name}")
    return key


def name_of(subject: x509.Name) -> str:
    """The one common name in it; empty when there is another number of names."""
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if len(names) == len(list(subject)) == 1 else ""


def new_tls_key() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key: every broker's OpenSSL, and a Raspberry Pi's one-time-programmable key, understand it."""
    return ec.generate_private_key(ec.SECP256R1())


def tls_key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """PKCS #8, PEM, without a password: the file's mode is its guard."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_or_make_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in `path`, made on first use with mode 0600. Raises KeyFileError, OSError."""
    if not path.exists():
        write_atomically(path, tls_key_pem(new_tls_key()))
    return load_tls_key(path)


def load_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in `path`, which nobody else may read. Raises KeyFileError."""
    try:
        key = serialization.load_pem_private_key(read_secret_file(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyFileError(f"{path} is not a PEM key") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyFileError(f"{path} holds another kind of key than P-256")
    return key


def read_short(file: Path, most: int) -> bytes:
    """The bytes of a file from a stick, which may be anything. Raises BadEncoding."""
    try:
        with file.open("rb") as source:
            data = source.read(most + 1)
    except OSError as error:
        raise BadEncoding(f"{file} cannot be read: {error.strerror}") from error
    if len(data) > most:
        raise BadEncoding(f"{file} is longer than anything that belongs there")
    return data


def _certificate(pem: bytes) -> x509.Certificate:
    try:
        return read_throughout(x509.load_pem_x509_certificate(pem))
    except NOT_X509 as error:
        raise BadEncoding("a certificate in the answer is damaged") from error


def read_throughout(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate, when each of its parts can be read: the library reads each when it is asked for it.

    Raises one of NOT_X509.
    """
    _ = certificate.public_key(), certificate.subject, certificate.issuer, certificate.extensions
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.signature_hash_algorithm
    return certificate


def _typed(value: object, kind: type) -> Any:  # noqa: ANN401 - what it was asked for
    if type(value) is not kind:
        raise BadEncoding("a field of the office's answer is of another kind")
    return value
