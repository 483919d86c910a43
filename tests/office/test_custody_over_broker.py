"""Package, collector, receipt, release: over a real broker with TLS, and through everything that breaks on the way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.custody.entries import Status
from tests.office.conftest import Village
from tests.office.stand import KioskSide, OfficeSide, eventually, open_office


@pytest.fixture
def office(village: Village, tmp_path: Path) -> Iterator[OfficeSide]:
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as side:
        yield side


@pytest.fixture
def kiosk(village: Village, tmp_path: Path) -> Iterator[KioskSide]:
    with KioskSide(village.layout, "kiosk-tk-01", tmp_path / "kiosk", village.port) as side:
        yield side


def test_a_package_is_committed_and_its_receipt_releases_it(office: OfficeSide, kiosk: KioskSide) -> None:
    office.start()
    kiosk.start()
    entry = kiosk.enrol(size=300_000)
    eventually(lambda: kiosk.status(entry) is Status.RECEIVED, "the package is released")
    stored = office.database.package(entry.id)
    assert stored is not None
    assert (stored[0].kiosk, stored[0].seq, stored[0].name) == ("kiosk-tk-01", 1, "Nguyễn Thị Mận")
    assert stored[0].number == kiosk.outbox.entry(entry.id).number
    assert len(stored[1]) == entry.size
