"""The office's settings: frozen, checked once, composed by the program's entry."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from kiosk.office.duty import LEASE_S
from kiosk.office.errors import OfficeError
from kiosk.office.history import Keeping
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry
from kiosk.office.shards import collector_name
from kiosk.uplink.settings import LinkSettings


@dataclass(frozen=True, slots=True)
class OfficeSettings:
    """One office: its directory, database, broker and page.

    ``name`` stands on the page. ``database_url`` empty means SQLite inside the directory. ``broker`` None means as
    `init_office` wrote it down. ``silent_after_s``: a kiosk that said nothing for so long is shown as silent.
    ``low_battery``: share of the charge below which somebody should bring power. ``shard``: whose communes its
    collector receives from; empty where no shard has a name. ``lease_s``: see `kiosk.office.duty`.
    ``renews_by_itself``: the authority's keys stay on this computer on purpose.
    ``upstream``: the bundle of the office above, None where there is none; see `kiosk.office.upstream`.
    ``keeping``: for how long it is known how kiosks were.
    """

    directory: Path
    name: str = ""
    database_url: str = ""
    broker: LinkSettings | None = None
    page_host: str = "127.0.0.1"
    page_port: int = 8080
    silent_after_s: float = 180.0
    low_battery: float = 0.2
    refresh_s: float = 10.0
    reconnect_min_s: float = 0.5
    reconnect_max_s: float = 15.0
    shard: str = ""
    lease_s: float = LEASE_S
    renews_by_itself: bool = False
    upstream: Path | None = None
    keeping: Keeping = field(default_factory=Keeping)

    def __post_init__(self) -> None:
        try:
            loopback = self.page_host == "localhost" or ipaddress.ip_address(self.page_host).is_loopback
        except ValueError:
            loopback = False
        if not loopback:
            raise OfficeError(
                f"page_host {self.page_host!r} is not a loopback address: the page shows names and speaks plain HTTP; "
                "put a proxy with TLS before it"
            )
        if not 0 <= self.page_port <= 65_535:
            raise OfficeError(f"page_port {self.page_port} is not a TCP port (0 to 65535)")

    @property
    def layout(self) -> OfficeLayout:
        """The office's folders."""
        return OfficeLayout(self.directory)

    @property
    def database(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.layout.database.absolute()}"

    def link(self, registry: Registry) -> LinkSettings:
        """How the collector reaches the broker."""
        if self.broker is not None:
            return self.broker
        folder = self.layout.shard(self.shard)
        return LinkSettings(
            identity=collector_name(self.shard),
            broker_host=registry.broker_host,
            broker_port=registry.broker_port,
            authority_file=folder / "server-ca.pem",
            certificate_file=folder / "tls.pem",
            key_file=folder / "tls.key",
            keepalive_s=60,
            reconnect_min_s=self.reconnect_min_s,
            reconnect_max_s=self.reconnect_max_s,
        )
