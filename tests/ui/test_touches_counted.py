"""Touches that counted and that did not are told as two sums, which go on when a citizen leaves."""

from collections.abc import Callable

import pytest

from kiosk.ui.settings import DisplaySettings
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]


def test_the_sums_go_on_over_all_citizens(open_screen: Callable[[DisplaySettings], Screen]) -> None:
    screen = open_screen(PANELS["800x480"])
    assert screen.app.touches() == (0, 0)
    for citizen in (1, 2):
        screen.app.show(view_of("welcome", "vi"))
        screen.touch("yes")
        screen.settle()
        screen.touch("yes")
        assert screen.app.touches() == (citizen, citizen), "the first came with the screen, the second counted"
        screen.app.show(view_of("standby", "vi"))
        screen.settle()
    assert screen.app.touches() == (2, 2)
