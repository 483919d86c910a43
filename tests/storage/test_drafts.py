"""Drafts survive what happens to a kiosk, open for the vault key only, and are gone when dropped."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.errors import DuplicateEnrolment
from kiosk.custody.outbox import Outbox
from kiosk.sealing.errors import VaultLocked
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import DraftStore, PausedCount, PausedDraft, StoredDraft, count_paused
from kiosk.storage.errors import DraftUnreadable

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
KEY = VaultKey(b"k" * 32)
CAPTURES = {"portrait": b"\xff\xd8 portrait" * 100, "print/right_index": bytes(range(256)) * 10}


@pytest.fixture
def database(tmp_path: Path) -> Iterator[CustodyDatabase]:
    with CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "kiosk.db") as database:
        yield database


@pytest.fixture
def drafts(database: CustodyDatabase) -> DraftStore:
    return DraftStore(database, KEY, now=lambda: NOW)


def capture_rows(database: CustodyDatabase) -> list[tuple[str, bytes]]:
    with database.reading() as connection:
        return connection.execute("SELECT draft, sealed FROM private.draft_capture ORDER BY name").fetchall()


def test_a_draft_comes_back_at_its_last_step(drafts: DraftStore) -> None:
    assert drafts.load() is None
    drafts.save("a", "consent", state=b"1", captures={})
    drafts.save("a", "prints", state=b"2", captures=CAPTURES)

    assert drafts.load() == StoredDraft("a", "prints", b"2", CAPTURES, NOW)
    assert drafts.ids() == ("a",)


def test_the_draft_saved_last_is_offered_first(drafts: DraftStore) -> None:
    for name in ("a", "b", "a"):
        drafts.save(name, "consent", state=name.encode(), captures={})

    assert drafts.ids() == ("a", "b")
    newest, other = drafts.load(), drafts.load("b")
    assert newest is not None
    assert other is not None
    assert (newest.draft_id, other.draft_id) == ("a", "b")
    assert drafts.load("c") is None


def test_a_capture_is_written_once_and_goes_when_it_is_replaced(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"1", captures=CAPTURES)
    written = capture_rows(database)
    drafts.save("a", "portrait", state=b"2", captures={**CAPTURES, "again": CAPTURES["portrait"]})
    assert capture_rows(database) == written

    drafts.save("a", "portrait", state=b"3", captures={"portrait": b"a better one"})
    assert len(capture_rows(database)) == 1


def test_two_citizens_captures_do_not_mix(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"", captures=CAPTURES)
    drafts.save("b", "prints", state=b"", captures=CAPTURES)
    drafts.drop("a")

    assert drafts.ids() == ("b",)
    left = drafts.load()
    assert left is not None
    assert left.captures == CAPTURES
    assert {draft for draft, _ in capture_rows(database)} == {"b"}


def test_a_dropped_draft_is_gone(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"", captures=CAPTURES)
    drafts.drop("a")
    drafts.drop("a")

    assert drafts.load() is None
    assert capture_rows(database) == []


def test_another_vault_key_does_not_open_it_and_leaves_it_there(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"", captures=CAPTURES)
    with pytest.raises(DraftUnreadable):
        DraftStore(database, VaultKey(b"x" * 32)).load()

    assert drafts.load() is not None


def test_a_locked_vault_reads_and_writes_nothing(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"", captures=CAPTURES)
    key = VaultKey(b"k" * 32)
    locked = DraftStore(database, key)
    key.wipe()
    with pytest.raises(VaultLocked):
        locked.load()
    with pytest.raises(VaultLocked):
        locked.save("a", "portrait", state=b"", captures={})

    assert locked.ids() == ("a",)


@pytest.mark.parametrize("statement", ["UPDATE private.draft SET sealed = x'00'", "DELETE FROM private.draft_capture"])
def test_a_draft_with_a_changed_or_missing_part_is_named(
    drafts: DraftStore, database: CustodyDatabase, statement: str
) -> None:
    drafts.save("a", "prints", state=b"", captures=CAPTURES)
    with database.transaction() as connection:
        connection.execute(statement)

    with pytest.raises(DraftUnreadable):
        drafts.load()


def test_one_draft_cannot_be_passed_off_as_another(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "prints", state=b"", captures={})
    with database.transaction() as connection:
        connection.execute("UPDATE private.draft SET id = 'b'")

    with pytest.raises(DraftUnreadable):
        drafts.load()


def test_committing_drops_the_draft_and_failing_keeps_it(drafts: DraftStore, database: CustodyDatabase) -> None:
    outbox = Outbox(database)
    drafts.save("a", "sign_off", state=b"", captures=CAPTURES)
    with pytest.raises(ZeroDivisionError):
        outbox.commit_enrolment("a", lambda seq, prev: bytes(1 // 0), within=drafts.drop_within("a"))
    assert drafts.load() is not None

    outbox.commit_enrolment("a", lambda seq, prev: b"package", within=drafts.drop_within("a"))
    assert drafts.load() is None
    drafts.save("a", "sign_off", state=b"", captures={})
    with pytest.raises(DuplicateEnrolment):
        outbox.commit_enrolment("a", lambda seq, prev: b"package", within=drafts.drop_within("a"))
    assert drafts.load() is not None


SAVES = st.lists(
    st.tuples(
        st.sampled_from(("a", "b")),
        st.binary(max_size=50),
        st.dictionaries(st.text(max_size=8), st.binary(max_size=80)),
    ),
    min_size=1,
    max_size=8,
)


@given(SAVES)
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_saved_last_is_what_comes_back(
    tmp_path_factory: pytest.TempPathFactory, saves: list[tuple[str, bytes, dict[str, bytes]]]
) -> None:
    folder = tmp_path_factory.mktemp("drafts")
    with CustodyDatabase.open(folder / "outbox.db", folder / "kiosk.db") as database:
        drafts = DraftStore(database, KEY, now=lambda: NOW)
        for n, (name, state, captures) in enumerate(saves):
            drafts.save(name, str(n), state=state, captures=captures)
    last = {name: (str(n), state, captures) for n, (name, state, captures) in enumerate(saves)}
    with CustodyDatabase.open(folder / "outbox.db", folder / "kiosk.db") as database:
        drafts = DraftStore(database, KEY)
        for name, (step, state, captures) in last.items():
            assert drafts.load(name) == StoredDraft(name, step, state, captures, NOW)
        assert drafts.load() == drafts.load(saves[-1][0])


def test_a_paused_draft_is_listed_and_not_offered_as_an_interrupted_one(drafts: DraftStore) -> None:
    drafts.save("a", "home", state=b"1", captures=CAPTURES)
    drafts.save("b", "hands", state=b"2", captures={}, paused=True)

    assert drafts.interrupted() == ("a",)
    assert drafts.paused() == ((PausedDraft("b", "hands", b"2", NOW),), 0)
    assert drafts.load("b") == StoredDraft("b", "hands", b"2", {}, NOW)


def test_the_next_save_takes_it_off_the_list(drafts: DraftStore) -> None:
    drafts.save("a", "home", state=b"1", captures={}, paused=True)
    drafts.save("a", "home", state=b"1", captures={})

    assert drafts.paused() == ((), 0)
    assert drafts.interrupted() == ("a",)


def test_who_deletes_a_paused_draft_deletes_all_of_it(drafts: DraftStore, database: CustodyDatabase) -> None:
    drafts.save("a", "home", state=b"1", captures=CAPTURES, paused=True)
    drafts.drop("a")

    assert drafts.paused() == ((), 0)
    assert drafts.load("a") is None
    assert capture_rows(database) == []


def test_paused_drafts_are_counted_without_the_key_and_the_overdue_apart(
    database: CustodyDatabase, drafts: DraftStore
) -> None:
    assert count_paused(database, before=NOW) == PausedCount(0, 0)
    drafts.save("a", "home", state=b"1", captures={}, paused=True)
    drafts.save("b", "home", state=b"1", captures={})

    assert count_paused(database, before=NOW) == PausedCount(1, 0)
    assert count_paused(database, before=NOW + timedelta(seconds=1)) == PausedCount(1, 1)


def test_a_kiosk_that_never_had_a_draft_has_none_paused(database: CustodyDatabase) -> None:
    assert count_paused(database, before=NOW) == PausedCount()


def test_a_paused_draft_of_another_vault_is_counted_and_kept(database: CustodyDatabase, drafts: DraftStore) -> None:
    drafts.save("a", "home", state=b"1", captures={}, paused=True)

    assert DraftStore(database, VaultKey(b"o" * 32)).paused() == ((), 1)
    assert drafts.paused()[1] == 0
