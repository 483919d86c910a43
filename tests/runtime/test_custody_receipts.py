"""The custody desk on real files: only true receipts count, once, and a refused package is kept."""

from pathlib import Path

import pytest

from kiosk.custody.entries import Status
from kiosk.journey.events import (
    ReceiptVerified,
)
from kiosk.sealing.chain import read_chain
from kiosk.sealing.keys import SigningKey
from tests.runtime.custody_stage import Make, Office, arrive, package_of, sealed, status
from tests.runtime.stage import Mailbox


def test_before_the_uplink_has_ever_run_nothing_is_amiss(make: Make, mailbox: Mailbox) -> None:
    desk, _session, _package = sealed(make, mailbox)
    assert desk.look_for_receipts().result(20) == 1
    assert desk.link().result(20) is None


def test_a_receipt_of_the_office_releases_the_package_and_is_told_once(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    arrive(tmp_path, office.receipt(package, session))
    assert desk.look_for_receipts().result(20) == 0
    assert mailbox.next(ReceiptVerified) == ReceiptVerified(session.enrolment, 41)
    arrive(tmp_path, office.receipt(package, session, status="settled"))
    desk.look_for_receipts().result(20)
    assert status(desk, session) is Status.SETTLED
    assert mailbox.count(ReceiptVerified) == 1
    assert package_of(desk, session.enrolment) == package, "nothing is erased only because it is settled"


@pytest.mark.parametrize(
    "forgery", ["another key", "other bytes", "another seq", "another kiosk", "unknown", "garbage", "cut"]
)
def test_a_forged_receipt_releases_nothing_and_the_true_one_behind_it_does(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path, forgery: str
) -> None:
    # CK-ACK-01, CK-ACK-04
    desk, session, package = sealed(make, mailbox)
    true = office.receipt(package, session)
    forged = {
        "another key": office.receipt(package, session, key=SigningKey.generate()),
        "other bytes": office.receipt(package, session, sha256=b"\x00" * 32),
        "another seq": office.receipt(package, session, seq=2),
        "another kiosk": office.receipt(package, session, kiosk="kiosk-tk-02"),
        "unknown": office.receipt(package, session, id="0193b3a0-1234-7abc-8def-ffffffffffff"),
        "garbage": b"\xd2\x84" + bytes(40),
        "cut": true[:-1],
    }[forgery]
    arrive(tmp_path, forged)
    assert desk.look_for_receipts().result(20) == 1
    assert status(desk, session) is Status.SEALED
    assert mailbox.count(ReceiptVerified) == 0
    arrive(tmp_path, true)
    assert desk.look_for_receipts().result(20) == 0
    assert status(desk, session) is Status.RECEIVED


def test_what_was_taken_in_before_a_restart_is_not_judged_and_written_down_again(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    first = office.receipt(package, session)
    refused = office.receipt(package, session, status="rejected", number=0, code="revoked")
    forged = office.receipt(package, session, key=SigningKey.generate())
    arrive(tmp_path, first, refused, forged)
    for _ in range(3):
        desk.look_for_receipts().result(20)
        assert status(desk, session) is Status.REJECTED
        desk = make()
    events = [entry.event for entry in read_chain(tmp_path / "private" / "audit.log")]
    assert [events.count(one) for one in ("package.received", "package.rejected", "receipt.refused")] == [1, 1, 1]
    arrive(tmp_path, first)  # late, by whatever way
    desk.look_for_receipts().result(20)
    assert status(desk, session) is Status.REJECTED


def test_the_kiosks_own_key_signs_no_receipts(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    arrive(tmp_path, office.receipt(package, session, key=signer))
    desk.look_for_receipts().result(20)
    assert status(desk, session) is Status.SEALED


def test_a_rejected_package_is_kept_and_not_called_received(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    arrive(tmp_path, office.receipt(package, session, status="rejected", number=0, code="bad_header"))
    desk.look_for_receipts().result(20)
    assert status(desk, session) is Status.REJECTED
    assert mailbox.count(ReceiptVerified) == 0
    assert package_of(desk, session.enrolment) == package
