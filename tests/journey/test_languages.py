"""The language is turned at any time and over any screen, and nothing else is another one after it."""

from dataclasses import replace

import pytest

from kiosk.journey.advance import advance
from kiosk.journey.effects import SaveDraft, StartTimer
from kiosk.journey.events import TimerFired, Touched
from kiosk.journey.turning import IDLE, IDLE_ANSWER
from kiosk.journey.view import Layout
from tests.journey.script import BEGAN, Kiosk
from tests.ui.journeys import RULES, moments

TURN = Touched("language")


def test_whatever_is_on_the_screen_only_the_language_is_another_one() -> None:
    turned = 0
    for name, moment in moments().items():
        before = moment.session
        if before.overlay in {"locked", "message", "menu"}:
            continue
        after, effects = advance(before, TURN, RULES, BEGAN)
        assert after == replace(before, language="en"), name
        assert (SaveDraft() in effects) is (before.unfinished and before.overlay != "pausing"), name
        back, _ = advance(after, TURN, RULES, BEGAN)
        assert back == before, name
        turned += 1
    assert turned > 100


def test_who_turns_it_instead_of_answering_whether_they_are_there_has_the_whole_time_again() -> None:
    kiosk = Kiosk().begin().happens(TimerFired(IDLE))
    kiosk.happens(TURN)
    assert kiosk.session.overlay == IDLE
    assert StartTimer(IDLE_ANSWER, kiosk.rules.idle_answer_s) in kiosk.effects


@pytest.mark.parametrize("there", ["welcome", "handover", "standby"])
def test_the_officers_menu_has_a_row_for_it_at_every_step_and_the_citizen_goes_on_in_it(there: str) -> None:
    kiosk = Kiosk().signed_in()
    if there == "welcome":
        kiosk.touch("yes")
    if there == "handover":
        kiosk.press_help().touch("other", "officer.handover")
    step = kiosk.session.step
    kiosk.press_help().touch("other")
    view = kiosk.view()
    assert view.layout is Layout.CHOICE
    assert [one.label for one in view.choices if one.id == "language"] == ["English"]
    assert ("officer.wipe" in {one.id for one in view.choices}) is (there == "welcome")
    kiosk.touch("language")
    assert (kiosk.session.step, kiosk.session.overlay, kiosk.session.language) == (step, "", "en")


def test_what_is_no_row_of_a_menu_is_not_done_there() -> None:
    kiosk = Kiosk().signed_in().press_help().touch("other", "officer.handover").press_help().touch("other")
    before = kiosk.session
    assert kiosk.touch("officer.wipe").session == before


def test_a_draft_goes_on_in_the_language_that_was_turned_to() -> None:
    kiosk = Kiosk().begin().touch("language")
    assert kiosk.draft is not None
    assert kiosk.draft.language == "en"
    again = kiosk.resumed().at("document")
    assert again.session.language == "en"
    assert again.view().title == again.view("en").title
