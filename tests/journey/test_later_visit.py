"""A later visit of somebody with weak prints: only those are taken again, and the better print is kept."""

from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import Earlier, Excepted, ExceptionReason, Filled, Position
from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.enrolment import open_slots
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.visits import EarlierVisit
from kiosk.journey.effects import CapturePrint, RecallVisit
from kiosk.journey.events import DeviceTrouble
from kiosk.journey.remembered import VisitRecalled
from kiosk.journey.view import FingerMark
from tests.journey.script import BEGAN, FINGERS, IDENTITY, NUMBER, Kiosk

BEFORE = "0193b3a0-0000-7abc-8def-000000000000"
KNOWN = EarlierVisit(
    BEFORE,
    BEGAN,
    {
        "print.right_index": Earlier(38, PrintVerdict.TOO_DRY, again=True),
        "print.left_ring": Earlier(reason=ExceptionReason.INJURED, again=True),
    },
)
RECALLED = VisitRecalled(NUMBER, KNOWN)


@pytest.fixture
def kiosk() -> Kiosk:
    """Somebody who is known has shown the card."""
    known = Kiosk().begin().card_read().at("identity")
    assert known.did(RecallVisit)
    return known.happens(RECALLED)


def at_weak_finger(kiosk: Kiosk) -> Kiosk:
    return kiosk.touch("yes").at("visit").touch("yes").at("hands").touch("yes").at("print.right_index")


def looked_at(kiosk: Kiosk) -> Kiosk:
    """The officer compares the citizen's face with the chip's portrait: no new one was taken."""
    kiosk.at("officer.face.again")
    assert kiosk.view().photo == b"chip"
    return kiosk.touch("yes").at("review")


def test_only_the_weak_fingers_are_asked_for_and_nothing_else(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).good_print().at("print.left_ring").good_print()
    looked_at(kiosk)
    answers = kiosk.session.answers
    assert answers.supplements == BEFORE
    index, ring = answers.slots["print.right_index"], answers.slots["print.left_ring"]
    assert isinstance(index, Filled)
    assert isinstance(ring, Filled)
    assert (index.quality, index.position) == (80, Position.RIGHT_INDEX)
    assert answers.slots["print.right_thumb"] == Earlier(position=Position.RIGHT_THUMB)
    kiosk.sealed()
    assert open_slots(kiosk.rules.plan, kiosk.session.answers) == ()
    assert not kiosk.session.answers.home_confirmed, "what was never shown is not confirmed"


def test_the_offer_names_the_day_and_the_fingers_and_the_officer_reads_what_was_weak(kiosk: Kiosk) -> None:
    view = kiosk.touch("yes").at("visit").view()
    assert [fact.value for fact in view.facts] == ["24/11/2026", "ngón trỏ phải, ngón áp út trái"]
    assert "ngón trỏ phải: 38/100" in view.officer_line
    assert "ngón áp út trái: đang đau hoặc băng bó" in view.officer_line


def test_many_weak_fingers_are_counted(kiosk: Kiosk) -> None:
    many = {f"print.{finger.value}": Earlier(30, PrintVerdict.WORN, again=True) for finger in FINGERS[:6]}
    kiosk.happens(VisitRecalled(NUMBER, replace(KNOWN, weak=many)))
    assert kiosk.touch("yes").at("visit").view().facts[1].value == "6 ngón tay"


def test_a_print_that_is_no_better_leaves_the_earlier_one_and_its_tries_are_kept(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk)
    while kiosk.session.step == "print.right_index" and kiosk.session.phase != "good":
        kiosk.print_taken(30, PrintVerdict.TOO_LIGHT)
        while kiosk.session.phase in {"offer", "doing"}:
            kiosk.touch("other")
    kiosk.time_is_over("pause").at("print.left_ring")
    state = kiosk.session.answers.slots["print.right_index"]
    assert isinstance(state, Earlier)
    assert (state.quality, state.again) == (38, False)
    assert {attempt.quality for attempt in state.attempts} == {30}
    assert not any(name.startswith("right_index") for name in kiosk.session.answers.captures())


def test_a_usable_print_that_is_better_takes_its_place_though_it_is_not_good(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk)
    while kiosk.session.phase != "good":
        kiosk.print_taken(41, PrintVerdict.TOO_DRY)
        while kiosk.session.phase in {"offer", "doing"}:
            kiosk.touch("other")
    state = kiosk.time_is_over("pause").session.answers.slots["print.right_index"]
    assert isinstance(state, Filled)
    assert state.quality == 41


def test_a_finger_given_up_keeps_the_earlier_print_or_is_excepted_where_there_was_none(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).touch("other").at("print.exception").touch("worn").at("print.left_ring")
    kept = kiosk.session.answers.slots["print.right_index"]
    assert isinstance(kept, Earlier)
    assert (kept.quality, kept.reason, kept.again) == (38, ExceptionReason.WORN, False)
    kiosk.touch("other").touch("missing")
    looked_at(kiosk)
    lost = kiosk.session.answers.slots["print.left_ring"]
    assert isinstance(lost, Excepted)
    assert lost.reason is ExceptionReason.MISSING


def test_the_review_says_how_many_became_clearer_and_marks_every_finger(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).good_print()
    assert dict(kiosk.view().hands).keys() == set(FINGERS) - {FINGERS[8]}
    kiosk.touch("other").touch("missing")
    looked_at(kiosk)
    view = kiosk.view()
    assert view.facts[-1].value == "1 trên 1 ngón rõ hơn"
    assert dict(view.hands)[FINGERS[8]] is FingerMark.EXCEPTED
    assert sum(mark is FingerMark.DONE for mark in dict(view.hands).values()) == 9


def test_the_officer_can_make_a_whole_new_enrolment_instead(kiosk: Kiosk) -> None:
    kiosk.touch("yes").at("visit").touch("other").at("home")
    assert kiosk.session.answers.supplements is None
    kiosk.touch("yes", "yes", "other").at("hands").touch("yes").at("print.right_thumb")


def test_back_from_the_weak_fingers_still_lets_the_officer_choose(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).touch("back").at("hands").touch("back").at("visit").touch("other").at("home")
    assert kiosk.session.answers.supplements is None
    assert kiosk.session.answers.slots == {}


def test_back_to_a_weak_finger_asks_for_it_once_more(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).good_print().at("print.left_ring").touch("back").at("print.right_index")
    assert kiosk.did(CapturePrint)
    kiosk.good_print().at("print.left_ring")


def test_a_power_cut_among_the_weak_fingers_goes_on_with_those_that_are_left(kiosk: Kiosk) -> None:
    again = at_weak_finger(kiosk).good_print().at("print.left_ring").resumed().at("print.left_ring")
    looked_at(again.good_print())
    assert again.session.answers.supplements == BEFORE


def test_a_power_cut_at_the_offer_asks_again_what_is_known(kiosk: Kiosk) -> None:
    again = kiosk.touch("yes").at("visit").resumed()
    assert again.did(RecallVisit)
    assert again.view().busy
    assert again.touch("yes").session.step == "visit"
    at_fingers = again.happens(RECALLED).at("visit").touch("yes").at("hands")
    assert at_fingers.session.answers.supplements == BEFORE


@pytest.mark.parametrize(
    "recalled", [VisitRecalled(NUMBER, None), VisitRecalled(PersonalNumber("001051000001"), KNOWN)]
)
def test_who_is_not_known_gives_everything(recalled: VisitRecalled) -> None:
    Kiosk().begin().card_read().happens(recalled).at("identity").touch("yes").at("home")


def test_what_is_known_of_one_number_is_not_offered_to_another(kiosk: Kiosk) -> None:
    kiosk.touch("other").at("edit.identity").fill(name="Lê Văn Ba", born="1951", sex="Nam", number="001051000001")
    kiosk.at("identity").touch("yes").at("home")


def test_an_offer_that_is_over_when_the_kiosk_starts_again_leads_on(kiosk: Kiosk) -> None:
    kiosk.touch("yes").at("visit").resumed().happens(VisitRecalled(NUMBER, None)).at("home")


def test_a_dead_sensor_at_a_later_visit_loses_no_earlier_print(kiosk: Kiosk) -> None:
    at_weak_finger(kiosk).happens(DeviceTrouble("fingerprint", "DeviceGone")).at("trouble").touch("other")
    kiosk.at("print.exception").touch("rest")
    looked_at(kiosk)
    index = kiosk.session.answers.slots["print.right_index"]
    assert isinstance(index, Earlier)
    assert (index.quality, index.reason) == (38, ExceptionReason.SENSOR)
    assert isinstance(kiosk.session.answers.slots["print.left_ring"], Excepted)
    assert kiosk.session.answers.slots["print.right_thumb"] == Earlier(position=Position.RIGHT_THUMB)


def test_the_next_citizen_is_offered_nothing_of_the_one_before(kiosk: Kiosk) -> None:
    looked_at(at_weak_finger(kiosk).good_print().good_print()).sealed().touch("yes").at("standby").touch(
        "yes", "yes", "yes"
    )
    assert kiosk.session.recalled is None
    assert IDENTITY.number == NUMBER
    kiosk.at("document").card_read().touch("yes").at("home")
