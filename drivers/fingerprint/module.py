"""What a sensor module does with a command: the half of the emulator that knows no wire.

Owns the module's memory (image, registers, library count, password state) and its answers for the personalities R307
and R503. It sees a finger only through a callable. Written from the manuals, not from the driver. A command that it
does not play, or that the manual does not give to the personality, is refused with 0xFC (R503) or 0x19 (R307).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drivers.fingerprint.commands import (
    BAUD_STEP,
    PACKET_SIZES,
    Answer,
    Instruction,
    ProductInformation,
    Status,
    SystemParameters,
)
from drivers.fingerprint.packets import Packet, PacketKind

PASSWORD_FREE = frozenset((Instruction.VERIFY_PASSWORD, Instruction.HANDSHAKE))


@dataclass(frozen=True, slots=True)
class Personality:
    """One module type as the emulator plays it. `baud_steps` are the factors of 9600 it accepts."""

    name: str
    model: str
    width_px: int
    height_px: int
    dpi: int
    capacity: int
    baud_steps: frozenset[int]
    instructions: frozenset[Instruction]
    unknown: Answer
    greeting: bytes = b""
    ring_colours: range = range(1, 8)
    new_rate_at_power_up: bool = False
    """The R503 manual 1.2.1 wants a power cycle before a new rate holds; the ZFM manual switches after the answer."""

    @property
    def image_bytes(self) -> int:
        """Bytes of a packed image."""
        return self.width_px * self.height_px // 2


_OLD = frozenset(
    (
        Instruction.GET_IMAGE,
        Instruction.EXTRACT,
        Instruction.UP_IMAGE,
        Instruction.DOWN_IMAGE,
        Instruction.EMPTY,
        Instruction.SET_SYS_PARA,
        Instruction.READ_SYS_PARA,
        Instruction.VERIFY_PASSWORD,
        Instruction.TEMPLATE_COUNT,
    )
)
PERSONALITIES: Mapping[str, Personality] = {
    "r307": Personality("r307", "R307", 256, 288, 500, 1000, frozenset(range(1, 13)), _OLD, Answer.UNDEFINED),
    "r503": Personality(
        "r503", "R503", 192, 192, 508, 200, frozenset((1, 2, 4, 6, 12)), frozenset(Instruction), Answer.UNSUPPORTED,
        greeting=b"\x55", new_rate_at_power_up=True,
    ),
}  # fmt: skip


def personality_named(name: str) -> Personality:
    """Give a personality. Raises ValueError with the known names when there is none of this name."""
    if name not in PERSONALITIES:
        raise ValueError(f"no personality {name!r}: choose one of {', '.join(sorted(PERSONALITIES))}")
    return PERSONALITIES[name]


class ModuleModel:
    """One emulated module. `finger` gives the packed image under the glass now, or None when nothing lies on it.

    `ring` is the last light shown (control, speed, colour, count). Not thread-safe: its emulator locks.
    """

    def __init__(self, personality: Personality, finger: Callable[[], bytes | None], *, serial: str, baud: int) -> None:
        self.personality = personality
        self.baud = self._stored_baud = baud
        self.packet_code = 2
        self.security = 3
        self.templates = 0
        self.image: bytes | None = None
        self.ring: bytes = b""
        self.password = 0
        self.verified = False
        self._serial = serial
        self._finger = finger
        self._incoming: bytearray | None = None
        self._said = b""

    def power_up(self) -> bytes:
        """Begin as after switching on; gives what the module says by itself."""
        self.baud = self._stored_baud
        self.verified = False
        self.image = None
        self._incoming = None
        return self.personality.greeting

    def handle(self, packet: Packet) -> bytes:
        """Take one packet from the host and give the bytes of the answer; data is never answered."""
        if packet.kind is not PacketKind.COMMAND:
            self._take_data(packet)
            return b""
        self._incoming = None
        answer = b"".join(reply.encode() for reply in self._answer(packet))
        said, self._said = self._said, b""
        return answer + said

    def _answer(self, packet: Packet) -> list[Packet]:
        try:
            instruction = Instruction(packet.content[0])
        except ValueError:
            return [_ack(self.personality.unknown)]
        if instruction not in self.personality.instructions:
            return [_ack(self.personality.unknown)]
        if not self.verified and instruction not in PASSWORD_FREE:
            return [_ack(Answer.PASSWORD_FIRST)]
        return self._do(instruction, packet.content[1:])

    def _do(self, instruction: Instruction, content: bytes) -> list[Packet]:
        match instruction:
            case Instruction.VERIFY_PASSWORD:
                return [_ack(self._verify(content))]
            case Instruction.READ_SYS_PARA | Instruction.READ_PRODUCT | Instruction.TEMPLATE_COUNT:
                return [_ack(Answer.OK, self._record(instruction))]
            case Instruction.SET_SYS_PARA:
                return [_ack(self._set_parameter(content))]
            case Instruction.GET_IMAGE:
                self.image = self._finger()
                return [_ack(Answer.NO_FINGER if self.image is None else Answer.OK)]
            case Instruction.UP_IMAGE:
                return self._send_image()
            case Instruction.DOWN_IMAGE:
                self._incoming = bytearray()
            case Instruction.EMPTY:
                self.templates = 0
            case Instruction.RING:
                return [_ack(self._light(content))]
            case Instruction.EXTRACT:
                return [_ack(Answer.NO_IMAGE if self.image is None else Answer.OK)]
            case Instruction.SOFT_RESET:
                self._said = self.power_up()
            case _:  # cancel, check the sensor, shake hands: nothing but the answer
                pass
        return [_ack(Answer.OK)]

    def _verify(self, content: bytes) -> Answer:
        self.verified = len(content) == 4 and int.from_bytes(content, "big") == self.password
        return Answer.OK if self.verified else Answer.WRONG_PASSWORD

    def _record(self, instruction: Instruction) -> bytes:
        if instruction is Instruction.TEMPLATE_COUNT:
            return self.templates.to_bytes(2, "big")
        return self._parameters() if instruction is Instruction.READ_SYS_PARA else self._product()

    def _parameters(self) -> bytes:
        status = Status.PASSWORD_VERIFIED | (Status.IMAGE_HELD if self.image is not None else Status(0))
        return SystemParameters(
            status=status,
            system_id=0,
            capacity=self.personality.capacity,
            security=self.security,
            address=0xFFFFFFFF,
            packet_bytes=PACKET_SIZES[self.packet_code],
            baud=self.baud,
        ).encode()

    def _product(self) -> bytes:
        own = self.personality
        return ProductInformation(
            own.model, "B001", self._serial, "1.0", "GX", own.width_px, own.height_px, 1536, own.capacity
        ).encode()

    def _set_parameter(self, content: bytes) -> Answer:
        if len(content) != 2 or content[0] not in (4, 5, 6):
            return Answer.BAD_REGISTER
        register, value = content
        if register == 4 and value in self.personality.baud_steps:
            self._stored_baud = value * BAUD_STEP
            if not self.personality.new_rate_at_power_up:
                self.baud = self._stored_baud
        elif register == 5 and 1 <= value <= 5:
            self.security = value
        elif register == 6 and value < len(PACKET_SIZES):
            self.packet_code = value
        else:
            return Answer.BAD_VALUE
        return Answer.OK

    def _send_image(self) -> list[Packet]:
        if self.image is None:
            return [_ack(Answer.CANNOT_SEND_IMAGE)]
        size = PACKET_SIZES[self.packet_code]
        pieces = [self.image[start : start + size] for start in range(0, len(self.image), size)]
        data = [Packet(PacketKind.DATA, piece) for piece in pieces[:-1]]
        return [_ack(Answer.OK), *data, Packet(PacketKind.END, pieces[-1])]

    def _take_data(self, packet: Packet) -> None:
        """Fill the image buffer from the host; a picture of another size is dropped: no answer exists."""
        if self._incoming is None:
            return
        self._incoming += packet.content
        if packet.kind is PacketKind.END:
            if len(self._incoming) == self.personality.image_bytes:
                self.image = bytes(self._incoming)
            self._incoming = None

    def _light(self, content: bytes) -> Answer:
        if len(content) != 4 or content[0] not in range(1, 7) or content[2] not in self.personality.ring_colours:
            return Answer.BAD_VALUE
        self.ring = content
        return Answer.OK


def _ack(answer: Answer, content: bytes = b"") -> Packet:
    return Packet(PacketKind.ACK, bytes([answer]) + content)
