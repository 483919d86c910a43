"""What a client says of itself when it connects, and what it wants of the broker's answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from paho.mqtt.client import Client, ConnectFlags
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from kiosk.custody.inbox import Inbox
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.uplink.link import Link, LinkEvents, LinkState
from kiosk.uplink.packets import publish_properties
from kiosk.uplink.process import Uplink
from kiosk.uplink.settings import LinkSettings
from kiosk.wire import asyncapi
from tests.uplink.test_sender import uplink_settings


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> LinkSettings:
    layout: OfficeLayout = init_office(
        tmp_path_factory.mktemp("office"), province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True
    ).layout
    folder = layout.bundle("kiosk-tk-01") / "uplink"
    return LinkSettings(
        "kiosk-tk-01", "localhost", 8883, folder / "server-ca.pem", folder / "tls.pem", folder / "tls.key"
    )


def link_of(settings: LinkSettings) -> Link:
    events = LinkEvents(lambda: None, lambda: None, lambda _: None, lambda _mid, _refusal: None)
    return Link(settings, events, subscriptions=("ev1/ht/tk/kiosk-tk-01/ack",))


def test_a_client_connects_to_its_own_session_under_the_name_in_its_certificate(
    settings: LinkSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    # CK-LINK-05, CK-LINK-06, CK-LINK-07
    asked: list[dict[str, object]] = []

    def connect(client: Client, *_where: object, **how: object) -> None:
        asked.append({"id": client._client_id, "user": client._username, **how})

    monkeypatch.setattr(Client, "connect", connect)
    link = link_of(settings)
    link.step(0.0)
    (how,) = asked
    assert (how["id"], how["user"], how["clean_start"]) == (b"kiosk-tk-01", b"kiosk-tk-01", False)
    properties = how["properties"]
    assert isinstance(properties, Properties)
    named = properties.json()
    assert named["SessionExpiryInterval"] >= 86_400
    assert named["ReceiveMaximum"] == settings.receive_maximum < 65_535


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        ({}, LinkState.CONNECTING),
        ({"MaximumQoS": 0}, LinkState.NOT_AUTHORIZED),
        ({"RetainAvailable": 0}, LinkState.NOT_AUTHORIZED),
    ],
)
def test_a_broker_that_cannot_carry_the_protocol_is_left(
    settings: LinkSettings, limits: dict[str, int], state: LinkState
) -> None:
    # CK-LINK-09
    link, properties = link_of(settings), Properties(PacketTypes.CONNACK)
    for name, value in {"ReceiveMaximum": 7, "MaximumPacketSize": 99_000, **limits}.items():
        setattr(properties, name, value)
    client = link._make_client()
    link._on_connect(client, None, ConnectFlags(session_present=False), ReasonCode(PacketTypes.CONNACK), properties)
    assert (link.receive_maximum, link.maximum_packet_bytes) == (7, 99_000)
    assert (link.state, link._dropping) == (state, state is not LinkState.CONNECTING)


def test_a_refused_subscription_ends_the_connection(settings: LinkSettings) -> None:
    # CK-LINK-04, CK-LINK-09
    link = link_of(settings)
    refused = ReasonCode(PacketTypes.SUBACK, "Not authorized")
    link._on_subscribe(link._make_client(), None, 1, [refused], None)
    assert not link.up
    assert link._dropping


def test_only_what_was_asked_for_stands_in_a_message() -> None:
    assert publish_properties().json() == {}
    named = publish_properties(expiry_s=600, response_topic="ev1/ht/tk/k/rsp/lock", correlation=b"id").json()
    assert named == {"MessageExpiryInterval": 600, "ResponseTopic": "ev1/ht/tk/k/rsp/lock", "CorrelationData": "6964"}


def test_the_description_of_the_protocol_says_what_a_kiosk_says_when_it_connects(tmp_path: Path) -> None:
    described = asyncapi.describe()["servers"]["broker"]
    mqtt, settings = described["bindings"]["mqtt"], uplink_settings(tmp_path)
    with Inbox.open(settings.inbox) as inbox:
        will = Uplink(settings, inbox)._link._will
    assert will is not None
    place = {"province": "ht", "commune": "tk", "kiosk": "kiosk-tk-01"}
    assert (mqtt["lastWill"]["topic"].format(**place), mqtt["lastWill"]["message"]) == (
        will.topic,
        will.payload.decode(),
    )
    assert f"waits for {will.delay_s} s" in described["description"]
    link = settings.link
    assert (mqtt["sessionExpiryInterval"], mqtt["keepAlive"]) == (link.session_expiry_s, link.keepalive_s)
