"""The themes: by setting, by the hour, and drawn anew as soon as another screen comes."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.ui import palette
from kiosk.ui.settings import DisplaySettings, theme_at
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


@pytest.mark.parametrize(("hour", "theme"), [(0, "black"), (5, "black"), (6, "light"), (17, "light"), (18, "black")])
def test_at_night_the_night_theme_is_black(hour: int, theme: palette.Theme) -> None:
    assert theme_at("night", hour) == theme
    assert theme_at("light", hour) == "light"
    assert theme_at("black", hour) == "black"


def corner(screen: Screen) -> tuple[int, ...]:
    """The colour of the paper, left of everything."""
    width, height, pixels = screen.app.pixels()
    at = 4 * (width * (height // 2) + 2)
    return tuple(pixels[at : at + 3])


def test_a_black_kiosk_stands_on_black_and_shows_white(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(replace(PANELS["1280x800"], theme="black"))
    screen.app.show(view_of("consent", "vi"))
    assert corner(screen) == (0, 0, 0)
    _, _, pixels = screen.app.pixels()
    assert bytes((255, 255, 255, 255)) * 3 in pixels


def test_a_light_kiosk_after_a_black_one_is_light(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(PANELS["1280x800"])
    screen.app.show(view_of("consent", "vi"))
    assert corner(screen) == (250, 250, 250)
