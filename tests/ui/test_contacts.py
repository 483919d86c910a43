"""What a touch panel says, put together into contacts: words of the kernel's multi-touch protocol in, changes out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.ui.contacts import (
    EV_ABS,
    EV_SYN,
    POSITION_X,
    POSITION_Y,
    SLOT,
    SYN_REPORT,
    TOUCH_MAJOR,
    TRACKING_ID,
    Axes,
    Change,
    Contacts,
    Rotation,
)

AXES = Axes(0, 1000, 0, 500)
Word = tuple[int, int, int]
REPORT: Word = (EV_SYN, SYN_REPORT, 0)


def finger(slot: int, contact: int, x: int, y: int, major: int | None = None) -> list[Word]:
    """The words of one contact that comes down."""
    words = [(EV_ABS, SLOT, slot), (EV_ABS, TRACKING_ID, contact), (EV_ABS, POSITION_X, x), (EV_ABS, POSITION_Y, y)]
    return words if major is None else [*words, (EV_ABS, TOUCH_MAJOR, major)]


def heard(contacts: Contacts, words: list[Word]) -> list[Change]:
    return [change for word in words for change in contacts.take(*word)]


def test_two_fingers_come_in_one_report_move_and_go_each_by_itself() -> None:
    contacts = Contacts(AXES)
    assert heard(contacts, [*finger(0, 7, 250, 125), *finger(1, 8, 750, 500)]) == []
    assert heard(contacts, [REPORT]) == [Change("begin", 7, 0.25, 0.75, 0.0), Change("begin", 8, 0.75, 0.0, 0.0)]
    assert heard(contacts, [(EV_ABS, SLOT, 1), (EV_ABS, POSITION_X, 800), REPORT]) == [
        Change("update", 8, 0.8, 0.0, 0.0)
    ]
    assert heard(contacts, [(EV_ABS, SLOT, 0), (EV_ABS, TRACKING_ID, -1), REPORT]) == [
        Change("end", 7, 0.25, 0.75, 0.0)
    ]
    assert heard(contacts, [(EV_ABS, SLOT, 1), (EV_ABS, TRACKING_ID, -1), REPORT]) == [Change("end", 8, 0.8, 0.0, 0.0)]


def test_a_contact_has_its_width_in_shares_of_the_panels() -> None:
    assert heard(Contacts(AXES), [*finger(0, 1, 500, 250, major=120), REPORT]) == [Change("begin", 1, 0.5, 0.5, 0.12)]


def test_a_new_contact_in_the_slot_of_one_whose_end_was_not_told_ends_that_one_first() -> None:
    contacts = Contacts(AXES)
    heard(contacts, [*finger(0, 1, 0, 0), REPORT])
    changes = heard(contacts, [*finger(0, 2, 1000, 0), REPORT])
    assert [(one.kind, one.contact) for one in changes] == [("end", 1), ("begin", 2)]


def test_a_contact_that_lay_there_before_anybody_listened_is_passed_over_until_it_comes_anew() -> None:
    contacts = Contacts(AXES)
    assert heard(contacts, [(EV_ABS, POSITION_X, 5), (EV_ABS, POSITION_Y, 5), REPORT]) == []
    assert [one.kind for one in heard(contacts, [(EV_ABS, TRACKING_ID, 3), REPORT])] == ["begin"]


def test_a_lost_panel_ends_what_lay_on_it() -> None:
    contacts = Contacts(AXES)
    heard(contacts, [*finger(0, 1, 0, 0), *finger(3, 2, 9, 9), REPORT])
    assert [(one.kind, one.contact) for one in contacts.lost()] == [("end", 1), ("end", 2)]
    assert contacts.lost() == []


@pytest.mark.parametrize(("rotation", "at"), [(0, (1.0, 1.0)), (90, (0.0, 1.0)), (180, (0.0, 0.0)), (270, (1.0, 0.0))])
def test_the_panels_upper_right_corner_is_where_the_turned_picture_has_it(
    rotation: Rotation, at: tuple[float, float]
) -> None:
    (change,) = heard(Contacts(AXES, rotation), [*finger(0, 1, 1000, 0), REPORT])
    assert (change.x, change.y) == at


@pytest.mark.parametrize("axes", [(0, 0, 0, 5), (5, 4, 0, 5), (0, 5, 9, 9)])
def test_a_panel_without_room_is_refused(axes: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="no range of places"):
        Axes(*axes)


WORDS = st.one_of(
    st.tuples(st.just(EV_ABS), st.just(SLOT), st.integers(0, 3)),
    st.tuples(st.just(EV_ABS), st.just(TRACKING_ID), st.integers(-1, 4)),
    st.tuples(st.just(EV_ABS), st.sampled_from((POSITION_X, POSITION_Y, TOUCH_MAJOR)), st.integers(-2000, 2000)),
    st.just(REPORT),
    st.tuples(st.integers(0, 5), st.integers(0, 70), st.integers(-(2**31), 2**31 - 1)),
)


@given(st.lists(WORDS, max_size=60), st.sampled_from((0, 90, 180, 270)))
def test_whatever_a_panel_says_each_contact_begins_before_it_ends_and_lies_on_the_glass(
    words: list[Word], rotation: Rotation
) -> None:
    contacts = Contacts(AXES, rotation)
    # Several slots may name one contact: a broken panel's. They are counted, as each ends by itself.
    lying: dict[int, int] = {}
    for change in [*heard(contacts, words), *contacts.lost()]:
        assert 0 <= change.x <= 1
        assert 0 <= change.y <= 1
        assert change.width >= 0
        if change.kind == "begin":
            lying[change.contact] = lying.get(change.contact, 0) + 1
        else:
            assert lying.get(change.contact, 0) > 0
        if change.kind == "end":
            lying[change.contact] -= 1
    assert not any(lying.values())
