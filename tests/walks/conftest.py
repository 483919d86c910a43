"""One off-screen window a process: these tests share a worker with all that draw."""

from pathlib import Path

import pytest

from kiosk.ui.environment import prepare


@pytest.fixture(scope="session")
def kivy_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Prepare Kivy's environment once."""
    home = tmp_path_factory.mktemp("kivy")
    prepare(home, offscreen=True)
    return home
