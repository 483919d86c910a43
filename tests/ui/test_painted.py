"""The painted screen itself: words stand out from their ground, and no eye takes one answer for the other.

Some moments of every arrangement here; all of them, on all panels: ./run prove drawings.
"""

from collections.abc import Callable
from dataclasses import replace

import pytest
from PIL import Image

from kiosk.ui import palette
from kiosk.ui.settings import DisplaySettings
from tests.ui.journeys import view_of
from tests.ui.painted import EYES, LEAST_APART, alike_buttons, contrast_of, lightness, weak_words
from tests.ui.screen_stage import PANELS, Screen
from tests.ui.test_goldens import SOME, shown

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


@pytest.mark.parametrize("theme", palette.THEMES)
def test_painted_words_and_icons_stand_out_and_answers_differ_for_every_eye(
    open_screen: Callable[[DisplaySettings], Screen], theme: palette.Theme
) -> None:
    screen = open_screen(replace(PANELS["1280x800"], theme=theme))
    wrong: list[str] = []
    for name in SOME:
        view = view_of(name, "vi")
        screen.app.show(view)
        picture = shown(screen)
        arrangement = screen.app.arrangement()
        wrong += [f"{name}: {one}" for one in weak_words(arrangement, picture)]
        wrong += [f"{name}: {one}" for one in alike_buttons(view, arrangement, picture)]
    assert wrong == []


def test_pale_letters_and_two_colours_of_one_lightness_are_found() -> None:
    pale = Image.new("RGB", (40, 20), "#ffffff")
    pale.paste("#999999", (5, 5, 12, 15))
    assert contrast_of(pale) < 3
    # A red and a green that usual eyes tell apart, and which are nearly one to eyes without the red cone.
    assert abs(lightness((200, 60, 0), "protan") - lightness((70, 90, 0), "protan")) < LEAST_APART
    assert {eyes: round(lightness((128, 128, 128), eyes)) for eyes in EYES} == dict.fromkeys(EYES, 54)
