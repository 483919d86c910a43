"""Ten thousand kiosks in one process: each with its certificate, its TLS 1.3 connection, telemetry and packages.

Not the uplink's code, which is one process for each kiosk: what is proved with these is the broker and the collector.
What they send is real: packages sealed for the office and signed, receipts that are verified.
"""

from __future__ import annotations

import hashlib
import selectors
import socket
import ssl
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.receipts import verify_receipt
from kiosk.wire.chunking import chunks_of, manifest_of, missing
from kiosk.wire.messages import (
    Birth,
    Have,
    OutboxSample,
    ReceiptMessage,
    State,
    Telemetry,
    decode_ack,
    encode_cbor,
    encode_json,
)
from kiosk.wire.topics import KioskAddress
from tests.prove import _mqtt

HANDSHAKES = 256
KEEPALIVE_S = 300
# An offer without an answer for so long is lost; and for thrice as long as an answer ever took, on a busy machine.
ANSWER_S = 15.0
ANSWER_AT_FIRST_S = 60.0
RETRY_S = 1.0
READ = 1 << 16


@dataclass
class Package:
    """One sealed package, and what was heard of it."""

    id: str
    data: bytes
    sha256: bytes = b""
    offered_s: float = 0.0
    received_s: float = 0.0

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.data).digest()


@dataclass
class Kiosk:
    """One client. `step` is what it waits for: "closed", "shaking", "greeting", "up"."""

    address: KioskAddress
    certificate: bytes
    step: str = "closed"
    sock: ssl.SSLSocket | None = None
    out: bytearray = field(default_factory=bytearray)
    inside: bytearray = field(default_factory=bytearray)
    due_s: float = 0.0
    tell_s: float = 0.0
    mid: int = 0
    packages: deque[Package] = field(default_factory=deque[Package])
    offers: int = 0
    done: int = 0

    @property
    def name(self) -> str:
        return self.address.kiosk

    def next_mid(self) -> int:
        self.mid = self.mid % 65_535 + 1
        return self.mid


class Fleet:
    """All of them, driven by `turn` from one thread."""

    def __init__(
        self,
        kiosks: Iterable[Kiosk],
        *,
        port: int,
        key: bytes,
        authority: Path,
        receipt: VerifyingKey,
        random: Random,
        telemetry_s: float = 60.0,
    ) -> None:
        """`key`: the PEM of the one TLS key that all certificates are for."""
        self.kiosks = list(kiosks)
        self._port = port
        self._key = key
        self._authority = authority.read_text("ascii")
        self._receipt = receipt
        self._random = random
        self._telemetry_s = telemetry_s
        self._selector = selectors.EpollSelector()
        self._closed = deque(self.kiosks)
        self._shaking = 0
        self.counts: Counter[str] = Counter()
        self.on_received: Callable[[Kiosk, Package], None] = lambda _kiosk, _package: None
        self._tell_next = 0
        self._slowest_s = 0.0
        self._file = Path(tempfile.mkstemp(prefix="fleet-", suffix=".pem")[1])
        self._ready = encode_json(State(st="ready"))
        self._lost = encode_json(State(st="lost"))

    @property
    def up(self) -> int:
        """How many are connected, subscribed, and have said what they are."""
        return self.counts["up"]

    def close(self) -> None:
        """Go, all at once."""
        for kiosk in self.kiosks:
            if kiosk.sock is not None:
                kiosk.sock.close()
        self._selector.close()
        self._file.unlink(missing_ok=True)

    def turn(self, timeout_s: float = 0.05) -> None:
        """Connect who is not, tell what is due, read and write."""
        now_s = time.monotonic()
        for _ in range(len(self._closed)):
            if self._shaking >= HANDSHAKES:
                break
            kiosk = self._closed.popleft()
            if kiosk.due_s > now_s or not self._connect(kiosk):
                self._closed.append(kiosk)
        self._tell(now_s)
        for key, _events in self._selector.select(timeout_s):
            kiosk: Kiosk = key.data
            try:
                self._serve(kiosk)
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                pass
            except OSError:
                self._lose(kiosk)

    def give(self, kiosk: Kiosk, package: Package) -> None:
        """A package to send; it is offered as soon as those before it have their receipts."""
        kiosk.packages.append(package)
        if len(kiosk.packages) == 1 and kiosk.step == "up":
            self._offer(kiosk)

    def offer_again(self) -> None:
        """Offer once more what got no answer: its offer or its answer went with a process that died."""
        now_s = time.monotonic()
        patience_s = max(ANSWER_S, 3 * self._slowest_s) if self._slowest_s else ANSWER_AT_FIRST_S
        for kiosk in self.kiosks:
            if kiosk.packages and kiosk.step == "up" and now_s - kiosk.packages[0].offered_s > patience_s:
                self.counts["offered again"] += 1
                kiosk.offers = 0
                self._offer(kiosk)

    def _connect(self, kiosk: Kiosk) -> bool:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        context.load_verify_locations(cadata=self._authority)
        self._file.write_bytes(kiosk.certificate + self._key)
        context.load_cert_chain(self._file)
        sock = socket.socket()
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.connect_ex(("127.0.0.1", self._port))
        kiosk.sock = context.wrap_socket(sock, server_hostname="localhost", do_handshake_on_connect=False)
        kiosk.step = "joining"
        kiosk.due_s = time.monotonic() + RETRY_S
        self._shaking += 1
        self._selector.register(kiosk.sock, selectors.EVENT_READ | selectors.EVENT_WRITE, kiosk)
        return True

    def _serve(self, kiosk: Kiosk) -> None:
        if kiosk.sock is None:
            return
        if kiosk.step == "joining":
            problem = kiosk.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem:
                raise OSError(problem, "connect")
            kiosk.step = "shaking"
        if kiosk.step == "shaking":
            kiosk.sock.do_handshake()
            kiosk.step = "greeting"
            will = (kiosk.address.state, self._lost, 60)
            self._send(kiosk, _mqtt.connect(kiosk.name, keepalive_s=KEEPALIVE_S, session_s=86_400, will=will))
        self._write(kiosk)
        while data := kiosk.sock.recv(READ):
            kiosk.inside += data
            for packet in _mqtt.packets(kiosk.inside):
                self._take(kiosk, packet)
            if not kiosk.sock.pending():
                break
        else:
            raise ConnectionResetError("the broker closed")
        self._write(kiosk)

    def _take(self, kiosk: Kiosk, packet: _mqtt.Packet) -> None:
        if packet.kind in (_mqtt.CONNACK, _mqtt.SUBACK, _mqtt.PUBACK) and _mqtt.reason_of(packet) >= 0x80:
            self.counts["refused by the broker"] += 1
        if packet.kind == _mqtt.CONNACK:
            self._send(kiosk, _mqtt.subscribe(kiosk.next_mid(), kiosk.address.ack))
        elif packet.kind == _mqtt.SUBACK:
            self._greet(kiosk)
        elif packet.kind == _mqtt.PUBLISH:
            mid, payload = _mqtt.published(packet)
            if mid:
                self._send(kiosk, _mqtt.puback(mid))
            self._on_ack(kiosk, payload)

    def _greet(self, kiosk: Kiosk) -> None:
        """What a kiosk says at every connection."""
        kiosk.step = "up"
        self._shaking -= 1
        self.counts["up"] += 1
        birth = Birth(kiosk=kiosk.name, sw="fleet", boot="1", drivers={}, schemas=["enrolment/1"])
        self._say(kiosk, kiosk.address.birth, encode_json(birth), retain=True)
        self._say(kiosk, kiosk.address.state, self._ready, retain=True)
        self._tell_one(kiosk)
        kiosk.tell_s = time.monotonic() + self._random.uniform(0, self._telemetry_s)
        if kiosk.packages:
            self._offer(kiosk)

    def _tell(self, now_s: float) -> None:
        """A part of the kiosks at each turn, so that all are looked at within a second."""
        for _ in range(max(1, len(self.kiosks) // 20)):
            kiosk = self.kiosks[self._tell_next]
            self._tell_next = (self._tell_next + 1) % len(self.kiosks)
            if kiosk.step == "up" and kiosk.tell_s <= now_s:
                kiosk.tell_s = now_s + self._telemetry_s
                self._tell_one(kiosk)

    def _tell_one(self, kiosk: Kiosk) -> None:
        waiting = len(kiosk.packages)
        sample = Telemetry(
            ts=datetime.now(UTC),
            boot="1",
            seq_last=kiosk.done + waiting,
            chain="00" * 32,
            outbox=OutboxSample(n=waiting, bytes=0, oldest_s=0),
            sw="fleet",
        )
        self._say(kiosk, kiosk.address.telemetry("outbox"), encode_json(sample), expiry_s=600)
        self.counts["telemetry"] += 1

    def _offer(self, kiosk: Kiosk) -> None:
        package = kiosk.packages[0]
        package.offered_s = time.monotonic()
        kiosk.offers += 1
        self._say(kiosk, kiosk.address.enrol, encode_cbor(manifest_of(package.id, package.data)))

    def _on_ack(self, kiosk: Kiosk, payload: bytes) -> None:
        message = decode_ack(payload)
        if isinstance(message, ReceiptMessage):
            self._on_receipt(kiosk, message.cose)
        elif isinstance(message, Have) and kiosk.packages and kiosk.packages[0].id == message.id:
            package = kiosk.packages[0]
            if not kiosk.offers:  # nobody asked: the office began anew
                self._offer(kiosk)
                return
            self._slowest_s = max(self._slowest_s, time.monotonic() - package.offered_s)
            kiosk.offers -= 1
            if kiosk.offers:  # the answer to an earlier offer: what is missing is sent once
                return
            chunks = list(chunks_of(package.id, package.data))
            for index in missing(message.ranges, len(chunks)):
                self._say(kiosk, kiosk.address.enrol, encode_cbor(chunks[index]))

    def _on_receipt(self, kiosk: Kiosk, signed: bytes) -> None:
        receipt = verify_receipt(signed, self._receipt)
        if not kiosk.packages or kiosk.packages[0].id != receipt.id:
            self.counts["receipts that came again"] += 1
            return
        package = kiosk.packages[0]
        if (receipt.kiosk, receipt.sha256, receipt.status) != (kiosk.name, package.sha256, "received"):
            self.counts["wrong receipts"] += 1
            return
        kiosk.packages.popleft()
        package.data = b""  # a thousand of them are a third of a gigabyte
        kiosk.offers = 0
        kiosk.done += 1
        package.received_s = time.monotonic()
        self.counts["received"] += 1
        self.on_received(kiosk, package)
        if kiosk.packages:
            self._offer(kiosk)

    def _say(
        self, kiosk: Kiosk, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None
    ) -> None:
        self._send(kiosk, _mqtt.publish(kiosk.next_mid(), topic, payload, retain=retain, expiry_s=expiry_s))

    def _send(self, kiosk: Kiosk, data: bytes) -> None:
        kiosk.out += data
        try:
            self._write(kiosk)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            self._lose(kiosk)

    def _write(self, kiosk: Kiosk) -> None:
        if kiosk.sock is None:
            return
        try:
            while kiosk.out:
                # At most one TLS record: what was offered once must be offered again unchanged.
                sent = kiosk.sock.send(memoryview(kiosk.out)[:16_384].tobytes())
                del kiosk.out[:sent]
        finally:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if kiosk.out else 0)
            if kiosk.step in ("greeting", "up") and self._selector.get_key(kiosk.sock).events != wanted:
                self._selector.modify(kiosk.sock, wanted, kiosk)

    def _lose(self, kiosk: Kiosk) -> None:
        if kiosk.sock is None:
            return
        if kiosk.step == "up":
            self.counts["up"] -= 1
            self.counts["connections lost"] += 1
        else:
            self._shaking -= 1
        self._selector.unregister(kiosk.sock)
        kiosk.sock.close()
        kiosk.sock, kiosk.step = None, "closed"
        kiosk.out, kiosk.inside, kiosk.offers = bytearray(), bytearray(), 0
        kiosk.due_s = time.monotonic() + self._random.uniform(0, RETRY_S)
        self._closed.append(kiosk)
