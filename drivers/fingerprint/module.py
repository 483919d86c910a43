"""What a sensor module does with a command: the half of the emulator that knows no wire.

Owns the module's memory (image, buffers, library, registers, notepad, password state) and its answers. It sees a finger
only through a callable. Written from the manuals, not from the driver. A command that it does not play, or that the
manual does not give to the personality, is refused as that personality refuses.
"""

import random
from collections.abc import Callable

from drivers.fingerprint.commands import (
    BAUD_STEP,
    PACKET_SIZES,
    Answer,
    Instruction,
    ProductInformation,
    Status,
    SystemParameters,
)
from drivers.fingerprint.library import TemplateMemory
from drivers.fingerprint.packets import DEFAULT_ADDRESS, Packet, PacketKind
from drivers.fingerprint.personalities import Personality

PASSWORD_FREE = frozenset((Instruction.VERIFY_PASSWORD, Instruction.HANDSHAKE))
NOTEPAD_PAGES = 16
NOTEPAD_PAGE_BYTES = 32
INFO_PAGE_BYTES = 512
_LARGEST_DOWNLOAD_BYTES = 1 << 20


class ModuleModel:
    """One emulated module. `finger` gives the packed image under the glass now, or None when nothing lies on it.

    `ring` is the last light shown (control, speed, colour, count). Not thread-safe: its emulator locks.
    """

    def __init__(self, personality: Personality, finger: Callable[[], bytes | None], *, serial: str, baud: int) -> None:
        self.personality = personality
        self.baud = self.stored_baud = baud
        self.address = DEFAULT_ADDRESS
        self.packet_code = 2
        self.security = 3
        self.memory = TemplateMemory(personality)
        self.notepad = [bytes(NOTEPAD_PAGE_BYTES)] * NOTEPAD_PAGES
        self.image: bytes | None = None
        self.ring: bytes = b""
        self.password = 0
        self.verified = False
        self._serial = serial
        self._finger = finger
        self._incoming: bytearray | None = None
        self._incoming_for: int | None = None
        self._said = b""
        self._random = random.Random(serial)  # noqa: S311 - repeatable on purpose
        self._known = {**self._picture_commands(), **self._template_commands(), **self._other_commands()}

    def power_up(self) -> bytes:
        """Begin as after switching on; gives what the module says by itself."""
        self.baud = self.stored_baud
        self.verified = False
        self.image = None
        self.memory.buffers.clear()
        self._incoming = None
        self.ring = b""
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
        own = self.personality
        code = packet.content[0]
        if code not in tuple(Instruction) or code not in own.instructions or code not in self._known:
            return [] if own.unknown is None else [self._ack(own.unknown)]
        instruction = Instruction(code)
        if not self.verified and instruction not in PASSWORD_FREE:
            return [self._ack(Answer.PASSWORD_FIRST)]
        return self._known[instruction](packet.content[1:])

    def _picture_commands(self) -> dict[Instruction, Callable[[bytes], list[Packet]]]:
        return {
            Instruction.GET_IMAGE: lambda _: [self._ack(self._look())],
            Instruction.GET_IMAGE_EX: lambda _: [self._ack(self._look(judge=True))],
            Instruction.UP_IMAGE: lambda _: self._send(self.image, Answer.CANNOT_SEND_IMAGE),
            Instruction.DOWN_IMAGE: lambda _: self._expect(None),
            Instruction.RING: lambda said: [self._ack(self._light(said))],
        }

    def _template_commands(self) -> dict[Instruction, Callable[[bytes], list[Packet]]]:
        memory = self.memory
        return {
            Instruction.EXTRACT: lambda said: [self._ack(memory.extract(self.image, _number(said[:1])))],
            Instruction.MATCH: lambda _: [self._scored(*memory.match(self.security))],
            Instruction.SEARCH: self._search,
            Instruction.FAST_SEARCH: self._search,
            Instruction.MAKE_MODEL: lambda _: [self._ack(memory.merge(self.security))],
            Instruction.STORE: lambda said: [self._ack(memory.store(_number(said[:1]), _number(said[1:3])))],
            Instruction.LOAD_TEMPLATE: lambda said: [self._ack(memory.load(_number(said[:1]), _number(said[1:3])))],
            Instruction.UP_TEMPLATE: lambda said: self._send(
                memory.buffers.get(memory.buffer_number(_number(said[:1]))), Answer.CANNOT_SEND_TEMPLATE
            ),
            Instruction.DOWN_TEMPLATE: lambda said: self._expect(memory.buffer_number(_number(said[:1]))),
            Instruction.DELETE: lambda said: [self._ack(memory.delete(_number(said[:2]), _number(said[2:4])))],
            Instruction.EMPTY: self._empty,
            Instruction.TEMPLATE_COUNT: lambda _: [self._ack(Answer.OK, len(memory.library).to_bytes(2, "big"))],
            Instruction.READ_INDEX: lambda said: [self._ack(Answer.OK, memory.index(_number(said[:1])))],
        }

    def _other_commands(self) -> dict[Instruction, Callable[[bytes], list[Packet]]]:
        return {
            Instruction.VERIFY_PASSWORD: lambda said: [self._ack(self._verify(said))],
            Instruction.SET_PASSWORD: self._set_password,
            Instruction.SET_ADDRESS: self._set_address,
            Instruction.SET_SYS_PARA: lambda said: [self._ack(self._set_parameter(said))],
            Instruction.READ_SYS_PARA: lambda _: [self._ack(Answer.OK, self._parameters())],
            Instruction.READ_PRODUCT: self._tell_product,
            Instruction.READ_INFO_PAGE: lambda _: self._send(self._info_page(), Answer.CANNOT_SEND_IMAGE),
            Instruction.READ_NOTEPAD: self._read_notepad,
            Instruction.WRITE_NOTEPAD: self._write_notepad,
            Instruction.READ_ALGORITHM: lambda _: [self._ack(Answer.OK, b"EMULATED MATCHER 1".ljust(32, b"\0"))],
            Instruction.READ_FIRMWARE: lambda _: [self._ack(Answer.OK, b"EMULATED MODULE 1".ljust(32, b"\0"))],
            Instruction.RANDOM: lambda _: [self._ack(Answer.OK, self._random.randbytes(4))],
            Instruction.SOFT_RESET: self._reset,
            Instruction.CANCEL: lambda _: [self._ack(Answer.OK)],
            Instruction.CHECK_SENSOR: lambda _: [self._ack(Answer.OK)],
            Instruction.HANDSHAKE: lambda _: [self._ack(Answer.OK)],
        }

    def _look(self, *, judge: bool = False) -> Answer:
        """Take a picture; a module that judges keeps a poor one all the same."""
        self.image = self._finger()
        if self.image is None:
            return Answer.NO_FINGER
        poor = judge and self.memory.shortcoming(self.image) is not None
        return Answer.TOO_FEW_FEATURES if poor else Answer.OK

    def _search(self, said: bytes) -> list[Packet]:
        place = _number(said[:1]), _number(said[1:3]), _number(said[3:5])
        answer, page, score = self.memory.search(*place, self.security)
        return [self._ack(answer, page.to_bytes(2, "big") + score.to_bytes(2, "big"))]

    def _scored(self, answer: Answer, score: int) -> Packet:
        return self._ack(answer, score.to_bytes(2, "big"))

    def _empty(self, _said: bytes) -> list[Packet]:
        self.memory.library.clear()
        return [self._ack(Answer.OK)]

    def _verify(self, said: bytes) -> Answer:
        self.verified = len(said) == 4 and _number(said) == self.password
        return Answer.OK if self.verified else Answer.WRONG_PASSWORD

    def _set_password(self, said: bytes) -> list[Packet]:
        self.password = _number(said[:4])
        return [self._ack(Answer.OK)]

    def _set_address(self, said: bytes) -> list[Packet]:
        self.address = _number(said[:4])  # the ZFM manual has the answer come from the new address already
        return [self._ack(Answer.OK)]

    def _reset(self, _said: bytes) -> list[Packet]:
        yes = self._ack(Answer.OK)
        self._said = self.power_up()
        return [yes]

    def _parameters(self) -> bytes:
        status = Status.PASSWORD_VERIFIED | (Status.IMAGE_HELD if self.image is not None else Status(0))
        return SystemParameters(
            status=status,
            system_id=0,
            capacity=self.personality.capacity,
            security=self.security,
            address=self.address,
            packet_bytes=PACKET_SIZES[self.packet_code],
            baud=self.baud,
        ).encode()

    def _tell_product(self, said: bytes) -> list[Packet]:
        own = self.personality
        if own.product_is_light:
            self.ring = said
            return [self._ack(Answer.OK)]
        record = ProductInformation(
            own.model, "B001", self._serial, "1.0", "GX", own.width_px, own.height_px, own.template_bytes, own.capacity
        )
        return [self._ack(Answer.OK, record.encode())]

    def _info_page(self) -> bytes:
        return (self._parameters() + self.personality.model.encode()).ljust(INFO_PAGE_BYTES, b"\0")

    def _set_parameter(self, said: bytes) -> Answer:
        if len(said) != 2 or said[0] not in (4, 5, 6):
            return Answer.BAD_REGISTER
        register, value = said
        if register == 4 and value in self.personality.baud_steps:
            self.stored_baud = value * BAUD_STEP
        elif register == 5 and 1 <= value <= 5:
            self.security = value
        elif register == 6 and value < len(PACKET_SIZES):
            self.packet_code = value
        else:
            return Answer.BAD_VALUE
        return Answer.OK

    def answered(self) -> None:
        """Hear that the answer has left: only now a module that changes its rate at once changes it."""
        if not self.personality.new_rate_at_power_up:
            self.baud = self.stored_baud

    def _read_notepad(self, said: bytes) -> list[Packet]:
        if len(said) != 1 or said[0] >= NOTEPAD_PAGES:
            return [self._ack(Answer.BAD_NOTEPAD_PAGE)]
        return [self._ack(Answer.OK, self.notepad[said[0]])]

    def _write_notepad(self, said: bytes) -> list[Packet]:
        if len(said) != 1 + NOTEPAD_PAGE_BYTES or said[0] >= NOTEPAD_PAGES:
            return [self._ack(Answer.BAD_NOTEPAD_PAGE)]
        self.notepad[said[0]] = said[1:]
        return [self._ack(Answer.OK)]

    def _send(self, held: bytes | None, without: Answer) -> list[Packet]:
        """Say yes and send data packets; `without` is the answer when there is nothing to send."""
        if held is None:
            return [self._ack(without)]
        size = PACKET_SIZES[self.packet_code]
        pieces = [held[start : start + size] for start in range(0, len(held), size)]
        data = [Packet(PacketKind.DATA, piece, self.address) for piece in pieces[:-1]]
        return [self._ack(Answer.OK), *data, Packet(PacketKind.END, pieces[-1], self.address)]

    def _expect(self, buffer_number: int | None) -> list[Packet]:
        """Be ready for data: a picture, or a template for a buffer."""
        self._incoming, self._incoming_for = bytearray(), buffer_number
        return [self._ack(Answer.OK)]

    def _take_data(self, packet: Packet) -> None:
        """Fill the image buffer or a feature buffer; a picture of another size is dropped: no answer exists."""
        if self._incoming is None or len(self._incoming) > _LARGEST_DOWNLOAD_BYTES:
            return
        self._incoming += packet.content
        if packet.kind is not PacketKind.END:
            return
        if self._incoming_for is not None:
            self.memory.buffers[self._incoming_for] = bytes(self._incoming)
        elif len(self._incoming) == self.personality.image_bytes:
            self.image = bytes(self._incoming)
        self._incoming = None

    def _light(self, said: bytes) -> Answer:
        if len(said) != 4 or said[0] not in range(1, 7) or said[2] not in self.personality.ring_colours:
            return Answer.BAD_VALUE
        self.ring = said
        return Answer.OK

    def _ack(self, answer: Answer, content: bytes = b"") -> Packet:
        return Packet(PacketKind.ACK, bytes([answer]) + content, self.address)


def _number(field: bytes) -> int:
    """Read a big-endian number; a missing field counts as 0."""
    return int.from_bytes(field, "big")
