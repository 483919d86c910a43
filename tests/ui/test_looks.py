"""Letters and hand: chosen on the screen at any time, kept for this citizen, and back as set for the next one."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from kiosk.journey.events import LooksShown, Touched
from kiosk.journey.view import Layout, Role, View
from kiosk.ui.settings import TEXT_SIZES, DisplaySettings, TextSize
from tests.ui.journeys import LANGUAGES, view_of, views
from tests.ui.screen_stage import OWN_SIZES, PANELS, Screen, empty_room

if TYPE_CHECKING:
    from kiosk.ui.arrangement import Arrangement, Words

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def letters_of(screen: Screen, text: str) -> float:
    """The size in which a text begins on the screen."""
    from kiosk.ui.arrangement import Words

    shown = [item for item in screen.app.arrangement().items if isinstance(item, Words)]
    return next(words.paragraph.font_px for words in shown if text.startswith(words.paragraph.lines[0]))


def choose(screen: Screen, *targets: str) -> None:
    """Open the page, touch what is to be chosen, and end it."""
    for target in ("ui.looks", *targets, "ui.looks.done"):
        screen.settle()
        screen.touch(target)
    screen.settle()


@pytest.mark.parametrize("panel", OWN_SIZES)
def test_larger_letters_stay_for_this_citizen_and_not_for_the_next(
    open_screen: Callable[[DisplaySettings], Screen], panel: str
) -> None:
    screen = open_screen(PANELS[panel])
    welcome = view_of("welcome", "vi")
    screen.app.show(welcome)
    usual = letters_of(screen, welcome.title)
    choose(screen, "ui.text.largest")
    large = letters_of(screen, welcome.title)
    assert large > usual
    screen.app.show(view_of("consent", "vi"))
    screen.app.show(welcome)
    assert letters_of(screen, welcome.title) == large
    screen.app.show(view_of("standby", "vi"))
    screen.app.show(welcome)
    assert letters_of(screen, welcome.title) == usual
    assert all(isinstance(one, LooksShown) for one in screen.sent)


def test_for_a_left_hand_the_main_button_is_left_until_the_citizen_has_left(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["1280x800"])
    screen.app.show(view_of("welcome", "vi"))

    def yes_is_left() -> bool:
        targets = screen.app.touch_targets()
        return targets["yes"][0] < targets["other"][0]

    assert not yes_is_left()
    choose(screen, "ui.hand.left")
    assert yes_is_left()
    bar = screen.app.touch_targets()
    assert bar["again"][0] < bar["ui.looks"][0] < bar["help"][0], "the bar is mirrored too"
    screen.touch("yes")
    assert [one for one in screen.sent if not isinstance(one, LooksShown)] == [Touched("yes")]
    screen.app.show(view_of("standby", "vi"))
    assert not yes_is_left()


def test_a_kiosk_may_be_set_for_large_letters_and_left_hands(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    welcome = view_of("welcome", "vi")
    usual = open_screen(PANELS["1280x800"])
    usual.app.show(welcome)
    size = letters_of(usual, welcome.title)
    screen = open_screen(replace(PANELS["1280x800"], text_size="large", left_handed=True))
    screen.app.show(welcome)
    assert letters_of(screen, welcome.title) > size
    choose(screen, "ui.text.normal", "ui.hand.right")
    assert letters_of(screen, welcome.title) == size
    screen.app.show(view_of("standby", "vi"))
    screen.app.show(welcome)
    assert letters_of(screen, welcome.title) > size


def test_another_screen_closes_the_page_and_progress_on_the_same_one_does_not(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["1280x800"])
    reading = view_of("document.reading", "vi")
    screen.app.show(reading)
    screen.settle()
    screen.touch("ui.looks")
    screen.app.show(replace(reading, percent=80))
    assert "ui.text.large" in screen.app.touch_targets()
    screen.app.show(view_of("identity", "vi"))
    assert {"yes", "other"} <= set(screen.app.touch_targets())
    assert "ui.text.large" not in screen.app.touch_targets()


def test_every_screen_of_a_citizen_but_a_form_offers_it_and_no_other_does(
    open_screen: Callable[[DisplaySettings], Screen],
) -> None:
    screen = open_screen(PANELS["1280x800"])
    for name, view in views("vi"):
        screen.app.show(view)
        offered = "ui.looks" in screen.app.touch_targets()
        assert offered if view.progress is not None and view.layout is not Layout.FORM else True, name
        assert view.progress is not None or not offered, name


@pytest.mark.parametrize("panel", OWN_SIZES)
def test_letters_never_get_smaller_when_larger_ones_are_chosen(kivy_home: object, panel: str) -> None:
    del kivy_home
    rooms = [empty_room(panel, size) for size in TEXT_SIZES]
    grown = shown = 0
    for language in LANGUAGES:
        for name, view in views(language):
            if view.layout not in {Layout.MESSAGE, Layout.PRINT, Layout.PHOTO} or view.hint.isdecimal():
                continue
            letters = [smallest_px(room(False), view) for room in rooms]
            # A step finer or coarser in a list of sizes is no smaller letter to any eye.
            assert all(after >= 0.9 * before for before, after in pairwise(letters)), f"{name} {language}: {letters}"
            shown += 1
            grown += letters[-1] > letters[1]
    # On a small panel full of words there is no room to grow.
    assert grown >= shown * (0.85 if PANELS[panel].panel_width_mm >= 200 else 0.6)


@pytest.mark.parametrize("panel", ["1280x800", "800x480"])
def test_names_and_dates_never_get_smaller_when_larger_letters_are_chosen(kivy_home: object, panel: str) -> None:
    del kivy_home
    sizes: tuple[TextSize, ...] = ("normal", "large", "largest")
    rooms = [empty_room(panel, size) for size in sizes]
    grown = shown = 0
    for name, view in views("vi"):
        if view.layout is not Layout.FACTS:
            continue
        values = {fact.value for fact in view.facts}
        letters = [smallest_px(room(False), view, values) for room in rooms]
        assert all(after >= 0.9 * before for before, after in pairwise(letters)), f"{name}: {letters}"
        assert letters[-1] >= letters[0], f"{name}: {letters}"
        shown += 1
        grown += letters[-1] > letters[0]
    assert grown >= shown * (0.9 if panel == "1280x800" else 0.35)


def smallest_px(arrangement: "Arrangement", view: View, read: set[str] | None = None) -> float:
    """The size of the smallest letters of title, sentence and hint, or of the texts that are `read`."""
    from kiosk.ui.layouts import arrange

    arrange(arrangement, view)
    read = read or {view.title, view.sentence, view.hint}
    shown = [words.paragraph for words in words_of(arrangement.items) if " ".join(words.paragraph.lines) in read]
    return min(paragraph.font_px for paragraph in shown)


def words_of(items: object) -> list["Words"]:
    from kiosk.ui.arrangement import Words

    return [item for item in items if isinstance(item, Words)]  # type: ignore[attr-defined]


def test_no_sentence_of_the_catalogue_names_the_side_of_a_button() -> None:
    for language, sides in (("vi", ("bên phải", "bên trái")), ("en", ("on the right", "on the left"))):
        for name, view in views(language):  # type: ignore[arg-type]
            if {button.role for button in view.buttons} & set(Role) and not view.key.startswith(("print", "remedy")):
                assert not any(side in f"{view.sentence} {view.voice}" for side in sides), name
