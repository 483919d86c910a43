"""Nobody agrees to what was not shown: yes comes with the last page, and what lies over it resets nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.journey.effects import StartTimer
from kiosk.journey.events import HandsSeen, Touched
from kiosk.journey.turning import IDLE
from kiosk.ui.settings import DisplaySettings
from tests.journey.script import Kiosk
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def touch(screen: Screen, *names: str) -> None:
    for name in names:
        screen.settle()
        screen.touch(name)
    screen.settle()


def has(screen: Screen, name: str) -> bool:
    return name in screen.app.touch_targets()


@pytest.fixture(params=["1280x800", "720x1280"])
def screen(open_screen: Callable[[DisplaySettings], Screen], request: pytest.FixtureRequest) -> Screen:
    return open_screen(PANELS[request.param])


def test_until_the_last_page_was_shown_the_main_button_turns_to_the_next(screen: Screen) -> None:
    screen.app.show(view_of("standby", "vi"))
    short = view_of("review", "vi", facts=view_of("review", "vi").facts[:1])
    screen.app.show(short)
    place = screen.app.touch_targets()["yes"]
    screen.app.show(view_of("review", "vi"))
    assert not has(screen, "yes")
    assert has(screen, "other"), "who does not agree need not read on"
    turned = 0
    while not has(screen, "yes"):
        assert screen.app.touch_targets()["ui.page"] == place
        touch(screen, "ui.page")
        turned += 1
        assert turned < 9
    assert screen.sent == [HandsSeen()] * turned
    touch(screen, "ui.page")
    assert has(screen, "yes"), "who turns back to the first page has read them all"
    touch(screen, "yes")
    assert screen.sent[-1] == Touched("yes")


def test_help_and_the_page_for_letters_do_not_turn_back_what_was_read(screen: Screen) -> None:
    review = view_of("review", "vi")
    screen.app.show(review)
    touch(screen, "ui.page")
    read = has(screen, "yes")
    screen.app.show(view_of("help", "vi"))
    screen.app.show(review)
    assert has(screen, "yes") is read
    assert screen.app.arrangement().page == 1
    touch(screen, "ui.looks", "ui.looks.done")
    assert screen.app.arrangement().page == 1
    while not has(screen, "yes"):
        touch(screen, "ui.page")
    screen.app.show(view_of("help", "vi"))
    screen.app.show(review)
    assert has(screen, "yes")


def test_what_was_not_read_in_other_letters_is_read_from_the_first_page(screen: Screen) -> None:
    screen.app.show(view_of("review", "vi"))
    touch(screen, "ui.looks", "ui.text.largest", "ui.looks.done", "ui.page")
    assert screen.app.arrangement().page == 1
    touch(screen, "ui.looks", "ui.text.normal", "ui.looks.done")
    assert screen.app.arrangement().page == 0
    assert not has(screen, "yes")


def test_what_has_changed_since_is_read_anew_and_so_it_is_by_the_next_citizen(screen: Screen) -> None:
    review = view_of("review", "vi")

    def read() -> None:
        screen.app.show(review)
        while screen.app.turn_page():
            pass
        assert has(screen, "yes")

    read()
    mended = replace(review, facts=(replace(review.facts[0], value="TRẦN THỊ BA"), *review.facts[1:]))
    screen.app.show(view_of("fix", "vi"))
    screen.app.show(mended)
    assert not has(screen, "yes")
    read()
    screen.app.show(view_of("standby", "vi"))
    screen.app.show(review)
    assert not has(screen, "yes")


def test_turning_a_page_is_a_sign_of_life_and_no_answer() -> None:
    kiosk = Kiosk().at_review()
    before = kiosk.session
    kiosk.happens(HandsSeen())
    assert kiosk.session == before
    assert kiosk.effects == (StartTimer(IDLE, kiosk.rules.idle_after_s),)
    covered = Kiosk().at_review().press_help().happens(HandsSeen())
    assert covered.effects == (StartTimer(IDLE, covered.rules.form_idle_after_s),)
