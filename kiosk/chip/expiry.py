"""From what is printed to the key of the chip: when does a card expire that says when it was issued?

Law 26/2023 Art. 21: a card is changed at 14, 25, 40 and 60; issued within two years before one of these ages it is
valid until the next; from 58 on it does not expire, which the chip writes as 991231.
"""

from datetime import date
from typing import Final

from kiosk.chip.errors import BadKeyText
from kiosk.chip.keys import NO_EXPIRY, MrzKey, yymmdd
from kiosk.chip.qr import QrIdentity
from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.dates import PartialDate

AGES: Final = (14, 25, 40, 60)
GRACE_YEARS: Final = 2
_NINE: Final = 9
_FIRST_CHIP: Final = date(2021, 1, 1)
"""The first day of cards with a chip."""


def expiry_candidates(born: PartialDate, issued: PartialDate | None) -> tuple[PartialDate | None, ...]:
    """The expiries that a card may carry, likely first; None stands for a card that does not expire.

    Without a date of issue every age reached since the first cards with a chip comes into question.
    """
    issue_day = _FIRST_CHIP if issued is None else date(issued.year, issued.month or 1, issued.day or 1)
    by_rule: list[PartialDate | None] = []
    otherwise: list[PartialDate | None] = []
    for age in AGES:
        days = _birthdays(born, born.year + age)
        if _day(days[0]) <= issue_day:
            continue
        grace_begins = _day(_birthdays(born, born.year + age - GRACE_YEARS)[0])
        within_grace = issued is not None and issue_day >= grace_begins
        (otherwise if within_grace else by_rule).extend(days)
    return tuple(dict.fromkeys([*by_rule, None, *otherwise]))


def mrz_keys_from_qr(qr: QrIdentity) -> list[MrzKey]:
    """The keys to try for the card whose code was read, likely first."""
    return [_key(qr.number, qr.born, expiry) for expiry in expiry_candidates(qr.born, qr.issued)]


def mrz_keys_from_typed(number12: PersonalNumber | str, dob: PartialDate, expiry: PartialDate | None) -> list[MrzKey]:
    """The keys for what was typed from the card; `expiry` None is a card that says “Không thời hạn”.

    Raises BadKeyText when the number has not twelve digits or the expiry is not a whole date.
    """
    digits = number12 if isinstance(number12, str) else number12.digits
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        raise BadKeyText("a personal number has twelve digits: type it again")
    if expiry is not None and expiry.whole is None:
        raise BadKeyText("the expiry needs day, month and year, as the card shows them")
    return [_key(PersonalNumber(digits), dob, expiry)]


def _key(number: PersonalNumber, born: PartialDate, expiry: PartialDate | None) -> MrzKey:
    return MrzKey(number.digits[-_NINE:], yymmdd(born), NO_EXPIRY if expiry is None else yymmdd(expiry))


def _birthdays(born: PartialDate, year: int) -> list[PartialDate]:
    """The days that may count as the birthday in `year`: two for 29 February, two when day or month are unknown."""
    if born.month is None:
        return [PartialDate(year, 12, 31), PartialDate(year, 1, 1)]
    if born.day is None:
        return [_last_day(year, born.month), PartialDate(year, born.month, 1)]
    leap_day = (born.month, born.day) == (2, 29)
    if leap_day and not _is_leap(year):
        return [PartialDate(year, 2, 28), PartialDate(year, 3, 1)]
    return [PartialDate(year, born.month, born.day)]


def _last_day(year: int, month: int) -> PartialDate:
    if month == 12:
        return PartialDate(year, 12, 31)
    return PartialDate(year, month, (date(year, month + 1, 1) - date(year, month, 1)).days)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _day(partial: PartialDate) -> date:
    return date(partial.year, partial.month or 12, partial.day or 28)
