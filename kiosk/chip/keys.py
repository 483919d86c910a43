"""The key that opens a chip: document number, birth and expiry, or the card access number (ICAO Doc 9303-11, 9.7.2).

On a Vietnamese card the document number of the MRZ is the LAST nine of the twelve digits.
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Self

from kiosk.chip.errors import BadKeyText
from kiosk.chip.mrz import FILLER, Mrz, check_digit
from kiosk.domain.dates import PartialDate

NO_EXPIRY: Final = "991231"
"""What the expiry field of a Vietnamese card without expiry carries."""
_DATE: Final = re.compile(r"[0-9<]{6}")
_NUMBER: Final = re.compile(r"[A-Z0-9<]{1,22}")
_CAN: Final = re.compile(r"[0-9]{6}")


@dataclass(frozen=True, slots=True)
class MrzKey:
    """Three fields of the MRZ as printed, dates YYMMDD. Raises BadKeyText; the message never repeats them."""

    document_number: str = field(repr=False)
    birth: str = field(repr=False)
    expiry: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what no MRZ can carry."""
        if not _NUMBER.fullmatch(self.document_number):
            raise BadKeyText("the document number has characters that no card carries: type it again")
        if not _DATE.fullmatch(self.birth):
            raise BadKeyText("the date of birth is not written as two digits each of year, month and day")
        if not _DATE.fullmatch(self.expiry):
            raise BadKeyText("the date of expiry is not written as two digits each of year, month and day")

    @classmethod
    def of(cls, mrz: Mrz) -> Self:
        """Take the key from machine-readable lines."""
        return cls(mrz.document_number, mrz.birth, mrz.expiry)

    @property
    def information(self) -> str:
        """The MRZ information of Doc 9303-11, 9.7.2: each field with its check digit, the number filled to nine."""
        number = self.document_number.ljust(9, FILLER)
        return "".join(part + check_digit(part) for part in (number, self.birth, self.expiry))

    @property
    def pace_reference(self) -> int:
        """How PACE names this kind of password (4.4.4.1)."""
        return 1

    @property
    def pace_secret(self) -> bytes:
        """What PACE derives its key from: the whole SHA-1 of the MRZ information (9.7.3)."""
        return hashlib.sha1(self.information.encode("ascii"), usedforsecurity=False).digest()


@dataclass(frozen=True, slots=True)
class CanKey:
    """The six digits of the card access number, printed on the card. Raises BadKeyText, which never repeats them."""

    digits: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse what is no such number."""
        if not _CAN.fullmatch(self.digits):
            raise BadKeyText("a card access number has six digits: type it as the card shows it")

    @property
    def pace_reference(self) -> int:
        """How PACE names this kind of password (4.4.4.1)."""
        return 2

    @property
    def pace_secret(self) -> bytes:
        """What PACE derives its key from (9.7.3)."""
        return self.digits.encode("ascii")


Key = MrzKey | CanKey


def yymmdd(date: PartialDate) -> str:
    """Write a date as the MRZ does; unknown parts are fillers (Doc 9303-3, 4.8)."""
    parts = (date.month, date.day)
    return f"{date.year % 100:02d}" + "".join(FILLER * 2 if part is None else f"{part:02d}" for part in parts)
