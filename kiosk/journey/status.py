"""How the kiosk itself is, for the officer's strip on screens where nobody is being served."""

from dataclasses import dataclass

from kiosk.words.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Status:
    """Battery in percent and mains (None: not known), packages that only this kiosk has, and the link to the office.

    `link` is empty before the uplink has said anything, "online", or the uplink's word for why not. `faults` are keys
    of texts about devices without which the kiosk still works. `battery_low` says that the charger is needed now.
    """

    battery_percent: int | None = None
    on_mains: bool | None = None
    waiting: int = 0
    link: str = ""
    faults: tuple[str, ...] = ()
    battery_low: bool = False


#: What only an officer with the office's help can mend.
_CERTIFICATE = frozenset({"office_not_trusted", "kiosk_not_accepted", "not_authorized", "bad_credentials"})


def officer_strip(status: Status, catalogue: Catalogue) -> str:
    """Write the strip: what needs a hand first, then power, link and outbox."""
    parts = [catalogue.text(key) for key in status.faults]
    if status.link in _CERTIFICATE:
        parts.append(catalogue.text("trouble.certificate"))
    elif status.link:
        parts.append(catalogue.text("strip.online" if status.link == "online" else "strip.offline"))
    if status.waiting:
        parts.append(catalogue.text("strip.outbox", count=status.waiting))
    else:
        parts.append(catalogue.text("strip.outbox_empty"))
    if status.battery_low:
        parts.insert(0, catalogue.text("trouble.power", percent=status.battery_percent or 0))
    elif status.battery_percent is not None:
        key = "strip.charging" if status.on_mains else "strip.battery"
        parts.append(catalogue.text(key, percent=status.battery_percent))
    return " · ".join(parts)
