"""Another try only while it is worth the citizen's strength; the frail begin with their best fingers."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.capture_plan import Finger
from kiosk.domain.effort import (
    Attempt,
    Visit,
    expected_gain,
    gentle_order,
    strength_at,
    tiredness,
    worth_another_try,
)
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import Remedy

PLAN = tuple(Finger)
WEAK = PrintVerdict.TOO_DRY
QUALITIES = st.lists(st.integers(0, 100), min_size=1, max_size=8)
TAKEN = st.dictionaries(st.sampled_from(PLAN), st.integers(0, 100))


def attempts(*qualities: int) -> list[Attempt]:
    return [Attempt(quality, WEAK, Remedy.DAMP if n else None) for n, quality in enumerate(qualities)]


def worth(*qualities: int, gain: float = 8.0, tries: int = 5, minutes: float = 2.0, age: int | None = 50) -> bool:
    return worth_another_try(
        attempts(*qualities), good_from=60, remedy_gain=gain, tries=tries, minutes=minutes, age=age
    )


def test_a_finger_that_was_never_tried_is_always_tried() -> None:
    assert worth(tries=500, minutes=90, age=95)


def test_a_good_print_is_never_tried_again() -> None:
    good = [Attempt(72, PrintVerdict.GOOD)]
    assert not worth_another_try(good, good_from=60, remedy_gain=30, tries=1, minutes=1, age=30)


def test_a_weak_finger_with_a_remedy_left_is_tried_again() -> None:
    assert worth(25)


def test_a_finger_that_stays_the_same_whatever_is_done_is_left_in_peace() -> None:
    assert not worth(31, 30, 31, 30, 31, 30, 31, 30, gain=0, tries=20)


def test_the_same_finger_is_tried_again_in_the_morning_and_not_at_the_end_of_a_long_visit() -> None:
    assert worth(40, 44, gain=3, tries=4)
    assert not worth(40, 44, gain=3, tries=40)


def test_the_very_old_are_spared_sooner() -> None:
    assert worth(40, 44, gain=3, tries=18, age=40)
    assert not worth(40, 44, gain=3, tries=18, age=84)


def test_the_officer_can_call_somebody_frail_at_any_age() -> None:
    assert strength_at(30, frail=True) == strength_at(90)
    assert tiredness(strength_at(90), tries=0, minutes=9) == 1


@given(QUALITIES, st.floats(0, 60), st.integers(0, 200), st.floats(0, 90), st.none() | st.integers(14, 110))
def test_nobody_is_asked_for_more_than_the_strength_of_the_age(
    qualities: list[int], gain: float, tries: int, minutes: float, age: int | None
) -> None:
    spent = tiredness(strength_at(age), tries=tries, minutes=minutes) >= 1
    if worth(*qualities, gain=gain, tries=tries, minutes=minutes, age=age):
        assert not spent
        # Fewer tries behind, or a better remedy ahead, never make a try less worth it.
        assert worth(*qualities, gain=gain, tries=tries // 2, minutes=minutes, age=age)
        assert worth(*qualities, gain=gain + 5, tries=tries, minutes=minutes, age=age)


@given(QUALITIES, st.floats(0, 60))
def test_the_expected_gain_is_never_negative_nor_beyond_a_perfect_print(qualities: list[int], gain: float) -> None:
    assert 0 <= expected_gain(attempts(*qualities), remedy_gain=gain) <= 100 - max(qualities)


@given(st.integers(0, 100), st.integers(1, 6))
def test_the_more_often_it_was_the_same_the_less_is_expected(quality: int, n: int) -> None:
    assert expected_gain(attempts(*[quality] * (n + 1))) <= expected_gain(attempts(*[quality] * n)) + 1e-9


@given(st.permutations(PLAN), TAKEN, st.none() | st.integers(0, 110), st.booleans())
def test_every_finger_stays_in_the_order_once(
    plan: list[Finger], taken: dict[Finger, int], age: int | None, frail: bool
) -> None:
    order = gentle_order(plan, age=age, qualities=taken, frail=frail)
    assert sorted(order) == sorted(plan)
    if not frail and (age is None or age < 80):
        assert order == tuple(plan)


def test_the_frail_begin_with_index_and_thumb_of_the_first_hand() -> None:
    order = gentle_order(PLAN, age=86, qualities={})
    assert order[:2] == (Finger.RIGHT_INDEX, Finger.RIGHT_THUMB)
    assert order[-2:] == (Finger.RIGHT_LITTLE, Finger.LEFT_LITTLE)


def test_a_worn_right_hand_sends_the_frail_to_the_left_one() -> None:
    taken = {Finger.RIGHT_INDEX: 12}
    left = [finger for finger in PLAN if finger not in taken]
    assert gentle_order(left, age=86, qualities=taken)[:2] == (Finger.LEFT_INDEX, Finger.LEFT_THUMB)


def test_a_weak_finger_of_an_earlier_visit_waits_behind_the_others() -> None:
    taken = {Finger.RIGHT_MIDDLE: 8, Finger.LEFT_MIDDLE: 40}
    order = gentle_order(
        [Finger.RIGHT_MIDDLE, Finger.LEFT_MIDDLE, Finger.RIGHT_LITTLE], age=40, qualities=taken, frail=True
    )
    assert order.index(Finger.LEFT_MIDDLE) < order.index(Finger.RIGHT_MIDDLE)


@given(TAKEN, st.integers(80, 110))
def test_thumb_and_index_of_one_hand_always_lead_for_the_frail(taken: dict[Finger, int], age: int) -> None:
    first, second = gentle_order(PLAN, age=age, qualities=taken)[:2]
    assert first.value.partition("_")[0] == second.value.partition("_")[0]
    assert {first.value.partition("_")[2], second.value.partition("_")[2]} == {"thumb", "index"}


@pytest.mark.parametrize("age", [None, 14, 59, 60, 79, 80, 104])
def test_every_age_has_strength_for_each_finger_once(age: int | None) -> None:
    assert strength_at(age).tries >= 2 * len(PLAN)


# What a visit has asked so far

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_a_visit_counts_its_tries_and_the_minutes_since_the_first() -> None:
    visit = Visit().tried(NOON).tried(NOON + timedelta(minutes=2))
    assert (visit.tries, visit.minutes(NOON + timedelta(minutes=3))) == (2, 3.0)


def test_the_time_of_a_power_cut_rests_and_that_before_it_counts() -> None:
    visit = Visit().tried(NOON).tried(NOON + timedelta(minutes=4)).interrupted()
    assert visit.minutes(NOON + timedelta(hours=3)) == 4.0
    later = visit.tried(NOON + timedelta(hours=3))
    assert (later.tries, later.minutes(NOON + timedelta(hours=3, minutes=5))) == (3, 9.0)


@given(st.lists(st.floats(-1e8, 1e8), max_size=6))
def test_whatever_the_clock_does_an_interruption_adds_no_time(clock_s: list[float]) -> None:
    visit = Visit()
    for now_s in clock_s:
        visit = visit.tried(NOON + timedelta(seconds=now_s))
    left = visit.interrupted()
    assert (left.tries, left.began) == (len(clock_s), None)
    assert left.spent_s >= 0
    assert left.interrupted() == left
