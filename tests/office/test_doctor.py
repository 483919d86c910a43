"""`kiosk office doctor`: a well office is well, and each thing that can be wrong is named with what to do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.office.backup import back_up
from kiosk.office.database import OfficeDatabase
from kiosk.office.doctor import Finding, examine, look_offline
from kiosk.office.duty import duty_of
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry, save_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.keys import SigningKey
from tests.office.conftest import Village

NOW = datetime.now(UTC)


@pytest.fixture
def layout(village: Village, tmp_path: Path) -> OfficeLayout:
    """A copy of the running office, for a test to spoil."""
    shutil.copytree(village.layout.root, tmp_path / "office")
    layout = OfficeLayout(tmp_path / "office")
    OfficeDatabase.open(f"sqlite:///{layout.database}").close()
    return layout


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    disk = tmp_path / "disk"
    disk.mkdir(mode=0o700)
    return disk


def findings(layout: OfficeLayout, disk: Path, *, now: datetime = NOW) -> dict[str, Finding]:
    return {found.what: found for found in examine(OfficeSettings(directory=layout.root), disk, now=now)}


def test_an_office_that_is_well_is_well_throughout(layout: OfficeLayout, disk: Path) -> None:
    back_up(OfficeSettings(directory=layout.root), disk, at=NOW, same_disk=True)
    collecting = duty_of(f"sqlite:///{layout.database}", "")
    collecting.reserve()
    bad = {what: found.said for what, found in findings(layout, disk).items() if not found.good}
    collecting.end()
    assert set(bad) <= {"clock", "disk"}, bad  # these two are this computer's own


def strange_key(layout: OfficeLayout) -> None:
    (layout.collector / "receipt.key").unlink()
    SigningKey.generate().save(layout.collector / "receipt.key")


def no_registry(layout: OfficeLayout) -> None:
    layout.registry.unlink()


def old_list(layout: OfficeLayout) -> None:
    acl = layout.broker / "acl"
    acl.write_text(acl.read_text("utf-8").replace("learnt", "taught"), "utf-8")


def damaged(layout: OfficeLayout) -> None:
    layout.database.write_bytes(b"no database at all" * 500)


def alarmed(layout: OfficeLayout) -> None:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    database.raise_alarm("kiosk-tk-01", "wrong_key", "", at=NOW)
    database.close()


def owing(layout: OfficeLayout) -> None:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    database.hear({"kiosk-tk-01": {"seq_last": 3, "outbox_n": 0}, "kiosk-tk-02": {"seq_last": 1, "outbox_n": 0}})
    database.close()


@pytest.mark.parametrize(
    ("spoil", "what", "says"),
    [
        (strange_key, "keys", "never make a new one"),
        (no_registry, "registry", "kiosk office init"),
        (old_list, "access list", "not as the registry says"),
        (damaged, "database", "restore the newest backup"),
        (alarmed, "database", "1 alarms"),
        (
            owing,
            "database",
            "and the page. kiosk-tk-01 owes 1–3; kiosk-tk-02 owes 1",
        ),
        (lambda _layout: None, "collector", "nobody collects as collector: systemctl status kiosk-office"),
    ],
)
def test_what_is_wrong_is_named(
    layout: OfficeLayout, disk: Path, spoil: Callable[[OfficeLayout], None], what: str, says: str
) -> None:
    spoil(layout)
    found = findings(layout, disk)[what]
    assert not found.good
    assert says in found.said


def test_keys_that_were_left_are_told_by_whoever_could_look(layout: OfficeLayout, disk: Path) -> None:
    registry = load_registry(layout.registry)
    save_registry(layout.registry, replace(registry, demo=False))
    left = look_offline(OfficeSettings(directory=layout.root))
    assert not left.good
    assert left.said.startswith("authority and opening are on this computer")
    with pytest.MonkeyPatch.context() as patch:
        closed = (layout.authority, layout.opening)  # to the collector's user
        patch.setattr(os, "access", lambda path, _mode: path not in closed)
        settings = OfficeSettings(directory=layout.root)
        unseen = {one.what: one for one in examine(settings, disk, now=NOW)}["offline keys"]
        told = {one.what: one for one in examine(settings, disk, now=NOW, offline=left)}["offline keys"]
    assert (unseen.good, told) == (True, left)
    shutil.rmtree(layout.opening)
    shutil.rmtree(layout.authority)
    assert look_offline(OfficeSettings(directory=layout.root)).good


def test_a_broker_that_is_away_is_told_within_its_time(village: Village, layout: OfficeLayout, disk: Path) -> None:
    village.broker.stop()
    try:
        found = findings(layout, disk)["broker"]
    finally:
        village.broker.start()
    assert not found.good
    assert "systemctl status mosquitto" in found.said


def test_certificates_lists_and_backups_that_grow_old_are_told(layout: OfficeLayout, disk: Path) -> None:
    back_up(OfficeSettings(directory=layout.root), disk, at=NOW, same_disk=True)
    later = findings(layout, disk, now=NOW + timedelta(days=365 * 40))
    assert {what for what in ("registry", "certificates", "revocations", "backup") if later[what].good} == set()


def test_the_command_says_a_line_for_each_and_ends_badly_when_something_is(layout: OfficeLayout, disk: Path) -> None:
    settings = layout.root / "office.toml"
    settings.write_text(
        f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n'
        f'[backup]\ndirectory = "{disk}"\n',
        "utf-8",
    )
    typed = [sys.executable, "-m", "kiosk.cli", "office", "doctor", "--settings", str(settings)]
    ran = subprocess.run(typed, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 1, ran.stderr
    lines = {line.split()[0]: line for line in ran.stdout.splitlines()}
    assert "BAD" in lines["backup"]
    assert "good" in lines["registry"]
