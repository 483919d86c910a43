"""One offscreen window for all tests of the screens: Kivy has one window a process, so these tests share a worker."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kiosk.journey.events import Event
from kiosk.ui.environment import prepare
from kiosk.ui.settings import DisplaySettings
from tests.ui.screen_stage import Screen


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that records the goldens anew: pytest tests/ui --update-goldens."""
    parser.addoption(
        "--update-goldens", action="store_true", default=False, help="record the pictures of tests/ui/goldens anew"
    )


@pytest.fixture(scope="session")
def kivy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare Kivy's environment once."""
    home = tmp_path_factory.mktemp("kivy")
    prepare(home, offscreen=True)
    return home


@pytest.fixture
def open_screen(kivy_home: Path) -> Iterator[Callable[[DisplaySettings], Screen]]:
    """Give a function that opens the screen of a panel; it is closed after the test."""
    from kiosk.ui.app import KioskApp

    opened: list[Screen] = []

    def opener(display: DisplaySettings) -> Screen:
        sent: list[Event] = []
        app = KioskApp(
            sent.append, lambda: opened[-1].frame, display, monotonic_s=lambda: opened[-1].now_s if opened else 0.0
        )
        opened.append(Screen(app, sent))
        return opened[-1]

    yield opener
    for screen in opened:
        screen.app.close()
