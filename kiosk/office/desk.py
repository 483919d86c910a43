"""What a person does by command with what waits for one: approve a package that was kept apart, see to an alarm.

Works beside a running collector: the database has its own order.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime

from kiosk.office.apart import numbered_alarms, remove_alarm
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.intake import Intake, Outcome
from kiosk.office.records import Alarm
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.suites import OpeningKey


def approve_package(
    settings: OfficeSettings, package_id: str, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Outcome:
    """Take a package in that was kept apart, through every check that a new one passes.

    Raises:
        OfficeError: none of this id is kept apart, it is refused still, or the office is not initialised.
        SealingError: one of the office's key files is damaged or open to others.
    """
    registry = load_registry(settings.layout.registry)
    folder = settings.layout.collector
    with closing(OfficeDatabase.open(settings.database)) as database:
        intake = Intake(
            database,
            registry=lambda: registry,
            summary_key=OpeningKey.load(folder / "summary.key"),
            receipt_key=SigningKey.load(folder / "receipt.key"),
            now=now,
        )
        return intake.approve(package_id)


def list_alarms(settings: OfficeSettings) -> dict[int, Alarm]:
    """Every alarm by its number. Raises OfficeError."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        return numbered_alarms(connection)


def end_alarm(settings: OfficeSettings, n: int) -> None:
    """Take alarm `n` off the page. Raises OfficeError, also when there is none of this number."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        if not remove_alarm(connection, n):
            raise OfficeError(f"there is no alarm {n}; `kiosk office alarms` lists them")
