"""Who is being enrolled: the personal number, the identity, the home, the relatives, the telephone."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Self

from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import BadNumber


class Sex(StrEnum):
    """Sex as the papers state it."""

    MALE = "male"
    FEMALE = "female"


@dataclass(frozen=True, slots=True)
class PersonalNumber:
    """The 12-digit personal identification number (số định danh cá nhân). Raises BadNumber.

    Law 26/2023 Art. 12 promises twelve digits and no more, so the inner structure only ever warns: see `doubts`.
    """

    digits: str

    def __post_init__(self) -> None:
        """Refuse what is not twelve digits; the message never repeats the number."""
        if len(self.digits) != 12 or not (self.digits.isascii() and self.digits.isdigit()):
            raise BadNumber("a personal number has twelve digits")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a number that may carry spaces, dots or hyphens. Raises BadNumber."""
        return cls("".join(ch for ch in text if ch not in " .-\u00a0"))

    @property
    def grouped(self) -> str:
        """The number as it is read aloud and shown: 042 150 000 001."""
        return " ".join(self.digits[i : i + 3] for i in range(0, 12, 3))

    def doubts(self, *, born: PartialDate | None, sex: Sex | None) -> tuple[str, ...]:
        """Name what the digits say otherwise than the papers: "century", "year", "sex". Never a reason to refuse.

        Structure PPP G YY NNNNNN of Decree 137/2015 Art. 13: G gives century and sex, YY the year of birth.
        """
        doubts: list[str] = []
        century = 1900 + 100 * (int(self.digits[3]) // 2)
        if born is not None:
            if born.year // 100 * 100 != century:
                doubts.append("century")
            if born.year % 100 != int(self.digits[4:6]):
                doubts.append("year")
        if sex is not None and (int(self.digits[3]) % 2 == 1) != (sex is Sex.FEMALE):
            doubts.append("sex")
        return tuple(doubts)


class DocumentSource(StrEnum):
    """Where the identity came from."""

    CHIP = "chip"
    QR = "qr"
    TYPED = "typed"
    #: Chosen by the officer from the office's roster.
    ROSTER = "roster"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the citizen is, as read or typed; `None` where the paper does not say."""

    source: DocumentSource
    name: str
    born: PartialDate
    number: PersonalNumber | None = None
    sex: Sex | None = None
    nationality: str = "VNM"
    old_number: str | None = None
    document_issued: date | None = None
    document_expires: date | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """Where the citizen comes from and lives, each as one line of an address."""

    origin: str = ""
    residence: str = ""


@dataclass(frozen=True, slots=True)
class Relatives:
    """Names of the nearest relatives; empty where unknown or none."""

    father: str = ""
    mother: str = ""
    spouse: str = ""


class PhoneOwner(StrEnum):
    """Whose subscription the telephone number is: an e-ID account needs the citizen's own (Decree 69/2024)."""

    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Phone:
    """The telephone for the e-ID account; `number` is ten digits, or empty with owner NONE."""

    owner: PhoneOwner
    number: str = ""
