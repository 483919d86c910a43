"""What the office takes in, what it keeps apart, and what it answers. No broker."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from kiosk.office import intake as intake_module
from kiosk.office.database import OfficeDatabase
from kiosk.office.intake import Arrival
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office, revoke_kiosk
from kiosk.office.records import NewEnrolment
from kiosk.sealing.header import NO_PREVIOUS
from kiosk.sealing.keys import OfficeKeys
from kiosk.sealing.receipts import Receipt, verify_receipt
from tests.office.stand import NOW, KioskSide, intake_of, new_id


def make_office(directory: Path, *, demo: bool = True) -> OfficeLayout:
    kiosks = ["kiosk-tk-01", "kiosk-tk-02"]
    return init_office(directory, province="ht", communes=["tk"], kiosks=kiosks, demo=demo).layout


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return make_office(tmp_path / "office")


@pytest.fixture
def database(database_url: str) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(database_url)
    yield database
    database.close()


@pytest.fixture
def kiosk(layout: OfficeLayout, tmp_path: Path) -> Iterator[KioskSide]:
    with KioskSide(layout, "kiosk-tk-01", tmp_path / "kiosk", 1) as side:
        yield side


def read(layout: OfficeLayout, signed: bytes | None) -> Receipt:
    assert signed is not None
    return verify_receipt(signed, OfficeKeys.load(layout.collector / "office-keys.json").receipt)


def test_a_good_package_gets_the_next_number_and_a_receipt_over_its_bytes(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-ACK-07
    package_id = new_id()
    data = kiosk.package(package_id, 1, NO_PREVIOUS)
    outcome = intake_of(layout, database).accept("kiosk-tk-01", package_id, data)
    receipt = read(layout, outcome.receipt)
    assert (receipt.id, receipt.kiosk, receipt.seq) == (package_id, "kiosk-tk-01", 1)
    assert receipt.sha256 == hashlib.sha256(data).digest()
    assert (receipt.status, receipt.number) == ("received", outcome.number)


def test_the_same_package_again_gets_the_very_same_receipt(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-ACK-08
    package_id = new_id()
    data = kiosk.package(package_id, 1, NO_PREVIOUS)
    intake = intake_of(layout, database)
    first = intake.accept("kiosk-tk-01", package_id, data)
    again = intake.accept("kiosk-tk-01", package_id, data)
    assert (again.receipt, again.number, again.new) == (first.receipt, first.number, False)
    assert intake.known("kiosk-tk-01", package_id, hashlib.sha256(data).digest()) == first.receipt
    assert database.count() == 1


def test_the_same_id_with_other_bytes_is_an_alarm(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-ACK-10
    package_id = new_id()
    intake = intake_of(layout, database)
    intake.accept("kiosk-tk-01", package_id, kiosk.package(package_id, 1, NO_PREVIOUS))
    outcome = intake.accept("kiosk-tk-01", package_id, kiosk.package(package_id, 1, NO_PREVIOUS))
    assert outcome.code == read(layout, outcome.receipt).code == "id_reused"
    assert [alarm.code for alarm in database.alarms()] == ["id_reused"]
    assert database.count() == 1


def test_two_packages_on_one_place_are_an_alarm(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-ACK-10
    first, second = new_id(), new_id()
    intake = intake_of(layout, database)
    intake.accept("kiosk-tk-01", first, kiosk.package(first, 1, NO_PREVIOUS))
    outcome = intake.accept("kiosk-tk-01", second, kiosk.package(second, 1, NO_PREVIOUS))
    assert outcome.code == "sequence_reused"
    assert database.count() == 1


def test_a_missing_place_is_counted_until_it_is_filled(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-SEQ-02
    one, two, three = new_id(), new_id(), new_id()
    packages = [kiosk.package(one, 1, NO_PREVIOUS)]
    for number, package_id in ((2, two), (3, three)):
        packages.append(kiosk.package(package_id, number, hashlib.sha256(packages[-1]).digest()))
    intake = intake_of(layout, database)
    intake.accept("kiosk-tk-01", one, packages[0])
    intake.accept("kiosk-tk-01", three, packages[2])
    assert database.gaps() == {"kiosk-tk-01": 1}
    intake.accept("kiosk-tk-01", two, packages[1])
    assert database.gaps() == {}
    assert database.alarms() == []


def test_a_kiosk_that_has_less_than_it_gave_out_is_told_of(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    package_id = new_id()
    intake_of(layout, database).accept("kiosk-tk-01", package_id, kiosk.package(package_id, 1, NO_PREVIOUS))
    database.hear({"kiosk-tk-01": {"seq_last": 5, "outbox_n": 4}})
    assert database.gaps() == {}
    database.hear({"kiosk-tk-01": {"seq_last": 5, "outbox_n": 1}, "kiosk-tk-02": {"seq_last": 2, "outbox_n": 0}})
    assert database.gaps() == {"kiosk-tk-01": 3, "kiosk-tk-02": 2}


def test_a_package_that_does_not_follow_the_one_before_is_kept_and_told(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    # CK-SEQ-03
    one, two = new_id(), new_id()
    intake = intake_of(layout, database)
    intake.accept("kiosk-tk-01", one, kiosk.package(one, 1, NO_PREVIOUS))
    outcome = intake.accept("kiosk-tk-01", two, kiosk.package(two, 2, b"\x07" * 32))
    assert outcome.number
    assert [alarm.code for alarm in database.alarms()] == ["chain_broken"]


def test_who_dies_right_after_a_commit_has_raised_its_alarms(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object, **__: object) -> bool:
        raise SystemExit

    # Whatever would be told after the commit is not told any more.
    monkeypatch.setattr(OfficeDatabase, "raise_alarm", dies)
    first, broken, spoilt = new_id(), new_id(), new_id()
    intake = intake_of(layout, database)
    intake.accept("kiosk-tk-01", first, kiosk.package(first, 1, NO_PREVIOUS))
    assert intake.accept("kiosk-tk-01", broken, kiosk.package(broken, 2, b"\x07" * 32)).number
    assert not intake.accept("kiosk-tk-01", spoilt, kiosk.package(broken, 3, bytes(31) + b"\1")).number
    assert {alarm.code for alarm in database.alarms()} == {"chain_broken", "package_refused"}


def test_a_field_office_refuses_simulated_devices(database: OfficeDatabase, tmp_path: Path) -> None:
    field = make_office(tmp_path / "field", demo=False)
    with KioskSide(field, "kiosk-tk-01", tmp_path / "kiosk-field", 1) as kiosk:
        package_id = new_id()
        data = kiosk.package(package_id, 1, NO_PREVIOUS)
        outcome = intake_of(field, database).accept("kiosk-tk-01", package_id, data)
        assert outcome.code == read(field, outcome.receipt).code == "simulated_driver"
        kiosk.simulated = False
        package_id = new_id()
        data = kiosk.package(package_id, 2, hashlib.sha256(data).digest())
        assert intake_of(field, database).accept("kiosk-tk-01", package_id, data).code == ""
    assert database.gaps() == {}


def test_a_package_of_another_kiosk_or_id_is_refused(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    package_id = new_id()
    data = kiosk.package(package_id, 1, NO_PREVIOUS)
    intake = intake_of(layout, database)
    assert intake.accept("kiosk-tk-02", package_id, data).code == "wrong_key"
    assert intake.accept("kiosk-tk-01", new_id(), data).code == "wrong_id"
    assert intake.accept("kiosk-tk-09", package_id, data).code == "unknown_kiosk"
    assert database.count() == 0


def test_a_revoked_kiosk_is_no_longer_believed(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    revoke_kiosk(layout.root, "kiosk-tk-01", at=NOW)
    package_id = new_id()
    outcome = intake_of(layout, database).accept("kiosk-tk-01", package_id, kiosk.package(package_id, 1, NO_PREVIOUS))
    assert outcome.code == "revoked"


def test_a_revoked_kiosk_is_not_believed_again_by_an_office_whose_clock_fell_back(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    revoke_kiosk(layout.root, "kiosk-tk-01", at=NOW + timedelta(days=400))
    package_id = new_id()
    outcome = intake_of(layout, database).accept("kiosk-tk-01", package_id, kiosk.package(package_id, 1, NO_PREVIOUS))
    assert outcome.code == "revoked"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000_000), bit=st.integers(0, 7))
def test_one_changed_bit_anywhere_is_refused_and_kept_whole(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide, place: int, bit: int
) -> None:
    # CK-ACK-09
    package_id = new_id()
    data = bytearray(kiosk.package(package_id, 1, NO_PREVIOUS, size=64))
    data[place % len(data)] ^= 1 << bit
    outcome = intake_of(layout, database).accept("kiosk-tk-01", package_id, bytes(data))
    assert outcome.code in {"bad_encoding", "bad_signature", "wrong_key"}
    assert database.count() == 0
    sha256 = hashlib.sha256(bytes(data)).digest()
    assert database.quarantined("kiosk-tk-01", package_id, sha256) == outcome.receipt
    if outcome.receipt is not None:
        assert read(layout, outcome.receipt).status == "rejected"


def test_good_bytes_that_came_once_under_a_wrong_id_are_still_taken_in(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    package_id = new_id()
    data = kiosk.package(package_id, 1, NO_PREVIOUS)
    intake = intake_of(layout, database)
    assert intake.accept("kiosk-tk-01", new_id(), data).code == "wrong_id"
    assert intake.known("kiosk-tk-01", package_id, hashlib.sha256(data).digest()) is None
    outcome = intake.accept("kiosk-tk-01", package_id, data)
    assert read(layout, outcome.receipt).status == "received"


def test_the_largest_number_a_kiosk_can_claim_does_no_harm(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    package_id = new_id()
    data = kiosk.package(package_id, (1 << 63) - 1, bytes([1]) * 32)
    assert intake_of(layout, database).accept("kiosk-tk-01", package_id, data).code == ""


def test_a_kiosk_cannot_fill_the_disk_with_refused_packages(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kiosk.office.database.MAX_APART", 2)
    intake = intake_of(layout, database)
    data = [kiosk.package(new_id(), n, bytes([n]) * 32) for n in (2, 3, 4)]
    answers = [intake.accept("kiosk-tk-01", new_id(), each).receipt for each in data]
    assert [answer is None for answer in answers] == [False, False, True]
    assert "quarantine_full" in {alarm.code for alarm in database.alarms()}
    assert intake.accept("kiosk-tk-02", new_id(), data[2]).receipt is not None


def test_an_error_of_the_database_repeats_nobodys_name(database: OfficeDatabase) -> None:
    with pytest.raises(SQLAlchemyError) as failed, database.transaction() as connection:
        connection.execute(text("INSERT INTO enrolment (name) VALUES (:name)"), {"name": "Nguyễn Thị Mận"})
    # The driver's own error is told below it in a traceback.
    assert "Mận" not in f"{failed.value!r} {failed.value} {failed.value.__cause__!r} {failed.value.__cause__}"


def test_packages_that_came_together_are_committed_together_and_each_gets_its_own_answer(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide
) -> None:
    ids = [new_id() for _ in range(4)]
    first = kiosk.package(ids[0], 1, NO_PREVIOUS)
    arrivals = [
        Arrival("kiosk-tk-01", ids[0], first),
        Arrival("kiosk-tk-01", ids[0], first),
        Arrival("kiosk-tk-01", ids[1], kiosk.package(ids[1], 1, NO_PREVIOUS)),
        Arrival("kiosk-tk-01", ids[2], b"nothing"),
        Arrival("kiosk-tk-01", ids[3], kiosk.package(ids[3], 2, hashlib.sha256(first).digest())),
    ]
    outcomes = intake_of(layout, database).accept_all(arrivals)
    assert [outcome.code for outcome in outcomes] == ["", "", "sequence_reused", "bad_encoding", ""]
    assert [outcome.new for outcome in outcomes] == [True, False, True, True, True]
    assert [read(layout, outcomes[n].receipt).status for n in (0, 1, 2, 4)] == [
        "received",
        "received",
        "rejected",
        "received",
    ]
    assert outcomes[0].receipt == outcomes[1].receipt
    assert database.count() == 2


def test_a_database_that_fails_in_the_middle_of_several_takes_in_none(
    layout: OfficeLayout, database: OfficeDatabase, kiosk: KioskSide, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [new_id() for _ in range(2)]
    first = kiosk.package(ids[0], 1, NO_PREVIOUS)
    second = kiosk.package(ids[1], 2, hashlib.sha256(first).digest())
    inserted, calls = intake_module.insert_enrolment, iter([True, False])

    def fail_at_the_second(connection: Connection, new: NewEnrolment, *, received_at: datetime) -> int:
        if next(calls):
            return inserted(connection, new, received_at=received_at)
        raise OperationalError("INSERT", {}, OSError("the disk is full"))

    monkeypatch.setattr(intake_module, "insert_enrolment", fail_at_the_second)
    with pytest.raises(OperationalError):
        intake_of(layout, database).accept_all(
            [Arrival("kiosk-tk-01", one, data) for one, data in zip(ids, (first, second), strict=True)]
        )
    assert database.count() == 0
