"""The office's certificate authorities (X.509, RFC 5280): server, device and record, each its own hierarchy.

A kiosk trusts the server authority, the broker trusts the device authority, the collector trusts the record
authority; a key of one can do nothing in the place of another.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kiosk.office.errors import ProvisioningError
from kiosk.office.keyfile import SigningKey, load_key, load_or_make_ed25519, load_or_make_p256, replace

AUTHORITY_LIFE = timedelta(days=3652)
SERVER_LIFE = timedelta(days=730)
DEVICE_LIFE = timedelta(days=365)
# An expired list would shut every kiosk out: it lives as long as its authority, and is made anew when a kiosk is
# revoked, and at every `kiosk office init`.
LIST_LIFE = AUTHORITY_LIFE
# A kiosk may start with a clock that is behind by hours; its certificate must not be "not yet valid".
BACKDATED = timedelta(days=1)

PublicKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Authority:
    """One root: its key and its own certificate."""

    key: SigningKey
    certificate: x509.Certificate

    def ends_no_later(self, certificate: x509.Certificate) -> bool:
        """Whether nothing that is signed now could last longer than this certificate of the authority's does."""
        return certificate.not_valid_after_utc >= self.certificate.not_valid_after_utc

    def issue_server(
        self, public_key: PublicKey, name: str, *, hosts: Sequence[str], now: datetime
    ) -> x509.Certificate:
        """A broker's certificate for ``hosts`` (DNS names or IP addresses)."""
        builder = self._leaf(public_key, name, now=now, life=SERVER_LIFE)
        builder = builder.add_extension(x509.SubjectAlternativeName(_general_names(hosts)), critical=False)
        return self._sign(builder.add_extension(_usage(ExtendedKeyUsageOID.SERVER_AUTH), critical=False))

    def issue_client(self, public_key: PublicKey, name: str, *, now: datetime) -> x509.Certificate:
        """A TLS client certificate whose common name is the MQTT identity."""
        builder = self._leaf(public_key, name, now=now, life=DEVICE_LIFE)
        return self._sign(builder.add_extension(_usage(ExtendedKeyUsageOID.CLIENT_AUTH), critical=False))

    def issue_signer(self, public_key: PublicKey, name: str, *, now: datetime) -> x509.Certificate:
        """A certificate for signing records: no TLS usage at all."""
        return self._sign(self._leaf(public_key, name, now=now, life=DEVICE_LIFE))

    def issue_list(self, revoked: Iterable[tuple[int, datetime]], *, now: datetime) -> x509.CertificateRevocationList:
        """The revocation list (serial number, time of revocation)."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now - BACKDATED)
            .next_update(now + LIST_LIFE)
        )
        for serial, at in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(at).build()
            builder = builder.add_revoked_certificate(entry)
        return builder.sign(self.key, _digest(self.key))

    def _leaf(self, public_key: PublicKey, name: str, *, now: datetime, life: timedelta) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - BACKDATED)
            .not_valid_after(min(now + life, self.certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(authority=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
            .add_extension(_issuer_identifier(self.certificate), critical=False)
        )

    def _sign(self, builder: x509.CertificateBuilder) -> x509.Certificate:
        return builder.sign(self.key, _digest(self.key))


def load_or_make_authority(directory: Path, stem: str, *, name: str, now: datetime, records: bool = False) -> Authority:
    """The authority ``stem`` of ``directory``; key and certificate are made on first use.

    ``records`` chooses Ed25519 (records are COSE, EdDSA); TLS authorities are P-256, which every broker's OpenSSL
    and the signing key in a Raspberry Pi's one-time-programmable memory understand.

    Raises:
        ProvisioningError: the certificate is here and its key is not (it is kept offline).
    """
    key_path = directory / f"{stem}.key"
    check_pair(key_path, directory / f"{stem}.pem")
    key = load_or_make_ed25519(key_path) if records else load_or_make_p256(key_path)
    path = directory / f"{stem}.pem"
    if not path.exists():
        replace(path, certificate_pem(_self_signed(key, name, now=now)))
    return Authority(key, load_certificate(path))


def renew_authority(directory: Path, stem: str, *, now: datetime) -> bool:
    """Give an authority whose life is half over another certificate, for the same key and name; whether it was.

    What the key signed is good by either certificate, and so is its revocation list: who trusts the old one takes what
    is signed from now on until that one ends, and who is brought the new one takes all.

    Raises:
        ProvisioningError: a file is missing or damaged.
    """
    path = directory / f"{stem}.pem"
    old = load_certificate(path)
    if old.not_valid_after_utc - now >= AUTHORITY_LIFE / 2:
        return False
    key = load_key(directory / f"{stem}.key")
    (name,) = old.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    replace(path, certificate_pem(_self_signed(key, str(name.value), now=now)))
    return True


def check_pair(key_path: Path, certificate_path: Path) -> None:
    """Refuse a certificate whose key has gone: a new key would fit nothing that was handed out.

    Raises:
        ProvisioningError: naming the missing key.
    """
    if certificate_path.exists() and not key_path.exists():
        raise key_gone(key_path)


def key_gone(key_path: Path) -> ProvisioningError:
    """What is said of a key that is missing beside its certificate."""
    return ProvisioningError(f"{key_path} is missing beside its certificate: bring it back from where it is kept")


def load_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file.

    Raises:
        ProvisioningError: no such file, or not a certificate.
    """
    try:
        return read_certificate(path.read_bytes(), path)
    except OSError as error:
        raise ProvisioningError(f"certificate {path} cannot be read: {error.strerror}") from error


def read_certificate(pem: bytes, path: Path) -> x509.Certificate:
    """The first certificate in these bytes of the file ``path``. Raises ProvisioningError."""
    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise ProvisioningError(f"{path} is not a PEM certificate") from error


def list_ends(path: Path) -> datetime | None:
    """Until when a revocation list is good, None for ever. After it the broker lets no kiosk in.

    Raises:
        ProvisioningError: no such file, or not a revocation list.
    """
    try:
        return x509.load_pem_x509_crl(path.read_bytes()).next_update_utc
    except OSError as error:
        raise ProvisioningError(f"revocation list {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise ProvisioningError(f"{path} is not a revocation list: `kiosk office init` again") from error


def certificate_pem(certificate: x509.Certificate | x509.CertificateRevocationList) -> bytes:
    """PEM of a certificate or a revocation list."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def _self_signed(key: SigningKey, name: str, *, now: datetime) -> x509.Certificate:
    public_key = key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(name))
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    return builder.sign(key, _digest(key))


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _digest(key: SigningKey) -> hashes.SHA256 | None:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()


def _usage(purpose: x509.ObjectIdentifier) -> x509.ExtendedKeyUsage:
    return x509.ExtendedKeyUsage([purpose])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_identifier(certificate: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    identifier = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)


def _general_names(hosts: Sequence[str]) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = []
    for host in hosts:
        try:
            names.append(x509.IPAddress(ipaddress.ip_address(host)))
        except ValueError:
            names.append(x509.DNSName(host))
    return names
