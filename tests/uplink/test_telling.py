"""What the uplink tells beside packages: a connection at a time, with a clock in the test's hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.sealing.commands import Command, sign_command
from kiosk.sealing.keys import SigningKey
from kiosk.uplink.telling import OUTBOX_EVERY_S, TELL_AGAIN_S, Teller
from kiosk.wire.messages import ALERT_CODES, Alert, Birth, State, Telemetry, decode_json, encode_json
from kiosk.wire.topics import Kind, Topic
from tests.uplink.test_sender import uplink_settings

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


@dataclass
class Broker:
    """Keeps what is retained, and everything that came."""

    retained: dict[str, bytes] = field(default_factory=dict)
    came: list[tuple[Topic, bytes, int | None]] = field(default_factory=list)
    correlations: list[bytes | None] = field(default_factory=list)
    clock_s: float = 1000.0
    up: bool = True

    def take(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
    ) -> int | None:
        if not self.up:
            return None
        self.correlations.append(correlation)
        self.came.append((Topic.parse(topic), payload, expiry_s))
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        return len(self.came)

    def alerts(self) -> dict[str, str]:
        found = [decode_json(Alert, data) for topic, data in self.retained.items() if "/alert/" in topic]
        return {alert.code: alert.level for alert in found}


@dataclass
class Kiosk:
    outbox: Outbox
    teller: Teller
    broker: Broker


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    database = CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "kiosk.db")
    broker = Broker()
    teller = Teller(
        uplink_settings(tmp_path),
        outbox=OutboxReader(tmp_path / "outbox.db"),
        publish=broker.take,
        monotonic_s=lambda: broker.clock_s,
        now=lambda: NOW,
    )
    yield Kiosk(Outbox(database, now=lambda: NOW), teller, broker)
    database.close()


def test_alerts_are_retained_as_long_as_they_stand(kiosk: Kiosk) -> None:
    # CK-ALERT-01
    kiosk.outbox.set_alerts({"outbox_filling": "warning", "package_refused": "critical"})
    kiosk.teller.on_up()
    kiosk.teller.tell()
    assert kiosk.broker.alerts() == {"outbox_filling": "warning", "package_refused": "critical"}
    kiosk.outbox.set_alerts({"outbox_full": "critical"})
    kiosk.teller.tell()
    assert kiosk.broker.alerts() == {"outbox_full": "critical"}


def test_an_alert_of_an_earlier_run_is_taken_back_at_the_next_connection(kiosk: Kiosk) -> None:
    address = "ev1/ht/tk/kiosk-tk-01/alert/package-refused"
    kiosk.broker.retained[address] = encode_json(Alert(code="package_refused", level="critical", since=NOW))
    kiosk.teller.on_up()
    kiosk.teller.tell()
    assert kiosk.broker.alerts() == {}
    assert len([topic for topic, _, _ in kiosk.broker.came if topic.kind is Kind.ALERT]) == len(ALERT_CODES)


def test_an_alert_keeps_the_time_since_when_it_stands(kiosk: Kiosk, tmp_path: Path) -> None:
    kiosk.outbox.set_alerts({"clock_wrong": "warning"})
    later = Outbox(kiosk.outbox._database, now=lambda: NOW.replace(hour=9))
    assert later.set_alerts({"clock_wrong": "warning"}) is False
    assert later.set_alerts({"clock_wrong": "warning", "locked": "warning"}) is True
    standing = OutboxReader(tmp_path / "outbox.db").alerts()
    assert [(alert.code, alert.since.hour) for alert in standing] == [("clock_wrong", 3), ("locked", 9)]


def test_what_the_kiosk_said_of_its_devices_is_said_again_at_every_connection(kiosk: Kiosk) -> None:
    # CK-BIRTH-01
    birth = Birth(kiosk="kiosk-tk-01", sw="1", boot="b", drivers={"camera": "picamera2"}, schemas=["enrolment/1"])
    kiosk.outbox.add_telemetry("birth", encode_json(birth))
    for _ in range(2):
        kiosk.broker.retained.clear()
        kiosk.teller.on_up()
        kiosk.teller.tell()
        assert decode_json(Birth, kiosk.broker.retained["ev1/ht/tk/kiosk-tk-01/birth"]) == birth
        assert decode_json(State, kiosk.broker.retained["ev1/ht/tk/kiosk-tk-01/state"]).st == "ready"


def test_telemetry_expires_and_what_is_retained_does_not(kiosk: Kiosk) -> None:
    # CK-EXPIRY-01
    kiosk.outbox.add_telemetry("power", b"{}")
    kiosk.outbox.set_alerts({"locked": "warning"})
    kiosk.teller.on_up()
    kiosk.teller.tell()
    kiosk.teller.goodbye()
    for topic, _, expiry_s in kiosk.broker.came:
        assert (expiry_s is not None and 0 < expiry_s <= 600) == (topic.kind is Kind.TELEMETRY)


def days_told(kiosk: Kiosk) -> list[int]:
    """The message numbers under which days of remedies came."""
    return [n for n, (topic, _, _) in enumerate(kiosk.broker.came, 1) if topic.tail == "remedies"]


def test_a_day_of_remedies_that_nobody_was_there_to_hear_is_told_again(kiosk: Kiosk) -> None:
    # CK-REMEDY-03
    kiosk.outbox.add_telemetry("remedies", b"{}")
    kiosk.teller.on_up()
    kiosk.teller.tell()
    (first,) = days_told(kiosk)
    kiosk.teller.on_unheard(first)
    kiosk.teller.on_outcome(first)
    assert not kiosk.teller.owes
    kiosk.broker.clock_s += TELL_AGAIN_S
    assert kiosk.teller.owes
    kiosk.teller.tell()
    again = days_told(kiosk)
    assert len(again) == 2
    kiosk.teller.on_outcome(again[-1])
    kiosk.broker.clock_s += TELL_AGAIN_S
    kiosk.teller.on_up()
    assert not kiosk.teller.owes


def test_a_day_of_remedies_on_its_way_when_the_connection_ends_is_told_at_the_next(kiosk: Kiosk) -> None:
    # CK-REMEDY-03
    kiosk.outbox.add_telemetry("remedies", b"{}")
    for _ in range(2):
        kiosk.teller.on_up()
        kiosk.teller.tell()
    assert len(days_told(kiosk)) == 2


ORDER = Command("0193b3a0-1234-7abc-8def-0123456789ab", "kiosk-tk-01", 1, "lock", NOW, NOW + timedelta(days=1))


def test_what_waits_only_here_is_told_when_it_changes_and_once_a_minute(kiosk: Kiosk) -> None:
    # CK-TELE-01
    def samples() -> list[tuple[int, str, int]]:
        found = [decode_json(Telemetry, data) for topic, data, _ in kiosk.broker.came if topic.tail == "outbox"]
        return [(one.seq_last, one.chain, one.outbox.n) for one in found]

    kiosk.teller.on_up()
    kiosk.teller.tell()
    entry = kiosk.outbox.commit_enrolment(ORDER.id, lambda _seq, _prev: b"a package")
    for _ in range(3):
        kiosk.teller.tell()
    told = [(0, "00" * 32, 0), (1, entry.sha256.hex(), 1)]
    assert samples() == told
    kiosk.broker.clock_s += OUTBOX_EVERY_S
    kiosk.teller.tell()
    assert samples() == [*told, told[-1]]


def answers_of(kiosk: Kiosk) -> list[tuple[str | None, bytes, int | None]]:
    return [(topic.tail, data, expiry) for topic, data, expiry in kiosk.broker.came if topic.kind is Kind.RESPONSE]


def test_an_answer_to_a_command_is_told_once_and_again_when_the_command_comes_again(kiosk: Kiosk) -> None:
    # CK-CMD-07, CK-CMD-18
    kiosk.outbox.add_answer(ORDER.id, "lock", b"accepted")
    kiosk.teller.on_up()
    kiosk.teller.tell()
    kiosk.outbox.add_answer(ORDER.id, "lock", b"done")
    kiosk.teller.tell()
    kiosk.teller.tell()
    assert answers_of(kiosk) == [("lock", b"accepted", 604_800), ("lock", b"done", 604_800)]
    kiosk.teller.answer_again(sign_command(ORDER, SigningKey.generate()))
    kiosk.teller.answer_again(sign_command(replace(ORDER, id=ORDER.id[:-1] + "0"), SigningKey.generate()))
    kiosk.teller.answer_again(b"no command")
    assert kiosk.teller.outbox_stirs()
    kiosk.teller.tell()
    kiosk.teller.tell()
    assert answers_of(kiosk)[2:] == [("lock", b"done", 604_800)]
    named = [name for name in kiosk.broker.correlations if name is not None]
    assert named == [ORDER.id.encode()] * 3


def test_an_answer_waits_for_the_link(kiosk: Kiosk) -> None:
    kiosk.outbox.add_answer(ORDER.id, "lock", b"done")
    kiosk.broker.up = False
    kiosk.teller.tell()
    assert answers_of(kiosk) == []
    kiosk.broker.up = True
    kiosk.teller.tell()
    assert answers_of(kiosk) == [("lock", b"done", 604_800)]


def test_an_answer_that_the_broker_has_not_taken_is_told_again_at_the_next_connection(kiosk: Kiosk) -> None:
    kiosk.outbox.add_answer(ORDER.id, "lock", b"done")
    kiosk.teller.on_up()
    kiosk.teller.tell()
    kiosk.teller.on_up()
    kiosk.teller.tell()
    assert answers_of(kiosk) == [("lock", b"done", 604_800)] * 2
    for mid in range(1, len(kiosk.broker.came) + 1):
        kiosk.teller.on_outcome(mid)
    kiosk.teller.on_up()
    kiosk.teller.tell()
    assert len(answers_of(kiosk)) == 2
