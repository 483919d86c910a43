"""What every test shares: the --hardware switch, and the order in which tests with one shared resource run."""

import logging
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

#: The rooms whose tests take longest each, the longest first.
LONG = ("walks", "flows", "ui")

# Timings are never asserted: on a busy small computer one example may take a hundred times what the next one takes.
settings.register_profile("kiosk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kiosk")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware", action="store_true", help="run the device tests on the real devices too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # What takes long begins first, so that no worker is left alone with it at the end; the rest stays as it was.
    items.sort(key=lambda item: next((n for n, room in enumerate(LONG) if room in item.path.parts), len(LONG)))
    if config.getoption("--hardware"):
        return
    skip = pytest.mark.skip(reason="needs the real device: run with --hardware")
    for item in items:
        if item.get_closest_marker("hardware"):
            item.add_marker(skip)


@pytest.fixture(autouse=True)
def _the_log_is_nobodys_after_a_test() -> Iterator[None]:
    """A command that a test runs in this process starts the log on a stream that ends with the test."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    hooks = sys.excepthook, threading.excepthook, sys.unraisablehook
    yield
    for handler in list(root.handlers):
        if handler not in handlers:
            root.removeHandler(handler)
    for handler in handlers:
        if handler not in root.handlers:
            root.addHandler(handler)
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks


@pytest.fixture(scope="session")
def repository() -> Path:
    """Where the project lies: config/, systemd/ and docs/ are beside each other there."""
    return REPOSITORY
