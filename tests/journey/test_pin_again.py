"""People who do not sit there are named, and deleted, only soon after the officer's PIN: one PIN for a look."""

from collections.abc import Callable

import pytest

from kiosk.journey.effects import ConfirmPin, DropDraft, FindInRoster, ListPaused
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    KioskLocked,
    KioskUnlocked,
    PinConfirmed,
    RosterFound,
    RosterTold,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.proving import PROVEN
from kiosk.journey.turning import IDLE
from kiosk.journey.view import FieldKind, Layout
from tests.journey.script import CATALOGUES, IDENTITY, NUMBER, OFFICER, Kiosk, with_rules
from tests.journey.test_pausing import listed, opened, paused_at
from tests.journey.test_roster import BA, HOA, QUERY, ROSTER

PIN = "482913"


def later(kiosk: Kiosk) -> Kiosk:
    """So much later that the PIN of the sign-in counts no more."""
    return kiosk.time_is_over(PROVEN)


def at_menu(kiosk: Kiosk) -> Kiosk:
    return kiosk.press_help().touch("other").at("menu")


def before_the_list() -> Kiosk:
    return at_menu(later(paused_at("home"))).touch("officer.paused").at("officer.pin")


def before_deleting() -> Kiosk:
    kiosk = listed(paused_at("home"))
    later(kiosk.touch(kiosk.view().choices[0].id, "paused.delete"))
    return kiosk.at("paused.wipe").touch("other").at("officer.pin")


def before_the_search() -> Kiosk:
    kiosk = later(Kiosk().begin().happens(RosterTold(312)).touch("other").at("roster.find"))
    return kiosk.fill(name="hoa", year="1950", number="").at("officer.pin")


DOORS: dict[str, tuple[Callable[[], Kiosk], type, str]] = {
    "paused": (before_the_list, ListPaused, "standby"),
    "wipe": (before_deleting, DropDraft, "standby"),
    "roster": (before_the_search, FindInRoster, "roster.find"),
}
every_door = pytest.mark.parametrize("door", sorted(DOORS))


@every_door
def test_behind_a_door_nothing_is_done_or_named_before_the_right_pin(door: str) -> None:
    way, does, _ = DOORS[door]
    kiosk = way()
    for language in ("vi", "en"):
        view = kiosk.view(language)
        told = f"{view.title} {view.sentence} {view.voice} {view.officer_line} {view.choices} {view.form}"
        assert not any(word in told for word in (IDENTITY.name, "Trần Thị", NUMBER.digits))
    assert not kiosk.did(does)
    kiosk.fill(pin=PIN).at("officer.pin")
    assert ConfirmPin(PIN) in kiosk.effects
    assert kiosk.view().busy
    kiosk.happens(SignInRefused(4, 0)).at("officer.pin")
    assert not kiosk.did(does)
    kiosk.fill(pin=PIN).happens(PinConfirmed())
    assert kiosk.did(does)
    assert kiosk.session.overlay == ""


@every_door
def test_the_way_back_and_the_end_of_waiting_lead_out_and_do_nothing(door: str) -> None:
    way, does, back = DOORS[door]
    for leave in (lambda kiosk: kiosk.touch("other"), lambda kiosk: kiosk.time_is_over("pin")):
        kiosk = way()
        leave(kiosk)
        kiosk.at(back)
        assert not kiosk.did(does)
        assert "pin" not in kiosk.timers
    assert way().timers["pin"] <= 180


@every_door
def test_whoever_was_let_in_a_short_while_ago_is_not_asked_again(door: str) -> None:
    way, does, _ = DOORS[door]
    kiosk = way().fill(pin=PIN).happens(PinConfirmed())
    assert kiosk.session.proven
    assert kiosk.timers[PROVEN] == kiosk.rules.ask_pin_after_s
    if kiosk.session.step == "roster.find":
        kiosk.happens(RosterFound(QUERY, ROSTER, (HOA, BA), 2)).at("roster.pick").touch("yes").at("roster.find")
        kiosk.fill(name="ba", year="", number="")
        assert kiosk.did(FindInRoster)
        return
    while kiosk.session.step != "standby":
        kiosk.touch("yes")
    assert at_menu(kiosk).touch("officer.paused").at("paused").did(does if does is ListPaused else ListPaused)


def test_after_the_sign_in_the_officer_is_not_asked_at_once_and_later_is() -> None:
    assert at_menu(paused_at("home")).touch("officer.paused").at("paused")
    at_menu(later(paused_at("home"))).touch("officer.paused").at("officer.pin")


def test_a_kiosk_may_be_told_to_ask_each_time() -> None:
    kiosk = at_menu(Kiosk(with_rules(ask_pin_after_s=0)).signed_in())
    kiosk.touch("officer.paused").at("officer.pin").fill(pin=PIN).happens(PinConfirmed()).at("paused")
    assert PROVEN not in kiosk.timers
    at_menu(kiosk.touch("yes").at("standby")).touch("officer.paused").at("officer.pin")


def test_a_new_card_is_checked_without_it() -> None:
    at_menu(later(Kiosk().signed_in())).touch("officer.handover").at("handover")


def test_it_is_one_secret_field_and_wrong_tries_and_the_wait_are_told() -> None:
    kiosk = before_the_list()
    view = kiosk.view()
    assert view.layout is Layout.FORM
    assert view.form is not None
    assert [field.kind for field in view.form.fields] == [FieldKind.SECRET]
    form = kiosk.fill(pin=PIN).happens(SignInRefused(3, 0)).view().form
    assert form is not None
    assert form.problem == CATALOGUES["vi"].text("signin.retry", count=3)
    form = kiosk.fill(pin=PIN).happens(SignInRefused(0, 29.4)).view().form
    assert form is not None
    assert form.problem == CATALOGUES["vi"].text("signin.wait", seconds=30)


def test_what_was_typed_for_the_roster_is_still_there_on_the_way_back() -> None:
    form = before_the_search().touch("other").at("roster.find").view().form
    assert form is not None
    assert [field.value for field in form.fields] == ["hoa", "1950", ""]


def test_help_over_the_question_takes_it_away_and_a_late_answer_opens_nothing() -> None:
    kiosk = before_the_list().fill(pin=PIN).press_help().at("help").happens(PinConfirmed()).at("help")
    assert not kiosk.did(ListPaused)
    kiosk.touch("yes").at("standby")
    assert kiosk.session.proven


def test_a_disk_in_trouble_at_the_question_leads_back_to_the_rest() -> None:
    kiosk = before_the_list().fill(pin=PIN).happens(DeviceTrouble("storage", "VaultUnwritable")).at("trouble")
    kiosk.happens(DeviceRecovered("storage")).at("standby")
    assert not kiosk.session.proven


@pytest.mark.parametrize("row", ["", "one", "wipe"])
def test_a_list_that_was_covered_for_long_is_not_shown_again_without_the_pin(row: str) -> None:
    kiosk = listed(paused_at("home"))
    if row:
        kiosk.touch(kiosk.view().choices[0].id)
    if row == "wipe":
        kiosk.touch("paused.delete")
    later(kiosk.press_help().at("help")).touch("yes").at("standby")
    assert kiosk.session.paused.listed is None
    assert listed(paused_at("home")).press_help().touch("yes").at("paused")


def test_an_opened_enrolment_that_was_covered_for_long_shows_nobody_without_the_pin() -> None:
    kiosk = opened(paused_at("home")).at("paused.face")
    later(kiosk.press_help().at("help")).touch("yes").at("standby")
    assert kiosk.session.draft is None


def test_names_found_in_the_roster_are_gone_when_the_curtain_rises_for_somebody_else() -> None:
    kiosk = Kiosk().begin().happens(RosterTold(312)).touch("other").at("roster.find")
    kiosk.fill(name="hoa", year="1950", number="").happens(RosterFound(QUERY, ROSTER, (HOA, BA), 2)).at("roster.pick")
    later(kiosk).time_is_over(IDLE).time_is_over("idle_answer").at("curtain").touch("yes", "yes").at("roster.find")
    assert kiosk.session.found is not None
    assert kiosk.session.found.rows == ()
    kiosk.fill(name="hoa", year="1950", number="").at("officer.pin")


def test_a_lock_forgets_that_the_pin_was_given() -> None:
    kiosk = Kiosk().signed_in().happens(KioskLocked("office", True)).happens(KioskUnlocked()).at("signin")
    assert not kiosk.session.proven
    kiosk.happens(SignedIn(OFFICER)).at("standby")
    assert kiosk.session.proven


def test_the_end_of_that_while_prolongs_nobodys_idle_time() -> None:
    kiosk = Kiosk().begin().card_read().at("identity")
    assert later(kiosk).effects == ()
