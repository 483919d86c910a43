"""What an office below lost after its last backup, and kiosks have erased, comes back from the office above."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.reader import OutboxReader
from kiosk.custody.stick import Stick
from kiosk.office import tables
from kiosk.office.auditing import Audit
from kiosk.office.backup import back_up
from kiosk.office.database import OfficeDatabase
from kiosk.office.desk import take_in_stick
from kiosk.office.errors import OfficeError
from kiosk.office.restoring import restore
from kiosk.office.returning import GivenBack, give_back
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import settle
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.receipts import verify_receipt
from tests.office.stand import NOW, KioskSide, intake_of
from tests.office.test_upstream import OFFICE, Desks, commune, province

KIOSK = "kiosk-tk-01"


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Desks]:
    upper = province(tmp_path / "upper")
    with closing(OfficeDatabase.open(f"sqlite:///{upper.database}")) as database:
        yield Desks(upper, commune(tmp_path / "lower"), database)


def passed_on(desks: Desks, kiosk: KioskSide, office: OfficeDatabase) -> OutboxEntry:
    """One enrolment: received below, received above, settled below by that, and erased on its kiosk."""
    entry = kiosk.enrol()
    data = OutboxReader(kiosk.directory / "outbox.db").package(entry.id)
    assert intake_of(desks.lower, office).accept(KIOSK, entry.id, data).new
    assert desks.intake.accept(OFFICE, entry.id, data).new
    stored = office.find(entry.id)
    assert stored is not None
    key = SigningKey.load(desks.lower.collector / "receipt.key")
    settle(office, key, {stored.number: stored.sha256}, at=NOW)
    settled = office.find(entry.id)
    assert settled is not None
    assert settled.receipt is not None
    keys = OfficeKeys.load(desks.lower.collector / "office-keys.json")
    assert kiosk.outbox.release(settled.receipt, lambda signed: verify_receipt(signed, keys.receipt)).status is (
        Status.SETTLED
    )
    return entry


def test_an_office_that_lost_what_its_kiosks_have_erased_gets_it_back_from_the_office_above(
    desks: Desks, tmp_path: Path
) -> None:
    assert desks.vouch(KIOSK)
    below, above = (OfficeSettings(directory=layout.root) for layout in (desks.lower, desks.upper))
    disk, medium = tmp_path / "disk", tmp_path / "medium"
    disk.mkdir()
    medium.mkdir()
    with KioskSide(desks.lower, KIOSK, tmp_path / "k", 1) as kiosk:
        with closing(OfficeDatabase.open(below.database)) as office:
            passed_on(desks, kiosk, office)
            folder = back_up(below, disk, at=NOW, same_disk=True).folder
            lost = [passed_on(desks, kiosk, office) for _ in range(2)]
        assert kiosk.outbox.erase_settled(settled_before=NOW + timedelta(days=36500)) == 3
    for file in desks.lower.collector.glob("office.db*"):
        file.unlink()
    restore(folder, desks.lower.collector, at=NOW)

    given = give_back(above, OFFICE, Stick(medium), since=NOW, by="mai", at=NOW)
    assert given == GivenBack(3, 0, ())
    assert give_back(above, OFFICE, Stick(medium), since=None, by="mai", at=NOW) == GivenBack(0, 3, ())
    assert [(one.did, one.subject) for one in Audit(desks.database).newest()] == [
        ("gave_back", OFFICE), ("gave_back", f"{OFFICE} 2026-11-24"),
    ]  # fmt: skip
    taken = list(take_in_stick(replace(below, upstream=tmp_path), Stick(medium), now=lambda: NOW))
    assert [(one.package.id, one.new, one.code) for one in taken[1:]] == [(entry.id, True, "") for entry in lost]
    assert (taken[0].new, taken[0].code) == (False, "")
    with closing(OfficeDatabase.open(below.database)) as office:
        assert [office.find(entry.id) is not None for entry in lost] == [True, True]
        # And it is passed on again, as anything is: the receipt from above settles it.
        with office.reading() as connection:
            assert len(connection.execute(tables.forward.select()).all()) == 2


def test_only_an_office_that_passes_on_gets_anything_and_what_is_lost_above_too_is_named(
    desks: Desks, tmp_path: Path
) -> None:
    above = OfficeSettings(directory=desks.upper.root)
    with pytest.raises(OfficeError, match="registered are: office-kx, office-tk"):
        give_back(above, KIOSK, Stick(tmp_path), since=None, by="mai", at=NOW)
    assert desks.vouch(KIOSK)
    with (
        KioskSide(desks.lower, KIOSK, tmp_path / "k", 1) as kiosk,
        closing(OfficeDatabase.open(f"sqlite:///{desks.lower.database}")) as office,
    ):
        passed_on(desks, kiosk, office)
    with desks.database.transaction() as connection:
        connection.execute(tables.package.update().values(bytes=b"rotten"))
    assert give_back(above, OFFICE, Stick(tmp_path), since=None, by="mai", at=NOW) == GivenBack(0, 0, (1,))
    later = NOW + timedelta(days=1)
    assert give_back(above, OFFICE, Stick(tmp_path), since=later, by="mai", at=NOW) == GivenBack(0, 0, ())
    assert give_back(above, "office-kx", Stick(tmp_path), since=None, by="mai", at=NOW) == GivenBack(0, 0, ())
