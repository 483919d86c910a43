import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.notify import notify, watchdog_interval_s


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(5)
        ear.bind(str(tmp_path / "notify"))
        yield ear


def test_systemd_hears_every_line_in_one_datagram(systemd: socket.socket) -> None:
    assert notify("READY=1", "STATUS=waiting", environment={"NOTIFY_SOCKET": systemd.getsockname()})
    assert systemd.recv(1000) == b"READY=1\nSTATUS=waiting"


def test_the_abstract_namespace_is_spoken_too() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(5)
        ear.bind("")  # the kernel gives a name of its own in the abstract namespace
        name = ear.getsockname()
        assert notify("WATCHDOG=1", environment={"NOTIFY_SOCKET": "@" + name[1:].decode()})
        assert ear.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", [None, "", "relative", "vsock:2:3"])
def test_nothing_is_sent_where_nobody_listens(address: str | None) -> None:
    assert not notify("READY=1", environment={} if address is None else {"NOTIFY_SOCKET": address})


def test_a_listener_that_has_gone_does_no_harm(tmp_path: Path) -> None:
    assert not notify("WATCHDOG=1", environment={"NOTIFY_SOCKET": str(tmp_path / "gone")})


def test_the_watchdog_is_fed_twice_in_the_time_allowed() -> None:
    assert watchdog_interval_s({"WATCHDOG_USEC": "20000000"}) == 10.0
    assert watchdog_interval_s({"WATCHDOG_USEC": "20000000", "WATCHDOG_PID": str(os.getpid())}) == 10.0


@pytest.mark.parametrize("environment", [{}, {"WATCHDOG_USEC": "0"}, {"WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}])
def test_no_watchdog_no_feeding(environment: dict[str, str]) -> None:
    assert watchdog_interval_s(environment) is None


@given(st.text(max_size=12))
def test_a_strange_allowance_is_no_watchdog_or_a_positive_time(allowed: str) -> None:
    interval_s = watchdog_interval_s({"WATCHDOG_USEC": allowed})
    assert interval_s is None or interval_s > 0
