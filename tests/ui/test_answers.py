"""What the two big buttons say: by label, colour and icon, the same on every screen of every journey."""

import re

import pytest

from kiosk.words.catalogue import Language
from tests.ui.journeys import LANGUAGES, views

#: How a label begins that says no.
NO = re.compile(r"(không|chưa|thôi|no|not|don't|nothing|nobody|never|without)\b", re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_green_tick_stands_on_a_label_that_says_no(language: Language) -> None:
    shown = [(name, button) for name, view in views(language) for button in view.buttons]
    ticked = [(name, button.label) for name, button in shown if button.icon == "tick" and not button.neutral]
    assert len(ticked) > 80
    assert [(name, label) for name, label in ticked if NO.match(label)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_at_a_question_of_safety_no_answer_looks_like_the_one_that_is_wished_for(language: Language) -> None:
    asked = [view for _, view in views(language) if view.key == "remedy.ask"]
    for view in asked:
        assert [button.neutral for button in view.buttons] == [True, True]
        assert [button.icon for button in view.buttons] == ["shake", "nod"]
    assert asked
    others = [button for _, view in views(language) if view.key != "remedy.ask" for button in view.buttons]
    assert not any(button.neutral for button in others)
