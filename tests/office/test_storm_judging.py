"""What a storm's judge says of the time in a record: by the true time, and not by any clock of a kiosk."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.clock import Interval
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from tests.office.storm_judging import Report, _judge_time
from tests.office.storm_kiosk import FullAtSealing, FullBefore, StormKiosk, small_disk

KIOSK = "kiosk-tk-01"
BEFORE = datetime(2026, 11, 28, 3, 0, tzinfo=UTC)
AFTER = BEFORE + timedelta(seconds=1)
YEARS = timedelta(days=3650)


@pytest.fixture(scope="module")
def layout(tmp_path_factory: pytest.TempPathFactory) -> OfficeLayout:
    office = tmp_path_factory.mktemp("office")
    return init_office(office, province="ht", communes=["tk"], kiosks=[KIOSK], demo=True).layout


@pytest.fixture
def kiosk(layout: OfficeLayout, tmp_path: Path) -> Iterator[StormKiosk]:
    (tmp_path / "clock").write_text(str(YEARS.total_seconds()), "ascii")
    with small_disk(tmp_path / "disk") as disk:
        folder = tmp_path / "disk"
        with StormKiosk(layout, KIOSK, folder, 1, clock=tmp_path / "clock", mounted=bool(disk)) as made:
            yield made


@pytest.mark.parametrize(
    ("earliest", "latest", "counted"),
    [
        (BEFORE - YEARS, None, "times_from"),
        (BEFORE - YEARS, AFTER + YEARS, "times_between"),
        (BEFORE, AFTER, "times_between"),  # it was sealed between these two: either may be the moment
        (AFTER + timedelta(seconds=1), None, "times_wrong"),
        (BEFORE - YEARS, BEFORE - timedelta(seconds=1), "times_wrong"),
    ],
)
def test_a_record_is_right_when_the_true_time_lies_within_its_bounds(
    kiosk: StormKiosk,
    monkeypatch: pytest.MonkeyPatch,
    earliest: datetime,
    latest: datetime | None,
    counted: str,
) -> None:
    report = Report()
    monkeypatch.setattr(kiosk._certain, "interval", lambda: Interval(earliest, latest))
    data = kiosk.package("01920000-0000-7000-8000-000000000001", 1, bytes(32))
    _judge_time(report, data, BEFORE, AFTER, (AFTER + YEARS, AFTER + YEARS))
    assert getattr(report, counted) == 1
    assert report.good is (counted != "times_wrong")
    _judge_time(report, data, BEFORE, AFTER, (BEFORE, AFTER))
    assert report.times_unjudged == 1


def test_a_report_can_be_written_for_a_program() -> None:
    report = Report()
    report.kills["broker"] += 2
    assert json.loads(json.dumps(report.plain()))["kills"] == {"broker": 2}


def test_a_kiosk_whose_disk_is_full_begins_nobody_and_seals_whole_when_there_is_room(kiosk: StormKiosk) -> None:
    if not kiosk.mounted:
        pytest.skip("this system lets nobody mount a tmpfs")
    kiosk.begin(b"first", knowingly=False)
    kiosk.fill_disk()
    with pytest.raises(FullAtSealing):
        kiosk.begin(bytes(100_000), knowingly=False)
    kiosk.release()
    with pytest.raises(FullBefore):
        kiosk.begin(b"nobody", knowingly=False)
    assert kiosk.seal_waiting() == []
    kiosk.free_disk()
    kiosk.release()
    (sealed,) = kiosk.seal_waiting()
    assert (sealed.seq, kiosk.outbox.gaps(), kiosk.waiting) == (2, (), [])
