import string
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_files import Holder, control_digit
from kiosk.chip.errors import BadKeyText, BadMrz
from kiosk.chip.keys import MrzKey, yymmdd
from kiosk.chip.mrz import check_digit, parse_mrz
from kiosk.domain.citizen import Sex
from kiosk.domain.dates import PartialDate

LETTERS = st.text(alphabet=string.ascii_uppercase, min_size=1, max_size=6)
WORDS = st.lists(LETTERS, min_size=1, max_size=3).map(" ".join)
HOLDERS = st.builds(
    Holder,
    number=st.text(alphabet=string.digits, min_size=12, max_size=12),
    surname=LETTERS,
    given_names=WORDS,
    born=st.dates(date(1910, 1, 1), date(2020, 12, 31)),
    sex=st.sampled_from("MF"),
    expires=st.none() | st.dates(date(2021, 1, 1), date(2090, 12, 31)),
)


@given(HOLDERS)
def test_the_lines_of_any_vietnamese_card_are_read_back(holder: Holder) -> None:
    mrz = parse_mrz(holder.mrz())
    assert mrz.wrong_checks == ()
    assert mrz.personal_number is not None
    assert mrz.personal_number.digits == holder.number
    assert mrz.document_number == holder.number[-9:]
    assert mrz.sex is (Sex.MALE if holder.sex == "M" else Sex.FEMALE)
    assert f"{mrz.surname} {mrz.given_names}" == f"{holder.surname} {holder.given_names}"
    assert MrzKey.of(mrz).information == holder.key_text
    if holder.expires is None:
        assert mrz.expires is None
    else:
        assert mrz.expires == PartialDate(holder.expires.year, holder.expires.month, holder.expires.day)


@given(HOLDERS, st.integers(5, 88), st.data())
def test_one_misread_character_is_noticed_by_a_check_digit(holder: Holder, at: int, data: st.DataObject) -> None:
    flat = holder.mrz()
    if 30 <= at < 60 and at - 30 in {7, 15, 16, 17}:  # sex and nationality have no check digit
        return
    if at >= 60:  # nor have the names
        return
    wrong = data.draw(st.sampled_from([c for c in string.digits if c != flat[at]]))
    if flat[at] == "<" and wrong == "0":  # both count nothing
        return
    assert parse_mrz(flat[:at] + wrong + flat[at + 1 :]).wrong_checks


@given(st.text(alphabet=string.ascii_uppercase + string.digits + "<", max_size=40))
def test_both_ends_compute_the_same_check_digit(text: str) -> None:
    assert check_digit(text) == control_digit(text)


@given(st.text(alphabet=string.ascii_uppercase + string.digits + "<", min_size=88, max_size=90))
def test_any_lines_of_a_known_length_are_read_without_an_accident(text: str) -> None:
    if len(text) == 89:
        with pytest.raises(BadMrz):
            parse_mrz(text)
        return
    mrz = parse_mrz(text)
    mrz.birth_date(not_after_year=2026)
    assert mrz.expires is None or mrz.expires.year >= 2000


@given(st.text(max_size=100))
def test_any_other_text_is_refused(text: str) -> None:
    try:
        parse_mrz(text)
    except BadMrz:
        return
    assert len("".join(text.split())) in {72, 88, 90}


def test_the_birth_century_comes_from_the_number_or_from_the_calendar() -> None:
    old = parse_mrz(Holder("042019000012", "A", "B", date(1919, 7, 1), "M", None).mrz())
    assert old.birth_date(not_after_year=2026) == PartialDate(1919, 7, 1)
    young = parse_mrz(Holder("042219000012", "A", "B", date(2019, 7, 1), "M", None).mrz())
    assert young.birth_date(not_after_year=2026) == PartialDate(2019, 7, 1)
    misfit = parse_mrz(Holder("042077000012", "A", "B", date(1950, 7, 1), "M", None).mrz())
    assert misfit.birth_date(not_after_year=2026) == PartialDate(1950, 7, 1)


def test_unknown_days_and_months_of_birth_stay_unknown() -> None:
    flat = Holder("042150000012", "TRAN", "HOA", date(1950, 7, 1), "F", None).mrz()
    year_alone = parse_mrz(flat[:32] + "<<<<" + flat[36:])
    assert year_alone.birth_date(not_after_year=2026) == PartialDate(1950)
    assert yymmdd(PartialDate(1950)) == "50<<<<"
    assert yymmdd(PartialDate(1950, 7)) == "5007<<"


@pytest.mark.parametrize(
    ("number", "birth", "expiry"),
    [("12345678đ", "500701", "991231"), ("123456789", "1950", "991231"), ("1", "500701", "x")],
)
def test_keys_that_no_card_carries_are_refused_without_repeating_them(number: str, birth: str, expiry: str) -> None:
    with pytest.raises(BadKeyText) as refused:
        MrzKey(number, birth, expiry)
    assert "12345678" not in str(refused.value)
