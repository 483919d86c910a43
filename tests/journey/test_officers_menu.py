"""The officer's menu: called by help, it changes how the kiosk speaks to this citizen, at any step."""

from dataclasses import replace

import pytest

from kiosk.journey.effects import ForgetVoice, Louder, Quieter, SayAgain, WipeDevices
from kiosk.journey.events import DeviceRecovered, DeviceTrouble
from kiosk.words.language import rules_of
from tests.journey.script import Kiosk
from tests.journey.test_covered_steps import CAN_BE_GIVEN_UP, kiosk_at, still


def called(kiosk: Kiosk) -> Kiosk:
    return kiosk.press_help().at("help").touch("other").at("menu")


@pytest.mark.parametrize("screen", CAN_BE_GIVEN_UP)
def test_the_menu_opens_at_every_step_and_leads_back_to_it(screen: str) -> None:
    kiosk = kiosk_at(screen)
    before = kiosk.session
    called(kiosk).touch("yes").at(screen)
    assert still(kiosk.session) == still(before)


@pytest.mark.parametrize("form", rules_of("vi").address.forms)
def test_the_officer_chooses_the_form_of_address_and_what_is_said_and_written_follows_at_once(form: str) -> None:
    kiosk = called(kiosk_at("hands")).touch("menu.address").at("menu.address").touch(f"address.{form}").at("hands")
    view = kiosk.view()
    assert form in view.voice.lower().split()
    assert form in view.sentence.lower().split()
    assert "bác" not in view.voice.lower().split() or form == "bác"
    called(kiosk).touch("menu.address")
    assert kiosk.view().hint == f"Đang gọi là {form}"
    assert "you" in kiosk.view("en").voice, "English says the same to everybody"


def test_the_form_of_address_goes_back_to_age_and_sex_when_the_officer_wants_it() -> None:
    kiosk = called(kiosk_at("hands")).touch("menu.address", "address.cô").at("hands")
    called(kiosk).touch("menu.address", "address.papers").at("hands")
    assert kiosk.session.address == ""


def test_the_form_of_address_outlives_a_power_cut_and_not_the_citizen() -> None:
    kiosk = called(kiosk_at("hands")).touch("menu.address", "address.cô").at("hands").resumed().at("hands")
    assert kiosk.session.address == "cô"
    called(kiosk).touch("officer.wipe").at("declined")
    assert "cô" in kiosk.view().sentence
    kiosk.touch("yes").at("standby")
    assert kiosk.session.address == ""
    assert "bác" in kiosk.view().voice


def test_the_next_citizen_is_addressed_anew() -> None:
    kiosk = called(kiosk_at("review")).touch("menu.address", "address.chú").at("review").sealed()
    assert "chú" in kiosk.view().voice
    kiosk.touch("yes").at("standby")
    assert kiosk.session.address == ""


def test_in_english_there_is_no_form_of_address_to_choose() -> None:
    kiosk = kiosk_at("hands")
    kiosk.session = replace(kiosk.session, language="en")
    called(kiosk).touch("menu.address").at("menu")
    assert "menu.address" not in {choice.id for choice in kiosk.view().choices}


def test_the_officer_makes_the_voice_louder_and_quieter_and_hears_it() -> None:
    kiosk = called(kiosk_at("identity"))
    assert kiosk.touch("menu.senses").at("menu.senses").touch("menu.louder").at("menu.senses").did(Louder)
    assert kiosk.touch("menu.quieter").at("menu.senses").did(Quieter)


@pytest.mark.parametrize("screen", ["consent", "identity", "print.right_thumb", "portrait.prepare", "review"])
def test_who_asks_for_a_line_a_second_time_hears_it_louder(screen: str) -> None:
    kiosk = kiosk_at(screen)
    assert kiosk.touch("again").did(SayAgain)
    assert kiosk.touch("again").did(Louder)
    assert not kiosk.did(SayAgain)
    assert kiosk.at(screen).touch("again").did(Louder)


def test_the_volume_lasts_through_the_farewell_and_goes_with_the_citizen() -> None:
    kiosk = called(kiosk_at("review")).touch("menu.senses", "menu.louder", "yes").sealed()
    assert kiosk.did(WipeDevices)
    assert not kiosk.did(ForgetVoice)
    assert kiosk.touch("again", "again").did(Louder)
    assert kiosk.time_is_over("farewell").at("standby").did(ForgetVoice)


def test_the_volume_goes_with_who_is_given_up() -> None:
    kiosk = called(kiosk_at("hands")).touch("menu.senses", "menu.louder", "yes").press_help()
    kiosk.touch("other", "officer.wipe", "yes").at("standby")
    assert kiosk.did(ForgetVoice)


def test_at_the_next_step_the_line_is_first_said_again_as_loud_as_it_is() -> None:
    kiosk = kiosk_at("identity").touch("again", "yes").at("home").touch("again")
    assert kiosk.did(SayAgain)


def test_a_device_in_trouble_shows_itself_again_when_the_menu_closes() -> None:
    kiosk = kiosk_at("print.right_thumb").happens(DeviceTrouble("fingerprint", "gone")).at("trouble")
    called(kiosk).touch("yes").at("trouble").happens(DeviceRecovered("fingerprint")).at("print.right_thumb")


def test_a_device_that_fails_while_the_menu_is_open_is_told_at_once() -> None:
    kiosk = called(kiosk_at("print.right_thumb")).happens(DeviceTrouble("fingerprint", "gone")).at("trouble")
    kiosk.happens(DeviceRecovered("fingerprint")).at("print.right_thumb")
