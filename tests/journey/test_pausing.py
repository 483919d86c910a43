"""An enrolment that is paused lies sealed, the kiosk is free, and another day it goes on at the very step, once."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.domain.access import Access
from kiosk.domain.pauses import PauseReason, Resumed
from kiosk.journey.effects import (
    DropDraft,
    FindPaused,
    ForgetVoice,
    Lamp,
    Louder,
    PauseDraft,
    SaveDraft,
    Seal,
    ShowLamp,
    WipeDevices,
)
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, Event, HelpHeld, SignedIn, Touched
from kiosk.journey.remembered import DraftPaused, PausedListed, PausedNote, PausedOpened
from tests.journey.script import BEGAN, CATALOGUES, IDENTITY, OFFICER, Kiosk
from tests.journey.test_covered_steps import WAYS, kiosk_at, still
from tests.journey.test_random_walks import EVENTS

#: Everywhere where it is known whose enrolment it is.
KNOWN = sorted(set(WAYS) - {"welcome", "consent", "document", "document.number", "edit.identity", "farewell"})


def asked(kiosk: Kiosk) -> Kiosk:
    return kiosk.press_help().touch("other").at("menu").touch("menu.pause").at("menu.pause")


def paused_at(screen: str, reason: str = "tired") -> Kiosk:
    """Somebody was enrolled up to this screen, paused there, and has gone."""
    kiosk = asked(kiosk_at(screen)).touch(f"pause.{reason}").at("pausing").answered().at("paused.parted")
    return kiosk.touch("yes").at("standby")


def listed(kiosk: Kiosk) -> Kiosk:
    return kiosk.press_help().touch("other").at("menu").touch("officer.paused").at("paused").answered()


def opened(kiosk: Kiosk) -> Kiosk:
    """The officer has chosen the only one, and it is open."""
    (row,) = listed(kiosk).view().choices
    return kiosk.touch(row.id).at("paused.one").touch("paused.go_on").answered().at("paused.face")


def taken_up(kiosk: Kiosk) -> Kiosk:
    return opened(kiosk).touch("yes").at("paused.who").touch("yes").at("paused.consent").touch("yes")


@pytest.mark.parametrize("screen", KNOWN)
def test_it_goes_on_at_the_very_step_with_everything_it_had(screen: str) -> None:
    before = kiosk_at(screen).session
    kiosk = taken_up(paused_at(screen))
    after = kiosk.session
    assert kiosk.did(SaveDraft)
    assert (after.step, after.enrolment, after.started_at) == (before.step, before.enrolment, before.started_at)
    assert after.captures == dict(before.known_captures())
    assert replace(after.answers, pauses=()) == before.answers
    assert [past.step for past in after.history] == [past.step for past in before.history]


def test_whoever_is_taken_up_is_looked_for_among_the_paused_once_more() -> None:
    assert taken_up(paused_at("home")).at("home").did(FindPaused)


def test_how_loud_it_was_for_the_one_who_went_is_not_how_loud_it_is_for_the_next() -> None:
    kiosk = asked(kiosk_at("home")).touch("pause.tired").answered().at("paused.parted")
    assert kiosk.touch("again", "again").did(Louder)
    kiosk.touch("yes").at("standby")
    assert kiosk.effects.count(ForgetVoice()) == 1


def test_an_enrolment_that_was_paused_is_sealed_with_its_pauses_and_who_took_it_up() -> None:
    kiosk = taken_up(paused_at("home", "papers")).at("home")
    (pause,) = kiosk.session.answers.pauses
    assert pause.reason is PauseReason.PAPERS
    assert pause.officer == OFFICER
    assert pause.resumed == Resumed(kiosk.session.answers.pauses[0].resumed.at, OFFICER, "vi", read_aloud=True)  # type: ignore[union-attr]
    kiosk.touch("back")
    assert kiosk.session.answers.pauses == (pause,), "going back forgets no pause"


def test_while_it_waits_the_kiosk_is_free_for_others_and_nothing_of_it_is_in_the_session() -> None:
    kiosk = paused_at("review")
    assert still(kiosk.session) == still(Kiosk().signed_in().session)
    kiosk.touch("yes").at("welcome")
    assert len(kiosk.paused) == 1


def test_the_kiosk_is_free_only_when_the_disk_has_said_that_it_lies_there() -> None:
    kiosk = asked(kiosk_at("hands")).touch("pause.time").at("pausing")
    assert kiosk.did(PauseDraft)
    assert kiosk.view().busy
    kiosk.touch("yes", "other").at("pausing")
    kiosk.happens(DraftPaused("0193b3a0-0000-7abc-8def-000000000000")).at("pausing")


def test_a_disk_that_does_not_take_it_leaves_the_citizen_where_they_were() -> None:
    kiosk = asked(kiosk_at("hands"))
    before = kiosk.session.answers
    kiosk.touch("pause.tired").happens(DeviceTrouble("storage", "CustodyFault")).at("trouble")
    kiosk.happens(DeviceRecovered("storage")).at("hands")
    assert kiosk.did(SaveDraft)
    assert kiosk.session.answers == before


def test_the_devices_are_wiped_at_the_parting_and_whoever_calls_for_help_meanwhile_is_parted_with_too() -> None:
    kiosk = asked(kiosk_at("print.left_little")).touch("pause.hands")
    enrolment = kiosk.session.enrolment
    kiosk.press_help().at("pausing")
    assert kiosk.effects[0] == ShowLamp(Lamp.CALL)
    kiosk.happens(DraftPaused(enrolment)).at("paused.parted")
    assert kiosk.did(WipeDevices)
    kiosk.time_is_over("farewell").at("standby")


def test_how_the_parted_citizen_was_served_is_not_how_the_next_one_is() -> None:
    kiosk = Kiosk().signed_in().touch("other").touch("yes", "yes", "yes").card_read().at("identity")
    kiosk.session = replace(kiosk.session, access=Access.DEAF)
    asked(kiosk).touch("pause.other").answered().at("paused.parted")
    kiosk.press_help().at("help").touch("yes").at("standby")
    assert (kiosk.session.access, kiosk.view().language) == (Access.NOTHING, "vi")


def test_the_parting_is_in_the_citizens_language_and_the_next_one_begins_anew() -> None:
    kiosk = Kiosk().signed_in().touch("other").touch("yes", "yes", "yes").card_read().at("identity")
    asked(kiosk).touch("pause.other").answered()
    assert kiosk.view().language == "en"
    assert kiosk.touch("yes").view().language == "vi"


@pytest.mark.parametrize("screen", ["welcome", "consent", "document"])
def test_nothing_is_paused_that_nobody_could_find_again(screen: str) -> None:
    kiosk = kiosk_at(screen).press_help().touch("other").at("menu")
    assert "menu.pause" not in {choice.id for choice in kiosk.view().choices}
    kiosk.touch("menu.pause").at("menu")


def test_a_power_cut_while_it_waits_offers_no_draft_to_whoever_comes() -> None:
    kiosk = paused_at("portrait.review").power_cut()
    kiosk.fill(officer=OFFICER, pin="123456").happens(SignedIn(OFFICER, kiosk.draft)).at("standby")
    assert taken_up(kiosk).at("portrait.review")


@pytest.mark.parametrize("door", ["paused.one", "paused.face", "paused.who", "paused.consent"])
def test_a_power_cut_at_any_door_leaves_it_paused(door: str) -> None:
    kiosk = opened(paused_at("hands"))
    for screen in ("paused.face", "paused.who", "paused.consent"):
        if door in {screen, "paused.one"}:
            break
        kiosk.at(screen).touch("yes")
    assert len(kiosk.paused) == 1
    again = kiosk.power_cut().signed_in()
    assert taken_up(again).at("hands")
    assert again.paused == {}
    assert again.draft is not None, "from now on a power cut offers it as any other draft"
    assert again.resumed().at("hands")


@pytest.mark.parametrize("said_no", ["paused.face", "paused.who", "paused.consent"])
def test_who_is_not_the_one_or_agrees_no_more_goes_no_further_and_it_stays_paused(said_no: str) -> None:
    kiosk = opened(paused_at("home"))
    while kiosk.view().key != said_no:
        kiosk.touch("yes")
    kiosk.touch("other").at("paused" if said_no == "paused.face" else "standby")
    assert len(kiosk.paused) == 1
    assert kiosk.session.draft is None
    assert not kiosk.session.enrolling


def test_the_officer_compares_with_the_portrait_taken_before_and_without_one_with_the_chips() -> None:
    assert opened(paused_at("review")).view().photo == b"portrait"
    kiosk = opened(paused_at("home"))
    assert kiosk.view().photo == b"chip"
    assert IDENTITY.name in {fact.value for fact in kiosk.view().facts}


def test_the_citizen_hears_their_own_name_before_they_say_that_it_is_they() -> None:
    kiosk = opened(paused_at("home")).touch("yes").at("paused.who")
    assert "Trần Thị Hoa" in kiosk.view().voice


def test_the_list_names_people_by_name_and_year_alone() -> None:
    (row,) = listed(paused_at("home")).view().choices
    assert row.label.startswith("Trần Thị Hoa, 1950")
    assert "042150000012" not in row.label


def test_the_list_closes_by_itself_because_it_names_people() -> None:
    listed(paused_at("home")).time_is_over("pause").at("standby")
    opened(paused_at("home")).time_is_over("pause").at("standby")


def test_it_is_deleted_only_by_two_touches_of_the_officer() -> None:
    kiosk = listed(paused_at("home"))
    enrolment = kiosk.view().choices[0].id
    kiosk.touch(enrolment).touch("paused.delete").at("paused.wipe").touch("yes").at("paused.one")
    kiosk.touch("paused.delete").touch("other").at("paused")
    assert DropDraft(enrolment) in kiosk.effects
    kiosk.answered()
    assert kiosk.view().choices == ()
    assert kiosk.view().hint == CATALOGUES["vi"].text("paused.none")
    kiosk.touch("yes").at("standby")


def test_one_that_has_waited_too_long_is_marked_and_stays() -> None:
    note = PausedNote("x", "LÊ VĂN BA", 1948, BEGAN, PauseReason.TIRED, "home", overdue=True)
    kiosk = Kiosk().signed_in().press_help().touch("other", "officer.paused").happens(PausedListed((note,), 1))
    assert "quá hạn" in kiosk.view().choices[0].label
    assert kiosk.view().officer_line.startswith("1 hồ sơ")
    kiosk.touch("x").at("paused.one")
    assert kiosk.view().officer_line.startswith(CATALOGUES["vi"].text("paused.overdue"))


def test_one_that_does_not_open_says_so_and_is_left_where_it_is() -> None:
    kiosk = listed(paused_at("home"))
    kiosk.touch(kiosk.view().choices[0].id, "paused.go_on").happens(PausedOpened(None)).at("paused.one")
    assert "giữ lại cho cơ quan" in kiosk.view().officer_line
    assert len(kiosk.paused) == 1


def test_it_can_be_paused_again_and_both_pauses_are_kept() -> None:
    kiosk = asked(taken_up(paused_at("hands", "hands")).at("hands")).touch("pause.time").answered()
    kiosk.touch("yes").at("standby")
    taken_up(kiosk).at("hands")
    assert [pause.reason for pause in kiosk.session.answers.pauses] == [PauseReason.HANDS, PauseReason.TIME]
    assert all(pause.resumed for pause in kiosk.session.answers.pauses)


#: What would save a draft, if it could be done over the screen that says that the machine puts it away.
SAVING = st.one_of(
    EVENTS,
    st.just(HelpHeld()),
    st.sampled_from(["menu.senses", "access.blind", "access.deaf", "menu.address", "address.cô"]).map(Touched),
)


@settings(max_examples=30)
@given(st.sampled_from(["home", "print.left_little", "portrait.look", "review"]), st.lists(SAVING, max_size=12))
def test_whatever_happens_before_the_disk_has_answered_nothing_saves_over_the_pause(
    screen: str, events: list[Event]
) -> None:
    kiosk = asked(kiosk_at(screen)).touch("pause.tired").at("pausing")
    enrolment = kiosk.session.enrolment
    for event in events:
        if isinstance(event, DeviceTrouble) and event.device == "storage":
            continue  # that is an answer of the disk's
        kiosk.happens(event).at("pausing")
        assert not any(kiosk.did(effect) for effect in (SaveDraft, DropDraft, PauseDraft, Seal))
    kiosk.happens(DraftPaused(enrolment)).at("paused.parted")
    assert list(kiosk.paused) == [enrolment]


@pytest.mark.parametrize("screen", ["paused.who", "paused.consent"])
def test_a_citizen_who_does_nothing_before_they_have_agreed_anew_is_asked_gently_first(screen: str) -> None:
    kiosk = opened(paused_at("home"))
    while kiosk.view().key != screen:
        kiosk.touch("yes")
    kiosk.time_is_over("pause").at("idle").touch("yes").at(screen)
    assert "idle_answer" not in kiosk.timers
    kiosk.time_is_over("pause").at("idle").time_is_over("idle_answer").at("standby")
    assert kiosk.session.draft is None
    assert len(kiosk.paused) == 1
    opened(paused_at("home")).time_is_over("pause").at("standby")


def test_a_birth_year_that_nobody_knows_is_told_as_that() -> None:
    note = PausedNote("x", "LÊ VĂN BA", None, BEGAN, PauseReason.TIRED, "home")
    kiosk = Kiosk().signed_in().press_help().touch("other", "officer.paused").happens(PausedListed((note,)))
    assert kiosk.view().choices[0].label.startswith("Lê Văn Ba, chưa rõ năm sinh (")
