"""The figures for Prometheus, which name nobody, and the day sheet, which does and is kept in the audit."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest

from kiosk.office.database import insert_enrolment
from kiosk.office.daysheet import received_on
from kiosk.office.metrics import metrics_text
from kiosk.office.records import Alarm
from tests.office.test_desk_pages import enrolled, receive
from tests.office.test_fleet import province
from tests.office.test_page import NOW
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

LABEL = r'[a-z]+="[^"]*"'
SAMPLE = re.compile(rf"(kiosk_office_[a-z_]+)(\{{{LABEL}(?:,{LABEL})*\}})? (\d+)")


def test_every_line_is_a_sample_of_a_family_that_was_announced() -> None:
    seen = province(40, alarms=[Alarm("kiosk-00001", "bad_signature", "x", NOW)], gaps={"kiosk-00002": 3})
    kiosks = [replace(row, outbox_n=2, outbox_since=NOW - timedelta(hours=1)) for row in seen.kiosks[:5]]
    text = metrics_text(replace(seen, kiosks=[*kiosks, *seen.kiosks[5:]]))
    announced, values = set[str](), dict[str, int]()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert (kind == "counter") == name.endswith("_total")
            announced.add(name)
        elif not line.startswith("# HELP "):
            found = SAMPLE.fullmatch(line)
            assert found is not None, line
            assert found[1] in announced
            values[found[1] + (found[2] or "")] = int(found[3])
    assert values["kiosk_office_kiosk_only_enrolments"] == 10
    assert values["kiosk_office_kiosk_only_oldest_timestamp_seconds"] == int((NOW - timedelta(hours=1)).timestamp())
    assert values["kiosk_office_enrolments_missing"] == 3
    assert values['kiosk_office_kiosks{state="online"}'] == 40
    assert values['kiosk_office_alarms{code="bad_signature"}'] == 1


def test_ten_thousand_kiosks_are_not_ten_thousand_series_and_nobody_is_named() -> None:
    text = metrics_text(province())
    assert len(text.splitlines()) < 60
    assert "Mận" not in text
    assert "kiosk-0" not in text


def test_the_metrics_need_no_sign_in_and_open_nothing_else(office: Office) -> None:
    async def ask(browser: httpx.AsyncClient) -> None:
        answer = await browser.get("/metrics")
        assert (answer.status_code, "version=0.0.4" in answer.headers["content-type"]) == (200, True)
        for path in ("/metrics/more", "/metricsx", "/sign-in-not", "/static"):
            assert (await browser.get(path)).status_code == 303

    office.visit(ask)


def test_a_day_begins_at_midnight_in_viet_nam(office: Office) -> None:
    midnight = NOW.replace(hour=17, minute=0)
    for seq, moment in enumerate((midnight - timedelta(seconds=1), midnight, midnight + timedelta(days=1)), start=1):
        with office.database.transaction() as connection:
            insert_enrolment(connection, enrolled(seq), received_at=moment)
    assert [stored.seq for stored in received_on(office.database, date(2026, 11, 25))] == [2]
    for end in (date.min, date.max):
        assert received_on(office.database, end) == []


def test_the_sheet_is_shown_and_taken_away_and_both_are_kept(office: Office) -> None:
    receive(office, 1)
    receive(office, 2, name="=HYPERLINK(1)", excepted=False)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        assert "2 hồ sơ, 1 có ngoại lệ" in (await browser.get("/day?day=2026-11-24")).text
        answer = await browser.get("/day.csv?day=2026-11-24&lang=en")
        assert answer.headers["content-disposition"] == 'attachment; filename="2026-11-24.csv"'
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
        assert rows[1] == [
            "1",
            "Nguyễn Thị Mận",
            "Xóm Tân Hợp",
            "kiosk-tk-01",
            "2026-11-24 10:00:00",
            "right index: worn",
        ]
        assert rows[2][1] == "'=HYPERLINK(1)"

    office.visit(look)
    assert office.kept()[1:] == [("hoa", "saw_day", "2026-11-24"), ("hoa", "took_csv", "2026-11-24")]


@pytest.mark.parametrize("day", ["", "yesterday", "2026-13-01", "2026-02-30", "0001-01-01", "9999-12-31", "20261124"])
def test_any_day_that_is_asked_for_has_a_sheet(office: Office, day: str) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        assert (await browser.get("/day", params={"day": day})).status_code == 200

    office.visit(look)
