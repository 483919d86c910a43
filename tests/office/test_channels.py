"""Everything that both sides say, as it goes to the broker, against the table of channels."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kiosk.office.collector import Collector
from kiosk.sealing import cose, receipts
from kiosk.uplink.link import Delivery, Link
from kiosk.wire import asyncapi
from kiosk.wire.messages import ReceiptMessage, decode_ack
from kiosk.wire.topics import Kind, Topic
from tests.office.conftest import Village
from tests.office.stand import KioskSide, eventually, open_office

NAMES = ("kiosk-tk-01", "kiosk-tk-02")
BINDINGS = {kind: one["bindings"]["mqtt"] for kind, one in asyncapi.describe()["operations"].items()}


def test_both_sides_keep_to_the_table_of_channels(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-TOPIC-02, CK-ACK-11, CK-EXPIRY-01
    said: list[tuple[Topic, bytes, dict[str, Any]]] = []
    publish = Link.publish

    def recorded(link: Link, topic: str, payload: bytes, **how: Any) -> int | None:  # noqa: ANN401 -- passed through
        said.append((Topic.parse(topic), payload, how))
        return publish(link, topic, payload, **how)

    monkeypatch.setattr(Link, "publish", recorded)
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        kiosks = [
            KioskSide(village.layout, name, tmp_path / name, village.port) for name in ("kiosk-tk-01", "kiosk-tk-02")
        ]
        office.start()
        for kiosk in kiosks:
            kiosk.outbox.set_alerts({"clock_wrong": "warning"})
            kiosk.start()
            entry = kiosk.enrol(size=70_000)
            eventually(lambda kiosk=kiosk, entry=entry: kiosk.status(entry).value == "received", "it is received")
            kiosk.stop()
            kiosk.database.close()
    for topic, _, how in said:
        binding = BINDINGS[topic.kind]
        assert how.get("qos", 1) == binding["qos"]
        assert how.get("retain", False) == binding["retain"], topic.text
        expiry_s = how.get("expiry_s")
        assert (expiry_s is not None and 0 < expiry_s <= binding["messageExpiryInterval"]) == (
            "messageExpiryInterval" in binding
        )
    kinds = {topic.kind for topic, _, _ in said}
    assert kinds >= {Kind.BIRTH, Kind.STATE, Kind.ALERT, Kind.TELEMETRY, Kind.ENROL, Kind.ACK, Kind.BEAT}
    receipts_of = {
        (topic.address.kiosk, _unverified(message.cose).kiosk)
        for topic, payload, _ in said
        if topic.kind is Kind.ACK and isinstance(message := decode_ack(payload), ReceiptMessage)
    }
    assert receipts_of == {(name, name) for name in NAMES}


def _unverified(signed: bytes) -> receipts.Receipt:
    return receipts.Receipt.from_cbor(cose.take_apart(signed, receipts.CONTENT_TYPE).payload)


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("ev1/ht/tk/kiosk-tk-01/song", b"x"),
        ("ev1/ht/tk/kiosk-tk-01/tele/weather", b"{}"),
        ("ev1/ht/tk/kiosk-tk-01/tele/remedies", b"{}"),
        ("ev1/ht/tk/kiosk-tk-01/state", b"no json"),
        ("ev1/ht/tk/kiosk-tk-01/birth", b'{"v":9}'),
        ("ev1/ht/tk/kiosk-tk-01/enrol", b"\xa1atazx"),
        ("ev1/ht/tk/kiosk-tk-01/enrol", bytes(200_000)),
        ("ev1/ht/tk/kiosk-tk-01/rsp/lock", b"no answer"),
        ("ev1/elsewhere", b""),
    ],
)
def test_what_the_collector_does_not_know_or_understand_is_passed_over_and_acknowledged(
    village: Village, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, topic: str, payload: bytes
) -> None:
    # CK-TOPIC-03, CK-MSG-04
    acknowledged: list[Delivery] = []
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        collector = Collector(office.settings, office.database, office.changes)
        monkeypatch.setattr(collector._link, "acknowledge", acknowledged.append)
        monkeypatch.setattr(collector._link, "drop", lambda *_: pytest.fail("the connection is ended"))
        delivery = Delivery(topic, payload, retained=False, qos=1, mid=1)
        collector._on_message(delivery)
    assert acknowledged == [delivery]
