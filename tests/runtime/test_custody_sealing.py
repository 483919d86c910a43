"""The custody desk on real files: an enrolment leaves in one transaction, and a full disk loses nothing."""

from dataclasses import replace

import pytest

from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    Sealed,
    SealFailed,
)
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.package import open_body, open_summary, verify
from kiosk.wire.enrolment import decode_enrolment, decode_summary
from tests.journey.script import Kiosk
from tests.runtime.custody_stage import BIG, NOW, Make, Office, drafts, limit, package_of, session_at_review, signed_in
from tests.runtime.stage import Mailbox


def test_sealing_puts_the_package_out_and_drops_the_draft(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey
) -> None:
    desk, _ = signed_in(make, mailbox)
    kiosk = Kiosk().at_review()
    desk.save(kiosk.session).result(20)
    session = kiosk.touch("yes").at("sealing").session
    desk.seal(session, NOW)
    assert mailbox.next(Sealed).sequence == 1
    assert drafts(desk) == ()
    package = verify(package_of(desk, session.enrolment), signer.public)
    assert (package.header.seq, package.header.simulated) == (1, True)
    enrolment = decode_enrolment(open_body(package, office.body))
    assert enrolment.answers == session.answers
    assert enrolment.captures == {key: session.captures[key] for key in session.answers.captures()}
    assert (enrolment.officer, enrolment.finished_at) == (session.officer, NOW)
    assert decode_summary(open_summary(package, office.summary)).name == "TRẦN THỊ HOA"


@pytest.mark.parametrize("schema", ["main", "private"])
def test_a_full_disk_loses_neither_draft_nor_enrolment(make: Make, mailbox: Mailbox, schema: str) -> None:
    desk, _ = signed_in(make, mailbox)
    kiosk = Kiosk().at_review()
    captures = {key: replace(capture, data=BIG) for key, capture in kiosk.session.captures.items()}
    kiosk.session = replace(kiosk.session, captures=captures)
    limit(desk, schema, 0)
    if schema == "private":
        assert desk.save(kiosk.session).result(20) is False
        assert mailbox.next(DeviceTrouble).device == "storage"
    else:
        desk.save(kiosk.session).result(20)
        desk.seal(kiosk.touch("yes").session, NOW)
        assert mailbox.next(SealFailed).reason == "full"
        assert drafts(desk) == (kiosk.session.enrolment,)
    limit(desk, schema, 10_000)
    desk.probe()
    assert mailbox.next(DeviceRecovered).device == "storage"
    assert desk.save(kiosk.session).result(20) is True
    desk.seal(kiosk.session, NOW)
    mailbox.next(Sealed)
    assert drafts(desk) == ()


def test_a_draft_that_could_not_be_erased_is_erased_as_soon_as_the_disk_works(
    make: Make, mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk.custody.errors import CustodyFault

    desk, _ = signed_in(make, mailbox)
    session = session_at_review()
    desk.save(session).result(20)
    assert desk._drafts is not None
    erase = desk._drafts.drop

    def refuse(_draft_id: str) -> None:
        raise CustodyFault("the disk takes nothing")

    monkeypatch.setattr(type(desk._drafts), "drop", lambda _store, draft_id: refuse(draft_id))
    desk.drop(session.enrolment)
    assert mailbox.next(DeviceTrouble).device == "storage"
    desk.probe()
    assert drafts(desk) == (session.enrolment,)
    assert mailbox.count(DeviceRecovered) == 0
    monkeypatch.undo()
    assert erase is not None
    desk.probe()
    mailbox.next(DeviceRecovered)
    assert drafts(desk) == ()
