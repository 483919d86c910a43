"""That somebody has a paused enrolment here is told also when it becomes known late: at the next fitting moment."""

import pytest

from kiosk.journey.effects import FindPaused, Seal
from kiosk.journey.remembered import PausedFound, PausedNote
from tests.journey.script import IDENTITY, Kiosk, note_of
from tests.journey.test_pausing import paused_at


def waiting() -> tuple[Kiosk, PausedNote]:
    """Somebody was paused, shows the same card another day, and storage is slow to say so."""
    kiosk = paused_at("home").touch("yes", "yes", "yes").card_read().at("identity")
    assert kiosk.did(FindPaused)
    return kiosk, note_of(next(iter(kiosk.paused.values())))


WAYS = {
    "home": ("yes",),
    "relatives": ("yes", "yes"),
    "phone": ("yes", "yes", "yes"),
    "hands": ("yes", "yes", "yes", "other"),
}


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_before_the_first_finger_the_paused_one_can_still_be_gone_on_with(screen: str) -> None:
    kiosk, note = waiting()
    kiosk.touch(*WAYS[screen]).at(screen).happens(PausedFound(IDENTITY, note)).at("paused.same")
    assert [choice.id for choice in kiosk.view().choices] == ["same.go_on", "same.anew"]
    kiosk.touch("same.anew").at(screen)
    assert kiosk.session.answers.beside == (note.enrolment,)


@pytest.mark.parametrize("screen", sorted(WAYS))
def test_what_becomes_known_under_help_is_asked_when_help_has_gone(screen: str) -> None:
    kiosk, note = waiting()
    kiosk.touch(*WAYS[screen]).at(screen).press_help().happens(PausedFound(IDENTITY, note)).at("help")
    kiosk.touch("yes").at("paused.same").touch("same.anew").at(screen)


def at_review(kiosk: Kiosk) -> Kiosk:
    kiosk.touch(*WAYS["hands"]).touch("yes").all_fingers().touch("yes").held_still().portrait_taken()
    return kiosk.touch("yes").same_face()


def test_what_becomes_known_among_the_fingers_is_told_at_the_last_read_back() -> None:
    kiosk, note = waiting()
    kiosk.touch(*WAYS["hands"]).touch("yes").at("print.right_thumb").happens(PausedFound(IDENTITY, note))
    kiosk.at("print.right_thumb").all_fingers().touch("yes").held_still().portrait_taken()
    kiosk.touch("yes").at("paused.same")
    assert [choice.id for choice in kiosk.view().choices] == ["same.anew"]
    kiosk.touch("same.anew").same_face().at("review").touch("yes").at("sealing")


def test_nothing_is_signed_over_what_became_known_under_a_question() -> None:
    kiosk, note = waiting()
    at_review(kiosk).at("review").press_help().happens(PausedFound(IDENTITY, note)).touch("yes").at("paused.same")
    assert not kiosk.did(Seal)
    kiosk.touch("same.anew").at("review").touch("yes").at("sealing")
    assert kiosk.session.answers.beside == (note.enrolment,)


def test_where_the_older_one_is_gone_meanwhile_there_is_nothing_to_ask() -> None:
    kiosk, note = waiting()
    again = kiosk.touch("yes").at("home").happens(PausedFound(IDENTITY, note)).at("paused.same").resumed()
    assert again.at("paused.same").did(FindPaused)
    again.happens(PausedFound(IDENTITY, None)).at("home")


def test_after_a_power_cut_it_is_asked_for_again() -> None:
    kiosk, note = waiting()
    again = kiosk.touch(*WAYS["phone"]).at("phone").resumed().at("phone")
    assert again.did(FindPaused)
    again.happens(PausedFound(IDENTITY, note)).at("paused.same").touch("same.anew").at("phone")
