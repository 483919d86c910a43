"""The custody desk and paused enrolments, on real files: 0 lost, 0 twice, nobody named outside the vault."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.domain.pauses import Pause, PauseReason, Resumed
from kiosk.journey.events import DeviceTrouble, Sealed, SignedIn
from kiosk.journey.remembered import DraftPaused, PausedFound, PausedListed, PausedOpened
from kiosk.journey.session import Session, throughout
from tests.journey.script import IDENTITY, OFFICER, Kiosk
from tests.journey.test_covered_steps import kiosk_at
from tests.journey.test_pausing import KNOWN, taken_up
from tests.runtime.custody_stage import NOW, PIN, Make, drafts, limit, signed_in
from tests.runtime.stage import Mailbox


def waiting(session: Session) -> Session:
    return throughout(session, pauses=(Pause(PauseReason.TIRED, NOW, OFFICER),))


@pytest.mark.parametrize("screen", KNOWN[::4])
def test_what_was_paused_is_not_offered_after_a_power_cut_and_is_in_the_list(
    make: Make, mailbox: Mailbox, screen: str
) -> None:
    session = waiting(kiosk_at(screen).session)
    desk, _ = signed_in(make, mailbox)
    desk.pause(session)
    assert mailbox.next(DraftPaused) == DraftPaused(session.enrolment)
    desk, again = signed_in(make, mailbox)
    assert again.draft is None
    desk.list_paused()
    (note,) = mailbox.next(PausedListed).notes
    assert (note.enrolment, note.name, note.born) == (session.enrolment, IDENTITY.name, 1950)
    assert (note.since, note.reason, note.step, note.overdue) == (NOW, PauseReason.TIRED, session.step, False)
    desk.open_paused(session.enrolment)
    draft = mailbox.next(PausedOpened).draft
    assert draft is not None
    assert (draft.answers, draft.captures, draft.history) == (
        session.answers,
        session.known_captures(),
        session.history,
    )


def test_opening_leaves_it_paused_saving_takes_it_up_and_sealing_ends_it_once(make: Make, mailbox: Mailbox) -> None:
    session = waiting(kiosk_at("portrait.review").session)
    desk, _ = signed_in(make, mailbox)
    desk.pause(session)
    mailbox.next(DraftPaused)
    desk.open_paused(session.enrolment)
    draft = mailbox.next(PausedOpened).draft
    assert draft is not None
    desk, cut = signed_in(make, mailbox)
    assert cut.draft is None, "the power went before the citizen had agreed anew"
    at_rest = replace(Session(step="standby"), officer=OFFICER, proven=True)
    kiosk = taken_up(Kiosk(paused={draft.id: draft}, session=at_rest))
    assert desk.save(kiosk.session).result(20)
    desk, cut = signed_in(make, mailbox)
    assert cut.draft is not None
    assert cut.draft.id == session.enrolment
    desk.list_paused()
    assert mailbox.next(PausedListed) == PausedListed()
    desk.seal(kiosk.touch("yes").same_face().touch("yes").at("sealing").session, NOW)
    assert mailbox.next(Sealed).sequence == 1
    assert drafts(desk) == ()
    desk.open_paused(session.enrolment)
    assert mailbox.next(PausedOpened) == PausedOpened(None)


def test_others_are_enrolled_while_it_waits(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    desk.pause(waiting(kiosk_at("hands").session))
    mailbox.next(DraftPaused)
    other = Kiosk(begun=7).at_review()
    desk.save(other.session).result(20)
    desk.seal(other.touch("yes").session, NOW)
    assert mailbox.next(Sealed).sequence == 1
    desk.list_paused()
    assert len(mailbox.next(PausedListed).notes) == 1


def test_a_full_disk_pauses_nothing_and_the_draft_stays_as_it_was(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    kiosk = kiosk_at("print.left_little")
    desk.save(kiosk_at("hands").session).result(20)
    captures = {key: replace(one, data=bytes(200_000) + key.encode()) for key, one in kiosk.session.captures.items()}
    limit(desk, "private", 0)
    desk.pause(waiting(replace(kiosk.session, captures=captures)))
    assert mailbox.next(DeviceTrouble).device == "storage"
    assert mailbox.count(DraftPaused) == 0
    _, again = signed_in(make, mailbox)
    assert again.draft is not None
    assert again.draft.step == "hands"
    assert desk._paused.may_save(kiosk.session), "what was not put away is saved as before"


def test_it_stays_when_its_term_is_over_and_is_only_marked(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    desk.pause(waiting(kiosk_at("home").session))
    mailbox.next(DraftPaused)
    desk._paused._now = lambda: NOW + timedelta(days=31)
    desk.list_paused()
    (note,) = mailbox.next(PausedListed).notes
    assert note.overdue
    desk.look_for_receipts().result(20)
    assert (desk.paused.total, desk.paused.overdue) == (1, 1)
    assert len(drafts(desk)) == 1


def test_what_is_paused_is_counted_before_anybody_has_signed_in(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    desk.pause(waiting(kiosk_at("home").session))
    mailbox.next(DraftPaused)
    locked = make()
    locked.look_for_receipts().result(20)
    assert locked.paused.total == 1
    locked.list_paused()
    assert mailbox.next(PausedListed) == PausedListed()
    locked.sign_in("HT-0417", PIN)
    assert mailbox.next(SignedIn).draft is None


def test_nothing_in_files_and_log_names_who_was_paused(
    make: Make, mailbox: Mailbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    desk, _ = signed_in(make, mailbox)
    desk.pause(waiting(kiosk_at("review").session))
    mailbox.next(DraftPaused)
    desk.list_paused()
    mailbox.next(PausedListed)
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    # Long enough that no ciphertext spells one by chance.
    for mark in (IDENTITY.name, "Thị Hoa", "042150000012", "tired"):
        assert mark.encode() not in kept
        assert mark not in caplog.text


def test_a_save_that_comes_after_the_pause_it_knows_nothing_of_is_not_made(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    late = kiosk_at("home").session
    desk.pause(waiting(late))
    saved = desk.save(replace(late, address="cô"))
    mailbox.next(DraftPaused)
    assert saved.result(20) is False
    desk.list_paused()
    assert len(mailbox.next(PausedListed).notes) == 1
    (pause,) = waiting(late).answers.pauses
    again = throughout(late, pauses=(replace(pause, resumed=Resumed(NOW, OFFICER, "vi", read_aloud=True)),))
    assert desk.save(again).result(20), "who has taken it up again saves it"
    desk.pause(throughout(again, pauses=(*again.answers.pauses, pause)))
    mailbox.next(DraftPaused)
    assert desk.save(again).result(20) is False, "a second pause is no other than the first"
    _, cut = signed_in(make, mailbox)
    assert cut.draft is None


def test_who_shows_the_same_number_or_name_and_birth_is_found_among_the_paused(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    session = waiting(kiosk_at("home").session)
    desk.find_paused(IDENTITY, "another")
    assert mailbox.next(PausedFound) == PausedFound(IDENTITY, None)
    desk.pause(session)
    mailbox.next(DraftPaused)
    for who in (IDENTITY, replace(IDENTITY, number=None), replace(IDENTITY, name="ĐÃ ĐỔI TÊN")):
        desk.find_paused(who, "another")
        found = mailbox.next(PausedFound)
        assert found.identity == who
        assert found.note is not None
        assert found.note.enrolment == session.enrolment
    desk.find_paused(replace(IDENTITY, number=None, name="LÊ THỊ LẠ"), "another")
    assert mailbox.next(PausedFound).note is None
    desk.find_paused(IDENTITY, session.enrolment)
    assert mailbox.next(PausedFound).note is None, "nobody waits for themselves"
