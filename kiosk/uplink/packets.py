"""What goes into MQTT 5 packets beside topic and payload (OASIS MQTT 5.0, 3.1.2.11, 3.1.3.2, 3.3.2.3)."""

from __future__ import annotations

from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from kiosk.uplink.settings import LinkSettings


def connect_properties(settings: LinkSettings) -> Properties:
    """How long the broker keeps the session of an absent client, and how many messages this one takes at once."""
    properties = Properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = settings.session_expiry_s
    properties.ReceiveMaximum = settings.receive_maximum
    return properties


def will_properties(delay_s: int) -> Properties:
    """The last will waits so long, in seconds: a short drop of the link is nobody's news."""
    properties = Properties(PacketTypes.WILLMESSAGE)
    properties.WillDelayInterval = delay_s
    return properties


def publish_properties(
    *, expiry_s: int | None = None, response_topic: str | None = None, correlation: bytes | None = None
) -> Properties:
    """When the broker may throw the message away (never: None), and where its answer goes under which name.

    None of it is signed: a receiver must not decide anything by it.
    """
    properties = Properties(PacketTypes.PUBLISH)
    if expiry_s is not None:
        properties.MessageExpiryInterval = expiry_s
    if response_topic is not None:
        properties.ResponseTopic = response_topic
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties
