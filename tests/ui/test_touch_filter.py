"""Which touches count: beginnings and ends, trembling hands, double taps, two fingers."""

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.journey.view import Layout, View
from kiosk.ui.measure import Rect
from kiosk.ui.touch_filter import Reject, TouchFilter, TouchSettings
from tests.ui.journeys import view_of
from tests.ui.screen_stage import PANELS

LEFT, RIGHT = Rect(0, 0, 100, 50), Rect(120, 0, 100, 50)
TREMOR_MM = 2.7
BAD_DAY_MM = 4.0
Place = tuple[float, float]


def filter_over(targets: dict[str, Rect], *, background: str = "", px_per_mm: float = 4.0) -> TouchFilter:
    touches = TouchFilter(across_px_per_mm=px_per_mm, along_px_per_mm=px_per_mm, background=background)
    touches.change(targets, 0.0)
    return touches


def tap(
    touches: TouchFilter, start: Place, end: Place | None = None, *, at_s: float = 10.0, s: float = 0.2
) -> str | None:
    touches.down("finger", *start, now_s=at_s)
    return touches.up("finger", *(end or start), now_s=at_s + s)


@pytest.fixture
def touches() -> TouchFilter:
    return filter_over({"left": LEFT, "right": RIGHT})


def test_a_touch_that_begins_and_ends_inside_fires(touches: TouchFilter) -> None:
    assert tap(touches, (10, 10), (90, 40)) == "left"
    assert touches.counted == 1


@pytest.mark.parametrize(("start", "end"), [((10, 10), (150, 10)), ((104, 10), (150, 10)), ((10, 10), (110, 10))])
def test_a_hand_that_slides_off_a_button_fires_nothing(touches: TouchFilter, start: Place, end: Place) -> None:
    assert tap(touches, start, end) is None
    assert touches.rejects == {Reject.SLID: 1}


def test_a_hand_that_is_drawn_along_a_wide_button_fires_nothing() -> None:
    touches = filter_over({"wide": Rect(0, 0, 400, 50)})
    assert tap(touches, (20, 20), (300, 20)) is None
    assert touches.rejects == {Reject.SLID: 1}
    assert tap(touches, (20, 20), (60, 20), at_s=20) == "wide"


def test_a_touch_just_beside_a_button_belongs_to_it(touches: TouchFilter) -> None:
    # 4 px are 1 mm here.
    assert tap(touches, (50, 65)) == "left"
    assert tap(touches, (50, 50 + 16.5), at_s=20) is None
    assert touches.rejects == {Reject.BESIDE: 1}


def test_a_touch_between_two_buttons_belongs_to_neither(touches: TouchFilter) -> None:
    assert tap(touches, (110, 10)) is None
    assert touches.rejects == {Reject.UNSURE: 1}
    assert tap(touches, (107, 10), at_s=20) == "left"


def test_beside_the_buttons_lies_the_background_but_near_a_button_is_the_button() -> None:
    touches = filter_over({"left": LEFT, "all": Rect(0, 0, 400, 300)}, background="all")
    assert tap(touches, (50, 60)) == "left"
    assert tap(touches, (50, 200), at_s=20) == "all"


def test_the_second_tap_of_a_double_tap_does_not_hit_the_new_screen() -> None:
    touches = filter_over({"left": LEFT})
    touches.change({"right": LEFT}, 20.0)
    assert tap(touches, (10, 10), at_s=20.0 + touches.settings.settle_s - 0.01) is None
    assert touches.rejects == {Reject.SETTLING: 1}
    assert tap(touches, (10, 10), at_s=20.0 + touches.settings.settle_s + 0.01) == "right"


def test_the_second_tap_of_a_double_tap_does_not_count_on_the_same_screen_either(touches: TouchFilter) -> None:
    assert tap(touches, (10, 10), at_s=10.0) == "left"
    assert tap(touches, (10, 10), at_s=10.5) is None
    assert touches.rejects == {Reject.REPEATED: 1}
    assert tap(touches, (130, 10), at_s=10.8) == "right"
    assert tap(touches, (130, 10), at_s=12.0) == "right"


def test_a_button_of_the_next_screen_may_be_touched_as_soon_as_that_has_settled() -> None:
    touches = filter_over({"left": LEFT})
    assert tap(touches, (10, 10), at_s=10.0) == "left"
    touches.change({"left": LEFT, "right": RIGHT}, 10.2)
    assert tap(touches, (150, 10), at_s=10.7) == "right"


def test_the_tail_of_a_double_tap_that_strays_a_centimetre_and_a_half_does_not_answer_the_next_screen_either() -> None:
    touches = filter_over({"left": LEFT})
    assert tap(touches, (10, 10), at_s=10.0) == "left"
    touches.change({"row": Rect(0, 0, 100, 200)}, 10.2)
    assert tap(touches, (10, 10 + 15 * 4), at_s=10.7) is None
    assert tap(touches, (10, 10 + 15 * 4), at_s=12.0) == "row"


def test_a_hand_that_goes_on_tapping_at_one_place_does_not_answer_the_next_screen() -> None:
    touches = filter_over({"left": LEFT})
    assert tap(touches, (10, 10), at_s=10.0) == "left"
    touches.change({"other": LEFT}, 10.2)
    assert [tap(touches, (12, 10), at_s=10.5 + number * 0.45) for number in range(8)] == [None] * 8
    assert touches.rejects == {Reject.SETTLING: 1, Reject.REPEATED: 7}
    assert tap(touches, (10, 10), at_s=15.0) == "other"


@pytest.mark.parametrize("place", [(10, 100), (390, 100), (200, 190), (200, 12)])
def test_a_tail_of_which_one_tap_came_down_beside_the_glass_does_not_answer_the_next_screen(place: Place) -> None:
    touches = filter_over({"next": Rect(0, 0, 400, 200)})
    touches.glass = Rect(0, 0, 400, 200)
    assert tap(touches, place) == "next"
    touches.change({"other": Rect(0, 0, 400, 200)}, 10.2)
    # Whoever taps every half a second hits the frame once; 0.8 s after the last tap the glass is touched again.
    assert tap(touches, place, at_s=11.0) is None
    assert touches.rejects == {Reject.REPEATED: 1}
    assert tap(touches, place, at_s=12.6) == "other"


def test_in_the_middle_of_the_glass_and_on_the_same_screen_a_place_is_left_alone_no_longer_than_else() -> None:
    touches = filter_over({"next": Rect(0, 0, 400, 200), "louder": Rect(0, 210, 100, 90)})
    touches.glass = Rect(0, 0, 400, 300)
    assert tap(touches, (200, 100)) == "next"
    touches.change({"other": Rect(0, 0, 400, 200), "louder": Rect(0, 210, 100, 90)}, 10.2)
    assert tap(touches, (200, 100), at_s=11.0) == "other"
    assert tap(touches, (10, 290), at_s=20.0) == "louder"
    assert tap(touches, (10, 290), at_s=21.0) == "louder"


def test_keys_may_be_typed_as_fast_as_anybody_types() -> None:
    touches = filter_over({"ui.key.a": LEFT, "ui.key.b": RIGHT})
    one_key = [tap(touches, (10, 10), at_s=10 + n / 6, s=0.04) for n in range(5)]
    assert one_key == ["ui.key.a"] * 5, "a letter that is meant twice"
    in_turn = [tap(touches, (10 if n % 2 else 210, 10), at_s=20 + n / 12, s=0.03) for n in range(6)]
    assert in_turn == ["ui.key.b", "ui.key.a"] * 3


@pytest.mark.parametrize(("lies_s", "away_s"), [(0.02, 0.03), (0.07, 0.11), (0.04, 0.08)])
def test_a_trembling_finger_types_a_letter_once_and_a_letter_meant_twice_twice(lies_s: float, away_s: float) -> None:
    touches = filter_over({"ui.key.a": LEFT})
    typed = [tap(touches, (10, 10), at_s=10.0, s=lies_s), tap(touches, (12, 9), at_s=10.0 + lies_s + away_s, s=0.2)]
    assert typed == ["ui.key.a", None]
    assert touches.rejects == {Reject.BOUNCED: 1}
    assert tap(touches, (10, 10), at_s=10.0 + lies_s + away_s + 0.2 + 0.15, s=0.1) == "ui.key.a"


def test_a_key_that_lies_where_the_last_button_was_is_not_typed_by_the_same_hand_going_on() -> None:
    touches = filter_over({"yes": LEFT})
    assert tap(touches, (10, 10), at_s=10.0) == "yes"
    touches.change({"ui.key.a": LEFT}, 10.2)
    assert tap(touches, (12, 10), at_s=10.65) is None
    assert [tap(touches, (12, 10), at_s=12 + n / 6, s=0.03) for n in range(3)] == ["ui.key.a"] * 3


def test_a_brush_is_no_touch(touches: TouchFilter) -> None:
    assert tap(touches, (10, 10), s=0.05) is None
    assert touches.rejects == {Reject.SHORT: 1}


def test_a_trembling_finger_that_leaves_the_glass_for_a_moment_is_one_touch(touches: TouchFilter) -> None:
    assert tap(touches, (50, 20), at_s=10.0, s=0.04) is None
    assert tap(touches, (60, 25), at_s=10.1, s=0.04) == "left"
    assert tap(touches, (50, 20), at_s=20.0, s=0.04) is None
    assert tap(touches, (95, 45), at_s=20.1, s=0.04) is None, "too far away to be the same"
    assert tap(touches, (50, 20), at_s=30.0, s=0.04) is None
    assert tap(touches, (50, 20), at_s=30.3, s=0.04) is None, "too late to be the same"


def test_a_touch_held_while_the_screen_changes_fires_nothing() -> None:
    touches = filter_over({"left": LEFT})
    touches.down("finger", 10, 10, now_s=10.0)
    touches.change({"left": LEFT}, 10.5)
    assert touches.up("finger", 10, 10, now_s=11.0) is None


def test_a_touch_held_while_the_same_screen_is_drawn_again_still_fires() -> None:
    touches = filter_over({"left": LEFT})
    touches.down("finger", 10, 10, now_s=10.0)
    touches.keep({"left": LEFT})
    assert touches.up("finger", 10, 10, now_s=10.2) == "left"


def test_a_target_that_is_gone_does_not_fire() -> None:
    touches = filter_over({"left": LEFT})
    touches.down("finger", 10, 10, now_s=10.0)
    touches.keep({})
    assert touches.up("finger", 10, 10, now_s=10.2) is None


def test_the_first_finger_wins_over_the_second(touches: TouchFilter) -> None:
    assert touches.down("index", 10, 10, now_s=10.0) == "left"
    assert touches.down("thumb", 150, 10, now_s=10.07) is None
    assert touches.up("thumb", 150, 10, now_s=10.1) is None
    assert touches.up("index", 12, 10, now_s=10.2) == "left"
    assert touches.rejects == {Reject.SECOND_FINGER: 1}


def test_two_contacts_at_the_same_moment_are_the_side_of_a_hand(touches: TouchFilter) -> None:
    assert touches.down("index", 10, 10, now_s=10.0) == "left"
    assert touches.down("thumb", 150, 10, now_s=10.03) is None
    assert touches.up("index", 10, 10, now_s=10.4) is None
    assert touches.up("thumb", 150, 10, now_s=10.4) is None
    assert touches.rejects == {Reject.PALM: 1}


def test_a_palm_is_nothing_until_all_of_it_is_lifted(touches: TouchFilter) -> None:
    touches.down("index", 10, 10, now_s=10.0)
    touches.down("heel", 20, 10, now_s=10.1)
    touches.down("side", 30, 10, now_s=10.2)
    assert touches.up("index", 10, 10, now_s=10.3) is None
    assert tap(touches, (10, 10), at_s=10.4) is None
    touches.up("heel", 20, 10, now_s=10.7)
    touches.up("side", 30, 10, now_s=10.7)
    assert touches.rejects == {Reject.PALM: 1, Reject.SECOND_FINGER: 1}
    assert tap(touches, (10, 10), at_s=11.0) == "left"


def test_contacts_whose_end_a_panel_never_told_do_not_make_it_deaf(touches: TouchFilter) -> None:
    for number in range(3):
        touches.down(number, 10, 10, now_s=10.0 + number)
    assert tap(touches, (10, 10), at_s=14.0) is None, "three contacts are a palm"
    assert tap(touches, (10, 10), at_s=40.0) == "left"


def test_a_contact_as_wide_as_a_hand_is_a_palm(touches: TouchFilter) -> None:
    assert touches.down("palm", 10, 10, now_s=10.0, width_mm=24.0) is None
    assert touches.up("palm", 10, 10, now_s=10.4) is None
    assert touches.down("thumb", 10, 10, now_s=11.0, width_mm=15.0) == "left"


def test_what_did_not_count_is_told_as_counts_and_begins_anew_with_the_next_citizen(touches: TouchFilter) -> None:
    tap(touches, (10, 10))
    tap(touches, (110, 10), at_s=20)
    tap(touches, (10, 10), at_s=30, s=0.01)
    assert touches.summary() == "1 touches counted, not counted: unsure 1, short 1"
    touches.forget()
    assert touches.summary() == "0 touches counted, not counted: none"


@pytest.mark.parametrize(
    "limits",
    [
        *({"settle_s": -1}, {"repeat_s": 60}, {"together_s": 9}),
        *({"snap_mm": 30}, {"tremor_mm": -1}, {"palm_mm": 5}, {"palm_contacts": 1}),
    ],
)
def test_limits_with_which_nothing_could_be_touched_are_refused(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=f"touch.{next(iter(limits))}"):
        TouchSettings(**limits)  # type: ignore[arg-type]


PLACES = st.tuples(st.floats(-50, 300), st.floats(-50, 120))
CONTACTS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", "d"]), st.booleans(), PLACES, st.floats(0, 30)), max_size=30
)


@given(CONTACTS)
def test_whatever_hands_do_only_what_is_under_or_beside_them_fires(
    contacts: list[tuple[str, bool, Place, float]],
) -> None:
    touches = filter_over({"left": LEFT, "right": RIGHT})
    now_s = 10.0
    for finger, down, place, width_mm in contacts:
        now_s += 0.07
        if down:
            touches.down(finger, *place, now_s=now_s, width_mm=width_mm)
            continue
        fired = touches.up(finger, *place, now_s=now_s)
        if fired is not None:
            rect = {"left": LEFT, "right": RIGHT}[fired]
            grown = Rect(rect.x - 16, rect.y - 16, rect.width + 32, rect.height + 32)
            assert grown.contains(*place)


@pytest.mark.screen
@pytest.mark.xdist_group("screen")
@pytest.mark.parametrize(("tremor_mm", "hits"), [(TREMOR_MM, 0.99), (BAD_DAY_MM, 0.95)])
@pytest.mark.parametrize("panel", sorted(PANELS))
def test_trembling_hands_hit_the_right_button_and_never_the_other_answer(
    panel: str, tremor_mm: float, hits: float, kivy_home: Path
) -> None:
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
        touches = TouchFilter(across_px_per_mm=measures.px_per_mm_across, along_px_per_mm=measures.px_per_mm)
        touches.change(arrangement.targets(), 0.0)
        answers = {item.id for item in arrangement.items if isinstance(item, Target) and item.kind == "button"}
        others = {one: answers - {one} for one in answers}
        for target in (item for item in arrangement.items if isinstance(item, Target)):
            for _ in range(200):
                x = target.rect.center_x + dice.gauss(0, tremor_mm) * measures.px_per_mm_across
                y = target.rect.center_y + dice.gauss(0, tremor_mm) * measures.px_per_mm
                drift = (dice.gauss(0, 0.5) * measures.px_per_mm, dice.gauss(0, 0.5) * measures.px_per_mm)
                hit = tap(touches, (x, y), (x + drift[0], y + drift[1]), at_s=10.0 + 2 * taps)
                taps += 1
                right += hit == target.id
                wrong += target.kind == "button" and hit in others[target.id]
    assert wrong == 0
    assert right / taps >= hits
