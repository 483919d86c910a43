"""The touch panel beside SDL: what libmtdev says becomes touches in the window, and a palm is known for one.

No panel is at hand where tests run, so the device file alone is played: its words come from a script.
"""

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest

from kiosk.journey.events import Touched
from kiosk.ui.settings import DisplaySettings
from kiosk.ui.touch_filter import Reject
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS, Screen
from tests.ui.test_contacts import REPORT, Word, finger

if TYPE_CHECKING:
    from kiosk.ui.panel_touch import PanelProvider

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


class PlayedDevice:
    """The device file of a panel of 1280 x 800 places, as libmtdev's binding shows it."""

    words: ClassVar[deque[Word]] = deque()
    gone: ClassVar = threading.Event()
    opened: ClassVar[list[str]] = []

    def __init__(self, path: str) -> None:
        self.gone.clear()
        self.opened.append(path)

    def get_abs(self, axis: int) -> SimpleNamespace:
        return SimpleNamespace(minimum=0, maximum={5: 1280, 6: 800}[axis])

    def idle(self, wait_ms: int) -> bool:
        return not self.words and not self.gone.wait(min(wait_ms, 5) / 1000)

    def get(self) -> SimpleNamespace | None:
        if not self.words:
            return None
        kind, code, value = self.words.popleft()
        return SimpleNamespace(type=kind, code=code, value=value)

    def close(self) -> None:
        self.words.clear()


@pytest.fixture
def panel(kivy_home: Path, monkeypatch: pytest.MonkeyPatch) -> "Iterator[PanelProvider]":
    """A provider that reads a played panel."""
    import kivy.lib.mtdev

    from kiosk.ui import panel_touch

    monkeypatch.setattr(kivy.lib.mtdev, "Device", PlayedDevice)
    monkeypatch.setattr(panel_touch, "_AGAIN_S", 0.01)
    PlayedDevice.words.clear()
    PlayedDevice.opened.clear()
    provider = panel_touch.PanelProvider("panel", "/dev/input/event7,0,1280")
    provider.start()
    yield provider
    provider.stop()
    assert provider._thread is None or not provider._thread.is_alive()


def shown(screen: Screen) -> tuple[int, int]:
    """Show a question; gives the middle of its green button in the panel's places."""
    screen.app.show(view_of("welcome", "vi"))
    screen.settle()
    x, y, width, height = screen.app.touch_targets()["yes"]
    return round(x + width / 2), round(800 - (y + height / 2))


def deliver(panel: "PanelProvider", *words: Word) -> None:
    """Let the panel say something, and give it to the window as each frame does."""
    from kivy.base import EventLoop

    PlayedDevice.words.extend(words)
    deadline_s = time.monotonic() + 10
    heard = 0
    seen: list[tuple[str, Any]] = []

    def note(kind: str, touch: object) -> None:
        seen.append((kind, touch))

    wanted = sum(word == REPORT for word in words)
    while heard < wanted:
        assert time.monotonic() < deadline_s, "the panel was not heard in time"
        seen.clear()
        panel.update(note)
        for kind, touch in seen:
            EventLoop.post_dispatch_input(kind, touch)
        heard += bool(seen)


def lift(slot: int) -> list[Word]:
    return [(3, 0x2F, slot), (3, 0x39, -1), REPORT]


def test_one_finger_on_the_panel_presses_the_button(
    open_screen: Callable[[DisplaySettings], Screen], panel: "PanelProvider"
) -> None:
    screen = open_screen(PANELS["1280x800"])
    x, y = shown(screen)
    deliver(panel, *finger(0, 1, x, y, major=60), REPORT)
    screen.now_s += 0.2
    deliver(panel, *lift(0))
    assert screen.sent == [Touched("yes")]


@pytest.mark.parametrize("what", ["wide", "two at once", "three"])
def test_a_palm_on_the_panel_presses_nothing(
    open_screen: Callable[[DisplaySettings], Screen], panel: "PanelProvider", what: str
) -> None:
    screen = open_screen(PANELS["1280x800"])
    x, y = shown(screen)
    # 217 mm are 1280 places: 150 of them are 25 mm.
    fingers = {
        "wide": [*finger(0, 1, x, y, major=150), REPORT],
        "two at once": [*finger(0, 1, x, y), *finger(1, 2, x + 90, y), REPORT],
        "three": [*finger(0, 1, x, y), *finger(1, 2, x + 90, y), *finger(2, 3, x - 90, y), REPORT],
    }[what]
    deliver(panel, *fingers)
    screen.now_s += 0.2
    for slot in range(sum(word[1] == 0x39 for word in fingers)):
        deliver(panel, *lift(slot))
    assert screen.sent == []
    assert screen.app._filter.rejects[Reject.PALM] == 1


def test_an_unplugged_panel_lifts_its_finger_and_is_read_again_when_it_is_back(
    open_screen: Callable[[DisplaySettings], Screen], panel: "PanelProvider"
) -> None:
    screen = open_screen(PANELS["1280x800"])
    x, y = shown(screen)
    deliver(panel, *finger(0, 1, x, y), REPORT)
    PlayedDevice.gone.set()
    ends: list[str] = []
    deadline_s = time.monotonic() + 10
    while len(PlayedDevice.opened) < 2 or not ends:
        assert time.monotonic() < deadline_s, "the panel was not opened again"
        panel.update(lambda kind, _touch: ends.append(kind))
    assert ends == ["end"]


def test_the_touch_screen_is_told_from_a_touch_pad_and_a_mouse(tmp_path: Path, kivy_home: Path) -> None:
    from kiosk.ui.panel_touch import find_panel

    def device(number: int, properties: str, axes: str) -> None:
        folder = tmp_path / f"event{number}/device"
        (folder / "capabilities").mkdir(parents=True)
        (folder / "properties").write_text(properties + "\n")
        (folder / "capabilities/abs").write_text(axes + "\n")

    assert find_panel(tmp_path) is None
    device(0, "0", "0")
    device(1, "5", "2e0800000000003")
    assert find_panel(tmp_path) is None
    device(10, "2", "2658000 3")
    device(9, "2", "261800000000003")
    assert find_panel(tmp_path) == "/dev/input/event9"


@pytest.mark.parametrize(
    ("touch", "driver", "read"),
    [
        ("auto", "kmsdrm", True),
        ("auto", "x11", False),
        ("mouse", "kmsdrm", False),
        ("/dev/input/event3", "offscreen", True),
    ],
)
def test_either_the_panel_or_sdls_mouse_of_it_is_heard(
    kivy_home: Path, monkeypatch: pytest.MonkeyPatch, touch: str, driver: str, *, read: bool
) -> None:
    from kivy.config import Config

    from kiosk.ui.window import _one_input

    monkeypatch.setenv("SDL_VIDEODRIVER", driver)
    monkeypatch.delenv("SDL_TOUCH_MOUSE_EVENTS", raising=False)
    try:
        _one_input(DisplaySettings(touch=touch))
        assert ("panel" in dict(Config.items("input"))) is read
        assert (os.environ.get("SDL_TOUCH_MOUSE_EVENTS") == "0") is read
    finally:
        _one_input(DisplaySettings(touch="mouse"))
        monkeypatch.delenv("SDL_TOUCH_MOUSE_EVENTS", raising=False)


@pytest.mark.parametrize(("rotation", "across"), [(0, "1280"), (90, "800"), (180, "1280"), (270, "800")])
def test_a_contact_is_as_wide_on_a_turned_panel(
    kivy_home: Path, monkeypatch: pytest.MonkeyPatch, rotation: Literal[0, 90, 180, 270], across: str
) -> None:
    from kivy.config import Config

    from kiosk.ui.window import _one_input

    monkeypatch.setenv("SDL_TOUCH_MOUSE_EVENTS", "1")
    try:
        _one_input(DisplaySettings(touch="/dev/input/event3", touch_rotation=rotation))
        assert Config.get("input", "panel").split(",")[-1] == across
    finally:
        _one_input(DisplaySettings(touch="mouse"))


def test_a_panel_that_knows_one_contact_alone_is_left_to_sdl(tmp_path: Path, kivy_home: Path) -> None:
    from kiosk.ui.panel_touch import single_touch

    def device(number: int, axes: str) -> None:
        folder = tmp_path / f"event{number}/device"
        (folder / "capabilities").mkdir(parents=True)
        (folder / "properties").write_text("2\n")
        (folder / "capabilities/abs").write_text(axes + "\n")

    assert not single_touch(tmp_path)
    device(0, "1000003")
    assert single_touch(tmp_path)
    device(1, "261800000000003")
    assert not single_touch(tmp_path)


def test_a_touch_setting_that_is_no_device_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match=r'display\.touch is "panel"'):
        DisplaySettings(touch="panel")
