"""The packet of the ZFM family (ZFM-20, R30x, R503): building one, and finding them in a stream of bytes.

Owns the frame `EF01 | address 4 | kind 1 | length 2 | content | sum 2` and the 4-bit pixel packing. It knows no
instruction and opens no port. The parser searches for a header only between packets: a picture may hold `EF 01`, even
`EF 01 FF FF FF FF`, so inside a frame only the length counts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

HEADER = b"\xef\x01"
DEFAULT_ADDRESS = 0xFFFFFFFF
PREFIX_BYTES = 9
SUM_BYTES = 2
OVERHEAD_BYTES = PREFIX_BYTES + SUM_BYTES
MAX_CONTENT_BYTES = 256
"""The manuals' "max 256" is the content at package size 3; the length field then says 258."""


class PacketKind(IntEnum):
    """What a packet is for."""

    COMMAND = 0x01
    DATA = 0x02
    ACK = 0x07
    END = 0x08


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. `content` is 1 to 256 bytes without length and sum."""

    kind: PacketKind
    content: bytes
    address: int = DEFAULT_ADDRESS

    def encode(self) -> bytes:
        """Give the bytes for the wire. Raises ValueError when the content is empty or too long."""
        if not 1 <= len(self.content) <= MAX_CONTENT_BYTES:
            raise ValueError(f"a packet holds 1 to {MAX_CONTENT_BYTES} bytes, not {len(self.content)}")
        summed = bytes([self.kind]) + (len(self.content) + SUM_BYTES).to_bytes(2, "big") + self.content
        return HEADER + self.address.to_bytes(4, "big") + summed + (sum(summed) & 0xFFFF).to_bytes(2, "big")


class PacketParser:
    """Finds packets in bytes that arrive in pieces of any size.

    `bad_frames` counts frames that began like a packet and were not one; `skipped_bytes` counts bytes between packets
    that belonged to none. Both only grow.
    """

    def __init__(self, kinds: frozenset[PacketKind], *, address: int = DEFAULT_ADDRESS) -> None:
        self._kinds = kinds
        self._head = HEADER + address.to_bytes(4, "big")
        self._address = address
        self._held = bytearray()
        self.bad_frames = 0
        self.skipped_bytes = 0

    @property
    def pending_bytes(self) -> int:
        """How many bytes are held that may still become a packet."""
        return len(self._held)

    def add(self, data: bytes) -> None:
        """Take bytes from the line."""
        self._held += data

    def feed(self, data: bytes) -> Iterator[Packet]:
        """Take bytes from the line and give the packets they complete, in order."""
        self.add(data)
        packets: list[Packet] = []
        while (packet := self.take()) is not None:
            packets.append(packet)
        return iter(packets)

    def settle(self) -> Iterator[Packet]:
        """Say that the line has gone silent: a frame still open will not be completed.

        Gives the packets that were hidden behind a false header, and holds nothing afterwards.
        """
        packets: list[Packet] = []
        while self._held:
            self._drop_one()
            packets += self.feed(b"")
        return iter(packets)

    def take(self) -> Packet | None:
        """Give the next packet that has come whole; what is counted before it came before it on the line."""
        while True:
            if not self._hunt() or len(self._held) < PREFIX_BYTES:
                return None
            length = int.from_bytes(self._held[7:9], "big")
            if self._held[6] not in self._kinds or not SUM_BYTES < length <= MAX_CONTENT_BYTES + SUM_BYTES:
                self._drop_one()
                continue
            end = PREFIX_BYTES + length
            if len(self._held) < end:
                return None
            body, told = self._held[6 : end - SUM_BYTES], self._held[end - SUM_BYTES : end]
            if sum(body) & 0xFFFF != int.from_bytes(told, "big"):
                self._drop_one()
                continue
            packet = Packet(PacketKind(body[0]), bytes(body[3:]), self._address)
            del self._held[:end]
            return packet

    def _hunt(self) -> bool:
        """Throw away what cannot begin a packet; False when no byte of a header is left."""
        while self._held:
            seen = min(len(self._held), len(self._head))
            if self._held[:seen] == self._head[:seen]:
                return True
            if self._held[:2] == HEADER:
                self.bad_frames += 1
            start = self._held.find(HEADER[0], 1)
            drop = len(self._held) if start < 0 else start
            self.skipped_bytes += drop
            del self._held[:drop]
        return False

    def _drop_one(self) -> None:
        """Give up a frame: only its first byte is certain not to begin a packet."""
        if len(self._held) >= PREFIX_BYTES:
            self.bad_frames += 1
        self.skipped_bytes += 1
        del self._held[0]


def pack_pixels(grey: bytes) -> bytes:
    """Make module pixels of 8-bit grey: the top four bits, the left pixel in the high half. Needs an even count."""
    if len(grey) % 2:
        raise ValueError(f"an even number of pixels is needed, not {len(grey)}")
    return bytes((left & 0xF0) | (right >> 4) for left, right in zip(grey[::2], grey[1::2], strict=True))


_PAIRS = tuple(bytes(((pair >> 4) * 17, (pair & 0x0F) * 17)) for pair in range(256))


def unpack_pixels(packed: bytes) -> bytes:
    """Make 8-bit grey (0 to 255 in steps of 17) of module pixels, the left pixel from the high half."""
    return b"".join(map(_PAIRS.__getitem__, packed))
