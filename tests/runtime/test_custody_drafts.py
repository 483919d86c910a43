"""The custody desk on real files: PINs are counted and waited for, and drafts survive a power cut."""

from dataclasses import replace
from datetime import timedelta

from kiosk.domain.effort import Visit
from kiosk.domain.experience import Remedy
from kiosk.journey.events import (
    PinConfirmed,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.session import Session
from tests.journey.script import Kiosk
from tests.runtime.custody_stage import NOW, PIN, Make, drafts, session_at_review, signed_in
from tests.runtime.stage import Mailbox


def test_a_right_pin_opens_and_a_wrong_one_is_counted(make: Make, mailbox: Mailbox) -> None:
    desk = make()
    desk.sign_in("HT-0417", "9999999")
    assert mailbox.next(SignInRefused).tries_left == 4
    desk.sign_in("nobody", PIN)
    assert mailbox.next(SignInRefused).wait_s == 0
    desk.sign_in("HT-0417", PIN)
    assert mailbox.next(SignedIn) == SignedIn("HT-0417", None)


def test_after_too_many_wrong_pins_the_officer_has_to_wait(make: Make, mailbox: Mailbox) -> None:
    desk = make()
    for _ in range(6):
        desk.sign_in("HT-0417", "9999999")
    waits = [mailbox.next(SignInRefused).wait_s for _ in range(6)]
    assert waits[0] == 0
    assert waits[-1] > 0


def test_the_pin_is_asked_for_again_of_who_is_signed_in_and_wrong_ones_count_as_at_the_sign_in(
    make: Make, mailbox: Mailbox
) -> None:
    desk = make()
    desk.confirm_pin(PIN)
    mailbox.next(SignInRefused)
    desk.sign_in("HT-0417", PIN)
    mailbox.next(SignedIn)
    desk.confirm_pin("9999999")
    assert mailbox.next(SignInRefused).tries_left == 4
    desk.confirm_pin(PIN)
    mailbox.next(PinConfirmed)
    for _ in range(6):
        desk.confirm_pin("9999999")
    waits = [mailbox.next(SignInRefused).wait_s for _ in range(6)]
    assert (waits[0], waits[-1] > 0) == (0, True)
    desk.sign_in("HT-0417", PIN)
    assert mailbox.next(SignInRefused).wait_s > 0, "who guesses here gains nothing at the sign-in"
    desk.sign_out()
    desk.confirm_pin(PIN)
    assert mailbox.next(SignInRefused).wait_s == 0


def test_a_draft_comes_back_whole_after_a_power_cut(make: Make, mailbox: Mailbox) -> None:
    session = replace(Kiosk().at_review().touch("other", "fix.home").session, language="en")
    desk, _ = signed_in(make, mailbox)
    assert desk.save(session).result(20) is True
    _, again = signed_in(make, mailbox)
    draft = again.draft
    assert draft is not None
    assert (draft.id, draft.step, draft.language) == (session.enrolment, "edit.home", "en")
    assert (draft.answers, draft.history) == (session.answers, session.history)
    assert (draft.returns_to, draft.started_at) == ("review", session.started_at)
    assert draft.captures == session.known_captures()


def test_what_the_visit_has_asked_so_far_comes_back_after_a_power_cut(make: Make, mailbox: Mailbox) -> None:
    visit = Visit(
        7,
        NOW,
        NOW + timedelta(minutes=3),
        refused=frozenset({Remedy.ICE}),
        hands=frozenset({("left", Remedy.WARM), ("right", Remedy.WASH)}),
        frail=True,
    )
    desk, _ = signed_in(make, mailbox)
    assert desk.save(replace(session_at_review(), visit=visit)).result(20) is True
    _, again = signed_in(make, mailbox)
    assert again.draft is not None
    assert again.draft.visit == visit.interrupted()
    assert again.draft.visit.spent_s == 180


def test_nothing_is_saved_before_an_officer_has_signed_in_or_a_citizen_begun(make: Make, mailbox: Mailbox) -> None:
    assert make().save(session_at_review()).result(20) is False
    desk, _ = signed_in(make, mailbox)
    assert desk.save(Session()).result(20) is False
    assert drafts(desk) == ()


def test_a_draft_that_was_dropped_is_gone(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    session = session_at_review()
    desk.save(session).result(20)
    desk.drop(session.enrolment)
    assert drafts(desk) == ()
    assert signed_in(make, mailbox)[1].draft is None
