"""Package, collector, receipt, release: over a real broker with TLS, and through everything that breaks on the way."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.exc import OperationalError

from kiosk.custody.entries import Status
from kiosk.custody.errors import CustodyError
from kiosk.office.records import KioskLast
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt, verify_receipt
from kiosk.wire.messages import Battery, OutboxSample, Telemetry, encode_json
from tests.office.conftest import Village, free_port
from tests.office.stand import PATIENCE_S, KioskSide, OfficeSide, eventually, open_office


@pytest.fixture
def office(village: Village, database_url: str) -> Iterator[OfficeSide]:
    with open_office(village.layout, database_url) as side:
        yield side


@pytest.fixture
def kiosk(village: Village, tmp_path: Path) -> Iterator[KioskSide]:
    with KioskSide(village.layout, "kiosk-tk-01", tmp_path / "kiosk", village.port) as side:
        yield side


def test_a_package_is_committed_and_its_receipt_releases_it(office: OfficeSide, kiosk: KioskSide) -> None:
    office.start()
    kiosk.start()
    entry = kiosk.enrol(size=300_000)
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    stored = office.database.package(entry.id)
    assert stored is not None
    assert (stored[0].kiosk, stored[0].seq, stored[0].name) == ("kiosk-tk-01", 1, "Nguyễn Thị Mận")
    assert stored[0].number == kiosk.outbox.entry(entry.id).number
    assert len(stored[1]) == entry.size


def test_a_collector_killed_at_its_commit_loses_nothing_and_counts_once(
    village: Village, office: OfficeSide, kiosk: KioskSide, tmp_path: Path
) -> None:
    doomed = subprocess.Popen([sys.executable, "-c", KILLED_AT_COMMIT, str(village.layout.root), office.url])
    kiosk.start()
    entry = kiosk.enrol()
    assert doomed.wait(PATIENCE_S) == -signal.SIGKILL
    assert kiosk.status(entry) is Status.SEALED
    assert office.database.count() == 0
    office.start()
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    assert office.database.count() == 1


def test_a_database_that_fails_for_a_while_loses_nothing(office: OfficeSide, kiosk: KioskSide) -> None:
    # CK-ACK-06
    fails = iter([True, True])

    def fail(_connection: Connection) -> None:
        if next(fails, False):
            raise OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))

    office.start()
    event.listen(office.database._engine, "commit", fail)
    kiosk.start()
    entry = kiosk.enrol()
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    assert office.database.count() == 1
    assert next(fails, None) is None


def test_a_broker_killed_in_the_middle_of_sending_loses_nothing(
    village: Village, office: OfficeSide, kiosk: KioskSide
) -> None:
    office.start()
    kiosk.start(window=1)
    entries = [kiosk.enrol(size=2_000_000), *(kiosk.enrol(size=50_000) for _ in range(4))]
    eventually(lambda: held_chunks(office) > 0, "the first chunks have come")
    village.broker.kill()
    village.broker.start()
    for entry in entries:
        eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the package is released")
    assert office.database.count() == len(entries)
    assert office.database.gaps() == {}


def test_a_package_sent_again_is_committed_once_and_gets_the_same_receipt(
    office: OfficeSide, kiosk: KioskSide, tmp_path: Path
) -> None:
    # CK-ACK-08
    office.start()
    kiosk.start()
    entry = kiosk.enrol(size=200_000)
    eventually(lambda: len(receipts(kiosk)) == 1, "a receipt has come")
    kiosk.stop()
    first = receipts(kiosk)
    (kiosk.directory / "inbox.db").unlink()
    kiosk.start()
    eventually(lambda: len(receipts(kiosk)) == 1, "a receipt has come again")
    assert receipts(kiosk) == first
    assert office.database.count() == 1
    assert kiosk.outbox.entry(entry.id).status is Status.SEALED
    assert kiosk.status(entry) is Status.RECEIVED


def test_a_refused_package_is_kept_apart_and_the_next_one_passes(
    village: Village, office: OfficeSide, tmp_path: Path
) -> None:
    office.start()
    stranger = KioskSide(
        village.layout, "kiosk-tk-02", tmp_path / "stranger", village.port, signer=SigningKey.generate()
    )
    with stranger as kiosk:
        kiosk.start()
        entry = kiosk.enrol()
        eventually(lambda: kiosk.status(entry) is Status.REJECTED, "the package is refused")
        assert kiosk.outbox.entry(entry.id).code == "wrong_key"
        assert kiosk.outbox.summary().waiting == 1
        kiosk.record_key = SigningKey.load(village.layout.bundle("kiosk-tk-02") / "kiosk" / "record.key")
        good = kiosk.enrol()
        eventually(lambda: kiosk.status(good) is Status.RECEIVED, "the next one is released")
    assert office.database.count() == 1
    assert [alarm.code for alarm in office.database.alarms()] == ["wrong_key"]
    assert office.database.gaps() == {}


def test_a_transfer_goes_on_where_it_was_interrupted(office: OfficeSide, kiosk: KioskSide) -> None:
    # CK-ENROL-11
    office.start()
    kiosk.start(window=1)
    entry = kiosk.enrol(size=4_000_000)
    eventually(lambda: held_chunks(office) > 4, "some chunks have come")
    kiosk.stop()
    held = held_chunks(office)
    assert held < 60
    kiosk.start()
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    progress = kiosk.inbox.send_state(entry.id)
    assert progress is not None
    assert sum(last - first + 1 for first, last in progress.have) >= held


def test_an_uplink_killed_in_the_middle_sends_on_when_it_is_back(
    village: Village, office: OfficeSide, kiosk: KioskSide
) -> None:
    office.start()
    entries = [kiosk.enrol(size=3_000_000), kiosk.enrol()]
    doomed = subprocess.Popen(
        [sys.executable, "-c", UPLINK, str(village.layout.root), str(village.port), str(kiosk.directory)]
    )
    eventually(lambda: held_chunks(office) > 4, "some chunks have come")
    doomed.kill()
    doomed.wait(PATIENCE_S)
    kiosk.start()
    for entry in entries:
        eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the package is released")
    assert office.database.count() == 2


def test_a_collector_restarted_in_the_middle_asks_for_a_new_offer(office: OfficeSide, kiosk: KioskSide) -> None:
    # CK-ENROL-09, CK-ENROL-12
    office.start()
    kiosk.start(window=1, answer_timeout_s=60.0)
    entry = kiosk.enrol(size=4_000_000)
    eventually(lambda: held_chunks(office) > 4, "some chunks have come")
    office.stop()
    office.start()
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    assert office.database.count() == 1


def test_receipts_of_settled_packages_are_cleared_away_and_others_stay(office: OfficeSide, kiosk: KioskSide) -> None:
    office.start()
    kiosk.start()
    settled, waiting = kiosk.enrol(), kiosk.enrol()
    for entry in (settled, waiting):
        eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the package is released")
    kiosk.stop()
    word = Receipt(settled.id, kiosk.kiosk, settled.seq, settled.sha256, "settled", 1, datetime.now(UTC))
    office_key = SigningKey.load(office.layout.collector / "receipt.key")
    kiosk.outbox.release(sign_receipt(word, office_key), lambda signed: verify_receipt(signed, office_key.public))
    kiosk.start()
    eventually(lambda: [arrived.name for arrived in kiosk.inbox.receipts()] == [waiting.id], "one receipt is left")


def test_the_office_sees_a_kiosk_come_and_go(office: OfficeSide, kiosk: KioskSide) -> None:
    # CK-STATE-01
    office.start()
    kiosk.start()
    kiosk.enrol()

    def seen(state: str) -> bool:
        return any(row.kiosk == "kiosk-tk-01" and row.state == state for row in office.database.kiosks())

    eventually(lambda: seen("ready"), "the kiosk is seen")
    eventually(lambda: last_of(office, "kiosk-tk-01").seq_last == 1, "its outbox is told")
    kiosk.outbox.add_telemetry("power", telemetry(charge=0.42, mains=False))
    eventually(lambda: last_of(office, "kiosk-tk-01").charge == 0.42, "its battery is told")
    kiosk.stop()
    eventually(lambda: seen("offline"), "its goodbye is heard")


def test_a_broker_that_is_down_is_a_state_for_the_officer_and_nothing_more(kiosk: KioskSide) -> None:
    kiosk.port = free_port()
    kiosk.start()
    kiosk.enrol()

    def said() -> bool:
        try:
            state = kiosk.inbox.link()
        except CustodyError:
            return False
        return state is not None and not state.connected and state.reason == "unreachable"

    eventually(said, "the inbox says that the office cannot be reached")
    assert kiosk.outbox.summary().waiting == 1


KILLED_AT_COMMIT = """
import os, signal, sys, threading
from pathlib import Path
from sqlalchemy import event
from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.settings import OfficeSettings

database = OfficeDatabase.open(sys.argv[2])
def kill(connection):
    if connection.exec_driver_sql("SELECT count(*) FROM enrolment").scalar():
        os.kill(os.getpid(), signal.SIGKILL)
event.listen(database._engine, "commit", kill)
settings = OfficeSettings(directory=Path(sys.argv[1]), reconnect_min_s=0.05, reconnect_max_s=0.2)
Collector(settings, database, Changes()).run(threading.Event())
"""


UPLINK = """
import sys, threading
from pathlib import Path
from kiosk.office.layout import OfficeLayout
from tests.office.stand import link_settings_of
from kiosk.uplink.process import run_uplink
from kiosk.uplink.settings import UplinkSettings

layout, port, directory = OfficeLayout(Path(sys.argv[1])), int(sys.argv[2]), Path(sys.argv[3])
link = link_settings_of(layout, "kiosk-tk-01", port)
settings = UplinkSettings("ht", "tk", "kiosk-tk-01", link, directory / "outbox.db", directory / "inbox.db", window=1)
run_uplink(settings, threading.Event())
"""


def held_chunks(office: OfficeSide) -> int:
    collector = office.collector
    if collector is None:
        return 0
    return collector._halves.held_bytes // 65_536


def receipts(kiosk: KioskSide) -> list[bytes]:
    try:
        return [arrived.data for arrived in kiosk.inbox.receipts()]
    except CustodyError:
        return []


def last_of(office: OfficeSide, kiosk: str) -> KioskLast:
    return next(row for row in office.database.kiosks() if row.kiosk == kiosk)


def telemetry(*, charge: float, mains: bool) -> bytes:
    sample = Telemetry(
        ts=datetime.now(UTC),
        boot="boot",
        seq_last=1,
        chain="0" * 64,
        outbox=OutboxSample(n=0, bytes=0, oldest_s=0),
        batt=Battery(charge=charge, mains=mains),
        sw="1",
    )
    return encode_json(sample)
