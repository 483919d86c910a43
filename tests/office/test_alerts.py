"""Alerts that stand at kiosks: kept as they are told, gone when they are over, urgent where they are critical."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kiosk.office.database import OfficeDatabase
from kiosk.office.fleet import TROUBLE, Look
from kiosk.office.lastwords import LastWords
from kiosk.office.metrics import metrics_text
from kiosk.office.presence import EARLIEST, MOST_ALERTS, Presence
from kiosk.office.records import KioskLast, StandingAlert
from kiosk.office.view import build_view
from kiosk.office.wording import Words
from kiosk.wire.messages import ALERT_CODES, Alert, AlertLevel, alert_id, encode_json
from kiosk.wire.topics import KioskAddress, Topic
from tests.office.test_fleet import names, province
from tests.office.test_kiosk_page import shown
from tests.office.test_page import EN, NOW, VI, ask, entry, last, snapshot

PLACE = KioskAddress("ht", "tk", "kiosk-tk-01")
FULL = StandingAlert("outbox_full", True, NOW - timedelta(minutes=30))
WRONG = StandingAlert("clock_wrong", False, NOW - timedelta(minutes=20))


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    with closing(OfficeDatabase.open(database_url)) as opened:
        yield opened


def tell(heard: Presence, code: str, level: AlertLevel | None, since: datetime = NOW, *, retained: bool = True) -> None:
    """An alert as it lies at the broker; without a level it is taken back."""
    payload = encode_json(Alert(code=code, level=level, since=since)) if level is not None else b""
    heard.hear(Topic.parse(PLACE.alert(alert_id(code))), payload, retained=retained)


def standing(database: OfficeDatabase) -> list[tuple[str, bool, datetime]]:
    return [(one.code, one.critical, one.since) for row in database.kiosks() for one in row.alerts]


def test_what_stands_is_kept_critical_first_and_goes_when_it_is_over(database: OfficeDatabase) -> None:
    heard, words = Presence(database, now=lambda: NOW), LastWords(database)
    earlier = NOW - timedelta(hours=1)
    tell(heard, "clock_wrong", "warning", earlier)
    tell(heard, "outbox_full", "critical", earlier)
    heard.flush()
    assert standing(database) == [("outbox_full", True, earlier), ("clock_wrong", False, earlier)]
    assert words() == database.kiosks()
    # What waits at the broker is old news: nobody was heard by it.
    assert database.kiosks()[0].seen_at is None
    # The next collector knows what stood; what is over goes alone.
    heard = Presence(database, now=lambda: NOW)
    tell(heard, "outbox_full", None, retained=False)
    heard.flush()
    assert standing(database) == [("clock_wrong", False, earlier)]
    assert words() == database.kiosks()
    assert database.kiosks()[0].seen_at == NOW
    tell(heard, "clock_wrong", None)
    assert heard.flush()
    assert standing(database) == []
    tell(heard, "clock_wrong", None)
    assert not heard.flush()


def test_an_alert_that_makes_no_sense_is_not_kept_and_changes_no_other(database: OfficeDatabase) -> None:
    heard = Presence(database, now=lambda: NOW)
    tell(heard, "outbox_full", "critical")
    other = encode_json(Alert(code="clock_wrong", level="warning", since=NOW))
    for payload in (
        other,
        b'{"v":9}',
        b"\xff",
        encode_json(Alert(code="outbox_full", level="warning", since=NOW))[:-1],
    ):
        heard.hear(Topic.parse(PLACE.alert("outbox-full")), payload, retained=True)
    heard.flush()
    assert standing(database) == [("outbox_full", True, NOW)]


@pytest.mark.parametrize(
    "since", [datetime(1900, 1, 1, tzinfo=UTC), datetime(9998, 12, 31, tzinfo=UTC), NOW + timedelta(days=1)]
)
def test_a_kiosk_with_a_wrong_clock_has_not_been_ill_for_ever(database: OfficeDatabase, since: datetime) -> None:
    heard = Presence(database, now=lambda: NOW)
    tell(heard, "clock_wrong", "warning", since)
    heard.flush()
    assert standing(database) == [("clock_wrong", False, EARLIEST if since < NOW else NOW)]


def test_a_kiosk_that_makes_up_alerts_fills_nothing(database: OfficeDatabase) -> None:
    heard = Presence(database, now=lambda: NOW)
    for number in range(MOST_ALERTS + 20):
        tell(heard, f"made_up_{number}", "critical")
    tell(heard, "made_up_3", None)
    tell(heard, "outbox_full", "warning")
    heard.flush()
    codes = [code for code, _, _ in standing(database)]
    assert len(codes) == MOST_ALERTS
    assert ("outbox_full" in codes, "made_up_3" in codes) == (True, False)


def ill(*alerts: StandingAlert, faults: tuple[str, ...] = ()) -> KioskLast:
    return replace(last(), alerts=alerts, faults=faults)


def test_a_critical_alert_is_urgent_and_says_what_to_do_and_the_rest_is_said_once() -> None:
    # What the kiosk's telemetry names besides is the same thing.
    told = ill(FULL, WRONG, faults=("camera", "clock-wrong", "outbox-full"))
    urgent, soon = build_view(snapshot(kiosks=[told]), EN).needs
    assert (urgent.urgent, urgent.kiosk, soon.urgent) == (True, "kiosk-tk-01", False)
    assert urgent.text.startswith("kiosk-tk-01 (Thạch Kênh), since 09:30: The outbox is nearly full")
    assert "bring its enrolments on a stick" in urgent.text
    assert soon.text == "kiosk-tk-01 (Thạch Kênh) reports: the clock cannot be right, the camera does not answer."
    newer = ill(StandingAlert("on_fire", True, NOW), StandingAlert("other", True, NOW))
    (need,) = build_view(snapshot(kiosks=[newer]), VI).needs
    assert "Kiosk báo “on_fire”: báo kỹ thuật. Kiosk báo “other”: báo kỹ thuật." in need.text
    # Retained words of a kiosk that is gone need nobody.
    gone = replace(entry("kiosk-tk-01"), revoked_at=NOW)
    registry = replace(snapshot().registry, kiosks={"kiosk-tk-01": gone})
    assert build_view(snapshot(kiosks=[told], registry=registry), EN).needs == ()
    assert "kiosk_office_kiosk_alerts{" not in metrics_text(snapshot(kiosks=[told], registry=registry))


def test_a_silent_kiosks_alert_stands_as_long_as_it_is_not_taken_back() -> None:
    silent = replace(ill(FULL, faults=("camera",)), seen_at=NOW - timedelta(days=1))
    texts = [need.text for need in build_view(snapshot(kiosks=[silent]), EN).needs]
    assert [text.split(":")[0] for text in texts] == [
        "kiosk-tk-01 (Thạch Kênh), since 09",
        "kiosk-tk-01 silent since 10",
    ]


def test_kiosks_in_trouble_are_counted_chosen_and_come_before_the_well() -> None:
    seen = province(300)
    kiosks = list(seen.kiosks)
    kiosks[250] = replace(kiosks[250], alerts=(WRONG,))
    kiosks[260] = replace(kiosks[260], alerts=(FULL,))
    kiosks[270] = replace(kiosks[270], faults=("camera",))
    kiosks[280] = replace(kiosks[280], seen_at=NOW - timedelta(hours=2))
    seen = replace(seen, kiosks=kiosks)
    assert [int(name[-5:]) for name in names(seen, Look())[:5]] == [280, 260, 250, 270, 0]
    assert [int(name[-5:]) for name in names(seen, Look(state=TROUBLE))] == [260, 250, 270]
    choices = {choice.text: choice.count for choice in build_view(seen, EN).fleet.choices}
    assert choices == {"All": 300, "In trouble": 3, "Silent": 1, "Online": 299}
    text = ask(seen, "/?state=trouble&lang=en").text
    assert text.count("data-kiosk=") == 3
    assert "the outbox is nearly full" in text


def test_a_kiosks_page_says_since_when() -> None:
    view = shown(snapshot(kiosks=[ill(FULL, WRONG)]), EN)
    assert [alert.endswith("(since 09:30)") for alert in view.alerts] == [True]
    assert view.faults == ("the clock cannot be right",)


def test_the_metrics_count_by_code_and_severity_and_no_kiosk_makes_series_of_its_own() -> None:
    seen = province(4)
    made_up = tuple(StandingAlert(f"made_up_{n}", True, NOW) for n in range(50))
    alerts = [(FULL,), (FULL, WRONG), made_up, ()]
    kiosks = [replace(row, alerts=of) for row, of in zip(seen.kiosks, alerts, strict=True)]
    lines = [line for line in metrics_text(replace(seen, kiosks=kiosks)).splitlines() if "kiosk_alerts{" in line]
    assert lines == [
        'kiosk_office_kiosk_alerts{code="clock_wrong",severity="warning"} 1',
        'kiosk_office_kiosk_alerts{code="other",severity="critical"} 50',
        'kiosk_office_kiosk_alerts{code="outbox_full",severity="critical"} 2',
    ]


@pytest.mark.parametrize("words", [VI, EN], ids=["vi", "en"])
def test_everything_that_a_kiosk_can_tell_has_words(words: Words) -> None:
    for code in (*ALERT_CODES, "roster_unreadable"):
        fault = alert_id(code)
        assert words.either("fault", fault) != fault
        assert f"alert.{code}" in words.texts
