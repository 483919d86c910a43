"""A broker that takes few messages at once, counts what comes, and acknowledges only when it is told."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from kiosk.office.layout import OfficeLayout
from kiosk.wire.messages import Have, Manifest, decode_enrol, encode_cbor
from tests.prove import _mqtt

CONNECT, SUBSCRIBE = 1, 8
TURN_S = 0.01
MID_BYTES = 2


class StingyBroker:
    """One connection after another, in a thread of its own. Answers every offer with an empty list of chunks."""

    def __init__(self, layout: OfficeLayout, *, receive_maximum: int) -> None:
        self.heard: list[str] = []
        """The last level of each topic, in order."""
        self.most_at_once = 0
        self.acknowledged = 0
        self._receive_maximum = receive_maximum
        self._unacknowledged: list[int] = []
        self._allowed = threading.Semaphore(0)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(layout.broker / "broker.pem", layout.broker / "broker.key")
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._ends = threading.Event()
        self.port = int(self._listener.getsockname()[1])

    @property
    def held(self) -> int:
        """How many messages are unacknowledged."""
        return len(self._unacknowledged)

    def acknowledge(self) -> None:
        """Let the oldest unacknowledged message be acknowledged, now or as soon as there is one."""
        self._allowed.release()

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def close(self) -> None:
        """End every connection."""
        self._ends.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while not self._ends.is_set():
            with contextlib.suppress(OSError):
                connection, _ = self._listener.accept()
                with self._context.wrap_socket(connection, server_side=True) as end:
                    end.settimeout(TURN_S)
                    self._unacknowledged.clear()
                    self._talk(end)

    def _talk(self, end: ssl.SSLSocket) -> None:
        buffer = bytearray()
        while not self._ends.is_set():
            if self._unacknowledged and self._allowed.acquire(blocking=False):
                end.sendall(_mqtt.puback(self._unacknowledged.pop(0)))
                self.acknowledged += 1
            try:
                came = end.recv(65_536)
            except TimeoutError:
                continue
            if not came:
                return
            buffer += came
            for packet in _mqtt.packets(buffer):
                self._on_packet(end, packet)

    def _on_packet(self, end: ssl.SSLSocket, packet: _mqtt.Packet) -> None:
        if packet.kind == CONNECT:
            end.sendall(bytes((0x20, 6, 0, 0, 3, 0x21)) + self._receive_maximum.to_bytes(2, "big"))
        elif packet.kind == SUBSCRIBE:
            mid, topics = packet.body[:MID_BYTES], packet.body.count(b"ev1/")
            end.sendall(bytes((0x90, MID_BYTES + 1 + topics)) + mid + b"\0" + b"\x01" * topics)
        elif packet.kind == _mqtt.PUBLISH:
            self._on_publish(end, packet)

    def _on_publish(self, end: ssl.SSLSocket, packet: _mqtt.Packet) -> None:
        mid, payload = _mqtt.published(packet)
        length = int.from_bytes(packet.body[:2], "big")
        topic = packet.body[2 : 2 + length].decode()
        if mid:
            self._unacknowledged.append(mid)
        self.heard.append(topic.rsplit("/", 1)[-1])
        self.most_at_once = max(self.most_at_once, len(self._unacknowledged))
        message = decode_enrol(payload) if topic.endswith("/enrol") else None
        if isinstance(message, Manifest):
            answer = encode_cbor(Have(id=message.id, ranges=[]))
            end.sendall(_mqtt.publish(len(self.heard), topic.removesuffix("enrol") + "ack", answer))


@contextmanager
def stingy_broker(layout: OfficeLayout, *, receive_maximum: int) -> Iterator[StingyBroker]:
    """A broker that runs until the end of the block."""
    broker = StingyBroker(layout, receive_maximum=receive_maximum)
    broker.start()
    try:
        yield broker
    finally:
        broker.close()
