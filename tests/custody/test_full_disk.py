"""On a disk that is really full, packages are refused by name, receipts still arrive, and erasing makes room again."""

import os
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.custody.ballast import BALLAST_BYTES
from kiosk.custody.errors import OutboxFull
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.custody.reader import OutboxReader
from tests.custody.test_outbox import START, checked, open_kiosk, receipt_for


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(disk)], check=False, timeout=10)
    if mounted.returncode != 0:
        pytest.skip("this system lets nobody mount a tmpfs")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True, timeout=10)


def fill(disk: Path) -> None:
    subprocess.run(
        ["dd", "if=/dev/zero", f"of={disk / 'filler'}", "bs=4096"], check=False, timeout=10, capture_output=True
    )
    assert os.statvfs(disk).f_bavail == 0


def test_that_a_disk_is_full_to_the_last_byte_can_be_told_and_room_stays_kept_back(small_disk: Path) -> None:
    kiosk = open_kiosk(small_disk)
    fill(small_disk)
    assert kiosk.outbox.set_alerts({"outbox_full": "critical", "package_refused": "critical"})
    found = OutboxReader(kiosk.database.path).alerts()
    assert [alert.code for alert in found] == ["outbox_full", "package_refused"]
    assert kiosk.database.ballast.held
    kiosk.database.close()


def test_receipts_are_kept_on_a_disk_that_is_full_to_the_last_byte(small_disk: Path) -> None:
    with Inbox.open(small_disk / "inbox.db") as inbox:
        inbox.note_attempts({"a": 65_536})
        fill(small_disk)
        with pytest.raises(OutboxFull):
            inbox.note_attempts({f"package {n}": 65_536 for n in range(500)})
        receipts = [("a", b"receipt %d " % n * 100) for n in range(5)]
        inbox.take_answers(receipts, {"a": [(0, 3)]})
        assert [arrived.data for arrived in InboxReader(small_disk / "inbox.db").receipts()] == [
            signed for _, signed in receipts
        ]
        assert not (small_disk / "inbox.db.ballast").exists()
        (small_disk / "filler").unlink()
        inbox.add_receipt("a", b"once more")
        assert (small_disk / "inbox.db.ballast").stat().st_size == BALLAST_BYTES


def test_a_disk_that_is_full_to_the_last_byte_can_still_be_emptied(small_disk: Path) -> None:
    kiosk = open_kiosk(small_disk)
    kept = 0
    with pytest.raises(OutboxFull):  # noqa: PT012 -- how many fit is the file system's affair
        for n in range(100):
            kiosk.commit(str(n), size=100_000)
            kept = n + 1
    fill(small_disk)
    assert kept > 10

    for n in range(kept):
        kiosk.outbox.release(receipt_for(kiosk.outbox.entry(str(n)), "settled"), checked)
    assert kiosk.outbox.erase_settled(settled_before=START + timedelta(days=1)) == kept
    (small_disk / "filler").unlink()

    assert kiosk.commit("after", size=100_000).seq == kept + 1
    assert kiosk.outbox.gaps() == ()
    kiosk.database.close()
