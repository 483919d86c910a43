"""A test office with its broker, its collector and its test kiosks, as `kiosk conformance --make` makes them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kiosk.conformance.findings import Finding, Verdict
from kiosk.conformance.identities import KIOSKS, STRANGER, TestKiosk, make_test_office
from kiosk.conformance.office_side import Scene, examine_office, new_findings
from kiosk.conformance.peer import Peer
from kiosk.conformance.standing import OF_THE_OFFICE
from kiosk.office.broker import Broker, find_mosquitto
from kiosk.office.errors import BrokerError
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import COLLECTOR
from kiosk.wire.topics import Topic
from tests.office.conftest import TRIES, free_port
from tests.office.stand import PATIENCE_S, OfficeSide, eventually


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a test is made."""

    layout: OfficeLayout
    broker: Broker

    @property
    def port(self) -> int:
        """The broker's port."""
        return self.broker.port

    def kiosk(self, name: str) -> TestKiosk:
        """One test kiosk's bundle."""
        return TestKiosk.read(self.layout.bundle(name), "localhost", self.port)

    def forget_numbers(self) -> None:
        """Let no kiosk know what tests were before."""
        for name in KIOSKS:
            self.kiosk(name).ledger.unlink(missing_ok=True)

    def forget(self) -> None:
        """Let no kiosk know what tests were before, and the broker keep nothing. Neither side may be running."""
        self.forget_numbers()
        collector = replace(self.kiosk(KIOSKS[0]).road, identity=COLLECTOR, **_files(self.layout.collector))
        office = Peer(collector)
        office.connect("ev1/#", within_s=PATIENCE_S)
        # What the broker keeps comes before the answer to this.
        mark = office.say(self.kiosk(KIOSKS[0]).address.ack, b"")
        office.until(lambda: mark in office.outcomes, within_s=PATIENCE_S)
        topics = {one.topic for one in office.heard if one.retained}
        own = {topic for topic in topics if Topic.parse(topic).kind in OF_THE_OFFICE}
        for name in KIOSKS:
            _unkept(Peer(self.kiosk(name).road), {topic for topic in topics - own if f"/{name}/" in topic})
        _unkept(office, own)


def _unkept(peer: Peer, topics: set[str]) -> None:
    """Take retained messages back, as far as this client may."""
    for topic in sorted(topics):
        if not peer.greeted:
            peer.connect(within_s=PATIENCE_S)
        mid = peer.say(topic, b"", retain=True)
        peer.until(lambda mid=mid: mid in peer.outcomes, within_s=PATIENCE_S)
    peer.close()


def _files(folder: Path) -> dict[str, Path]:
    return {
        "authority_file": folder / "server-ca.pem",
        "certificate_file": folder / "tls.pem",
        "key_file": folder / "tls.key",
    }


@contextmanager
def test_ground(folder: Path) -> Iterator[Ground]:
    """A test office and its running broker."""
    if find_mosquitto() is None:
        pytest.skip("mosquitto is not installed")
    for left in reversed(range(TRIES)):
        port = free_port()
        layout = make_test_office(folder / str(port), "localhost", port)
        broker = Broker(layout.broker, port=port, log_file=folder / f"{port}.log")
        try:
            broker.start()
        except BrokerError:
            if left == 0:
                raise
            continue
        try:
            yield Ground(layout, broker)
        finally:
            broker.close()
        return


test_ground.__test__ = False  # type: ignore[attr-defined]


def examined(
    ground: Ground, *, scenes: Sequence[Scene] | None = None, within_s: float = 10.0, quiet_s: float = 0.02
) -> dict[str, Finding]:
    """What a test of whatever office runs there finds, by rule."""
    findings = new_findings()
    kiosks = [ground.kiosk(name) for name in KIOSKS]
    stranger = ground.kiosk(STRANGER)
    examine_office(kiosks, findings, stranger=stranger, scenes=scenes, within_s=within_s, quiet_s=quiet_s)
    return {row.rule: row for row in findings.table()}


def run_conformance(*words: str) -> subprocess.CompletedProcess[str]:
    """`kiosk conformance ...`, in a process of its own: its log is not the test's."""
    with conformance_running(*words) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
    return subprocess.CompletedProcess(words, process.returncode, out, err)


@contextmanager
def conformance_running(*words: str) -> Iterator[subprocess.Popen[str]]:
    """The same, not waited for; killed when it still runs at the end."""
    program = [sys.executable, "-m", "kiosk.cli", "conformance", *words]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def started(office: OfficeSide) -> None:
    """Start an office, and wait until it listens and its beat is out."""
    office.start()
    collector = office.collector
    assert collector is not None
    eventually(lambda: collector._link.up and collector._heart._due_s > 0, "the office listens")


def failed(rows: dict[str, Finding]) -> set[str]:
    """The rules that failed."""
    return {rule for rule, row in rows.items() if row.verdict is Verdict.FAILED}
