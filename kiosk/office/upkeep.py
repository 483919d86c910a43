"""What an office renews of its own, whenever its authority's keys are at hand: certificates and the revocation list.

Run by a timer where the authority stays on the office's computer, and by hand where it is brought for it. Everything is
renewed when half of its life is over, so that a year of visits may be missed before anything ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509

from kiosk.office.access import publish_access
from kiosk.office.address import LOOPBACK
from kiosk.office.authority import LIST_LIFE, certificate_pem, list_ends
from kiosk.office.bundles import load_authorities, make_collectors_client, renew_authorities
from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, governed_registry, keep_registry, publish
from kiosk.office.guarded import entered
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import server_certificate
from kiosk.office.registry import Registry
from kiosk.office.revoking import LIST, missing_revocations, publish_revocations, still_revoked

#: What the broker reads again when it is told to reload, and what the collector reads when it is restarted.
BROKER: Final = ("broker.pem", "crl.pem", "device-ca.pem", "acl")
#: What the broker goes on without until it is started anew.
AT_START: Final = ("crl.pem", "device-ca.pem")


def authority_here(layout: OfficeLayout) -> bool:
    """Whether the authorities' keys are at hand."""
    return all((layout.authority / f"{stem}.key").exists() for stem in ("server-ca", "device-ca", "record-ca"))


def keep_up(layout: OfficeLayout, *, now: datetime) -> tuple[str, ...]:
    """Renew what is half over, and put right what is not as the registry says; the names of the files that changed.

    The authorities' own certificates first, for the same keys: all that they signed stays good.

    The revocation list is made anew whenever it lacks a certificate that the registry calls revoked: the power may have
    gone between the two. The other way round, what stands on the list is revoked in the registry: an older one may have
    been brought back. The collector's copies are made anew when somebody changed them.

    Raises:
        ProvisioningError: a file is damaged, or a key is not where it belongs.
    """
    before = _watched(layout)
    moment = now.replace(microsecond=0)
    with governed(layout):
        renew_authorities(layout.authority, moment)
        authorities = load_authorities(layout.authority, moment)
        registry = still_revoked(layout, governed_registry(layout), authorities.device.certificate)
        registry = keep_registry(layout, registry, published=False)
        server_certificate(layout, authorities.server, (registry.broker_host, *LOOPBACK), moment)
        for shard in ("", *registry.shards):
            make_collectors_client(layout, authorities, shard, moment)
        if _list_is_due(layout, registry, authorities.device.certificate, moment):
            publish_revocations(layout, authorities.device, registry, moment)
        publish_access(layout, registry)
        published = publish(layout)
    after = _watched(layout)
    return (*(name for name in after if after[name] != before[name]), *published)


def _watched(layout: OfficeLayout) -> dict[str, bytes | None]:
    with entered(layout.broker) as broker, entered(layout.collector) as collector:
        return {**{name: broker.read(name) for name in BROKER}, "tls.pem": collector.read("tls.pem")}


def _list_is_due(layout: OfficeLayout, registry: Registry, authority: x509.Certificate, now: datetime) -> bool:
    if missing_revocations(layout, registry, authority) or _other_authority(layout, authority):
        return True
    try:
        ends = list_ends(layout.broker / LIST)
    except ProvisioningError:
        return True
    return ends is not None and ends - now < LIST_LIFE / 2


def _other_authority(layout: OfficeLayout, authority: x509.Certificate) -> bool:
    with entered(layout.broker) as folder:
        return folder.read("device-ca.pem") != certificate_pem(authority)
