"""The capture plan: the one we ship is whole, and every mistake in another is named with its place."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.capture_plan import (
    KIOSK_ABILITIES,
    CapturePlan,
    Excepted,
    ExceptionReason,
    Filled,
    Finger,
    NotPossible,
    SlotKind,
    plan_from,
)
from kiosk.domain.enrolment import Answers, open_slots
from kiosk.domain.errors import BadPlan

FINGER = {"id": "a", "kind": "single_flat", "finger": "right_thumb"}
PORTRAIT = {"id": "portrait", "kind": "portrait"}


@pytest.fixture
def plan(repository: Path) -> CapturePlan:
    return plan_from(tomllib.loads((repository / "config/capture_plan.toml").read_text(encoding="utf-8")))


def test_the_plan_we_ship_asks_for_each_finger_once_and_one_portrait(plan: CapturePlan) -> None:
    assert [slot.finger for slot in plan.prints()] == list(Finger)
    assert [slot.kind for slot in plan.slots].count(SlotKind.PORTRAIT) == 1
    assert "60/2021" in plan.source


def test_every_slot_of_the_legal_plan_that_we_stand_in_for_is_itself_in_the_plan(plan: CapturePlan) -> None:
    ids = {slot.id for slot in plan.slots}
    assert {slot.stands_for for slot in plan.prints()} <= ids
    assert {slot.kind for slot in plan.impossible()} == {
        SlotKind.FLAT_FOUR,
        SlotKind.FLAT_THUMBS,
        SlotKind.ROLLED,
        SlotKind.IRIS,
    }
    ours = {slot for slot in plan.slots if slot.kind in KIOSK_ABILITIES}
    assert ours == set(plan.slots) - set(plan.impossible())


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({}, r"no \[\[slot\]\]"),
        ({"slot": []}, r"no \[\[slot\]\]"),
        ({"slot": "portrait"}, r"no \[\[slot\]\]"),
        ({"slot": [PORTRAIT, "x"]}, "slot 2.*table"),
        ({"slot": [{"kind": "portrait"}]}, "slot 1: id is missing"),
        ({"slot": [{"id": "a"}]}, "slot 1: kind is missing"),
        ({"slot": [PORTRAIT, {"id": "a", "kind": "hologram"}]}, "slot 2.*hologram"),
        ({"slot": [PORTRAIT, {**FINGER, "finger": "sixth"}]}, "slot 2.*sixth"),
        ({"slot": [PORTRAIT, {**FINGER, "fingre": "x"}]}, "slot 2: unknown key 'fingre'"),
        ({"slot": [PORTRAIT, {"id": "a", "kind": "single_flat"}]}, "slot 2.*names its finger"),
        ({"slot": [PORTRAIT, {"id": "a", "kind": "rolled"}]}, "slot 2.*names its finger"),
        ({"slot": [PORTRAIT, {"id": "", "kind": "iris"}]}, "slot 2.*id"),
        ({"slot": [PORTRAIT, {"id": 7, "kind": "iris"}]}, "slot 2.*id"),
        ({"slot": [PORTRAIT, {**FINGER, "stands_for": "flat.thumbs"}]}, "'a' stands for 'flat.thumbs'"),
        ({"slot": [PORTRAIT, FINGER, FINGER]}, "'a' stands twice"),
        ({"slot": [PORTRAIT, FINGER, {**FINGER, "id": "b"}]}, "right_thumb.*twice"),
        ({"slot": [FINGER]}, "0 portraits"),
        ({"slot": [PORTRAIT, {**PORTRAIT, "id": "b"}]}, "2 portraits"),
    ],
)
def test_every_mistake_is_named_with_its_place(table: dict[str, Any], says: str) -> None:
    with pytest.raises(BadPlan, match=says):
        plan_from(table)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FINGER, "slot"]), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["slot", "source"]), JSON))
def test_no_plan_however_wrong_raises_anything_but_bad_plan(table: dict[str, Any]) -> None:
    with suppress(BadPlan):
        assert plan_from(table).slots


def test_all_mistakes_are_named_at_once() -> None:
    with pytest.raises(BadPlan) as broken:
        plan_from({"slot": [{"kind": "iris"}, {**FINGER, "finger": "sixth"}], "sorce": "x"})
    for place in ("slot 1: id", "slot 2: 'sixth'", "'sorce'"):
        assert place in str(broken.value)


def test_an_enrolment_is_open_until_every_slot_has_a_state(plan: CapturePlan) -> None:
    states = {slot.id: NotPossible() for slot in plan.impossible()}
    ours = [slot.id for slot in plan.slots if slot.kind in KIOSK_ABILITIES]
    assert open_slots(plan, Answers(slots=states)) == tuple(ours)
    filled = {name: Filled("id", 50, None, 1, "s") for name in ours}
    assert open_slots(plan, Answers(slots={**states, **filled})) == ()


def test_answers_point_to_the_captures_they_were_filled_with() -> None:
    slots = {"a": Filled("one", 50, None, 1, "s"), "b": Excepted(ExceptionReason.WORN, 3), "c": NotPossible()}
    assert Answers(slots=slots).captures() == {"one"}
    assert Answers(slots=slots, chip_portrait="x").captures() == {"one", "x"}
