"""What every test shares: the --hardware switch, and the order in which tests with one shared resource run."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

REPOSITORY = Path(__file__).resolve().parents[1]

# Timings are never asserted: on a busy small computer one example may take a hundred times what the next one takes.
settings.register_profile("kiosk", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kiosk")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--hardware", action="store_true", help="run the device tests on the real devices too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--hardware"):
        return
    skip = pytest.mark.skip(reason="needs the real device: run with --hardware")
    for item in items:
        if item.get_closest_marker("hardware"):
            item.add_marker(skip)


@pytest.fixture(scope="session")
def repository() -> Path:
    """Where the project lies: config/, systemd/ and docs/ are beside each other there."""
    return REPOSITORY
