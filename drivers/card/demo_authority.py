"""A throw-away authority that signs the security object of soft cards (EF.SOD, ICAO Doc 9303-10, 4.6.2).

Its keys live as long as the process. Whatever it signs says “DEMO” in its names and proves nothing to anyone.
"""

import hashlib
from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from asn1crypto import algos, cms, core, x509
from cryptography import x509 as pyca
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from drivers.card.soft_crypto import wrap_object

_LDS_OBJECT: Final = "2.23.136.1.1.1"
_CARD_SECURITY: Final = "0.4.0.127.0.7.3.2.1"
_SHA256: Final = "2.16.840.1.101.3.4.2.1"
_DOCUMENT_TYPES: Final = pyca.ObjectIdentifier("2.23.136.1.1.6.2")
_IDENTITY_CARDS: Final = bytes.fromhex("30 08 02 01 00 31 03 13 01 49")
"""DocumentTypeList (Doc 9303-12, 7.1.1.6): version 0, {"I"}."""
_YEARS: Final = timedelta(days=3650)
_OLDER: Final = timedelta(days=300)
_DAY: Final = timedelta(days=1)


class _DataGroupHash(core.Sequence):  # type: ignore[misc]
    _fields = [("data_group", core.Integer), ("hash", core.OctetString)]  # noqa: RUF012


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _DataGroupHash


class _Lds(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
    ]


class DemoAuthority:
    """A country signer and a document signer made on the spot; sign() writes an EF.SOD."""

    def __init__(
        self, *, now: datetime | None = None, signer_lives: timedelta = _YEARS, called: str = "DEMO country signer"
    ) -> None:
        """Make both keys and certificates, valid for ten years from `now`; `signer_lives` shortens the signer's.

        `called` is the country signer's common name.
        """
        self._name = _name(called)
        self._start = now or datetime.now(UTC)
        self._root_key = ec.generate_private_key(ec.SECP256R1())
        valid = (self._start - _OLDER, self._start + _YEARS)
        names, public = (self._name, self._name), self._root_key.public_key()
        root = _certificate(*names, public=public, signer=self._root_key, valid=valid, ca=True)
        self.root_der = root.public_bytes(serialization.Encoding.DER)
        self._hire((self._start, self._start + signer_lives))

    def with_ended_signer(self) -> Self:
        """The same country signer, with another document signer whose certificate ended the day before."""
        other = copy(self)
        other._hire((self._start - _OLDER, self._start - _DAY))  # noqa: SLF001 - of this very class
        return other

    def _hire(self, valid: tuple[datetime, datetime]) -> None:
        """Make a document signer."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        names = _name("DEMO document signer"), self._name
        own = _certificate(*names, public=self._key.public_key(), signer=self._root_key, valid=valid, ca=False)
        self._certificate: Any = x509.Certificate.load(own.public_bytes(serialization.Encoding.DER))

    def sign(self, groups: Mapping[int, bytes]) -> bytes:
        """Write EF.SOD over whole data groups, number to file."""
        listed: Any = _Lds(
            {
                "version": 0,
                "algorithm": {"algorithm": _SHA256},
                "hashes": [
                    {"data_group": number, "hash": hashlib.sha256(data).digest()}
                    for number, data in sorted(groups.items())
                ],
            }
        )
        return wrap_object(0x77, self._signed(_LDS_OBJECT, listed.dump()))

    def sign_infos(self, infos: bytes) -> bytes:
        """Write EF.CardSecurity around SecurityInfos (Doc 9303-11, 9.2.11)."""
        return self._signed(_CARD_SECURITY, infos)

    def _signed(self, kind: str, content: bytes) -> bytes:
        attributes: Any = cms.CMSAttributes(
            [
                {"type": "content_type", "values": [kind]},
                {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
            ]
        )
        signature = self._key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
        signed: Any = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": kind, "content": core.ParsableOctetString(content)},
                "certificates": [self._certificate],
                "signer_infos": [self._signer_info(attributes, signature)],
            }
        )
        whole: Any = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        return whole.dump()

    def _signer_info(self, attributes: cms.CMSAttributes, signature: bytes) -> dict[str, Any]:
        return {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                name="issuer_and_serial_number",
                value={"issuer": self._certificate.issuer, "serial_number": self._certificate.serial_number},
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signature,
        }


def _name(common: str) -> pyca.Name:
    return pyca.Name(
        [
            pyca.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            pyca.NameAttribute(NameOID.ORGANIZATION_NAME, "DEMO, not an authority"),
            pyca.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _certificate(
    subject: pyca.Name,
    issuer: pyca.Name,
    *,
    public: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
    ca: bool,
) -> pyca.Certificate:
    builder = (
        pyca.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(pyca.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(pyca.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(pyca.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .add_extension(_usage(ca=ca), critical=True)
    )
    if ca:
        builder = builder.add_extension(pyca.BasicConstraints(ca=True, path_length=0), critical=True)
    else:
        builder = builder.add_extension(pyca.UnrecognizedExtension(_DOCUMENT_TYPES, _IDENTITY_CARDS), critical=False)
    return builder.sign(signer, hashes.SHA256())


def _usage(*, ca: bool) -> pyca.KeyUsage:
    """What the key is for: an authority signs certificates and lists, a document signer documents."""
    return pyca.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
