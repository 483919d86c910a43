"""What an office renews of its own, whenever its authority's keys are at hand: certificates and the revocation list.

Run by a timer where the authority stays on the office's computer, and by hand where it is brought for it. Everything is
renewed when half of its life is over, so that a year of visits may be missed before anything ends.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kiosk.office.address import LOOPBACK
from kiosk.office.authority import LIST_LIFE, list_ends
from kiosk.office.bundles import load_authorities, make_client
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import publish_revocations, server_certificate
from kiosk.office.registry import load_registry, registry_kept_still
from kiosk.office.shards import collector_name

#: What the broker reads again when it is told to reload, and what the collector reads when it is restarted.
BROKER: Final = ("broker.pem", "crl.pem")


def authority_here(layout: OfficeLayout) -> bool:
    """Whether the authorities' keys are at hand."""
    return all((layout.authority / f"{stem}.key").exists() for stem in ("server-ca", "device-ca", "record-ca"))


def keep_up(layout: OfficeLayout, *, now: datetime) -> tuple[str, ...]:
    """Renew what is half over; the names of the files that changed.

    Raises:
        ProvisioningError: a file is damaged, or a key is not where it belongs.
    """
    paths = (layout.broker / "broker.pem", layout.broker / "crl.pem", layout.collector / "tls.pem")
    before = {path.name: path.read_bytes() if path.exists() else b"" for path in paths}
    moment = now.replace(microsecond=0)
    with registry_kept_still(layout.registry):
        registry, authorities = load_registry(layout.registry), load_authorities(layout.authority, moment)
        server_certificate(layout, authorities.server, (registry.broker_host, *LOOPBACK), moment)
        for shard in ("", *registry.shards):
            make_client(layout.shard(shard), authorities, collector_name(shard), moment, renew=True)
        ends = list_ends(layout.broker / "crl.pem")
        if ends is not None and ends - moment < LIST_LIFE / 2:
            publish_revocations(layout, authorities.device, registry, moment)
    return tuple(path.name for path in paths if path.read_bytes() != before[path.name])
