"""What changes or ends an enrolment needs the officer, who lifts the curtain is asked, no sign-in lasts for ever."""

import pytest

from kiosk.journey.effects import ConfirmPin, DropDraft, Lamp, PauseDraft, SaveDraft, ShowLamp, SignOut, WipeDevices
from kiosk.journey.events import DeviceTrouble, FormFilled, OfficeMessage, PinConfirmed, SignedIn, SignInRefused
from kiosk.journey.menu import GUARDED
from kiosk.journey.turning import IDLE, VEIL
from kiosk.words.language import languages
from tests.journey.script import IDENTITY, NUMBER, Kiosk
from tests.journey.test_pin_again import PIN, at_menu, later

#: Where each row of the officer's menu is there, and what is there once the PIN was given.
LEADS = {
    "menu.mark": "mark.reason",
    "menu.represent": "represent.why",
    "officer.gentle": "review",
    "menu.pause": "menu.pause",
    "officer.wipe": "declined",
}


def test_all_that_changes_or_ends_an_enrolment_is_guarded() -> None:
    assert set(LEADS) == GUARDED
    rows = {choice.id for choice in at_menu(Kiosk().at_review()).view().choices}
    assert rows - GUARDED == {"menu.address", "language", "menu.senses", "officer.sign_out"}


@pytest.mark.parametrize("row", sorted(LEADS))
def test_a_row_is_done_with_the_pin_and_not_without(row: str) -> None:
    kiosk = later(Kiosk().at_review())
    before = kiosk.session
    at_menu(kiosk).touch(row).at("officer.pin.act")
    for language in languages():
        assert "tên" not in kiosk.view(language).sentence, "nobody else is named here"
    kiosk.fill(pin=PIN)
    assert ConfirmPin(PIN) in kiosk.effects
    kiosk.happens(SignInRefused(4, 0)).at("officer.pin.act")
    assert kiosk.view().form is not None
    assert kiosk.session.answers == before.answers
    assert not any(kiosk.did(kind) for kind in (DropDraft, PauseDraft, SaveDraft))
    kiosk.touch("other").at("menu").touch("yes").at("review")
    assert kiosk.session.answers == before.answers
    at_menu(kiosk).touch(row).fill(pin=PIN).happens(PinConfirmed()).at(LEADS[row])
    assert kiosk.session.visit.frail is (row == "officer.gentle")


def test_whoever_waits_for_the_pin_in_vain_is_taken_back_to_the_step() -> None:
    kiosk = at_menu(later(Kiosk().at_review())).touch("officer.wipe").at("officer.pin.act")
    kiosk.time_is_over("pin").at("review")
    assert IDLE in kiosk.timers


def test_who_called_for_help_goes_on_without_a_pin_and_so_does_what_only_changes_how_the_kiosk_speaks() -> None:
    kiosk = later(Kiosk().at_review())
    kiosk.press_help().touch("yes").at("review")
    at_menu(kiosk).touch("menu.address", "address.cô").at("review")
    at_menu(kiosk).touch("menu.senses").at("menu.senses").touch("yes").at("review")
    at_menu(kiosk).touch("language").at("review")


def test_a_device_that_is_in_trouble_is_still_in_trouble_when_the_pin_is_not_given() -> None:
    kiosk = later(Kiosk().at_fingers()).happens(DeviceTrouble("fingerprint", "gone")).at("trouble")
    kiosk.press_help().touch("other", "officer.wipe").at("officer.pin.act").touch("other").at("menu").touch("yes")
    assert kiosk.at("trouble").session.trouble == "fingerprint"


def curtained() -> Kiosk:
    kiosk = later(Kiosk().begin().card_read().at("identity"))
    return kiosk.time_is_over(IDLE).time_is_over("idle_answer").at("curtain")


def told(kiosk: Kiosk) -> str:
    views = [kiosk.view(language) for language in languages()]
    return " ".join(f"{view.title} {view.sentence} {view.voice} {view.officer_line} {view.facts}" for view in views)


def test_who_lifts_the_curtain_says_that_they_are_the_same_before_anything_of_the_citizen_is_seen() -> None:
    kiosk = curtained()
    kiosk.touch("yes").at("curtain.still")
    assert IDENTITY.name.title() not in told(kiosk)
    assert NUMBER.grouped not in told(kiosk)
    assert kiosk.view().photo is None
    kiosk.touch("yes").at("identity")
    assert VEIL not in kiosk.timers


def test_who_says_that_they_are_somebody_else_gets_the_officer_and_nothing_is_lost() -> None:
    kiosk = curtained()
    before = kiosk.session.answers
    kiosk.touch("yes", "other").at("curtain.officer")
    assert ShowLamp(Lamp.CALL) in kiosk.effects
    kiosk.touch("yes").at("officer.pin.act").touch("other").at("curtain.officer")
    lamps = [effect for effect in kiosk.effects if isinstance(effect, ShowLamp)]
    assert lamps[-1] == ShowLamp(Lamp.CALL), "the officer is awaited still"
    kiosk.touch("yes").fill(pin=PIN).happens(PinConfirmed()).at("identity")
    assert kiosk.session.answers == before
    assert kiosk.draft is not None


@pytest.mark.parametrize("lifted", [False, True])
def test_after_a_while_only_the_officer_lifts_it(lifted: bool) -> None:
    kiosk = curtained().touch(*(["yes"] if lifted else []))
    kiosk.time_is_over(VEIL).at("curtain.officer")
    assert kiosk.touch("yes").at("officer.pin.act").time_is_over("pin").at("curtain.officer")


@pytest.mark.parametrize("laid", [(), ("other",), ("other", "menu.address"), ("other", "menu.senses")])
def test_behind_help_that_nobody_answers_the_curtain_falls_too(laid: tuple[str, ...]) -> None:
    kiosk = Kiosk().at_review().press_help().touch(*laid)
    assert kiosk.timers[IDLE] == kiosk.rules.form_idle_after_s
    kiosk.time_is_over(IDLE)
    assert kiosk.timers[VEIL] == kiosk.rules.veil_s
    assert IDLE not in kiosk.timers
    assert IDENTITY.name.title() not in told(kiosk)
    kiosk.touch("yes").at("curtain").touch("yes").at("curtain.still")
    assert NUMBER.grouped not in told(kiosk)
    kiosk.touch("yes").at("review")


def test_help_while_nobody_is_served_keeps_no_officer_signed_in() -> None:
    kiosk = at_menu(Kiosk().signed_in()).touch("officer.handover").at("handover").press_help().at("help")
    assert kiosk.timers[IDLE] == kiosk.rules.sign_out_after_s
    kiosk.time_is_over(IDLE).at("signin")
    assert kiosk.did(SignOut)


def test_neither_help_nor_its_menu_leads_round_the_curtain() -> None:
    kiosk = curtained()
    kiosk.press_help().at("help").touch("yes").at("curtain")
    kiosk.press_help().touch("other").at("menu")
    assert IDENTITY.name.title() not in told(kiosk)
    assert kiosk.view().officer_line == ""
    kiosk.touch("yes").at("curtain")
    kiosk.touch("other").at("menu").touch("menu.senses", "access.deaf").at("curtain")
    kiosk.touch("other", "language").at("curtain")
    kiosk.touch("other", "officer.wipe").at("officer.pin.act").fill(pin=PIN).happens(PinConfirmed()).at("declined")
    kiosk.touch("other").at("identity")


def test_an_officer_who_does_nothing_at_the_resting_kiosk_is_signed_out() -> None:
    kiosk = Kiosk().signed_in()
    assert kiosk.timers[IDLE] == kiosk.rules.sign_out_after_s
    kiosk.press_help()
    assert IDLE in kiosk.timers
    kiosk.touch("yes").time_is_over(IDLE).at("signin")
    assert kiosk.did(SignOut)
    assert kiosk.session.officer == ""
    assert not kiosk.session.proven
    kiosk.signed_in()


def test_nobody_is_signed_out_while_a_citizen_is_served() -> None:
    kiosk = Kiosk().begin()
    assert kiosk.timers[IDLE] == kiosk.rules.idle_after_s
    kiosk.time_is_over(IDLE).at("idle")


def test_a_draft_that_was_not_taken_up_is_offered_again_after_a_sign_out() -> None:
    again = Kiosk().begin().power_cut()
    again.happens(FormFilled({"officer": "HT-0417", "pin": PIN}))
    again.happens(SignedIn("HT-0417", again.draft)).at("resume").time_is_over(IDLE).at("signin")
    assert again.draft is not None
    assert not again.did(DropDraft)


def test_the_officer_signs_out_by_hand() -> None:
    kiosk = at_menu(Kiosk().signed_in()).touch("officer.sign_out").at("signin")
    assert kiosk.did(SignOut)


def test_another_officer_signs_in_where_the_one_who_went_home_left_somebody_behind_the_curtain() -> None:
    kiosk = curtained().time_is_over(VEIL).at("curtain.officer")
    before = kiosk.draft
    kiosk.press_help().touch("other").at("menu").touch("officer.sign_out").at("signin")
    assert kiosk.did(SignOut)
    assert kiosk.did(WipeDevices)
    assert not kiosk.did(DropDraft)
    assert IDENTITY.name.title() not in told(kiosk)
    assert VEIL not in kiosk.timers
    kiosk.happens(FormFilled({"officer": "HT-0555", "pin": PIN})).happens(SignedIn("HT-0555", before)).at("resume")


def test_a_message_that_nobody_reads_keeps_no_officer_signed_in() -> None:
    kiosk = Kiosk().signed_in().happens(OfficeMessage("Mang máy về xã.")).at("message")
    kiosk.time_is_over(IDLE).at("signin")
    assert kiosk.did(SignOut)
    kiosk.happens(FormFilled({"officer": "HT-0417", "pin": PIN})).happens(SignedIn("HT-0417")).at("message")
