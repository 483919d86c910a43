"""Help, the idle question and device trouble lie over a step and leave it as it was; late events change nothing."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import Filled, Finger
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.effects import (
    CapturePrint,
    DropDraft,
    Lamp,
    ReadDocument,
    SaveDraft,
    ShowLamp,
    StartCamera,
    StartTimer,
    StopCamera,
    StopDocument,
    StopPrint,
    TakePortrait,
    WipeDevices,
)
from kiosk.journey.events import (
    Begun,
    CardNeedsKey,
    CoachMissing,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    FingerStays,
    FingerTouched,
    PrintProgress,
    ReceiptVerified,
    Sealed,
    SignedIn,
    TimerFired,
    Touched,
)
from kiosk.journey.proving import PROVEN
from kiosk.journey.session import Session
from kiosk.journey.turning import IDLE, VEIL
from tests.journey.script import CATALOGUES, FINGERS, IDENTITY_FORM, NUMBER, RULES, Kiosk

#: Ways to every step where somebody is being enrolled.
WAYS: dict[str, Callable[[Kiosk], Kiosk]] = {
    "welcome": lambda kiosk: kiosk.signed_in().touch("yes"),
    "consent": lambda kiosk: kiosk.signed_in().touch("yes", "yes"),
    "document": lambda kiosk: kiosk.begin(),
    "document.number": lambda kiosk: kiosk.begin().happens(CardNeedsKey()),
    "edit.identity": lambda kiosk: kiosk.begin().touch("other"),
    "identity": lambda kiosk: kiosk.begin().card_read(),
    "home": lambda kiosk: kiosk.begin().card_read().touch("yes"),
    "edit.home": lambda kiosk: kiosk.begin().card_read().touch("yes", "other"),
    "relatives": lambda kiosk: kiosk.begin().card_read().touch("yes", "yes"),
    "edit.relatives": lambda kiosk: kiosk.begin().card_read().touch("yes", "yes", "other"),
    "phone": lambda kiosk: kiosk.begin().card_read().touch("yes", "yes", "yes"),
    "edit.phone": lambda kiosk: kiosk.begin().card_read().touch("yes", "yes", "yes", "yes"),
    "hands": lambda kiosk: kiosk.begin().card_read().read_back(),
    "print.right_thumb": lambda kiosk: kiosk.at_fingers(),
    "print.exception": lambda kiosk: kiosk.at_fingers().touch("other"),
    "remedy.wash": lambda kiosk: kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_DRY),
    "remedy.firmer": lambda kiosk: kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_LIGHT),
    "remedy.dryer": lambda kiosk: kiosk.at_fingers().print_taken(20, PrintVerdict.TOO_WET),
    "print.same": lambda kiosk: _fingers(kiosk, 2).print_taken(same_as=Finger.RIGHT_INDEX),
    "print.good": lambda kiosk: kiosk.at_fingers().print_taken(),
    "print.left_little": lambda kiosk: _fingers(kiosk, 9),
    "portrait.prepare": lambda kiosk: _fingers(kiosk, 10),
    "portrait.look": lambda kiosk: _fingers(kiosk, 10).touch("yes"),
    "portrait.review": lambda kiosk: _fingers(kiosk, 10).touch("yes").held_still().portrait_taken(),
    "review": lambda kiosk: kiosk.at_review(),
    "fix": lambda kiosk: kiosk.at_review().touch("other"),
    "farewell": lambda kiosk: kiosk.at_review().sealed(),
}
CAN_BE_GIVEN_UP = sorted(set(WAYS) - {"farewell"})


def _fingers(kiosk: Kiosk, count: int) -> Kiosk:
    kiosk.at_fingers()
    for _ in range(count):
        kiosk.good_print()
    return kiosk


def kiosk_at(screen: str) -> Kiosk:
    return WAYS[screen](Kiosk()).at(screen)


def still(session: Session) -> Session:
    """The session without what only travels: the percent on the way, and the number of looks at the sitter."""
    return replace(session, percent=None, sitter=replace(session.sitter, sitting=0))


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_help_works_everywhere_and_leads_back_to_the_same_screen(screen: str) -> None:
    kiosk = kiosk_at(screen)
    before = kiosk.session
    kiosk.press_help().at("help")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    kiosk.press_help().at("help").touch("back").at("help").touch("yes").at(screen)
    assert still(kiosk.session) == still(before)
    assert ShowLamp(Lamp.BUSY) in kiosk.effects


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_a_disk_in_trouble_is_told_everywhere_and_the_draft_is_saved_when_it_works_again(screen: str) -> None:
    kiosk = kiosk_at(screen)
    before = kiosk.session
    kiosk.happens(DeviceTrouble("storage", "CustodyFault")).at("trouble")
    assert kiosk.view().officer_line
    kiosk.happens(DeviceRecovered("fingerprint")).at("trouble").happens(DeviceRecovered("storage")).at(screen)
    assert still(kiosk.session) == still(before)
    assert kiosk.did(SaveDraft) == (screen != "farewell"), "what is sealed must not come back as a draft"


@pytest.mark.parametrize("screen", CAN_BE_GIVEN_UP)
def test_the_officer_can_end_what_nobody_will_finish_and_nothing_is_kept(screen: str) -> None:
    kiosk = kiosk_at(screen)
    before = kiosk.session
    kiosk.touch("help").at("help").touch("other").at("menu").touch("officer.wipe").at("declined")
    # Thought better of it: everything is as it was, also the way back out of a form.
    kiosk.touch("other").at(screen)
    assert still(kiosk.session) == still(before)
    kiosk.press_help().touch("other", "officer.wipe").at("declined").press_help().at("help")
    kiosk.touch("other", "officer.wipe", "yes").at("standby")
    assert kiosk.did(DropDraft)
    assert kiosk.did(WipeDevices)
    assert kiosk.session == replace(Kiosk().session, step="standby", officer=before.officer, proven=True)
    assert kiosk.draft is None


@pytest.mark.parametrize("screen", ["signin", "standby", "resume"])
def test_help_can_be_called_while_nobody_is_served(screen: str) -> None:
    kiosk = {"signin": Kiosk, "standby": lambda: Kiosk().signed_in(), "resume": _at_resume}[screen]().press_help()
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    if screen != "signin":
        assert kiosk.at("help").buttons.get("other") == "Việc của cán bộ"
        kiosk.touch("yes").at(screen)


def _at_resume() -> Kiosk:
    kiosk = kiosk_at("home").power_cut()
    return kiosk.fill(officer="1", pin="1").happens(SignedIn("1", kiosk.draft)).at("resume")


def test_help_while_the_enrolment_is_put_away_covers_nothing() -> None:
    kiosk = Kiosk().at_review().touch("yes").at("sealing").press_help().at("sealing")
    kiosk.happens(DeviceTrouble("storage", "CustodyFault")).at("sealing").happens(Sealed(1)).at("farewell")


def test_help_on_a_finger_stops_the_sensor_and_starts_it_again() -> None:
    kiosk = Kiosk().at_fingers().happens(FingerTouched()).at("print.busy").press_help()
    assert kiosk.did(StopPrint)
    kiosk.touch("yes").at("print.right_thumb")
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects


def test_a_good_print_is_kept_when_help_comes_between() -> None:
    kiosk = Kiosk().at_fingers().print_taken().at("print.good").press_help()
    kiosk.happens(TimerFired("pause")).at("help")
    kiosk.touch("yes").at("print.good").time_is_over("pause").at("print.right_index")
    assert isinstance(kiosk.session.answers.slots["print.right_thumb"], Filled)


def test_a_finger_that_stays_is_asked_to_be_lifted_until_the_next_one_comes() -> None:
    kiosk = Kiosk().at_fingers().good_print().at("print.right_index")
    assert kiosk.view().hint == ""
    kiosk.happens(FingerStays()).at("print.right_index")
    assert kiosk.view().hint == CATALOGUES["vi"].text("print.lift")
    kiosk.happens(FingerTouched()).at("print.busy")
    assert CATALOGUES["vi"].text("print.lift") not in kiosk.view().hint


def test_a_remedy_is_still_there_after_help() -> None:
    kiosk = Kiosk().at_fingers().print_taken(20, PrintVerdict.TOO_DRY).at("remedy.wash").time_is_over("remedy")
    kiosk.press_help().happens(TimerFired("remedy")).touch("yes")
    assert kiosk.view().hint == "59", "the count-down stood still under the help"
    kiosk.remedy_over().at("print.right_thumb")
    assert len(kiosk.session.coach.attempts) == 1


def test_help_while_the_card_is_read_begins_the_search_anew() -> None:
    kiosk = Kiosk().begin().happens(DocumentProgress(30)).press_help()
    assert kiosk.did(StopDocument)
    # What the search still had to say comes too late.
    kiosk.happens(DocumentProgress(90)).happens(DocumentFailed("lifted")).card_read().at("help")
    kiosk.touch("yes").at("document")
    assert kiosk.did(ReadDocument)
    assert kiosk.view().hint == ""


def test_typed_numbers_survive_help() -> None:
    kiosk = Kiosk().begin().happens(CardNeedsKey()).fill(number=NUMBER.digits, born="1", expires="")
    kiosk.press_help().touch("yes").at("document.number")
    form = kiosk.view().form
    assert form is not None
    assert form.fields[0].value == NUMBER.digits


def test_help_during_the_countdown_starts_it_from_the_beginning() -> None:
    kiosk = kiosk_at("portrait.look")
    kiosk.happens(CoachMissing(kiosk.session.sitter.sitting)).time_is_over("countdown").time_is_over("countdown")
    assert kiosk.view().hint == "2"
    kiosk.press_help()
    assert kiosk.did(StopCamera)
    kiosk.happens(TimerFired("countdown")).at("help").touch("yes").at("portrait.look")
    assert kiosk.did(StartCamera)
    assert kiosk.view().hint == ""
    kiosk.held_still()
    assert kiosk.did(TakePortrait)


def test_a_portrait_that_comes_after_help_was_called_is_not_taken() -> None:
    kiosk = kiosk_at("portrait.look").held_still().press_help().portrait_taken().at("help")
    kiosk.touch("yes").at("portrait.look").portrait_taken().at("portrait.look")
    assert "portrait" not in kiosk.session.answers.slots


def test_the_claim_slip_still_goes_away_by_itself_after_help() -> None:
    kiosk = Kiosk().at_review().sealed().press_help().happens(TimerFired("farewell")).at("help").touch("yes")
    kiosk.at("farewell").time_is_over("farewell").at("standby")


def test_a_receipt_that_comes_while_help_is_called_is_shown_afterwards() -> None:
    kiosk = Kiosk().at_review().sealed().press_help().receipt(41).touch("yes").at("farewell")
    assert kiosk.view().facts[-1].value == "41"


# The idle question


def test_who_does_nothing_is_asked_and_then_a_curtain_falls_and_the_officer_is_called() -> None:
    kiosk = kiosk_at("home").time_is_over(IDLE).at("idle")
    assert IDLE not in kiosk.timers
    kiosk.time_is_over("idle_answer").at("curtain")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    assert set(kiosk.timers) == {PROVEN, VEIL}, "nothing is ever wiped by itself"
    kiosk.touch("yes").at("curtain.still").touch("yes").at("home")
    assert IDLE in kiosk.timers
    assert VEIL not in kiosk.timers


def test_who_answers_goes_on_where_they_were() -> None:
    kiosk = kiosk_at("home")
    before = kiosk.session
    kiosk.time_is_over(IDLE).at("idle").touch("yes").at("home")
    assert still(kiosk.session) == still(before)
    assert "idle_answer" not in kiosk.timers
    kiosk.happens(TimerFired("idle_answer")).at("home")


@pytest.mark.parametrize("screen", ["print.right_thumb", "print.exception", "portrait.look", "farewell"])
def test_nobody_is_hurried_while_a_finger_or_a_face_is_captured(screen: str) -> None:
    kiosk = kiosk_at(screen)
    assert IDLE not in kiosk.timers
    kiosk.happens(TimerFired(IDLE)).at(screen)


@pytest.mark.parametrize("screen", ["edit.identity", "document.number"])
def test_a_form_waits_longer_because_typing_makes_no_event(screen: str) -> None:
    assert kiosk_at(screen).timers[IDLE] == RULES.form_idle_after_s > RULES.idle_after_s


def test_the_idle_time_is_not_prolonged_by_what_nobody_here_did() -> None:
    kiosk = kiosk_at("home")
    for event in (ReceiptVerified("another", 3), TimerFired("countdown"), DeviceRecovered("card"), FingerTouched()):
        kiosk.happens(event)
        assert not any(isinstance(effect, StartTimer) for effect in kiosk.effects)
    kiosk.touch("no such button")
    assert StartTimer(IDLE, RULES.idle_after_s) in kiosk.effects


def test_a_citizen_who_left_at_the_declining_screen_is_missed_too() -> None:
    kiosk = kiosk_at("consent").touch("other").at("declined").time_is_over(IDLE).at("idle").touch("yes").at("consent")
    assert IDLE in kiosk.timers


# Devices in trouble


def test_a_dead_sensor_covers_the_finger_until_it_answers_again() -> None:
    kiosk = Kiosk().at_fingers().happens(DeviceTrouble("fingerprint", "DeviceGone")).at("trouble")
    assert kiosk.did(StopPrint)
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    kiosk.happens(DeviceRecovered("fingerprint")).at("print.right_thumb")
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects
    assert kiosk.session.trouble == ""


def test_trouble_under_help_is_shown_when_the_officer_has_come() -> None:
    kiosk = Kiosk().at_fingers().press_help().happens(DeviceTrouble("fingerprint", "DeviceGone")).at("help")
    assert kiosk.session.trouble == "fingerprint", "the sensor is looked after all the same"
    kiosk.touch("yes").at("trouble").touch("yes").at("print.right_thumb")
    assert kiosk.session.trouble == ""


def test_help_over_trouble_that_ends_by_itself_leads_straight_to_the_step() -> None:
    kiosk = Kiosk().at_fingers().happens(DeviceTrouble("fingerprint", "DeviceGone")).press_help().at("help")
    kiosk.happens(DeviceRecovered("fingerprint")).at("help")
    assert kiosk.session.trouble == "", "nothing is looked after any more"
    kiosk.touch("yes").at("print.right_thumb")
    assert CapturePrint(Finger.RIGHT_THUMB) in kiosk.effects


def test_help_over_trouble_goes_back_to_the_trouble() -> None:
    kiosk = Kiosk().at_fingers().happens(DeviceTrouble("fingerprint", "DeviceGone")).press_help().touch("yes")
    kiosk.at("trouble").happens(DeviceRecovered("fingerprint")).at("print.right_thumb")


def test_a_draft_that_a_full_disk_refused_is_saved_when_somebody_tries_again() -> None:
    kiosk = kiosk_at("home").happens(DeviceTrouble("storage", "CustodyFault")).touch("yes").at("home")
    assert kiosk.did(SaveDraft)


@pytest.mark.parametrize("screen", ["home", "review", "hands"])
def test_a_device_that_a_step_does_not_need_troubles_nobody_there(screen: str) -> None:
    kiosk = kiosk_at(screen)
    for device in ("camera", "fingerprint", "card"):
        kiosk.happens(DeviceTrouble(device, "DeviceGone")).at(screen)


def test_a_dead_camera_is_told_at_the_document_and_covers_the_portrait() -> None:
    kiosk = Kiosk().begin().happens(DeviceTrouble("camera", "DeviceGone")).at("document")
    assert kiosk.view().hint
    kiosk.happens(DeviceRecovered("camera"))
    assert kiosk.view().hint == ""
    kiosk_at("portrait.look").happens(DeviceTrouble("camera", "DeviceGone")).at("trouble")


# Late and double events


def test_an_id_that_comes_late_or_twice_names_nobody() -> None:
    kiosk = Kiosk().signed_in().happens(Begun("too late"))
    assert not kiosk.session.enrolling
    kiosk.touch("yes")
    first = kiosk.session.enrolment
    kiosk.happens(Begun("a second one"))
    assert kiosk.session.enrolment == first != ""


def test_a_double_touch_is_two_answers_only_where_there_are_two_questions() -> None:
    kiosk = Kiosk().at_review().touch("yes").at("sealing").touch("yes").at("sealing")
    assert not kiosk.effects or not any(isinstance(effect, StartTimer) for effect in kiosk.effects)
    kiosk.happens(Sealed(1)).happens(Sealed(2)).at("farewell")
    assert kiosk.session.sequence == 1


@pytest.mark.parametrize("screen", ["home", "print.exception", "portrait.prepare", "review", "farewell"])
def test_device_events_for_a_step_that_was_left_change_nothing(screen: str) -> None:
    kiosk = kiosk_at(screen)
    before = kiosk.session
    late = (
        FingerTouched(),
        PrintProgress(50),
        DocumentProgress(50),
        DocumentFailed("unreadable"),
        CardNeedsKey(),
        TimerFired("pause"),
        TimerFired("countdown"),
        TimerFired("idle_answer"),
    )
    for event in late:
        kiosk.happens(event)
    kiosk.print_taken().portrait_taken().card_read()
    assert still(kiosk.session) == still(before)


# Going back and going on again


@pytest.mark.parametrize("screen", sorted(set(WAYS) - {"welcome", "consent", "farewell"}))
def test_back_restores_the_answers_exactly_step_by_step(screen: str) -> None:
    kiosk = kiosk_at(screen)
    seen: list[str] = []
    while kiosk.view().nav.back is not None:
        past = kiosk.session.history[-1] if kiosk.session.history else None
        length = len(kiosk.session.history)
        kiosk.touch("back")
        assert not seen or (kiosk.view().key, len(kiosk.session.history)) != (seen[-1], length), "Back did nothing"
        if past is not None and len(kiosk.session.history) < length:
            assert kiosk.session.step == past.step
            assert kiosk.session.answers == past.answers
        seen.append(kiosk.view().key)
        assert len(seen) < 40
    kiosk.at("consent")
    assert kiosk.session.answers == replace(kiosk.session.answers, slots={}, identity=None)


def test_a_form_that_is_left_leaves_no_trace_in_the_way_back() -> None:
    kiosk = kiosk_at("home").touch("other").at("edit.home").touch("other").at("home").touch("back").at("identity")
    kiosk.touch("other").at("edit.identity").touch("back").at("identity").touch("back").at("document")


def test_a_form_that_was_filled_is_one_step_not_two() -> None:
    kiosk = kiosk_at("identity").touch("other").fill(**IDENTITY_FORM).at("identity").touch("back").at("document")
    assert kiosk.session.answers.identity is None


# After a power cut


@pytest.mark.parametrize("screen", sorted(set(WAYS) - {"welcome", "farewell", "fix"}))
def test_a_power_cut_resumes_at_the_very_step(screen: str) -> None:
    kiosk = kiosk_at(screen)
    again = kiosk.resumed()
    assert again.session.step == kiosk.session.step
    assert again.session.answers == kiosk.session.answers
    assert again.session.history == kiosk.session.history
    assert again.session.started_at == kiosk.session.started_at
    assert again.session.enrolment == kiosk.session.enrolment
    assert (IDLE in again.timers) == (not RULES.steps[again.session.step].patient)


@pytest.mark.parametrize("row", ["fix.identity", "fix.home", "fix.relatives", "fix.phone"])
def test_a_power_cut_in_a_form_of_the_review_still_leads_back_to_the_review(row: str) -> None:
    kiosk = Kiosk().at_review().touch("other").resumed().at("fix").touch(row).resumed()
    kiosk.touch("back").at("review")


def test_a_power_cut_before_the_seal_is_done_resumes_at_the_review() -> None:
    kiosk = Kiosk().at_review().touch("yes").at("sealing").resumed().at("review").sealed()
    assert kiosk.session.sequence == 1


def test_who_does_not_want_to_go_on_begins_anew_and_the_draft_is_erased() -> None:
    kiosk = _at_resume().touch("other").at("standby")
    assert kiosk.did(DropDraft)
    assert kiosk.draft is None


def test_a_draft_of_another_plan_is_left_alone_and_the_kiosk_serves_the_next_citizen() -> None:
    kiosk = kiosk_at("print.left_little").power_cut()
    assert kiosk.draft is not None
    past = replace(kiosk.draft.history[-1], step="print.sixth_finger")
    strange = replace(kiosk.draft, history=(*kiosk.draft.history[:-1], past))
    kiosk.fill(officer="1", pin="1").happens(SignedIn("1", strange)).at("standby").touch("yes").at("welcome")


def test_no_finger_is_asked_for_twice_in_a_row() -> None:
    kiosk = Kiosk().at_fingers()
    for finger in FINGERS:
        kiosk.at(f"print.{finger.value}").print_taken()
        kiosk.happens(Touched("yes")).time_is_over("pause")
    kiosk.at("portrait.prepare")


# A nearly full outbox


def test_a_nearly_full_outbox_begins_nobody_and_says_so_until_there_is_room() -> None:
    kiosk = Kiosk().signed_in().happens(DeviceTrouble("outbox", "full")).at("standby").touch("yes").at("full")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    assert not kiosk.session.enrolling
    kiosk.press_help().at("help").touch("yes").at("standby").touch("yes").at("full").time_is_over("pause").at("standby")
    kiosk.happens(DeviceRecovered("outbox")).touch("yes").at("welcome")


def test_an_outbox_that_fills_up_meanwhile_hinders_nobody_who_has_begun() -> None:
    kiosk = kiosk_at("home").happens(DeviceTrouble("outbox", "full")).at("home")
    kiosk.press_help().touch("other", "officer.wipe", "yes").at("standby").touch("yes").at("full")


def test_who_touches_on_and_on_and_comes_nowhere_new_gets_the_officer_and_loses_nothing() -> None:
    kiosk = kiosk_at("portrait.review")
    answers = kiosk.session.answers
    for _ in range(RULES.rounds_before_help):
        assert kiosk.view().key != "help"
        if kiosk.view().key == "portrait.look":
            kiosk.held_still().portrait_taken()
        kiosk.touch("other")
    kiosk.at("help")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    kiosk.touch("yes").at("portrait.look")
    assert kiosk.session.answers.slots.keys() >= {slot for slot in answers.slots if slot.startswith("print")}
    kiosk.held_still().portrait_taken().at("portrait.review").touch("other").at("portrait.look")


def test_listening_again_and_calling_for_help_are_no_going_round() -> None:
    kiosk = kiosk_at("phone")
    for _ in range(2 * RULES.rounds_before_help):
        kiosk.touch("again").at("phone")
        kiosk.press_help().touch("yes").at("phone")
    kiosk.touch("yes").at("edit.phone")
