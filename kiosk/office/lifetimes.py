"""Until when the certificates are good by which an office lives: its own, each shard's, its own above; and authorities.

What is not on this computer is not looked at: a shard's certificate, the broker's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.office.authority import list_ends, load_certificate
from kiosk.office.settings import OfficeSettings

#: A year: whoever trusts a server authority must be brought its next certificate, kiosk by kiosk.
AUTHORITY_WARNING: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Ends:
    """Each certificate's end, by a name that says where it lies; ``authorities`` are those that others are judged by.

    ``revocations``: when the broker lets nobody in any more, None for never; ``capped``: because the authority of the
    list ends then, and not the list itself.
    """

    certificates: dict[str, datetime]
    authorities: dict[str, datetime]
    revocations: datetime | None
    capped: bool

    def first(self) -> tuple[str, datetime]:
        """The certificate that ends first."""
        return min(self.certificates.items(), key=lambda one: one[1])

    def first_authority(self) -> tuple[str, datetime]:
        """The authority that ends first."""
        return min(self.authorities.items(), key=lambda one: one[1])


def look(settings: OfficeSettings) -> Ends:
    """Read them all.

    Raises:
        ProvisioningError: one that every office has is missing, or one is damaged.
    """
    layout = settings.layout
    own = {path.name: path for path in (layout.broker / "broker.pem", layout.collector / "tls.pem")}
    authorities = {path.name: path for path in (layout.broker / "device-ca.pem", layout.collector / "server-ca.pem")}
    own |= {f"shards/{path.parent.name}/tls.pem": path for path in layout.collector.glob("shards/*/tls.pem")}
    own |= dict(_above(settings, "tls.pem"))
    authorities |= dict(_above(settings, "server-ca.pem"))
    ends = {name: load_certificate(path).not_valid_after_utc for name, path in authorities.items()}
    until, device = list_ends(layout.broker / "crl.pem"), ends["device-ca.pem"]
    capped = until is None or device < until
    return Ends(
        {name: load_certificate(path).not_valid_after_utc for name, path in own.items()},
        ends,
        device if capped else until,
        capped,
    )


def _above(settings: OfficeSettings, name: str) -> Iterator[tuple[str, Path]]:
    """The file by which this office is known above, or knows the one above; none where there is none."""
    if settings.upstream is None:
        return
    renewed, first = settings.layout.upstream_identity / "current.pem", settings.upstream / "uplink" / name
    if name == "tls.pem" and renewed.exists():
        yield "upstream/current.pem", renewed
    elif first.exists():
        yield f"upstream/uplink/{name}", first
