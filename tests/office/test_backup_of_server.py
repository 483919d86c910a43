"""Backups of an office on PostgreSQL: in the same form as on SQLite, settled by the same rule, restored into either."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, inspect, select, text

from kiosk.custody.entries import OutboxEntry, Status, to_text
from kiosk.custody.reader import OutboxReader
from kiosk.office import backup, carrying, tables
from kiosk.office.backup import Backup, back_up
from kiosk.office.carrying import looked_at, unguarded
from kiosk.office.copies import DATABASE
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import make_engine
from kiosk.office.errors import BackupError
from kiosk.office.layout import OfficeLayout
from kiosk.office.migrations import bring_up_to_date
from kiosk.office.originals import ServerOriginal
from kiosk.office.provisioning import init_office
from kiosk.office.restoring import restore, restore_into_server
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import OfficeKeys
from kiosk.sealing.receipts import verify_receipt
from tests.office.postgres import Postgres
from tests.office.stand import NOW, KioskSide, intake_of
from tests.office.test_backup import spoil
from tests.office.test_desk_pages import enrolled

KIOSK = "kiosk-tk-01"
LATER = NOW + timedelta(hours=1)
Carry = Callable[[Connection, Table, Connection, Table], None]
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> OfficeLayout:
    root = tmp_path_factory.mktemp("server") / "office"
    return init_office(root, province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    return disk


@pytest.fixture
def url(postgres: Postgres) -> str:
    return postgres.new_database()


@pytest.fixture
def kiosk(layout: OfficeLayout, tmp_path: Path) -> Iterator[KioskSide]:
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as side:
        yield side


def taken_in(layout: OfficeLayout, url: str, kiosk: KioskSide, *sizes: int) -> list[tuple[OutboxEntry, bytes]]:
    """Enrolments of these sizes, received; with their receipts."""
    reader = OutboxReader(kiosk.directory / "outbox.db")
    taken: list[tuple[OutboxEntry, bytes]] = []
    with closing(OfficeDatabase.open(url)) as database:
        intake = intake_of(layout, database)
        for entry in [kiosk.enrol(size=size) for size in sizes]:
            receipt = intake.accept(KIOSK, entry.id, reader.package(entry.id)).receipt
            assert receipt is not None
            taken.append((entry, receipt))
    return taken


def filled(layout: OfficeLayout, url: str, kiosk: KioskSide) -> list[OutboxEntry]:
    """Three packages received, one kept apart, an account, and two kiosks that have told of themselves."""
    entries = [entry for entry, _ in taken_in(layout, url, kiosk, 1, 90_000, 5_000)]
    with closing(OfficeDatabase.open(url)) as database:
        intake_of(layout, database).accept(KIOSK, entries[0].id, b"of nobody")
        database.hear({KIOSK: {"sw": "1", "faults": ["camera"], "mains": True, "charge": 0.25}, "kiosk-x": {"sw": "2"}})
        with database.transaction() as connection:
            who = {"name": "mai", "role": 1, "password": "x", "made_at": to_text(NOW)}
            connection.execute(tables.account.insert().values(**who))
    return entries


def make(layout: OfficeLayout, url: str, disk: Path, *, at: datetime = NOW) -> Backup:
    return back_up(OfficeSettings(directory=layout.root, database_url=url), disk, at=at, same_disk=True)


def everything(url: str) -> Rows:
    """Every row of every table, as the program reads it."""
    with closing(OfficeDatabase.open(url)) as database, database.reading() as connection:
        return {
            table.name: [dict(row) for row in connection.execute(select(table).order_by(*table.primary_key)).mappings()]
            for table in tables.metadata.sorted_tables
        }


def statuses(url: str) -> list[str]:
    with closing(OfficeDatabase.open(url)) as database:
        return [stored.status for stored in database.newest(limit=100)]


def table_names(url: str) -> list[str]:
    engine = make_engine(url)
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_server_s_backup_settles_what_was_read_back_and_comes_back_into_a_server_and_into_a_file(
    layout: OfficeLayout, url: str, postgres: Postgres, kiosk: KioskSide, disk: Path, tmp_path: Path
) -> None:
    entries = filled(layout, url, kiosk)
    before = everything(url)
    assert [len(before[name]) for name in ("enrolment", "package", "quarantine", "account", "kiosk_last")] == [
        3, 3, 1, 1, 2,
    ]  # fmt: skip
    made = make(layout, url, disk)
    assert made.copy.packages == {number: entry.sha256 for number, entry in enumerate(entries, 1)}
    assert made.settlement.settled == (1, 2, 3)
    assert [row["at"] for row in everything(url)["last_done"]] == [to_text(NOW)]
    assert statuses(url) == ["settled"] * 3
    with pytest.raises(BackupError, match="is not empty, and nothing is overwritten"):
        restore_into_server(made.folder, url, at=LATER)

    server, file = postgres.new_database(), f"sqlite:///{tmp_path / 'new' / DATABASE}"
    for place, restored in (
        (server, restore_into_server(made.folder, server, at=LATER)),
        (file, restore(made.folder, tmp_path / "new", at=LATER)),
    ):
        assert restored.accounts == ("mai",)
        after = everything(place)
        words = [row for row in after["alarm"] if row["code"] == "restored"]
        assert [(row["kiosk"], row["detail"]) for row in words] == [("office", "2026-11-24 03:00Z")]
        assert after.pop("last_done") == [{"what": "backup", "at": to_text(NOW)}]
        after["last_done"] = []
        assert {**after, "alarm": [row for row in after["alarm"] if row not in words]} == before


@pytest.mark.parametrize("kind", ["server", "file"])
def test_no_receipt_number_of_the_lost_days_is_given_again_and_the_kiosk_learns_the_new_one(
    layout: OfficeLayout, request: pytest.FixtureRequest, kiosk: KioskSide, disk: Path, tmp_path: Path, kind: str
) -> None:
    # CK-ACK-12, CK-ACK-13. From a file into a server too: whoever outgrows SQLite goes this way.
    file = f"sqlite:///{tmp_path / 'old.db'}"
    taken_in(layout, file, kiosk, 1)
    folder = make(layout, file, disk).folder
    key = OfficeKeys.load(layout.collector / "office-keys.json").receipt
    ((entry, lost),) = taken_in(layout, file, kiosk, 1)  # after the backup: its number stands on somebody's slip
    assert kiosk.outbox.release(lost, lambda signed: verify_receipt(signed, key)).number == 2
    if kind == "server":
        place = request.getfixturevalue("postgres").new_database()
        restored = restore_into_server(folder, place, at=LATER)
    else:
        place = f"sqlite:///{tmp_path / 'new' / DATABASE}"
        restored = restore(folder, tmp_path / "new", at=LATER)
    assert restored.next_number == 200_000
    ((_, other),) = taken_in(layout, place, kiosk, 1)
    assert verify_receipt(other, key).number == 200_000
    with closing(OfficeDatabase.open(place)) as database:
        # The kiosk asks for the one that was lost, and gets a number that nobody else has.
        package = OutboxReader(kiosk.directory / "outbox.db").package(entry.id)
        receipt = intake_of(layout, database).accept(KIOSK, entry.id, package).receipt
    assert receipt is not None
    after = kiosk.outbox.release(receipt, lambda signed: verify_receipt(signed, key))
    assert (after.number, after.status) == (200_001, Status.RECEIVED)
    assert kiosk.outbox.release(lost, lambda signed: verify_receipt(signed, key)).number == 200_001


def test_a_copy_of_a_server_is_one_state_whatever_is_committed_meanwhile(
    layout: OfficeLayout, url: str, kiosk: KioskSide, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in(layout, url, kiosk, 1, 1)
    carry: Carry = carrying._carry

    def while_somebody_enrols(source: Connection, here: Table, target: Connection, there: Table) -> None:
        carry(source, here, target, there)
        if there.name == "enrolment":
            taken_in(layout, url, kiosk, 1)

    monkeypatch.setattr(carrying, "_carry", while_somebody_enrols)
    made = make(layout, url, disk)
    assert (sorted(made.copy.packages), made.copy.spoilt) == ([1, 2], ())
    with looked_at(made.folder / DATABASE) as copy:
        assert copy.scalar(text("SELECT count(*) FROM package")) == 2
        assert copy.scalar(text("SELECT count FROM tally")) == 2
    assert statuses(url) == ["received", "settled", "settled"]


def test_what_a_server_has_lost_is_named_and_a_copy_that_was_spoilt_is_refused_both_ways(
    layout: OfficeLayout, url: str, postgres: Postgres, kiosk: KioskSide, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_in(layout, url, kiosk, 1, 90_000, 5_000)
    with closing(OfficeDatabase.open(url)) as database, database.transaction() as connection:
        connection.execute(tables.package.update().where(tables.package.c.number == 3).values(bytes=b"rotten"))
        package = bytes(connection.scalar(select(tables.package.c.bytes).where(tables.package.c.number == 2)) or b"")
    made = make(layout, url, disk)
    assert list(map(str, made.copy.spoilt)) == ["receipt 3"]
    assert statuses(url) == ["received", "settled", "settled"]
    copied: Callable[[ServerOriginal, Path], None] = ServerOriginal.copy

    def onto_a_bad_disk(source: ServerOriginal, copy: Path) -> None:
        copied(source, copy)
        spoil(copy, package)

    with monkeypatch.context() as patched:
        patched.setattr(ServerOriginal, "copy", onto_a_bad_disk)
        with pytest.raises(BackupError, match=r"office\.db is damaged: .* in 1: receipt 2$"):
            make(layout, url, disk, at=LATER)
    assert list(disk.iterdir()) == [made.folder]

    empty, carry = postgres.new_database(), carrying._carry

    def loses_one(source: Connection, here: Table, target: Connection, there: Table) -> None:
        carry(source, here, target, there)
        if there.name == "package":
            target.execute(there.delete().where(there.c.number == 2))

    with monkeypatch.context() as patched:
        patched.setattr(carrying, "_carry", loses_one)
        with pytest.raises(BackupError, match=r"gives back other bytes .* receipt 2$"):
            restore_into_server(made.folder, empty, at=LATER)
    spoil(made.folder / DATABASE, package)
    with pytest.raises(BackupError, match="its SHA-256 is not the one"):
        restore_into_server(made.folder, empty, at=LATER)
    assert table_names(empty) == []


def test_a_backup_of_an_earlier_program_goes_into_a_server_and_is_brought_up_to_date_there(
    layout: OfficeLayout, postgres: Postgres, kiosk: KioskSide, disk: Path, tmp_path: Path
) -> None:
    file = f"sqlite:///{tmp_path / 'old.db'}"
    with unguarded(tmp_path / "old.db") as connection:
        bring_up_to_date(connection, to="0008")
        for seq in (1, 2, 3):
            old = enrolled(seq)
            row = {"id": old.id, "kiosk": KIOSK, "seq": seq, "sha256": old.sha256, "prev": old.prev}
            times = dict.fromkeys(("sealed_at", "received_at", "started_at", "finished_at"), to_text(NOW))
            rest = {"simulated": True, "size": 1, "name": "", "unit": "", "slots": "{}", "status": "received"}
            names = ", ".join({**row, **times, **rest})
            values = ", ".join(f":{name}" for name in {**row, **times, **rest})
            statement = text(f"INSERT INTO enrolment ({names}) VALUES ({values})")  # noqa: S608 - the names are above
            connection.execute(statement, {**row, **times, **rest})
    # As the earlier program would have copied it: the backup itself brings nothing up to date.
    folder = backup._write(backup.original(file, office=layout.collector), disk, NOW)[0]
    server = postgres.new_database()
    restore_into_server(folder, server, at=LATER)
    assert [row["count"] for row in everything(server)["tally"]] == [3]


def test_two_databases_of_different_tables_are_not_copied_into_each_other(tmp_path: Path) -> None:
    with unguarded(tmp_path / "a.db") as a, unguarded(tmp_path / "b.db") as b:
        a.exec_driver_sql("CREATE TABLE one (n INTEGER PRIMARY KEY)")
        b.exec_driver_sql("CREATE TABLE one (m INTEGER PRIMARY KEY)")
        with pytest.raises(BackupError, match="different tables"):
            carrying.carry_over(a, b)
