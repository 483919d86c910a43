"""Before the camera: what is seen is said and shown, the picture is taken by itself, and nobody gets stuck."""

from copy import deepcopy
from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import Filled
from kiosk.domain.photo_coach import Advice, Posture
from kiosk.domain.portrait import PortraitNote, PortraitReason
from kiosk.domain.quality import PortraitSay as Say
from kiosk.journey.effects import (
    FollowSitter,
    Lamp,
    SayAgain,
    ShowLamp,
    StartCamera,
    StopCamera,
    StopTimer,
    TakePortrait,
    WipeDevices,
)
from kiosk.journey.events import CoachMissing, PortraitTaken, SitterSeen
from kiosk.journey.session import AtPortrait
from kiosk.journey.view import Layout
from tests.journey.script import CATALOGUES, FINGERS, OFFICER, Kiosk, picture

OPEN_MOUTH = PortraitNote(not_met=("mouth_closed",))
CLOSER = Advice(Say.CLOSER, speak=True, arrow="closer")


@pytest.fixture
def kiosk() -> Kiosk:
    """Before the camera, with all fingers taken."""
    return Kiosk().at_fingers().all_fingers().touch("yes").at("portrait.look")


def said(key: str) -> str:
    return CATALOGUES["vi"].addressed("bác").text(f"portrait.say.{key}")


def kept(kiosk: Kiosk) -> str:
    state = kiosk.session.answers.slots["portrait"]
    assert isinstance(state, Filled)
    return state.capture


def test_who_sits_down_is_followed_and_there_is_no_count(kiosk: Kiosk) -> None:
    assert FollowSitter(1, Posture.CHAIR) in kiosk.effects
    assert "countdown" not in kiosk.timers
    assert (kiosk.view().hint, kiosk.view().buttons) == ("", ())


def test_what_the_coach_says_is_heard_and_shown_with_its_arrow(kiosk: Kiosk) -> None:
    kiosk.seen(CLOSER)
    view = kiosk.view()
    assert (view.hint, view.voice, view.arrow) == (said("closer"), said("closer"), "closer")
    kiosk.seen(Advice(Say.CLOSER, arrow="closer"))
    assert kiosk.view() == view
    assert not kiosk.did(SayAgain)


def test_the_same_sentence_is_spoken_again_when_the_coach_says_so(kiosk: Kiosk) -> None:
    kiosk.seen(CLOSER)
    assert not kiosk.did(SayAgain), "another line is spoken because it is another one"
    kiosk.seen(CLOSER)
    assert kiosk.did(SayAgain)


def test_what_got_better_is_praised_before_the_next_word(kiosk: Kiosk) -> None:
    kiosk.seen(CLOSER).seen(Advice(Say.MOUTH_CLOSED, speak=True, praise=True))
    assert kiosk.view().voice == f"Tốt lắm. {said('mouth_closed')}"
    kiosk.seen(Advice(Say.NOTHING, praise=True, held=0.5))
    assert kiosk.view().voice == f"Tốt lắm. {said('nothing')}"
    assert kiosk.view().held == 40


def test_when_all_has_held_the_picture_is_taken_and_seen(kiosk: Kiosk) -> None:
    kiosk.held_still()
    assert TakePortrait(1) in kiosk.effects
    assert kiosk.view().busy
    kiosk.portrait_taken(mark="mine").at("portrait.review")
    assert kiosk.view().photo == b"mine"
    assert [button.label for button in kiosk.view().buttons] == ["Chụp lại", "Được rồi"]


def test_what_an_earlier_look_saw_counts_no_more(kiosk: Kiosk) -> None:
    late = SitterSeen(kiosk.session.sitter.sitting, Advice(Say.NOTHING, shoot=True))
    kiosk.press_help().touch("yes").at("portrait.look").happens(late)
    assert not kiosk.did(TakePortrait)
    assert kiosk.session.phase == ""
    sitting = kiosk.session.sitter.sitting
    kiosk.held_still().happens(PortraitTaken(sitting - 1, "old", picture("old"), (), "c"))
    assert kiosk.session.phase == "busy", "a portrait of an earlier look is nobody's"


def test_a_shot_that_does_not_hold_is_said_and_tried_again(kiosk: Kiosk) -> None:
    kiosk.held_still().portrait_taken(Say.EYES_OPEN).at("portrait.look")
    assert kiosk.view().voice == f"Mình chụp lại nhé. {said('eyes_open')}"
    assert kiosk.view().hint == said("eyes_open")
    assert FollowSitter(2, Posture.CHAIR) in kiosk.effects


def test_the_best_of_all_attempts_is_kept_and_not_the_last(kiosk: Kiosk) -> None:
    kiosk.held_still().portrait_taken(Say.EYES_OPEN, Say.TURN_LEFT, mark="first")
    kiosk.held_still().portrait_taken(Say.EYES_OPEN, mark="second")
    kiosk.held_still().portrait_taken(Say.EYES_OPEN, Say.CHIN_UP, Say.MOUTH_CLOSED, mark="third")
    assert kept(kiosk.at("portrait.review")) == "second"
    assert kiosk.view().hint == "Ảnh chụp trước rõ hơn nên máy giữ ảnh này."


def test_of_two_good_pictures_the_one_that_was_asked_for_is_kept(kiosk: Kiosk) -> None:
    kiosk.held_still().portrait_taken(mark="first").touch("other").at("portrait.look")
    kiosk.held_still().portrait_taken(mark="second").at("portrait.review")
    assert kept(kiosk) == "second"
    assert kiosk.view().hint == ""


def test_a_good_picture_outlives_a_retake_that_is_worse(kiosk: Kiosk) -> None:
    kiosk.held_still().portrait_taken(mark="good").touch("other")
    for _ in range(3):
        kiosk.held_still().portrait_taken(Say.EYES_OPEN, mark="blink")
    assert kept(kiosk.at("portrait.review")) == "good"
    assert kiosk.view().photo == b"good"


@pytest.mark.parametrize("end", ["sealed", "declined"])
def test_no_picture_outlives_its_citizen(end: str) -> None:
    kiosk = Kiosk().at_review()
    assert kiosk.session.sitter.best is not None
    if end == "sealed":
        kiosk.sealed()
    else:
        kiosk.press_help().touch("other", "officer.wipe").at("declined").touch("yes").at("standby")
    assert kiosk.did(WipeDevices)
    assert kiosk.session.sitter == AtPortrait()
    assert kiosk.session.captures == {}


def test_when_nothing_holds_for_long_the_officer_comes_and_the_coach_goes_on(kiosk: Kiosk) -> None:
    kiosk.seen(CLOSER).time_is_over("patience").at("portrait.look")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    assert kiosk.view().voice == CATALOGUES["vi"].addressed("bác").text("portrait.patience")
    assert kiosk.view().hint == said("closer")
    assert [button.label for button in kiosk.view().buttons] == ["Cán bộ giúp"]
    kiosk.held_still()
    assert kiosk.did(TakePortrait)
    assert ShowLamp(Lamp.BUSY) in kiosk.effects


def test_the_officer_may_take_it_as_it_is(kiosk: Kiosk) -> None:
    kiosk.time_is_over("patience").touch("other").at("portrait.menu")
    assert kiosk.did(StopCamera)
    assert kiosk.view().layout is Layout.CHOICE
    kiosk.touch("portrait.take").at("portrait.look")
    assert kiosk.did(StartCamera)
    kiosk.seen(CLOSER)
    assert kiosk.view().hint == "", "now it is counted, and the coach is silent"
    for count in ("3", "2", "1"):
        assert kiosk.time_is_over("countdown").view().hint == count
    kiosk.time_is_over("countdown")
    assert kiosk.did(TakePortrait)
    kiosk.portrait_taken(Say.MOUTH_CLOSED, mark="as it is").at("portrait.review")
    assert kept(kiosk) == "as it is"


def test_at_the_bed_it_is_the_officer_who_is_told_where_to_hold_the_camera(kiosk: Kiosk) -> None:
    kiosk.time_is_over("patience").touch("other", "portrait.bed").at("portrait.look")
    assert any(isinstance(one, FollowSitter) and one.posture is Posture.BED for one in kiosk.effects)
    kiosk.seen(Advice(Say.MOVE_RIGHT, speak=True, arrow="right"))
    assert kiosk.view().hint == CATALOGUES["vi"].text("portrait.bed.move_right")
    assert kiosk.view().officer_line == "Nằm giường"
    kiosk.touch("other")
    assert "portrait.bed" not in [choice.id for choice in kiosk.view().choices]
    assert "portrait.chair" in [choice.id for choice in kiosk.view().choices]


def test_the_frail_have_the_officers_button_from_the_beginning() -> None:
    kiosk = Kiosk().begin().card_read().read_back().at("hands").press_help().touch("other", "officer.gentle", "yes")
    for _ in FINGERS:
        kiosk.good_print()
    kiosk.at("portrait.prepare").touch("yes").at("portrait.look")
    assert [button.id for button in kiosk.view().buttons] == ["other"]


@pytest.mark.parametrize("shown", ["portrait.glasses", "portrait.hair", "portrait.clothes"])
def test_the_citizen_is_shown_what_to_do_and_comes_back_to_the_camera(kiosk: Kiosk, shown: str) -> None:
    kiosk.time_is_over("patience").touch("other", shown).at(shown)
    assert kiosk.view().picture == shown
    kiosk.touch("yes").at("portrait.look")
    assert kiosk.did(FollowSitter)
    kiosk.touch("other", shown, "back").at("portrait.look")
    assert kiosk.did(StartCamera)
    kiosk.touch("other", "back").at("portrait.look").touch("back").at("portrait.prepare")


def test_what_only_looking_tells_is_the_officers_and_blocks_nothing(kiosk: Kiosk) -> None:
    kiosk.seen(Advice(Say.NOTHING), Say.GLASSES_OFF, Say.EARS_FREE)
    assert kiosk.view().officer_line == "Mời cán bộ xem lại ảnh"
    assert "kính" not in kiosk.view().voice + kiosk.view().hint
    kiosk.held_still().portrait_taken(asks=(Say.GLASSES_OFF,)).at("portrait.review")
    assert kiosk.view().officer_line == "Mời cán bộ xem lại ảnh"
    assert deepcopy(kiosk).press_help().touch("other").at("menu").view().officer_line == "Có kính?"
    kiosk.touch("yes").at("officer.face")
    assert kiosk.view().officer_line == "Có kính?"


def test_without_face_nets_the_picture_is_counted_down_to(kiosk: Kiosk) -> None:
    kiosk.happens(CoachMissing(kiosk.session.sitter.sitting))
    for count in ("3", "2", "1"):
        assert kiosk.time_is_over("countdown").view().hint == count
    kiosk.time_is_over("countdown")
    assert kiosk.did(TakePortrait)
    kiosk.portrait_taken(Say.MORE_LIGHT).at("portrait.look")
    kiosk.happens(CoachMissing(kiosk.session.sitter.sitting))
    assert "countdown" in kiosk.timers


def test_who_leaves_the_camera_leaves_no_timer_behind(kiosk: Kiosk) -> None:
    kiosk.touch("back").at("portrait.prepare")
    assert StopTimer("patience") in kiosk.effects
    assert not kiosk.timers.keys() & {"patience", "countdown"}


def test_a_portrait_on_which_something_does_not_hold_needs_the_officers_reason(kiosk: Kiosk) -> None:
    kiosk.time_is_over("patience").touch("other", "portrait.take")
    for _ in range(4):
        kiosk.time_is_over("countdown")
    kiosk.portrait_taken(Say.MOUTH_CLOSED, note=OPEN_MOUTH).at("portrait.review").touch("yes").at("officer.portrait")
    assert kiosk.view().officer_line == said("mouth_closed")
    kiosk.touch("nonsense").at("officer.portrait").touch(PortraitReason.FACE).same_face().at("review")
    state = kiosk.session.answers.slots["portrait"]
    assert isinstance(state, Filled)
    assert state.portrait == replace(OPEN_MOUTH, reason=PortraitReason.FACE, officer=OFFICER)


def test_instead_of_a_reason_it_may_be_taken_again(kiosk: Kiosk) -> None:
    for _ in range(3):
        kiosk.held_still().portrait_taken(Say.MOUTH_CLOSED, note=OPEN_MOUTH)
    kiosk.touch("yes").at("officer.portrait").touch("portrait.again").at("portrait.look")
    kiosk.held_still().portrait_taken(mark="good").touch("yes").same_face().at("review")
    assert kept(kiosk) == "good"
    assert [past.step for past in kiosk.session.history].count("portrait.review") == 1


def test_back_from_the_reason_is_the_picture(kiosk: Kiosk) -> None:
    for _ in range(3):
        kiosk.held_still().portrait_taken(Say.MOUTH_CLOSED, note=OPEN_MOUTH)
    kiosk.touch("yes").at("officer.portrait").touch("back").at("portrait.review")


def test_what_was_measured_stays_beside_the_portrait(kiosk: Kiosk) -> None:
    note = PortraitNote(figures={"yaw": 1.5}, landmarks=(1.0, 2.0), asked=("glasses",))
    kiosk.held_still().portrait_taken(note=note).touch("yes").at("officer.face")
    state = kiosk.session.answers.slots["portrait"]
    assert isinstance(state, Filled)
    assert state.portrait == note
