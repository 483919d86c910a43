"""Which kiosks offices below pass on, asked before one of the same id is registered here. Only looks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing

from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.settings import OfficeSettings
from kiosk.office.vouching import taken_from


def held_below(settings: OfficeSettings, kiosks: Iterable[str]) -> Mapping[str, str] | None:
    """Which office below has vouched for which of these kiosks; None when the database does not answer."""
    try:
        with closing(OfficeDatabase.open(settings.database)) as database, database.reading() as connection:
            found = {kiosk: taken_from(connection, kiosk) for kiosk in kiosks}
    except (OfficeError, SQLAlchemyError, OSError):
        return None
    return {kiosk: taken[0].office for kiosk, taken in found.items() if taken}
