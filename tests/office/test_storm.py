"""A small storm in every test run; the large ones are `./run prove custody`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from kiosk.office.broker import find_mosquitto
from kiosk.uplink.link import Link
from tests.office.storm import Storm
from tests.office.storm_parts import spoil_the_wire


@pytest.mark.skipif(find_mosquitto() is None, reason="mosquitto is not installed")
def test_whatever_is_killed_every_enrolment_is_at_the_office_once_and_as_it_was_sealed(tmp_path: Path) -> None:
    storm = Storm(tmp_path, seed=7)
    try:
        storm.blow(8, every_s=0.5)
        report = storm.calm()
    finally:
        storm.close()
    assert sum(report.kills.values()) == 8
    assert (report.lost, report.twice, report.altered) == (0, 0, 0)
    assert report.receipts == report.sealed > 0


def test_the_wire_of_a_storm_does_spoil_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    def publish(_link: Link, _topic: str, payload: bytes) -> int:
        sent.append(payload)
        return 1

    monkeypatch.setattr(Link, "publish", publish)
    spoil_the_wire(Random(1))
    link = Link.__new__(Link)
    given = [bytes([n]) * 50 for n in range(200)]
    for payload in given:
        link.publish("ev1/ht/tk/kiosk-tk-01/enrol", payload)
    assert len(sent) > len(given)
    assert len(set(sent) - set(given)) > 5
    assert len(set(given) - set(sent)) > 0
    for payload in given:
        link.publish("ev1/ht/tk/kiosk-tk-01/state", payload)
    assert sent[-len(given) :] == given
