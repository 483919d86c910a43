"""A damaged file is set aside and never deleted; what is whole in it is brought over; no number is given out twice."""

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import NO_PREVIOUS, OutboxEntry
from kiosk.custody.errors import CustodyDamaged
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader

SIZES = (100, 30_000, 200, 50_000, 300, 20_000)


def package(seq: int, size: int) -> bytes:
    return hashlib.shake_256(seq.to_bytes(2, "big")).digest(size)


@pytest.fixture
def folder(tmp_path: Path) -> tuple[Path, list[OutboxEntry]]:
    with CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "kiosk.db") as database:
        outbox = Outbox(database)
        entries = [
            outbox.commit_enrolment(f"id-{size}", lambda seq, prev, size=size: package(seq, size)) for size in SIZES
        ]
    return tmp_path, entries


def reopen(folder: Path) -> tuple[CustodyDatabase, Outbox]:
    database = CustodyDatabase.open(
        folder / "outbox.db", folder / "kiosk.db", now=lambda: datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    )
    return database, Outbox(database)


@pytest.mark.parametrize("damage", [b"", b"not a database at all, but long enough to be looked at" * 100])
def test_an_outbox_that_is_lost_whole_keeps_its_numbers(folder: tuple[Path, list[OutboxEntry]], damage: bytes) -> None:
    path, entries = folder
    (path / "outbox.db").write_bytes(damage)
    database, outbox = reopen(path)

    if damage:
        (aside,) = database.set_aside
        assert aside.name == "outbox.db.damaged-20261124T020000.000000Z"
        assert aside.read_bytes() == damage
    assert outbox.gaps() == tuple(entry.seq for entry in entries)
    following = outbox.commit_enrolment("next", lambda seq, prev: prev)
    assert (following.seq, following.prev) == (entries[-1].seq + 1, entries[-1].sha256)
    assert outbox.summary().last_seq == following.seq
    database.close()


def test_whole_packages_are_brought_over_from_a_damaged_outbox(folder: tuple[Path, list[OutboxEntry]]) -> None:
    path, entries = folder
    content = bytearray((path / "outbox.db").read_bytes())
    # Somewhere in the middle of the 50,000 bytes of package 4, over a page boundary: bytes and a page link are gone.
    place = content.index(package(4, 50_000)[20_000:20_100])
    content[place : place + 6000] = b"\xff" * 6000
    (path / "outbox.db").write_bytes(content)
    database, outbox = reopen(path)

    assert len(database.set_aside) == 1
    assert 4 in outbox.gaps()
    reader = OutboxReader(path / "outbox.db")
    kept = {entry.seq for entry in reader.unsettled()}
    assert kept >= {1, 2, 3}
    assert kept | set(outbox.gaps()) == {entry.seq for entry in entries}
    for entry in reader.unsettled():
        assert reader.package(entry.id) == package(entry.seq, entry.size)
    assert outbox.commit_enrolment("next", lambda seq, prev: prev).seq == len(SIZES) + 1
    database.close()

    again, outbox = reopen(path)
    assert again.set_aside == ()
    assert 4 in outbox.gaps()
    again.close()


def test_a_lost_private_database_leaves_the_chain_whole(folder: tuple[Path, list[OutboxEntry]]) -> None:
    path, entries = folder
    (path / "kiosk.db").write_bytes(b"rubbish" * 1000)
    database, outbox = reopen(path)

    assert [aside.name for aside in database.set_aside] == ["kiosk.db.damaged-20261124T020000.000000Z"]
    assert outbox.gaps() == ()
    following = outbox.commit_enrolment("next", lambda seq, prev: prev)
    assert (following.seq, following.prev) == (entries[-1].seq + 1, entries[-1].sha256)
    database.close()


def test_both_lost_begins_anew_and_keeps_both_files(folder: tuple[Path, list[OutboxEntry]]) -> None:
    path, _ = folder
    for name in ("outbox.db", "kiosk.db"):
        (path / name).write_bytes(b"rubbish" * 1000)
    database, outbox = reopen(path)

    assert len(database.set_aside) == 2
    assert all(aside.read_bytes() == b"rubbish" * 1000 for aside in database.set_aside)
    assert outbox.commit_enrolment("next", lambda seq, prev: b"x").prev == NO_PREVIOUS
    database.close()


def test_packages_come_over_even_if_the_chains_second_copy_is_lost_too(
    folder: tuple[Path, list[OutboxEntry]],
) -> None:
    path, _ = folder
    content = bytearray((path / "outbox.db").read_bytes())
    place = content.index(package(4, 50_000)[20_000:20_100])
    content[place : place + 6000] = b"\xff" * 6000
    (path / "outbox.db").write_bytes(content)
    (path / "kiosk.db").unlink()
    database, outbox = reopen(path)

    assert outbox.summary().last_seq >= 3
    database.close()


def test_the_reader_names_a_damaged_outbox(folder: tuple[Path, list[OutboxEntry]]) -> None:
    path, _ = folder
    shutil.copy(path / "outbox.db", path / "copy.db")
    content = bytearray((path / "copy.db").read_bytes())
    content[:16] = b"x" * 16
    (path / "copy.db").write_bytes(content)

    with pytest.raises(CustodyDamaged):
        OutboxReader(path / "copy.db").unsettled()


def test_packages_that_find_no_room_are_brought_over_at_a_later_start(folder: tuple[Path, list[OutboxEntry]]) -> None:
    path, entries = folder
    content = bytearray((path / "outbox.db").read_bytes())
    place = content.index(package(4, 50_000)[20_000:20_100])
    content[place : place + 6000] = b"\xff" * 6000
    (path / "outbox.db").write_bytes(content)

    with CustodyDatabase.open(path / "outbox.db", path / "kiosk.db", max_bytes=45_000) as database:
        outbox = Outbox(database)
        assert set(outbox.gaps()) < {entry.seq for entry in entries}
        too_few = len(outbox.gaps())
    database, outbox = reopen(path)
    assert 4 in outbox.gaps()
    assert len(outbox.gaps()) < too_few
    assert {entry.seq for entry in OutboxReader(path / "outbox.db").unsettled()} >= {1, 2, 3}
    database.close()
