"""A kiosk's bundle: what leaves the office with it, in one folder for each of its two users, and once more each year.

A renewed bundle brings a new TLS key and new certificates. The key by which the kiosk signs its records has left the
office with the first bundle and stays where it is: a new certificate for it is all that can be, and is, made here.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519

from kiosk.office.authority import (
    DEVICE_LIFE,
    Authority,
    certificate_pem,
    key_gone,
    load_or_make_authority,
    read_certificate,
    renew_authority,
)
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import keep_registry
from kiosk.office.guarded import GuardedFolder, entered
from kiosk.office.keyfile import (
    PRIVATE_DIRECTORY_MODE,
    PUBLIC_MODE,
    load_or_make_ed25519,
    load_or_make_p256,
    make_directory,
    p256_in,
    public_raw,
)
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.shards import collector_name
from kiosk.sealing.keys import OfficeKeys

AUTHORITIES: Final = ("server-ca", "device-ca", "record-ca")


@dataclass(frozen=True, slots=True)
class Authorities:
    """The office's three roots."""

    server: Authority
    device: Authority
    record: Authority


def load_authorities(directory: Path, now: datetime) -> Authorities:
    """The authorities in ``directory``, made on first use.

    Raises:
        ProvisioningError: a key is kept offline, or a file is damaged.
    """
    return Authorities(
        server=load_or_make_authority(directory, "server-ca", name="Kiosk server authority", now=now),
        device=load_or_make_authority(directory, "device-ca", name="Kiosk device authority", now=now),
        record=load_or_make_authority(directory, "record-ca", name="Kiosk record authority", now=now, records=True),
    )


def renew_authorities(directory: Path, now: datetime) -> tuple[str, ...]:
    """Renew the certificates of the authorities that are half over; their file names. Raises ProvisioningError."""
    return tuple(f"{stem}.pem" for stem in AUTHORITIES if renew_authority(directory, stem, now=now))


def make_client(
    folder: GuardedFolder, authorities: Authorities, name: str, now: datetime, *, renew: bool = False
) -> x509.Certificate:
    """TLS client key and certificate ``name`` in ``folder``, with the server authority to check the broker by.

    With ``renew`` the certificate is made anew when half its life is over; the key stays.

    Raises:
        ProvisioningError: the key of a certificate has gone, or a file is none of its kind.
    """
    path, pem = folder.path / "tls.pem", folder.read("tls.pem")
    if pem is not None and folder.read("tls.key") is None:
        raise key_gone(folder.path / "tls.key")
    key = p256_in(folder, "tls.key")
    certificate = None if pem is None else read_certificate(pem, path)
    old = renew and certificate is not None and certificate.not_valid_after_utc - now < DEVICE_LIFE / 2
    if certificate is None or (old and not authorities.device.ends_no_later(certificate)):
        certificate = authorities.device.issue_client(key.public_key(), name, now=now)
        folder.replace("tls.pem", certificate_pem(certificate), mode=PUBLIC_MODE)
    folder.replace("server-ca.pem", certificate_pem(authorities.server.certificate), mode=PUBLIC_MODE)
    return certificate


def make_collectors_client(
    layout: OfficeLayout, authorities: Authorities, shard: str, now: datetime
) -> x509.Certificate:
    """The TLS client of a shard's collector, renewed when half its life is over. Raises ProvisioningError."""
    below = layout.shard(shard).relative_to(layout.collector).parts
    with entered(layout.collector, *below, mode=PRIVATE_DIRECTORY_MODE) as folder:
        return make_client(folder, authorities, collector_name(shard), now, renew=True)


def issue_bundle(
    layout: OfficeLayout,
    authorities: Authorities,
    keys: OfficeKeys,
    place: tuple[Registry, str, str],
    now: datetime,
) -> KioskEntry:
    """Make the bundle of a new kiosk: ``place`` is the registry it joins, its id and its commune.

    Raises:
        ProvisioningError: a file of it cannot be read or written.
    """
    registry, kiosk, commune = place
    bundle = make_directory(layout.bundle(kiosk), mode=PRIVATE_DIRECTORY_MODE)
    with entered(bundle, "uplink", mode=PRIVATE_DIRECTORY_MODE) as folder:
        tls = make_client(folder, authorities, kiosk, now)
    private = make_directory(bundle / "kiosk", mode=PRIVATE_DIRECTORY_MODE)
    record_key = load_or_make_ed25519(private / "record.key").public_key()
    if not (private / "record.pem").exists():
        certificate = authorities.record.issue_signer(record_key, kiosk, now=now)
        replace_file(private / "record.pem", certificate_pem(certificate))
    keys.save(private / "office-keys.json")
    _write_addresses(bundle, registry, kiosk, commune)
    return KioskEntry(
        kiosk=kiosk,
        province=registry.province,
        commune=commune,
        tls_serial=tls.serial_number,
        tls_not_after=tls.not_valid_after_utc,
        record_key=public_raw(record_key),
    )


def renew_bundle(
    layout: OfficeLayout,
    authorities: Authorities,
    keys: OfficeKeys,
    place: tuple[Registry, KioskEntry],
    now: datetime,
) -> KioskEntry:
    """Make a bundle for a kiosk that has one: new TLS key and certificates, and no record-signing key.

    ``place`` is the registry and the kiosk's entry in it. The registry knows the new certificate, and still the old
    ones, before the bundle can be used.

    Raises:
        ProvisioningError: an earlier bundle is still here.
    """
    registry, entry = place
    bundle = layout.bundle(entry.kiosk)
    if bundle.exists():
        # The first bundle holds the only copy of the signing key until it is installed.
        unused = "" if (bundle / "kiosk" / "record.key").exists() else ", or remove it if it is not to be used"
        raise ProvisioningError(f"{bundle} is still here: install it on its kiosk and remove it here{unused}")
    make_directory(bundle, mode=PRIVATE_DIRECTORY_MODE)
    uplink = make_directory(bundle / "uplink", mode=PRIVATE_DIRECTORY_MODE)
    private = make_directory(bundle / "kiosk", mode=PRIVATE_DIRECTORY_MODE)
    tls_key = load_or_make_p256(uplink / "tls.key").public_key()
    tls = authorities.device.issue_client(tls_key, entry.kiosk, now=now)
    record_key = ed25519.Ed25519PublicKey.from_public_bytes(entry.record_key)
    record = authorities.record.issue_signer(record_key, entry.kiosk, now=now)
    renewed = entry.renewed(tls.serial_number, tls.not_valid_after_utc, now=now)
    keep_registry(layout, registry.with_kiosk(renewed))
    replace_file(uplink / "server-ca.pem", certificate_pem(authorities.server.certificate))
    replace_file(private / "record.pem", certificate_pem(record))
    keys.save(private / "office-keys.json")
    _write_addresses(bundle, registry, entry.kiosk, entry.commune)
    replace_file(uplink / "tls.pem", certificate_pem(tls))
    return renewed


def _write_addresses(bundle: Path, registry: Registry, kiosk: str, commune: str) -> None:
    """Tell both users of the kiosk its name and place, and where its broker is."""
    address = {
        "v": 1,
        "kiosk": kiosk,
        "province": registry.province,
        "commune": commune,
        "broker_host": registry.broker_host,
        "broker_port": registry.broker_port,
        "demo": registry.demo,
    }
    for part in ("uplink", "kiosk"):
        replace_file(bundle / part / "bundle.json", json.dumps(address, indent=2).encode() + b"\n")
