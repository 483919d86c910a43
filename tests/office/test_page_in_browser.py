"""The office's page in a real browser over a real broker: live, reviewed, fit for a phone, asking nobody else."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.entries import to_text
from kiosk.office.accounts import Role
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.serving import run_office
from kiosk.office.settings import OfficeSettings
from tests.office.chromium import Tab, find_chromium, open_tab
from tests.office.conftest import Village
from tests.office.signing import NAME, add_account, sign_in_by_hand
from tests.office.stand import PATIENCE_S, KioskSide
from tests.office.test_desk_pages import enrolled

pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(find_chromium() is None, reason="chromium is not installed"),
]


@pytest.fixture(scope="module")
def served(village: Village) -> Iterator[str]:
    """A whole office process over the village's broker; the page's address."""
    stop, addresses, ready = threading.Event(), [""], threading.Event()

    def note(address: str) -> None:
        addresses[0] = address
        ready.set()

    settings = OfficeSettings(
        directory=village.layout.root, page_port=0, reconnect_min_s=0.05, reconnect_max_s=0.2, refresh_s=2.0
    )
    office = threading.Thread(target=run_office, args=(settings, stop), kwargs={"ready": note}, daemon=True)
    office.start()
    assert ready.wait(PATIENCE_S)
    add_account(settings.database, Role.REVIEWER)
    yield addresses[0]
    stop.set()
    office.join(PATIENCE_S)
    assert not office.is_alive()


def enter(tab: Tab, served: str) -> None:
    """Sign in, and wait for the live page."""
    tab.open(served, width_px=1280, height_px=800)
    sign_in_by_hand(tab)
    tab.until("document.querySelector('#needs') !== null && document.readyState === 'complete'", timeout_s=PATIENCE_S)


def fits_a_phone_and_asks_nobody_else(tab: Tab, name: str) -> None:
    """Look at the page that stands there at a phone's width; a picture of it goes into ``OFFICE_PAGE_PICTURES``."""
    # Before it is complete it has no style yet.
    tab.until("document.readyState === 'complete'", timeout_s=PATIENCE_S)
    tab.ask("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=1, mobile=False)
    assert tab.value("document.documentElement.scrollWidth") == 360
    assert tab.value(
        "performance.getEntriesByType('resource').every(one => one.name.startsWith(location.origin + '/'))"
    )
    assert tab.complaints == []
    if folder := os.environ.get("OFFICE_PAGE_PICTURES"):
        tab.picture(Path(folder) / f"office-{name}-360.png")


def test_an_enrolment_appears_without_a_reload_and_is_reviewed(village: Village, served: str, tmp_path: Path) -> None:
    with open_tab() as tab, KioskSide(village.layout, "kiosk-tk-01", tmp_path / "kiosk", village.port) as kiosk:
        enter(tab, served)
        tab.value("window.marker = 'the same page'")
        kiosk.start()
        entry = kiosk.enrol()
        row = f"document.querySelector('tr[data-id=\"{entry.id}\"]')"
        tab.until(f"{row} !== null", timeout_s=PATIENCE_S)
        tab.until("document.querySelector('[data-kiosk=\"kiosk-tk-01\"].good') !== null", timeout_s=PATIENCE_S)
        assert tab.value("window.marker") == "the same page"
        assert "ngón trỏ phải" in str(tab.value(f"{row}.innerText"))
        fits_a_phone_and_asks_nobody_else(tab, "first")
        tab.value(f"{row}.querySelector('a').click()")
        tab.until("document.querySelector('#review') !== null", timeout_s=PATIENCE_S)
        fits_a_phone_and_asks_nobody_else(tab, "receipt")
        tab.value("document.querySelector('#review').click()")
        tab.until(
            "!document.querySelector('#review') && document.querySelector('.fine') !== null", timeout_s=PATIENCE_S
        )
        assert NAME in str(tab.value("document.querySelector('.fine').innerText"))
        fits_a_phone_and_asks_nobody_else(tab, "reviewed")


def test_a_kiosk_that_falls_silent_is_told_without_a_reload(village: Village, served: str) -> None:
    with (
        open_tab() as tab,
        closing(OfficeDatabase.open(OfficeSettings(directory=village.layout.root).database)) as database,
    ):
        database.hear({"kiosk-tk-02": {"state": "ready", "seen_at": to_text(datetime.now(UTC)), "outbox_n": 2}})
        enter(tab, served)
        card = "document.querySelector('[data-kiosk=\"kiosk-tk-02\"]')"
        tab.until(f"{card}.classList.contains('good')", timeout_s=PATIENCE_S)
        tab.value("window.marker = 'the same page'")
        # Nothing is heard of it any more: only time goes by, here at once.
        database.hear({"kiosk-tk-02": {"seen_at": to_text(datetime.now(UTC) - timedelta(hours=1))}})
        tab.until(f"{card}.classList.contains('bad')", timeout_s=PATIENCE_S)
        tab.until("document.querySelector('#needs .urgent') !== null", timeout_s=PATIENCE_S)
        assert "kiosk-tk-02" in str(tab.value("document.querySelector('#needs .urgent').innerText"))
        assert tab.value("window.marker") == "the same page"
        fits_a_phone_and_asks_nobody_else(tab, "silent")


def test_the_day_sheet_is_a_table_on_paper_and_fits_a_phone(village: Village, served: str) -> None:
    received = replace(enrolled(1), kiosk="kiosk-tk-03")
    with (
        open_tab() as tab,
        closing(OfficeDatabase.open(OfficeSettings(directory=village.layout.root).database)) as database,
    ):
        with database.transaction() as connection:
            insert_enrolment(connection, received, received_at=datetime.now(UTC))
        enter(tab, served)
        tab.value("document.querySelector('.bar a[href^=\"/day\"]').click()")
        tab.until("location.pathname === '/day' && document.querySelector('tbody tr') !== null", timeout_s=PATIENCE_S)
        fits_a_phone_and_asks_nobody_else(tab, "day")
        tab.ask("Emulation.setEmulatedMedia", media="print")
        # A4 at 96 dots an inch is as narrow as a tablet, and still no phone.
        tab.ask("Emulation.setDeviceMetricsOverride", width=794, height=1123, deviceScaleFactor=1, mobile=False)
        assert tab.value("getComputedStyle(document.querySelector('tbody tr')).display") == "table-row"
        assert tab.value("getComputedStyle(document.querySelector('.bar')).display") == "none"
        assert tab.value("document.documentElement.scrollWidth") == 794


def test_a_page_whose_sign_in_is_ended_asks_for_it_again(village: Village, served: str) -> None:
    with open_tab() as tab:
        enter(tab, served)
        tab.value("document.querySelector('nav button').click()")
        tab.until("document.querySelector('.sign-in') !== null", timeout_s=PATIENCE_S)
        fits_a_phone_and_asks_nobody_else(tab, "sign-in")
