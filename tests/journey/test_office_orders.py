"""The office's lock and message at the session: nothing is lost, nobody is served, and the way out is the office's."""

import pytest

from kiosk.journey.effects import Lamp, LockHolds, MessageRead, Ring, Seal, ShowLamp, SignOut, WipeDevices
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    KioskLocked,
    KioskUnlocked,
    OfficeMessage,
    Sealed,
    SealFailed,
    SignedIn,
)
from kiosk.journey.ordered import REASONS
from kiosk.journey.rendering import render
from kiosk.journey.status import Status
from tests.journey.script import CATALOGUES, OFFICER, Kiosk

LOCK = KioskLocked("office")
AT_ONCE = KioskLocked("office", now=True)


def did(kiosk: Kiosk, effect: object) -> bool:
    return effect in kiosk.effects


@pytest.mark.parametrize(
    "kiosk",
    [
        Kiosk(),
        Kiosk().signed_in(),
        Kiosk().signed_in().press_help(),
        Kiosk().signed_in().press_help().touch("other", "officer.handover"),
    ],
    ids=["signin", "standby", "help", "handover"],
)
def test_a_kiosk_at_rest_is_locked_at_once_and_signs_the_officer_out(kiosk: Kiosk) -> None:
    kiosk.happens(LOCK).at("locked")
    assert did(kiosk, SignOut())
    assert did(kiosk, LockHolds())
    assert kiosk.session.officer == ""


def test_who_is_being_served_is_finished_first() -> None:
    # CK-CMD-12
    kiosk = Kiosk().at_review().happens(LOCK).at("review")
    assert not kiosk.did(SignOut)
    kiosk.sealed().receipt().at("farewell").touch("yes").at("locked")
    assert kiosk.did(LockHolds)


def test_a_lock_that_does_not_wait_leaves_the_draft_for_later() -> None:
    # CK-CMD-12
    kiosk = Kiosk().at_fingers().good_print().happens(AT_ONCE).at("locked")
    assert kiosk.did(SignOut)
    assert kiosk.did(WipeDevices)
    assert not kiosk.session.enrolling
    assert kiosk.session.captures == {}
    assert kiosk.draft is not None
    kiosk.happens(KioskUnlocked()).at("signin")
    kiosk.fill(officer=OFFICER, pin="123456").happens(SignedIn(OFFICER, kiosk.draft)).at("resume")
    kiosk.touch("yes").at("print.right_index")


def test_a_lock_waits_no_longer_than_its_grace() -> None:
    kiosk = Kiosk().at_fingers().happens(LOCK).at("print.right_thumb")
    kiosk.time_is_over("lock").at("locked")
    assert kiosk.draft is not None


def test_what_is_being_put_away_is_put_away_first_even_when_the_lock_does_not_wait() -> None:
    # CK-CMD-12
    kiosk = Kiosk().at_review().touch("yes").at("sealing").happens(AT_ONCE).at("sealing")
    kiosk.happens(Sealed(1)).at("locked")
    failed = Kiosk().at_review().touch("yes").happens(AT_ONCE).happens(SealFailed("full")).at("locked")
    assert failed.draft is not None
    assert not failed.did(Seal)


def test_nothing_but_the_offices_word_opens_it() -> None:
    kiosk = Kiosk().signed_in().happens(LOCK).at("locked")
    for _ in range(2):
        kiosk.touch("yes", "back", "help", "again", "anything").press_help()
        kiosk.happens(SignedIn(OFFICER)).fill(officer=OFFICER, pin="1")
        kiosk.happens(DeviceTrouble("storage", "full")).happens(DeviceTrouble("camera", "gone"))
        kiosk.at("locked")
    assert kiosk.session.broken == {"storage", "camera"}
    kiosk.happens(DeviceRecovered("camera")).at("locked")
    kiosk.happens(KioskUnlocked()).at("signin")
    assert kiosk.session.broken == {"storage"}
    kiosk.signed_in()


def test_a_lock_that_is_taken_back_before_it_held_changes_nothing() -> None:
    kiosk = Kiosk().at_fingers().happens(LOCK).happens(KioskUnlocked()).at("print.right_thumb")
    assert "lock" not in kiosk.timers
    kiosk.all_fingers()


def test_a_second_lock_is_answered_too() -> None:
    kiosk = Kiosk().happens(LOCK).happens(KioskLocked("erased", now=True)).at("locked")
    assert kiosk.did(LockHolds)
    assert kiosk.session.lock == "erased"


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_officer_reads_why_and_what_still_waits(reason: str, language: str) -> None:
    kiosk = Kiosk().happens(KioskLocked(reason))
    told = render(kiosk.session, kiosk.rules, CATALOGUES[language], Status(waiting=3, link="online"))  # type: ignore[index]
    assert told.officer_line.startswith(CATALOGUES[language].text(f"locked.{reason}"))  # type: ignore[index]
    assert "3" in told.officer_line


def test_the_locked_screen_is_read_in_both_languages() -> None:
    kiosk = Kiosk().happens(LOCK)
    assert kiosk.touch("other").session.language == "en"
    assert kiosk.touch("other").session.language == "vi"


def test_a_message_waits_until_nobody_is_served_and_is_read_by_hand() -> None:
    kiosk = Kiosk().at_review().happens(OfficeMessage("Mang máy về xã.")).at("review")
    kiosk.sealed().touch("yes").at("message")
    assert did(kiosk, ShowLamp(Lamp.CALL))
    assert did(kiosk, Ring())
    assert kiosk.view().sentence == "Mang máy về xã."
    kiosk.touch("other", "back").press_help().at("message")
    kiosk.touch("yes").at("standby")
    assert kiosk.did(MessageRead)
    assert did(kiosk, ShowLamp(Lamp.OFF))


def test_a_message_is_for_an_officer_who_has_signed_in() -> None:
    kiosk = Kiosk().happens(OfficeMessage("x")).at("signin")
    kiosk.fill(officer=OFFICER, pin="123456").happens(SignedIn(OFFICER)).at("message")
    kiosk.happens(LOCK).at("locked")
    kiosk.happens(KioskUnlocked()).at("signin")
    assert kiosk.session.message == "x"
