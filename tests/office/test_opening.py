"""Opening an enrolment with the opening key."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.domain.capture_plan import Excepted, ExceptionReason, Filled
from kiosk.domain.enrolment import Answers, Capture, Enrolment
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OpeningError
from kiosk.office.keyfile import write_new
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.sealing.suites import OpeningKey
from kiosk.wire.enrolment import encode_enrolment
from tests.office.stand import NOW, KioskSide, intake_of, new_id, open_at

PNG = b"\x89PNG\r\n\x1a\n and so on"


@pytest.fixture
def layout(tmp_path: Path) -> OfficeLayout:
    return init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True).layout


@pytest.fixture
def database(layout: OfficeLayout) -> Iterator[OfficeDatabase]:
    database = OfficeDatabase.open(f"sqlite:///{layout.database}")
    yield database
    database.close()


def committed(layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path, capture: str = "a1") -> str:
    """One enrolment in the database; its id."""
    with KioskSide(layout, "kiosk-tk-01", tmp_path / "kiosk", 1) as kiosk:
        package_id = new_id()
        enrolment = Enrolment(
            id=package_id,
            kiosk="kiosk-tk-01",
            officer="tk-officer-1",
            plan_source="plan",
            started_at=NOW,
            finished_at=NOW + timedelta(minutes=9),
            answers=Answers(
                slots={
                    "portrait": Filled(capture, 90, None, 1, "camera"),
                    "print.right_index": Excepted(ExceptionReason.WORN, 3),
                }
            ),
            captures={capture: Capture("image/png", 4, 5, None, PNG)},
        )
        data = kiosk.package(package_id, 1, bytes(32), body=encode_enrolment(enrolment))
    assert intake_of(layout, database).accept("kiosk-tk-01", package_id, data).code == ""
    return package_id


def test_a_later_visit_that_is_not_readable_is_named_beside_the_enrolment_that_is(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    first, later = committed(layout, database, tmp_path), new_id()
    with KioskSide(layout, "kiosk-tk-01", tmp_path / "again", 1) as kiosk:
        data = kiosk.package(later, 2, b"\1" * 32, supplements=first)
    assert intake_of(layout, database).accept("kiosk-tk-01", later, data).code == ""
    out = open_at(layout, database, first, key_file=layout.opening_key, out_dir=tmp_path / "opened")
    (row,) = json.loads(out.enrolment_file.read_text(encoding="utf-8"))["supplemented_by"]
    assert (row["id"], row["opened"]) == (later, False)
    assert [stored.supplements for stored in database.newest(limit=2)] == [first, None]


def test_the_opening_key_writes_the_enrolment_and_its_images(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    package_id = committed(layout, database, tmp_path)
    out = tmp_path / "opened"
    opened = open_at(layout, database, package_id, key_file=layout.opening_key, out_dir=out)
    table = json.loads((out / "enrolment.json").read_text(encoding="utf-8"))
    assert table["id"] == package_id
    assert table["answers"]["slots"]["print.right_index"]["reason"] == "worn"
    assert (out / table["captures"]["a1"]["file"]).read_bytes() == PNG
    assert opened.image_files == (out / "a1.png",)
    assert stat.S_IMODE(out.stat().st_mode) == 0o700
    assert stat.S_IMODE((out / "a1.png").stat().st_mode) == 0o600


def test_a_capture_id_cannot_leave_the_directory(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    package_id = committed(layout, database, tmp_path, capture="../../etc/passwd")
    out = tmp_path / "opened"
    opened = open_at(layout, database, package_id, key_file=layout.opening_key, out_dir=out)
    assert [path.parent for path in opened.image_files] == [out]


@pytest.mark.parametrize("key", ["summary", "other", "none"])
def test_no_other_key_opens_it_and_nothing_is_written(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path, key: str
) -> None:
    package_id = committed(layout, database, tmp_path)
    OpeningKey.generate().save(tmp_path / "other.key")
    file = {
        "summary": layout.collector / "summary.key",
        "other": tmp_path / "other.key",
        "none": tmp_path / "none.key",
    }[key]
    kid = OpeningKey.load(layout.opening_key).kid
    said = {
        "summary": f"summary key.*needed is {kid}",
        "other": f"another .*needed is {kid}",
        "none": "read",
    }
    with pytest.raises(OpeningError, match=said[key]):
        open_at(layout, database, package_id, key_file=file, out_dir=tmp_path / "opened")
    assert not (tmp_path / "opened").exists()


def test_a_file_that_is_no_key_is_told_before_anything_else(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Kính gửi")
    file.chmod(0o600)
    with pytest.raises(OpeningError, match=r"letter\.txt is not an opening key"):
        open_at(layout, database, "unknown", key_file=file, out_dir=tmp_path / "opened")


def test_an_id_in_capitals_and_a_receipt_number_are_understood(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    package_id = committed(layout, database, tmp_path)
    stored = database.find(package_id)
    assert stored is not None
    for wanted in (package_id.upper(), str(stored.number)):
        out = tmp_path / wanted
        opened = open_at(layout, database, wanted, key_file=layout.opening_key, out_dir=out)
        assert json.loads(opened.enrolment_file.read_text(encoding="utf-8"))["id"] == package_id
    for wanted in (str(stored.number + 1), "9" * 40):
        with pytest.raises(OpeningError, match="no enrolment"):
            open_at(layout, database, wanted, key_file=layout.opening_key, out_dir=tmp_path / "no")


def test_an_unknown_id_and_a_used_directory_are_named(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    with pytest.raises(OpeningError, match="no enrolment"):
        open_at(layout, database, new_id(), key_file=layout.opening_key, out_dir=tmp_path / "opened")
    package_id = committed(layout, database, tmp_path)
    with pytest.raises(OpeningError, match="in use"):
        open_at(layout, database, package_id, key_file=layout.opening_key, out_dir=tmp_path)


def test_a_disk_that_does_not_take_all_of_it_keeps_nothing_of_it(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package_id, out = committed(layout, database, tmp_path), tmp_path / "opened"

    def full(path: Path, data: bytes) -> None:
        if path.name == "enrolment.json":
            raise OSError(28, "No space left on device")
        write_new(path, data)

    monkeypatch.setattr("kiosk.office.opening.write_new", full)
    with pytest.raises(OpeningError, match="No space left"):
        open_at(layout, database, package_id, key_file=layout.opening_key, out_dir=out)
    assert list(out.iterdir()) == []


AS_TYPED = """
import ctypes, resource, sys
from kiosk.cli import app
app(sys.argv[1:], standalone_mode=False)
assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
"""


def test_the_command_opens_in_a_process_that_leaves_no_core(
    layout: OfficeLayout, database: OfficeDatabase, tmp_path: Path
) -> None:
    package_id = committed(layout, database, tmp_path)
    settings = tmp_path / "office.toml"
    settings.write_text(f'[office]\nname = "x"\nprovince = "ht"\nmode = "demo"\ndirectory = "{layout.root}"\n')
    options = ["--key", layout.opening_key, "--out", tmp_path / "out", "--settings", settings]
    ran = subprocess.run(
        [sys.executable, "-c", AS_TYPED, "office", "open", package_id, *map(str, options)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads((tmp_path / "out" / "enrolment.json").read_text(encoding="utf-8"))["id"] == package_id
