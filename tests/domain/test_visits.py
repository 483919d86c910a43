"""What a later visit asks for: the prints that were weak, and the better of two is kept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.capture_plan import (
    WORTH_ANOTHER_VISIT,
    Earlier,
    Excepted,
    ExceptionReason,
    Filled,
    Position,
    SlotKind,
    SlotState,
    is_weak,
)
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.visits import EarlierVisit, is_better, open_print, slots_again, weak_slots
from tests.journey.script import BEGAN, the_plan

PLAN = the_plan()
GOOD_FROM = 45
QUALITY = st.integers(0, 100)
STATES: st.SearchStrategy[SlotState] = st.one_of(
    st.builds(Filled, st.just("c"), QUALITY, st.sampled_from(PrintVerdict), st.just(1), st.just("s")),
    st.builds(Excepted, st.sampled_from(ExceptionReason)),
    st.builds(
        Earlier,
        st.none() | QUALITY,
        st.none() | st.sampled_from(PrintVerdict),
        st.none() | st.sampled_from(ExceptionReason),
    ),
)
SLOTS = st.dictionaries(st.sampled_from([slot.id for slot in PLAN.slots]), STATES)


def filled(quality: int, verdict: PrintVerdict = PrintVerdict.GOOD) -> Filled:
    return Filled("c", quality, verdict, 1, "s")


@given(SLOTS)
def test_exactly_the_weak_fingers_are_noted_and_asked_for_again(slots: dict[str, SlotState]) -> None:
    weak = weak_slots(PLAN, slots, good_from=GOOD_FROM)
    fingers = {slot.id for slot in PLAN.prints()}
    assert set(weak) == {key for key, state in slots.items() if key in fingers and is_weak(state, good_from=GOOD_FROM)}
    again = slots_again(PLAN, EarlierVisit("id", BEGAN, weak))
    assert {key for key, state in again.items() if open_print(state)} == set(weak)
    assert set(again) == {slot.id for slot in PLAN.possible()}
    # What is noted of a visit at which nothing was tried is what was noted before.
    assert weak_slots(PLAN, again, good_from=GOOD_FROM) == weak


def test_nothing_of_a_good_finger_is_noted() -> None:
    slots = {"print.right_thumb": filled(80), "print.right_index": filled(30, PrintVerdict.TOO_DRY)}
    weak = weak_slots(PLAN, slots, good_from=GOOD_FROM)
    assert weak == {"print.right_index": Earlier(30, PrintVerdict.TOO_DRY, again=True)}
    again = slots_again(PLAN, EarlierVisit("id", BEGAN, weak))
    thumb = again["print.right_thumb"]
    assert thumb == Earlier(position=Position.RIGHT_THUMB)
    portrait = next(slot.id for slot in PLAN.slots if slot.kind is SlotKind.PORTRAIT)
    assert again[portrait] == Earlier()


@pytest.mark.parametrize("reason", ExceptionReason)
def test_a_finger_is_asked_for_again_where_its_reason_may_pass(reason: ExceptionReason) -> None:
    weak = weak_slots(PLAN, {"print.left_ring": Excepted(reason)}, good_from=GOOD_FROM)
    assert bool(weak) is (reason in WORTH_ANOTHER_VISIT)


def test_who_will_not_give_a_weak_finger_again_is_not_asked_a_third_time() -> None:
    refused = Earlier(30, PrintVerdict.WORN, ExceptionReason.REFUSED)
    assert not is_weak(refused, good_from=GOOD_FROM)
    assert is_weak(Earlier(30, PrintVerdict.WORN), good_from=GOOD_FROM)


@given(QUALITY, st.none() | QUALITY)
def test_the_better_print_is_kept_and_any_is_better_than_none(quality: int, before: int | None) -> None:
    assert is_better(quality, Earlier(before)) is (before is None or quality > before)
