"""A kiosk that is revoked while it is connected: out within seconds, for good, and no other kiosk with it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from kiosk.office import brokerunit
from kiosk.office.errors import BrokerError
from kiosk.office.registry import load_registry
from kiosk.uplink.linkage import LinkState
from tests.office.conftest import Village, free_port
from tests.office.test_broker_access import calling, link_settings

LOST = "kiosk-tk-02"


@pytest.fixture
def service_manager(village: Village, tmp_path: Path) -> Iterator[dict[str, str]]:
    """A computer on which `systemctl restart mosquitto` restarts this broker."""
    pipe, folder = tmp_path / "pipe", tmp_path / "bin"
    folder.mkdir()
    os.mkfifo(pipe)
    os.mkfifo(tmp_path / "done")
    script = folder / "systemctl"
    script.write_text(
        f'#!/bin/sh\ncase "$1" in restart) echo restart >{pipe}; cat {tmp_path / "done"} >/dev/null ;; esac\n', "utf-8"
    )
    script.chmod(0o755)

    def serve() -> None:
        while pipe.read_text() == "restart\n":
            village.broker.stop()
            village.broker.start()
            (tmp_path / "done").write_text("done\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield {**os.environ, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    with suppress(OSError):
        pipe.write_text("end\n")
    thread.join(10)
    assert not thread.is_alive()


# CK-CERT-05
def test_revoking_ends_the_live_connection_and_it_does_not_come_back(
    village: Village, service_manager: dict[str, str]
) -> None:
    # CK-LINK-05
    typed = f"""
import sys
from pathlib import Path
from kiosk.office import brokerunit
brokerunit.SYSTEMD = Path("/")
from kiosk.cli import app
app(["office", "revoke", {str(village.layout.root)!r}, {LOST!r}])
"""
    with (
        calling(link_settings(village, LOST), f"ev1/ht/tk/{LOST}/ack") as lost,
        calling(link_settings(village, "kiosk-tk-01"), "ev1/ht/tk/kiosk-tk-01/ack") as other,
    ):
        lost.until(lambda: lost.link.up, "it is connected")
        other.until(lambda: other.link.up, "the other is connected")
        began_s = time.monotonic()
        with subprocess.Popen([sys.executable, "-c", typed], env=service_manager, stdout=subprocess.PIPE) as running:
            lost.until(lambda: lost.link.state is LinkState.KIOSK_NOT_ACCEPTED, "it is out")
            took_s = time.monotonic() - began_s
            said = running.communicate(timeout=60)[0].decode()
        assert running.returncode == 0
        assert "does not come back" in said
        assert took_s < 20
        other.until(lambda: other.link.up, "the other is back")
        # It tries again and again all the while.
        until_s = time.monotonic() + 1
        while time.monotonic() < until_s:
            lost.link.step(0.02)
            assert not lost.link.up


def test_where_no_service_manager_runs_the_broker_nothing_is_restarted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not brokerunit.here(lambda _command: 3)
    monkeypatch.setattr(brokerunit.shutil, "which", lambda _name: None)
    assert not brokerunit.here(lambda _command: 0)


def test_a_broker_that_does_not_restart_or_does_not_answer_is_told(village: Village) -> None:
    with pytest.raises(BrokerError, match="did not restart"):
        brokerunit.tell("restart", lambda _command: 1)

    def stuck(command: object) -> int:
        raise subprocess.TimeoutExpired(str(command), 1)

    with pytest.raises(BrokerError, match="did not restart"):
        brokerunit.tell("restart", stuck)
    registry = load_registry(village.layout.registry)
    brokerunit.await_broker(registry)
    nobody = replace(registry, broker_port=free_port())
    with pytest.raises(BrokerError, match="does not answer"):
        brokerunit.await_broker(nobody, within_s=0.1)
