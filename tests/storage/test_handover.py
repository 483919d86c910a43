"""What is kept for the handing over of a card: names that only the vault key makes, and nothing in clear."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.domain.citizen import DocumentSource, Identity, PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.runtime.handover import person_of
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.handover import KEPT_FOR, HandoverBook

NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAME = "Công Tằng Tôn Nữ Thị Hoàng Phương Thảo Nguyên"
ENROLLED = Identity(DocumentSource.TYPED, NAME, PartialDate(1950, 7, 1), number=PersonalNumber("042150000012"))
#: As the lines of the new card give it: without marks, and cut.
ON_CARD = Identity(
    DocumentSource.CHIP, "CONG TANG TON NU THI HOANG PH", PartialDate(1950, 7, 1), number=PersonalNumber("042150000012")
)


@pytest.fixture
def database(tmp_path: Path):  # noqa: ANN201
    database = CustodyDatabase.open(tmp_path / "outbox.db", tmp_path / "private.db")
    yield database
    database.close()


def note(database: CustodyDatabase, book: HandoverBook, at: datetime = NOW, enrolment: str = "one") -> None:
    with database.transaction() as connection:
        book.noting(enrolment, person_of(ENROLLED), at)(connection)


def test_a_card_that_says_the_same_is_found_although_its_lines_cut_the_name(database: CustodyDatabase) -> None:
    book = HandoverBook(database, VaultKey.generate())
    note(database, book)
    found = book.find(person_of(ON_CARD))
    assert found is not None
    assert found.same
    assert (found.enrolment, found.made_at) == ("one", NOW)


def test_what_differs_is_told_one_by_one(database: CustodyDatabase) -> None:
    book = HandoverBook(database, VaultKey.generate())
    note(database, book)
    other_number = Identity(DocumentSource.CHIP, NAME, PartialDate(1950, 7, 1), number=PersonalNumber("042150999999"))
    found = book.find(person_of(other_number))
    assert found is not None
    assert (found.number, found.name, found.born) == (False, True, True)
    other_day = Identity(DocumentSource.CHIP, NAME, PartialDate(1950, 7, 2), number=PersonalNumber("042150000012"))
    found = book.find(person_of(other_day))
    assert found is not None
    assert (found.number, found.name, found.born) == (True, True, False)
    stranger = Identity(
        DocumentSource.CHIP, "LE VAN BA", PartialDate(1950, 7, 1), number=PersonalNumber("001050000001")
    )
    assert book.find(person_of(stranger)) is None


def test_nothing_is_in_clear_and_another_key_finds_nothing(database: CustodyDatabase, tmp_path: Path) -> None:
    book = HandoverBook(database, VaultKey.generate())
    note(database, book)
    content = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for clear in (b"042150000012", b"cong<tang", b"500701", NAME.encode()):
        assert clear not in content
    assert HandoverBook(database, VaultKey.generate()).find(person_of(ON_CARD)) is None


def test_a_note_goes_when_the_card_is_handed_over_and_after_two_years(database: CustodyDatabase) -> None:
    book = HandoverBook(database, VaultKey.generate())
    note(database, book)
    book.forget("one")
    assert book.find(person_of(ON_CARD)) is None
    note(database, book, at=NOW - KEPT_FOR - timedelta(days=1), enrolment="old")
    note(database, book, at=NOW, enrolment="new")
    with database.reading() as connection:
        assert connection.execute("SELECT enrolment FROM private.handover").fetchall() == [("new",)]


def test_a_card_without_a_number_is_never_taken_for_somebody_else_without_one(database: CustodyDatabase) -> None:
    book = HandoverBook(database, VaultKey.generate())
    unnumbered = Identity(DocumentSource.TYPED, NAME, PartialDate(1950, 7, 1))
    with database.transaction() as connection:
        book.noting("one", person_of(unnumbered), NOW)(connection)
    assert book.find(person_of(Identity(DocumentSource.CHIP, "LE VAN BA", PartialDate(1962, 3, 9)))) is None
    found = book.find(person_of(unnumbered))
    assert found is not None
    assert found.same
