"""Kiosks of offices below: which office has vouched for a kiosk, and by which key it signs. Owns its table.

The first word counts. A kiosk that two offices call theirs, or one with two keys, is an alarm and changes nothing:
kiosk ids are to be unique below an office that receives from others.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, select

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.registry import Registry
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.vouching import Vouch, verify_vouch

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Vouched:
    """The office below that passes a kiosk's packages on, and the kiosk's record key, raw."""

    office: str
    record_key: bytes


def find_vouched(connection: Connection, kiosk: str) -> Vouched | None:
    """Who vouched for this kiosk."""
    table = tables.vouched
    row = connection.execute(select(table.c.office, table.c.record_key).where(table.c.kiosk == kiosk)).first()
    return None if row is None else Vouched(row.office, bytes(row.record_key))


class Vouching:
    """Hears what offices below say of their kiosks. Used by the collector's thread."""

    def __init__(
        self, database: OfficeDatabase, *, registry: Callable[[], Registry], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._registry = registry
        self._now = now
        self._refused = 0

    def hear(self, office: str, kiosk: str, payload: bytes) -> bool:
        """Take in one word; True when it says something new. Raises sqlalchemy's errors."""
        entry = self._registry().kiosks.get(office)
        if not payload or entry is None or not entry.office or entry.revoked_at is not None:
            return False
        try:
            vouch = verify_vouch(payload, VerifyingKey(entry.record_key))
        except SealingError as error:
            self._say_refused(office, type(error).__name__)
            return False
        if (vouch.office, vouch.kiosk) != (office, kiosk):
            self._say_refused(office, "another office's or kiosk's")
            return False
        return self._keep(vouch)

    def _keep(self, vouch: Vouch) -> bool:
        with self._database.transaction() as connection:
            known = find_vouched(connection, vouch.kiosk)
            if known is None and vouch.kiosk not in self._registry().kiosks:
                row = {"kiosk": vouch.kiosk, "office": vouch.office, "record_key": vouch.record_key}
                connection.execute(insert(tables.vouched).values(**row, at=to_text(self._now())))
                new = True
            else:
                new = False
        if new:
            self._database.end_alarms(vouch.office, "not_vouched")
            _log.info("%s passes on the packages of %s", vouch.office, vouch.kiosk)
        elif known != Vouched(vouch.office, vouch.record_key):
            self._database.raise_alarm(vouch.kiosk, "kiosk_twice", vouch.office, at=self._now())
        return new

    def _say_refused(self, office: str, why: str) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the log
            _log.warning("what %s says of its kiosks is not believed: %s (%d so far)", office, why, self._refused)
