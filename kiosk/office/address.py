"""Under which name kiosks reach the broker: told once, at an office's first init, and kept from then on.

Every bundle carries it and the broker's certificate proves it: a kiosk that was given one name knows no other.
"""

from __future__ import annotations

import ipaddress

from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed_registry
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import Registry

LOOPBACK = ("localhost", "127.0.0.1")
DEFAULT_PORT = 8883  # secure-mqtt, IANA


def settle_address(known: Registry | None, host: str | None, port: int | None) -> tuple[str, int]:
    """The broker's host and port: those of the registry, or at the first init the wanted ones.

    Raises:
        ProvisioningError: another address than the one that kiosks were given.
    """
    if known is None or _heals(known, host):
        return host or LOOPBACK[0], port or (known.broker_port if known else DEFAULT_PORT)
    other_host = host is not None and host.casefold() != known.broker_host.casefold()
    if other_host or port not in (None, known.broker_port):
        raise ProvisioningError(
            f"this office's broker is {known.broker_host}:{known.broker_port}; "
            "the kiosks registered so far know no other name"
        )
    return known.broker_host, known.broker_port


def check_field_host(layout: OfficeLayout, host: str | None, *, demo: bool) -> None:
    """Refuse an office in the field whose kiosks would look for the broker on themselves. A demo may.

    Raises:
        ProvisioningError: no name is known, or one that means each computer itself.
    """
    if demo:
        return
    if host is None and (layout.master_registry.exists() or layout.registry.exists()):
        host = governed_registry(layout).broker_host
    if host is None:
        raise ProvisioningError("tell by --broker-host under which name or address kiosks reach this office's broker")
    if is_loopback(host):
        raise ProvisioningError(
            f"{host!r} means each computer itself, no kiosk would find the broker there: "
            "give --broker-host the name or address under which kiosks reach it"
        )


def is_loopback(host: str) -> bool:
    """Whether ``host`` is a name or address by which a computer reaches itself alone."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.casefold().rstrip(".")
        return name == "localhost" or name.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _heals(known: Registry, host: str | None) -> bool:
    # An office in the field that was once registered under this computer's own name: no kiosk can be using that.
    return host is not None and not known.demo and is_loopback(known.broker_host) and not is_loopback(host)
