"""Who cannot sign puts a fingerprint (điểm chỉ) before a witness: seen at the review, sealed with the rest."""

from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import Earlier, Excepted, ExceptionReason, Filled, Finger, Position
from kiosk.domain.enrolment import MarkReason, ThumbMark, mark_finger
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.effects import CapturePrint, SaveDraft, StopPrint
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, PrintProgress
from tests.journey.script import OFFICER, RULES, Kiosk

WITNESS = "Lê Văn Chín"


def asked_why(kiosk: Kiosk | None = None) -> Kiosk:
    at = kiosk or Kiosk().at_review()
    return at.press_help().touch("other").at("menu").touch("menu.mark").at("mark.reason")


def at_glass(reason: MarkReason = MarkReason.CANNOT_WRITE) -> Kiosk:
    kiosk = asked_why().touch(f"mark.{reason.value}").at("mark.witness")
    return kiosk.fill(witness=f"  {WITNESS} ").at("mark.print")


def marked() -> Kiosk:
    return at_glass().print_taken(60, mark="the mark", finger=Finger.RIGHT_INDEX).at("review")


def mark_of(kiosk: Kiosk) -> ThumbMark:
    assert kiosk.session.answers.mark is not None
    return kiosk.session.answers.mark


@pytest.mark.parametrize("reason", MarkReason)
def test_the_mark_keeps_reason_finger_print_witness_and_officer(reason: MarkReason) -> None:
    kiosk = at_glass(reason)
    assert CapturePrint(Finger.RIGHT_INDEX) in kiosk.effects
    kiosk.print_taken(60, mark="the mark", finger=Finger.RIGHT_INDEX).at("review")
    mark = mark_of(kiosk)
    assert (mark.reason, mark.finger, mark.capture) == (reason, Position.RIGHT_INDEX, "the mark")
    assert (mark.quality, mark.witness, mark.officer) == (60, WITNESS, OFFICER)
    assert kiosk.did(StopPrint)
    assert kiosk.did(SaveDraft)


def test_the_review_shows_that_there_is_a_mark_and_who_saw_it_and_it_is_sealed_with_its_print() -> None:
    kiosk = marked()
    assert any(WITNESS in fact.value for fact in kiosk.view().facts)
    assert any(WITNESS in fact.value for fact in kiosk.view("en").facts)
    kiosk.touch("yes").at("sealing")
    assert mark_of(kiosk).witness == WITNESS
    assert mark_of(kiosk).capture in kiosk.session.known_captures()


def test_a_finished_mark_outlives_a_power_cut() -> None:
    again = marked().resumed().at("review")
    assert mark_of(again).witness == WITNESS
    assert mark_of(again).capture in again.session.captures


@pytest.mark.parametrize("screen", ["mark.reason", "mark.witness", "mark.print"])
def test_a_mark_that_was_cut_off_is_begun_anew_from_the_review(screen: str) -> None:
    kiosk = asked_why()
    if screen != "mark.reason":
        kiosk.touch("mark.hand")
    if screen == "mark.print":
        kiosk.fill(witness=WITNESS)
    again = kiosk.at(screen).resumed().at("review")
    assert again.session.answers.mark is None
    assert again.touch("yes").at("sealing")


def test_nobody_marks_without_a_witness() -> None:
    kiosk = asked_why().touch("mark.cannot_see").at("mark.witness").fill(witness="  ").at("mark.witness")
    form = kiosk.view().form
    assert form is not None
    assert form.problem
    assert kiosk.fill(witness=WITNESS).at("mark.print").view().finger is Finger.RIGHT_INDEX


def test_a_weak_print_or_another_finger_is_asked_for_again() -> None:
    kiosk = at_glass().print_taken(5, PrintVerdict.TOO_DRY, finger=Finger.RIGHT_INDEX).at("mark.print")
    weak = kiosk.view().hint
    assert weak
    assert kiosk.did(CapturePrint)
    kiosk.print_taken(80, finger=Finger.RIGHT_INDEX, same_as=Finger.LEFT_THUMB).at("mark.print")
    assert kiosk.view().hint not in {"", weak}
    kiosk.happens(PrintProgress(10)).print_taken(80, finger=Finger.RIGHT_INDEX).at("review")


@pytest.mark.parametrize("leave", ["other", "back"])
def test_the_mark_can_be_left_at_every_step(leave: str) -> None:
    for kiosk in (asked_why(), asked_why().touch("mark.hand"), at_glass()):
        if leave == "back" or kiosk.view().key != "mark.reason":
            assert kiosk.touch(leave).at("review").session.answers.mark is None
        else:
            kiosk.touch("yes").at("review")


def test_what_is_mended_after_the_mark_takes_the_mark_away() -> None:
    kiosk = marked().touch("other").at("fix")
    assert kiosk.session.answers.mark is None
    kiosk.touch("yes").at("review")
    assert not any(WITNESS in fact.value for fact in kiosk.view().facts)
    assert marked().touch("back").session.answers.mark is None


def test_a_mark_is_offered_at_the_review_alone_and_while_the_sensor_works() -> None:
    def rows(kiosk: Kiosk) -> set[str]:
        return {choice.id for choice in kiosk.press_help().touch("other").at("menu").view().choices}

    assert "menu.mark" in rows(Kiosk().at_review())
    assert "menu.mark" not in rows(Kiosk().begin())
    assert "menu.mark" not in rows(Kiosk().at_review().happens(DeviceTrouble("fingerprint", "gone")))
    Kiosk().begin().press_help().touch("other", "menu.mark").at("menu")


def test_a_sensor_that_fails_at_the_mark_leads_back_to_the_review() -> None:
    kiosk = at_glass().happens(DeviceTrouble("fingerprint", "gone")).at("trouble")
    assert kiosk.buttons["other"] == "Không điểm chỉ"
    kiosk.touch("other").at("review").touch("yes").at("sealing")
    kiosk = at_glass().happens(DeviceTrouble("fingerprint", "gone")).happens(DeviceRecovered("fingerprint"))
    assert kiosk.at("mark.print").did(CapturePrint)


def test_the_finger_of_the_mark_is_the_right_index_then_the_left_then_any_other() -> None:
    answers = Kiosk().at_review().session.answers
    slots = dict(answers.slots)
    order: list[Finger] = []
    while (finger := mark_finger(replace(answers, slots=slots), RULES.plan)) is not None:
        order.append(finger)
        slot = RULES.plan.slot_of(finger)
        assert slot is not None
        assert isinstance(slots[slot.id], Filled)
        slots[slot.id] = Excepted(ExceptionReason.MISSING)
    assert order[:3] == [Finger.RIGHT_INDEX, Finger.LEFT_INDEX, Finger.RIGHT_THUMB]
    assert set(order) == set(Finger)


def test_a_finger_that_was_missing_at_the_earlier_visit_is_not_asked_for_the_mark() -> None:
    answers = Kiosk().at_review().session.answers
    states = {
        Finger.RIGHT_INDEX: Earlier(reason=ExceptionReason.MISSING),
        Finger.LEFT_INDEX: Earlier(40, PrintVerdict.GOOD),
    }
    slots = dict(answers.slots)
    for finger, state in states.items():
        slot = RULES.plan.slot_of(finger)
        assert slot is not None
        slots[slot.id] = state
    assert mark_finger(replace(answers, slots=slots), RULES.plan) is Finger.LEFT_INDEX
