"""Backups: what was read back from the copy is settled, and a restored office has every package, receipt and row."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.entries import OutboxEntry, to_text
from kiosk.custody.reader import OutboxReader
from kiosk.office import backup, tables
from kiosk.office.backup import Backup, back_up
from kiosk.office.copies import DATABASE, MANIFEST, verify_copy
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.errors import BackupError
from kiosk.office.layout import OfficeLayout
from kiosk.office.originals import FileOriginal
from kiosk.office.provisioning import init_office
from kiosk.office.restoring import Restored
from kiosk.office.restoring import restore as restore_at
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.receipts import verify_receipt
from tests.office.stand import NOW, KioskSide, intake_of, new_id
from tests.office.test_desk_pages import enrolled

KIOSK = "kiosk-tk-01"
Row = tuple[object, ...]


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.fixture
def database(layout: OfficeLayout) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    yield database
    database.close()


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir()
    return disk


@pytest.fixture
def entries(layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path) -> list[OutboxEntry]:
    """Three packages received, one kept apart."""
    intake = intake_of(layout, database)
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as kiosk:
        entries = [kiosk.enrol(size=size) for size in (1, 90_000, 5_000)]
        reader = OutboxReader(kiosk.directory / "outbox.db")
        for entry in entries:
            assert intake.accept(KIOSK, entry.id, reader.package(entry.id)).new
    with KioskSide(layout, KIOSK, tmp_path / "stranger", 1, signer=SigningKey.generate()) as stranger:
        package_id = new_id()
        intake.accept(KIOSK, package_id, stranger.package(package_id, 9, bytes([1]) * 32))
    return entries


def make(layout: OfficeLayout, disk: Path, *, at: datetime = NOW) -> Backup:
    return back_up(OfficeSettings(directory=layout.root), disk, at=at, same_disk=True)


def restore(folder: Path, to: Path, *, older: bool = False) -> Restored:
    return restore_at(folder, to, at=NOW + timedelta(hours=1), older=older)


def everything(database: Path) -> dict[str, list[Row]]:
    with closing(sqlite3.connect(database)) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in sorted(names)}  # noqa: S608


def statuses(database: OfficeDatabase) -> list[str]:
    return [stored.status for stored in database.newest(limit=100)]


def spoil(file: Path, package: bytes) -> None:
    """Change one bit of this package in the file, where it lies on one page."""
    data = bytearray(file.read_bytes())
    places = (data.find(package[start : start + 64]) for start in range(len(package) // 2, len(package), 64))
    data[next(place for place in places if place >= 0)] ^= 1
    file.write_bytes(data)


def test_a_destroyed_office_comes_back_with_every_package_receipt_and_row(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path
) -> None:
    before = everything(layout.database)
    assert {name: len(before[name]) for name in ("enrolment", "package", "quarantine", "alarm")} == {
        "enrolment": 3,
        "package": 3,
        "quarantine": 1,
        "alarm": 1,
    }
    made = make(layout, disk)
    assert made.copy.packages == {number: entry.sha256 for number, entry in enumerate(entries, 1)}
    database.close()
    for file in layout.collector.glob("office.db*"):
        file.unlink()

    restored_copy = restore(made.folder, layout.collector)
    assert restored_copy.copy.packages == made.copy.packages
    after = everything(layout.database)
    # Nothing but the word that it was restored, and from where receipts are counted on.
    assert after.pop("alarm")[:1] == before.pop("alarm")
    assert (after.pop("last_done"), before.pop("last_done")) == ([("backup", to_text(NOW))], [])
    counted = {str(name): n for name, n in before.pop("sqlite_sequence")}
    assert {str(name): n for name, n in after.pop("sqlite_sequence")} == {**counted, "enrolment": 199_999, "alarm": 2}
    assert after == before
    with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as restored:
        key = OfficeKeys.load(layout.collector / "office-keys.json").receipt
        for entry in entries:
            signed = intake_of(layout, restored).known(KIOSK, entry.id, entry.sha256)
            assert signed is not None
            assert verify_receipt(signed, key).id == entry.id
        assert len(make(layout, disk, at=NOW + timedelta(days=1)).settlement.settled) == 3


def test_what_was_read_back_is_settled_and_a_second_backup_settles_only_what_is_new(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path, tmp_path: Path
) -> None:
    assert make(layout, disk).settlement.settled == (1, 2, 3)
    assert statuses(database) == ["settled"] * 3
    with KioskSide(layout, KIOSK, tmp_path / "kiosk", 1) as kiosk:
        entry = kiosk.enrol()
        package = OutboxReader(kiosk.directory / "outbox.db").package(entry.id)
        intake_of(layout, database).accept(KIOSK, entry.id, package)
    second = make(layout, disk, at=NOW + timedelta(seconds=1))
    assert second.settlement.settled == (4,)
    assert sorted(folder.name for folder in disk.iterdir()) == ["office-20261124T030000Z", "office-20261124T030001Z"]
    assert len(verify_copy(second.folder).packages) == 4


def test_a_backup_can_be_read_by_its_owner_alone(layout: OfficeLayout, entries: list[OutboxEntry], disk: Path) -> None:
    folder = make(layout, disk).folder
    assert {path.name: path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())} == {
        folder.name: 0o700,
        DATABASE: 0o600,
        MANIFEST: 0o600,
    }


def test_a_copy_that_does_not_read_back_settles_nothing_and_is_removed(
    layout: OfficeLayout,
    database: OfficeDatabase,
    entries: list[OutboxEntry],
    disk: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: Callable[[FileOriginal, Path], None] = FileOriginal.copy
    package = database.package(entries[1].id)
    assert package is not None

    def onto_a_bad_disk(source: FileOriginal, copy: Path) -> None:
        copied(source, copy)
        spoil(copy, package[1])

    monkeypatch.setattr(FileOriginal, "copy", onto_a_bad_disk)
    with pytest.raises(BackupError, match=r"office\.db is damaged: .* in 1: receipt 2$"):
        make(layout, disk)
    assert statuses(database) == ["received"] * 3
    assert list(disk.iterdir()) == []


def test_one_rotten_record_of_the_office_keeps_nothing_else_from_being_copied_and_settled(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path, tmp_path: Path
) -> None:
    with database.transaction() as connection:
        connection.execute(tables.package.update().where(tables.package.c.number == 2).values(bytes=b"rotten"))
        connection.execute(tables.quarantine.update().values(bytes=b"rotten"))
    for _ in range(2):
        made = make(layout, disk, at=NOW + timedelta(minutes=len(list(disk.iterdir()))))
        assert list(map(str, made.copy.spoilt)) == ["receipt 2", "kept apart 1"]
    assert sorted(statuses(database)) == ["received", "settled", "settled"]
    assert [(alarm.kiosk, alarm.code) for alarm in database.alarms()][:2] == [("office", "bytes_lost")] * 2
    assert restore(made.folder, tmp_path / "new").copy.spoilt == made.copy.spoilt


def test_an_older_backup_is_restored_only_when_that_is_meant(
    layout: OfficeLayout, entries: list[OutboxEntry], disk: Path, tmp_path: Path
) -> None:
    older, newer = (make(layout, disk, at=NOW + timedelta(days=n)).folder for n in range(2))
    (disk / "office-notes").mkdir()
    with pytest.raises(BackupError, match=rf"{newer.name} is newer \(.*--older"):
        restore(older, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    restore(newer, tmp_path / "new")
    restore(older, tmp_path / "older", older=True)


def test_which_backup_is_newer_is_told_by_what_it_holds_and_not_by_a_clock_that_was_set_back(
    layout: OfficeLayout, entries: list[OutboxEntry], database: OfficeDatabase, disk: Path, tmp_path: Path
) -> None:
    fewer = make(layout, disk, at=NOW + timedelta(days=300)).folder
    with database.transaction() as connection:
        insert_enrolment(connection, replace(enrolled(7), sha256=hashlib.sha256(b"sealed").digest()), received_at=NOW)
    more = make(layout, disk, at=NOW).folder
    last = json.loads((more / MANIFEST).read_bytes())["last_receipt"]
    with pytest.raises(BackupError, match=rf"{more.name} is newer \(of 2026-11-24 03:00Z, receipts up to {last}; this"):
        restore(fewer, tmp_path / "new")
    assert restore(more, tmp_path / "new").copy.manifest.last_receipt == last
    # Where one of the two is from before it was kept, the clock tells.
    content = json.loads((more / MANIFEST).read_bytes())
    del content["last_receipt"]
    (more / MANIFEST).write_text(json.dumps(content), "utf-8")
    with pytest.raises(BackupError, match=rf"{fewer.name} is newer"):
        restore(more, tmp_path / "newer")
    restore(fewer, tmp_path / "newer")


@pytest.mark.parametrize(
    "damage", ["spoilt", "short", "no database", "no manifest", "half a manifest", "other manifest"]
)
def test_a_damaged_or_incomplete_backup_is_refused_by_its_file(
    layout: OfficeLayout,
    database: OfficeDatabase,
    entries: list[OutboxEntry],
    disk: Path,
    tmp_path: Path,
    damage: str,
) -> None:
    folder = make(layout, disk).folder
    package = database.package(entries[1].id)
    assert package is not None
    copy, manifest = folder / DATABASE, folder / MANIFEST
    match damage:
        case "spoilt":
            spoil(copy, package[1])
        case "short":
            os.truncate(copy, copy.stat().st_size - 4096)
        case "no database":
            copy.unlink()
        case "no manifest":
            manifest.unlink()
        case "half a manifest":
            os.truncate(manifest, 40)
        case _:
            manifest.write_text(json.dumps({**json.loads(manifest.read_bytes()), "version": 2}))
    named = MANIFEST if "manifest" in damage else DATABASE
    with pytest.raises(BackupError, match=str(folder / named)):
        restore(folder, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("taken", ["office.db", "office.db-wal", "office.db-journal"])
def test_a_restore_overwrites_nothing(
    layout: OfficeLayout, entries: list[OutboxEntry], disk: Path, tmp_path: Path, taken: str
) -> None:
    folder = make(layout, disk).folder
    place = tmp_path / "new"
    place.mkdir()
    (place / taken).write_bytes(b"somebody's")
    with pytest.raises(BackupError, match=f"{taken} exists and is not overwritten"):
        restore(folder, place)
    assert {path.name: path.read_bytes() for path in place.iterdir()} == {taken: b"somebody's"}


def test_a_disk_that_gets_full_is_a_clear_error_and_settles_nothing(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, hard))
    try:
        with pytest.raises(BackupError, match=r"cannot be copied into .* nothing is settled"):
            make(layout, disk)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert statuses(database) == ["received"] * 3
    assert list(disk.iterdir()) == []
    assert len(make(layout, disk).settlement.settled) == 3


def test_a_target_that_nobody_can_write_is_a_clear_error_and_settles_nothing(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], tmp_path: Path
) -> None:
    # Not even root makes a folder in /proc.
    with pytest.raises(BackupError, match=r"/proc cannot be written \(.+\): nothing is settled"):
        make(layout, Path("/proc"))
    with pytest.raises(BackupError, match="is not a folder: mount the disk"):
        make(layout, tmp_path / "not mounted")
    assert statuses(database) == ["received"] * 3


def test_a_backup_that_failed_stands_on_the_page_until_one_succeeds(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        with pytest.raises(BackupError):
            make(layout, tmp_path / "not mounted")
    assert [alarm.code for alarm in database.alarms()].count("backup_failed") == 1
    make(layout, disk)
    assert "backup_failed" not in {alarm.code for alarm in database.alarms()}


def test_the_databases_own_file_system_is_no_second_copy(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path
) -> None:
    with pytest.raises(BackupError, match="on the same file system"):
        back_up(OfficeSettings(directory=layout.root), disk, at=NOW)
    assert statuses(database) == ["received"] * 3
    assert list(disk.iterdir()) == []


def test_a_copy_made_in_the_middle_of_a_commit_holds_the_state_before_it(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path
) -> None:
    before = everything(layout.database)
    with database.transaction() as connection:
        connection.execute(tables.enrolment.update().values(status="half done"))
        connection.execute(tables.alarm.delete())
        folder, copy = backup._write(FileOriginal(layout.database), disk, NOW)
    assert len(copy.packages) == len(entries)
    assert everything(folder / DATABASE) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_restores_belongs_to_the_owner_of_the_directory(
    layout: OfficeLayout, entries: list[OutboxEntry], disk: Path, tmp_path: Path
) -> None:
    folder = make(layout, disk).folder
    place = tmp_path / "new"
    place.mkdir()
    os.chown(place, 65_534, 65_534)
    restore(folder, place)
    assert ((place / DATABASE).stat().st_uid, (place / DATABASE).stat().st_mode & 0o777) == (65_534, 0o600)


def test_what_a_killed_backup_left_is_cleared_away_by_the_next(
    layout: OfficeLayout, entries: list[OutboxEntry], disk: Path
) -> None:
    left = disk / ".office-20261123T030000Z.part"
    left.mkdir()
    (left / DATABASE).write_bytes(b"half")
    made = make(layout, disk)
    assert list(disk.iterdir()) == [made.folder]


def test_only_one_backup_is_made_at_a_time(
    layout: OfficeLayout, database: OfficeDatabase, entries: list[OutboxEntry], disk: Path
) -> None:
    with (
        backup._alone(layout.collector / "backup.lock"),
        pytest.raises(BackupError, match="another backup of this office"),
    ):
        make(layout, disk)
    assert len(make(layout, disk).settlement.settled) == 3


def test_what_is_no_database_to_back_up_is_named(layout: OfficeLayout, disk: Path) -> None:
    settings = OfficeSettings(directory=layout.root, database_url="mysql://kiosk-office@/kiosk")
    with pytest.raises(BackupError, match="of the kind 'mysql' is not backed up here"):
        back_up(settings, disk, at=NOW)
    with pytest.raises(BackupError, match=r"no database .*office\.db"):
        back_up(OfficeSettings(directory=layout.root), disk, at=NOW)
