"""The outbox warns early, because nothing in it is ever evicted."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from kiosk.custody.room import Level, Room, room_of


@pytest.mark.parametrize(
    ("used", "level"),
    [(0, 0), (49, 0), (50, 50), (79, 50), (80, 80), (94, 80), (95, 95), (100, 95)],
)
def test_warnings_come_at_half_at_four_fifths_and_when_nearly_full(used: int, level: int) -> None:
    assert Room(used_bytes=used, free_bytes=100 - used).level == Level(level)


def test_a_disk_with_no_room_at_all_is_nearly_full() -> None:
    assert Room(0, 0).level is Level.NEARLY_FULL


def test_the_limit_counts_where_the_disk_has_more_and_erased_pages_are_free(tmp_path: Path) -> None:
    path = tmp_path / "outbox.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("CREATE TABLE t (b BLOB)")
        connection.execute("INSERT INTO t VALUES (zeroblob(40000))")
        full = room_of(connection, path, max_bytes=100_000)
        connection.execute("DELETE FROM t")
        erased = room_of(connection, path, max_bytes=100_000)

        assert full.used_bytes == path.stat().st_size
        assert full.used_bytes + full.free_bytes == 100_000
        assert erased.free_bytes >= full.free_bytes + 36_000
        assert erased.used_bytes + erased.free_bytes == 100_000
        assert room_of(connection, path, max_bytes=100).free_bytes == erased.free_bytes - full.free_bytes
        assert room_of(connection, path).free_bytes > 0
