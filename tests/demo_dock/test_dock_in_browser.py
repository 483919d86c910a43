"""The dock's page in a real browser: its buttons do what they say, and it shows what has become of it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from kiosk.demo.dock import Dock
from kiosk.demo.dock_page import serve_dock
from kiosk.demo.people import people
from kiosk.demo.stage import Stage
from kiosk.domain.capture_plan import Finger
from tests.office.browser import Visitor, open_browser, visiting

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all."""
    yield from open_browser()


@pytest.fixture
def visitor(browser: Browser, address: str) -> Iterator[Visitor]:
    """Somebody at the dock."""
    with visiting(browser, address) as one:
        one.page.goto(address)
        expect(one.page.locator("body")).to_have_attribute("data-live", "true")
        yield one
        assert one.asked == {urlsplit(address).netloc}


def test_the_pages_buttons_move_the_devices_and_show_it(visitor: Visitor, stage: Stage) -> None:
    page = visitor.page
    page.locator('[data-finger="right_thumb"]').click()
    expect(page.locator('[data-finger="right_thumb"]')).to_have_attribute("aria-pressed", "true")
    # Asked through the element: a function that waits would need eval, which the page's own rules forbid.
    expect(page.locator("#glass")).to_have_js_property("naturalWidth", 192)
    assert stage.finger_on_glass is Finger.RIGHT_THUMB
    page.locator("#who .person:nth-child(2)").click()
    expect(page.locator('[data-finger="left_little"]')).to_be_disabled()
    assert stage.finger_on_glass is None
    # Where no kiosk runs, its help button cannot be pressed, and the page says so.
    page.locator(".help").click()
    expect(page.locator("#problem")).to_be_visible()
    # The browser notes by itself that it was refused.
    assert [line for line in visitor.complaints if "status of 400" not in line] == []


@pytest.mark.parametrize("width_px", [420, 1100])
def test_nothing_is_wider_than_the_page(visitor: Visitor, width_px: int) -> None:
    visitor.page.set_viewport_size({"width": width_px, "height": 900})
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width_px


@pytest.mark.parametrize("width_px", [420, 1100])
def test_the_two_keys_lie_side_by_side_each_with_its_shape_and_room_for_a_thumb(
    visitor: Visitor, width_px: int
) -> None:
    visitor.page.set_viewport_size({"width": width_px, "height": 900})
    keys = visitor.page.locator("#case .keys button")
    no, yes = (keys.nth(number).bounding_box() for number in range(2))
    assert no is not None
    assert yes is not None
    assert abs(no["y"] - yes["y"]) < 1
    assert no["x"] + no["width"] < yes["x"]
    assert abs(no["width"] - yes["width"]) < 1
    assert abs(no["height"] - yes["height"]) < 1
    assert min(no["width"], no["height"]) >= 60
    expect(keys.nth(1).locator("i")).to_have_css("clip-path", "polygon(50% 4%, 100% 92%, 0px 92%)")
    expect(keys.nth(0).locator("i")).to_have_css("clip-path", "none")
