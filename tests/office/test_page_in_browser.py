"""The office's page in a real browser over a real broker: live, reviewed, printed, fit for a phone and everybody."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from playwright.sync_api import Browser, expect

from kiosk.custody.entries import to_text
from kiosk.office import streams
from kiosk.office.accounts import Role
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.history import History, Keeping
from kiosk.office.placing import place_kiosk
from kiosk.office.serving import run_office
from kiosk.office.settings import OfficeSettings
from kiosk.wire.messages import OutboxSample, State, Telemetry, encode_json
from kiosk.wire.topics import KioskAddress
from tests.office.browser import PATIENCE_MS, Visitor, find_chromium, open_browser, visiting
from tests.office.conftest import Village
from tests.office.signing import NAME, add_account
from tests.office.stand import PATIENCE_S, KioskSide, eventually
from tests.office.test_desk_pages import enrolled
from tests.office.test_history import sample

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(find_chromium() is None, reason="chromium is not installed"),
]

expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture(scope="module")
def served(village: Village) -> Iterator[str]:
    """A whole office process over the village's broker; the page's address."""
    stop, addresses, ready = threading.Event(), [""], threading.Event()

    def note(address: str) -> None:
        addresses[0] = address
        ready.set()

    settings = OfficeSettings(
        directory=village.layout.root, page_port=0, reconnect_min_s=0.05, reconnect_max_s=0.2, refresh_s=0.5
    )
    place_kiosk(village.layout.root, "kiosk-tk-01", (18.42, 105.86))
    place_kiosk(village.layout.root, "kiosk-tk-02", (18.44, 105.80))
    office = threading.Thread(target=run_office, args=(settings, stop), kwargs={"ready": note}, daemon=True)
    office.start()
    assert ready.wait(PATIENCE_S)
    add_account(settings.database, Role.ADMINISTRATOR)
    yield addresses[0]
    stop.set()
    office.join(PATIENCE_S)
    assert not office.is_alive()


@pytest.fixture(scope="module")
def database(village: Village) -> Iterator[OfficeDatabase]:
    """The office's database, beside the running office."""
    with closing(OfficeDatabase.open(OfficeSettings(directory=village.layout.root).database)) as opened:
        yield opened


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all."""
    yield from open_browser()


@pytest.fixture
def visitor(browser: Browser, served: str) -> Iterator[Visitor]:
    """Somebody who is not signed in yet; at the end nothing may have been complained of, and nobody else asked."""
    with visiting(browser, served) as one:
        yield one
        one.is_content()


def test_who_does_not_know_the_password_stays_outside_and_who_leaves_too(visitor: Visitor) -> None:
    page = visitor.go("/")
    visitor.is_accessible()
    visitor.sign_in(password="made up")
    expect(page.get_by_role("alert")).to_be_visible()
    # The browser notes by itself that it was refused.
    assert [line for line in visitor.complaints if "status of 40" not in line] == []
    visitor.complaints.clear()
    visitor.sign_in()
    expect(page.locator("#needs")).to_be_visible()
    page.get_by_role("button", name="Đăng xuất").click()
    expect(page.locator(".sign-in")).to_be_visible()
    visitor.fits_a_phone()


def test_an_enrolment_appears_without_a_reload_and_its_exceptions_are_reviewed(
    village: Village, visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.enter()
    with KioskSide(village.layout, "kiosk-tk-01", tmp_path / "kiosk", village.port) as kiosk:
        page.evaluate("window.marker = 'the same page'")
        kiosk.start()
        entry = kiosk.enrol()
        row = page.locator(f'tr[data-id="{entry.id}"]')
        expect(row).to_contain_text("ngón trỏ phải")
        expect(page.locator('[data-kiosk="kiosk-tk-01"].good')).to_be_visible()
        assert page.evaluate("window.marker") == "the same page"
    page.get_by_role("link", name="Ngoại lệ cần xem").click()
    page.get_by_role("row", name=re.compile("Nguyễn Thị Mận")).first.get_by_role("link").click()
    page.get_by_role("button", name="Tôi đã xem các ngoại lệ").click()
    expect(page.locator(".fine")).to_contain_text(NAME)


def kiosk_client(village: Village, kiosk: str) -> Client:
    """A kiosk's own connection with its will, as any MQTT client makes it; it has told that it holds two enrolments."""
    folder, place = village.layout.bundle(kiosk) / "uplink", KioskAddress("ht", "tk", kiosk)
    client = Client(CallbackAPIVersion.VERSION2, client_id=kiosk, protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set(str(folder / "server-ca.pem"), str(folder / "tls.pem"), str(folder / "tls.key"))
    client.username_pw_set(kiosk)
    client.will_set(place.state, encode_json(State(st="lost")), qos=1, retain=True)
    client.connect("localhost", village.port)
    client.loop_start()
    outbox = OutboxSample(n=2, bytes=600_000, oldest_s=60)
    sample = Telemetry(ts=datetime.now(UTC), boot="1", seq_last=2, chain="00" * 32, outbox=outbox, sw="1")
    for topic, word, retain in ((place.state, State(st="ready"), True), (place.telemetry("outbox"), sample, False)):
        client.publish(topic, encode_json(word), qos=1, retain=retain).wait_for_publish(PATIENCE_S)
    return client


def test_a_kiosk_whose_connection_breaks_is_told_without_a_reload_and_the_focus_stays(
    village: Village, visitor: Visitor
) -> None:
    client = kiosk_client(village, "kiosk-tk-02")
    page = visitor.enter()
    card = page.locator('[data-kiosk="kiosk-tk-02"]')
    expect(card).to_have_class(re.compile("good"))
    card.get_by_role("link").focus()
    page.evaluate("window.marker = 'the same page'")
    # Without a goodbye, as when its network is gone: the broker gives out its will.
    client.loop_stop()
    connection = client.socket()
    assert connection is not None
    connection.close()
    expect(card).to_have_class(re.compile("bad"))
    expect(page.locator("#needs .urgent", has_text="kiosk-tk-02")).to_contain_text("đang giữ 2 hồ sơ chưa gửi")
    assert page.evaluate("document.activeElement.textContent") == "kiosk-tk-02"
    assert page.evaluate("window.marker") == "the same page"


def test_a_critical_alert_of_a_kiosk_comes_and_goes_without_a_reload(
    village: Village, visitor: Visitor, tmp_path: Path
) -> None:
    page = visitor.enter()
    page.evaluate("window.marker = 'the same page'")
    with KioskSide(village.layout, "kiosk-tk-03", tmp_path / "kiosk", village.port) as kiosk:
        kiosk.start()
        kiosk.outbox.set_alerts({"outbox_full": "critical", "clock_wrong": "warning"})
        urgent = page.locator("#needs .urgent", has_text="kiosk-tk-03")
        expect(urgent).to_contain_text("Bộ nhớ hồ sơ gần đầy")
        expect(page.locator("#needs .soon", has_text="kiosk-tk-03")).to_contain_text("đồng hồ sai giờ")
        page.get_by_role("link", name=re.compile("^Có sự cố")).click()
        expect(page.locator('[data-kiosk="kiosk-tk-03"] .warn').first).to_contain_text("đồng hồ sai giờ")
        page.evaluate("window.marker = 'the same page'")
        kiosk.outbox.set_alerts({})
        expect(urgent).to_have_count(0)
        expect(page.locator('[data-kiosk="kiosk-tk-03"]')).to_have_count(0)
        assert page.evaluate("window.marker") == "the same page"


def test_where_too_many_pages_are_live_one_more_asks_by_itself_and_says_so(
    visitor: Visitor, database: OfficeDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "MOST", 0)
    visitor.page.clock.install()
    page = visitor.enter()
    asking = page.locator("#asking")
    expect(asking).to_be_visible()
    database.hear({"kiosk-tk-03": {"state": "ready", "seen_at": to_text(datetime.now(UTC)), "faults": ["panel"]}})
    page.clock.fast_forward(16_000)
    expect(page.locator("#needs .soon", has_text="kiosk-tk-03")).to_contain_text("bảng nút không trả lời")
    # Once there is room again it is told as before.
    monkeypatch.setattr(streams, "MOST", 64)

    def is_told_again() -> bool:
        page.clock.fast_forward(16_000)
        return not asking.is_visible()

    eventually(is_told_again, "the page asks for ever")
    database.hear({"kiosk-tk-03": {"faults": []}})
    expect(page.locator("#needs .soon", has_text="kiosk-tk-03")).to_have_count(0)
    # The browser notes by itself that it was turned away.
    assert [line for line in visitor.complaints if "status of 503" not in line] == []
    visitor.complaints.clear()


def test_a_kiosks_page_lives_and_the_map_leads_to_it_by_keyboard(visitor: Visitor, database: OfficeDatabase) -> None:
    history, now = History(database, Keeping()), datetime.now(UTC)
    for minute in range(1, 90):
        history.hear("kiosk-tk-01", sample(), now - timedelta(minutes=minute))
    history.flush(now, all_of_it=True)
    visitor.enter()
    page = visitor.go("/map?lang=en")
    place = page.get_by_role("link", name=re.compile("^kiosk-tk-01:"))
    place.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".plot")).to_have_count(6)
    database.hear({"kiosk-tk-01": {"board_c": 81.0, "seen_at": to_text(datetime.now(UTC))}})
    expect(page.locator("#twin dd.warn", has_text="81 °C")).to_be_visible()


def test_the_day_sheet_is_a_table_on_paper_and_can_be_taken_away(visitor: Visitor, database: OfficeDatabase) -> None:
    with database.transaction() as connection:
        insert_enrolment(connection, replace(enrolled(1), kiosk="kiosk-tk-03"), received_at=datetime.now(UTC))
    page = visitor.enter()
    page.get_by_role("link", name="Bảng ngày").click()
    expect(page.get_by_role("row", name=re.compile("kiosk-tk-03"))).to_be_visible()
    for name, begins in (("PDF", b"%PDF-1."), ("XLSX", b"PK\x03\x04"), ("CSV", b"\xef\xbb\xbf")):
        with page.expect_download() as taken:
            page.get_by_role("link", name=name).click()
        assert Path(taken.value.path()).read_bytes().startswith(begins)
    # A4 at 96 dots an inch is as narrow as a tablet, and still no phone.
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})
    expect(page.locator("body > .bar")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.querySelector('tbody tr')).display") == "table-row"
    assert page.evaluate("document.documentElement.scrollWidth") == 794


def test_every_page_fits_a_phone_in_both_languages_and_is_open_to_everybody(
    visitor: Visitor, database: OfficeDatabase
) -> None:
    with database.transaction() as connection:
        new = replace(enrolled(2), kiosk="kiosk-tk-03")
        receipt = f"/receipts/{insert_enrolment(connection, new, received_at=datetime.now(UTC))}"
    visitor.enter()
    paths = ("/", "/kiosks/kiosk-tk-01", "/map", "/exceptions", "/day", receipt, "/alarms", "/audit")
    for path in paths:
        for language in ("vi", "en"):
            page = visitor.go(f"{path}?lang={language}")
            assert page.locator("html").get_attribute("lang") == language
            visitor.fits_a_phone()
        visitor.is_accessible()
