"""What is said inside the packets: instructions, answers, and the two records a module keeps about itself.

Codes follow the ZFM-20 manual 2.0 (2010) and the R503 manual 1.2.1 (2022). Owns the numbers and the two layouts;
how long to wait and what to repeat is here as data, doing it is not.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag


class Instruction(IntEnum):
    """The instruction codes that this house uses."""

    GET_IMAGE = 0x01
    EXTRACT = 0x02
    UP_IMAGE = 0x0A
    DOWN_IMAGE = 0x0B
    EMPTY = 0x0D
    SET_SYS_PARA = 0x0E
    READ_SYS_PARA = 0x0F
    VERIFY_PASSWORD = 0x13
    TEMPLATE_COUNT = 0x1D
    CANCEL = 0x30
    RING = 0x35
    CHECK_SENSOR = 0x36
    READ_PRODUCT = 0x3C
    SOFT_RESET = 0x3D
    HANDSHAKE = 0x40


class Answer(IntEnum):
    """The confirmation codes that change what is done next; any other code is reported by its number."""

    OK = 0x00
    RECEIVE_ERROR = 0x01
    NO_FINGER = 0x02
    CAPTURE_FAILED = 0x03
    CANNOT_RECEIVE = 0x0E
    CANNOT_SEND_IMAGE = 0x0F
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    UNDEFINED = 0x19
    BAD_REGISTER = 0x1A
    BAD_VALUE = 0x1B
    PASSWORD_FIRST = 0x21
    SENSOR_ERROR = 0x29
    UNSUPPORTED = 0xFC
    HARDWARE_ERROR = 0xFD


ANSWER_WORDS: dict[int, str] = {
    Answer.RECEIVE_ERROR: "the command arrived damaged",
    Answer.CAPTURE_FAILED: "the picture could not be taken",
    Answer.CANNOT_RECEIVE: "it cannot take the data",
    Answer.CANNOT_SEND_IMAGE: "it cannot send the image",
    Answer.WRONG_PASSWORD: "the password is wrong",
    Answer.NO_IMAGE: "it holds no image",
    Answer.UNDEFINED: "the command is not known",
    Answer.BAD_REGISTER: "there is no such register",
    Answer.BAD_VALUE: "the value is not allowed",
    Answer.PASSWORD_FIRST: "the password must be verified first",
    Answer.SENSOR_ERROR: "the sensor is broken",
    Answer.UNSUPPORTED: "the command is not supported",
    Answer.HARDWARE_ERROR: "the hardware is broken",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long an instruction may take, and whether saying it twice does no harm."""

    timeout_s: float
    repeatable: bool = True


RULES: dict[Instruction, Rule] = {
    Instruction.GET_IMAGE: Rule(2.0),
    Instruction.EXTRACT: Rule(3.0),
    Instruction.UP_IMAGE: Rule(1.0),
    Instruction.DOWN_IMAGE: Rule(1.0),
    Instruction.EMPTY: Rule(5.0),
    Instruction.SET_SYS_PARA: Rule(1.0, repeatable=False),
    Instruction.READ_SYS_PARA: Rule(0.5),
    Instruction.VERIFY_PASSWORD: Rule(0.5),
    Instruction.TEMPLATE_COUNT: Rule(0.5),
    Instruction.CANCEL: Rule(0.5),
    Instruction.RING: Rule(0.5),
    Instruction.CHECK_SENSOR: Rule(0.5),
    Instruction.READ_PRODUCT: Rule(0.5),
    Instruction.SOFT_RESET: Rule(1.0),
    Instruction.HANDSHAKE: Rule(0.5),
}

PACKET_SIZES = (32, 64, 128, 256)
"""Content bytes of a data packet, by package code 0 to 3."""

BAUD_STEP = 9600
BAUD_ORDER = (57600, 115200, 9600, 19200, 38400, 28800, 48000, 67200, 76800, 86400, 96000, 105600)
"""Every rate such a module can have (9600 x 1 to 12), in the order of likelihood. Nothing else is ever set."""


class Status(IntFlag):
    """The status register."""

    BUSY = 1
    PASSED = 2
    PASSWORD_VERIFIED = 4
    IMAGE_HELD = 8


@dataclass(frozen=True, slots=True)
class SystemParameters:
    """What ReadSysPara tells. `packet_bytes` is the content of a data packet, `baud` in bits a second."""

    status: int
    system_id: int
    capacity: int
    security: int
    address: int
    packet_bytes: int
    baud: int

    _LAYOUT = struct.Struct(">HHHHIHH")

    @classmethod
    def decode(cls, record: bytes) -> "SystemParameters":
        """Read the 16-byte record. Raises ValueError when it is short or its numbers are impossible."""
        if len(record) < cls._LAYOUT.size:
            raise ValueError(f"system parameters are {cls._LAYOUT.size} bytes, not {len(record)}")
        status, system_id, capacity, security, address, code, steps = cls._LAYOUT.unpack_from(record)
        if code >= len(PACKET_SIZES) or not 1 <= steps <= 12:
            raise ValueError(f"package code {code} and baud factor {steps} cannot be")
        return cls(status, system_id, capacity, security, address, PACKET_SIZES[code], steps * BAUD_STEP)

    def encode(self) -> bytes:
        """Give the 16-byte record."""
        code, steps = PACKET_SIZES.index(self.packet_bytes), self.baud // BAUD_STEP
        return self._LAYOUT.pack(self.status, self.system_id, self.capacity, self.security, self.address, code, steps)


@dataclass(frozen=True, slots=True)
class ProductInformation:
    """What ReadProdInfo tells: the one honest source of the image's size."""

    model: str
    batch: str
    serial: str
    hardware: str
    sensor: str
    width_px: int
    height_px: int
    template_bytes: int
    capacity: int

    _LAYOUT = struct.Struct(">16s4s8s2s8sHHHH")

    @classmethod
    def decode(cls, record: bytes) -> "ProductInformation":
        """Read the 46-byte record. Raises ValueError when it is short or the size cannot be an image's."""
        if len(record) < cls._LAYOUT.size:
            raise ValueError(f"product information is {cls._LAYOUT.size} bytes, not {len(record)}")
        model, batch, serial, hardware, sensor, width, height, template, capacity = cls._LAYOUT.unpack_from(record)
        if not (32 <= width <= 1024 and 32 <= height <= 1024 and width % 2 == 0):
            raise ValueError(f"an image of {width} x {height} pixels cannot be")
        return cls(
            _text(model), _text(batch), _text(serial), f"{hardware[0]}.{hardware[1]}", _text(sensor),
            width, height, template, capacity,
        )  # fmt: skip

    def encode(self) -> bytes:
        """Give the 46-byte record."""
        major, minor = self.hardware.split(".")
        return self._LAYOUT.pack(
            self.model.encode(), self.batch.encode(), self.serial.encode(), bytes((int(major), int(minor))),
            self.sensor.encode(), self.width_px, self.height_px, self.template_bytes, self.capacity,
        )  # fmt: skip


def _text(field: bytes) -> str:
    """Read a text field that may be padded with zeros, spaces or garbage after a zero."""
    return "".join(chr(byte) for byte in field.split(b"\0")[0] if 32 <= byte < 127).strip()
