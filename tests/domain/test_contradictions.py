"""What papers and citizens say differently: found when it matters, not when it is only written otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.contradictions import (
    Contradiction,
    Matter,
    Outcome,
    Said,
    Settled,
    Source,
    Statement,
    dossier_of,
    find_contradictions,
)
from kiosk.domain.dates import PartialDate
from kiosk.words.text import fold

NUMBER = PersonalNumber("042150000001")
BORN = PartialDate(1950, 9, 2)
CHIP = Statement(Source.CHIP, "NGUYEN THI AT", BORN, NUMBER, sex=Sex.FEMALE)
QR = Statement(
    Source.QR, "NGUYỄN THỊ ẤT", BORN, NUMBER, "183456789", Sex.FEMALE, "thôn Sông Hải, xã Thạch Kim, tỉnh Hà Tĩnh"
)


def matters(*statements: Statement) -> list[Matter]:
    return [one.matter for one in find_contradictions(statements, fold=fold)]


def test_a_card_that_agrees_with_itself_has_nothing_to_settle() -> None:
    assert matters(CHIP, Statement(Source.QR, QR.name, BORN, NUMBER)) == []


def test_nobody_saying_anything_is_no_contradiction() -> None:
    assert matters() == []
    assert matters(Statement(Source.CITIZEN)) == []


@pytest.mark.parametrize("year_only", [PartialDate(1950), PartialDate(1950, 9)])
def test_a_partial_birth_date_agrees_with_the_whole_one_in_it(year_only: PartialDate) -> None:
    assert Matter.BIRTH not in matters(CHIP, Statement(Source.CITIZEN, born=year_only))


def test_two_dates_that_both_agree_with_a_year_still_contradict_each_other() -> None:
    year = Statement(Source.ROSTER, born=PartialDate(1950))
    other = Statement(Source.CITIZEN, born=PartialDate(1950, 9, 3))
    assert matters(year, CHIP, other) == [Matter.BIRTH]


def test_a_name_that_the_printed_lines_cut_off_agrees_with_the_whole_one() -> None:
    whole = "CÔNG TẰNG TÔN NỮ THỊ HOÀNG PHƯƠNG THẢO NGUYÊN"
    cut = fold(whole).upper()[:29]
    assert matters(Statement(Source.CHIP, cut), Statement(Source.QR, whole)) == []
    assert matters(Statement(Source.CHIP, "NGUYEN THI"), Statement(Source.QR, "NGUYỄN THỊ ẤT")) == [Matter.NAME]


def test_every_version_is_shown_with_its_source() -> None:
    roster = Statement(Source.ROSTER, "NGUYỄN THỊ BÍNH")
    (found,) = find_contradictions([CHIP, roster], fold=fold)
    assert found == Contradiction(
        Matter.NAME, (Said(Source.CHIP, "NGUYEN THI AT"), Said(Source.ROSTER, "NGUYỄN THỊ BÍNH"))
    )


def test_an_address_without_the_words_for_units_or_without_its_old_district_agrees() -> None:
    card = Statement(Source.QR, address="Thôn Sông Hải, Thạch Kim, Lộc Hà, Hà Tĩnh")
    assert matters(QR, card) == []
    assert matters(card, Statement(Source.CITIZEN, address="thôn Sông Hải, xã Thạch Bằng, tỉnh Hà Tĩnh")) == [
        Matter.ADDRESS
    ]
    assert matters(card, Statement(Source.CITIZEN, address="xóm Sông Hải, xã Thạch Kim, tỉnh Nghệ An")) == [
        Matter.ADDRESS
    ]
    assert matters(card, Statement(Source.CITIZEN, address="thôn Liên Tân, xã Thạch Kim, tỉnh Hà Tĩnh")) == [
        Matter.ADDRESS
    ]


def test_an_address_that_leaves_out_commune_and_province_agrees_with_one_that_has_them() -> None:
    card = Statement(Source.CHIP, address="Thôn Sông Hải, xã Thạch Kim, tỉnh Hà Tĩnh")
    assert matters(card, Statement(Source.ROSTER, address="thôn Sông Hải")) == []
    assert matters(card, Statement(Source.ROSTER, address="Sông Hải; Thạch Kim")) == []
    assert matters(card, Statement(Source.ROSTER, address="xã Thạch Kim, tỉnh Hà Tĩnh")) == [Matter.ADDRESS]


def test_an_address_in_a_merged_commune_is_left_to_the_officer() -> None:
    now = Statement(Source.CITIZEN, address="thôn Sông Hải, xã Lộc Hà, tỉnh Hà Tĩnh")
    assert matters(QR, now) == [Matter.ADDRESS]


def test_a_number_that_belies_birth_year_and_sex_is_doubted_and_may_become_a_dossier() -> None:
    odd = Statement(Source.CHIP, "A", PartialDate(1948), NUMBER, sex=Sex.MALE)
    (found,) = find_contradictions([odd], fold=fold)
    assert (found.matter, found.doubts) == (Matter.NUMBER_FORM, ("year", "sex"))
    assert found.needs_dossier
    dossier = dossier_of([Settled(found, Outcome.DOSSIER)])
    assert dossier is not None
    assert dossier.doubts == ("year", "sex")


def test_two_numbers_lead_to_a_dossier_only_when_the_officer_says_so() -> None:
    other = Statement(Source.ROSTER, number=PersonalNumber("042150000002"))
    (found,) = find_contradictions([CHIP, other], fold=fold)
    assert found.matter is Matter.NUMBER
    assert dossier_of([Settled(found, Outcome.CHOSEN, Source.CHIP)]) is None
    dossier = dossier_of([Settled(found, Outcome.DOSSIER)])
    assert dossier is not None
    assert [said.source for said in dossier.numbers] == [Source.CHIP, Source.ROSTER]


def test_a_name_can_never_lead_to_a_dossier_about_the_number() -> None:
    (found,) = find_contradictions([CHIP, Statement(Source.ROSTER, "NGUYỄN THỊ BÍNH")], fold=fold)
    assert dossier_of([Settled(found, Outcome.DOSSIER)]) is None


def test_what_was_said_stays_out_of_every_representation() -> None:
    found = find_contradictions([CHIP, Statement(Source.ROSTER, "NGUYỄN THỊ BÍNH")], fold=fold)
    assert "NGUYEN" not in repr(found)
    assert "NGUYEN" not in repr(CHIP)
    assert "1950" not in repr(CHIP)


@given(st.permutations([CHIP, QR, Statement(Source.ROSTER, "BÍNH", PartialDate(1951), NUMBER)]))
def test_the_order_of_the_sources_never_changes_what_contradicts(statements: list[Statement]) -> None:
    assert set(matters(*statements)) == {Matter.NAME, Matter.BIRTH, Matter.NUMBER_FORM}
