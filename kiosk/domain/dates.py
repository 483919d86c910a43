"""Dates of birth as papers state them: whole, month and year, or the year alone.

Partial dates are real and stay partial: a fake 1 January would be a lie that no later reader could detect.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from kiosk.domain.errors import BadDate

EARLIEST_YEAR: Final = 1880
LATEST_YEAR: Final = 2150


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date known to the day, the month or the year. Raises BadDate for what the calendar does not have."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        """Refuse impossible dates; the message carries no value, because a date of birth is personal."""
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            raise BadDate("the year is outside 1880 to 2150")
        if self.month is None:
            if self.day is not None:
                raise BadDate("a day without a month")
            return
        if not 1 <= self.month <= 12:
            raise BadDate("the month is not 1 to 12")
        if self.day is not None:
            try:
                date(self.year, self.month, self.day)
            except ValueError as error:
                raise BadDate("the month does not have that day") from error

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `dd/mm/yyyy`, `mm/yyyy`, `yyyy` or `ddmmyyyy` (zeros for unknown parts). Raises BadDate."""
        cleaned = text.strip().replace("-", "/").replace(".", "/")
        if cleaned.isascii() and cleaned.isdigit() and len(cleaned) == 8:
            parts = [cleaned[:2], cleaned[2:4], cleaned[4:]]
        else:
            parts = [part.strip() for part in cleaned.split("/")]
        if not 1 <= len(parts) <= 3 or not all(part.isascii() and part.isdigit() for part in parts):
            raise BadDate("write the date as day/month/year, for example 01/07/1950")
        if len(parts[-1]) != 4:
            raise BadDate("the year needs four digits")
        numbers = [int(part) for part in parts]
        year = numbers[-1]
        month = numbers[-2] if len(numbers) > 1 else 0
        day = numbers[-3] if len(numbers) > 2 else 0
        return cls(year, month or None, day or None)

    @property
    def whole(self) -> date | None:
        """The calendar date, or None when it is partial."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    def written(self) -> str:
        """Write it as Vietnamese papers do: 01/07/1950, 07/1950 or 1950."""
        parts = [f"{part:02d}" for part in (self.day, self.month) if part is not None]
        return "/".join([*parts, f"{self.year:04d}"])

    def age_on(self, today: date) -> int:
        """Whole years lived on `today`; an unknown part counts as the last possible day of that year or month."""
        month = self.month or 12
        day = self.day if self.day is not None else monthrange(self.year, month)[1]
        return today.year - self.year - ((today.month, today.day) < (month, day))


def agree(one: PartialDate, other: PartialDate) -> bool:
    """Say whether the two may be one day: what either leaves open agrees with everything."""
    pairs = ((one.year, other.year), (one.month, other.month), (one.day, other.day))
    return all(a is None or b is None or a == b for a, b in pairs)
