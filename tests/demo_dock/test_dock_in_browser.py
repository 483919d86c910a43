"""The dock's page in a real browser: its buttons do what they say, and it shows what has become of it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import serve_dock
from kiosk.demo.people import people
from kiosk.demo.stage import Stage
from kiosk.domain.capture_plan import Finger
from tests.office.chromium import Tab, find_chromium, open_tab

PATIENCE_S = 60.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path, people(), port_mode=0o600)
    made.open(None)
    yield made
    made.close()


@pytest.fixture
def address(stage: Stage) -> Iterator[str]:
    """The page of a dock without a kiosk, served in a loop on a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    serving = serve_dock(Dock(stage, people(), switches={}))
    yield asyncio.run_coroutine_threadsafe(serving.__aenter__(), loop).result(PATIENCE_S)
    asyncio.run_coroutine_threadsafe(serving.__aexit__(None, None, None), loop).result(PATIENCE_S)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(PATIENCE_S)
    loop.close()


@pytest.fixture
def tab(address: str) -> Iterator[Tab]:
    if find_chromium() is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    with open_tab() as opened:
        opened.open(address, width_px=1100, height_px=900)
        opened.until("document.body?.dataset.live === 'true'")
        yield opened


def click(tab: Tab, selector: str) -> None:
    tab.value(f"document.querySelector({selector!r}).click()")


def test_the_pages_buttons_move_the_devices_and_show_it(tab: Tab, stage: Stage) -> None:
    thumb = '[data-finger="right_thumb"]'
    click(tab, thumb)
    tab.until(f"document.querySelector('{thumb}').getAttribute('aria-pressed') === 'true'")
    tab.until("document.getElementById('glass').complete && document.getElementById('glass').naturalWidth === 192")
    assert stage.finger_on_glass is Finger.RIGHT_THUMB
    click(tab, "#who .person:nth-child(2)")
    tab.until("document.querySelector('[data-finger=\"left_little\"]').disabled")
    assert stage.finger_on_glass is None
    # Where no kiosk runs, its help button cannot be pressed, and the page says so.
    click(tab, ".help")
    tab.until("!document.getElementById('problem').hidden")
    refused = [complaint for complaint in tab.complaints if '"status": 400' not in complaint and "/do" not in complaint]
    assert refused == []


@pytest.mark.parametrize("width_px", [420, 1100])
def test_nothing_is_wider_than_the_page(tab: Tab, address: str, width_px: int) -> None:
    tab.open(address, width_px=width_px, height_px=900)
    tab.until(f"document.body?.dataset.live === 'true' && innerWidth === {width_px}")
    assert tab.value("document.documentElement.scrollWidth") <= width_px
