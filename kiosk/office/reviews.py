"""Enrolments with exceptions, which somebody has to look at once: which are left, who looked when. Owns its table.

An exception is a slot of the capture plan that was left empty with a reason (Circular 60/2021/TT-BCA, article 5: the
state of each print that cannot be had is described).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.auditing import AuditEntry, keep_entry
from kiosk.office.database import OfficeDatabase, find_enrolments
from kiosk.office.records import StoredEnrolment

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Review:
    """Who looked at an enrolment's exceptions, and when."""

    by: str
    at: datetime


class Reviews:
    """The table of reviews. May be used from several threads. Methods raise sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase) -> None:
        self._database = database

    def left(self) -> list[StoredEnrolment]:
        """The newest enrolments with exceptions that nobody has looked at, newest first; at most `AT_ONCE`."""
        table = tables.enrolment
        reviewed = table.c.number.in_(select(tables.review.c.number))
        with self._database.reading() as connection:
            return find_enrolments(connection, table.c.excepted, ~reviewed, limit=AT_ONCE)

    def find(self, number: int) -> Review | None:
        """The review of this receipt number."""
        table = tables.review
        with self._database.reading() as connection:
            row = connection.execute(select(table).where(table.c.number == number)).first()
        return None if row is None else Review(row.by, from_text(row.at))

    def done(self) -> int:
        """How many were looked at."""
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(tables.review)) or 0)

    def mark(self, number: int, entry: AuditEntry) -> bool:
        """Keep that somebody looked, with its entry in the audit; False when somebody had before, whose name stays."""
        try:
            with self._database.transaction() as connection:
                row = {"number": number, "by": entry.who, "at": to_text(entry.at)}
                connection.execute(insert(tables.review).values(**row))
                keep_entry(connection, entry)
        except IntegrityError:
            return False
        return True
