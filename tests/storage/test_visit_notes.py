"""What is kept for a later visit: figures of weak fingers, sealed, under a name that only the vault key makes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.domain.capture_plan import Earlier, ExceptionReason
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.visits import EarlierVisit
from kiosk.sealing.errors import CannotOpen
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.visits import VisitBook

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAYS = timedelta(days=90)
NUMBER, OTHER, PLAN = "042150000012", "001051000001", "a decree"
WEAK = {
    "print.right_thumb": Earlier(38, PrintVerdict.TOO_DRY, again=True),
    "print.left_ring": Earlier(reason=ExceptionReason.INJURED, again=True),
}
VISIT = EarlierVisit("one", NOW, WEAK)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[CustodyDatabase]:
    opened = CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "private.db")
    yield opened
    opened.close()


@pytest.fixture
def book(database: CustodyDatabase) -> VisitBook:
    return VisitBook(database, VaultKey.generate(), DAYS)


def note(database: CustodyDatabase, book: VisitBook, visit: EarlierVisit = VISIT, number: str = NUMBER) -> None:
    with database.transaction() as connection:
        book.noting(number, visit, PLAN)(connection)


def rows(database: CustodyDatabase) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return connection.execute("SELECT * FROM private.visit").fetchall()


def test_the_weak_fingers_of_a_person_are_found_again_and_of_nobody_else(
    database: CustodyDatabase, book: VisitBook
) -> None:
    note(database, book)
    assert book.find(NUMBER, PLAN, NOW + timedelta(days=30)) == VISIT
    assert book.find(OTHER, PLAN, NOW) is None


def test_a_later_note_takes_the_place_of_the_earlier_and_one_without_weak_fingers_ends_it(
    database: CustodyDatabase, book: VisitBook
) -> None:
    note(database, book)
    later = EarlierVisit("one", NOW + timedelta(days=9), {"print.left_ring": WEAK["print.left_ring"]})
    note(database, book, later)
    assert book.find(NUMBER, PLAN, NOW + timedelta(days=10)) == later
    note(database, book, EarlierVisit("one", NOW + timedelta(days=11), {}))
    assert rows(database) == []


def test_a_note_is_not_used_after_its_time_and_goes_with_the_next_enrolment(
    database: CustodyDatabase, book: VisitBook
) -> None:
    note(database, book)
    assert book.find(NUMBER, PLAN, NOW + DAYS - timedelta(seconds=1)) is not None
    assert book.find(NUMBER, PLAN, NOW + DAYS) is None
    note(database, book, EarlierVisit("two", NOW + DAYS, WEAK), OTHER)
    assert [row[1] for row in rows(database)] == ["two"]


def test_where_nothing_is_to_be_kept_nothing_is(database: CustodyDatabase) -> None:
    book = VisitBook(database, VaultKey.generate(), timedelta(0))
    note(database, book)
    assert rows(database) == []


def test_the_slots_of_another_plan_are_not_asked_for(database: CustodyDatabase, book: VisitBook) -> None:
    note(database, book)
    assert book.find(NUMBER, "a newer decree", NOW) is None


def test_the_card_that_was_handed_over_ends_it(database: CustodyDatabase, book: VisitBook) -> None:
    note(database, book)
    book.forget("another")
    assert book.find(NUMBER, PLAN, NOW) is not None
    book.forget("one")
    assert rows(database) == []


def test_the_file_tells_neither_who_was_here_nor_what_was_weak(
    database: CustodyDatabase, book: VisitBook, tmp_path: Path
) -> None:
    note(database, book)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for told in (NUMBER, "right_thumb", "too_dry", "injured", PLAN):
        assert told.encode() not in on_disk


def test_another_vault_key_finds_nobody_and_a_damaged_note_says_so(database: CustodyDatabase, book: VisitBook) -> None:
    note(database, book)
    assert VisitBook(database, VaultKey.generate(), DAYS).find(NUMBER, PLAN, NOW) is None
    with database.transaction() as connection:
        connection.execute("UPDATE private.visit SET enrolment = 'two'")
    with pytest.raises(CannotOpen):
        book.find(NUMBER, PLAN, NOW)
