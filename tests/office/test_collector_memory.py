"""What the collector holds of packages that are not whole yet: bounded, whoever sends and in whatever order."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk.office import collector as collecting
from kiosk.office.changes import Changes
from kiosk.office.collector import Collector
from kiosk.office.database import OfficeDatabase
from kiosk.office.halves import Halves
from kiosk.office.provisioning import init_office
from kiosk.office.settings import OfficeSettings
from kiosk.uplink.link import Delivery
from kiosk.wire.chunking import chunks_of, manifest_of
from kiosk.wire.messages import MAX_CHUNK_BYTES, encode_cbor
from tests.office.stand import new_id


def test_chunks_of_many_kiosks_at_once_do_not_pile_up(tmp_path: Path) -> None:
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["k-0"], demo=True)
    database = OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")
    collector = Collector(OfficeSettings(directory=tmp_path), database, Changes())
    collector._halves = Halves(most_bytes=3 * MAX_CHUNK_BYTES)
    packages = {f"k-{n}": (new_id(), bytes(3 * MAX_CHUNK_BYTES)) for n in range(6)}

    def hear(kiosk: str, payload: bytes) -> None:
        collector._on_message(Delivery(f"ev1/ht/tk/{kiosk}/enrol", payload, False, 1, 1))

    for kiosk, (package_id, data) in packages.items():
        hear(kiosk, encode_cbor(manifest_of(package_id, data)))
    for turn in range(2):
        for kiosk, (package_id, data) in packages.items():
            hear(kiosk, encode_cbor(list(chunks_of(package_id, data))[turn]))
            assert collector._halves.held_bytes <= 3 * MAX_CHUNK_BYTES
    # Those that were offered and then said nothing went first; one that went on speaking stays.
    assert collector._halves.get("k-3", packages["k-3"][0]) is not None
    database.close()


def test_words_that_take_long_leave_most_of_the_time_to_packages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["k-0"], demo=True)
    database = OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")
    clock = [100.0]
    collector = Collector(OfficeSettings(directory=tmp_path), database, Changes(), monotonic_s=lambda: clock[0])

    def slow(*, all_of_it: bool) -> bool:
        clock[0] += 2.0
        return all_of_it

    monkeypatch.setattr(collector._presence, "flush", slow)
    collector._flush()
    assert collector._flush_due_s == 102.0 + 8.0
    monkeypatch.undo()
    collector._flush()
    assert collector._flush_due_s == 102.0 + collecting.FLUSH_S
    database.close()
