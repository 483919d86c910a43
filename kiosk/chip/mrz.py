"""The machine-readable zone of DG1: TD1, TD2 and TD3 (ICAO Doc 9303 parts 4 to 6), with its check digits.

A wrong check digit is reported, not raised: the chip is the witness, and the caller decides what a slip of it means.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from kiosk.chip import tlv
from kiosk.chip.errors import BadAnswer, BadMrz
from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import DomainError

FILLER: Final = "<"
_WEIGHTS: Final = (7, 3, 1)
_ALLOWED: Final = re.compile(r"[A-Z0-9<]+")
_NUMBER_LENGTH: Final = 9
_TD1, _TD2, _TD3 = 90, 72, 88
_NO_EXPIRY: Final = "991231"


def check_digit(text: str) -> str:
    """Compute the check digit of Doc 9303-3, 4.9: weights 7 3 1, A=10 … Z=35, filler 0. Raises BadMrz."""
    total = 0
    for index, char in enumerate(text):
        if char == FILLER:
            value = 0
        elif char.isascii() and char.isalnum() and not char.islower():
            value = int(char, 36)
        else:
            raise BadMrz("the machine-readable lines have a character that is neither A to Z, 0 to 9 nor <")
        total += value * _WEIGHTS[index % 3]
    return str(total % 10)


@dataclass(frozen=True, slots=True)
class Mrz:
    """What the machine-readable lines say. Fillers are removed; dates stay YYMMDD, unknown parts `<`.

    `wrong_checks` names the check digits that do not fit: "number", "birth", "expiry", "optional", "composite".
    """

    form: str
    document_code: str = field(repr=False)
    issuer: str = field(repr=False)
    document_number: str = field(repr=False)
    birth: str = field(repr=False)
    sex: Sex | None = field(repr=False)
    expiry: str = field(repr=False)
    nationality: str = field(repr=False)
    surname: str = field(repr=False)
    given_names: str = field(repr=False)
    optional_1: str = field(repr=False)
    optional_2: str = field(repr=False)
    wrong_checks: tuple[str, ...] = ()

    @property
    def personal_number(self) -> PersonalNumber | None:
        """The 12 digits of a Vietnamese card, which stand in the first optional field; None elsewhere."""
        if self.issuer != "VNM":
            return None
        try:
            return PersonalNumber(self.optional_1[:12])
        except DomainError:
            return None

    def birth_date(self, *, not_after_year: int) -> PartialDate | None:
        """The date of birth with its century: the latest one that is not after `not_after_year`.

        A Vietnamese card states the century in its 12 digits (Decree 137/2015 Art. 13), and that wins when it fits.
        """
        if not self.birth[:2].isdigit():
            return None
        years = [century + int(self.birth[:2]) for century in (1900, 2000, 2100)]
        past = [year for year in years if year <= not_after_year]
        number = self.personal_number
        if number is not None:
            stated = 1900 + 100 * (int(number.digits[3]) // 2) + int(number.digits[4:6])
            if stated in past:
                return _partial(stated, self.birth)
        return _partial(past[-1], self.birth) if past else None

    @property
    def expires(self) -> PartialDate | None:
        """The day of expiry, read as 20YY; None for a card without one, which Vietnam writes as 991231."""
        if self.expiry == _NO_EXPIRY or not self.expiry[:2].isdigit():
            return None
        return _partial(2000 + int(self.expiry[:2]), self.expiry)


def parse_mrz(text: str) -> Mrz:
    """Read the lines of DG1 (or typed ones; line ends are ignored). Raises BadMrz when it is none of the three."""
    flat = "".join(text.split())
    if not _ALLOWED.fullmatch(flat):
        raise BadMrz("the machine-readable lines have a character that is neither A to Z, 0 to 9 nor <")
    if len(flat) == _TD1:
        return _parse_td1(flat)
    if len(flat) == _TD2:
        return _parse_td2(flat)
    if len(flat) == _TD3:
        return _parse_td3(flat)
    raise BadMrz(f"the machine-readable lines have {len(flat)} characters; 90, 72 and 88 are known")


def parse_dg1(dg1: bytes) -> Mrz:
    """Take the machine-readable lines out of DG1. Raises BadAnswer."""
    lines = tlv.first(tlv.only(dg1, 0x61, what="DG1"), 0x5F1F, what="DG1")
    try:
        return parse_mrz(lines.decode("ascii"))
    except (UnicodeDecodeError, BadMrz) as error:
        raise BadAnswer("the card's machine-readable lines (DG1) are none that ICAO Doc 9303 knows") from error


def _parse_td1(flat: str) -> Mrz:
    one, two, three = flat[:30], flat[30:60], flat[60:]
    number, number_check, optional = _long_number(one[5:14], one[14], one[15:30])
    checks = {
        "number": (number, number_check),
        "birth": (two[:6], two[6]),
        "expiry": (two[8:14], two[14]),
        "composite": (one[5:30] + two[:7] + two[8:15] + two[18:29], two[29]),
    }
    return _mrz(
        "TD1", flat[:2], flat[2:5], number, two[:8], two[8:14], two[15:18], three, (optional, two[18:29]), checks
    )


def _parse_td2(flat: str) -> Mrz:
    one, two = flat[:36], flat[36:]
    number, number_check, optional = _long_number(two[:9], two[9], two[28:35])
    checks = {
        "number": (number, number_check),
        "birth": (two[13:19], two[19]),
        "expiry": (two[21:27], two[27]),
        "composite": (two[:10] + two[13:20] + two[21:35], two[35]),
    }
    return _mrz("TD2", one[:2], one[2:5], number, two[13:21], two[21:27], two[10:13], one[5:], (optional, ""), checks)


def _parse_td3(flat: str) -> Mrz:
    one, two = flat[:44], flat[44:]
    optional_check = two[42] if two[42] != FILLER or two[28:42].strip(FILLER) else "0"
    checks = {
        "number": (two[:9], two[9]),
        "birth": (two[13:19], two[19]),
        "expiry": (two[21:27], two[27]),
        "optional": (two[28:42], optional_check),
        "composite": (two[:10] + two[13:20] + two[21:43], two[43]),
    }
    return _mrz(
        "TD3", one[:2], one[2:5], two[:9], two[13:21], two[21:27], two[10:13], one[5:], (two[28:42], ""), checks
    )


def _long_number(number: str, check: str, optional: str) -> tuple[str, str, str]:
    """Join a number longer than nine: `<` as check digit, then rest and digit in the optional field (9303-5)."""
    if check != FILLER:
        return number, check, optional
    rest = optional.split(FILLER, 1)[0]
    if len(rest) < 2:
        return number, check, optional
    return number + rest[:-1], rest[-1], optional[len(rest) :]


def _mrz(
    form: str,
    code: str,
    issuer: str,
    number: str,
    birth_and_sex: str,
    expiry: str,
    nationality: str,
    names: str,
    optional: tuple[str, str],
    checks: dict[str, tuple[str, str]],
) -> Mrz:
    surname, _, given = names.partition(FILLER * 2)
    return Mrz(
        form=form,
        document_code=code.strip(FILLER),
        issuer=issuer.strip(FILLER),
        document_number=number.strip(FILLER),
        birth=birth_and_sex[:6],
        sex={"M": Sex.MALE, "F": Sex.FEMALE}.get(birth_and_sex[7]),
        expiry=expiry,
        nationality=nationality.strip(FILLER),
        surname=_words(surname),
        given_names=_words(given),
        optional_1=optional[0].strip(FILLER),
        optional_2=optional[1].strip(FILLER),
        wrong_checks=tuple(name for name, (body, digit) in checks.items() if check_digit(body) != digit),
    )


def _words(names: str) -> str:
    return " ".join(part for part in names.split(FILLER) if part)


def _partial(year: int, yymmdd: str) -> PartialDate | None:
    month, day = yymmdd[2:4], yymmdd[4:6]
    known_month = int(month) if month.isdigit() and month != "00" else None
    known_day = int(day) if known_month and day.isdigit() and day != "00" else None
    try:
        return PartialDate(year, known_month, known_day)
    except DomainError:
        return None
