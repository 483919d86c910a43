"""Where an enrolment's package is looked up to be opened; here in the office's database, elsewhere in a carried file.

Gives the keys by which a package's signature is to be checked: that of a kiosk in the registry, and that for which an
office below has vouched.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Final, Protocol

from kiosk.office.database import OfficeDatabase
from kiosk.office.records import Held
from kiosk.office.registry import Registry
from kiosk.office.vouching import ever_taken

# Be somebody else within the block.
Acting = Callable[[], AbstractContextManager[None]]

NUMBER_DIGITS: Final = 18  # what a database's 64-bit number holds for certain


class Holdings(Protocol):
    """Packages that can be opened, whole as they came."""

    def find(self, wanted: str) -> tuple[Held, bytes] | None:
        """The package of this id, in any case, or of this receipt number."""
        ...

    def later(self, package_id: str) -> list[str]:
        """The package ids of the later visits that supplement this one, oldest first."""
        ...

    def record_keys(self, kiosk: str) -> list[bytes]:
        """By which keys this kiosk's packages are signed, raw; none: it is not known here."""
        ...


class OfficeHoldings:
    """What the office's database holds. Methods raise sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase, registry: Registry, *, acting: Acting = nullcontext) -> None:
        """``acting``: as whom the database is asked, where that is somebody else than who opens."""
        self._database = database
        self._registry = registry
        self._acting = acting

    def find(self, wanted: str) -> tuple[Held, bytes] | None:
        """The package of this id, in any case, or of the receipt number that the page shows."""
        number = wanted.isascii() and wanted.isdigit() and len(wanted) <= NUMBER_DIGITS
        with self._acting():
            package_id = (self._database.numbered(int(wanted)) if number else None) or wanted.lower()
            found = self._database.package(package_id)
        if found is None:
            return None
        stored, data = found
        return Held(stored.number, stored.id, stored.kiosk, stored.received_at, stored.simulated), data

    def later(self, package_id: str) -> list[str]:
        """The package ids of the later visits that supplement this one, oldest first."""
        with self._acting():
            return self._database.supplements_of(package_id)

    def record_keys(self, kiosk: str) -> list[bytes]:
        """The registered kiosk's, and those of a kiosk whose packages an office below passes on, or did."""
        entry = self._registry.kiosks.get(kiosk)
        with self._acting(), self._database.reading() as connection:
            vouched = ever_taken(connection, kiosk)
        return [*([entry.record_key] if entry is not None else []), *vouched]
