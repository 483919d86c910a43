"""The day sheet: every enrolment received on one day in Viet Nam.

Personal data: whoever asks for it is kept in the audit.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase, find_enrolments
from kiosk.office.records import StoredEnrolment
from kiosk.office.wording import LOCAL

# One office's best day is far below; a page that holds more is not printed by anybody.
MOST: Final = 5000


def day_of(text: str, now: datetime) -> date:
    """The day that is asked for as YYYY-MM-DD; today in Viet Nam for everything else."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else now.astimezone(LOCAL).date()
    except ValueError:
        return now.astimezone(LOCAL).date()


def received_on(database: OfficeDatabase, day: date) -> list[StoredEnrolment]:
    """What was received on this day in Viet Nam, in order; at most `MOST`. Raises sqlalchemy's errors."""
    received_at = tables.enrolment.c.received_at
    try:
        begin = datetime(day.year, day.month, day.day, tzinfo=LOCAL)
        first, last = to_text(begin), to_text(begin + timedelta(days=1))
    except OverflowError:
        return []
    with database.reading() as connection:
        found = find_enrolments(connection, received_at >= first, received_at < last, limit=MOST)
    return found[::-1]
