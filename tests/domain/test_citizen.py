"""The personal number: twelve digits and nothing else; what its inside says may only raise a doubt."""

from contextlib import nullcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import BadNumber

DIGITS = st.text("0123456789", min_size=12, max_size=12)


@given(DIGITS)
def test_a_number_is_read_as_it_is_written_in_groups(digits: str) -> None:
    number = PersonalNumber(digits)
    assert PersonalNumber.parse(number.grouped) == number
    assert PersonalNumber.parse(number.grouped.replace(" ", ".")) == number
    assert PersonalNumber.parse("-".join(digits)) == number
    assert number.grouped.replace(" ", "") == digits


@given(st.text(max_size=20))
def test_anything_else_is_refused_without_being_repeated(text: str) -> None:
    kept = "".join(ch for ch in text if ch not in " .-\u00a0")
    fits = len(kept) == 12 and kept.isascii() and kept.isdigit()
    with nullcontext() if fits else pytest.raises(BadNumber) as refused:
        assert PersonalNumber.parse(text).digits == kept
    assert refused is None or len(kept) < 4 or kept not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "04215000001", "0421500000123", "04215000001x", "٠٤٢١٥٠٠٠٠٠١٢", "042 150 000 01²"]
)
def test_not_twelve_digits_is_no_number(text: str) -> None:
    with pytest.raises(BadNumber):
        PersonalNumber.parse(text)


@pytest.mark.parametrize(
    ("digits", "born", "sex", "doubts"),
    [
        ("042150000012", "01/07/1950", Sex.FEMALE, ()),
        ("042050000012", "01/07/1950", Sex.MALE, ()),
        ("042305000012", "2005", Sex.FEMALE, ()),
        ("042205000012", "2005", Sex.MALE, ()),
        ("042150000012", "01/07/1951", Sex.FEMALE, ("year",)),
        ("042150000012", "01/07/1950", Sex.MALE, ("sex",)),
        ("042305000012", "1905", Sex.FEMALE, ("century",)),
        ("042305000012", "1906", Sex.MALE, ("century", "year", "sex")),
    ],
)
def test_what_the_digits_say_otherwise_than_the_papers_is_named(
    digits: str, born: str, sex: Sex, doubts: tuple[str, ...]
) -> None:
    assert PersonalNumber(digits).doubts(born=PartialDate.parse(born), sex=sex) == doubts


@given(DIGITS)
def test_without_papers_there_is_no_doubt(digits: str) -> None:
    assert PersonalNumber(digits).doubts(born=None, sex=None) == ()
