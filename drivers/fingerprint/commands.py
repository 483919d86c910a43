"""What is said inside the packets: instructions, answers, and the two records a module keeps about itself.

Codes follow the ZFM-20 manual 2.0 (2010) and the R503 manual 1.2.1 (2022). Owns the numbers and the two layouts;
how long to wait and what to repeat is here as data, doing it is not.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum, IntFlag


class Instruction(IntEnum):
    """The instruction codes of the family; no module knows all of them."""

    GET_IMAGE = 0x01
    EXTRACT = 0x02
    MATCH = 0x03
    SEARCH = 0x04
    MAKE_MODEL = 0x05
    STORE = 0x06
    LOAD_TEMPLATE = 0x07
    UP_TEMPLATE = 0x08
    DOWN_TEMPLATE = 0x09
    UP_IMAGE = 0x0A
    DOWN_IMAGE = 0x0B
    DELETE = 0x0C
    EMPTY = 0x0D
    SET_SYS_PARA = 0x0E
    READ_SYS_PARA = 0x0F
    SET_PASSWORD = 0x12
    VERIFY_PASSWORD = 0x13
    RANDOM = 0x14
    SET_ADDRESS = 0x15
    READ_INFO_PAGE = 0x16
    CONTROL = 0x17
    WRITE_NOTEPAD = 0x18
    READ_NOTEPAD = 0x19
    FAST_SEARCH = 0x1B
    TEMPLATE_COUNT = 0x1D
    READ_INDEX = 0x1F
    GET_IMAGE_EX = 0x28
    CANCEL = 0x30
    AUTO_ENROL = 0x31
    AUTO_IDENTIFY = 0x32
    STANDBY = 0x33
    RING = 0x35
    CHECK_SENSOR = 0x36
    READ_ALGORITHM = 0x39
    READ_FIRMWARE = 0x3A
    READ_PRODUCT = 0x3C
    SOFT_RESET = 0x3D
    HANDSHAKE = 0x40
    LED_ON = 0x50
    LED_OFF = 0x51
    GET_IMAGE_DARK = 0x52
    ECHO = 0x53


class Answer(IntEnum):
    """The confirmation codes of both manuals."""

    OK = 0x00
    RECEIVE_ERROR = 0x01
    NO_FINGER = 0x02
    CAPTURE_FAILED = 0x03
    TOO_MESSY = 0x06
    TOO_FEW_FEATURES = 0x07
    NO_MATCH = 0x08
    NOT_FOUND = 0x09
    CANNOT_MERGE = 0x0A
    BAD_PAGE = 0x0B
    BAD_TEMPLATE = 0x0C
    CANNOT_SEND_TEMPLATE = 0x0D
    CANNOT_RECEIVE = 0x0E
    CANNOT_SEND_IMAGE = 0x0F
    CANNOT_DELETE = 0x10
    CANNOT_EMPTY = 0x11
    WRONG_PASSWORD = 0x13
    NO_IMAGE = 0x15
    FLASH_ERROR = 0x18
    UNDEFINED = 0x19
    BAD_REGISTER = 0x1A
    BAD_VALUE = 0x1B
    BAD_NOTEPAD_PAGE = 0x1C
    PORT_ERROR = 0x1D
    LIBRARY_FULL = 0x1F
    WRONG_ADDRESS = 0x20
    PASSWORD_FIRST = 0x21
    EMPTY_TEMPLATE = 0x22
    LIBRARY_EMPTY = 0x24
    TIMED_OUT = 0x26
    ALREADY_ENROLLED = 0x27
    SENSOR_ERROR = 0x29
    ECHO = 0x55
    UNSUPPORTED = 0xFC
    HARDWARE_ERROR = 0xFD
    EXECUTION_FAILED = 0xFE


ANSWER_WORDS: dict[int, str] = {
    Answer.RECEIVE_ERROR: "the command arrived damaged",
    Answer.NO_FINGER: "no finger lies on the glass",
    Answer.CAPTURE_FAILED: "the picture could not be taken",
    Answer.TOO_MESSY: "the print is too disordered",
    Answer.TOO_FEW_FEATURES: "the print shows too little",
    Answer.NO_MATCH: "the prints do not match",
    Answer.NOT_FOUND: "the finger is not in the library",
    Answer.CANNOT_MERGE: "the presses are not of one finger",
    Answer.BAD_PAGE: "the library has no such page",
    Answer.BAD_TEMPLATE: "the template cannot be read",
    Answer.CANNOT_SEND_TEMPLATE: "it cannot send the template",
    Answer.CANNOT_RECEIVE: "it cannot take the data",
    Answer.CANNOT_SEND_IMAGE: "it cannot send the image",
    Answer.CANNOT_DELETE: "it cannot delete the template",
    Answer.CANNOT_EMPTY: "it cannot empty its library",
    Answer.WRONG_PASSWORD: "the password is wrong",
    Answer.NO_IMAGE: "it holds no image",
    Answer.FLASH_ERROR: "its memory is worn or broken",
    Answer.UNDEFINED: "the command is not known",
    Answer.BAD_REGISTER: "there is no such register",
    Answer.BAD_VALUE: "the value is not allowed",
    Answer.BAD_NOTEPAD_PAGE: "the notepad has no such page",
    Answer.PORT_ERROR: "its port does not work",
    Answer.LIBRARY_FULL: "its library is full",
    Answer.WRONG_ADDRESS: "the address is wrong",
    Answer.PASSWORD_FIRST: "the password must be verified first",
    Answer.EMPTY_TEMPLATE: "there is no template at this place",
    Answer.LIBRARY_EMPTY: "its library is empty",
    Answer.TIMED_OUT: "nothing came in time",
    Answer.ALREADY_ENROLLED: "the finger is in the library already",
    Answer.SENSOR_ERROR: "the sensor is broken",
    Answer.UNSUPPORTED: "the command is not supported",
    Answer.HARDWARE_ERROR: "the hardware is broken",
    Answer.EXECUTION_FAILED: "the command could not be carried out",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """How long an instruction may take, and whether saying it twice does no harm."""

    timeout_s: float
    repeatable: bool = True


RULES: dict[Instruction, Rule] = {
    Instruction.GET_IMAGE: Rule(2.0),
    Instruction.EXTRACT: Rule(3.0),
    Instruction.MATCH: Rule(2.0),
    Instruction.SEARCH: Rule(6.0),
    Instruction.MAKE_MODEL: Rule(3.0),
    Instruction.STORE: Rule(3.0, repeatable=False),
    Instruction.LOAD_TEMPLATE: Rule(1.0),
    Instruction.UP_TEMPLATE: Rule(1.0),
    Instruction.DOWN_TEMPLATE: Rule(1.0),
    Instruction.UP_IMAGE: Rule(1.0),
    Instruction.DOWN_IMAGE: Rule(1.0),
    Instruction.DELETE: Rule(3.0, repeatable=False),
    Instruction.EMPTY: Rule(5.0),
    Instruction.SET_SYS_PARA: Rule(1.0, repeatable=False),
    Instruction.READ_SYS_PARA: Rule(0.5),
    Instruction.SET_PASSWORD: Rule(1.0, repeatable=False),
    Instruction.VERIFY_PASSWORD: Rule(0.5),
    Instruction.RANDOM: Rule(0.5),
    Instruction.SET_ADDRESS: Rule(1.0, repeatable=False),
    Instruction.READ_INFO_PAGE: Rule(1.0),
    Instruction.CONTROL: Rule(0.5, repeatable=False),
    Instruction.WRITE_NOTEPAD: Rule(1.0),
    Instruction.READ_NOTEPAD: Rule(0.5),
    Instruction.FAST_SEARCH: Rule(6.0),
    Instruction.TEMPLATE_COUNT: Rule(0.5),
    Instruction.READ_INDEX: Rule(0.5),
    Instruction.GET_IMAGE_EX: Rule(2.0),
    Instruction.CANCEL: Rule(0.5),
    Instruction.AUTO_ENROL: Rule(15.0, repeatable=False),
    Instruction.AUTO_IDENTIFY: Rule(15.0, repeatable=False),
    Instruction.STANDBY: Rule(0.5),
    Instruction.RING: Rule(0.5),
    Instruction.CHECK_SENSOR: Rule(0.5),
    Instruction.READ_ALGORITHM: Rule(0.5),
    Instruction.READ_FIRMWARE: Rule(0.5),
    Instruction.READ_PRODUCT: Rule(0.5),
    Instruction.SOFT_RESET: Rule(1.0),
    Instruction.HANDSHAKE: Rule(0.5),
    Instruction.LED_ON: Rule(0.5),
    Instruction.LED_OFF: Rule(0.5),
    Instruction.GET_IMAGE_DARK: Rule(2.0),
    Instruction.ECHO: Rule(0.5),
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
