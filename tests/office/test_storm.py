"""What the storm of `./run prove custody` does to the wire."""

from __future__ import annotations

from random import Random

import pytest

from kiosk.uplink.link import Link
from kiosk.uplink.linkage import Delivery
from kiosk.uplink.process import Uplink
from tests.office.storm_parts import WIRE, spoil_the_ear, spoil_the_wire


def test_the_wire_of_a_storm_does_spoil_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[bytes] = []

    def publish(_link: Link, _topic: str, payload: bytes) -> int:
        sent.append(payload)
        return 1

    monkeypatch.setattr(Link, "publish", publish)
    counts = [0] * len(WIRE)
    spoil_the_wire(Random(1), counts)
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
    assert (min(counts[:2]) > 0, counts[2:]) == (True, [0, 0, 0])


def test_what_a_kiosk_hears_in_a_storm_is_spoilt_too_and_comes_late_but_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []
    monkeypatch.setattr(Uplink, "_on_message", lambda _uplink, delivery: heard.append(delivery.payload))
    monkeypatch.setattr(Uplink, "turn", lambda _uplink: None)
    counts = [0] * len(WIRE)
    spoil_the_ear(Random(1), counts)
    uplink = Uplink.__new__(Uplink)
    given = [bytes([n]) * 50 for n in range(200)]
    for payload in given:
        uplink._on_message(Delivery("ev1/ht/tk/kiosk-tk-01/ack", payload, False, 1, 1))
    assert min(counts[2:]) > 0
    assert len(set(heard) - set(given)) > 5
    missing = set(given) - set(heard)
    for _ in range(5_000):
        uplink.turn()
    assert len(set(given) - set(heard)) < len(missing)
    right = [payload for payload in heard if payload in given]
    assert right != sorted(right)
