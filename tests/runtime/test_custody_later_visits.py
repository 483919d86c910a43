"""The custody desk on real files: what is remembered of who was here, without a name: audit, hand-over, weak prints."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from kiosk.domain.capture_plan import ExceptionReason
from kiosk.domain.citizen import Identity
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import (
    Sealed,
    SignInRefused,
)
from kiosk.journey.remembered import HandoverCompared, VisitRecalled
from kiosk.runtime.custody import CustodyDesk
from kiosk.sealing.chain import Head, read_chain, verify_chain
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import open_body, open_summary, verify
from kiosk.wire.enrolment import decode_enrolment, decode_summary
from tests.journey.script import IDENTITY, Kiosk
from tests.runtime.custody_stage import NOW, PIN, Make, Office, arrive, package_of, sealed, settled_days, signed_in
from tests.runtime.stage import Mailbox


def test_what_happened_stands_in_the_audit_chain_and_names_nobody(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey, tmp_path: Path
) -> None:
    desk = make()
    desk.sign_in("HT-0417", "9999999")
    mailbox.next(SignInRefused)
    desk, session, package = sealed(make, mailbox)
    settled_days(desk, 0.0)
    for status_ in ("received", "settled"):
        arrive(tmp_path, office.receipt(package, session, status=status_))
    desk.look_for_receipts().result(20)
    path = tmp_path / "private" / "audit.log"
    header = verify(package, signer.public).header
    verify_chain(path, witness=Head(header.audit_n, header.audit_head))
    assert [entry.event for entry in read_chain(path)] == [
        "book.begun",
        "kiosk.started",
        "officer.refused",
        "kiosk.started",
        "officer.signed_in",
        "package.sealed",
        "package.received",
        "package.settled",
        "package.erased",
    ]
    text = path.read_text()
    for secret in ("HT-0417", PIN, session.enrolment):
        assert secret not in text


def test_a_card_is_compared_handed_over_and_written_down_and_an_unreadable_book_leaves_nobody_waiting(
    make: Make, mailbox: Mailbox, tmp_path: Path
) -> None:
    desk, session, _package = sealed(make, mailbox)
    identity = session.answers.identity
    assert identity is not None
    desk.compare(identity)
    found = mailbox.next(HandoverCompared)
    assert (found.enrolment, found.number, found.name, found.born) == (session.enrolment, True, True, True)
    desk.close_handover(session.enrolment)
    desk.compare(identity)
    assert mailbox.next(HandoverCompared) == HandoverCompared()
    assert [entry.event for entry in read_chain(tmp_path / "private" / "audit.log")][-1] == "card.handed_over"

    def take_away() -> None:
        assert desk._database is not None
        with desk._database.transaction() as connection:
            connection.execute("DROP TABLE private.handover")

    desk._worker.submit(take_away).result(20)
    desk.compare(identity)
    assert mailbox.next(HandoverCompared) == HandoverCompared()


def with_weak_prints() -> Kiosk:
    """Somebody whose right thumb was faint, and whose left ring finger was bandaged, is at the review."""
    kiosk = Kiosk().at_fingers()
    while kiosk.session.phase != "good":
        kiosk.print_taken(38, PrintVerdict.TOO_LIGHT)
        while kiosk.session.phase in {"offer", "doing"}:
            kiosk.touch("other")
    kiosk.time_is_over("pause")
    while kiosk.session.step != "print.left_ring":
        kiosk.good_print()
    kiosk.touch("other", "injured").good_print().touch("yes").held_still().portrait_taken()
    return kiosk.touch("yes").same_face().at("review")


def recalled(desk: CustodyDesk, mailbox: Mailbox, identity: Identity = IDENTITY) -> VisitRecalled:
    desk.recall(identity)
    return mailbox.next(VisitRecalled)


def test_weak_prints_are_taken_again_at_a_later_visit_whose_package_names_the_first(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey
) -> None:
    desk, _ = signed_in(make, mailbox)
    assert recalled(desk, mailbox).visit is None
    first = with_weak_prints().touch("yes").at("sealing").session
    desk.seal(first, NOW)
    mailbox.next(Sealed)
    desk, _ = signed_in(make, mailbox)
    known = recalled(desk, mailbox)
    assert known.number == IDENTITY.number
    assert known.visit is not None
    assert known.visit.enrolment == first.enrolment
    assert {slot: (one.quality, one.reason) for slot, one in known.visit.weak.items()} == {
        "print.right_thumb": (38, None),
        "print.left_ring": (None, ExceptionReason.INJURED),
    }
    again = Kiosk(begun=7).begin().card_read().happens(known).touch("yes").at("visit").touch("yes", "yes")
    again.at("print.right_thumb").good_print().at("print.left_ring").touch("other", "injured").touch("yes").at("review")
    second = again.touch("yes").at("sealing").session
    desk.seal(second, NOW + timedelta(days=3))
    assert mailbox.next(Sealed).sequence == 2
    package = verify(package_of(desk, second.enrolment), signer.public)
    summary = decode_summary(open_summary(package, office.summary))
    assert summary.supplements == first.enrolment
    assert (summary.slots["print.right_thumb"].state, summary.slots["print.right_thumb"].quality) == ("filled", 80)
    assert summary.slots["print.right_index"].state == "earlier"
    body = decode_enrolment(open_body(package, office.body))
    assert body.answers.supplements == first.enrolment
    assert len(body.captures) == 2, "the chip's portrait and the one print"
    # What is still weak is noted for the first enrolment, whose card the next one is.
    left = recalled(desk, mailbox).visit
    assert left is not None
    assert (left.enrolment, set(left.weak)) == (first.enrolment, {"print.left_ring"})
    desk.compare(IDENTITY)
    assert mailbox.next(HandoverCompared).enrolment == first.enrolment
    desk.close_handover(first.enrolment)
    assert recalled(desk, mailbox).visit is None


def test_of_an_enrolment_without_weak_prints_nothing_is_noted(make: Make, mailbox: Mailbox) -> None:
    desk, _session, _package = sealed(make, mailbox)
    assert recalled(desk, mailbox).visit is None


def test_who_has_no_number_and_a_note_that_cannot_be_read_leave_nobody_waiting(make: Make, mailbox: Mailbox) -> None:
    desk, _ = signed_in(make, mailbox)
    assert recalled(desk, mailbox, replace(IDENTITY, number=None)) == VisitRecalled(None, None)

    def take_away() -> None:
        assert desk._database is not None
        with desk._database.transaction() as connection:
            connection.execute("DROP TABLE private.visit")

    desk._worker.submit(take_away).result(20)
    assert recalled(desk, mailbox) == VisitRecalled(IDENTITY.number, None)
