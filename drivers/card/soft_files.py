"""The files of the soft card, written byte by byte: MRZ in TD1, EF.COM, DG1, DG2 (ICAO Doc 9303-10)."""

import struct
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from drivers.card.soft_crypto import wrap_object

_VALUES: Final = {**{str(n): n for n in range(10)}, **{chr(65 + n): 10 + n for n in range(26)}, "<": 0}
NO_EXPIRY: Final = "991231"
"""The expiry field of a Vietnamese card that never expires."""


def control_digit(text: str) -> str:
    """The check digit of Doc 9303-3, 4.9."""
    return str(sum(_VALUES[char] * (7, 3, 1)[index % 3] for index, char in enumerate(text)) % 10)


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a soft card was made for. Names in capitals without marks, as the MRZ has them; expiry None for never."""

    number: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    born: date = field(repr=False)
    sex: str = field(repr=False)
    expires: date | None = field(repr=False)

    @property
    def birth_text(self) -> str:
        """Birth as YYMMDD."""
        return self.born.strftime("%y%m%d")

    @property
    def expiry_text(self) -> str:
        """Expiry as YYMMDD."""
        return NO_EXPIRY if self.expires is None else self.expires.strftime("%y%m%d")

    @property
    def key_text(self) -> str:
        """What opens the chip: last nine digits, birth, expiry, each with its check digit."""
        parts = (self.number[-9:], self.birth_text, self.expiry_text)
        return "".join(part + control_digit(part) for part in parts)

    def mrz(self) -> str:
        """The three lines of a Vietnamese identity card as one text of 90 characters."""
        number = self.number[-9:]
        upper = number + control_digit(number) + self.number + "<<" + control_digit(self.number)
        birth, expiry = self.birth_text, self.expiry_text
        middle = birth + control_digit(birth), expiry + control_digit(expiry)
        composite = control_digit(upper + middle[0] + middle[1] + "<" * 11)
        names = f"{self.surname}<<{self.given_names}".replace(" ", "<")[:30].ljust(30, "<")
        return f"IDVNM{upper}{middle[0]}{self.sex}{middle[1]}VNM{'<' * 11}{composite}{names}"


def common_file(tags: tuple[int, ...]) -> bytes:
    """EF.COM: LDS 1.7, Unicode 4.0.0, and the tags of the data groups on the card."""
    inner = wrap_object(0x5F01, b"0107") + wrap_object(0x5F36, b"040000") + wrap_object(0x5C, bytes(tags))
    return wrap_object(0x60, inner)


def mrz_file(mrz: str) -> bytes:
    """DG1."""
    return wrap_object(0x61, wrap_object(0x5F1F, mrz.encode("ascii")))


def face_file(image: bytes, *, width_px: int, height_px: int) -> bytes:
    """DG2 with one ISO/IEC 19794-5 face record around `image` (JPEG, or JPEG 2000 when it starts like one)."""
    kind = 0 if image.startswith(b"\xff\xd8") else 1
    picture = struct.pack(">BBHHBBHH", 1, kind, width_px, height_px, 1, 2, 0, 0)
    facial = struct.pack(">IH", 20 + len(picture) + len(image), 0) + bytes(14) + picture + image
    record = b"FAC\x00010\x00" + struct.pack(">IH", 14 + len(facial), 1) + facial
    header = wrap_object(
        0xA1, wrap_object(0x80, b"\x01\x01") + wrap_object(0x87, b"\x01\x01") + wrap_object(0x88, b"\x00\x08")
    )
    template = wrap_object(0x7F60, header + wrap_object(0x5F2E, record))
    return wrap_object(0x75, wrap_object(0x7F61, wrap_object(0x02, b"\x01") + template))
