"""The outbox gives out every sequence number once, and lets go of a package for a verified receipt only."""

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import NO_PREVIOUS, OutboxEntry, Status
from kiosk.custody.errors import CustodyBusy, DuplicateEnrolment, OutboxFull, ReceiptMismatch, UnknownPackage
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.sealing.errors import BadSignature, SealingError, WrongKey
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt, verify_receipt

OFFICE = SigningKey.generate()
START = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@dataclass
class Kiosk:
    folder: Path
    database: CustodyDatabase
    outbox: Outbox
    reader: OutboxReader
    now: datetime = START

    def commit(self, name: str, size: int = 100) -> OutboxEntry:
        return self.outbox.commit_enrolment(name, lambda seq, prev: prev + seq.to_bytes(8, "big") + bytes(size))


def open_kiosk(folder: Path, *, max_bytes: int | None = None) -> Kiosk:
    database = CustodyDatabase.open(folder / "shared" / "outbox.db", folder / "own" / "kiosk.db", max_bytes=max_bytes)
    kiosk = Kiosk(folder, database, Outbox(database), OutboxReader(folder / "shared" / "outbox.db"))
    kiosk.outbox = Outbox(database, now=lambda: kiosk.now)
    return kiosk


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    kiosk = open_kiosk(tmp_path)
    yield kiosk
    kiosk.database.close()


def receipt_for(entry: OutboxEntry, status: str = "received", **changes: object) -> bytes:
    fields = {
        "id": entry.id,
        "kiosk": "kiosk-tk-01",
        "seq": entry.seq,
        "sha256": entry.sha256,
        "status": status,
        "number": 77,
        "code": "bad_header" if status == "rejected" else "",
        "at": START,
    }
    return sign_receipt(Receipt(**{**fields, **changes}), OFFICE)  # type: ignore[arg-type]


def checked(signed: bytes) -> Receipt:
    return verify_receipt(signed, OFFICE.public)


def test_a_receipt_that_another_one_has_followed_changes_nothing_when_it_comes_again(kiosk: Kiosk) -> None:
    entry = kiosk.commit("a")
    first, refused = receipt_for(entry), receipt_for(entry, "rejected")
    for signed, then in (
        (first, Status.RECEIVED),
        (refused, Status.REJECTED),
        (first, Status.REJECTED),
        (receipt_for(entry, at=START + timedelta(hours=1)), Status.RECEIVED),
        (refused, Status.RECEIVED),
        (receipt_for(entry, "settled"), Status.SETTLED),
    ):
        assert kiosk.outbox.release(signed, checked).status is then


def test_missing_numbers_are_looked_for_once(kiosk: Kiosk, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk.commit("a")
    assert kiosk.outbox.gaps() == ()
    kiosk.commit("b")

    def reads() -> None:
        raise AssertionError("the outbox is read through once more")

    monkeypatch.setattr(kiosk.database, "reading", reads)
    assert kiosk.outbox.gaps() == ()


def test_packages_are_numbered_without_gaps_and_chained(kiosk: Kiosk) -> None:
    # CK-SEQ-01
    first, second, third = (kiosk.commit(name) for name in "abc")

    assert [first.seq, second.seq, third.seq] == [1, 2, 3]
    assert [first.prev, second.prev, third.prev] == [NO_PREVIOUS, first.sha256, second.sha256]
    assert kiosk.reader.unsettled() == [first, second, third]
    assert hashlib.sha256(kiosk.reader.package("b")).digest() == second.sha256
    assert kiosk.outbox.summary() == kiosk.reader.summary()
    assert (kiosk.outbox.summary().last_seq, kiosk.outbox.summary().head) == (3, third.sha256)


def test_the_chain_goes_on_after_a_restart(kiosk: Kiosk) -> None:
    first = kiosk.commit("a")
    kiosk.database.close()
    restarted = open_kiosk(kiosk.folder)

    assert restarted.commit("b").prev == first.sha256
    restarted.database.close()


@pytest.mark.parametrize("where", ["seal", "within"])
def test_a_failure_at_any_point_leaves_everything_as_it_was(kiosk: Kiosk, where: str) -> None:
    kiosk.commit("a")
    before = kiosk.outbox.summary()

    def fail(*_: object) -> bytes:
        raise WrongKey("no")

    with pytest.raises(WrongKey):
        kiosk.outbox.commit_enrolment(
            "b",
            fail if where == "seal" else lambda seq, prev: b"package",
            within=fail if where == "within" else None,  # type: ignore[arg-type]
        )

    assert kiosk.outbox.summary() == before
    assert kiosk.commit("b").seq == 2


def test_the_draft_goes_in_the_same_transaction(kiosk: Kiosk) -> None:
    with kiosk.database.transaction() as connection:
        connection.execute("CREATE TABLE private.draft (id TEXT)")
        connection.execute("INSERT INTO private.draft VALUES ('a')")

    def drop(connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM private.draft WHERE id = 'a'")

    kiosk.outbox.commit_enrolment("a", lambda seq, prev: b"package", within=drop)

    with kiosk.database.reading() as connection:
        assert connection.execute("SELECT count(*) FROM private.draft").fetchone() == (0,)
    assert kiosk.reader.package("a") == b"package"


def test_an_enrolment_is_not_taken_twice(kiosk: Kiosk) -> None:
    kiosk.commit("a")
    with pytest.raises(DuplicateEnrolment):
        kiosk.commit("a", size=5)

    assert kiosk.outbox.summary().last_seq == 1


def test_received_then_settled_then_erased(kiosk: Kiosk) -> None:
    # CK-ACK-03
    entry = kiosk.commit("a")
    assert kiosk.outbox.erase_settled(settled_before=START + timedelta(days=1)) == 0

    received = kiosk.outbox.release(receipt_for(entry), checked)
    assert (received.status, received.number) == (Status.RECEIVED, 77)
    assert kiosk.outbox.erase_settled(settled_before=START + timedelta(days=1)) == 0
    assert kiosk.reader.package("a")

    assert kiosk.outbox.release(receipt_for(entry, "settled"), checked).status is Status.SETTLED
    assert kiosk.reader.unsettled() == []
    assert kiosk.outbox.erase_settled(settled_before=START) == 0
    assert kiosk.outbox.erase_settled(settled_before=START + timedelta(days=1)) == 1
    with pytest.raises(UnknownPackage):
        kiosk.reader.package("a")
    assert kiosk.reader.entry("a").erased
    assert kiosk.outbox.gaps() == ()


def test_a_settled_package_stays_settled_and_a_received_one_received(kiosk: Kiosk) -> None:
    entry = kiosk.commit("a")
    kiosk.outbox.release(receipt_for(entry, "settled"), checked)

    for status in ("received", "rejected", "settled"):
        assert kiosk.outbox.release(receipt_for(entry, status, number=78), checked).number == 77


def test_a_rejected_package_is_kept_and_can_still_be_received(kiosk: Kiosk) -> None:
    # CK-ACK-02
    entry = kiosk.commit("a")
    rejected = kiosk.outbox.release(receipt_for(entry, "rejected", number=0), checked)

    assert (rejected.status, rejected.code) == (Status.REJECTED, "bad_header")
    assert kiosk.outbox.summary().rejected == 1
    assert kiosk.outbox.summary().waiting == 1
    assert kiosk.reader.unsettled() == []
    assert kiosk.reader.package("a")
    assert kiosk.outbox.release(receipt_for(entry), checked).status is Status.RECEIVED


def test_a_receipt_that_does_not_verify_releases_nothing(kiosk: Kiosk) -> None:
    # CK-ACK-01
    entry = kiosk.commit("a")
    good = receipt_for(entry)
    forged = good[:-1] + bytes([good[-1] ^ 1])
    for bad, error in (
        (forged, BadSignature),
        (b"rubbish", SealingError),
        (sign_receipt(checked(good), SigningKey.generate()), WrongKey),
    ):
        with pytest.raises(error):
            kiosk.outbox.release(bad, checked)

    assert kiosk.outbox.entry("a").status is Status.SEALED


def test_a_receipt_for_other_bytes_or_an_unknown_package_releases_nothing(kiosk: Kiosk) -> None:
    # CK-ACK-04
    entry = kiosk.commit("a")
    for changed in (replace(entry, sha256=b"x" * 32), replace(entry, seq=2)):
        with pytest.raises(ReceiptMismatch):
            kiosk.outbox.release(receipt_for(changed), checked)
    with pytest.raises(UnknownPackage):
        kiosk.outbox.release(receipt_for(replace(entry, id="z")), checked)

    assert kiosk.outbox.entry("a").status is Status.SEALED


def test_a_full_disk_refuses_by_name_and_loses_nothing(tmp_path: Path) -> None:
    kiosk = open_kiosk(tmp_path, max_bytes=400_000)
    kept = 0
    with pytest.raises(OutboxFull):  # noqa: PT012 -- how many fit is SQLite's affair
        for n in range(100):
            kiosk.commit(str(n), size=50_000)
            kept = n + 1
    before = kiosk.outbox.summary()

    assert before.waiting == kept > 2
    assert kiosk.commit("small", size=10).seq == kept + 1
    for n in range(kept):
        assert len(kiosk.reader.package(str(n))) == 50_040
    for n in range(2):
        kiosk.outbox.release(receipt_for(kiosk.outbox.entry(str(n)), "settled"), checked)
    kiosk.outbox.erase_settled(settled_before=START + timedelta(days=1))
    assert kiosk.commit("again", size=50_000).seq == kept + 2
    kiosk.database.close()


def test_the_oldest_waiting_package_tells_its_age(kiosk: Kiosk) -> None:
    assert kiosk.outbox.summary().oldest_age_s(START) == 0
    first = kiosk.commit("a")
    kiosk.now += timedelta(minutes=5)
    kiosk.commit("b")
    kiosk.now += timedelta(minutes=5)

    assert kiosk.outbox.summary().oldest_age_s(kiosk.now) == 600
    kiosk.outbox.release(receipt_for(first), checked)
    assert kiosk.outbox.summary().oldest_age_s(kiosk.now) == 300
    assert kiosk.outbox.summary().waiting_bytes == kiosk.outbox.entry("b").size


def test_a_clock_that_was_not_set_makes_no_package_older_than_this_boot(kiosk: Kiosk) -> None:
    kiosk.now = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    unset = kiosk.commit("sealed in 1970")
    assert kiosk.outbox.summary().oldest_age_s(kiosk.now, lambda: 90.0) == 90
    assert kiosk.outbox.summary().oldest_age_s(START, lambda: 120.0) == 120

    kiosk.now = START
    kiosk.commit("sealed after the clock was set")
    assert kiosk.outbox.summary().oldest_age_s(START + timedelta(hours=3), lambda: 7200.0) == 3 * 3600
    kiosk.outbox.release(receipt_for(unset), checked)
    assert kiosk.outbox.summary().oldest_age_s(START + timedelta(hours=3), lambda: 7200.0) == 3 * 3600


def test_a_package_sealed_in_the_future_is_as_old_as_this_boot(kiosk: Kiosk) -> None:
    kiosk.now = START + timedelta(days=400)
    kiosk.commit("sealed too late")
    assert kiosk.outbox.summary().oldest_age_s(START, lambda: 60.0) == 60
    assert 0 < kiosk.outbox.summary().oldest_age_s(START) < 20 * 366 * 86_400


def test_telemetry_waits_for_the_uplink_and_the_oldest_goes_first(kiosk: Kiosk) -> None:
    for n in range(10):
        kiosk.outbox.add_telemetry("power", b"%d" % n, keep=4)
    samples = kiosk.reader.telemetry()

    assert [sample.json for sample in samples] == [b"6", b"7", b"8", b"9"]
    assert samples[0].group == "power"
    assert kiosk.reader.telemetry(after=samples[2].n) == samples[3:]


ACTIONS = st.lists(
    st.tuples(st.sampled_from(("commit", "fail", "received", "settled", "rejected", "restart")), st.integers(0, 5)),
    max_size=25,
)


@given(ACTIONS)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_numbers_are_contiguous_and_no_bytes_go_missing(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int]]
) -> None:
    kiosk = open_kiosk(tmp_path_factory.mktemp("kiosk"))
    committed: list[OutboxEntry] = []
    for n, (action, which) in enumerate(actions):
        if action == "commit":
            committed.append(kiosk.commit(str(n)))
        elif action == "restart":
            kiosk.database.close()
            kiosk = open_kiosk(kiosk.folder)
        elif action == "fail":
            with pytest.raises(ZeroDivisionError):
                kiosk.outbox.commit_enrolment(str(n), lambda seq, prev: bytes(1 // 0))
        elif which < len(committed):
            kiosk.outbox.release(receipt_for(committed[which], action), checked)

    assert [entry.seq for entry in committed] == list(range(1, len(committed) + 1))
    assert [entry.prev for entry in committed] == [NO_PREVIOUS, *(entry.sha256 for entry in committed)][
        : len(committed)
    ]
    for entry in committed:
        assert hashlib.sha256(kiosk.reader.package(entry.id)).digest() == entry.sha256
    kiosk.database.close()


def test_after_a_busy_moment_a_transaction_is_whole_again(tmp_path: Path) -> None:
    with (
        CustodyDatabase.open(
            tmp_path / "outbox.db", tmp_path / "kiosk.db", busy_timeout_s=0.01, max_bytes=10_000_000
        ) as database,
        closing(sqlite3.connect(tmp_path / "outbox.db", isolation_level=None)) as other,
    ):
        outbox = Outbox(database)
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(CustodyBusy):
            outbox.commit_enrolment("first", lambda _seq, prev: prev)
        other.execute("ROLLBACK")

        def power_cut(_: sqlite3.Connection) -> None:
            raise RuntimeError

        with pytest.raises(RuntimeError):
            outbox.commit_enrolment("second", lambda _seq, prev: prev, within=power_cut)
        assert outbox.summary().last_seq == 0
        assert outbox.summary().waiting == 0
