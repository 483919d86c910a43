"""How the kiosk itself is, for the officer's strip on screens where nobody is being served."""

from dataclasses import dataclass
from typing import Final

from kiosk.words.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class Status:
    """Battery in percent and mains (None: not known), packages that only this kiosk has, and the link to the office.

    `link` is empty before the uplink has said anything, "online", or the uplink's word for why not. `faults` are keys
    of texts about devices without which the kiosk still works. `battery_low` says that the charger is needed now.
    `rejected` packages were refused by the office and wait for a human; `full_percent` is how full the outbox is;
    `clock_wrong` says that the wall clock cannot be right. `roster` is how many of how many people of today's list are
    done, None without a list that can be read. `paused` enrolments wait for another day, `overdue` of them for longer
    than the kiosk's term.
    """

    battery_percent: int | None = None
    on_mains: bool | None = None
    waiting: int = 0
    link: str = ""
    faults: tuple[str, ...] = ()
    battery_low: bool = False
    rejected: int = 0
    full_percent: int = 0
    clock_wrong: bool = False
    roster: tuple[int, int] | None = None
    paused: int = 0
    overdue: int = 0


#: From here on the officer is told how much room is left for enrolments.
FILLING_PERCENT: Final = 80
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
    if status.roster is not None:
        done, people = status.roster
        parts.append(catalogue.text("strip.roster", done=done, people=people))
    if status.paused:
        key = "strip.paused_overdue" if status.overdue else "strip.paused"
        parts.append(catalogue.text(key, count=status.paused, overdue=status.overdue))
    if status.full_percent >= FILLING_PERCENT:
        parts.append(catalogue.text("strip.disk", percent=100 - status.full_percent))
    if status.clock_wrong:
        parts.append(catalogue.text("strip.clock"))
    if status.rejected:
        parts.insert(0, catalogue.text("strip.rejected", count=status.rejected))
    if status.battery_low:
        parts.insert(0, catalogue.text("trouble.power", percent=status.battery_percent or 0))
    elif status.battery_percent is not None:
        key = "strip.charging" if status.on_mains else "strip.battery"
        parts.append(catalogue.text(key, percent=status.battery_percent))
    return " · ".join(parts)
