"""The audit looked through by who, what, which receipt or kiosk, and when; page by page, as CSV; itself audited."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, timedelta

import httpx
import pytest
from sqlalchemy.exc import OperationalError

from kiosk.office import audit_search, auditing
from kiosk.office.accounts import Role
from kiosk.office.audit_pages import csv_parts
from kiosk.office.audit_search import PAGE, AuditLook, all_found, audit_look, audit_page
from kiosk.office.auditing import Audit, AuditEntry
from kiosk.office.database import OfficeDatabase, insert_enrolment
from tests.office.test_desk_pages import enrolled, somebody
from tests.office.test_page import EN, NOW
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

ID = enrolled(1).id


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    with closing(OfficeDatabase.open(database_url)) as opened:
        yield opened


def note(database: OfficeDatabase, *entries: tuple[str, str, str], at: datetime = NOW) -> None:
    for who, did, subject in entries:
        Audit(database).note(AuditEntry(at, who, "127.0.0.1", did, subject))


def found(database: OfficeDatabase, **look: object) -> list[str]:
    return [entry.subject for entry in audit_page(database, AuditLook(**look))[0]]  # type: ignore[arg-type]


def test_who_saw_a_receipt_is_found_however_it_was_seen(database: OfficeDatabase) -> None:
    with database.transaction() as connection:
        number = insert_enrolment(connection, enrolled(1), received_at=NOW)
    assert number == 1
    # In Viet Nam the day of the receipt is the 24th.
    about = ["1", "1-25", "2026-11-24", f"{ID} 5b0c", ID]
    others = ["11", "2-25", "10-11", "2026-11-25", "kiosk-tk-01 bad_signature", "hoa", "-", "who=1"]
    dids = ["saw_one", "saw_list", "took_pdf", "opened", "exported"]
    note(database, *zip(["hoa"] * 5, dids, about, strict=True))
    note(
        database,
        *zip(
            ["binh"] * 8,
            ["saw_one", "saw_list", "saw_list", "saw_day", "alarm_off", "account_made", "saw_list", "saw_audit"],
            others,
            strict=True,
        ),
    )
    assert found(database, about="1") == about[::-1]
    assert found(database, about="12") == ["2-25", "1-25"]
    assert found(database, about="999999999999999999") == []
    assert found(database, about="9" * 40) == []
    assert found(database, about="KIOSK-tk") == ["kiosk-tk-01 bad_signature"]
    assert found(database, about="%") == []
    assert found(database, who="BIN", did="saw_list") == ["-", "10-11", "2-25"]


def test_days_are_those_of_viet_nam(database: OfficeDatabase) -> None:
    midnight = NOW.replace(hour=17, minute=0)
    for text, at in (
        ("23:59", midnight - timedelta(seconds=1)),
        ("0:00", midnight),
        ("later", midnight + timedelta(days=1)),
    ):
        note(database, ("hoa", "saw_one", text), at=at)
    assert found(database, first=date(2026, 11, 25), last=date(2026, 11, 25)) == ["0:00"]
    assert found(database, last=date(2026, 11, 24)) == ["23:59"]
    assert found(database, first=date(2026, 11, 26)) == ["later"]
    assert len(found(database, first=date.min, last=date.max)) == 3


def test_pages_lead_through_all_of_it_though_new_entries_come(
    database: OfficeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_search, "AT_ONCE", 7)
    every = [str(n) for n in range(2 * PAGE + 1)]
    note(database, *(("hoa", "saw_one", one) for one in every))
    seen: list[str] = []
    before: int | None = None
    for size in (PAGE, PAGE, 1):
        entries, before = audit_page(database, AuditLook(before=before))
        assert len(entries) == size
        seen += [entry.subject for entry in entries]
        note(database, ("binh", "saw_audit", ""))
    assert (seen, before) == (every[::-1], None)
    assert [entry.subject for part in all_found(database, AuditLook(who="hoa")) for entry in part] == every[::-1]


@pytest.mark.parametrize(
    "query", [{"first": "yesterday"}, {"first": "2026-02-30"}, {"before": "-1"}, {"before": "9" * 30}, {"before": "x"}]
)
def test_what_makes_no_sense_is_as_if_it_were_not_there(query: dict[str, str]) -> None:
    assert audit_look(query) == AuditLook()


def test_no_cell_of_the_file_is_a_formula() -> None:
    entry = AuditEntry(NOW, "=hoa", "127.0.0.1", "saw_one", '+1,"2"')
    (_, row) = csv.reader(io.StringIO(b"".join(csv_parts(iter([[entry]]), EN)).decode("utf-8-sig"), newline=""))
    assert row == ["2026-11-24 10:00:00+07:00", "'=hoa", "saw a receipt", "saw_one", '\'+1,"2"', "127.0.0.1"]


def test_looking_through_it_and_taking_it_away_are_for_administrators_and_kept(office: Office) -> None:
    names = [somebody(office, role) for role in (Role.REVIEWER, Role.ADMINISTRATOR)]
    note(office.database, *(("hoa", "saw_one", str(n)) for n in range(PAGE + 1)))

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, names[0])
        for path in ("/audit", "/audit.csv"):
            assert (await browser.get(path)).status_code == 403
        await sign_in(browser, names[1])
        page = (await browser.get("/audit?lang=en&did=saw_one&who=ho&first=2026-11-24")).text
        assert page.count("saw a receipt</td>") == PAGE
        (older,) = re.findall(r'href="(\?[^"]*)" rel="next"', page)
        further = (await browser.get("/audit" + older.replace("&amp;", "&"))).text
        assert (further.count("saw a receipt</td>"), "Newest" in further, 'rel="next"' in further) == (1, True, False)
        (file,) = re.findall(r'href="(/audit\.csv[^"]*)"', page)
        answer = await browser.get(file.replace("&amp;", "&"))
        assert answer.headers["content-disposition"] == 'attachment; filename="audit-2026-11-24.csv"'
        assert len(list(csv.reader(io.StringIO(answer.text, newline="")))) == PAGE + 2
        assert "Nothing fits" in (await browser.get("/audit?lang=en&about=<script>")).text

    office.visit(look)
    entries = Audit(office.database).newest()[:4]
    assert [(entry.who, entry.did, entry.subject) for entry in entries[::-1]] == [
        ("administrator", "saw_audit", "who=ho, did=saw_one, first=2026-11-24"),
        ("administrator", "saw_audit", "who=ho, did=saw_one, first=2026-11-24"),
        ("administrator", "took_audit", "who=ho, did=saw_one, first=2026-11-24"),
        ("administrator", "saw_audit", "about=<script>"),
    ]


def test_an_audit_that_cannot_be_kept_is_not_shown(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    name = somebody(office, Role.ADMINISTRATOR)
    note(office.database, ("hoa", "saw_one", "4711"))

    def fails(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        monkeypatch.setattr(auditing, "keep_entry", fails)
        for path in ("/audit", "/audit.csv"):
            answer = await browser.get(path)
            assert (answer.status_code, "4711" in answer.text) == (503, False)

    office.visit(look)
