"""Whole ways through the kiosk, told as scripts."""

from dataclasses import replace

import pytest

from kiosk.domain.capture_plan import (
    Excepted,
    ExceptionReason,
    Filled,
    Finger,
    Impression,
    NotPossible,
    Position,
    SlotKind,
)
from kiosk.domain.citizen import DocumentSource, Home, PhoneOwner, Relatives, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import open_slots
from kiosk.domain.experience import Attempt
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.journey.effects import (
    CapturePrint,
    DropDraft,
    Lamp,
    Louder,
    OpenVault,
    ReadChip,
    ReadDocument,
    SayAgain,
    Seal,
    ShowLamp,
    StartCamera,
    StopDocument,
    StopPrint,
    WipeDevices,
)
from kiosk.journey.events import (
    CardNeedsKey,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    Sealed,
    SealFailed,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.view import FingerMark, Layout
from tests.journey.script import (
    FINGERS,
    HOME,
    IDENTITY,
    IDENTITY_FORM,
    NUMBER,
    OFFICER,
    RULES,
    Kiosk,
    with_rules,
)


@pytest.fixture
def kiosk() -> Kiosk:
    return Kiosk()


def test_the_straight_way_of_a_citizen_with_a_card(kiosk: Kiosk) -> None:
    kiosk.signed_in().touch("yes").at("welcome").touch("yes").at("consent").touch("yes").at("document")
    assert kiosk.did(ReadDocument)
    assert kiosk.did(StartCamera)
    kiosk.happens(DocumentProgress(40)).at("document.reading")
    assert kiosk.view().percent == 40
    assert kiosk.view().busy
    kiosk.card_read().at("identity")
    assert kiosk.did(StopDocument)
    assert [fact.value for fact in kiosk.view().facts] == ["TRẦN THỊ HOA", "01/07/1950", "042 150 000 012"]
    kiosk.touch("yes").at("home").touch("yes").at("relatives").touch("yes").at("phone").touch("yes").at("edit.phone")
    kiosk.fill(phone="0912 345 678").at("hands").touch("yes")
    kiosk.all_fingers().touch("yes").at("portrait.look").held_still().portrait_taken().at("portrait.review")
    assert kiosk.view().photo == b"portrait"
    kiosk.touch("yes").same_face().at("review").sealed(12).receipt(7)
    answers = kiosk.session.answers
    assert answers.consent is not None
    assert answers.consent.read_aloud
    assert answers.consent.language == "vi"
    assert answers.identity == IDENTITY
    assert answers.home == HOME
    assert answers.identity_confirmed
    assert answers.phone is not None
    assert (answers.phone.owner, answers.phone.number) == (PhoneOwner.OWN, "0912345678")
    assert open_slots(RULES.plan, answers) == ()
    assert kiosk.session.captures == {}
    assert [fact.value for fact in kiosk.view().facts][-1] == "7"
    kiosk.touch("yes").at("standby")
    assert kiosk.session == replace(Kiosk().session, step="standby", officer=OFFICER, proven=True)


def test_every_slot_of_the_plan_ends_filled_or_not_possible(kiosk: Kiosk) -> None:
    kiosk.at_review().sealed()
    slots = kiosk.session.answers.slots
    for slot in RULES.plan.slots:
        one_of_ours = slot.kind in {SlotKind.SINGLE_FLAT, SlotKind.PORTRAIT}
        assert isinstance(slots[slot.id], Filled if one_of_ours else NotPossible)
    assert slots["print.left_little"] == Filled(
        "left_little-80",
        80,
        PrintVerdict.GOOD,
        1,
        "zfm/R503/1",
        position=Position.LEFT_LITTLE,
        impression=Impression.PLAIN_CONTACT,
        attempts=(Attempt(80, PrintVerdict.GOOD),),
    )


def test_without_a_card_the_officer_types_who_it_is(kiosk: Kiosk) -> None:
    kiosk.begin().touch("other").at("edit.identity").fill(**IDENTITY_FORM).at("identity")
    identity = kiosk.session.answers.identity
    assert identity is not None
    assert (identity.source, identity.name, identity.number) == (DocumentSource.TYPED, "TRẦN THỊ HOA", None)
    assert identity.born == PartialDate(1950)
    # Nothing is known of the home, so there is nothing to read back: the form comes first, then the read-back.
    kiosk.touch("yes").at("edit.home").fill(origin="", residence="  thôn   Tân Hương ").at("home")
    assert kiosk.session.answers.home == Home("", "thôn Tân Hương")
    kiosk.touch("back").at("identity").touch("back").at("document")
    assert kiosk.session.answers.identity is None


def test_a_number_that_does_not_fit_the_papers_is_a_word_to_the_officer_and_no_hindrance(kiosk: Kiosk) -> None:
    assert kiosk.begin().card_read().view().officer_line == ""
    strange = replace(IDENTITY, born=PartialDate(1961), sex=Sex.MALE)
    line = Kiosk().begin().card_read(strange).at("identity").view().officer_line
    assert line.count(" · ") == 1
    assert NUMBER.digits not in line
    Kiosk().begin().card_read(strange).touch("yes").at("home")


def test_a_card_whose_key_no_qr_tells_is_opened_with_typed_numbers(kiosk: Kiosk) -> None:
    kiosk.begin().happens(CardNeedsKey()).at("document.number")
    assert kiosk.view().layout is Layout.FORM
    kiosk.fill(number="042150", born="01/07/1950", expires="").at("document.number")
    form = kiosk.view().form
    assert form is not None
    assert "6" in form.problem
    assert form.fields[0].value == "042150"
    kiosk.fill(number=NUMBER.grouped, born="1950", expires="")
    assert kiosk.view().form is not None
    assert not kiosk.did(ReadChip)
    kiosk.fill(number=NUMBER.grouped, born="01/07/1950", expires="01/07/2030").at("document.reading")
    assert ReadChip(NUMBER, PartialDate(1950, 7, 1), PartialDate(2030, 7, 1)) in kiosk.effects
    kiosk.card_read().at("identity")


def test_a_typed_key_that_does_not_open_the_card_comes_back_to_be_mended(kiosk: Kiosk) -> None:
    kiosk.begin().happens(CardNeedsKey()).fill(number=NUMBER.digits, born="02/07/1950", expires="")
    kiosk.happens(DocumentProgress(0)).happens(DocumentFailed("wrong_key")).at("document.number")
    form = kiosk.view().form
    assert form is not None
    assert form.problem
    assert [one.value for one in form.fields] == [NUMBER.digits, "02/07/1950", ""]
    kiosk.fill(number=NUMBER.digits, born="01/07/1950", expires="").at("document.reading").card_read().at("identity")


@pytest.mark.parametrize("reason", ["unreadable", "wrong_key"])
def test_a_search_that_ended_without_a_result_begins_anew(kiosk: Kiosk, reason: str) -> None:
    kiosk.begin().happens(DocumentProgress(10)).happens(DocumentFailed(reason)).at("document")
    assert kiosk.view().hint
    assert kiosk.did(ReadDocument)


def test_a_lifted_card_is_asked_for_again_and_read_on(kiosk: Kiosk) -> None:
    kiosk.begin().happens(DocumentProgress(60)).happens(DocumentFailed("lifted")).at("document.lifted")
    assert kiosk.view().preview
    assert not kiosk.did(ReadDocument)
    kiosk.happens(DocumentProgress(61)).at("document.reading")
    assert kiosk.view().hint == ""


def test_a_reader_that_is_plugged_in_again_takes_its_complaint_away(kiosk: Kiosk) -> None:
    kiosk.begin().happens(DeviceTrouble("card", "DeviceGone")).at("document")
    assert kiosk.view().hint
    kiosk.happens(DeviceRecovered("card")).at("document")
    assert kiosk.view().hint == ""


def test_a_missing_finger_is_written_down_with_its_reason(kiosk: Kiosk) -> None:
    kiosk.at_fingers().touch("other").at("print.exception")
    assert kiosk.did(StopPrint)
    reasons = {reason.value for reason in ExceptionReason} - {ExceptionReason.SENSOR.value}
    assert {choice.id for choice in kiosk.view().choices} == reasons
    kiosk.touch("no such reason").at("print.exception").touch("missing").at("print.right_index")
    assert kiosk.session.answers.slots["print.right_thumb"] == Excepted(
        ExceptionReason.MISSING, 0, position=Position.RIGHT_THUMB, officer=OFFICER
    )
    assert dict(kiosk.view().hands) == {Finger.RIGHT_THUMB: FingerMark.EXCEPTED}


def test_back_from_the_reasons_leads_to_the_finger_itself(kiosk: Kiosk) -> None:
    kiosk.at_fingers().good_print().at("print.right_index").touch("other").at("print.exception")
    kiosk.touch("back").at("print.right_index")
    assert CapturePrint(Finger.RIGHT_INDEX) in kiosk.effects
    kiosk.touch("back").at("print.right_thumb")
    assert "print.right_thumb" not in kiosk.session.answers.slots


def test_a_touch_that_comes_too_late_does_not_throw_a_good_print_away(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken().at("print.good").touch("other").at("print.good")
    kiosk.print_taken(5, PrintVerdict.WORN).at("print.good").time_is_over("pause").at("print.right_index")
    kept = kiosk.session.answers.slots["print.right_thumb"]
    assert isinstance(kept, Filled)
    assert (kept.capture, kept.quality, kept.tries) == ("right_thumb-80", 80, 1)


def test_a_print_of_another_finger_is_not_taken_for_this_one(kiosk: Kiosk) -> None:
    kiosk.at_fingers().print_taken(finger=Finger.LEFT_LITTLE)
    assert kiosk.session.candidate is None


def test_a_dark_portrait_is_taken_again_and_the_third_is_kept_anyhow(kiosk: Kiosk) -> None:
    kiosk.at_fingers().all_fingers().touch("yes").held_still().portrait_taken(PortraitSay.MORE_LIGHT).at(
        "portrait.look"
    )
    assert kiosk.view().hint
    kiosk.held_still().portrait_taken(PortraitSay.HOLD_STILL).at("portrait.look")
    kiosk.held_still().portrait_taken(PortraitSay.CLOSER, mark="third").at("portrait.review")
    state = kiosk.session.answers.slots["portrait"]
    assert isinstance(state, Filled)
    assert (state.capture, state.tries) == ("third", 3)


def test_a_retake_is_free_and_leaves_one_portrait(kiosk: Kiosk) -> None:
    kiosk.at_fingers().all_fingers().touch("yes").held_still().portrait_taken(mark="one").at("portrait.review")
    kiosk.touch("other").at("portrait.look").held_still().portrait_taken(mark="two").at("portrait.review")
    assert kiosk.view().photo == b"two"
    kiosk.touch("back").at("portrait.look").touch("back").at("portrait.prepare")
    assert "portrait" not in kiosk.session.answers.slots


def test_the_mirror_shows_the_camera_and_goes_off_again(kiosk: Kiosk) -> None:
    kiosk.at_fingers().all_fingers().touch("other")
    assert kiosk.view().preview
    assert kiosk.view().layout is Layout.PREVIEW
    assert kiosk.did(StartCamera)
    kiosk.touch("other")
    assert not kiosk.view().preview


def test_what_is_mended_at_the_review_leads_back_to_it_and_stays_mended_when_going_back(kiosk: Kiosk) -> None:
    kiosk.at_review().touch("other").at("fix").touch("fix.identity").at("edit.identity")
    kiosk.fill(name="Trần Thị Hoà", born="01/07/1950", sex="nữ", number=NUMBER.digits).at("review")
    kiosk.touch("other", "fix.relatives").at("edit.relatives").fill(father="Trần Văn An").at("review")
    kiosk.touch("other", "fix.phone").at("edit.phone").fill(phone="0912345678").at("review")
    kiosk.touch("back").at("portrait.review").touch("yes").same_face().at("review")
    answers = kiosk.session.answers
    assert answers.identity is not None
    assert answers.identity.name == "TRẦN THỊ HOÀ"
    assert answers.relatives == Relatives(father="Trần Văn An")
    assert answers.phone is not None
    assert answers.phone.number == "0912345678"
    kiosk.sealed()
    assert kiosk.session.answers.identity_confirmed, "the review read the mended name back"


def test_at_the_review_no_telephone_means_no_telephone(kiosk: Kiosk) -> None:
    kiosk.at_review().touch("other", "fix.phone").fill(phone="0912345678").at("review")
    kiosk.touch("other", "fix.phone").at("edit.phone").touch("other").at("review")
    assert kiosk.session.answers.phone is not None
    assert kiosk.session.answers.phone.owner is PhoneOwner.NONE


@pytest.mark.parametrize("row", ["fix.identity", "fix.home", "fix.relatives", "fix.phone"])
def test_a_form_that_is_left_at_the_review_changes_nothing(kiosk: Kiosk, row: str) -> None:
    before = kiosk.at_review().session
    kiosk.touch("other", row).touch("back").at("review")
    assert (kiosk.session.answers, kiosk.session.history) == (before.answers, before.history)
    kiosk.touch("other").at("fix").touch("yes").at("review").touch("other").touch("back").at("review")
    assert (kiosk.session.answers, kiosk.session.history) == (before.answers, before.history)


def test_a_new_portrait_from_the_review_takes_the_place_of_the_old_one(kiosk: Kiosk) -> None:
    steps = [past.step for past in kiosk.at_review().session.history]
    kiosk.touch("other", "fix.portrait").at("portrait.look").held_still().portrait_taken(mark="newer")
    kiosk.at("portrait.review").touch("yes").same_face().at("review")
    assert [past.step for past in kiosk.session.history] == steps
    assert kiosk.view().photo == b"newer"
    kiosk.touch("other", "fix.portrait").at("portrait.look").touch("back").at("portrait.review")
    assert kiosk.view().photo == b"newer", "who does not want a new one after all keeps the one there is"


def test_sign_off_is_refused_while_a_slot_is_open(kiosk: Kiosk) -> None:
    kiosk.at_review()
    slots = {key: state for key, state in kiosk.session.answers.slots.items() if key != "print.left_ring"}
    kiosk.session = replace(kiosk.session, answers=replace(kiosk.session.answers, slots=slots))
    kiosk.touch("yes").at("review")
    assert kiosk.view().hint
    assert not kiosk.did(Seal)
    assert kiosk.session.answers.signed_off_at is None


def test_a_declined_consent_keeps_nothing(kiosk: Kiosk) -> None:
    kiosk.signed_in().touch("yes", "yes").at("consent").touch("other").at("declined").touch("other").at("consent")
    kiosk.touch("other").at("declined").touch("yes").at("standby")
    assert kiosk.did(DropDraft)
    assert kiosk.did(WipeDevices)
    assert kiosk.draft is None
    assert not kiosk.session.enrolling
    assert kiosk.session.answers == Kiosk().session.answers


def test_the_greeting_speaks_louder_when_asked(kiosk: Kiosk) -> None:
    kiosk.signed_in().touch("yes").touch("other").at("welcome")
    assert kiosk.did(Louder)
    kiosk.touch("again")
    assert kiosk.did(SayAgain)


def test_consent_says_truly_whether_it_was_read_aloud() -> None:
    kiosk = Kiosk(with_rules(voice_on=False)).begin()
    assert kiosk.session.answers.consent is not None
    assert not kiosk.session.answers.consent.read_aloud


def test_the_language_is_the_citizens_and_goes_with_them(kiosk: Kiosk) -> None:
    kiosk.signed_in().touch("other")
    assert kiosk.view().language == "en"
    assert kiosk.buttons["other"] == "Tiếng Việt"
    kiosk.touch("yes", "yes", "yes").at("document")
    assert kiosk.session.answers.consent is not None
    assert kiosk.session.answers.consent.language == "en"
    assert kiosk.resumed().at("document").view().language == "en"
    kiosk.press_help().touch("other", "officer.wipe", "yes").at("standby")
    assert kiosk.view().language == "vi"


def test_a_wrong_pin_is_told_with_the_tries_left_and_then_with_the_wait(kiosk: Kiosk) -> None:
    kiosk.fill(officer=f" {OFFICER} ", pin="000000")
    assert OpenVault(OFFICER, "000000") in kiosk.effects
    assert kiosk.view().busy
    assert "000000" not in repr(kiosk.effects), "a PIN is not printed"
    kiosk.fill(officer=OFFICER, pin="111111")
    assert not kiosk.did(OpenVault), "one answer at a time"
    kiosk.happens(SignInRefused(3, 0)).at("signin")
    form = kiosk.view().form
    assert form is not None
    assert "3" in form.problem
    assert not kiosk.view().busy
    assert [one.value for one in form.fields] == [OFFICER, ""]
    kiosk.fill(officer=OFFICER, pin="1").happens(SignInRefused(0, 29.2))
    form = kiosk.view().form
    assert form is not None
    assert "30" in form.problem
    kiosk.fill(officer=OFFICER, pin="2").happens(SignedIn(OFFICER)).at("standby")
    assert kiosk.session.officer == OFFICER


@pytest.mark.parametrize(("reason", "screen"), [("full", "full"), ("storage", "trouble")])
def test_an_enrolment_that_cannot_be_put_away_is_tried_again(kiosk: Kiosk, reason: str, screen: str) -> None:
    kiosk.at_review().touch("yes").at("sealing").happens(SealFailed(reason)).at(screen)
    assert kiosk.view().officer_line
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    assert kiosk.draft is not None
    assert kiosk.draft.step == "review", "the draft is still there"
    kiosk.touch("yes").at("sealing")
    assert kiosk.did(Seal)
    kiosk.happens(Sealed(3)).at("farewell")


def test_the_claim_slip_goes_away_by_itself(kiosk: Kiosk) -> None:
    kiosk.at_review().sealed().time_is_over("farewell").at("standby")
    assert not kiosk.session.enrolling


def test_fingers_are_asked_for_in_the_order_of_the_plan(kiosk: Kiosk) -> None:
    kiosk.at_fingers()
    seen: list[str] = []
    for _ in FINGERS:
        seen.append(kiosk.view().key)
        kiosk.good_print()
    assert seen == [f"print.{finger.value}" for finger in FINGERS]
