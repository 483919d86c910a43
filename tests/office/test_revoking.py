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
from kiosk.office.provisioning import revoke_kiosk
from kiosk.office.registry import load_registry
from kiosk.uplink.linkage import LinkState
from tests.office.conftest import Village, free_port
from tests.office.stand import eventually, open_office
from tests.office.test_broker_access import HOME, calling, link_settings

LOST, THIEF = "kiosk-tk-02", "kiosk-tk-03"


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


def test_what_the_broker_kept_of_a_revoked_kiosk_is_taken_back(village: Village, tmp_path: Path) -> None:
    layout, others = village.layout, f"{HOME}/state"

    def kept() -> set[str]:
        """What the broker gives to who comes anew, as the collector."""
        with (
            calling(link_settings(village, "collector"), "ev1/#") as anew,
            calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/ack") as other,
        ):
            for one in (anew, other):
                one.until(lambda one=one: one.link.up, "it is connected")
            other.link.publish(f"{HOME}/want", b"mark")
            anew.until(lambda: any(m.payload == b"mark" for m in anew.messages), "the mark is heard")
            return {message.topic for message in anew.messages if message.retained}

    gone = {f"ev1/ht/tk/{THIEF}/{word}" for word in ("state", "alert/no alert at all", "enrol")}
    for kiosk, topics in ((THIEF, gone), ("kiosk-tk-01", {others})):
        with calling(link_settings(village, kiosk), f"{HOME}/ack") as caller:
            caller.until(lambda caller=caller: caller.link.up, "it is connected")
            for topic in sorted(topics):
                mid = caller.link.publish(topic, b"x", retain=True)
                caller.until(lambda caller=caller, mid=mid: mid in caller.outcomes, "the broker has it")
    assert kept() >= {*gone, others}
    revoke_kiosk(layout.root, THIEF)
    village.broker.stop()
    village.broker.start()
    with open_office(layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        office.start()
        eventually(lambda: office.collector is not None and office.collector._sweeper._swept == len(gone), "all of it")
    eventually(lambda: not kept() & gone, "nothing of it is left")
    assert others in kept()
