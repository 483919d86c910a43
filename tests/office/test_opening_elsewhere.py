"""Opening at the office above, on a workstation without a database, and never without its being written down."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event, text

from kiosk.cli.standing import acting_as_owner_of
from kiosk.domain.enrolment import Answers, Enrolment
from kiosk.office.auditing import Audit, AuditEntry
from kiosk.office.carried import CarriedHoldings
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OpeningError
from kiosk.office.exporting import export
from kiosk.office.holdings import OfficeHoldings
from kiosk.office.layout import OfficeLayout
from kiosk.office.opening import open_enrolment
from kiosk.office.openingkeys import make_escrow_key
from kiosk.office.openlog import note_at_office, note_in_file
from kiosk.office.provisioning import init_office
from kiosk.office.recipients import change_recipients
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.sealing.chain import read_chain
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.recipients import verify_recipients
from kiosk.sealing.suites import OpeningKey
from kiosk.wire.enrolment import encode_enrolment
from tests.office.stand import NOW, KioskSide, intake_of, new_id, open_at
from tests.office.test_upstream import OFFICE, Desks, commune, province

KIOSK = "kiosk-tk-01"


def sealed(layout: OfficeLayout, folder: Path, *, seq: int = 1, of: str | None = None) -> tuple[str, bytes]:
    """A package of the kiosk's and its id."""
    package_id = new_id()
    enrolment = Enrolment(package_id, KIOSK, "tk-officer-1", "plan", NOW, NOW, Answers(slots={}, supplements=of), {})
    with KioskSide(layout, KIOSK, folder, 1) as kiosk:
        body = encode_enrolment(enrolment)
        return package_id, kiosk.package(package_id, seq, bytes([seq - 1]) * 32, body=body, supplements=of)


@dataclass
class Office:
    """An office with one enrolment and its later visit, and the medium with the opening key."""

    layout: OfficeLayout
    database: OfficeDatabase
    medium: Path
    ids: list[str]

    @property
    def key(self) -> Path:
        return self.medium / "opening.key"

    def exported(self, file: Path) -> list[str]:
        return export(OfficeSettings(directory=self.layout.root), file, ["1"], by="mai", at=NOW)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    layout = init_office(tmp_path / "office", province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout
    first, data = sealed(layout, tmp_path / "k1")
    later, more = sealed(layout, tmp_path / "k2", seq=2, of=first)
    medium = tmp_path / "medium"
    medium.mkdir()
    shutil.move(layout.opening_key, medium / "opening.key")
    shutil.copy(layout.collector / "office-keys.json", medium)
    with closing(OfficeDatabase.open(f"sqlite:///{layout.database}")) as database:
        intake = intake_of(layout, database)
        assert [intake.accept(KIOSK, one, some).code for one, some in ((first, data), (later, more))] == ["", ""]
        yield Office(layout, database, medium, [first, later])


def test_the_office_above_opens_what_was_passed_on_with_the_key_in_escrow(tmp_path: Path) -> None:
    upper, lower = province(tmp_path / "upper"), commune(tmp_path / "lower")
    changed = change_recipients(lower, escrow=make_escrow_key(tmp_path / "escrow.key"))
    file = lower.bundle(KIOSK) / "kiosk" / "office-keys.json"
    keys = OfficeKeys.load(file)
    assert keys.command is not None
    OfficeKeys(verify_recipients(changed.word, keys.command).recipients, keys.receipt, keys.command).save(file)
    package_id, data = sealed(lower, tmp_path / "k")
    with closing(OfficeDatabase.open(f"sqlite:///{tmp_path / 'province.db'}")) as database:
        desks = Desks(upper, lower, database)
        assert desks.vouch(KIOSK)
        assert desks.intake.accept(OFFICE, package_id, data).new
        opened = open_at(upper, database, package_id, key_file=tmp_path / "escrow.key", out_dir=tmp_path / "out")
        assert json.loads(opened.enrolment_file.read_text("utf-8"))["kiosk"] == KIOSK
        with database.transaction() as connection:
            connection.execute(text("DELETE FROM vouching"))
        with pytest.raises(OpeningError, match="no office below vouches for it"):
            open_at(upper, database, package_id, key_file=tmp_path / "escrow.key", out_dir=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_nothing_is_opened_that_cannot_be_written_down(office: Office, tmp_path: Path) -> None:
    open_at(office.layout, office.database, office.ids[0], key_file=office.key, out_dir=tmp_path / "out")
    kid = OpeningKey.load(office.key).kid
    assert Audit(office.database).newest() == [
        AuditEntry(NOW, "mai", socket.gethostname(), "opened", f"{one} {kid}") for one in reversed(office.ids)
    ]
    with office.database.transaction() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO gone"))
    with pytest.raises(OpeningError, match="nothing is opened: it cannot be written"):
        open_at(office.layout, office.database, office.ids[0], key_file=office.key, out_dir=tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_a_workstation_without_any_office_opens_what_was_carried_there_and_writes_it_down(
    office: Office, tmp_path: Path
) -> None:
    file, out = office.medium / "carried", tmp_path / "out"
    assert office.exported(file) == office.ids
    assert [(one.did, one.subject) for one in Audit(office.database).newest()] == [
        ("exported", one) for one in reversed(office.ids)
    ]
    words = ["office", "open", file, "--key", office.key, "--out", out, "--settings", tmp_path / "none.toml"]
    ran = subprocess.run(
        [sys.executable, "-m", "kiosk.cli", *map(str, words)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    table = json.loads((out / "enrolment.json").read_text("utf-8"))
    assert (table["id"], table["receipt"], [one["id"] for one in table["supplemented_by"]]) == (
        office.ids[0], 1, office.ids[1:],
    )  # fmt: skip
    kid = OpeningKey.load(office.key).kid
    written = list(read_chain(office.medium / "opened.log"))
    assert [(one.event, one.details["package"], one.details["key"]) for one in written] == [
        ("opened", package_id, kid) for package_id in office.ids
    ]


def _other_bytes(office: Office, file: Path, _log: Path) -> None:
    data = bytearray(file.read_bytes())
    data[data.rindex(office.ids[1].encode()) + 600] ^= 1
    file.write_bytes(data)


def _other_office(office: Office, file: Path, _log: Path) -> None:
    file.unlink()
    SigningKey.generate().save(office.layout.collector / "other.key")
    (office.layout.collector / "other.key").replace(office.layout.collector / "receipt.key")
    office.exported(file)


def _other_log(_office: Office, _file: Path, log: Path) -> None:
    log.write_text(log.read_text("ascii").replace('"who":"mai"', '"who":"lan"'), "ascii")


def _no_file(_office: Office, file: Path, _log: Path) -> None:
    file.write_bytes(b"a letter")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_other_bytes, "other packages than the office has listed|is damaged"),
        (_other_office, "not from this office"),
        (_other_log, "nothing is opened: the log .* cannot be kept"),
        (_no_file, "is damaged, or not from this office"),
    ],
)
def test_a_carried_file_or_a_log_that_was_changed_opens_nothing(
    office: Office, tmp_path: Path, change: Callable[[Office, Path, Path], None], said: str
) -> None:
    file, log = tmp_path / "carried", tmp_path / "opened.log"
    office.exported(file)
    keys = OfficeKeys.load(office.medium / "office-keys.json")

    def opened(out: Path) -> None:
        note = note_in_file(log, by="mai", now=lambda: NOW)
        carried = CarriedHoldings.read(file, keys.receipt)
        open_enrolment(carried, carried.asked[0], key_file=office.key, out_dir=out, note=note)

    opened(tmp_path / "good")
    change(office, file, log)
    with pytest.raises(OpeningError, match=said):
        opened(tmp_path / "bad")
    assert not (tmp_path / "bad").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
def test_root_opens_and_exports_as_the_user_whom_the_database_knows(office: Office, tmp_path: Path) -> None:
    asked: list[int] = []
    collector = office.layout.collector
    os.chown(collector, 65_534, 65_534)
    acting = partial(acting_as_owner_of, collector)
    event.listen(office.database._engine, "before_cursor_execute", lambda *_: asked.append(os.geteuid()))
    holdings = OfficeHoldings(office.database, load_registry(office.layout.registry), acting=acting)
    note = note_at_office(office.database, by="mai", now=lambda: NOW, acting=acting)
    opened = open_enrolment(holdings, "1", key_file=office.key, out_dir=tmp_path / "out", note=note)
    assert set(asked) == {65_534}
    assert (opened.enrolment_file.stat().st_uid, os.geteuid(), os.getegid()) == (0, 0, 0)


def test_what_is_not_here_and_what_is_there_already_is_named(office: Office, tmp_path: Path) -> None:
    settings, file = OfficeSettings(directory=office.layout.root), tmp_path / "carried"
    with pytest.raises(OpeningError, match="no enrolment 77 is in"):
        export(settings, file, ["1", "77"], by="mai", at=NOW)
    assert not file.exists()
    file.write_bytes(b"somebody's")
    with pytest.raises(OpeningError, match="cannot be made: File exists"):
        office.exported(file)
    assert file.read_bytes() == b"somebody's"
    assert load_registry(office.layout.registry).kiosks.keys() == {KIOSK}
