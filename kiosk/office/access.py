"""The broker's access list: who may say and hear what, each kiosk in its own place of the tree alone.

A kiosk's own id opens nothing in another commune or province: who stole its key could else speak to that commune's
collector, or fill the broker's memory there. So the list names every kiosk, follows from the registry, and is written
anew by each of root's commands that changes it; the broker must then read it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from kiosk.office.errors import ProvisioningError
from kiosk.office.guarded import entered
from kiosk.office.keyfile import PUBLIC_MODE
from kiosk.office.layout import OfficeLayout
from kiosk.office.ownership import BROKER_MODES
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.shards import collector_name
from kiosk.wire.topics import EVERYONE, ROOT

TEMPLATES: Final = Path(__file__).resolve().parents[2] / "config" / "mosquitto"
LIST: Final = "acl"
SAYS: Final = ("birth", "state", "alert/+", "tele/+", "enrol", "rsp/+", "renew", "want")
#: An office that passes packages on says whose they are.
OFFICE_SAYS: Final = ("vouch/+",)
HEARS: Final = ("ack", "cert", "cmd/+", "roster", "desired")
#: What a shard's collector says to all kiosks at once.
TO_ALL: Final = ("learnt", "beat", "keys")


def access_list(template: str, registry: Registry) -> str:
    """The list: the template, each shard's collector with its own communes, and each kiosk with its own topics.

    A revoked kiosk may say nothing; its collector may, to take back what the broker has retained of it.
    """
    lines = [template.rstrip("\n"), *_all_revoked(registry)]
    for shard, communes in registry.shards.items():
        lines += ["", f"user {collector_name(shard)}"]
        for commune in communes:
            own = f"{ROOT}/{registry.province}/{commune}"
            lines += [f"topic read {own}/#", *(f"topic write {own}/+/{word}" for word in HEARS)]
        lines += [f"topic write {ROOT}/{registry.province}/{EVERYONE}/{EVERYONE}/{word}" for word in TO_ALL]
        lines += [f"topic write {_own(one)}/#" for one in _revoked(registry) if one.commune in communes]
    for entry in registry.kiosks.values():
        if entry.revoked_at is None:
            lines += _of_kiosk(entry)
    return "\n".join(lines) + "\n"


def publish_access(layout: OfficeLayout, registry: Registry, templates: Path = TEMPLATES) -> bool:
    """Write the list into the broker's folder where it is another one; whether it was.

    Raises:
        ProvisioningError: it cannot be written, or the template is missing.
    """
    try:
        wanted = access_list(read_template(templates), registry).encode()
    except OSError as error:
        raise ProvisioningError(
            f"{error.filename} cannot be read: install config/mosquitto/ beside the program"
        ) from error
    with entered(layout.broker) as folder:
        if folder.read(LIST) == wanted:
            return False
        folder.replace(LIST, wanted, mode=BROKER_MODES.get(LIST, PUBLIC_MODE))
    return True


def read_template(folder: Path) -> str:
    """The part of the list that is the same for every office. Raises OSError."""
    return (folder / "acl.in").read_text("utf-8")


def _all_revoked(registry: Registry) -> Iterator[str]:
    """For the collector that hears everything; these lines go on with what the template says of it."""
    yield "user collector"
    for entry in _revoked(registry):
        yield f"topic write {_own(entry)}/#"


def _revoked(registry: Registry) -> list[KioskEntry]:
    return [entry for entry in registry.kiosks.values() if entry.revoked_at is not None]


def _of_kiosk(entry: KioskEntry) -> list[str]:
    own = _own(entry)
    says = (*SAYS, *OFFICE_SAYS) if entry.office else SAYS
    said = [f"topic write {own}/{word}" for word in says]
    return ["", f"user {entry.kiosk}", *said, *(f"topic read {own}/{word}" for word in HEARS)]


def _own(entry: KioskEntry) -> str:
    return f"{ROOT}/{entry.province}/{entry.commune}/{entry.kiosk}"
