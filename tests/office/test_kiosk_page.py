"""One kiosk's page: what it says of the kiosk's parts, in which words, what is drawn of the past, and that it lives."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from xml.etree import ElementTree as ET

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kiosk.custody.entries import to_text
from kiosk.domain.commands import Value
from kiosk.office.activity import Activity, activity_view
from kiosk.office.desiring import Told as ToldSettings
from kiosk.office.desiring import Wanted
from kiosk.office.fleet import STATES, stand_one
from kiosk.office.gaps import Missing
from kiosk.office.history import History, Keeping, Moment
from kiosk.office.kiosk_view import KioskView, kiosk_view
from kiosk.office.marks import MARKS
from kiosk.office.page import OfficePage
from kiosk.office.plots import axis_around, axis_from_zero, day_bars, line_plot
from kiosk.office.rosters import Told
from kiosk.office.snapshot import Snapshot
from kiosk.office.twin import Parts, Twin, twin_of
from kiosk.office.view import build_view
from kiosk.office.wording import Words
from tests.office.test_desk_pages import receive
from tests.office.test_history import sample
from tests.office.test_page import EN, NOW, VI, last, snapshot
from tests.office.test_signing_in import Office, office, sign_in

__all__ = ["office"]

KIOSK = "kiosk-tk-01"
WELL = Parts(560_000, 10_000_000_000, 31_000_000_000, "ntp", 0.02, "lte", 900, 50, 1, 51.5, "5b0c9d41", to_text(NOW))
ILL = Parts(560_000, 1_000_000_000, 31_000_000_000, "system", None, "lte", 900, 50, 20, 82.0, None, to_text(NOW))


def moment(minutes: int, **changes: object) -> Moment:
    plain = Moment(NOW, 2, 300, 7, 0.8, False, 10_000_000_000, 0.02, True, 0.02, 51.5, 0)
    return replace(plain, at=NOW - timedelta(minutes=minutes), **changes)  # type: ignore[arg-type]


def shown(seen: Snapshot, words: Words, **changes: object) -> KioskView:
    one = stand_one(seen, KIOSK)
    assert one is not None
    plain = Twin(WELL, 7, [], [], 2, [moment(n) for n in range(120, 0, -5)], 12)
    return kiosk_view(seen, words, one, replace(plain, **changes))  # type: ignore[arg-type]


def facts(view: KioskView) -> dict[str, tuple[str, bool]]:
    return {fact.label: (fact.text, fact.warn) for _, group in view.groups for fact in group}


def test_every_part_is_told_and_what_needs_a_hand_stands_out() -> None:
    well = facts(shown(snapshot(), EN))
    assert {label: text for label, (text, _) in well.items()} == {
        "Waiting": "0",
        "Last number": "7",
        "Received at the office": "7",
        "Missing in the sequence": "0",
        "Paused, to be continued": "unknown",
        "Roster": "none can be sent yet: an officer has to sign in there, online",
        "Battery": "80%",
        "Mains": "on mains",
        "Enough for": "about 12 enrolments",
        "Disk": "10 GB free of 31 GB",
        "Clock": "set by network time · off by 0.0 s",
        "Sensor glass": "clean · dirty 1 of 50",
        "Temperature": "52 °C",
        "Network": "lte, up for 15 min",
        "Last heard": "just now",
        "Last report": "10:00",
        "Last officer (code)": "5b0c9d41",
        "Version": "1",
        "Connection certificate ends": "20/09/2027",
    }
    assert not any(warn for _, warn in well.values())
    ill = facts(shown(snapshot(), VI, parts=ILL, left=None, missing=Missing(((212, 214), (217, 217)))))
    warned = {label for label, (_, warn) in ill.items() if warn}
    assert warned == {"Thiếu trong chuỗi số", "Đĩa", "Đồng hồ", "Mặt kính vân tay", "Nhiệt độ"}
    assert ill["Thiếu trong chuỗi số"][0] == "4: số 212–214, 217"
    assert ill["Pin đủ cho"] == ("chưa đủ số liệu", False)
    assert ill["Mã cán bộ dùng sau cùng"][0] == "chưa rõ"


def test_paused_enrolments_and_the_roster_are_told_in_counts() -> None:
    def of(n: int, overdue: int, words: Words, roster: Told | None = None) -> dict[str, tuple[str, bool]]:
        return facts(
            shown(snapshot(kiosks=[replace(last(), paused_n=n, paused_overdue=overdue)]), words, roster=roster)
        )

    assert of(0, 0, EN)["Paused, to be continued"] == ("none", False)
    assert of(3, 0, EN)["Paused, to be continued"] == ("3", False)
    assert of(3, 1, VI)["Tạm dừng, chờ làm tiếp"] == ("3 hồ sơ · 1 quá hạn", True)
    told = Told(KIOSK, True, date(2026, 11, 20), 312, 41, NOW)
    assert of(0, 0, EN, told)["Roster"] == ("20/11/2026 · 41 of 312 enrolled", False)
    assert of(0, 0, VI, replace(told, issued=None))["Danh sách"] == ("chưa có danh sách", False)
    late = replace(last(), paused_n=3, paused_overdue=1)
    for words, text in ((EN, "1 of 3 paused enrolments have waited"), (VI, "1 trong 3 hồ sơ tạm dừng đã chờ quá hạn")):
        needs = build_view(snapshot(kiosks=[late]), words).needs
        assert [(text in need.text, need.urgent, need.kiosk) for need in needs] == [(True, False, KIOSK)]
    assert build_view(snapshot(kiosks=[replace(late, paused_overdue=0)]), EN).needs == ()


def test_settings_that_are_wanted_are_told_with_what_the_kiosk_has_since_when() -> None:
    def of(words: Words, told: ToldSettings | None) -> dict[str, tuple[str, bool]]:
        settings: dict[str, Value] = {"journey.tries_per_finger": 7, "voice.repeat_after_s": 20}
        wanted = Wanted(KIOSK, 7, NOW - timedelta(minutes=30), "minh", settings, b"")
        return facts(shown(snapshot(), words, wanted=wanted, settings=told))

    since = {"journey.tries_per_finger": NOW - timedelta(hours=2), "voice.repeat_after_s": NOW}
    told = ToldSettings(7, {"journey.tries_per_finger": 5, "voice.repeat_after_s": 20.0}, (), since, NOW)
    assert of(EN, told)["Tries for each finger"] == ("wanted 7, has 5 since 08:00", True)
    assert of(EN, told)["Read again after (s)"] == ("20, as wanted", False)
    assert of(EN, told)["The office wants"] == ("09:30, minh · the kiosk has taken it", False)
    late = of(VI, replace(told, n=6, refused=("journey.tries_per_finger",)))
    assert late["Số lần cho mỗi ngón"] == ("yêu cầu 7, đang là 5 từ 08:00 · kiosk không nhận", True)
    assert late["Văn phòng yêu cầu"] == ("09:30, minh · kiosk chưa nhận", True)
    assert of(EN, None)["Tries for each finger"] == ("wanted 7, not told by the kiosk", True)
    assert "The office wants" not in facts(shown(snapshot(), EN, settings=told))


def test_what_exists_only_there_and_since_when_comes_first() -> None:
    waiting = replace(last(), outbox_n=3, outbox_since=NOW - timedelta(hours=2))
    assert (
        shown(snapshot(kiosks=[waiting]), EN).only == "3 enrolments exist only on this kiosk, the oldest since 08:00."
    )
    none = shown(snapshot(), EN)
    assert (none.only, none.only_fine) == ("", "No enrolment exists only on this kiosk.")
    # Nothing is promised of a kiosk that never spoke.
    never = shown(snapshot(kiosks=[]), EN, parts=Parts(), moments=[])
    assert (never.only, never.only_fine, never.plots) == ("", "", ())


def test_a_plot_says_in_words_what_it_shows_and_breaks_where_nothing_was_told() -> None:
    seen = [moment(n) for n in range(600, 300, -5)] + [moment(n, outbox_n=4) for n in range(200, 0, -5)]
    plots = dict(shown(snapshot(), VI, moments=seen).plots)
    assert list(plots) == [
        "Chờ gửi: 4",
        "Pin: 80 %",
        "Đĩa trống: 10 GB",
        "Nhiệt độ: 52°",
        "Mặt kính bẩn: 2 %",
        "Đồng hồ lệch: 0,0 s",
    ]
    assert 'aria-label="Chờ gửi, 2 ngày qua: từ 2 đến 4"' in plots["Chờ gửi: 4"]
    assert plots["Chờ gửi: 4"].count('class="line"') == 2
    # What a kiosk never told is not drawn at zero.
    untold = [moment(n, board_c=None, clock_offset_s=None, glass_dirty=None) for n in range(50)]
    assert [title.partition(":")[0] for title, _ in shown(snapshot(), EN, moments=untold).plots] == [
        "Waiting",
        "Battery",
        "Disk free",
    ]


@example([(1.0, 1e16), (2.0, 1e16)], "a step is lost in its last digits")
@given(
    st.lists(st.tuples(st.floats(0, 1000), st.one_of(st.none(), st.floats(-1e300, 1e300))), max_size=30),
    st.text(max_size=12),
)
def test_whatever_was_told_the_drawing_is_sound_and_stays_within_its_frame(
    points: list[tuple[float, float | None]], text: str
) -> None:
    text = "".join(letter for letter in text if letter.isprintable())
    values = [value for _, value in points if value is not None]
    for axis in (axis_from_zero(values), axis_around(values, step=10)):
        assert axis.high > axis.low
        drawn = line_plot(
            sorted(points, key=lambda one: one[0]),
            axis=axis,
            span=(0, 1000),
            marks=[(500, text)],
            gap=50,
            write=lambda value: f"{value:.0f}",
            about=text,
        )
        for path in ET.fromstring(drawn).iter():  # noqa: S314 - drawn here
            for x, y in re.findall(r"[ML]([-\d.]+) ([-\d.]+)", path.get("d", "")):
                assert 0 <= float(x) <= 400
                assert 0 <= float(y) <= 150


@given(st.lists(st.integers(0, 10**7), min_size=1, max_size=40))
def test_a_bar_for_each_day_and_none_above_the_frame(counts: list[int]) -> None:
    bars = day_bars([(str(n), f"{n} & <more>", count) for n, count in enumerate(counts)], about="a")
    drawn = ET.fromstring(bars)  # noqa: S314 - drawn here
    values = [one for one in drawn.iter() if one.get("class") == "value"]
    assert len(values) == len(counts)
    assert all(float(value.get("y", "-1")) >= 0 for value in values)


def test_every_state_has_a_mark_of_its_own_shape() -> None:
    assert set(MARKS) == set(STATES)
    assert len({re.sub(r"mark-\w+", "", mark) for mark in MARKS.values()}) == len(STATES)


def test_days_and_communes_are_counted_once_and_what_comes_is_added(office: Office) -> None:
    count = Activity(office.database)
    receive(office, 1)
    before = count(NOW)
    receive(office, 2)
    after = count(NOW + timedelta(seconds=5))
    assert [sum(sum(day.values()) for day in days.values()) for days in (before, after)] == [1, 2]
    tomorrow = count(NOW + timedelta(days=1))
    assert list(tomorrow)[-2:] == [NOW.date(), NOW.date() + timedelta(days=1)]
    assert (dict(tomorrow[NOW.date()]), dict(list(tomorrow.values())[-1])) == ({KIOSK: 2}, {})
    view = activity_view(snapshot(activity=after), EN)
    assert view is not None
    assert [(unit.name, unit.count) for unit in view.units] == [("Thạch Kênh", 2)]
    assert "2 enrolments in 30 days, 2 at most on one day" in view.bars
    assert activity_view(snapshot(activity={}), EN) is None


@pytest.fixture
def with_twin(office: Office) -> Office:
    """The office with a page that knows its kiosks."""
    history = History(office.database, Keeping())
    for minute in range(60):
        history.hear(KIOSK, sample(), NOW - timedelta(minutes=minute))
    history.flush(NOW, all_of_it=True)
    office.page = OfficePage(snapshot, office.changes, office="", refresh_s=10, twin=partial(twin_of, office.database))
    office.build()
    return office


def test_a_kiosk_has_a_page_in_both_languages_and_another_has_none(with_twin: Office) -> None:
    receive(with_twin, 7)

    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        for language, words in (("vi", "Mặt kính vân tay"), ("en", "Sensor glass")):
            for days in (2, 7, 90):
                answer = await browser.get(f"/kiosks/{KIOSK}?lang={language}&days={days}")
                assert answer.status_code == 200
                assert words in answer.text
                assert answer.text.count('class="plot"') == 6
                assert 'href="/receipts/1?' in answer.text
                assert "Mận" not in answer.text
        assert (await browser.get(f"/kiosks/{KIOSK}?days=1000000")).status_code == 200
        for unknown in ("kiosk-xx-09", "%3Cscript%3E", "a" * 500):
            answer = await browser.get(f"/kiosks/{unknown}")
            assert answer.status_code == 404
            assert "<script>" not in answer.text

    with_twin.visit(look)
    assert all("saw" not in did for _, did, _ in with_twin.kept())  # no name was shown


def test_the_first_page_leads_to_each_kiosk_that_needs_a_hand(with_twin: Office) -> None:
    async def look(browser: httpx.AsyncClient) -> None:
        await sign_in(browser)
        assert f'href="/kiosks/{KIOSK}?lang=vi"' in (await browser.get("/")).text

    with_twin.visit(look)
