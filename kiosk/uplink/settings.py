"""The uplink's settings: frozen, checked once, composed by the program's entry."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from kiosk.uplink.errors import UplinkSettingsError


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How one MQTT client reaches the broker: TLS 1.3, both sides with a certificate.

    ``identity`` is the certificate's common name, user name and client id in one.
    """

    identity: str
    broker_host: str
    broker_port: int
    authority_file: Path
    certificate_file: Path
    key_file: Path
    keepalive_s: int = 120
    session_expiry_s: int = 7 * 86_400
    receive_maximum: int = 20
    reconnect_min_s: float = 1.0
    reconnect_max_s: float = 60.0
    connect_timeout_s: float = 10.0

    def __post_init__(self) -> None:
        if not 1 <= self.broker_port <= 65_535:
            raise UplinkSettingsError(f"broker_port {self.broker_port} is not a TCP port (1 to 65535)")
        if not 5 <= self.keepalive_s <= 300:
            raise UplinkSettingsError(f"keepalive_s {self.keepalive_s} is not between 5 and 300")
        if not 0 < self.reconnect_min_s <= self.reconnect_max_s:
            raise UplinkSettingsError("reconnect_min_s must be above 0 and not above reconnect_max_s")


@dataclass(frozen=True, slots=True)
class UplinkSettings:
    """Everything the uplink process needs. ``outbox`` and ``inbox`` are the two files: read only, and its own.

    ``identity`` is the folder for certificates that were renewed over the network; None: none are.
    """

    province: str
    commune: str
    kiosk: str
    link: LinkSettings
    outbox: Path
    inbox: Path
    identity: Path | None = None
    sw: str = "0"
    poll_s: float = 0.05
    window: int = 8
    answer_timeout_s: float = 15.0
    backoff_min_s: float = 1.0
    backoff_max_s: float = 300.0
    will_delay_s: int = 60
    telemetry_expiry_s: int = 600
    slow_chunk_s: float = 4.0

    def __post_init__(self) -> None:
        if self.kiosk != self.link.identity:
            raise UplinkSettingsError(
                f"kiosk {self.kiosk!r} is not the name in its certificate, {self.link.identity!r}"
            )
        if not 1 <= self.window <= 16:
            raise UplinkSettingsError(f"window {self.window} is not between 1 and 16 chunks")
        if not 0 < self.backoff_min_s <= self.backoff_max_s:
            raise UplinkSettingsError("backoff_min_s must be above 0 and not above backoff_max_s")
