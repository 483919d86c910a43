"""Receipts, exceptions to review, alarms to take off, and the audit: who may do what, and what is kept of it."""

from __future__ import annotations

import re

import httpx
import pytest
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import OperationalError

from kiosk.office import auditing, tables
from kiosk.office.accounts import Role
from kiosk.office.apart import alarm_kinds, remove_shown
from kiosk.office.database import insert_enrolment
from kiosk.office.records import NewEnrolment
from tests.office.signing import NAME, PASSWORD
from tests.office.test_page import NOW
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

SLOTS = {
    "portrait": {"state": "filled", "quality": 88},
    "print.right_index": {"state": "excepted", "reason": "worn"},
    "iris": {"state": "not_possible"},
}


def enrolled(seq: int, *, excepted: bool = True, name: str = "Nguyễn Thị Mận") -> NewEnrolment:
    """An enrolment as the collector would keep it."""
    return NewEnrolment(
        id=f"0192a2d4-0000-7000-8000-{seq:012d}",
        kiosk="kiosk-tk-01",
        seq=seq,
        sha256=seq.to_bytes(32),
        prev=bytes(32),
        sealed_at=NOW,
        simulated=False,
        person=None,
        name=name,
        unit="Xóm Tân Hợp",
        started_at=NOW,
        finished_at=NOW,
        slots=SLOTS if excepted else {"portrait": SLOTS["portrait"]},
        package=b"sealed",
    )


def receive(office: Office, seq: int, *, excepted: bool = True, name: str = "Nguyễn Thị Mận") -> int:
    """Keep an enrolment; its receipt number."""
    with office.database.transaction() as connection:
        return insert_enrolment(connection, enrolled(seq, excepted=excepted, name=name), received_at=NOW)


def somebody(office: Office, role: Role) -> str:
    """Another account."""
    name = role.name.lower()
    office.door.accounts.add(name, role, PASSWORD, at=NOW)
    return name


async def send(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    """Send a form of this page."""
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', (await browser.get("/alarms")).text)
    assert found is not None
    return await browser.post(path, data={"csrf": found[1], **fields})


def test_a_receipt_number_leads_to_what_is_known_and_the_view_is_kept(office: Office) -> None:
    number = receive(office, 4)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        found = await browser.get("/receipts", params={"number": f" {number} ", "lang": "en"})
        text = (await browser.get(found.headers["location"])).text
        assert all(part in text for part in ("Nguyễn Thị Mận", "right index", "excepted: worn", "kiosk-tk-01", "88"))
        assert "<img" not in text
        assert 'id="review"' not in text  # a viewer only looks

    office.visit(look)
    assert office.kept()[-1] == ("hoa", "saw_one", str(number))


@pytest.mark.parametrize("typed", ["", "abc", "-1", "1.5", "٣", "999", "9" * 18, "9" * 30, "<b>"])
def test_what_is_no_receipt_number_is_told_so(office: Office, typed: str) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        browser.follow_redirects = True
        answer = await browser.get("/receipts", params={"number": typed})
        assert answer.status_code == 404
        assert "Không có biên nhận" in answer.text
        assert "<b>" not in answer.text

    office.visit(look)
    assert [did for _, did, _ in office.kept()] == ["signed_in"]


def test_a_number_larger_than_any_is_told_so_too(office: Office) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        assert (await browser.get(f"/receipts/{'9' * 40}")).status_code == 404

    office.visit(look)


def test_a_reviewer_looks_at_exceptions_once_and_they_leave_the_list(office: Office) -> None:
    first, plain, second = (
        receive(office, 1),
        receive(office, 2, excepted=False, name="Không Ngoại Lệ"),
        receive(office, 3),
    )
    name = somebody(office, Role.REVIEWER)

    async def review(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        page = (await browser.get("/exceptions")).text
        assert page.count("<tr><td") == 2
        assert "Không Ngoại Lệ" not in page
        for _ in range(2):
            assert (await send(browser, f"/receipts/{first}/review")).status_code == 303
        assert f"{name} đã xem" in (await browser.get(f"/receipts/{first}")).text
        page = (await browser.get("/exceptions")).text
        assert f"/receipts/{second}?" in page
        assert f"/receipts/{first}?" not in page
        await send(browser, "/receipts/999/review")

    office.visit(review)
    assert [entry for entry in office.kept() if entry[1] == "reviewed"] == [(name, "reviewed", str(first))]
    assert plain not in {int(subject) for _, did, subject in office.kept() if did == "saw_one"}


def test_a_viewer_changes_nothing_and_a_form_without_its_token_neither(office: Office) -> None:
    number = receive(office, 1)
    office.database.raise_alarm("kiosk-tk-01", "bad_signature", "x", at=NOW)
    name = somebody(office, Role.REVIEWER)

    async def attempt(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for path in (f"/receipts/{number}/review", "/alarms/off"):
            answer = await send(browser, path, kiosk="kiosk-tk-01", code="bad_signature")
            assert answer.status_code == 403
        await sign_in(browser, name)
        answer = await browser.post("/alarms/off", data={"kiosk": "kiosk-tk-01", "code": "bad_signature"})
        assert answer.status_code == 403

    office.visit(attempt)
    assert len(office.database.alarms()) == 1
    assert office.door.audit.newest()[0].did == "signed_in"


def forms(page: str) -> list[dict[str, str]]:
    """What the forms of a page bring along when their buttons are pressed."""
    fields = re.findall(r'<form method="post" action="/alarms/off[^>]*>(.*?)</form>', page)
    return [dict(re.findall(r'name="(\w+)" value="([^"]*)"', one)) for one in fields]


def test_a_reviewer_takes_an_alarm_off_and_no_other_one(office: Office) -> None:
    for kiosk, code in (("kiosk-tk-01", "bad_signature"), ("kiosk-tk-02", "bad_signature"), ("", "backup_failed")):
        office.database.raise_alarm(kiosk, code, "x", at=NOW)
    name = somebody(office, Role.REVIEWER)

    async def mend(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        for form in forms((await browser.get("/alarms")).text):
            if form["kiosk"] != "kiosk-tk-02":
                assert (await browser.post("/alarms/off", data=form)).status_code == 303
            for wrong in ({"code": "x" * 99}, {"up_to": "9" * 30}, {"up_to": "-"}, {"up_to": "0"}, {"shown": "é"}):
                assert (await browser.post("/alarms/off", data=form | wrong)).status_code == 303
            if form["kiosk"] != "kiosk-tk-02":
                await browser.post("/alarms/off", data=form | {"kiosk": "kiosk-tk-02"})

    office.visit(mend)
    assert [(alarm.kiosk, alarm.code) for alarm in office.database.alarms()] == [("kiosk-tk-02", "bad_signature")]
    # The newest alarm stands first.
    assert [subject for _, did, subject in office.kept() if did == "alarm_off"] == [
        " backup_failed",
        "kiosk-tk-01 bad_signature",
    ]


def test_only_alarms_that_the_page_has_shown_are_taken_off(office: Office) -> None:
    office.database.raise_alarm("kiosk-tk-01", "bad_signature", "first", at=NOW)
    office.database.raise_alarm("kiosk-tk-01", "wrong_key", "", at=NOW)
    office.database.raise_alarm("kiosk-tk-01", "bad_signature", "second", at=NOW)
    name = somebody(office, Role.REVIEWER)

    async def mend(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, name)
        form = next(one for one in forms((await browser.get("/alarms")).text) if one["code"] == "bad_signature")
        # It is raised once more after somebody has looked, and before they press the button.
        office.database.raise_alarm("kiosk-tk-01", "bad_signature", "third", at=NOW)
        await browser.post("/alarms/off", data=form)
        assert [alarm.detail for alarm in office.database.alarms()] == ["third", ""]
        # Pressed twice it takes nothing more.
        await browser.post("/alarms/off", data=form)
        assert [alarm.detail for alarm in office.database.alarms()] == ["third", ""]

    office.visit(mend)
    assert [did for _, did, _ in office.kept()].count("alarm_off") == 1


def test_an_alarm_that_was_given_a_lower_number_and_came_later_stays(office: Office) -> None:
    for detail in ("unseen", "seen"):
        office.database.raise_alarm("kiosk-tk-01", "bad_signature", detail, at=NOW)
    with office.database.transaction() as connection:
        row = connection.execute(select(tables.alarm).where(tables.alarm.c.detail == "unseen")).mappings().one()
        connection.execute(delete(tables.alarm).where(tables.alarm.c.detail == "unseen"))
        (kind,) = alarm_kinds(connection)
        # Another collector's transaction ends only now.
        connection.execute(insert(tables.alarm).values(**row))
        assert not remove_shown(connection, kind.kiosk, kind.code, up_to=kind.up_to, shown=kind.shown)
    assert len(office.database.alarms()) == 2


def test_what_cannot_be_kept_is_not_shown_and_not_taken_for_kept(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = receive(office, 1)

    def fails(*_: object) -> None:
        raise OperationalError("", {}, Exception())

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        with monkeypatch.context() as patch:
            patch.setattr(auditing, "keep_entry", fails)
            for path in ("/", "/exceptions", f"/receipts/{number}", "/day", "/day.csv"):
                answer = await browser.get(path)
                assert (answer.status_code, "Mận" in answer.text) == (503, False), path
            # The stream of events ends before it has shown anything.
            assert (await browser.get("/events")).text == ""
        assert office.kept() == [(NAME, "signed_in", "")]
        assert "Mận" in (await browser.get("/")).text

    office.visit(look)
    assert office.kept() == [(NAME, "signed_in", ""), (NAME, "saw_list", "7-7")]


def test_the_audit_is_for_administrators(office: Office) -> None:
    names = [somebody(office, role) for role in (Role.REVIEWER, Role.ADMINISTRATOR)]

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser, names[0])
        assert (await browser.get("/audit")).status_code == 403
        assert "/audit" not in (await browser.get("/")).text
        await sign_in(browser, names[1])
        page = (await browser.get("/audit?lang=en")).text
        assert page.count("signed in</td>") == 2
        assert "/audit?lang=en" in (await browser.get("/?lang=en")).text

    office.visit(look)
