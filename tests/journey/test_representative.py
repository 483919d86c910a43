"""A child or a ward: somebody acts for them, by a paper, consents and signs; it goes into the sealed answers."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.capture_plan import Finger
from kiosk.domain.citizen import PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.representative import (
    ACTS_ALONE_FROM,
    BIOMETRICS_FROM,
    Relation,
    RepresentativePaper,
    Represented,
    must_be_represented,
    without_biometrics,
)
from kiosk.journey.effects import DropDraft, Seal
from tests.journey.script import HOME, IDENTITY, OFFICER, Kiosk
from tests.journey.test_covered_steps import kiosk_at

CHILD = replace(
    IDENTITY, name="TRẦN GIA BẢO", born=PartialDate(2016, 5, 2), number=PersonalNumber("042216000012"), sex=Sex.MALE
)
TODDLER = replace(CHILD, born=PartialDate(2022, 5, 2))
MOTHER = {"name": "Trần Thị  Hoa", "number": "042 180 000 012", "paper": "số 12 ngày 03/05/2016"}


def of_menu(kiosk: Kiosk) -> Kiosk:
    return kiosk.press_help().touch("other").at("menu").touch("menu.represent").at("represent.why")


def agreed(kiosk: Kiosk, why: str = "child", relation: str = "parent", paper: str = "birth_certificate") -> Kiosk:
    """From the first question to the representative's consent."""
    kiosk.at("represent.why").touch(f"represent.{why}").at("represent.relation").touch(f"represent.{relation}")
    kiosk.at("represent.paper").touch(f"represent.paper.{paper}").at("represent.form").fill(**MOTHER)
    return kiosk.at("represent.consent").touch("yes")


@pytest.mark.parametrize("screen", ["identity", "home", "edit.home", "print.right_thumb", "portrait.review", "review"])
def test_the_officer_names_a_representative_at_any_step_and_the_way_goes_on_there(screen: str) -> None:
    kiosk = agreed(of_menu(kiosk_at(screen)), "ward", "guardian", "court_decision")
    back_at = {"edit.home": "home", "review": "review.represented"}.get(screen, screen)
    kiosk.at(back_at)
    one = kiosk.session.answers.representative
    assert one is not None
    assert (one.why, one.relation, one.paper) == (
        Represented.WARD,
        Relation.GUARDIAN,
        RepresentativePaper.COURT_DECISION,
    )
    assert (one.name, one.number.digits, one.paper_number) == ("TRẦN THỊ HOA", "042180000012", MOTHER["paper"])
    assert (one.officer, one.consent.language) == (OFFICER, "vi")


def test_a_child_goes_no_further_than_their_name_without_a_representative() -> None:
    kiosk = Kiosk().begin().card_read(CHILD, HOME).at("identity").touch("yes").at("represent.why")
    kiosk.touch("yes").at("identity").touch("yes").at("represent.why")
    agreed(kiosk).at("identity").touch("yes").at("home")


def test_the_representative_reads_the_last_page_and_signs_in_the_childs_place() -> None:
    kiosk = Kiosk().begin().card_read(CHILD, HOME).touch("yes")
    agreed(kiosk).read_back().touch("yes").all_fingers().touch("yes").held_still().portrait_taken()
    kiosk.touch("yes").same_face().at("review.represented")
    assert "người đại diện" in kiosk.view().voice
    assert kiosk.view().facts[-1].value == "TRẦN THỊ HOA"
    kiosk.press_help().touch("other").at("menu")
    assert "menu.mark" not in {choice.id for choice in kiosk.view().choices}, "a mark would be the child's own"
    kiosk.touch("yes").touch("yes").at("sealing")
    assert kiosk.did(Seal)
    assert kiosk.session.answers.representative is not None


def test_below_six_nothing_is_taken_and_only_the_birth_date_can_be_mended() -> None:
    kiosk = Kiosk().begin().card_read(TODDLER, HOME).at("identity").touch("yes").at("represent.too_young")
    kiosk.touch("other").at("edit.identity").fill(name="trần gia bảo", born="02/05/1992", sex="Nam", number="")
    kiosk.at("identity").touch("yes").at("home")
    kiosk = Kiosk().begin().card_read(TODDLER, HOME).touch("yes").at("represent.too_young").touch("yes").at("declined")
    kiosk.touch("yes").at("standby")
    assert kiosk.did(DropDraft)


def test_who_turns_out_to_be_a_child_at_the_end_is_not_sealed_without_a_representative() -> None:
    kiosk = Kiosk().at_review().touch("other", "fix.identity")
    kiosk.fill(name="trần gia bảo", born="02/05/2016", sex="Nam", number="").at("represent.why")
    agreed(kiosk).at("review.represented")


def test_a_birth_year_that_was_mistyped_at_the_end_is_mended_and_names_nobody() -> None:
    kiosk = Kiosk().at_review().touch("other", "fix.identity")
    typed = {"name": "trần thị hoa", "sex": "Nữ", "number": ""}
    kiosk.fill(**typed, born="2016").at("represent.why").touch("yes").at("edit.identity")
    kiosk.fill(**typed, born="1950").at("review")
    assert kiosk.session.answers.representative is None


def test_going_back_forgets_no_representative() -> None:
    kiosk = agreed(of_menu(kiosk_at("relatives"))).at("relatives").touch("back").at("home").touch("back")
    assert kiosk.session.answers.representative is not None


def test_it_outlives_a_power_cut_and_what_was_half_said_does_not() -> None:
    kiosk = agreed(of_menu(kiosk_at("home"))).at("home").touch("yes").resumed()
    assert kiosk.session.answers.representative is not None
    kiosk = of_menu(kiosk_at("home")).touch("represent.child").at("represent.relation").resumed().at("home")
    assert kiosk.session.answers.representative is None


def test_the_officer_can_take_the_representative_away_again() -> None:
    kiosk = of_menu(agreed(of_menu(kiosk_at("home"))).at("home"))
    kiosk.touch("represent.nobody").at("home")
    assert kiosk.session.answers.representative is None


def test_a_representative_who_does_not_agree_ends_it_as_the_citizens_own_no_does() -> None:
    kiosk = of_menu(kiosk_at("home")).touch("represent.child", "represent.parent", "represent.paper.other")
    kiosk.fill(**MOTHER).at("represent.consent").touch("other").at("declined")
    kiosk.touch("other").at("represent.consent")


def test_naming_one_takes_a_mark_away_that_was_the_citizens_own() -> None:
    kiosk = kiosk_at("review").press_help().touch("other", "menu.mark", "mark.hand").fill(witness="Lê Văn Chín")
    kiosk.print_taken(finger=Finger.RIGHT_INDEX).at("review")
    assert kiosk.session.answers.mark is not None
    agreed(of_menu(kiosk))
    assert kiosk.session.answers.mark is None


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"name": " "}, "Họ tên"),
        ({"number": "0421"}, "12 chữ số"),
        ({"paper": ""}, "Số, ngày"),
        ({"name": "A" * 101}, "H"),
    ],
)
def test_what_is_missing_is_asked_for_by_its_name_and_what_was_typed_stays(
    changed: dict[str, str], problem: str
) -> None:
    kiosk = of_menu(kiosk_at("home")).touch("represent.child", "represent.parent", "represent.paper.other")
    kiosk.fill(**{**MOTHER, **changed}).at("represent.form")
    form = kiosk.view().form
    assert form is not None
    assert form.problem.startswith(problem) or problem in form.problem
    kept = {field.id: field.value for field in form.fields}
    assert all(kept[key] == " ".join({**MOTHER, **changed}[key].split()) for key in kept)


@given(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(0, 30))
def test_the_day_on_which_somebody_becomes_old_enough_is_their_birthday(born: date, years: int) -> None:
    birthday = date(born.year + years, born.month, min(born.day, 28))
    partial = PartialDate(born.year, born.month, min(born.day, 28))
    assert must_be_represented(partial, birthday) == (years < ACTS_ALONE_FROM)
    assert without_biometrics(partial, birthday) == (years < BIOMETRICS_FROM)
