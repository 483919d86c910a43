"""What a person does by command: approve a package that was kept apart, see to an alarm, take in a stick.

Works beside a running collector: the database has its own order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from kiosk.custody.stick import Carried, Stick
from kiosk.office.apart import numbered_alarms, remove_alarm
from kiosk.office.auditing import Audit, by_hand, keep_entry
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.intake import ALARMING, Intake, Outcome
from kiosk.office.records import Alarm
from kiosk.office.registry import Registry, load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.errors import BadEncoding, BadSignature, WrongKey
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.sealing.package import verify
from kiosk.sealing.suites import OpeningKey


def approve_package(
    settings: OfficeSettings,
    package_id: str,
    *,
    by: str,
    despite_revocation: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Outcome:
    """Take a package in that was kept apart, through every check that a new one passes; ``by`` stands in the audit.

    ``despite_revocation``: also of a kiosk that is revoked, where its chain proves that it was sealed before.

    Raises:
        OfficeError: none of this id is kept apart, it is refused still, or the office is not initialised.
        SealingError: one of the office's key files is damaged or open to others.
    """
    with _open_intake(settings, now) as intake:
        with closing(OfficeDatabase.open(settings.database)) as database:
            Audit(database).note(
                by_hand("approved_revoked" if despite_revocation else "approved", package_id, by=by, at=now())
            )
        return intake.approve(package_id, despite_revocation=despite_revocation)


@dataclass(frozen=True, slots=True)
class TakenIn:
    """One package from a stick and what became of it; `code` says why it was refused, empty when it was not."""

    package: Carried
    number: int
    code: str
    new: bool


def take_in_stick(
    settings: OfficeSettings, stick: Stick, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[TakenIn]:
    """Take in every package on the stick, through every check that one from the network passes, and answer beside it.

    The folder says whose a package is, and anybody can name a folder: what that kiosk has not signed is neither kept
    here, where it would take the room for the kiosk's own refused packages, nor answered. It stays on the stick.

    Raises:
        OfficeError: the office is not initialised.
        SealingError: one of the office's key files is damaged or open to others.
        CustodyFault: the stick cannot be read or written; what was taken in before is.
    """
    registry = load_registry(settings.layout.registry)
    with _open_intake(settings, now) as intake:
        for package in stick.packages():
            data = stick.package(package)
            if code := _unsigned(registry, package.kiosk, data):
                _say_unsigned(settings, registry, package.kiosk, code, now())
                yield TakenIn(package, 0, code, new=False)
                continue
            sha256 = hashlib.sha256(data).digest()
            known = intake.known(package.kiosk, package.id, sha256)
            outcome = intake.accept(package.kiosk, package.id, data)
            receipt = known or outcome.receipt
            if receipt is not None:
                stick.answer(package, receipt)
            yield TakenIn(package, outcome.number, outcome.code, outcome.new)


def _unsigned(registry: Registry, kiosk: str, data: bytes) -> str:
    """Why these bytes are not this kiosk's own word; empty when they are."""
    entry = registry.kiosks.get(kiosk)
    if entry is None:
        return "unknown_kiosk"
    try:
        package = verify(data, VerifyingKey(entry.record_key))
    except BadEncoding:
        return "bad_encoding"
    except WrongKey:
        return "wrong_key"
    except BadSignature:
        return "bad_signature"
    return "" if package.header.kiosk == kiosk else "wrong_kiosk"


def _say_unsigned(settings: OfficeSettings, registry: Registry, kiosk: str, code: str, at: datetime) -> None:
    # One alarm of each kind and kiosk, however much of it is on a stick; of an unknown name none: names cost nothing.
    if kiosk in registry.kiosks:
        with closing(OfficeDatabase.open(settings.database)) as database:
            database.raise_alarm(kiosk, code if code in ALARMING else "package_refused", "stick", at=at)


@contextmanager
def _open_intake(settings: OfficeSettings, now: Callable[[], datetime]) -> Iterator[Intake]:
    registry = load_registry(settings.layout.registry)
    folder = settings.layout.collector
    with closing(OfficeDatabase.open(settings.database)) as database:
        yield Intake(
            database,
            registry=lambda: registry,
            summary_key=OpeningKey.load(folder / "summary.key"),
            receipt_key=SigningKey.load(folder / "receipt.key"),
            now=now,
            forwards=settings.upstream is not None,
        )


def list_alarms(settings: OfficeSettings) -> dict[int, Alarm]:
    """Every alarm by its number. Raises OfficeError."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        return numbered_alarms(connection)


def end_alarm(settings: OfficeSettings, n: int, *, by: str, at: datetime) -> None:
    """Take alarm `n` off the page; ``by`` stands in the audit. Raises OfficeError, also when there is none."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        alarm = numbered_alarms(connection).get(n)
        if alarm is None or not remove_alarm(connection, n):
            raise OfficeError(f"there is no alarm {n}; `kiosk office alarms` lists them")
        keep_entry(connection, by_hand("alarm_off", f"{alarm.kiosk} {alarm.code}", by=by, at=at))
