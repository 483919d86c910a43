"""`kiosk office export`: enrolments as they are, sealed, into a file for the workstation where they are opened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing, nullcontext
from datetime import datetime
from pathlib import Path

from kiosk.office.auditing import Audit, by_hand
from kiosk.office.carried import pack, write_out
from kiosk.office.database import OfficeDatabase
from kiosk.office.governing import governed_registry
from kiosk.office.holdings import Acting, OfficeHoldings
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import SigningKey


def export(
    settings: OfficeSettings,
    file: Path,
    wanted: Sequence[str],
    *,
    by: str,
    at: datetime,
    acting: Acting = nullcontext,
) -> list[str]:
    """Write the file; the ids of what is in it. Each is in the audit before the file is there.

    ``acting``: as whom the database is asked, where that is somebody else than who writes the file.

    Raises:
        OpeningError: one of them is not here, or the file cannot be written.
        OfficeError: the office is not initialised, or its database cannot be used.
        SealingError: the receipt key is damaged or open to others.
    """
    registry = governed_registry(settings.layout)
    key = SigningKey.load(settings.layout.collector / "receipt.key")
    with acting(), closing(OfficeDatabase.open(settings.database)) as database:
        data, taken = pack(OfficeHoldings(database, registry), wanted, key, at=at)
        audit = Audit(database)
        for package_id in taken:
            audit.note(by_hand("exported", package_id, by=by, at=at))
    write_out(file, data)
    return taken
