"""Settled: only for a copy with the same bytes, told to the kiosk, and then the kiosk may erase."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from kiosk.custody.entries import Stage, Status
from kiosk.custody.errors import UnknownPackage
from kiosk.custody.reader import OutboxReader
from kiosk.office import tables
from kiosk.office.registry import load_registry
from kiosk.office.settling import AT_ONCE, BATCH, LOOK_S, SettledReceipts, settle
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import verify_receipt
from tests.office.conftest import Village
from tests.office.stand import NOW, KioskSide, OfficeSide, eventually, intake_of, open_office


@pytest.fixture
def office(village: Village, database_url: str) -> Iterator[OfficeSide]:
    with open_office(village.layout, database_url) as side:
        yield side


@pytest.fixture
def kiosk(village: Village, tmp_path: Path) -> Iterator[KioskSide]:
    with KioskSide(village.layout, "kiosk-tk-01", tmp_path / "kiosk", village.port) as side:
        yield side


def receipt_key(office: OfficeSide) -> SigningKey:
    return SigningKey.load(office.layout.collector / "receipt.key")


def untold(office: OfficeSide) -> int:
    with office.database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.untold)) or 0)


def test_a_settled_package_is_erased_on_the_kiosk_and_stays_at_the_office(office: OfficeSide, kiosk: KioskSide) -> None:
    office.start()
    kiosk.start()
    first, second = kiosk.enrol(), kiosk.enrol()
    for entry in (first, second):
        eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the package is received")
    stored = office.database.find(first.id)
    assert stored is not None
    settlement = settle(office.database, receipt_key(office), {stored.number: stored.sha256}, at=NOW)
    assert (settlement.settled, settlement.differing) == ((stored.number,), ())
    eventually(lambda: kiosk.status(first) is Status.SETTLED, "the word of it has come")
    eventually(lambda: untold(office) == 0, "the office knows that the broker has it")
    assert kiosk.outbox.erase_settled(settled_before=NOW + timedelta(days=36500)) == 1
    reader = OutboxReader(kiosk.directory / "outbox.db")
    assert [reader.entry(entry.id).stage(1) for entry in (first, second)] == [Stage.ERASED, Stage.RECEIVED]
    with pytest.raises(UnknownPackage):
        reader.package(first.id)
    assert reader.summary().erased == 1
    assert office.database.package(first.id) is not None


def test_a_kiosk_that_missed_the_word_gets_it_when_it_asks(office: OfficeSide, kiosk: KioskSide) -> None:
    office.start()
    kiosk.start()
    entry = kiosk.enrol()
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is received")
    kiosk.stop()
    office.stop()
    stored = office.database.find(entry.id)
    assert stored is not None
    settle(office.database, receipt_key(office), {stored.number: stored.sha256}, at=NOW)
    # A broker without memory has lost the word on its way.
    with office.database.transaction() as connection:
        connection.execute(tables.untold.delete())
    office.start()
    kiosk.start()
    eventually(lambda: kiosk.status(entry) is Status.SETTLED, "the kiosk has asked")


def test_a_copy_with_other_bytes_settles_nothing(office: OfficeSide, kiosk: KioskSide) -> None:
    intake = intake_of(office.layout, office.database)
    entry = kiosk.enrol()
    outcome = intake.accept(kiosk.kiosk, entry.id, OutboxReader(kiosk.directory / "outbox.db").package(entry.id))
    settlement = settle(office.database, receipt_key(office), {outcome.number: bytes(32), 999_999: bytes(32)}, at=NOW)
    assert (settlement.settled, settlement.differing) == ((), (outcome.number,))
    assert intake.known(kiosk.kiosk, entry.id, entry.sha256) == outcome.receipt


def test_settling_twice_says_the_same_and_signs_once(office: OfficeSide, kiosk: KioskSide) -> None:
    intake = intake_of(office.layout, office.database)
    reader = OutboxReader(kiosk.directory / "outbox.db")
    copy: dict[int, bytes] = {}
    for _ in range(BATCH + 3):
        entry = kiosk.enrol(size=1)
        copy[intake.accept(kiosk.kiosk, entry.id, reader.package(entry.id)).number] = entry.sha256
    key = receipt_key(office)
    assert len(settle(office.database, key, copy, at=NOW).settled) == BATCH + 3
    assert settle(office.database, key, copy, at=NOW).settled == ()
    assert untold(office) == BATCH + 3
    signed = intake.known(kiosk.kiosk, entry.id, entry.sha256)
    assert signed is not None
    assert verify_receipt(signed, key.public).status == "settled"


def test_words_that_the_broker_refuses_hold_back_no_others(office: OfficeSide, kiosk: KioskSide) -> None:
    intake = intake_of(office.layout, office.database)
    reader = OutboxReader(kiosk.directory / "outbox.db")
    numbers: list[int] = []
    for _ in range(AT_ONCE + 2):
        entry = kiosk.enrol(size=1)
        numbers.append(intake.accept(kiosk.kiosk, entry.id, reader.package(entry.id)).number)
    copy = {n: stored.sha256 for stored in office.database.newest(limit=100) if (n := stored.number) in numbers}
    settle(office.database, receipt_key(office), copy, at=NOW)
    clock_s = [0.0]
    published: list[bytes] = []

    def publish(_topic: str, payload: bytes) -> int:
        published.append(payload)
        return len(published)

    telling = SettledReceipts(
        office.database,
        registry=lambda: load_registry(office.layout.registry),
        publish=publish,
        monotonic_s=lambda: clock_s[0],
    )
    for _ in range(4):
        telling.tell()
        for mid in range(1, len(published) + 1):
            # The broker has something against the first ones, for ever.
            telling.on_outcome(mid, "Quota exceeded" if published[mid - 1] in published[:AT_ONCE] else None)
        clock_s[0] += LOOK_S
    assert untold(office) == AT_ONCE
    assert len(set(published)) == len(numbers)
    assert len(published) > len(numbers), "what was refused is told again"
