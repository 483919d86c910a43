"""Which touches count: beginnings and ends, trembling hands, double taps, two fingers."""

import random
from pathlib import Path

import pytest

from kiosk.journey.view import Layout, View
from kiosk.ui.measure import Rect
from kiosk.ui.touching import SETTLE_S, TouchFilter
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS

LEFT, RIGHT = Rect(0, 0, 100, 50), Rect(120, 0, 100, 50)
TREMOR_MM = 2.7


def filter_over(targets: dict[str, Rect]) -> TouchFilter:
    touches = TouchFilter()
    touches.change(targets, 0.0)
    return touches


def tap(touches: TouchFilter, start: tuple[float, float], end: tuple[float, float], now_s: float = 10.0) -> str | None:
    touches.down("finger", *start, now_s=now_s)
    return touches.up("finger", *end)


def test_a_touch_that_begins_and_ends_inside_fires() -> None:
    assert tap(filter_over({"left": LEFT, "right": RIGHT}), (10, 10), (90, 40)) == "left"


def test_a_hand_that_slides_across_a_button_fires_nothing() -> None:
    touches = filter_over({"left": LEFT, "right": RIGHT})
    assert tap(touches, (10, 10), (150, 10)) is None
    assert tap(touches, (110, 10), (150, 10)) is None
    assert tap(touches, (10, 10), (110, 10)) is None


def test_the_second_tap_of_a_double_tap_does_not_hit_the_new_screen() -> None:
    touches = filter_over({"left": LEFT})
    touches.change({"right": LEFT}, 20.0)
    assert tap(touches, (10, 10), (10, 10), now_s=20.0 + SETTLE_S - 0.01) is None
    assert tap(touches, (10, 10), (10, 10), now_s=20.0 + SETTLE_S + 0.01) == "right"


def test_a_touch_held_while_the_screen_changes_fires_nothing() -> None:
    touches = filter_over({"left": LEFT})
    touches.down("finger", 10, 10, now_s=10.0)
    touches.change({"left": LEFT}, 10.5)
    assert touches.up("finger", 10, 10) is None


def test_a_touch_held_while_the_same_screen_is_drawn_again_still_fires() -> None:
    touches = filter_over({"left": LEFT})
    touches.down("finger", 10, 10, now_s=10.0)
    touches.keep({"left": LEFT})
    assert touches.up("finger", 10, 10) == "left"


def test_the_first_finger_wins_over_the_second() -> None:
    touches = filter_over({"left": LEFT, "right": RIGHT})
    assert touches.down("thumb", 10, 10, now_s=10.0) == "left"
    assert touches.down("palm", 150, 10, now_s=10.0) is None
    assert touches.up("palm", 150, 10) is None
    assert touches.up("thumb", 12, 10) == "left"


@pytest.mark.screen
@pytest.mark.xdist_group("screen")
@pytest.mark.parametrize("panel", sorted(PANELS))
def test_trembling_hands_hit_the_right_button_and_never_a_wrong_one(panel: str, kivy_home: Path) -> None:
    del kivy_home
    from kiosk.ui.arrangement import Arrangement, Target
    from kiosk.ui.layouts import arrange
    from kiosk.ui.lettering import Lettering
    from kiosk.ui.measure import Measures

    display = PANELS[panel]
    measures = Measures.of(display)
    lettering = Lettering(display.font_regular, display.font_bold, measures)
    dice = random.Random(1950)
    right = wrong = taps = 0
    for key in ("welcome", "consent", "document", "identity", "review", "portrait.review", "print.exception"):
        view: View = view_of(key, "vi")
        assert view.layout is not Layout.FORM
        arrangement = Arrangement(measures, lettering, Rect(0, 0, display.width_px, display.height_px))
        arrange(arrangement, view)
        touches = filter_over(arrangement.targets())
        for target in (item for item in arrangement.items if isinstance(item, Target)):
            for _ in range(200):
                x = target.rect.center_x + dice.gauss(0, TREMOR_MM) * measures.px_per_mm_across
                y = target.rect.center_y + dice.gauss(0, TREMOR_MM) * measures.px_per_mm
                drift = (dice.gauss(0, 0.5) * measures.px_per_mm, dice.gauss(0, 0.5) * measures.px_per_mm)
                hit = tap(touches, (x, y), (x + drift[0], y + drift[1]))
                taps += 1
                right += hit == target.id
                wrong += hit is not None and hit != target.id
    assert wrong == 0
    assert right / taps >= 0.99
