"""Who signed in, who looked at whose data, who opened or decided what: kept, and shown to administrators.

Names no citizen. A subject is a receipt number, a range of them, a package's id, an account's name, or a kiosk and an
office below.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase

NEWEST: Final = 200


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One thing that somebody did, on the page or by command. ``did`` is a key of the words' section ``did``."""

    at: datetime
    who: str
    address: str
    did: str
    subject: str


def by_hand(did: str, subject: str, *, by: str, at: datetime) -> AuditEntry:
    """What somebody did by command: ``by`` is their user on this computer, whose name stands as the address."""
    return AuditEntry(at, by, socket.gethostname(), did, subject)


def keep_entry(connection: Connection, entry: AuditEntry) -> None:
    """Keep an entry within the transaction that does what it says."""
    row = {
        "at": to_text(entry.at),
        "who": entry.who[:32],
        "address": entry.address[:64],
        "did": entry.did,
        "subject": entry.subject[:64],
    }
    connection.execute(insert(tables.audit).values(**row))


class Audit:
    """The page's audit. May be used from several threads. Methods raise sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase) -> None:
        self._database = database

    def note(self, entry: AuditEntry) -> None:
        """Keep an entry; nothing takes it off again."""
        with self._database.transaction() as connection:
            keep_entry(connection, entry)

    def newest(self) -> list[AuditEntry]:
        """The newest entries, newest first."""
        table = tables.audit
        with self._database.reading() as connection:
            rows = connection.execute(select(table).order_by(table.c.n.desc()).limit(NEWEST)).all()
        return [AuditEntry(from_text(row.at), row.who, row.address, row.did, row.subject) for row in rows]
