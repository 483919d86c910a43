"""Who the broker lets in, and what each may say: the shipped configuration, on the installed Mosquitto."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.office.provisioning import revoke_kiosk
from kiosk.uplink.link import Delivery, Link, LinkEvents, LinkState
from kiosk.uplink.settings import LinkSettings
from tests.office.conftest import Village
from tests.office.stand import PATIENCE_S

HOME = "ev1/ht/tk/kiosk-tk-01"
FOREIGN = "ev1/ht/tk/kiosk-tk-02"


@dataclass
class Caller:
    """One client of the broker, turned by hand."""

    link: Link
    outcomes: dict[int, str | None] = field(default_factory=dict)
    messages: list[Delivery] = field(default_factory=list)

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not holds():
            if time.monotonic() > deadline_s:
                raise AssertionError(f"never happened: {what}; the link is {self.link.state} {self.link.detail}")
            self.link.step(0.02)

    def say(self, topic: str) -> str | None:
        mid = self.link.publish(topic, b"x")
        assert mid is not None
        self.until(lambda: mid in self.outcomes, "the broker answers")
        return self.outcomes[mid]


def link_settings(village: Village, identity: str) -> LinkSettings:
    layout = village.layout
    folder = layout.collector if identity == "collector" else layout.bundle(identity) / "uplink"
    return LinkSettings(
        identity=identity,
        broker_host="localhost",
        broker_port=village.port,
        authority_file=folder / "server-ca.pem",
        certificate_file=folder / "tls.pem",
        key_file=folder / "tls.key",
        keepalive_s=10,
        session_expiry_s=0,
        reconnect_min_s=0.05,
        reconnect_max_s=0.1,
    )


@contextmanager
def calling(settings: LinkSettings, *subscriptions: str) -> Iterator[Caller]:
    outcomes: dict[int, str | None] = {}
    messages: list[Delivery] = []
    events = LinkEvents(lambda: None, lambda: None, messages.append, outcomes.__setitem__)
    caller = Caller(Link(settings, events, subscriptions=subscriptions), outcomes, messages)
    try:
        yield caller
    finally:
        caller.link.close()


def test_a_kiosk_may_speak_on_its_own_topics_alone(village: Village) -> None:
    # CK-BROKER-02
    with calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/ack") as kiosk:
        kiosk.until(lambda: kiosk.link.up, "the kiosk is connected")
        for own in ("enrol", "state", "birth", "tele/outbox", "rsp/ping", "alert/a1"):
            assert kiosk.say(f"{HOME}/{own}") is None
    for foreign in (
        f"{FOREIGN}/enrol",
        f"{HOME}/ack",
        f"{HOME}/cmd/lock",
        f"{FOREIGN}/rsp/lock",
        "ev1/ht/all/all/beat",
        "elsewhere",
    ):
        with calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/ack") as kiosk:
            kiosk.until(lambda: kiosk.link.up, "the kiosk is connected")
            assert kiosk.say(foreign) == "Not authorized"


def test_the_collector_hears_all_and_a_kiosk_hears_only_its_own_answers(village: Village) -> None:
    # CK-BROKER-02
    with (
        calling(link_settings(village, "collector"), "ev1/#") as collector,
        calling(link_settings(village, "kiosk-tk-01"), "ev1/#") as kiosk,
    ):
        collector.until(lambda: collector.link.up, "the collector is connected")
        kiosk.until(lambda: kiosk.link.up, "the kiosk is connected")
        assert kiosk.say(f"{HOME}/enrol") is None
        collector.until(lambda: any(m.topic == f"{HOME}/enrol" for m in collector.messages), "the enrolment is heard")
        assert collector.say(f"{FOREIGN}/ack") is None
        assert collector.say(f"{HOME}/ack") is None
        kiosk.until(lambda: bool(kiosk.messages), "the answer is heard")
        assert {message.topic for message in kiosk.messages} == {f"{HOME}/ack"}


def test_a_command_reaches_its_kiosk_alone_and_only_that_kiosk_answers(village: Village) -> None:
    # CK-CMD-06: at QoS 1, and not kept by the broker.
    with (
        calling(link_settings(village, "collector"), "ev1/#") as office,
        calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/cmd/+", "ev1/#") as kiosk,
        calling(link_settings(village, "kiosk-tk-02"), f"{HOME}/cmd/+", "ev1/#") as other,
    ):
        for one, who in ((office, "office"), (kiosk, "kiosk"), (other, "other kiosk")):
            one.until(lambda one=one: one.link.up, f"the {who} is connected")
        for topic in (f"{HOME}/cmd/lock", f"{FOREIGN}/cmd/ring", "ev1/ht/all/all/beat"):
            assert office.say(topic) is None
        kiosk.until(lambda: {"lock", "beat"} <= {one.topic.split("/")[-1] for one in kiosk.messages}, "both come")
        other.until(lambda: {"ring", "beat"} <= {one.topic.split("/")[-1] for one in other.messages}, "both come")
        assert {one.topic for one in kiosk.messages} == {f"{HOME}/cmd/lock", "ev1/ht/all/all/beat"}
        assert {one.topic for one in other.messages} == {f"{FOREIGN}/cmd/ring", "ev1/ht/all/all/beat"}
        assert all(one.qos == 1 and not one.retained for one in kiosk.messages)
        assert kiosk.say(f"{HOME}/rsp/lock") is None
        office.until(lambda: any(one.topic == f"{HOME}/rsp/lock" for one in office.messages), "the answer comes")


def test_a_client_without_a_certificate_is_refused(village: Village) -> None:
    # CK-LINK-01, CK-BROKER-01
    context = ssl.create_default_context(cafile=str(village.layout.collector / "server-ca.pem"))
    client = Client(CallbackAPIVersion.VERSION2, "kiosk-tk-01", protocol=MQTTProtocolVersion.MQTTv5)
    client.tls_set_context(context)
    client.username_pw_set("kiosk-tk-01")
    client.connect("localhost", village.port)
    deadline_s = time.monotonic() + PATIENCE_S
    while client.loop(0.05) == 0:
        assert not client.is_connected()
        assert time.monotonic() < deadline_s


def test_a_record_signing_key_opens_no_connection(village: Village, tmp_path: Path) -> None:
    private = village.layout.bundle("kiosk-tk-01") / "kiosk"
    settings = replace(
        link_settings(village, "kiosk-tk-01"),
        certificate_file=private / "record.pem",
        key_file=private / "record.key",
    )
    with calling(settings) as kiosk:
        kiosk.until(lambda: kiosk.link.state is LinkState.KIOSK_NOT_ACCEPTED, "the broker refuses")


def test_a_broker_of_another_authority_is_not_trusted(village: Village) -> None:
    settings = link_settings(village, "kiosk-tk-01")
    wrong = replace(settings, authority_file=village.layout.broker / "device-ca.pem")
    with calling(wrong) as kiosk:
        kiosk.until(lambda: kiosk.link.state is LinkState.OFFICE_NOT_TRUSTED, "the kiosk refuses")


@pytest.mark.parametrize("content", [None, b"", b"-----BEGIN " + b"PRIVATE KEY-----\nAAAA\n"])
def test_a_missing_or_damaged_key_file_is_a_state_and_no_crash(
    village: Village, tmp_path: Path, content: bytes | None
) -> None:
    key_file = tmp_path / "tls.key"
    if content is not None:
        key_file.write_bytes(content)
    with calling(replace(link_settings(village, "kiosk-tk-01"), key_file=key_file)) as kiosk:
        kiosk.until(lambda: kiosk.link.state is LinkState.BAD_CREDENTIALS, "the link says what is missing")


def test_a_revoked_kiosk_is_refused_after_a_reload(village: Village) -> None:
    revoke_kiosk(village.layout.root, "kiosk-tk-03", now=lambda: datetime.now(UTC))
    village.broker.reload()
    with calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/ack") as other:
        other.until(lambda: other.link.up, "another kiosk still connects")

    def refused() -> bool:
        with calling(link_settings(village, "kiosk-tk-03"), "ev1/ht/tk/kiosk-tk-03/ack") as kiosk:
            kiosk.until(lambda: kiosk.link.up or kiosk.link.state is LinkState.KIOSK_NOT_ACCEPTED, "an answer")
            return not kiosk.link.up

    deadline_s = time.monotonic() + PATIENCE_S
    while not refused():
        assert time.monotonic() < deadline_s, "the reload never took effect"


def test_the_broker_names_its_limits_and_the_link_reads_them(village: Village) -> None:
    # CK-BROKER-03, CK-LINK-02
    with calling(link_settings(village, "kiosk-tk-01"), f"{HOME}/ack") as kiosk:
        kiosk.until(lambda: kiosk.link.up, "the kiosk is connected")
        assert kiosk.link.maximum_packet_bytes == 1_048_576
        assert kiosk.link.receive_maximum == 20
