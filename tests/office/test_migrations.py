"""The office's database is brought from any layout it ever had to today's, on both kinds of database."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, create_engine, event, inspect, text, update

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.errors import DatabaseError
from kiosk.office.reviews import Reviews
from kiosk.office.tallies import mend_tallies
from kiosk.office.vouching import Trust, Vouched, all_words, find_vouched
from tests.office.test_desk_pages import enrolled

LATER = ("roster", "roster_kiosk", "telemetry", "tally", "last_done", "carried", "vouching", "desired", "settings_told")
# What the last word of a kiosk has got since the first layout.
ADDED = (
    "outbox_bytes",
    "disk_free",
    "disk_size",
    "clock_src",
    "clock_offset_s",
    "net_via",
    "net_up_s",
    "glass_tries",
    "glass_dirty",
    "board_c",
    "officer",
    "paused_n",
    "paused_overdue",
    "alerts",
)
_NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def test_the_steps_lead_to_the_tables_that_the_program_uses(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database, database.reading() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_opening_again_takes_no_step_again(database_url: str) -> None:
    for turn in range(2):
        with closing(OfficeDatabase.open(database_url)) as database:
            assert database.raise_alarm("kiosk-tk-01", "wrong_key", str(turn), at=_NOW)
    with closing(OfficeDatabase.open(database_url)) as database:
        assert len(database.alarms()) == 2


def test_a_database_from_before_steps_were_counted_keeps_what_it_holds(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database:
        database.raise_alarm("kiosk-tk-01", "wrong_key", "", at=_NOW)
        with database.transaction() as connection:
            later_ones = ("command", "command_seen", "account", "audit", "review", "forward", *LATER)
            for later in ("alembic_version", *later_ones):
                connection.execute(text(f"DROP TABLE {later}"))
            connection.execute(text("DROP INDEX enrolment_excepted"))
            connection.execute(text("ALTER TABLE enrolment DROP COLUMN excepted"))
            connection.execute(text("ALTER TABLE enrolment DROP COLUMN supplements"))
            for column in ADDED:
                connection.execute(text(f"ALTER TABLE kiosk_last DROP COLUMN {column}"))
            connection.execute(text("CREATE TABLE layout (version INTEGER PRIMARY KEY)"))
            connection.execute(text("INSERT INTO layout VALUES (1)"))
    with closing(OfficeDatabase.open(database_url)) as database, database.reading() as connection:
        assert [alarm.code for alarm in database.alarms()] == ["wrong_key"]
        assert "layout" not in inspect(connection).get_table_names()


def test_what_is_kept_with_each_commit_is_there_for_what_was_committed_before(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database, database.transaction() as connection:
        for seq in (1, 2, 5):
            insert_enrolment(connection, enrolled(seq, excepted=seq != 2), received_at=_NOW)
        for later in ("tally", "last_done", "carried"):
            connection.execute(text(f"DROP TABLE {later}"))
        connection.execute(text("DROP INDEX enrolment_excepted"))
        connection.execute(text("ALTER TABLE enrolment DROP COLUMN excepted"))
        _before_0014(connection)
        connection.execute(text("UPDATE alembic_version SET version_num = '0008'"))
    with closing(OfficeDatabase.open(database_url)) as database:
        assert (database.count(), database.gaps()) == (3, {"kiosk-tk-01": 2})
        assert [one.seq for one in Reviews(database).left()] == [5, 1]
        with database.transaction() as connection:
            insert_enrolment(connection, enrolled(3), received_at=_NOW)
        assert (database.count(), database.gaps()) == (4, {"kiosk-tk-01": 1})


def uncounted(connection: Connection, seq: int, *, excepted: bool) -> None:
    """Commit as a collector of the layout before tallies does, which has not ended yet."""
    insert_enrolment(connection, enrolled(seq, excepted=excepted), received_at=_NOW)
    connection.execute(text("UPDATE tally SET count = count - 1, highest = (SELECT max(seq) FROM enrolment) - 1"))
    connection.execute(text("DELETE FROM tally WHERE count = 0"))
    connection.execute(update(tables.enrolment).where(tables.enrolment.c.seq == seq).values(excepted=False))


def test_what_an_earlier_program_commits_after_the_step_is_counted_by_the_next_collector(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database:
        with database.transaction() as connection:
            uncounted(connection, 1, excepted=True)
        assert mend_tallies(database) == 1
        with database.transaction() as connection:
            insert_enrolment(connection, enrolled(2, excepted=False), received_at=_NOW)
            for seq in (3, 5):
                uncounted(connection, seq, excepted=seq == 5)
        assert database.gaps() != {"kiosk-tk-01": 1}
        beats: list[None] = []
        assert mend_tallies(database, lambda: beats.append(None)) == 1
        assert (database.count(), database.gaps(), beats) == (4, {"kiosk-tk-01": 1}, [None])
        assert [one.seq for one in Reviews(database).left()] == [5, 1]
        asked: list[str] = []
        event.listen(database._engine, "before_cursor_execute", lambda *what: asked.append(str(what[2])))
        assert mend_tallies(database) == 0
        assert len([one for one in asked if one != "BEGIN"]) == 1  # where all is counted: two sums, and nothing else


def test_what_is_committed_while_tallies_are_put_right_is_counted_once(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite lets one write at a time")
    with closing(OfficeDatabase.open(database_url)) as database:
        with database.transaction() as connection:
            uncounted(connection, 1, excepted=True)

        def meanwhile() -> None:
            with database.transaction() as connection:
                insert_enrolment(connection, enrolled(2), received_at=_NOW)

        assert mend_tallies(database, meanwhile) == 1
        assert (database.count(), database.gaps()) == (2, {})
        assert mend_tallies(database) == 0


def _before_0018(connection: Connection) -> None:
    """Take back what the step 0018 made, and those after it."""
    for later in ("desired", "settings_told"):
        connection.execute(text(f"DROP TABLE {later}"))
    connection.execute(text("DROP INDEX vouching_current"))


def test_of_two_current_words_about_a_kiosk_the_first_stays(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database, database.transaction() as connection:
        _before_0018(connection)
        for office, day in (("office-b", 2), ("office-a", 1), ("office-c", 3)):
            row = {"office": office, "key": "00" * 32, "at": to_text(_NOW.replace(day=day))}
            connection.execute(text("INSERT INTO vouching VALUES ('kiosk-tk-01', :office, :key, 'current', :at)"), row)
        connection.execute(text("UPDATE alembic_version SET version_num = '0016'"))
    with closing(OfficeDatabase.open(database_url)) as database, database.reading() as connection:
        standing = {one.office: one.trust for one in all_words(connection)}
        assert standing == {"office-a": Trust.CURRENT, "office-b": Trust.CLAIMED, "office-c": Trust.CLAIMED}
        assert {(one.code, one.detail) for one in database.alarms()} == {
            ("kiosk_twice", "office-b"),
            ("kiosk_twice", "office-c"),
        }


def _before_0015(connection: Connection) -> None:
    """Take back what the step 0015 made, and those after it."""
    _before_0018(connection)
    connection.execute(text("DROP INDEX command_waits"))
    connection.execute(text("ALTER TABLE command DROP COLUMN told_at"))


def _before_0014(connection: Connection) -> None:
    """Take back what the step 0014 made, and those after it."""
    _before_0015(connection)
    connection.execute(text("DROP TABLE vouching"))
    for column in ("paused_n", "paused_overdue", "alerts"):
        connection.execute(text(f"ALTER TABLE kiosk_last DROP COLUMN {column}"))
    binary = "BYTEA" if connection.dialect.name == "postgresql" else "BLOB"
    columns = f"kiosk VARCHAR(32) PRIMARY KEY, office VARCHAR(32), record_key {binary}, at VARCHAR(32)"
    connection.execute(text(f"CREATE TABLE vouched ({columns})"))


def test_what_was_vouched_for_stays_so(database_url: str) -> None:
    with closing(OfficeDatabase.open(database_url)) as database, database.transaction() as connection:
        _before_0014(connection)
        row = {"key": b"k" * 32, "at": to_text(_NOW)}
        connection.execute(text("INSERT INTO vouched VALUES ('kiosk-tk-01', 'office-tk', :key, :at)"), row)
        connection.execute(text("UPDATE alembic_version SET version_num = '0013'"))
    with closing(OfficeDatabase.open(database_url)) as database, database.reading() as connection:
        assert find_vouched(connection, "kiosk-tk-01") == Vouched("office-tk", b"k" * 32)
        assert [(one.trust, one.at) for one in all_words(connection)] == [(Trust.CURRENT, _NOW)]


def test_what_the_page_asks_at_each_look_reads_no_table_of_enrolments_through(database_url: str) -> None:
    asked: list[str] = []
    with closing(OfficeDatabase.open(database_url)) as database:
        engine = database._engine
        event.listen(engine, "before_cursor_execute", lambda *what: asked.append(str(what[2])))
        database.gaps()
        database.count()
        Reviews(database).left()
    whole = [one for one in asked if "enrolment" in one and "WHERE" not in one]
    assert whole == []
    assert not [one for one in asked if "LIKE" in one or "GROUP BY" in one]


def test_a_database_of_a_newer_program_is_refused_and_left_as_it_is(database_url: str) -> None:
    OfficeDatabase.open(database_url).close()
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseError, match=r"a newer program .*9999"):
        OfficeDatabase.open(database_url)
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
    engine.dispose()


def test_a_step_that_fails_leaves_nothing_of_it(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE kiosk_last (mine INTEGER)"))
    with pytest.raises(DatabaseError):
        OfficeDatabase.open(database_url)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["kiosk_last"]
    engine.dispose()
