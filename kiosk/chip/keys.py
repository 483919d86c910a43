"""The key that opens a chip: document number, date of birth, date of expiry (ICAO Doc 9303-11, 9.7.2).

On a Vietnamese card the document number of the MRZ is the LAST nine of the twelve digits.
"""

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


def yymmdd(date: PartialDate) -> str:
    """Write a date as the MRZ does; unknown parts are fillers (Doc 9303-3, 4.8)."""
    parts = (date.month, date.day)
    return f"{date.year % 100:02d}" + "".join(FILLER * 2 if part is None else f"{part:02d}" for part in parts)
