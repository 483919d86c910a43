"""The officer's page: what it says, in which words, and that it moves by itself."""

from __future__ import annotations

import asyncio
import tempfile
import unicodedata
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from kiosk.office.accounts import Role
from kiosk.office.changes import Changes
from kiosk.office.commanding import Given
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.gate import COOKIE, Door
from kiosk.office.metrics import metrics_text
from kiosk.office.page import OfficePage, make_app
from kiosk.office.records import Alarm, KioskLast, StoredEnrolment
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.snapshot import Snapshot
from kiosk.office.view import build_view
from kiosk.office.wording import load_words
from tests.office.signing import NAME, PASSWORD

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
VI, EN = load_words("vi"), load_words("en")


def entry(kiosk: str) -> KioskEntry:
    return KioskEntry(kiosk, "ht", "tk", 1, NOW + timedelta(days=300), bytes(32))


def last(kiosk: str = "kiosk-tk-01") -> KioskLast:
    return KioskLast(kiosk, "ht", "tk", "ready", NOW, NOW, "1", 0, None, 7, 0.8, mains=True)


def enrolment(name: str = "Nguyễn Thị Mận") -> StoredEnrolment:
    return StoredEnrolment(
        number=7,
        id="0192a2d4-0000-7000-8000-000000000001",
        kiosk="kiosk-tk-01",
        seq=7,
        sha256=bytes(32),
        received_at=NOW,
        finished_at=NOW,
        simulated=True,
        person="tk-1",
        name=name,
        unit="Xóm Tân Hợp",
        slots={
            "portrait": {"state": "filled", "quality": 90},
            "print.right_index": {"state": "excepted", "reason": "worn"},
            "iris": {"state": "not_possible"},
        },
        status="received",
        receipt=b"",
    )


def snapshot(**changes: object) -> Snapshot:
    whole = Snapshot(
        now=NOW,
        registry=Registry(
            "ht", {"tk": "Thạch Kênh"}, True, "localhost", 1, {"kiosk-tk-01": entry("kiosk-tk-01")}, revision=1
        ),
        kiosks=[last()],
        enrolments=[enrolment()],
        alarms=[],
        gaps={},
        received_today=1,
        received_all=41,
        broker_up=True,
        broker_not_after=NOW + timedelta(days=400),
        silent_after_s=180,
        low_battery=0.2,
        revocations_until=NOW + timedelta(days=3000),
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def ask(seen: Snapshot, path: str = "/", *, host: str = "localhost") -> httpx.Response:
    """One request to the page by somebody who is signed in, without a socket."""
    page = OfficePage(lambda: seen, Changes(), office="Công an tỉnh Hà Tĩnh", refresh_s=10)

    async def get(door: Door) -> httpx.Response:
        door.accounts.add(NAME, Role.VIEWER, PASSWORD, at=NOW)
        account = door.accounts.find(NAME)
        assert account is not None
        transport = httpx.ASGITransport(make_app(page, door))
        cookies = {COOKIE: door.sessions.begin(account)}
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}", cookies=cookies) as browser:
            return await browser.get(path)

    with (
        tempfile.TemporaryDirectory() as folder,
        closing(OfficeDatabase.open(f"sqlite:///{folder}/office.db")) as database,
    ):
        return asyncio.run(get(Door.of(database, now=lambda: NOW)))


def given(**changes: object) -> Given:
    plain = Given(
        kiosk="kiosk-tk-01",
        n=1,
        id="0192a2d4-0000-7000-8000-000000000002",
        verb="lock",
        args={"now": False},
        at=NOW,
        until=NOW + timedelta(hours=1),
        by="minh",
        signed=b"",
        state="given",
        code="",
        answered_at=None,
        lines=(),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_commands_are_shown_with_what_the_kiosk_said_and_without_their_words() -> None:
    told = (
        given(verb="message", args={"text": "about somebody"}, state="accepted"),
        given(state="refused", code="busy", verb="ring"),
        given(until=NOW - timedelta(seconds=1)),
        given(until=NOW - timedelta(seconds=1), told_at=NOW - timedelta(hours=1)),
        given(),
        given(told_at=NOW - timedelta(hours=1)),
        given(state="done", verb="dance", code="on_one_leg", answered_at=NOW, told_at=NOW - timedelta(hours=1)),
    )
    rows = build_view(snapshot(commands=told), EN).commands
    assert [(row.order, row.said, row.tone) for row in rows] == [
        ("Show a message", "accepted", "calm"),
        ("Ring", "refused: a citizen is being served", "bad"),
        ("Lock", "over without ever having been told", "bad"),
        ("Lock", "over, told and never answered (09:00)", "bad"),
        ("Lock", "waits for the kiosk, not told yet", "calm"),
        ("Lock", "told, no answer yet (09:00)", "calm"),
        ("dance", "done: on_one_leg (10:00)", "good"),
    ]
    vi, en = (ask(snapshot(commands=told), f"/?lang={language}").text for language in ("vi", "en"))
    assert "Hiện tin nhắn" in vi
    assert "hết hạn mà chưa lần nào gửi tới được kiosk" in vi
    assert "about somebody" not in vi + en
    assert "Chưa có lệnh nào." in ask(snapshot()).text


def test_a_quiet_day_needs_nobody() -> None:
    view = build_view(snapshot(), VI)
    assert view.needs == ()
    assert view.only_count == 0
    assert (view.online, view.fleet.cards[0].state, view.fleet.cards[0].tone) == ("1/1", "Trực tuyến", "good")


def test_a_silent_kiosk_that_holds_enrolments_comes_first() -> None:
    silent = replace(
        last(), seen_at=NOW - timedelta(hours=2), outbox_n=3, outbox_since=NOW - timedelta(hours=5), charge=0.1
    )
    view = build_view(snapshot(kiosks=[silent]), VI)
    assert view.needs[0].urgent
    assert "3 hồ sơ" in view.needs[0].text
    assert "Thạch Kênh" in view.needs[0].text
    assert (view.only_count, view.only_since) == (3, "05:00")
    assert "08:00" in view.only_lines[0].text  # what it said is as old as its last word
    assert view.fleet.cards[0].tone == "bad"


def test_a_time_of_another_year_does_not_look_like_one_of_this_year() -> None:
    assert VI.clock(NOW, NOW) == "10:00"
    assert VI.clock(NOW - timedelta(days=1), NOW) == "10:00 23/11"
    assert VI.clock(NOW - timedelta(days=3653), NOW) == "10:00 23/11/2016"


def test_low_battery_matters_only_without_mains() -> None:
    assert build_view(snapshot(kiosks=[replace(last(), charge=0.1, mains=True)]), VI).needs == ()
    assert "10%" in build_view(snapshot(kiosks=[replace(last(), charge=0.1, mains=False)]), VI).needs[0].text


def test_what_a_kiosk_complains_of_is_told_in_words() -> None:
    faulty = replace(last(), faults=("camera", "something-new"))
    assert build_view(snapshot(kiosks=[faulty]), EN).needs[0].text == (
        "kiosk-tk-01 (Thạch Kênh) reports: the camera does not answer, something-new."
    )


def test_alarms_gaps_and_a_lost_broker_are_urgent() -> None:
    view = build_view(
        snapshot(
            alarms=[Alarm("kiosk-tk-01", "bad_signature", "x", NOW), Alarm("kiosk-tk-01", "bad_signature", "y", NOW)],
            gaps={"kiosk-tk-01": 2},
            broker_up=False,
        ),
        VI,
    )
    assert [need.urgent for need in view.needs] == [True, True, True]
    assert "2 lần, gần nhất lúc 10:00" in view.needs[1].text


def test_certificates_are_told_two_months_before_they_end() -> None:
    soon = NOW + timedelta(days=59)
    registry = replace(snapshot().registry, kiosks={"kiosk-tk-01": replace(entry("kiosk-tk-01"), tls_not_after=soon)})
    needs = build_view(snapshot(registry=registry, broker_not_after=soon), EN).needs
    assert [need.text.count("22/01/2027") for need in needs] == [1, 1]
    later = soon + timedelta(days=2)
    registry = replace(registry, kiosks={"kiosk-tk-01": replace(entry("kiosk-tk-01"), tls_not_after=later)})
    assert build_view(snapshot(registry=registry), EN).needs == ()


def test_the_end_of_the_revocation_list_is_urgent_half_a_year_before() -> None:
    ends = NOW + timedelta(days=179)
    (need,) = build_view(snapshot(revocations_until=ends), VI).needs
    assert need.urgent
    assert "22/05/2027" in need.text
    assert build_view(snapshot(revocations_until=ends + timedelta(days=2)), VI).needs == ()
    assert build_view(snapshot(revocations_until=None), VI).needs == ()


def test_the_end_of_an_authority_is_urgent_a_year_before() -> None:
    ends = NOW + timedelta(days=364)
    (need,) = build_view(snapshot(authority_not_after=ends), VI).needs
    assert need.urgent
    assert "23/11/2027" in need.text
    assert build_view(snapshot(authority_not_after=ends + timedelta(days=2)), VI).needs == ()


def test_an_office_that_is_not_adopted_says_so_on_the_page_and_to_who_counts() -> None:
    before = snapshot(registry=replace(snapshot().registry, revision=0))
    (need,) = build_view(before, EN).needs
    assert need.urgent
    assert "kiosk office adopt" in need.text
    assert "kiosk_office_adopted 0\n" in metrics_text(before)
    assert "kiosk_office_adopted 1\n" in metrics_text(snapshot())


def test_kiosks_that_wait_for_a_certificate_are_told_after_an_hour() -> None:
    asked = NOW - timedelta(hours=1)
    (need,) = build_view(snapshot(renewals_waiting=2, renewals_since=asked), VI).needs
    assert not need.urgent
    assert need.text.startswith("2 kiosk chờ chứng thư mới")
    later = asked + timedelta(minutes=1)
    assert build_view(snapshot(renewals_waiting=2, renewals_since=later), VI).needs == ()


def test_a_kiosk_switched_off_is_not_silent_and_one_never_heard_says_so() -> None:
    off = build_view(snapshot(kiosks=[replace(last(), state="offline", seen_at=NOW - timedelta(days=1))]), VI)
    assert (off.fleet.cards[0].state, off.needs) == ("Đã tắt", ())
    assert build_view(snapshot(kiosks=[]), VI).fleet.cards[0].state == "Chưa liên lạc lần nào"


def test_a_kiosk_that_was_switched_off_with_enrolments_in_it_is_not_forgotten() -> None:
    off = replace(last(), state="offline", outbox_n=2, outbox_since=NOW - timedelta(hours=30))
    evening = build_view(snapshot(kiosks=[replace(off, seen_at=NOW - timedelta(hours=12))]), VI)
    days_later = build_view(snapshot(kiosks=[replace(off, seen_at=NOW - timedelta(days=2))]), VI)
    assert evening.needs == ()
    assert [(need.urgent, "2 hồ sơ" in need.text) for need in days_later.needs] == [(False, True)]


def test_exceptions_are_told_with_their_reason_and_nothing_else_of_the_body() -> None:
    row = build_view(snapshot(), VI).enrolments[0]
    assert row.exceptions == ("ngón trỏ phải: mòn vân",)
    assert build_view(snapshot(), EN).enrolments[0].exceptions == ("right index: worn",)


def test_an_enrolment_that_supplements_another_says_which() -> None:
    one = replace(snapshot().enrolments[0], supplements="0193b3a0-0000-7abc-8def-00000000abcd")
    assert build_view(snapshot(enrolments=[one]), EN).enrolments[0].supplement == "prints again for 00000000ABCD"
    assert "lấy lại vân tay cho 00000000ABCD" in ask(snapshot(enrolments=[one])).text
    assert build_view(snapshot(), EN).enrolments[0].supplement == ""


def test_the_page_speaks_vietnamese_and_english_on_request() -> None:
    vietnamese, english = ask(snapshot()).text, ask(snapshot(), "/?lang=en").text
    assert '<html lang="vi">' in vietnamese
    assert "Việc cần làm ngay" in vietnamese
    assert '<html lang="en">' in english
    assert "What needs my hand now" in english
    for text in (vietnamese, english):
        assert "Nguyễn Thị Mận" in text
        assert "<img" not in text


def test_a_name_cannot_bring_its_own_script() -> None:
    text = ask(snapshot(enrolments=[enrolment("<script>alert(1)</script>")])).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert" in text


@pytest.mark.parametrize("path", ["/", "/static/office.js", "/static/office.css", "/nothing"])
def test_every_answer_forbids_what_the_page_does_not_need(path: str) -> None:
    answer = ask(snapshot(), path)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_page_is_not_served_under_another_computers_name() -> None:
    assert ask(snapshot(), host="evil.example").status_code == 400


def test_the_page_uses_nothing_inline() -> None:
    text = ask(snapshot()).text
    assert "style=" not in text
    assert "onclick" not in text
    assert text.count("<script") == text.count("<script src=")


def test_both_languages_have_every_text_in_composed_form() -> None:
    assert VI.texts.keys() == EN.texts.keys()
    for text in (*VI.texts.values(), *EN.texts.values()):
        assert text
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "office.example"])  # noqa: S104 - refused is the point
def test_the_page_binds_to_this_computer_alone(tmp_path: Path, host: str) -> None:
    with pytest.raises(OfficeError, match="loopback"):
        OfficeSettings(directory=tmp_path, page_host=host)
