from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.card.soft_files import Holder
from drivers.card.soft_passport import SoftPassport, holder_files
from kiosk.chip.errors import BadKeyText
from kiosk.chip.expiry import expiry_candidates, mrz_keys_from_qr, mrz_keys_from_typed
from kiosk.chip.keys import MrzKey
from kiosk.chip.qr import parse_qr
from kiosk.chip.reading import read_chip
from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.dates import PartialDate

WHOLE = st.dates(date(1920, 1, 1), date(2011, 12, 31)).map(lambda d: PartialDate(d.year, d.month, d.day))
PARTIAL = st.builds(PartialDate, st.integers(1920, 2011), st.none() | st.integers(1, 12))
ISSUED = st.dates(date(2021, 1, 1), date(2030, 12, 31)).map(lambda d: PartialDate(d.year, d.month, d.day))


@pytest.mark.parametrize(
    ("born", "issued", "expires"),
    [
        ((2015, 5, 20), (2025, 6, 1), (2029, 5, 20)),  # 10, valid to 14
        ((2012, 5, 20), (2025, 6, 1), (2037, 5, 20)),  # 13: within two years before 14, valid to 25
        ((2007, 5, 20), (2021, 6, 1), (2032, 5, 20)),  # 14, valid to 25
        ((1997, 5, 20), (2021, 6, 1), (2037, 5, 20)),  # 24: within two years before 25, valid to 40
        ((1999, 6, 1), (2022, 5, 31), (2024, 6, 1)),  # the day before 23, to 25
        ((1999, 6, 1), (2022, 6, 1), (2039, 6, 1)),  # the day of 23, to 40
        ((1980, 1, 15), (2021, 6, 1), (2040, 1, 15)),  # 41, to 60
        ((1962, 1, 15), (2021, 6, 1), None),  # 59: does not expire
        ((1950, 7, 1), (2021, 6, 1), None),  # 70: does not expire
        ((1996, 2, 29), (2021, 12, 1), (2036, 2, 29)),  # 25, to 40, a leap year again
    ],
)
def test_the_likely_expiry_follows_the_law(
    born: tuple[int, int, int], issued: tuple[int, int, int], expires: tuple[int, int, int] | None
) -> None:
    likely = expiry_candidates(PartialDate(*born), PartialDate(*issued))[0]
    assert likely == (None if expires is None else PartialDate(*expires))


def test_a_card_from_before_the_two_year_rule_is_tried_too() -> None:
    tried = expiry_candidates(PartialDate(1997, 5, 20), PartialDate(2021, 6, 1))
    assert PartialDate(2022, 5, 20) in tried[1:]


def test_without_a_date_of_issue_every_age_since_the_first_chip_is_tried() -> None:
    tried = expiry_candidates(PartialDate(1990, 3, 2), None)
    assert tried == (PartialDate(2030, 3, 2), PartialDate(2050, 3, 2), None)


def test_a_birthday_on_29_february_gives_both_neighbours() -> None:
    tried = expiry_candidates(PartialDate(2000, 2, 29), PartialDate(2021, 6, 1))
    assert tried[:2] == (PartialDate(2025, 2, 28), PartialDate(2025, 3, 1))


@given(WHOLE | PARTIAL, ISSUED | st.none())
def test_candidates_are_few_and_different_and_leave_no_age_out(born: PartialDate, issued: PartialDate | None) -> None:
    tried = expiry_candidates(born, issued)
    assert 1 <= len(tried) <= 9
    assert len(set(tried)) == len(tried)
    assert None in tried
    for day in tried:
        assert day is None or day.year - born.year in {14, 25, 40, 60}
        assert day is None or issued is None or day.year >= issued.year


@given(WHOLE, ISSUED)
def test_a_card_made_by_the_law_opens_with_its_qr_code_in_two_tries(born: PartialDate, issued: PartialDate) -> None:
    likely = expiry_candidates(born, issued)[0]
    birth = born.whole
    assert birth is not None
    holder = Holder("042150000012", "TRAN", "HOA", birth, "F", None if likely is None else likely.whole)
    card = SoftPassport(holder.key_text, holder_files(holder, b"\xff\xd8\xff\xd9", width_px=1, height_px=1))
    day, month, year = (f"{part:02d}" for part in (birth.day, birth.month, birth.year))
    issue = issued.written().replace("/", "")
    keys = mrz_keys_from_qr(parse_qr(f"{holder.number}||Trần Hoà|{day}{month}{year}|Nữ|Thạch Kênh|{issue}"))
    assert read_chip(card.process, keys[:2], wanted=[]).dg1.given_names == "HOA"


def test_what_was_typed_makes_the_one_key() -> None:
    born, number = PartialDate(1950, 7, 1), "042150000012"
    assert mrz_keys_from_typed(number, born, PartialDate(2040, 7, 1)) == [MrzKey("150000012", "500701", "400701")]
    assert mrz_keys_from_typed(PersonalNumber(number), born, None) == [MrzKey("150000012", "500701", "991231")]
    with pytest.raises(BadKeyText):
        mrz_keys_from_typed("04215000001", born, None)
    with pytest.raises(BadKeyText):
        mrz_keys_from_typed(number, born, PartialDate(2040))
