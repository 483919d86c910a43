"""A USB stick between outbox and office: the same bytes, read back, and nothing else is believed."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.custody import stick as stick_module
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import OutboxEntry
from kiosk.custody.errors import CustodyFault
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.custody.stick import FOLDER, MAX_RECEIPT_BYTES, Carried, Load, Stick, load
from tests.office.stand import new_id

KIOSK = "kiosk-tk-01"


@pytest.fixture
def stick(tmp_path: Path) -> Stick:
    (tmp_path / "stick").mkdir()
    return Stick(tmp_path / "stick")


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    database = CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "kiosk.db")
    yield Outbox(database)
    database.close()


def seal(outbox: Outbox, size: int = 2000) -> OutboxEntry:
    data = os.urandom(size - 1) + b"\1"
    return outbox.commit_enrolment(new_id(), lambda _seq, _prev: data)


def test_what_waits_is_on_the_stick_once_in_its_very_bytes(stick: Stick, outbox: Outbox, tmp_path: Path) -> None:
    entries = [seal(outbox, size) for size in (1, 70_000)]
    reader = OutboxReader(tmp_path / "outbox.db")
    assert load(stick, reader, KIOSK) == Load(2, 0, 0)
    assert load(stick, reader, KIOSK) == Load(0, 2, 0)
    assert [(one.kiosk, one.seq, one.id) for one in stick.packages()] == [(KIOSK, e.seq, e.id) for e in entries]
    assert [stick.package(one) for one in stick.packages()] == [reader.package(entry.id) for entry in entries]


def test_a_damaged_package_on_the_stick_is_written_again(stick: Stick, outbox: Outbox, tmp_path: Path) -> None:
    seal(outbox)
    reader = OutboxReader(tmp_path / "outbox.db")
    load(stick, reader, KIOSK)
    (file,) = (tmp_path / "stick" / FOLDER / KIOSK).iterdir()
    file.write_bytes(file.read_bytes()[:-1])
    assert load(stick, reader, KIOSK) == Load(1, 0, 0)


def test_a_full_stick_is_a_clear_error_and_keeps_what_fitted(stick: Stick, outbox: Outbox, tmp_path: Path) -> None:
    seal(outbox, 1000)
    seal(outbox, 50_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, hard))
    try:
        with pytest.raises(CustodyFault, match=r"cannot be written: .+; use another stick"):
            load(stick, OutboxReader(tmp_path / "outbox.db"), KIOSK)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [one.seq for one in stick.packages()] == [1]
    assert [path.suffix for path in (tmp_path / "stick" / FOLDER / KIOSK).iterdir()] == [".package"]


def test_a_stick_that_gives_back_other_bytes_is_told_and_nothing_on_it_counts(
    stick: Stick, outbox: Outbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal(outbox)
    read = stick_module._from_medium
    monkeypatch.setattr(stick_module, "_from_medium", lambda *what: read(*what)[:-1] + b"\0")
    with pytest.raises(CustodyFault, match="does not give back what was written: use another stick"):
        load(stick, OutboxReader(tmp_path / "outbox.db"), KIOSK)
    assert stick.packages() == []


def test_a_stick_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(CustodyFault, match="mount the stick first"):
        Stick(tmp_path / "nothing")


def test_a_file_that_is_too_large_or_a_link_is_not_read(stick: Stick, tmp_path: Path) -> None:
    folder = tmp_path / "stick" / FOLDER / KIOSK
    folder.mkdir(parents=True)
    one, other = new_id(), new_id()
    (folder / f"{one}.receipt").write_bytes(bytes(MAX_RECEIPT_BYTES + 1))
    with pytest.raises(CustodyFault, match="larger than it can be"):
        stick.receipts(KIOSK)
    (folder / f"{one}.receipt").unlink()
    (folder / f"00000001-{other}.package").symlink_to("/etc/shadow")
    (folder / f"00000002-{other}.package").symlink_to(folder / f"00000001-{other}.package")
    os.mkfifo(folder / f"00000003-{other}.package")
    for seq in (1, 2, 3):
        with pytest.raises(CustodyFault, match="a link, a pipe or a device where a file should be"):
            stick.package(Carried(KIOSK, seq, other))


@pytest.mark.parametrize("linked", [FOLDER, f"{FOLDER}/{KIOSK}"])
def test_a_folder_that_is_a_link_leads_nobody_out_of_the_stick(
    stick: Stick, outbox: Outbox, tmp_path: Path, linked: str
) -> None:
    """Whoever makes a stick could have root write, and delete, anywhere."""
    outside = tmp_path / "outside"
    inner = outside / KIOSK if linked == FOLDER else outside
    inner.mkdir(parents=True)
    name = f"00000001-{new_id()}.package"
    theirs = {"important.part": b"1", f"{name}.0123abcd.part": b"2", name: b"3"}
    for file, data in theirs.items():
        (inner / file).write_bytes(data)
    link = tmp_path / "stick" / linked
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(outside)
    seal(outbox)
    reader = OutboxReader(tmp_path / "outbox.db")
    for touch in (
        stick.packages,
        lambda: stick.receipts(KIOSK),
        lambda: load(stick, reader, KIOSK),
        lambda: stick.answer(Carried(KIOSK, 1, new_id()), b"receipt"),
        lambda: stick.clear(Carried(KIOSK, 1, name[9:45])),
    ):
        with pytest.raises(CustodyFault, match="there is a link or a file where a folder should be"):
            touch()
    assert {path.name: path.read_bytes() for path in inner.iterdir()} == theirs


def test_of_what_a_killed_run_left_only_its_own_is_cleared_away(stick: Stick, tmp_path: Path) -> None:
    folder = tmp_path / "stick" / FOLDER / KIOSK
    folder.mkdir(parents=True)
    package = Carried(KIOSK, 1, new_id())
    (folder / f"00000001-{package.id}.package.0123abcd.part").write_bytes(b"half")
    (folder / "letter.part").write_bytes(b"somebody's")
    (tmp_path / "stick" / FOLDER / "README").write_text("somebody's")
    assert stick.save(package, b"data")
    assert sorted(path.name for path in folder.iterdir()) == [f"00000001-{package.id}.package", "letter.part"]
    assert stick.packages() == [package]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_a_stick_that_this_user_may_not_write_on_says_how_to_mount_it(stick: Stick, tmp_path: Path) -> None:
    tmp_path.chmod(0o711)  # through it, as to a mounted stick
    os.seteuid(65_534)
    try:
        with pytest.raises(CustodyFault, match=r"mount it so that user nobody may write on it \(mount -o uid=nobody\)"):
            stick.save(Carried(KIOSK, 1, new_id()), b"data")
    finally:
        os.seteuid(0)


@given(names=st.lists(st.text(min_size=1, max_size=40).filter(lambda t: "/" not in t and "\0" not in t), max_size=5))
def test_whatever_else_lies_on_a_stick_is_left_alone(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    root = tmp_path_factory.mktemp("stick")
    folder = root / FOLDER / KIOSK
    folder.mkdir(parents=True)
    for name in names:
        if name not in {".", ".."} and len(name.encode("utf-8", "replace")) < 250:
            try:
                (folder / name).write_bytes(b"x")
            except (OSError, UnicodeEncodeError):
                continue
    before = sorted(path.name for path in folder.iterdir())
    assert Stick(root).packages() == []
    assert sorted(path.name for path in folder.iterdir()) == before
