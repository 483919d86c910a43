"""A backup beside a running office, by the commands: its kiosk hears of it, erases, and the restored office has all."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.custody.entries import Status
from kiosk.office.database import OfficeDatabase
from tests.office.conftest import Village
from tests.office.stand import KioskSide, eventually, open_office

KIOSK = "kiosk-tk-01"


def test_a_backup_beside_a_running_office_settles_at_the_kiosk_and_the_commands_bring_all_back(
    village: Village, tmp_path: Path
) -> None:
    layout, disk = village.layout, tmp_path / "disk"
    disk.mkdir()
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n')

    def run(*words: str) -> tuple[int, str, str]:
        typed = [sys.executable, "-m", "kiosk.cli", "office", *words]
        ran = subprocess.run(typed, capture_output=True, text=True, timeout=60, check=False)
        return ran.returncode, ran.stdout, ran.stderr

    with (
        open_office(layout, f"sqlite:///{layout.database}") as office,
        KioskSide(layout, KIOSK, tmp_path / "kiosk", village.port) as kiosk,
    ):
        office.start()
        kiosk.start()
        entries = [kiosk.enrol(size=200_000), kiosk.enrol()]
        for entry in entries:
            eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "the package is received")
        code, said, complaint = run("backup", str(disk), "--same-disk", "--settings", str(settings))
        assert (code, complaint) == (0, "")
        (folder,) = disk.iterdir()
        assert said == f"{folder}: 2 packages read back, 2 newly settled\n"
        for entry in entries:
            eventually(lambda e=entry: kiosk.status(e) is Status.SETTLED, "the kiosk hears that it is settled")
        assert kiosk.outbox.erase_settled(settled_before=datetime.now(UTC) + timedelta(days=36500)) == 2

    shutil.move(layout.database, tmp_path / "destroyed.db")
    code, said, complaint = run("restore", str(folder), "--to", str(layout.collector))
    assert (code, complaint) == (0, "")
    assert "2 packages" in said
    with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as restored:
        found = [restored.package(entry.id) for entry in entries]
    assert [each[0].sha256 for each in found if each is not None] == [entry.sha256 for entry in entries]
    code, _, complaint = run("restore", str(folder), "--to", str(layout.collector))
    assert code == 2
    assert complaint.startswith("kiosk: ")
    assert "is not overwritten" in complaint
