"""Before a kiosk is registered: whether an office below has one of this name already. Only looked at."""

import os
import select
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.cli.office import known_office
from kiosk.cli.standing import as_owner_of

if TYPE_CHECKING:
    from kiosk.office.layout import OfficeLayout
    from kiosk.office.settings import OfficeSettings

_WITHIN_S = 30.0


def refuse_below(layout: "OfficeLayout", kiosks: Iterable[str], settings: Path) -> None:
    """Refuse ids that an office below has vouched for; where the database cannot be asked, say so and go on.

    Raises ProvisioningError.
    """
    from kiosk.office.errors import ProvisioningError
    from kiosk.office.governing import governed_registry

    if not layout.master_registry.exists():
        return
    registry = governed_registry(layout)
    new = [kiosk for kiosk in kiosks if kiosk not in registry.kiosks]
    if not new or not any(entry.office for entry in registry.kiosks.values()):
        return
    known = _settings(layout, settings)
    if known is None:
        return
    found = _asked(known, new)
    if found is None:
        print(f"kiosk: the database does not answer whether an office below has {', '.join(new)}", file=sys.stderr)
        return
    for kiosk in found:
        office = found[kiosk] if found[kiosk] in registry.kiosks else "an office"
        raise ProvisioningError(
            f"{office} below passes on the packages of a kiosk {kiosk!r} already: ids are unique below an office that "
            "receives from others; choose another one"
        )


def _settings(layout: "OfficeLayout", file: Path) -> "OfficeSettings | None":
    from kiosk.office.settings import OfficeSettings

    if file.exists() and (known := known_office(file)).directory.resolve() == layout.root.resolve():
        return known
    return OfficeSettings(directory=layout.root) if layout.database.is_file() else None


def _asked(known: "OfficeSettings", kiosks: list[str]) -> Mapping[str, str] | None:
    """Which office has which of these; None without an answer. As the collector's user, whose database it is."""
    from kiosk.office import below  # before the child: it could not read what only root may

    folder = known.layout.collector
    if os.geteuid() != 0 or folder.stat().st_uid == 0:
        return below.held_below(known, kiosks)
    here, there = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            as_owner_of(folder)
            found = below.held_below(known, kiosks)
            if found is not None:
                os.write(there, "".join(f"{kiosk}\t{office}\n" for kiosk, office in found.items()).encode() + b".")
                code = 0
        finally:
            os._exit(code)
    os.close(there)
    found = _told(here, child)
    return None if found is None else {kiosk: office for kiosk, office in found.items() if kiosk in kiosks}


def _told(here: int, child: int) -> Mapping[str, str] | None:
    said, until_s = b"", time.monotonic() + _WITHIN_S
    with os.fdopen(here, "rb", buffering=0) as pipe:
        while (left_s := until_s - time.monotonic()) > 0 and select.select([pipe], [], [], left_s)[0]:
            part = pipe.read(65536)
            if not part:
                break
            said += part
        else:
            os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    if not said.endswith(b"."):
        return None
    lines = said[:-1].decode(errors="replace").splitlines()
    return {kiosk: office for kiosk, _, office in (line.partition("\t") for line in lines)}
