"""The coach in the journey: remedies with their time and questions, the best try kept, fingers told apart."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kiosk.domain.capture_plan import Excepted, ExceptionReason, Filled, Finger, Position
from kiosk.domain.dates import PartialDate
from kiosk.domain.experience import Attempt, Remedy, RemedyOutcome, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.effects import CapturePrint, ClearPrints, NoteRemedy, RememberPrints, Ring, SaveDraft
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, FingerTouched
from kiosk.journey.view import Layout
from tests.journey.script import CATALOGUES, FINGERS, IDENTITY, OFFICER, RULES, Kiosk, with_rules

OLD = replace(IDENTITY, born=PartialDate(1940))
YOUNG = replace(IDENTITY, born=PartialDate(1990))
#: Here wet fingers have been helped by ice, and by nothing else.
ICY = with_rules(
    here={
        (PrintVerdict.TOO_WET, Remedy.ICE): Tally(40, 39, 900),
        **{(PrintVerdict.TOO_WET, remedy): Tally(40, 0, 0) for remedy in Remedy if remedy is not Remedy.ICE},
    }
)


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


def young(rules: object = RULES) -> Kiosk:
    kiosk = Kiosk(rules)  # type: ignore[arg-type]
    return kiosk.begin().card_read(YOUNG).read_back().touch("yes").at("print.right_thumb")


def passed_over(kiosk: Kiosk) -> Kiosk:
    """Pass over every remedy that would take time."""
    while kiosk.session.phase in {"offer", "doing"}:
        kiosk.touch("other")
    return kiosk


def outcomes(kiosk: Kiosk) -> list[RemedyOutcome]:
    return [effect.outcome for effect in kiosk.effects if isinstance(effect, NoteRemedy)]


def test_the_best_try_is_kept_not_the_last_and_all_figures_are_kept(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(30, PrintVerdict.TOO_DRY, "first").at("remedy.wash").remedy_over()
    kiosk.at("print.right_thumb").print_taken(40, PrintVerdict.TOO_WET, "second").at("remedy.dryer")
    passed_over(kiosk).print_taken(25, PrintVerdict.SMUDGED, "third")
    while passed_over(kiosk).session.phase != "good":
        kiosk.print_taken(24, PrintVerdict.SMUDGED, "last")
    kiosk.time_is_over("pause").at("print.right_index")
    kept = kiosk.session.answers.slots["print.right_thumb"]
    assert isinstance(kept, Filled)
    assert (kept.capture, kept.quality, kept.verdict) == ("second", 40, PrintVerdict.TOO_WET)
    assert [attempt.quality for attempt in kept.attempts][:3] == [30, 40, 25]
    assert kept.attempts[1] == Attempt(40, PrintVerdict.TOO_WET, Remedy.WASH)
    assert kept.tries == len(kept.attempts)
    assert kept.position is Position.RIGHT_THUMB
    assert {"first", "third"}.isdisjoint(kiosk.session.known_captures())


@pytest.mark.parametrize("verdict", PrintVerdict)
def test_every_verdict_leads_to_something_to_do(kiosk: Kiosk, verdict: PrintVerdict) -> None:
    kiosk.at_fingers().print_taken(10, verdict)
    view = kiosk.view()
    assert view.key.startswith("remedy.") or verdict is PrintVerdict.GOOD
    assert view.layout is Layout.MESSAGE
    assert view.finger is Finger.RIGHT_THUMB


def test_a_remedy_without_time_lets_the_sensor_wait_at_once(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_LIGHT).at("remedy.firmer")
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects
    assert kiosk.view().hint == CATALOGUES["vi"].text("finger.right_thumb")
    kiosk.happens(FingerTouched()).at("print.busy")
    kiosk.print_taken(70).at("print.good")
    assert outcomes(kiosk) == [RemedyOutcome(PrintVerdict.TOO_LIGHT, Remedy.FIRMER, 20, 70, helped=True)]


@pytest.mark.parametrize("move", ["left", "right", "up", "down"])
def test_the_direction_is_said(kiosk: Kiosk, move: str) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.OFF_CENTRE, move=move).at(f"remedy.move.{move}")


def test_a_remedy_with_time_counts_down_and_rings(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash")
    assert not kiosk.did(CapturePrint)
    assert (kiosk.view().hint, kiosk.view().percent) == ("60", 100)
    kiosk.time_is_over("remedy")
    assert kiosk.view().hint == "59"
    kiosk.remedy_over().at("print.right_thumb")
    assert kiosk.did(Ring)
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects
    assert kiosk.view().hint == CATALOGUES["vi"].text("remedy.after.dry")


def test_who_is_done_earlier_goes_on_earlier_without_a_bell(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash").touch("yes").at("print.right_thumb")
    assert not kiosk.did(Ring)
    assert "remedy" not in kiosk.timers
    kiosk.print_taken(28, PrintVerdict.TOO_DRY)
    assert outcomes(kiosk) == [RemedyOutcome(PrintVerdict.TOO_DRY, Remedy.WASH, 20, 28, helped=False)]


def test_what_was_skipped_is_not_counted_and_not_offered_again(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash").touch("other").at("remedy.warm")
    kiosk.touch("other").at("remedy.damp").touch("yes").print_taken(60).at("print.good")
    assert [outcome.remedy for outcome in outcomes(kiosk)] == [Remedy.DAMP]


def test_what_was_done_to_the_whole_hand_is_not_asked_for_at_its_next_finger(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash").touch("yes").good_print()
    kiosk.at("print.right_index").print_taken(20, PrintVerdict.TOO_DRY).at("remedy.warm")
    for finger in FINGERS[2:5]:
        kiosk.touch("yes").good_print().at(f"print.{finger.value}")
    kiosk.good_print().at("print.left_thumb").print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash")


def test_ice_is_started_by_the_officer_after_every_question_and_lasts_half_a_minute_at_most() -> None:
    kiosk = young(ICY).print_taken(20, PrintVerdict.TOO_WET).at("remedy.ice")
    assert kiosk.session.phase == "offer"
    assert "remedy" not in kiosk.timers
    asked: list[str] = []
    kiosk.touch("yes")
    while kiosk.view().key == "remedy.ask":
        asked.append(kiosk.view().sentence)
        kiosk.touch("other")
    assert len(set(asked)) == 5
    assert kiosk.view().key == "remedy.ice"
    assert 0 < int(kiosk.view().hint) <= 30
    kiosk.remedy_over().at("print.right_thumb")
    assert kiosk.did(Ring)


@pytest.mark.parametrize("noes", range(5))
def test_one_yes_forbids_ice_at_every_finger_and_which_one_is_not_kept(noes: int) -> None:
    kiosk = young(ICY).print_taken(20, PrintVerdict.TOO_WET).at("remedy.ice").touch("yes")
    for _ in range(noes):
        kiosk.touch("other")
    kiosk.at("remedy.ask").touch("yes")
    assert kiosk.view().key != "remedy.ice"
    assert kiosk.session.visit.refused == {Remedy.ICE}
    while kiosk.session.phase != "":
        kiosk.touch("back")
    kiosk.good_print().print_taken(20, PrintVerdict.TOO_WET)
    shown = {kiosk.view().key}
    while kiosk.session.phase in {"offer", "doing"}:
        kiosk.touch("other")
        shown.add(kiosk.view().key)
    assert "remedy.ice" not in shown


def test_dry_skin_is_never_sent_into_ice_whatever_has_helped() -> None:
    kiosk = young(with_rules(here={(PrintVerdict.TOO_DRY, Remedy.ICE): Tally(500, 500, 9000)}))
    kiosk.print_taken(20, PrintVerdict.TOO_DRY)
    while kiosk.session.phase in {"offer", "doing"}:
        assert kiosk.view().key != "remedy.ice"
        kiosk.touch("other")


def test_the_ladder_goes_by_what_has_helped_here_and_the_officer_is_told_why() -> None:
    rules = with_rules(here={(PrintVerdict.TOO_DRY, Remedy.DAMP): Tally(20, 14, 300)})
    kiosk = young(rules).print_taken(20, PrintVerdict.TOO_DRY).at("remedy.damp")
    assert "Khăn ẩm: đỡ 14/20 lần" in kiosk.view("vi").officer_line
    assert "Damp cloth: helped 14 of 20" in kiosk.view("en").officer_line


def test_after_powder_the_glass_is_wiped() -> None:
    rules = with_rules(here={(PrintVerdict.TOO_WET, Remedy.POWDER): Tally(50, 49, 900)})
    kiosk = young(rules).print_taken(20, PrintVerdict.TOO_WET).at("remedy.powder").remedy_over()
    assert kiosk.view().hint == CATALOGUES["vi"].text("remedy.after.glass")


def test_a_finger_that_stays_unusable_is_excepted_with_its_officer_and_no_try_is_forgotten(kiosk: Kiosk) -> None:
    kiosk.at_fingers()
    tries = 0
    while kiosk.session.phase != "exception":
        tries += 1
        kiosk.print_taken(11 + tries, PrintVerdict.TOO_LIGHT)
        while kiosk.session.phase in {"offer", "doing"}:
            kiosk.touch("other")
    assert tries <= RULES.tries_per_finger
    kiosk.touch("other").at("print.right_thumb").print_taken(9, PrintVerdict.WORN)
    while kiosk.session.phase != "exception":
        kiosk.touch("other")
    kiosk.touch("worn").at("print.right_index")
    state = kiosk.session.answers.slots["print.right_thumb"]
    assert isinstance(state, Excepted)
    assert (state.reason, state.tries, state.officer) == (ExceptionReason.WORN, tries + 1, OFFICER)
    assert len(state.attempts) == tries + 1


def test_nobody_is_asked_for_another_try_that_promises_nothing(kiosk: Kiosk) -> None:
    """The third of three equal tries at 43 of 45 points: what is there is kept."""
    kiosk.at_fingers()
    while kiosk.session.phase != "good":
        kiosk.print_taken(44, PrintVerdict.GOOD)
    assert len(kiosk.session.coach.attempts) <= RULES.tries_per_finger


def test_who_is_tired_is_let_go_with_what_is_there(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(30, PrintVerdict.TOO_LIGHT).at("remedy.firmer")
    kiosk.now += timedelta(minutes=40)
    kiosk.print_taken(31, PrintVerdict.TOO_LIGHT).at("print.good")


def test_the_frail_give_their_best_fingers_first() -> None:
    kiosk = Kiosk().begin().card_read(OLD).read_back().touch("yes")
    seen: list[str] = []
    while kiosk.view().key != "portrait.prepare":
        seen.append(kiosk.view().key)
        kiosk.good_print()
    assert seen[:2] == ["print.right_index", "print.right_thumb"]
    assert sorted(seen) == sorted(f"print.{finger.value}" for finger in FINGERS)


def test_the_officer_can_ask_for_the_gentle_way_at_any_age() -> None:
    kiosk = Kiosk().begin().card_read(YOUNG).read_back().at("hands")
    assert "other" not in kiosk.buttons, "nobody is asked for it on the screen of the citizen"
    assert gentle_row(kiosk) == CATALOGUES["vi"].text("officer.gentle")
    kiosk.touch("officer.gentle").at("hands")
    assert kiosk.did(SaveDraft)
    assert gentle_row(kiosk) == CATALOGUES["vi"].text("officer.gentle_on")
    assert not kiosk.touch("officer.gentle").session.visit.frail
    gently(kiosk).touch("yes").at("print.right_index")


def gently(kiosk: Kiosk) -> Kiosk:
    """The officer notes, wherever it is seen, that this citizen is frail."""
    return kiosk.press_help().touch("other", "officer.gentle")


def gentle_row(kiosk: Kiosk) -> str:
    rows = {choice.id: choice.label for choice in kiosk.press_help().touch("other").view().choices}
    return rows["officer.gentle"]


# A power cut in the middle


def test_how_tired_the_citizen_is_and_what_is_not_for_them_outlast_a_power_cut() -> None:
    kiosk = gently(Kiosk().begin().card_read().read_back().at("hands")).touch("yes")
    kiosk.print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash").touch("yes").good_print()
    before = kiosk.session.visit
    assert (before.tries, before.frail) == (2, True)
    after = kiosk.resumed().session.visit
    assert (after.tries, after.frail, after.hands) == (2, True, before.hands)
    assert after.minutes(kiosk.now) > 0


def test_the_frail_go_on_in_their_order_after_a_power_cut() -> None:
    kiosk = gently(Kiosk().begin().card_read(YOUNG).read_back().at("hands")).resumed().at("hands")
    assert kiosk.session.visit.frail
    kiosk.touch("yes").at("print.right_index").good_print().resumed().at("print.right_thumb")


def test_the_sensor_is_told_of_the_fingers_taken_before_a_power_cut(kiosk: Kiosk) -> None:
    again = kiosk.at_fingers().good_print().good_print().resumed().at("print.right_middle")
    kinds = [type(effect) for effect in again.effects]
    assert kinds.index(ClearPrints) < kinds.index(RememberPrints) < kinds.index(CapturePrint)
    (known,) = [effect.prints for effect in again.effects if isinstance(effect, RememberPrints)]
    assert list(known) == [Finger.RIGHT_THUMB, Finger.RIGHT_INDEX]
    assert all(known[finger].data.startswith(finger.value.encode()) for finger in known)


# Fingers told apart


def test_a_finger_that_was_taken_already_is_asked_to_change_and_costs_no_try(kiosk: Kiosk) -> None:
    kiosk.at_fingers().good_print().print_taken(same_as=Finger.RIGHT_THUMB).at("print.same")
    assert CapturePrint(Finger.RIGHT_INDEX) in kiosk.effects
    assert CATALOGUES["vi"].text("finger.right_thumb") in kiosk.view().voice
    assert kiosk.session.coach.attempts == ()
    kiosk.print_taken().at("print.good").time_is_over("pause").at("print.right_middle")


def test_fingers_that_stay_mixed_up_are_sorted_out_by_the_officer(kiosk: Kiosk) -> None:
    kiosk.at_fingers().good_print().print_taken(mark="wrong").at("print.good").time_is_over("pause")
    kiosk.print_taken(same_as=Finger.RIGHT_INDEX).at("print.same").print_taken(same_as=Finger.RIGHT_INDEX)
    kiosk.at("print.which")
    assert {choice.id for choice in kiosk.view().choices} == {"redo", "once_more", "keep"}
    kiosk.touch("redo").at("print.right_index").good_print().at("print.right_middle").good_print()
    kiosk.at("print.right_ring")
    assert "wrong" not in kiosk.session.answers.captures()


@pytest.mark.parametrize(("row", "screen"), [("keep", "print.good"), ("once_more", "print.right_middle")])
def test_the_officer_may_keep_the_print_or_ask_once_more(kiosk: Kiosk, row: str, screen: str) -> None:
    kiosk.at_fingers().good_print().good_print()
    for _ in range(2):
        kiosk.print_taken(same_as=Finger.RIGHT_INDEX)
    kiosk.at("print.which").touch(row).at(screen)


def test_a_match_with_a_finger_that_was_given_up_since_means_nothing(kiosk: Kiosk) -> None:
    kiosk.at_fingers().good_print().touch("back").at("print.right_thumb")
    kiosk.print_taken(same_as=Finger.RIGHT_INDEX).at("print.good")


def test_templates_of_the_citizen_before_are_forgotten_at_the_greeting(kiosk: Kiosk) -> None:
    kiosk.signed_in()
    kiosk.touch("yes").at("welcome")
    # The kiosk of the script lets Begun follow at once; what the touch asked for is in the table.
    assert ClearPrints() in kiosk.rules.steps["welcome"].arrive


# Without a sensor


def test_with_a_dead_sensor_the_officer_can_except_one_finger_or_all_that_are_left(kiosk: Kiosk) -> None:
    kiosk.at_fingers().good_print().happens(DeviceTrouble("fingerprint", "DeviceGone")).at("trouble")
    assert kiosk.buttons["other"] == CATALOGUES["vi"].text("officer.without")
    kiosk.touch("other").at("print.exception")
    assert {"sensor", "rest"} <= {choice.id for choice in kiosk.view().choices}
    kiosk.touch("sensor").at("print.right_middle").happens(DeviceTrouble("fingerprint", "DeviceGone"))
    kiosk.touch("other").touch("rest").at("portrait.prepare")
    slots = kiosk.session.answers.slots
    assert isinstance(slots["print.right_thumb"], Filled)
    left = [slots[f"print.{finger.value}"] for finger in FINGERS[1:]]
    assert {state.reason for state in left if isinstance(state, Excepted)} == {ExceptionReason.SENSOR}
    assert len([state for state in left if isinstance(state, Excepted)]) == 9


def test_a_sensor_that_works_is_no_reason(kiosk: Kiosk) -> None:
    kiosk.at_fingers().touch("other").at("print.exception").touch("sensor").at("print.exception").touch("rest")
    kiosk.at("print.exception")
    assert kiosk.session.answers.slots == {}


def test_a_sensor_that_comes_back_is_waited_for_again(kiosk: Kiosk) -> None:
    kiosk.at_fingers().happens(DeviceTrouble("fingerprint", "DeviceGone")).touch("other").at("print.exception")
    kiosk.happens(DeviceRecovered("fingerprint")).touch("other").at("print.right_thumb")
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects
