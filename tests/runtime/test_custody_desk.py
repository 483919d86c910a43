"""The custody desk on real files: drafts survive, enrolments leave in one transaction, only true receipts count."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.errors import DeviceFault
from drivers.power.api import PowerReading
from kiosk.custody.entries import Status
from kiosk.custody.inbox import Inbox
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.custody.room import Room
from kiosk.domain.capture_plan import ExceptionReason
from kiosk.domain.citizen import Identity
from kiosk.domain.effort import Visit
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    PinConfirmed,
    ReceiptVerified,
    Sealed,
    SealFailed,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.remembered import HandoverCompared, VisitRecalled
from kiosk.journey.session import Session
from kiosk.runtime.custody import CustodyDesk
from kiosk.runtime.packing import Seals
from kiosk.runtime.receipts import Keeping
from kiosk.runtime.telemetry import About, Watch
from kiosk.runtime.worker import Worker
from kiosk.sealing.chain import Head, read_chain, verify_chain
from kiosk.sealing.header import DriverNote
from kiosk.sealing.keys import OfficeKeys, Recipients, SigningKey
from kiosk.sealing.package import open_body, open_summary, package_hash, verify
from kiosk.sealing.receipts import Receipt, sign_receipt
from kiosk.sealing.suites import OpeningKey
from kiosk.sealing.vault import Vault
from kiosk.wire.enrolment import decode_enrolment, decode_summary
from kiosk.wire.messages import Glass, Telemetry
from tests.journey.script import IDENTITY, RULES, Kiosk
from tests.runtime.stage import Mailbox

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
PIN = "2468013"
BIG = b"\x89PNG" + bytes(range(256)) * 600


@dataclass
class Office:
    """The office's secret keys, and a hand that writes receipts."""

    summary: OpeningKey
    body: OpeningKey
    receipts: SigningKey

    def public(self) -> OfficeKeys:
        return OfficeKeys(Recipients(self.summary.public, self.body.public), self.receipts.public)

    def receipt(self, package: bytes, session: Session, *, key: SigningKey | None = None, **changes: object) -> bytes:
        plain = Receipt(session.enrolment, "kiosk-tk-01", 1, package_hash(package), "received", 41, NOW)
        return sign_receipt(replace(plain, **changes), key or self.receipts)  # type: ignore[arg-type]


@pytest.fixture
def office() -> Office:
    return Office(OpeningKey.generate(), OpeningKey.generate(), SigningKey.generate())


@pytest.fixture
def signer() -> SigningKey:
    return SigningKey.generate()


Make = Callable[[], CustodyDesk]


@pytest.fixture
def make(
    tmp_path: Path, office: Office, signer: SigningKey, worker: Callable[[str], Worker], mailbox: Mailbox
) -> Iterator[Make]:
    """Start a kiosk's custody desk over the same files again and again; the vault has one officer."""
    folders = [tmp_path / name for name in ("outbox", "private", "inbox")]
    for folder in folders:
        folder.mkdir()
    Vault(folders[1] / "vault.json", None, pin_alone=True).create("HT-0417", PIN)
    made: list[CustodyDesk] = []

    def one() -> CustodyDesk:
        for earlier in made:
            earlier.close().result(20)
        desk = CustodyDesk(
            folders[0] / "outbox.db",
            folders[1] / "private.db",
            folders[2] / "inbox.db",
            vault=Vault(folders[1] / "vault.json", None, pin_alone=True),
            seals=Seals(
                kiosk="kiosk-tk-01",
                signer=signer,
                office=office.public(),
                drivers=lambda: {"camera": DriverNote("simulated", simulated=True)},
                boot="5f2c",
                software="0.1.0",
            ),
            rules=RULES,
            worker=worker("custody"),
            post=mailbox.post,
            now=lambda: NOW,
        )
        desk.open().result(20)
        made.append(desk)
        return desk

    yield one
    for desk in made:
        desk.close().result(20)


def signed_in(make: Make, mailbox: Mailbox) -> tuple[CustodyDesk, SignedIn]:
    desk = make()
    desk.sign_in("HT-0417", PIN)
    return desk, mailbox.next(SignedIn)


def session_at_review() -> Session:
    return Kiosk().at_review().session


def package_of(desk: CustodyDesk, enrolment: str) -> bytes:
    """The package's bytes, as the uplink reads them."""

    def read() -> bytes:
        assert desk._database is not None
        with desk._database.reading() as connection:
            row = connection.execute("SELECT bytes FROM package WHERE id = ?", (enrolment,)).fetchone()
        return bytes(row[0])

    return desk._worker.submit(read).result(20)


def drafts(desk: CustodyDesk) -> tuple[str, ...]:
    assert desk._drafts is not None
    return desk._worker.submit(desk._drafts.ids).result(20)


def limit(desk: CustodyDesk, schema: str, more_pages: int) -> None:
    """Let the file of that schema grow by so few pages only, as a full disk would."""

    def set_it() -> None:
        assert desk._database is not None
        with desk._database.reading() as connection:
            pages = connection.execute(f"PRAGMA {schema}.page_count").fetchone()[0]
            connection.execute(f"PRAGMA {schema}.max_page_count = {pages + more_pages}")

    desk._worker.submit(set_it).result(20)


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


# Receipts


def sealed(make: Make, mailbox: Mailbox) -> tuple[CustodyDesk, Session, bytes]:
    desk, _ = signed_in(make, mailbox)
    session = Kiosk().at_review().touch("yes").session
    desk.seal(session, NOW)
    mailbox.next(Sealed)
    return desk, session, package_of(desk, session.enrolment)


def arrive(tmp_path: Path, *receipts: bytes) -> None:
    with Inbox.open(tmp_path / "inbox" / "inbox.db") as inbox:
        for signed in receipts:
            inbox.add_receipt("whatever the uplink calls it", signed)


def status(desk: CustodyDesk, session: Session) -> Status:
    assert desk._outbox is not None
    outbox: Outbox = desk._outbox
    return desk._worker.submit(lambda: outbox.entry(session.enrolment).status).result(20)


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


# Telemetry


class Power:
    """A power supply that says what it is told to, or fails."""

    simulated = True

    def __init__(self, reading: PowerReading | None) -> None:
        self._reading = reading

    def read(self) -> PowerReading:
        if self._reading is None:
            raise DeviceFault("power: nothing to read")
        return self._reading

    def close(self) -> None:
        return


@pytest.mark.parametrize(
    ("reading", "charge", "errors"),
    [
        (PowerReading(87, True), 0.87, []),
        (PowerReading(None, True), None, []),
        (PowerReading(None, None), "no battery", []),
        (None, "no battery", ["power"]),
    ],
)
def test_a_telemetry_row_is_what_the_wire_says_it_is(
    make: Make, mailbox: Mailbox, tmp_path: Path, reading: PowerReading | None, charge: object, errors: list[str]
) -> None:
    desk, _session, package = sealed(make, mailbox)
    watch = Watch(
        desk,
        Power(reading),
        folder=tmp_path,
        about=About("kiosk-tk-01", "5f2c", "0.1.0", lambda: {"camera": "simulated"}),
        now=lambda: NOW,
        tell=lambda _status: None,
        faults=lambda: (),
        glass=lambda: (50, 3),
    )
    desk.write_telemetry("kiosk", watch._sample).result(20)

    def read() -> bytes:
        assert desk._database is not None
        with desk._database.reading() as connection:
            return bytes(connection.execute("SELECT json FROM telemetry ORDER BY n DESC LIMIT 1").fetchone()[0])

    row = Telemetry.model_validate_json(desk._worker.submit(read).result(20))
    assert (row.seq_last, row.chain) == (1, package_hash(package).hex())
    assert (row.outbox.n, row.outbox.bytes) == (1, len(package))
    assert (row.batt.charge if row.batt is not None else "no battery") == charge
    assert list(row.err) == errors
    assert row.glass == Glass(tries=50, dirty=3)
    # A code of the officer who signed in, and nothing of the name.
    assert row.officer is not None
    assert row.officer == desk.last_officer


# Settled and erased, refused, room, time, audit


def settled_days(desk: CustodyDesk, days: float) -> None:
    assert desk._receipts is not None
    desk._receipts._keeping = Keeping(days)


@pytest.mark.parametrize(("days", "erased"), [(7.0, False), (0.0, True)])
def test_what_is_settled_is_erased_when_its_days_as_a_second_copy_are_over(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path, days: float, erased: bool
) -> None:
    desk, session, package = sealed(make, mailbox)
    settled_days(desk, days)
    arrive(tmp_path, office.receipt(package, session, status="settled"))
    desk.look_for_receipts().result(20)
    assert desk._outbox is not None
    outbox: Outbox = desk._outbox
    assert desk._worker.submit(lambda: outbox.entry(session.enrolment).erased).result(20) is erased


def test_a_full_outbox_gives_up_its_second_copies_at_once(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, session, package = sealed(make, mailbox)
    monkeypatch.setattr(Outbox, "room", lambda _outbox: Room(used_bytes=85, free_bytes=15))
    arrive(tmp_path, office.receipt(package, session, status="settled"))
    desk.look_for_receipts().result(20)
    assert (desk.standing.full_percent, standing_alerts(tmp_path)) == (85, {"outbox_filling": "warning"})
    assert desk._outbox is not None
    assert desk._worker.submit(desk._outbox.summary).result(20).erased == 1


def standing_alerts(tmp_path: Path) -> dict[str, str]:
    return {alert.code: alert.level for alert in OutboxReader(tmp_path / "outbox" / "outbox.db").alerts()}


def test_a_refused_package_is_shown_and_raises_an_alert_until_it_is_taken_in(
    make: Make, mailbox: Mailbox, office: Office, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    arrive(tmp_path, office.receipt(package, session, status="rejected", number=0, code="unknown_kiosk"))
    desk.look_for_receipts().result(20)
    assert (desk.standing.waiting, desk.standing.rejected) == (1, 1)
    assert standing_alerts(tmp_path) == {"package_refused": "critical"}
    arrive(tmp_path, office.receipt(package, session))
    desk.look_for_receipts().result(20)
    assert (desk.standing.rejected, standing_alerts(tmp_path)) == (0, {})


def test_the_receipt_of_a_package_tells_the_next_one_when_it_is(
    make: Make, mailbox: Mailbox, office: Office, signer: SigningKey, tmp_path: Path
) -> None:
    desk, session, package = sealed(make, mailbox)
    first = verify(package, signer.public).header
    assert first.earliest is not None
    assert first.latest is None
    told_at = datetime(2026, 12, 24, 3, 0, tzinfo=UTC)
    arrive(tmp_path, office.receipt(package, session, at=told_at))
    desk.look_for_receipts().result(20)
    assert desk.standing.clock_wrong, "the wall clock is a month behind the office's word"
    second = replace(session_at_review(), enrolment="0193b3a0-1234-7abc-8def-aaaaaaaaaaaa")
    desk.seal(Kiosk(session=second).touch("yes").session, NOW)
    mailbox.next(Sealed)
    header = verify(package_of(desk, second.enrolment), signer.public).header
    assert header.earliest is not None
    assert header.latest is not None
    assert told_at <= header.latest
    assert header.latest - header.earliest < timedelta(minutes=2)
    assert header.wall == NOW, "what the wall clock said is kept beside it"


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
