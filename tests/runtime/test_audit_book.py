"""The audit book names what happened and nobody; broken or unwritable it stops no enrolment."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kiosk.runtime.audit import EVENTS, AuditBook
from kiosk.sealing.chain import read_chain, verify_chain
from kiosk.sealing.errors import BadEncoding

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


def book(folder: Path) -> AuditBook:
    return AuditBook(folder / "audit.log", now=lambda: NOW)


def test_what_is_written_is_there_after_a_restart_in_one_chain(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.write("package.sealed", seq=1, sha256="00ff")
    witness = one.head
    two = book(tmp_path)
    two.write("package.received", seq=1, number=41)
    assert verify_chain(tmp_path / "audit.log", witness=witness).n == 3
    assert [entry.event for entry in read_chain(tmp_path / "audit.log")] == [
        "book.begun",
        "package.sealed",
        "package.received",
    ]
    assert two.tail(2) == [
        "2 2026-11-24T03:00:00Z package.sealed seq=1 sha256=00ff",
        "3 2026-11-24T03:00:00Z package.received number=41 seq=1",
    ]
    assert not two.broken


def test_a_changed_book_is_set_aside_and_a_new_one_says_so(tmp_path: Path) -> None:
    one = book(tmp_path)
    one.write("package.sealed", seq=1, sha256="00ff")
    one.write("package.erased", count=1)
    path = tmp_path / "audit.log"
    path.write_bytes(path.read_bytes().replace(b"00ff", b"00fe"))
    again = book(tmp_path)
    again.write("package.sealed", seq=2, sha256="00aa")
    assert again.broken
    assert next(read_chain(path)).details == {"after": "broken"}
    assert len(list(tmp_path.glob("audit.log.broken-*"))) == 1


def test_an_event_that_is_not_in_the_catalogue_or_free_text_is_refused(tmp_path: Path) -> None:
    one = book(tmp_path)
    with pytest.raises(KeyError):
        one.write("citizen.seen")
    with pytest.raises(BadEncoding):
        one.write("officer.refused", why="Nguyễn Thị Mận")
    assert set(EVENTS) >= {"officer.signed_in", "package.sealed", "package.erased", "card.handed_over"}


def test_a_book_that_cannot_be_written_says_so_and_raises_nothing(tmp_path: Path) -> None:
    one = AuditBook(tmp_path / "missing" / "audit.log", now=lambda: NOW)
    one.write("package.sealed", seq=1, sha256="00ff")
    assert one.unwritten
    assert one.head.n == 0
