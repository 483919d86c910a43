"""Country signers and document signers made on the spot, of every kind. Their keys live in the test."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import algos, cms, core, crl, keys, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from kiosk.chip import tlv
from kiosk.chip.curves import Curve
from kiosk.chip.domain_parameters import STANDARD_CURVES
from kiosk.chip.signatures import _BY_OID, Structure

NOW = datetime(2026, 11, 24, tzinfo=UTC)
LDS_OBJECT = "2.23.136.1.1.1"
MASTER_LIST = "2.23.136.1.1.2"
CURVES = {curve.name: curve for curve in STANDARD_CURVES.values()}
_OID_OF = {name: oid for oid, name in _BY_OID.items()}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - old issuers
    "sha256": hashes.SHA256(),
    "sha512": hashes.SHA512(),
}


class RsaSigner:
    """RSA of 2048 bits, PKCS #1 v1.5 or PSS."""

    def __init__(self, digest: str = "sha256", *, pss: bool = False) -> None:
        self.digest = digest
        self._pss = pss
        self._key = rsa.generate_private_key(65537, 2048)

    @property
    def public(self) -> Structure:
        numbers = self._key.public_key().public_numbers()
        return keys.PublicKeyInfo.wrap(keys.RSAPublicKey({"modulus": numbers.n, "public_exponent": numbers.e}), "rsa")

    @property
    def algorithm(self) -> Structure:
        if not self._pss:
            return {"algorithm": f"{self.digest}_rsa", "parameters": core.Null()}
        named = {"algorithm": self.digest}
        parameters = algos.RSASSAPSSParams(
            {
                "hash_algorithm": named,
                "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": algos.DigestAlgorithm(named)},
                "salt_length": 32,
            }
        )
        return {"algorithm": "rsassa_pss", "parameters": parameters}

    def sign(self, message: bytes) -> bytes:
        hashed = _HASHES[self.digest]
        way = padding.PSS(padding.MGF1(hashed), 32) if self._pss else padding.PKCS1v15()
        return self._key.sign(message, way, hashed)


class EcSigner:
    """ECDSA on any standard curve, its parameters named or written out."""

    def __init__(self, curve: str, digest: str = "sha256", *, explicit: bool = False, plain: bool = False) -> None:
        self.curve: Curve = CURVES[curve]
        self.digest = digest
        self._explicit, self._plain = explicit, plain
        self._secret = 1 + secrets.randbelow(self.curve.n - 1)

    @property
    def public(self) -> Structure:
        point = self.curve.multiply(self.curve.base, self._secret)
        assert point is not None
        return keys.PublicKeyInfo(
            {
                "algorithm": {"algorithm": "ec", "parameters": self._domain()},
                "public_key": keys.ECPointBitString(self.curve.encoded(point)),
            }
        )

    def _domain(self) -> Structure:
        if not self._explicit:
            return keys.ECDomainParameters(name="named", value=_OID_OF[self.curve.name])
        size, curve = self.curve.size, self.curve
        written = {
            "version": "ecdpVer1",
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(curve.p)},
            "curve": {"a": curve.a.to_bytes(size, "big"), "b": curve.b.to_bytes(size, "big")},
            "base": curve.encoded(curve.base),
            "order": curve.n,
            "cofactor": 1,
        }
        return keys.ECDomainParameters(name="specified", value=keys.SpecifiedECDomain(written))

    @property
    def algorithm(self) -> Structure:
        if self._plain:
            number = ("sha1", "sha224", "sha256", "sha384", "sha512").index(self.digest) + 1
            return {"algorithm": f"0.4.0.127.0.7.1.1.4.1.{number}"}
        return {"algorithm": f"{self.digest}_ecdsa"}

    def sign(self, message: bytes) -> bytes:
        curve = self.curve
        hashed = hashlib.new(self.digest, message).digest()
        e = int.from_bytes(hashed, "big") >> max(0, 8 * len(hashed) - curve.n.bit_length())
        k = 1 + secrets.randbelow(curve.n - 1)
        point = curve.multiply(curve.base, k)
        assert point is not None
        r = point[0] % curve.n
        s = pow(k, -1, curve.n) * (e + r * self._secret) % curve.n
        if self._plain:
            size = (curve.n.bit_length() + 7) // 8
            return r.to_bytes(size, "big") + s.to_bytes(size, "big")
        return algos.DSASignature({"r": r, "s": s}).dump()


Signer = RsaSigner | EcSigner


def name(common: str, country: str = "VN") -> Structure:
    return x509.Name.build({"country_name": country, "organization_name": "TEST", "common_name": common})


@dataclass
class Holder:
    """A certificate and the key to it."""

    signer: Signer
    certificate: Any

    @property
    def der(self) -> bytes:
        return self.certificate.dump()


def certify(
    signer: Signer,
    common: str,
    *,
    issuer: Holder | None = None,
    begins: datetime = NOW - timedelta(days=100),
    ends: datetime = NOW + timedelta(days=3000),
) -> Holder:
    """Make a certificate: a country signer when nobody issues it, else a document signer."""
    key_id = hashlib.sha256(bytes(signer.public["public_key"].contents)).digest()[:20]
    by = issuer.signer if issuer is not None else signer
    extensions: list[dict[str, Any]] = [
        {"extn_id": "key_identifier", "critical": False, "extn_value": core.OctetString(key_id)},
        {"extn_id": "basic_constraints", "critical": True, "extn_value": {"ca": issuer is None}},
    ]
    tbs: Any = x509.TbsCertificate(
        {
            "version": "v3",
            "serial_number": secrets.randbits(63),
            "signature": by.algorithm,
            "issuer": issuer.certificate.subject if issuer is not None else name(common),
            "validity": {
                "not_before": x509.Time({"utc_time": begins}),
                "not_after": x509.Time({"utc_time": ends}),
            },
            "subject": name(common),
            "subject_public_key_info": signer.public,
            "extensions": extensions,
        }
    )
    certificate: Any = x509.Certificate(
        {"tbs_certificate": tbs, "signature_algorithm": by.algorithm, "signature_value": by.sign(tbs.dump())}
    )
    return Holder(signer, x509.Certificate.load(certificate.dump()))


def signed_data(content_type: str, content: bytes, holder: Holder, *, bring: Sequence[Holder] | None = None) -> bytes:
    """Sign a content as CMS; `bring` names the certificates that go along, by default the signer's."""
    attributes: Any = cms.CMSAttributes(
        [
            {"type": "content_type", "values": [content_type]},
            {"type": "message_digest", "values": [hashlib.new(holder.signer.digest, content).digest()]},
        ]
    )
    own = holder.certificate
    info = {
        "version": "v1",
        "sid": cms.SignerIdentifier(
            name="issuer_and_serial_number", value={"issuer": own.issuer, "serial_number": own.serial_number}
        ),
        "digest_algorithm": {"algorithm": holder.signer.digest},
        "signed_attrs": attributes,
        "signature_algorithm": holder.signer.algorithm,
        "signature": holder.signer.sign(attributes.dump()),
    }
    brought = [holder] if bring is None else bring
    signed: Any = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": holder.signer.digest}],
            "encap_content_info": {"content_type": content_type, "content": core.ParsableOctetString(content)},
            "certificates": [one.certificate for one in brought],
            "signer_infos": [info],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump()


def security_object(groups: Mapping[int, bytes], holder: Holder, *, bring: Sequence[Holder] | None = None) -> bytes:
    """Write an EF.SOD over whole data groups."""
    listed = b"".join(
        tlv.encode(0x30, tlv.encode(0x02, bytes([number])) + tlv.encode(0x04, hashlib.sha256(data).digest()))
        for number, data in sorted(groups.items())
    )
    sha256 = tlv.encode(0x30, algos.DigestAlgorithmId("sha256").dump())
    content = tlv.encode(0x30, tlv.encode(0x02, b"\0") + sha256 + tlv.encode(0x30, listed))
    return tlv.encode(0x77, signed_data(LDS_OBJECT, content, holder, bring=bring))


def master_list(members: Sequence[bytes], holder: Holder) -> bytes:
    """Write a master list of country signers."""
    content = tlv.encode(0x30, tlv.encode(0x02, b"\0") + tlv.encode(0x31, b"".join(members)))
    return signed_data(MASTER_LIST, content, holder)


def revocation_list(
    issuer: Holder, serials: Sequence[int], *, made: datetime = NOW, next_update: datetime = NOW + timedelta(days=90)
) -> bytes:
    """Write a list of revoked serial numbers."""
    tbs: Any = crl.TbsCertList(
        {
            "version": "v2",
            "signature": issuer.signer.algorithm,
            "issuer": issuer.certificate.subject,
            "this_update": x509.Time({"utc_time": made}),
            "next_update": x509.Time({"utc_time": next_update}),
            "revoked_certificates": [
                {"user_certificate": serial, "revocation_date": x509.Time({"utc_time": made})} for serial in serials
            ],
        }
    )
    listed: Any = crl.CertificateList(
        {
            "tbs_cert_list": tbs,
            "signature_algorithm": issuer.signer.algorithm,
            "signature": issuer.signer.sign(tbs.dump()),
        }
    )
    return listed.dump()
