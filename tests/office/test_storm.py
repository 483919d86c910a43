"""What the storm of `./run prove custody` does to the wire."""

from __future__ import annotations

from random import Random

import pytest

from kiosk.uplink.link import Link
from tests.office.storm_parts import spoil_the_wire


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
