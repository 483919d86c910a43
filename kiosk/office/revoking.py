"""The revocation list that the broker goes by (RFC 5280, section 5): of the registry, and never shorter than it was.

A certificate that stands on a list of this office's authority stays on it, also when an older registry was restored:
nothing takes a revocation back.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from kiosk.office.authority import Authority, certificate_pem
from kiosk.office.guarded import entered
from kiosk.office.keyfile import PUBLIC_MODE
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry

_log = logging.getLogger(__name__)

LIST: Final = "crl.pem"


def publish_revocations(layout: OfficeLayout, device: Authority, registry: Registry, now: datetime) -> None:
    """Write the revocation list that follows from the registry, and the authority it is by, for the broker.

    Raises:
        ProvisioningError: it cannot be written.
    """
    with entered(layout.broker) as folder:
        revoked = {**_listed(folder.read(LIST), device.certificate), **_revoked(registry)}
        folder.replace(LIST, certificate_pem(device.issue_list(revoked.items(), now=now)), mode=PUBLIC_MODE)
        folder.replace("device-ca.pem", certificate_pem(device.certificate), mode=PUBLIC_MODE)


def missing_revocations(layout: OfficeLayout, registry: Registry, authority: x509.Certificate | None) -> frozenset[int]:
    """The serials that the registry calls revoked and the broker's list does not name.

    Args:
        layout: the office.
        registry: who is revoked.
        authority: whose list it must be; None where that cannot be told.

    Raises:
        ProvisioningError: the list is no plain file.
    """
    with entered(layout.broker) as folder:
        listed = _listed(folder.read(LIST), authority)
    return frozenset(_revoked(registry)) - frozenset(listed)


def still_revoked(layout: OfficeLayout, registry: Registry, authority: x509.Certificate) -> Registry:
    """The registry, with each kiosk revoked of which a certificate stands on the broker's list.

    An older registry that was brought back may not know of it; the list does, and says since when.

    Args:
        layout: the office.
        registry: as it was brought back.
        authority: the device authority as root keeps it: the broker's folder is a service's.

    Raises:
        ProvisioningError: the list is no plain file.
    """
    with entered(layout.broker) as folder:
        listed = _listed(folder.read(LIST), authority)
    for entry in registry.kiosks.values():
        since = [listed[serial] for serial in entry.serials if serial in listed]
        if since and entry.revoked_at is None:
            registry = registry.with_kiosk(replace(entry, revoked_at=min(since)))
            _log.warning(
                "%s stands on the revocation list and was not revoked in the registry: it is again", entry.kiosk
            )
    return registry


def listed_serials(data: bytes | None, authority: x509.Certificate | None) -> frozenset[int]:
    """The serials on a list, none when there is no list, or not one by ``authority``."""
    return frozenset(_listed(data, authority))


def _revoked(registry: Registry) -> dict[int, datetime]:
    trusted_no_more = [entry for entry in registry.kiosks.values() if entry.revoked_at]
    return {serial: entry.revoked_at for entry in trusted_no_more for serial in entry.serials if entry.revoked_at}


def _listed(data: bytes | None, authority: x509.Certificate | None) -> dict[int, datetime]:
    if data is None:
        return {}
    try:
        found = x509.load_pem_x509_crl(data)
    except ValueError:
        return {}
    key = None if authority is None else authority.public_key()
    if key is not None:
        signed = isinstance(key, (ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey))
        if not signed or not found.is_signature_valid(key):
            return {}
    return {item.serial_number: item.revocation_date_utc for item in found}
