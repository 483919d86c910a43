"""What helped is kept across restarts without anybody's name, told by the day, and taught by the office alone."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.custody.inbox import Inbox
from kiosk.domain.experience import Experience, Remedy, RemedyOutcome, Tally
from kiosk.domain.quality import PrintVerdict
from kiosk.runtime.remedies import KEEP_DAYS, TELL_DAYS, RemedyBook, _read
from kiosk.runtime.worker import Worker
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.learnt import Learnt, sign_learnt
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import MAX_TRIES_A_DAY, RemedyDay, decode_json

TODAY = date(2026, 11, 24)
PAIR = (PrintVerdict.TOO_DRY, Remedy.DAMP)
HELPED = RemedyOutcome(*PAIR, before=30, after=62, helped=True)
FAILED = RemedyOutcome(*PAIR, before=30, after=28, helped=False)
OFFICE = SigningKey.generate()


class Stand:
    """One kiosk's files and calendar; book() is a start of the kiosk."""

    def __init__(self, folder: Path, worker: Callable[[str], Worker]) -> None:
        self.path = folder / "remedies.jsonl"
        self.inbox = folder / "inbox.db"
        self.today = TODAY
        self._workers = worker

    def book(self, *, open_day_too: bool = False) -> RemedyBook:
        book = RemedyBook(
            self.path,
            self.inbox,
            office=OFFICE.public,
            worker=self._workers("remedies"),
            now=lambda: datetime(2026, 11, 24, 3, tzinfo=UTC),
            today=lambda: self.today,
            open_day_too=open_day_too,
        )
        book.open().result(20)
        return book


@pytest.fixture
def stand(tmp_path: Path, worker: Callable[[str], Worker]) -> Stand:
    return Stand(tmp_path, worker)


def settled(book: RemedyBook) -> RemedyBook:
    """Wait until everything noted is written."""
    book.take_in().result(20)
    return book


def told(book: RemedyBook) -> list[RemedyDay]:
    return [decode_json(RemedyDay, data) for data in book.untold()]


def test_what_helped_is_known_again_after_a_restart(stand: Stand) -> None:
    book = stand.book()
    for outcome in (HELPED, HELPED, FAILED):
        book.note(outcome)
    assert book.here() == {PAIR: Tally(3, 2, 62)}
    settled(book)
    assert stand.book().here() == {PAIR: Tally(3, 2, 62)}


def test_older_days_count_for_less(stand: Stand) -> None:
    book = stand.book()
    book.note(HELPED)
    stand.today = TODAY + timedelta(days=60)
    assert book.here() == {PAIR: Tally(0.5, 0.5, 16)}


def test_the_file_holds_days_and_counts_and_can_be_read_by_its_owner_alone(stand: Stand) -> None:
    book = stand.book()
    book.note(HELPED)
    settled(book)
    (line,) = stand.path.read_text().splitlines()
    assert set(json.loads(line)) == {"v", "epoch", "day", "rows"}
    assert stand.path.stat().st_mode & 0o077 == 0


def test_the_running_day_is_not_told_before_it_is_over(stand: Stand) -> None:
    book = stand.book()
    book.note(HELPED)
    assert told(book) == []
    stand.today += timedelta(days=1)
    (day,) = told(book)
    assert (day.day, [(row.tried, row.helped, row.before, row.after) for row in day.rows]) == (TODAY, [(1, 1, 30, 62)])
    assert told(book) == []


def test_a_demonstration_tells_the_day_as_it_grows(stand: Stand) -> None:
    book = stand.book(open_day_too=True)
    book.note(HELPED)
    assert [row.tried for day in told(book) for row in day.rows] == [1]
    assert told(book) == []
    book.note(FAILED)
    assert [row.tried for day in told(book) for row in day.rows] == [2]


def test_after_a_restart_the_same_days_are_told_again_under_the_same_epoch(stand: Stand) -> None:
    book = stand.book()
    book.note(HELPED)
    settled(book)
    stand.today += timedelta(days=1)
    assert told(book) == told(stand.book())
    stand.today = TODAY + timedelta(days=TELL_DAYS + 1)
    assert told(stand.book()) == []


@pytest.mark.parametrize("damage", [b"{", b'{"v":1}\n', b"\xff" * 100, b"{}\n" * 3])
def test_a_damaged_file_is_set_aside_and_counting_begins_anew_under_a_new_epoch(stand: Stand, damage: bytes) -> None:
    book = stand.book(open_day_too=True)
    book.note(HELPED)
    before = told(settled(book))[0].epoch
    stand.path.write_bytes(stand.path.read_bytes() + damage)
    book = stand.book(open_day_too=True)
    assert book.here() == {}
    assert [path.name.startswith("remedies.jsonl.damaged-") for path in stand.path.parent.glob("*.damaged-*")] == [True]
    book.note(FAILED)
    assert told(settled(book))[0].epoch != before
    assert stand.book().here() == {PAIR: Tally(1, 0, -2)}


def test_a_place_that_cannot_be_written_costs_the_tally_and_nothing_else(stand: Stand) -> None:
    book = stand.book()
    stand.path.mkdir()
    book.note(HELPED)
    assert settled(book).here() == {PAIR: Tally(1, 1, 32)}


def test_old_days_leave_the_file(stand: Stand) -> None:
    book = stand.book()
    for n in range(KEEP_DAYS + 5):
        stand.today = TODAY + timedelta(days=n)
        book.note(HELPED)
    settled(book)
    _epoch, days = _read(stand.path)
    assert min(days) == TODAY + timedelta(days=5)
    assert len(days) == KEEP_DAYS


def test_a_day_that_is_full_stays_as_it_is(stand: Stand) -> None:
    book = stand.book()
    for _ in range(MAX_TRIES_A_DAY + 3):
        book.note(HELPED)
    assert settled(book).here()[PAIR].tried == MAX_TRIES_A_DAY


def teach(stand: Stand, *signed: bytes) -> None:
    with Inbox.open(stand.inbox) as inbox:
        for one in signed:
            inbox.add_learnt(one)


def learnt(tried: int, *, day: date = TODAY, key: SigningKey = OFFICE) -> bytes:
    experience: Experience = {PAIR: Tally(tried, tried, 5 * tried)}
    return sign_learnt(Learnt(day, experience), key)


def test_the_offices_word_is_taken_in_and_the_newest_day_holds(stand: Stand) -> None:
    book = stand.book()
    assert book.everywhere() == {}
    teach(stand, learnt(40), learnt(7, day=TODAY - timedelta(days=3)))
    assert book.take_in().result(20)
    assert book.everywhere() == {PAIR: Tally(40, 40, 200)}
    assert not book.take_in().result(20)
    assert stand.book().everywhere() == {PAIR: Tally(40, 40, 200)}


def test_what_the_office_did_not_sign_teaches_nothing(stand: Stand) -> None:
    book = stand.book()
    teach(stand, learnt(40), learnt(900, key=SigningKey.generate()), b"rubbish")
    assert book.take_in().result(20)
    assert book.everywhere() == {PAIR: Tally(40, 40, 200)}


def test_an_office_that_is_silent_for_long_is_believed_less(stand: Stand) -> None:
    teach(stand, learnt(40))
    book = stand.book()
    stand.today += timedelta(days=120)
    assert book.everywhere() == {PAIR: Tally(10, 10, 50)}


@given(data=st.binary(max_size=300))
def test_any_file_is_read_or_refused_by_name(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("book") / "remedies.jsonl"
    path.write_bytes(data)
    try:
        epoch, days = _read(path)
    except BadMessage:
        return
    assert (epoch, dict(days)) == ("", {})
