"""The client library's object for one connection: who it says it is, its last will, and how its socket behaves."""

from __future__ import annotations

import socket
import ssl

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from kiosk.uplink.linkage import Will
from kiosk.uplink.packets import will_properties
from kiosk.uplink.settings import LinkSettings
from kiosk.uplink.tls import ClientContext

# X.509 verification results of OpenSSL (x509_vfy.h).
_NOT_YET_VALID, _EXPIRED = 9, 10


class BrokerClient(Client):
    """The library's client, which also keeps within a limit that it learns only when the broker has greeted."""

    def keep_within(self, receive_maximum: int) -> None:
        """Have no more messages of QoS 1 and 2 unacknowledged (OASIS MQTT 5.0, 3.2.2.3.3); further ones wait in order.

        Never more than before: a broker that takes thousands at once does not make a slow link carry them.
        """
        # The library's own setter refuses as soon as a connection stands, and before CONNACK nobody knows the limit.
        self._max_inflight_messages = min(self._max_inflight_messages, receive_maximum)


def new_client(settings: LinkSettings, context: ClientContext, *, will: Will | None, manual_ack: bool) -> BrokerClient:
    """A client that has not connected yet and calls nobody back.

    Args:
        settings: its name, which is that of its certificate, and how long a connection may take.
        context: TLS, with what it shows and whom it trusts.
        will: what the broker says when it falls silent.
        manual_ack: whether its owner says which deliveries are acknowledged.
    """
    client = BrokerClient(
        CallbackAPIVersion.VERSION2,
        client_id=settings.identity,
        protocol=MQTTProtocolVersion.MQTTv5,
        manual_ack=manual_ack,
    )
    client.tls_set_context(context)
    client.connect_timeout = settings.connect_timeout_s
    client.username_pw_set(settings.identity)
    if will is not None:
        properties = will_properties(will.delay_s)
        client.will_set(will.topic, will.payload, qos=1, retain=True, properties=properties)
    client.on_socket_open = _no_delay
    return client


def why_not_trusted(error: ssl.SSLCertVerificationError) -> str:
    """Why the broker's certificate was refused, as a line for the technician."""
    clock = "; is the clock of this computer right?" if error.verify_code in (_NOT_YET_VALID, _EXPIRED) else ""
    return f"the office's certificate is refused: {error.verify_message}{clock}"


def _no_delay(_client: Client, _data: object, sock: object) -> None:
    # Without it each small packet waits for the acknowledgement of the one before (50 times slower, measured).
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
