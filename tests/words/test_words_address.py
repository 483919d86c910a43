"""How citizens are addressed: by age and sex, and never in a way that offends."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.citizen import Sex
from kiosk.words.address import form_of_address
from kiosk.words.language import rules_of


@pytest.mark.parametrize(
    ("age", "woman", "man"),
    [(91, "bà", "ông"), (70, "bà", "ông"), (69, "bác", "bác"), (45, "cô", "chú"), (30, "chị", "anh"), (14, "em", "em")],
)
def test_a_citizen_is_addressed_by_age_and_sex(age: int, woman: str, man: str) -> None:
    assert (form_of_address("vi", age, Sex.FEMALE), form_of_address("vi", age, Sex.MALE)) == (woman, man)


def test_who_is_not_known_yet_is_addressed_as_an_elder() -> None:
    assert form_of_address("vi", None, Sex.FEMALE) == "bác"
    assert form_of_address("vi", 30, None) == "bác"
    assert form_of_address("vi", 10, None) == "em"


@given(st.none() | st.integers(-5, 130), st.none() | st.sampled_from(Sex))
def test_whatever_the_papers_say_the_form_is_one_that_is_recorded(age: int | None, sex: Sex | None) -> None:
    assert form_of_address("vi", age, sex) in rules_of("vi").address.forms
