"""The day sheet: every enrolment received on one day in Viet Nam, for printing and as CSV (RFC 4180).

Personal data: whoever asks for it is kept in the audit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase, find_enrolments
from kiosk.office.records import StoredEnrolment
from kiosk.office.view import enrolment_row
from kiosk.office.wording import LOCAL, Words

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


def day_csv(enrolments: Sequence[StoredEnrolment], words: Words, now: datetime) -> bytes:
    """The sheet as CSV in UTF-8 with its mark, as spreadsheet programs want it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(words(f"enrolments.{key}") for key in ("number", "who", "where", "kiosk", "when", "exceptions"))
    for stored in enrolments:
        row = enrolment_row(stored, words, now)
        when = f"{stored.received_at.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"
        writer.writerow(
            [
                row.number,
                *(_harmless(text) for text in (row.name, row.unit, row.kiosk)),
                when,
                "; ".join(row.exceptions),
            ]
        )
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def _harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
