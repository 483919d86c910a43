"""The QR code printed on the identity card: fields apart by `|`, found in a camera frame by zxing-cpp.

2021 card (front): number | old 9-digit number or nothing | name | birth | sex | address | issued. The 2024 card (back)
has more behind these; Circular 16/2024/TT-BCA names them without their order, so they are kept raw. Some cards leave
out the second field together with its bar.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Any, Final

from kiosk.chip.errors import BadQr
from kiosk.chip.keys import yymmdd
from kiosk.chip.mrz import Mrz
from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import DomainError

_FIELDS: Final = 7
_INVISIBLE: Final = "\ufeff\u200b\u200c\u200d\u2060\x00"
_SEXES: Final = {"nam": Sex.MALE, "nữ": Sex.FEMALE, "nu": Sex.FEMALE}
_LONGEST: Final = 3000
_ENLARGED: Final = 1.5
_D_WITH_STROKE: Final = str.maketrans({"Ð": "Đ", "ð": "đ", "Ɖ": "Đ", "ɖ": "đ"})


@dataclass(frozen=True, slots=True)
class QrIdentity:
    """What the code states; None where it says nothing usable. `tail` holds the unnamed fields of newer cards."""

    number: PersonalNumber = field(repr=False)
    old_number: str | None = field(repr=False)
    name: str = field(repr=False)
    born: PartialDate = field(repr=False)
    sex: Sex | None = field(repr=False)
    residence: str = field(repr=False)
    issued: PartialDate | None = field(repr=False)
    tail: tuple[str, ...] = field(default=(), repr=False)

    def is_of(self, mrz: Mrz) -> bool:
        """Whether this code and these machine-readable lines are of one person's card.

        A card on the tray and another one before the camera must never become one identity. The twelve digits decide;
        where the lines state none, the last nine and the date of birth do.
        """
        stated = mrz.personal_number
        if stated is not None:
            return stated == self.number
        return (mrz.document_number, mrz.birth) == (self.number.digits[-9:], yymmdd(self.born))


def clean(text: str) -> str:
    """Bring text into the form kept everywhere: NFC, Đ for its look-alikes Ð and Ɖ, no BOM, no doubled spaces."""
    visible = "".join(char for char in text if char not in _INVISIBLE)
    return " ".join(unicodedata.normalize("NFC", visible).translate(_D_WITH_STROKE).split())


def parse_qr(text: str) -> QrIdentity:
    """Read the text of the code. Raises BadQr; its message names the field and never what stands there."""
    if len(text) > _LONGEST:
        raise BadQr("this QR code is too long for one of an identity card")
    fields = [clean(part) for part in text.split("|")]
    if len(fields) == _FIELDS - 1 and not _is_old_number(fields[1]):
        fields.insert(1, "")
    if len(fields) < _FIELDS:
        raise BadQr("this QR code is not the one of an identity card: show the code on the card")
    number, old_number, name, born, sex, residence, issued = fields[:_FIELDS]
    if old_number and not _is_old_number(old_number):
        raise BadQr("the old number in the QR code has neither 9 nor 12 digits")
    if not name or any(char.isdigit() for char in name):
        raise BadQr("the QR code has no name where one belongs")
    try:
        known_number = PersonalNumber(number)
    except DomainError as error:
        raise BadQr("the number in the QR code has not twelve digits") from error
    return QrIdentity(
        number=known_number,
        old_number=old_number or None,
        name=name,
        born=_needed_date(born),
        sex=_SEXES.get(sex.casefold()),
        residence=residence,
        issued=_date(issued),
        tail=tuple(fields[_FIELDS:]),
    )


def find_qr(rgba: bytes, width_px: int, height_px: int) -> str | None:
    """Find a QR code in one frame (rows from the top, R G B X bytes) and give its text.

    The code of an identity card wins over others that lie in the picture. None when there is none to be read; raises
    ValueError when `rgba` has not width x height x 4 bytes.
    """
    import cv2
    import numpy as np

    if width_px < 1 or height_px < 1 or len(rgba) != width_px * height_px * 4:
        raise ValueError(f"a frame of {width_px} x {height_px} pixels needs four bytes for each")
    grey = cv2.cvtColor(np.frombuffer(rgba, np.uint8).reshape(height_px, width_px, 4), cv2.COLOR_RGBA2GRAY)
    texts = _texts(grey)
    if not texts:
        # Small modules under the noise of a dim frame are found in the same frame enlarged and softened.
        enlarged = cv2.resize(grey, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
        texts = _texts(cv2.GaussianBlur(enlarged, (3, 3), 0))
    texts.sort(key=lambda text: text.count("|") < _FIELDS - 2)
    return texts[0] if texts else None


def _texts(grey: Any) -> list[str]:  # noqa: ANN401 - a numpy array of grey values, which cv2 types loosely
    import zxingcpp

    formats: Any = zxingcpp.BarcodeFormat.QRCode  # the stubs ask for a set where one format does
    return [_text(code.bytes, code.text) for code in zxingcpp.read_barcodes(grey, formats=formats)]


def _text(content: bytes, guessed: str) -> str:
    """The cards carry UTF-8 without saying so; a reader's guess of another encoding would break the name."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return guessed


def _is_old_number(text: str) -> bool:
    return len(text) in (9, 12) and text.isascii() and text.isdigit()


def _date(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(text)
    except DomainError:
        return None


def _needed_date(text: str) -> PartialDate:
    date = _date(text)
    if date is None:
        raise BadQr("the date of birth in the QR code is none that the calendar has")
    return date
