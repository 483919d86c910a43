"""One collector after another: waits for the duty, collects while it lasts, and waits again when it is lost."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from cryptography.x509.oid import NameOID
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.authority import load_certificate
from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.duty import DutyLost, duty_of
from kiosk.office.errors import OfficeError
from kiosk.office.levelling import Levelling, NotLevel
from kiosk.office.registry import CurrentRegistry
from kiosk.office.settings import OfficeSettings
from kiosk.office.shards import collector_name, filters_of
from kiosk.office.tallies import mend_tallies
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.uplink.link import LinkState
from kiosk.uplink.process import Stop

_log = logging.getLogger(__name__)

LOOK_S = 1.0
REFUSED_S = 5.0


class Collecting:
    """The collector's part of `kiosk office serve`. `run` belongs to one thread; the rest may be asked from any."""

    def __init__(self, settings: OfficeSettings, changes: Changes, *, now: Callable[[], datetime]) -> None:
        """Check what can be checked before anybody waits.

        Raises:
            OfficeError: keys, certificate or registry cannot be used, or there is no such shard.
        """
        self._settings = settings
        self._changes = changes
        self._now = now
        self._registry = CurrentRegistry(settings.layout.registry)
        self._duty = duty_of(settings.database, settings.shard, lease_s=settings.lease_s)
        self._collector: Collector | None = None
        self._refused = False
        self._look_due_s = 0.0
        self._filters = filters_of(self._registry(), settings.shard)
        check_identity(settings)
        try:
            SigningKey.load(settings.layout.collector / "receipt.key")
            OpeningKey.load(settings.layout.collector / "summary.key")
        except SealingError as error:
            raise OfficeError(str(error)) from error
        self.levelling = Levelling(settings.layout, now=now)
        """This computer's copies of what root has published; a collector works by the newest alone."""
        self._duty.reserve()

    def close(self) -> None:
        """Let another one collect."""
        self._duty.end()

    @property
    def on_duty(self) -> bool:
        """Whether this process is the one that collects for its shard."""
        return self._collector is not None

    @property
    def online(self) -> bool:
        """Whether this process's collector is connected to its broker."""
        collector = self._collector
        return collector is not None and collector.link_state is LinkState.ONLINE

    def run(self, stop: Stop, *, heartbeat: Callable[[], None] = lambda: None) -> None:
        """Collect whenever the duty can be had, until ``stop`` is set. Raises OfficeError."""
        said = False
        try:
            while not stop.is_set():
                if not said:
                    _log.info("%s waits for its duty", collector_name(self._settings.shard))
                database = self._duty.take(stop, heartbeat)
                said = True
                if database is None:
                    return
                said = self._collect(database, stop, heartbeat)
        finally:
            self._duty.end()

    def _collect(self, database: OfficeDatabase, stop: Stop, heartbeat: Callable[[], None]) -> bool:
        """Collect until the duty is lost; whether the end has been said already."""
        name = collector_name(self._settings.shard)
        try:
            self.levelling.level(database)
            mend_tallies(database, heartbeat)
            collector = Collector(self._settings, database, self._changes, now=self._now)
        except NotLevel:
            self._refuse(database, stop)
            return True
        except SealingError as error:
            raise OfficeError(str(error)) from error
        except SQLAlchemyError as error:
            _log.error("%s cannot begin: the office database fails: %s", name, type(error).__name__)
            self._duty.end()
            stop.wait(LOOK_S)
            return True
        self._filters = filters_of(self._registry(), self._settings.shard)
        self._collector = collector
        self._refused = False
        self._changes.ring()
        _log.info("%s collects", name)
        try:
            collector.run(stop, heartbeat=heartbeat, go_on=lambda: self._goes_on(database))
        except NotLevel:
            self._refuse(database, stop)
        except DutyLost as error:
            _log.error("%s collects no more: %s", name, error)
        finally:
            self._collector = None
            self._changes.ring()
        return False

    def _refuse(self, database: OfficeDatabase, stop: Stop) -> None:
        """By what is old here a kiosk could be taken in that is revoked: another computer may collect, or nobody."""
        if not self._refused:  # why, the copies have said
            _log.error("%s does not collect here", collector_name(self._settings.shard))
        self._refused = True
        self._duty.end()
        database.close()
        stop.wait(REFUSED_S)

    def _goes_on(self, database: OfficeDatabase) -> bool:
        """Whether the collector that runs is the right one still. Raises DutyLost, and NotLevel."""
        self._duty.check()
        now_s = time.monotonic()
        if now_s < self._look_due_s:
            return True
        self._look_due_s = now_s + LOOK_S
        with suppress(SQLAlchemyError):  # of which the duty itself hears
            self.levelling.level(database)
        # `kiosk office init` gave this shard other communes: a new collector asks for these.
        return filters_of(self._registry(), self._settings.shard) == self._filters


def check_identity(settings: OfficeSettings) -> None:
    """Refuse a certificate that is another collector's: the broker goes by it, and would take this one for that.

    Raises:
        OfficeError: it is not this collector's, or cannot be read.
    """
    link = settings.link(CurrentRegistry(settings.layout.registry)())
    names = load_certificate(link.certificate_file).subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    found = str(names[0].value) if names else ""
    name = collector_name(settings.shard)
    if (found, link.identity) != (name, name):
        folder = settings.layout.shard(settings.shard)
        raise OfficeError(
            f"{link.certificate_file} is the certificate of {found!r}, and this is {name!r}: set certificate "
            f"and key under [broker] in office.toml to those in {folder}"
        )
