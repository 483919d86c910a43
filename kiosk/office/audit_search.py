"""Which entries of the audit somebody looks for: by who, what, about what, and when. Reads tables, changes nothing.

"About" a receipt is also what showed it among others: a list of receipts, the sheet of its day, its package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import BigInteger, ColumnElement, Connection, and_, case, cast, func, or_, select

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.auditing import AuditEntry
from kiosk.office.database import OfficeDatabase
from kiosk.office.wording import LOCAL

PAGE: Final = 50
AT_ONCE: Final = 1000
CHARACTERS: Final = 64
_LARGEST: Final = (1 << 63) - 1
_ONE: Final = ("saw_one", "reviewed")
_LIST: Final = "saw_list"
_DAY: Final = ("saw_day", "took_csv", "took_xlsx", "took_pdf")


@dataclass(frozen=True, slots=True)
class AuditLook:
    """What is looked for; empty is everything. ``who`` and ``about`` are parts of the name and the subject.

    ``about`` in digits alone is a receipt number. ``first`` and ``last`` are days in Viet Nam, both included;
    ``before``: only entries with a lower number, from where the page before ended.
    """

    who: str = ""
    did: str = ""
    about: str = ""
    first: date | None = None
    last: date | None = None
    before: int | None = None

    @property
    def query(self) -> dict[str, str]:
        """The same as fields of a query string, without ``before``."""
        days = {"first": self.first, "last": self.last}
        wishes = {"who": self.who, "did": self.did, "about": self.about}
        wishes |= {name: day.isoformat() for name, day in days.items() if day is not None}
        return {name: value for name, value in wishes.items() if value}

    @property
    def summary(self) -> str:
        """What the audit says of this look itself."""
        return ", ".join(f"{name}={value}" for name, value in self.query.items())


def audit_look(query: Mapping[str, str]) -> AuditLook:
    """What a query string asks for; what makes no sense is as if it were not there."""
    before = query.get("before", "")
    return AuditLook(
        who=query.get("who", "").strip()[:CHARACTERS],
        did=query.get("did", "")[:CHARACTERS],
        about=query.get("about", "").strip()[:CHARACTERS],
        first=_day(query.get("first", "")),
        last=_day(query.get("last", "")),
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    )


def audit_page(database: OfficeDatabase, look: AuditLook) -> tuple[list[AuditEntry], int | None]:
    """The newest `PAGE` entries that are looked for, and before which number it goes on; None where that is all.

    Raises sqlalchemy's errors.
    """
    with database.reading() as connection:
        found = _found(connection, look, look.before, PAGE + 1)
    page = found[:PAGE]
    return [entry for _, entry in page], page[-1][0] if len(found) > PAGE else None


def all_found(database: OfficeDatabase, look: AuditLook) -> Iterator[list[AuditEntry]]:
    """Every entry that is looked for, newest first, some at once. Raises sqlalchemy's errors."""
    before = look.before
    while True:
        with database.reading() as connection:
            found = _found(connection, look, before, AT_ONCE)
        if found:
            yield [entry for _, entry in found]
        if len(found) < AT_ONCE:
            return
        before = found[-1][0]


def _found(connection: Connection, look: AuditLook, before: int | None, most: int) -> list[tuple[int, AuditEntry]]:
    table = tables.audit.c
    conditions: list[ColumnElement[bool]] = []
    if look.who:
        conditions.append(func.lower(table.who).contains(look.who.lower(), autoescape=True))
    if look.did:
        conditions.append(table.did == look.did)
    if look.about:
        conditions.append(_about(connection, look.about))
    if look.first is not None:
        conditions.append(table.at >= _midnight(look.first))
    if look.last is not None and look.last < date.max:
        conditions.append(table.at < _midnight(look.last + timedelta(days=1)))
    if before is not None:
        conditions.append(table.n < before)
    rows = connection.execute(select(tables.audit).where(*conditions).order_by(table.n.desc()).limit(most))
    return [(row.n, AuditEntry(from_text(row.at), row.who, row.address, row.did, row.subject)) for row in rows]


def _about(connection: Connection, about: str) -> ColumnElement[bool]:
    table = tables.audit.c
    within = func.lower(table.subject).contains(about.lower(), autoescape=True)
    if not (about.isascii() and about.isdigit()) or int(about) > _LARGEST:
        return within
    number = int(about)
    ways = [and_(table.did.in_(_ONE), table.subject == str(number)), _in_list(connection, number)]
    enrolment = tables.enrolment.c
    row = connection.execute(select(enrolment.id, enrolment.received_at).where(enrolment.number == number)).first()
    if row is not None:
        day = from_text(row.received_at).astimezone(LOCAL).date()
        ways += [and_(table.did.in_(_DAY), table.subject == day.isoformat()), table.subject.startswith(row.id)]
    return or_(*ways)


def _in_list(connection: Connection, number: int) -> ColumnElement[bool]:
    """Whether the receipt lies between the lowest and the highest that a list showed ("3-102")."""
    table = tables.audit.c
    if connection.dialect.name == "postgresql":
        first, last = func.split_part(table.subject, "-", 1), func.split_part(table.subject, "-", 2)
    else:
        dash = func.instr(table.subject, "-")
        first, last = func.substr(table.subject, 1, dash - 1), func.substr(table.subject, dash + 1)
    # Only where it is a list: a server would fail over anything that is no number, in whatever order it looks.
    is_list = and_(table.did == _LIST, table.subject.regexp_match("^[0-9]{1,18}-[0-9]{1,18}$"))
    low = case((is_list, cast(first, BigInteger)), else_=None)
    high = case((is_list, cast(last, BigInteger)), else_=None)
    return and_(low <= number, high >= number)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _midnight(day: date) -> str:
    try:
        return to_text(datetime(day.year, day.month, day.day, tzinfo=LOCAL))
    except OverflowError:
        return ""
