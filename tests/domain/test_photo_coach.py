"""What the photo coach says, when it is silent, and when the picture is taken."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.domain.photo_coach import CHANGE_AFTER_S, HOLD_S, REPEAT_AFTER_S, Advice, Coach, Posture, look
from kiosk.domain.quality import PortraitSay as Say

FRAME_S = 1 / 15
Look = tuple[Say, bool]
FAR: Look = (Say.CLOSER, False)
GOOD: Look = (Say.NOTHING, True)
SHUT: Look = (Say.EYES_OPEN, False)


def told(*looks: Look, coach: Coach | None = None) -> list[Advice]:
    """What is advised after each look, fifteen a second."""
    coach, advised = coach or Coach(), []
    for number, (found, acceptable) in enumerate(looks):
        coach, advice = look(coach, found, acceptable=acceptable, at_s=number * FRAME_S)
        advised.append(advice)
    return advised


def test_one_look_alone_says_nothing() -> None:
    assert not any(advice.speak for advice in told(FAR, GOOD, FAR, GOOD, SHUT, FAR))


def test_the_same_sentence_is_spoken_once_and_not_again_within_four_seconds() -> None:
    spoken = [number * FRAME_S for number, advice in enumerate(told(*[FAR] * 150)) if advice.speak]
    assert len(spoken) == 3
    assert all(later - earlier >= REPEAT_AFTER_S for earlier, later in pairwise(spoken))


def test_it_stays_on_the_screen_with_its_arrow_while_the_voice_is_silent() -> None:
    last = told(*[FAR] * 20)[-1]
    assert (last.shown, last.arrow, last.speak) == (Say.CLOSER, "closer", False)


def test_what_got_better_is_praised() -> None:
    advised = told(*[FAR] * 30, *[SHUT] * 30)
    assert [advice.shown for advice in advised if advice.praise] == [Say.EYES_OPEN]
    assert [advice.shown for advice in told(*[FAR] * 30, *[GOOD] * 30) if advice.praise] == [Say.NOTHING]


def test_the_picture_is_taken_by_itself_when_everything_has_held() -> None:
    advised = told(*[FAR] * 10, *[GOOD] * 30)
    first = next(number for number, advice in enumerate(advised) if advice.shoot)
    assert (first - 10) * FRAME_S == pytest.approx(HOLD_S, abs=FRAME_S)


def test_a_blink_does_not_begin_the_wait_anew_but_no_picture_is_taken_in_it() -> None:
    advised = told(*[GOOD] * 10, *[SHUT] * 3, *[GOOD] * 10)
    first = next(number for number, advice in enumerate(advised) if advice.shoot)
    assert first == 13
    assert not any(advice.shoot for advice in told(*[GOOD] * 11, *[SHUT] * 3))


def test_who_looks_away_for_long_begins_the_wait_anew() -> None:
    advised = told(*[GOOD] * 10, *[SHUT] * 8, *[GOOD] * 20)
    first = next(number for number, advice in enumerate(advised) if advice.shoot)
    assert (first - 18) * FRAME_S == pytest.approx(HOLD_S, abs=FRAME_S)


def test_advice_is_spoken_and_does_not_hold_the_picture_up() -> None:
    advised = told(*[(Say.GLASSES_OFF, True)] * 30)
    assert [advice.shown for advice in advised if advice.speak] == [Say.GLASSES_OFF]
    assert any(advice.shoot for advice in advised)


def test_at_the_bed_the_officer_moves_the_camera_the_other_way() -> None:
    lying = told(*[(Say.MOVE_LEFT, False)] * 5, coach=Coach(posture=Posture.BED))[-1]
    assert (lying.shown, lying.arrow) == (Say.MOVE_RIGHT, "right")
    assert told(*[FAR] * 5, coach=Coach(posture=Posture.BED))[-1].shown is Say.CLOSER


@given(st.lists(st.tuples(st.sampled_from(list(Say)), st.booleans()), max_size=120))
def test_whatever_happens_it_never_talks_without_a_pause_and_never_shoots_what_blocks(looks: list[Look]) -> None:
    advised = told(*looks)
    spoken = [number * FRAME_S for number, advice in enumerate(advised) if advice.speak]
    assert all(later - earlier >= CHANGE_AFTER_S - 1e-9 for earlier, later in pairwise(spoken))
    assert all(acceptable for (_, acceptable), advice in zip(looks, advised, strict=True) if advice.shoot)
