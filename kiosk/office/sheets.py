"""The day sheet to take away: as CSV (RFC 4180) and as a spreadsheet; as paper it is in `kiosk.office.paper`.

Personal data: whoever asks for it is kept in the audit.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from kiosk.office.records import StoredEnrolment
from kiosk.office.view import enrolment_row
from kiosk.office.wording import LOCAL, Words

#: What spreadsheet programs take for the beginning of a formula (OWASP, CSV injection), full-width forms too.
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
_COLUMNS: Final = ("number", "who", "where", "kiosk", "when", "exceptions")
_WIDTHS: Final = (10, 28, 36, 18, 18, 40)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One enrolment; ``when`` in Viet Nam, without a zone, as a spreadsheet has it."""

    number: int
    who: str
    where: str
    kiosk: str
    when: datetime
    exceptions: str


@dataclass(frozen=True, slots=True)
class DaySheet:
    """Everything of one day. ``kiosks``: of each how many, and how many of these with exceptions."""

    office: str
    day: date
    rows: tuple[SheetRow, ...]
    with_exceptions: int
    kiosks: tuple[tuple[str, int, int], ...]


def day_sheet(office: str, day: date, enrolments: Sequence[StoredEnrolment], words: Words, now: datetime) -> DaySheet:
    """Put the enrolments of a day together."""
    rows: list[SheetRow] = []
    kiosks: dict[str, tuple[int, int]] = {}
    for stored in enrolments:
        row = enrolment_row(stored, words, now)
        when = stored.received_at.astimezone(LOCAL).replace(tzinfo=None, microsecond=0)
        rows.append(SheetRow(row.number, row.name, row.unit, row.kiosk, when, "; ".join(row.exceptions)))
        count, excepted = kiosks.get(row.kiosk, (0, 0))
        kiosks[row.kiosk] = (count + 1, excepted + bool(row.exceptions))
    return DaySheet(
        office=office,
        day=day,
        rows=tuple(rows),
        with_exceptions=sum(bool(row.exceptions) for row in rows),
        kiosks=tuple((kiosk, *counts) for kiosk, counts in sorted(kiosks.items())),
    )


def titles(words: Words) -> tuple[str, ...]:
    """The names of the columns."""
    return tuple(words(f"enrolments.{key}") for key in _COLUMNS)


def as_csv(sheet: DaySheet, words: Words) -> bytes:
    """The sheet as CSV in UTF-8 with its mark, as spreadsheet programs want it."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(titles(words))
    for row in sheet.rows:
        texts = (harmless(text) for text in (row.who, row.where, row.kiosk))
        writer.writerow([row.number, *texts, f"{row.when:%Y-%m-%d %H:%M:%S}", harmless(row.exceptions)])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


def as_spreadsheet(sheet: DaySheet, words: Words) -> bytes:
    """The sheet as XLSX, ready to print: every text is a text, never a formula or a link."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, options) as book:
        title = words("day.title", day=f"{sheet.day:%d/%m/%Y}")
        book.set_properties({"title": title, "company": sheet.office})
        page = book.add_worksheet(f"{sheet.day:%Y-%m-%d}")
        head = book.add_format({"bold": True, "bg_color": "#EFEDE6", "border": 1, "border_color": "#DCD9D0"})
        plain = book.add_format({"text_wrap": True, "valign": "top"})
        time = book.add_format({"num_format": "dd/mm/yyyy hh:mm", "align": "left", "valign": "top"})
        for column, (text, width) in enumerate(zip(titles(words), _WIDTHS, strict=True)):
            page.set_column(column, column, width)
            page.write_string(0, column, text, head)
        for line, row in enumerate(sheet.rows, start=1):
            page.write_number(line, 0, row.number, plain)
            for column, text in ((1, row.who), (2, row.where), (3, row.kiosk), (5, row.exceptions)):
                page.write_string(line, column, text, plain)
            page.write_datetime(line, 4, row.when, time)
        page.freeze_panes(1, 0)
        page.autofilter(0, 0, max(1, len(sheet.rows)), len(_WIDTHS) - 1)
        page.set_landscape()
        page.set_paper(9)  # A4
        page.fit_to_pages(1, 0)
        page.repeat_rows(0)
        page.set_header(f"&L{_plain(sheet.office)}&C{_plain(title)}&R&P/&N")
    return out.getvalue()


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in _FORMULA else text


def _plain(text: str) -> str:
    """A text for a page's head, where an ampersand begins an order."""
    return text.replace("&", "&&")[:80]
