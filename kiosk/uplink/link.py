"""One MQTT 5 connection over mutual TLS 1.3, driven step by step from its owner's single thread.

Owns the client library and every reason code. Refuses to queue: what is published while the link is down is not
accepted, because the only queue that may be trusted is on disk. A link that cannot be made is a state, not a crash.
"""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode
from paho.mqtt.subscribeoptions import SubscribeOptions

from kiosk.uplink.backoff import Backoff
from kiosk.uplink.client import BrokerClient, new_client, why_not_trusted
from kiosk.uplink.identity import Credentials
from kiosk.uplink.linkage import Delivery, LinkEvents, LinkState, Will
from kiosk.uplink.packets import connect_properties, publish_properties
from kiosk.uplink.settings import LinkSettings
from kiosk.uplink.tls import ClientContext, make_context

_log = logging.getLogger(__name__)

# MQTT 5.0, 3.4.2.1: the message was taken, and there was no one to keep it for.
NO_MATCHING_SUBSCRIBERS = 0x10
# MQTT 5: absent from CONNACK means 65,535 and "no limit".
DEFAULT_RECEIVE_MAXIMUM = 65_535
# From the TLS handshake to the last granted subscription; a slow link takes seconds.
GREETING_S = 30.0
# Header and properties of a PUBLISH, at most.
FRAME_BYTES = 64


class Link:
    """A client of the broker. Not thread-safe: one thread calls everything."""

    def __init__(
        self,
        settings: LinkSettings,
        events: LinkEvents,
        *,
        subscriptions: Sequence[str],
        will: Will | None = None,
        manual_ack: bool = False,
        monotonic_s: Callable[[], float] = time.monotonic,
        credentials: Callable[[LinkState], Credentials] | None = None,
    ) -> None:
        """`credentials` gives what to show at the next connection, when that may change; else the settings' own."""
        self._settings = settings
        self._events = events
        self._subscriptions = tuple(subscriptions)
        self._monotonic_s = monotonic_s
        self._backoff = Backoff(
            minimum_s=settings.reconnect_min_s,
            maximum_s=settings.reconnect_max_s,
            uniform=random.SystemRandom().uniform,
        )
        self._client: BrokerClient | None = None
        self._context: ClientContext | None = None
        self._will = will
        self._manual_ack = manual_ack
        self._credentials = credentials
        self._state = LinkState.CONNECTING
        self._detail = ""
        self._failures = 0
        self._next_try_s = 0.0
        self._greeted_by_s = 0.0
        self._connected = False
        self._up = False
        self._explained = False
        self._dropping = False
        self.receive_maximum = DEFAULT_RECEIVE_MAXIMUM
        self.maximum_packet_bytes: int | None = None
        self.keepalive_s = settings.keepalive_s
        """For the next connection; its owner may fit it to the link."""

    @property
    def state(self) -> LinkState:
        """What is known about the way to the office."""
        return self._state

    @property
    def detail(self) -> str:
        """A line for the technician; no personal data, empty when online."""
        return self._detail

    @property
    def up(self) -> bool:
        """Connected, and every subscription granted."""
        return self._up

    def step(self, timeout_s: float) -> None:
        """Do what is due: (re)connect, read, write, keep alive. Waits at most about ``timeout_s``."""
        if self._client is None:
            self._connect_when_due(timeout_s)
            return
        rc = MQTTErrorCode.MQTT_ERR_SUCCESS if self._dropping else self._client.loop(timeout_s)
        if not self._up and not self._dropping and self._monotonic_s() > self._greeted_by_s:
            # The connection lives, and yet the broker never said yes to it or to the subscriptions.
            self.drop(LinkState.UNREACHABLE, "the office's broker took the connection and says nothing")
        if self._dropping or rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._lost()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 1,
        retain: bool = False,
        expiry_s: int | None = None,
        response_topic: str | None = None,
        correlation: bytes | None = None,
    ) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down (nothing is queued).

        0 for one that is larger than the broker takes: it would end this connection and every one after it.
        """
        if self._client is None or not self._connected:
            return None
        if (
            self.maximum_packet_bytes is not None
            and len(topic) + len(payload) + FRAME_BYTES > self.maximum_packet_bytes
        ):
            _log.error("a message of %d bytes is larger than the office's broker takes: not sent", len(payload))
            return 0
        properties = publish_properties(expiry_s=expiry_s, response_topic=response_topic, correlation=correlation)
        info = self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)
        return info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None

    def acknowledge(self, delivery: Delivery) -> None:
        """PUBACK a delivery (links with ``manual_ack``)."""
        if self._client is not None and self._connected and delivery.qos:
            self._client.ack(delivery.mid, delivery.qos)

    def drop(self, state: LinkState, detail: str) -> None:
        """End this connection and try again after the usual wait; unacknowledged deliveries come again."""
        self._report(state, detail)
        self._explained = True
        self._dropping = True

    def close(self) -> None:
        """Say goodbye in order: no last will is sent."""
        if self._client is not None and self._connected:
            self._client.disconnect()
            self._client.loop(0.05)
        self._client = None
        self._connected = False
        self._up = False

    def _connect_when_due(self, timeout_s: float) -> None:
        wait_s = self._next_try_s - self._monotonic_s()
        if wait_s > 0:
            time.sleep(min(wait_s, timeout_s))
            return
        self._explained = False
        try:
            # A new client for each connection: it holds no unsent message of the one before; the disk has them.
            client = self._make_client()
        except FileNotFoundError:
            self._failed(LinkState.BAD_CREDENTIALS, "a certificate or key file is missing; install the bundle again")
            return
        except (OSError, ssl.SSLError) as error:
            why = getattr(error, "reason", None) or error.strerror
            self._failed(LinkState.BAD_CREDENTIALS, f"a certificate or key file cannot be used: {why}")
            return
        self._connect(client)

    def _connect(self, client: BrokerClient) -> None:
        try:
            client.connect(
                self._settings.broker_host,
                self._settings.broker_port,
                keepalive=self.keepalive_s,
                clean_start=False,
                properties=connect_properties(self._settings),
            )
        except ssl.SSLCertVerificationError as error:
            self._failed(LinkState.OFFICE_NOT_TRUSTED, why_not_trusted(error))
        except ssl.SSLError as error:
            self._failed(LinkState.KIOSK_NOT_ACCEPTED, f"TLS with the office failed: {error.reason}")
        except OSError as error:
            self._failed(LinkState.UNREACHABLE, f"the office's broker cannot be reached: {error.strerror or error}")
        else:
            self._client = client
            self._greeted_by_s = self._monotonic_s() + GREETING_S

    def _make_client(self) -> BrokerClient:
        settings = self._settings
        if self._credentials is not None:
            shown = self._credentials(self._state)
            settings = replace(settings, certificate_file=shown.certificate, key_file=shown.key)
        context = self._context = make_context(settings)
        client = new_client(settings, context, will=self._will, manual_ack=self._manual_ack)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_publish = self._on_publish
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect
        return client

    def _on_connect(
        self, client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        if reason.is_failure:
            self.drop(LinkState.NOT_AUTHORIZED, f"the office's broker refuses this kiosk: {reason}")
            return
        self._connected = True
        self.receive_maximum = getattr(properties, "ReceiveMaximum", DEFAULT_RECEIVE_MAXIMUM)
        self.maximum_packet_bytes = getattr(properties, "MaximumPacketSize", None)
        if isinstance(client, BrokerClient):
            client.keep_within(self.receive_maximum)
        if getattr(properties, "MaximumQoS", 2) < 1 or not getattr(properties, "RetainAvailable", 1):
            self.drop(
                LinkState.NOT_AUTHORIZED, "the office's broker offers no QoS 1 or keeps no message: see its settings"
            )
            return
        options = SubscribeOptions(qos=1, noLocal=True)
        client.subscribe([(topic, options) for topic in self._subscriptions])

    def _on_subscribe(
        self, _client: Client, _data: object, _mid: int, reasons: list[ReasonCode], _properties: Properties | None
    ) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self.drop(LinkState.NOT_AUTHORIZED, f"the office's broker refuses a subscription: {refused[0]}")
            return
        self._failures = 0
        self._up = True
        self._report(LinkState.ONLINE, "")
        self._events.on_up()

    def _on_publish(
        self, _client: Client, _data: object, mid: int, reason: ReasonCode, _properties: Properties
    ) -> None:
        if reason.value == NO_MATCHING_SUBSCRIBERS:
            self._events.on_unheard(mid)
        self._events.on_outcome(mid, str(reason) if reason.is_failure else None)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._events.on_message(
            Delivery(message.topic, bytes(message.payload), message.retain, message.qos, message.mid)
        )

    def _on_disconnect(
        self, _client: Client, _data: object, flags: DisconnectFlags, reason: ReasonCode, _properties: Properties | None
    ) -> None:
        if flags.is_disconnect_packet_from_server and not self._explained:
            self.drop(LinkState.NOT_AUTHORIZED, f"the office's broker ended the connection: {reason}")

    def _lost(self) -> None:
        if self._client is not None:
            self._client.on_disconnect = None
            self._client.disconnect()
            self._client = None
        if not self._explained and self._connected:
            self._report(LinkState.UNREACHABLE, "the connection to the office's broker was lost")
        elif not self._explained:
            # TLS 1.3 lets the client finish before the server has judged its certificate: refusal looks like this.
            self._report(
                LinkState.KIOSK_NOT_ACCEPTED,
                "the office's broker hangs up before greeting: this kiosk's certificate is not accepted there",
            )
        was_up, self._connected, self._up, self._dropping = self._up, False, False, False
        self._schedule()
        if was_up:
            self._events.on_down()

    def _failed(self, state: LinkState, detail: str) -> None:
        self._client = None
        if self._context is not None:
            self._context.close_socket()
        self._report(state, detail)
        self._schedule()

    def _schedule(self) -> None:
        self._failures += 1
        self._next_try_s = self._monotonic_s() + self._backoff.wait_s(self._failures)

    def _report(self, state: LinkState, detail: str) -> None:
        if (state, detail) != (self._state, self._detail):
            level = logging.INFO if state is LinkState.ONLINE else logging.WARNING
            _log.log(level, "link %s %s", state, detail)
        self._state = state
        self._detail = detail
