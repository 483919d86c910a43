"""Dates of birth stay as partial as the papers state them, and no impossible one is ever taken."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.dates import EARLIEST_YEAR, LATEST_YEAR, PartialDate
from kiosk.domain.errors import BadDate

YEARS = st.integers(EARLIEST_YEAR, LATEST_YEAR)
PARTIAL = st.one_of(
    st.builds(PartialDate, YEARS),
    st.builds(PartialDate, YEARS, st.integers(1, 12)),
    st.dates(date(EARLIEST_YEAR, 1, 1), date(LATEST_YEAR, 12, 31)).map(lambda d: PartialDate(d.year, d.month, d.day)),
)


@given(PARTIAL)
def test_what_is_written_is_read_back_the_same(born: PartialDate) -> None:
    assert PartialDate.parse(born.written()) == born
    assert PartialDate.parse(f" {born.written().replace('/', '-')} ") == born
    assert PartialDate.parse(born.written().replace("/", ".")) == born


@given(PARTIAL)
def test_eight_digits_are_read_with_zeros_for_what_is_unknown(born: PartialDate) -> None:
    assert PartialDate.parse(f"{born.day or 0:02d}{born.month or 0:02d}{born.year:04d}") == born


@given(st.integers(0, 40), st.integers(0, 15), st.integers(0, 9999))
def test_no_impossible_date_is_ever_taken(day: int, month: int, year: int) -> None:
    try:
        read = PartialDate.parse(f"{day:02d}/{month:02d}/{year:04d}")
    except BadDate:
        return
    assert (read.day or 0, read.month or 0, read.year) == (day, month, year)
    assert EARLIEST_YEAR <= read.year <= LATEST_YEAR
    if day:
        assert read.whole == date(year, month, day)
    else:
        assert read.whole is None


@given(st.text(max_size=12))
def test_any_text_is_a_date_or_a_clear_refusal_that_repeats_nothing(text: str) -> None:
    refusal = ""
    try:
        read = PartialDate.parse(text)
    except BadDate as refused:
        refusal = str(refused)
    else:
        assert PartialDate.parse(read.written()) == read
    assert len(text) < 5 or text not in refusal


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "1/7", "01/07/50", "31/02/1950", "29/02/1951", "00/13/1950", "32/01/1950", "1/0/1950"),
        *("1879", "2151", "12/1879", "٠١/٠٧/١٩٥٠", "²/7/1950", "1/7/1950/2", "01071950 x", "-1950", "0x7b"),
    ],
)
def test_what_the_calendar_does_not_have_is_refused(text: str) -> None:
    with pytest.raises(BadDate):
        PartialDate.parse(text)


def test_a_day_needs_its_month() -> None:
    with pytest.raises(BadDate):
        PartialDate(1950, None, 3)


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        ("24/11/2012", date(2026, 11, 23), 13),
        ("24/11/2012", date(2026, 11, 24), 14),
        ("29/02/2012", date(2026, 2, 28), 13),
        ("29/02/2012", date(2026, 3, 1), 14),
        ("11/2012", date(2026, 11, 29), 13),
        ("11/2012", date(2026, 11, 30), 14),
        ("02/2011", date(2026, 2, 27), 14),
        ("02/2011", date(2026, 2, 28), 15),
        ("02/2012", date(2026, 2, 28), 13),
        ("02/2012", date(2026, 3, 1), 14),
        ("2012", date(2026, 12, 30), 13),
        ("2012", date(2026, 12, 31), 14),
        ("1950", date(2026, 11, 24), 75),
    ],
)
def test_an_age_is_never_given_too_early(born: str, on: date, age: int) -> None:
    assert PartialDate.parse(born).age_on(on) == age


@given(PARTIAL, st.dates(date(1950, 1, 1), date(2100, 12, 31)))
def test_an_age_grows_by_one_a_year(born: PartialDate, day: date) -> None:
    if (day.month, day.day) == (2, 29):
        day = day.replace(day=28)
    assert born.age_on(day.replace(year=day.year + 1)) == born.age_on(day) + 1 or (day.month, day.day) == (2, 28)
