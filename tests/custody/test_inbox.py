"""The inbox keeps what came from the office as it came, each thing once, for the kiosk to verify."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.custody.errors import CustodyBusy, CustodyDamaged, CustodyError, CustodyMissing
from kiosk.custody.inbox import COMMANDS, LEARNT, RECEIPTS_EACH, Inbox, InboxReader
from kiosk.custody.reader import OutboxReader
from kiosk.custody.sqlite import immediate

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)


@pytest.fixture
def inbox(tmp_path: Path) -> Iterator[Inbox]:
    with Inbox.open(tmp_path / "inbox.db", now=lambda: NOW) as inbox:
        yield inbox


@pytest.fixture
def reader(inbox: Inbox, tmp_path: Path) -> InboxReader:
    return InboxReader(tmp_path / "inbox.db", deadline_s=0.1)


def test_receipts_are_read_in_order_and_one_that_comes_again_is_new_again(inbox: Inbox, reader: InboxReader) -> None:
    for signed in (b"one", b"two", b"one", b"three"):
        inbox.add_receipt("a", signed)
    arrived = reader.receipts()

    assert [(receipt.name, receipt.data, receipt.at) for receipt in arrived] == [
        ("a", b"two", NOW),
        ("a", b"one", NOW),
        ("a", b"three", NOW),
    ]
    assert reader.receipts(after=arrived[0].n) == arrived[1:]
    assert reader.receipts(limit=1) == arrived[:1]


def test_a_number_is_not_used_again_after_forgetting(inbox: Inbox, reader: InboxReader) -> None:
    inbox.add_receipt("a", b"one")
    seen = reader.receipts()[-1].n
    inbox.note_attempts({"a": 65_536})
    inbox.forget_receipts(["a"])
    assert reader.receipts() == []
    assert reader.send_state("a") is None

    inbox.add_receipt("b", b"two")
    assert [receipt.data for receipt in reader.receipts(after=seen)] == [b"two"]


def test_commands_are_kept_apart_from_receipts(inbox: Inbox, reader: InboxReader) -> None:
    inbox.add_command("lock", b"signed")
    inbox.add_command("lock", b"signed")

    assert [(command.name, command.data) for command in reader.commands()] == [("lock", b"signed")]
    assert reader.receipts() == []


@given(st.lists(st.tuples(st.integers(0, 4096), st.integers(0, 4096)), max_size=20))
@settings(max_examples=25, deadline=None)
def test_progress_and_attempts_survive_a_restart(
    tmp_path_factory: pytest.TempPathFactory, have: list[tuple[int, int]]
) -> None:
    path = tmp_path_factory.mktemp("inbox") / "inbox.db"
    with Inbox.open(path) as inbox:
        inbox.note_attempts({"a": 65_536})
        inbox.take_answers([], {"a": have})
        inbox.note_attempts({"a": 65_536})
    with Inbox.open(path) as inbox:
        state = inbox.send_state("a")

    assert state is not None
    assert (state.attempts, state.have) == (2, tuple(have))
    assert InboxReader(path).send_state("a") == state


def test_the_kiosk_sees_whether_the_broker_is_reached(inbox: Inbox, reader: InboxReader) -> None:
    assert reader.link() is None
    inbox.note_link(False, "refused")
    link = reader.link()
    assert link is not None
    assert (link.connected, link.reason) == (False, "refused")
    inbox.note_link(True)
    link = reader.link()
    assert link is not None
    assert link.connected


def test_a_file_that_is_not_there_yet_is_named(tmp_path: Path) -> None:
    with pytest.raises(CustodyMissing):
        InboxReader(tmp_path / "inbox.db").receipts()
    with pytest.raises(CustodyMissing):
        OutboxReader(tmp_path / "outbox.db").unsettled()
    assert list(tmp_path.iterdir()) == []


def test_a_busy_file_is_waited_for_until_the_deadline_only(inbox: Inbox, reader: InboxReader) -> None:
    connection = inbox._connection
    connection.execute("BEGIN EXCLUSIVE")
    with pytest.raises(CustodyBusy):
        reader.receipts()
    connection.execute("ROLLBACK")

    assert reader.receipts() == []


def test_a_reader_cannot_write(inbox: Inbox, tmp_path: Path) -> None:
    from kiosk.custody.reader import read_snapshot

    with (
        pytest.raises(Exception, match="READONLY"),
        read_snapshot(tmp_path / "inbox.db", deadline_s=1) as connection,
    ):
        connection.execute("DELETE FROM receipt")
    with immediate(inbox._connection):
        inbox._connection.execute("DELETE FROM receipt")


def test_a_damaged_inbox_is_set_aside_and_its_numbers_go_on(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    with Inbox.open(path, now=lambda: NOW) as inbox:
        assert inbox.set_aside is None
        inbox.add_receipt("a", b"one")
    seen = InboxReader(path).receipts()[0].n
    with Inbox.open(path, now=lambda: NOW) as inbox:
        inbox.add_receipt("a", b"two")
    assert InboxReader(path).receipts()[1].n == seen + 1
    path.write_bytes(b"rubbish" * 1000)

    with Inbox.open(path, now=lambda: NOW + timedelta(minutes=1)) as inbox:
        assert inbox.set_aside is not None
        assert inbox.set_aside.read_bytes() == b"rubbish" * 1000
        inbox.add_receipt("a", b"one again")
    assert [receipt.data for receipt in InboxReader(path).receipts(after=seen)] == [b"one again"]


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "inbox.db").write_bytes(b"rubbish" * 1000)
    with pytest.raises(CustodyDamaged):
        InboxReader(tmp_path / "inbox.db").receipts()


def test_a_flood_of_receipts_and_commands_leaves_the_newest(inbox: Inbox, reader: InboxReader) -> None:
    for n in range(RECEIPTS_EACH + 5):
        inbox.add_receipt("one", b"receipt %d" % n)
    inbox.add_receipt("two", b"another")
    for n in range(COMMANDS + 5):
        inbox.add_command("lock", b"command %d" % n)

    kept = [arrived.data for arrived in reader.receipts()]
    assert kept == [*(b"receipt %d" % n for n in range(5, RECEIPTS_EACH + 5)), b"another"]
    commands = [arrived.data for arrived in reader.commands(limit=1000)]
    assert commands == [b"command %d" % n for n in range(5, COMMANDS + 5)]


def test_a_new_inbox_begun_at_the_wrong_time_is_read_from_its_beginning(tmp_path: Path) -> None:
    path, reader = tmp_path / "inbox.db", InboxReader(tmp_path / "inbox.db")
    with Inbox.open(path) as inbox:
        inbox.add_receipt("one", b"first")
    seen = reader.receipts()[-1].n
    path.write_bytes(b"no database at all, and long enough to be looked at" * 20)
    with Inbox.open(path, now=lambda: datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC)) as inbox:
        inbox.add_receipt("one", b"first")

        assert [arrived.data for arrived in reader.receipts(after=seen)] == [b"first"]
        assert reader.receipts(after=reader.receipts()[-1].n) == []


def test_what_the_office_learnt_is_kept_in_order_each_once_and_the_newest_few(
    inbox: Inbox, reader: InboxReader
) -> None:
    for n in [*range(LEARNT + 3), LEARNT]:
        inbox.add_learnt(b"signed %d" % n)

    kept = reader.learnt()
    assert [one.data for one in kept] == [b"signed %d" % n for n in range(3, LEARNT + 3)]
    assert reader.learnt(after=kept[-2].n) == kept[-1:]
    assert reader.commands() == []


def test_an_inbox_of_before_learns_to_keep_what_the_office_learnt(tmp_path: Path) -> None:
    path = tmp_path / "inbox.db"
    with Inbox.open(path, now=lambda: NOW) as inbox:
        inbox.add_receipt("a", b"one")
        with immediate(inbox._connection):
            inbox._connection.execute("DROP TABLE learnt")
    reader = InboxReader(path, deadline_s=0.1)
    with pytest.raises(CustodyError):
        reader.learnt()
    with Inbox.open(path, now=lambda: NOW) as inbox:
        inbox.add_learnt(b"signed")
    assert [one.data for one in reader.learnt()] == [b"signed"]
