"""One MQTT 5 client that sees everything the library shows and says whatever it is told, right or wrong.

Turned by its owner. Its session ends with it, so that no broker keeps anything for it.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk.conformance.errors import CannotTest
from kiosk.uplink.packets import publish_properties
from kiosk.uplink.settings import LinkSettings
from kiosk.uplink.tls import make_context

TURN_S: Final = 0.01
CLOSED: Final = "closed"
_CONNECT_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Heard:
    """One message as it came; `qos` and `retained` are the sender's own. `old`: the broker had kept it."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    expiry_s: int | None
    response_topic: str | None
    correlation: bytes | None
    at_s: float


class Peer:
    """A client of the broker under test, or before the kiosk or office under test."""

    def __init__(self, road: LinkSettings) -> None:
        """Name the way; `connect` goes it. Raises CannotTest for a file that is missing or none."""
        self._road = road
        self.heard: list[Heard] = []
        self.outcomes: dict[int, str | None] = {}
        self.limits: dict[str, int] = {}
        self.ended: str | None = None
        self.greeted = False
        self._granted: list[ReasonCode] | None = None
        try:
            context = make_context(road)
        except (OSError, ssl.SSLError) as error:
            why = getattr(error, "reason", None) or error.strerror or type(error).__name__
            named = f"{road.authority_file}, {road.certificate_file}, {road.key_file}"
            raise CannotTest(f"one of {named} cannot be used: {why}") from error
        self._client = self._made(context)

    def connect(self, *filters: str, within_s: float) -> None:
        """Connect and subscribe. Raises CannotTest, saying what stands in the way."""
        where = f"the broker at {self._road.broker_host}:{self._road.broker_port}"
        self._client.connect_timeout = min(_CONNECT_S, within_s)
        try:
            properties = Properties(PacketTypes.CONNECT)
            properties.SessionExpiryInterval = 0
            properties.ReceiveMaximum = 1000
            self._client.connect(
                self._road.broker_host,
                self._road.broker_port,
                keepalive=60,
                clean_start=True,
                properties=properties,
            )
        except ssl.SSLError as error:
            raise CannotTest(f"{where} is there, and TLS with it fails: {error}") from error
        except TimeoutError as error:
            raise CannotTest(f"{where} does not answer within {within_s:g} s") from error
        except OSError as error:
            raise CannotTest(f"{where} cannot be reached: {error.strerror or error}") from error
        if not self.until(lambda: self.greeted, within_s=within_s):
            said = self.ended or "it says nothing"
            raise CannotTest(f"{where} does not greet {self._road.identity}: {said}")
        if filters:
            options = SubscribeOptions(qos=2, noLocal=True, retainAsPublished=True)
            self._client.subscribe([(topic, options) for topic in filters])
            if not self.until(lambda: self._granted is not None, within_s=within_s):
                raise CannotTest(f"{where} does not answer a subscription: {self.ended or 'it says nothing'}")
            refused = [str(reason) for reason in self._granted or () if reason.is_failure]
            if refused:
                raise CannotTest(f"{where} refuses {self._road.identity} a subscription: {refused[0]}")

    def turn(self, wait_s: float = TURN_S) -> None:
        """Read and write what is due."""
        if self.ended is None and self._client.loop(wait_s) != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self.ended = self.ended or "the connection was cut"

    def until(self, holds: Callable[[], bool], *, within_s: float) -> bool:
        """Turn until it holds, the connection ends or the time is up; whether it holds."""
        until_s = time.monotonic() + within_s
        while not holds():
            if self.ended is not None or time.monotonic() > until_s:
                return holds()
            self.turn()
        return True

    def say(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        expiry_s: int | None = None,
        correlation: bytes | None = None,
        response_topic: str | None = None,
    ) -> int:
        """Publish at QoS 1; the message's number. Raises CannotTest when the connection has ended."""
        if self.ended is not None:
            raise CannotTest(f"the broker ended the connection of {self._road.identity}: {self.ended}")
        properties = publish_properties(expiry_s=expiry_s, response_topic=response_topic, correlation=correlation)
        return self._client.publish(topic, payload, qos=1, retain=retain, properties=properties).mid

    def close(self) -> None:
        """Say goodbye; the broker forgets this client."""
        if self.ended is None and self.greeted:
            self._client.on_disconnect = None
            self._client.disconnect()
            self._client.loop(TURN_S)
        self.ended = self.ended or CLOSED

    def _made(self, context: ssl.SSLContext) -> Client:
        client = Client(CallbackAPIVersion.VERSION2, self._road.identity, protocol=MQTTProtocolVersion.MQTTv5)
        client.tls_set_context(context)
        client.username_pw_set(self._road.identity)
        client.max_inflight_messages_set(1000)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self.greeted = not reason.is_failure
        if reason.is_failure:
            self.ended = str(reason)
        named = properties.json() if properties is not None else {}
        self.limits = {name: value for name, value in named.items() if isinstance(value, int)}

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: Sequence[ReasonCode], _properties: Properties | None
    ) -> None:
        self._granted = list(reasons)

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        self.outcomes[mid] = str(reason) if reason.is_failure else None

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        named = message.properties
        self.heard.append(
            Heard(
                topic=message.topic,
                payload=bytes(message.payload),
                qos=message.qos,
                retained=message.retain,
                expiry_s=getattr(named, "MessageExpiryInterval", None),
                response_topic=getattr(named, "ResponseTopic", None),
                correlation=getattr(named, "CorrelationData", None),
                at_s=time.monotonic(),
            )
        )

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode, _properties: object
    ) -> None:
        self.ended = self.ended or str(reason)
