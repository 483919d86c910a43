"""A backup that is old, or was never made, is seen: on the page, in the figures, whatever kept it from being made."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.keeping import BACKUP, Keeping, how_kept, keep_done
from kiosk.office.metrics import metrics_text
from kiosk.office.needs import needs_of
from kiosk.office.records import Alarm
from kiosk.office.wording import Language, load_words
from tests.office.test_desk_pages import enrolled
from tests.office.test_page import NOW, snapshot

FRESH = NOW - timedelta(hours=35)
OLD = NOW - timedelta(hours=36)


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize(
    ("last", "first", "key"),
    [
        (FRESH, OLD, ""),
        (OLD, OLD, "needs.backup_old"),
        (None, OLD, "needs.backup_none"),
        (None, FRESH, ""),
        (None, None, ""),
    ],
)
def test_a_backup_that_is_too_old_or_missing_is_an_urgent_need(
    last: datetime | None, first: datetime | None, key: str, language: Language
) -> None:
    words = load_words(language)
    seen = snapshot(keeping=Keeping(last, first))
    found, _ = needs_of(seen, words, ())
    expected = [words(key, since=words.clock(OLD, NOW))] if key else []
    assert [need.text for need in found] == expected
    assert all(need.urgent for need in found)


def test_an_alarm_of_the_office_itself_leads_to_no_kiosk_s_page() -> None:
    raised = [Alarm(kiosk, "restored", "", NOW) for kiosk in ("office", "kiosk-tk-01")]
    found, _ = needs_of(snapshot(alarms=raised), load_words("en"), ())
    assert [need.kiosk for need in found] == ["", "kiosk-tk-01"]


def test_backup_and_disk_are_told_to_prometheus_and_no_backup_tells_no_time() -> None:
    text = metrics_text(snapshot(keeping=Keeping(NOW, NOW, 5, 100)))
    assert f"kiosk_office_backup_timestamp_seconds {round(NOW.timestamp())}\n" in text
    assert "kiosk_office_disk_free_bytes 5\n" in text
    assert "kiosk_office_disk_size_bytes 100\n" in text
    assert "kiosk_office_backup_timestamp_seconds" not in metrics_text(snapshot())


def test_the_office_remembers_its_last_backup_and_its_first_enrolment(database_url: str, tmp_path: Path) -> None:
    database = OfficeDatabase.open(database_url)
    assert how_kept(database, tmp_path / "none") == Keeping()
    with database.transaction() as connection:
        for seq, at in ((1, OLD), (2, NOW)):
            insert_enrolment(connection, enrolled(seq), received_at=at)
        for at in (OLD, FRESH):
            keep_done(connection, BACKUP, at)
    kept = how_kept(database, tmp_path)
    database.close()
    assert (kept.last_backup, kept.first_received) == (FRESH, OLD)
    assert kept.disk_free is not None
    assert kept.disk_size is not None
    assert 0 < kept.disk_free < kept.disk_size
