"""Just enough MQTT 5 (OASIS Standard, 7 March 2019) for ten thousand clients in one process: packets as bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

CONNACK, PUBLISH, PUBACK, SUBACK = 2, 3, 4, 9
PINGREQ = bytes((0xC0, 0))
_WILL_QOS_1_RETAINED = 0x04 | 0x08 | 0x20
_USER_NAME = 0x80
_DISCONNECT = bytes((0xE0, 0))


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet that came: its kind, its flags and what follows the length."""

    kind: int
    flags: int
    body: bytes


def connect(name: str, *, keepalive_s: int, session_s: int, will: tuple[str, bytes, int]) -> bytes:
    """CONNECT without a clean start; `will` is topic, payload and delay in seconds, retained at QoS 1."""
    topic, payload, delay_s = will
    properties = b"\x11" + session_s.to_bytes(4, "big") + b"\x21" + (20).to_bytes(2, "big")
    variable = _text("MQTT") + bytes((5, _WILL_QOS_1_RETAINED | _USER_NAME)) + keepalive_s.to_bytes(2, "big")
    will_properties = b"\x18" + delay_s.to_bytes(4, "big")
    body = variable + _bytes_of(properties) + _text(name) + _bytes_of(will_properties) + _text(topic)
    return _packet(0x10, body + len(payload).to_bytes(2, "big") + payload + _text(name))


def subscribe(mid: int, topic: str) -> bytes:
    """SUBSCRIBE to one filter at QoS 1."""
    return _packet(0x82, mid.to_bytes(2, "big") + b"\0" + _text(topic) + b"\x01")


def publish(mid: int, topic: str, payload: bytes, *, retain: bool = False, expiry_s: int | None = None) -> bytes:
    """PUBLISH at QoS 1."""
    properties = b"" if expiry_s is None else b"\x02" + expiry_s.to_bytes(4, "big")
    return _packet(0x32 | int(retain), _text(topic) + mid.to_bytes(2, "big") + _bytes_of(properties) + payload)


def puback(mid: int) -> bytes:
    """PUBACK: taken."""
    return _packet(0x40, mid.to_bytes(2, "big"))


def disconnect() -> bytes:
    """DISCONNECT: no will is sent."""
    return _DISCONNECT


def packets(buffer: bytearray) -> Iterator[Packet]:
    """The whole packets at the start of `buffer`, which are taken out of it."""
    while (ends := _length(buffer)) is not None:
        start, length = ends
        if len(buffer) < start + length:
            return
        yield Packet(buffer[0] >> 4, buffer[0] & 0x0F, bytes(buffer[start : start + length]))
        del buffer[: start + length]


def published(packet: Packet) -> tuple[int, bytes]:
    """Packet id (0 at QoS 0) and payload of a PUBLISH."""
    topic_bytes = int.from_bytes(packet.body[:2], "big")
    at, mid = 2 + topic_bytes, 0
    if packet.flags & 0x06:
        mid, at = int.from_bytes(packet.body[at : at + 2], "big"), at + 2
    length, start = _number(packet.body, at)
    return mid, packet.body[start + length :]


def reason_of(packet: Packet) -> int:
    """The reason code of a CONNACK, PUBACK or SUBACK; 0x80 and above is a refusal."""
    if packet.kind == CONNACK:
        return packet.body[1]
    if packet.kind == SUBACK:
        return packet.body[-1]
    return packet.body[2] if len(packet.body) > 2 else 0


def _length(buffer: bytearray) -> tuple[int, int] | None:
    """Where the body begins and how long it is; None when that has not all come."""
    value = 0
    for at in range(1, min(len(buffer), 5)):
        value |= (buffer[at] & 0x7F) << 7 * (at - 1)
        if buffer[at] < 0x80:
            return at + 1, value
    return None


def _number(body: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while True:
        value |= (body[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if body[at - 1] < 0x80:
            return value, at


def _packet(first: int, body: bytes) -> bytes:
    return bytes((first,)) + _as_number(len(body)) + body


def _as_number(value: int) -> bytes:
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*parts, value))


def _bytes_of(properties: bytes) -> bytes:
    return _as_number(len(properties)) + properties


def _text(text: str) -> bytes:
    data = text.encode()
    return len(data).to_bytes(2, "big") + data
