"""Which package goes out when: no broker, a clock in the test's hand, real outbox and inbox files."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import OutboxEntry
from kiosk.custody.errors import CustodyFault
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt, verify_receipt
from kiosk.uplink.backoff import Backoff
from kiosk.uplink.due import ASK_AGAIN_S, MAX_RECEIVED
from kiosk.uplink.errors import UplinkSettingsError
from kiosk.uplink.sender import Sender
from kiosk.uplink.settings import LinkSettings, UplinkSettings
from kiosk.uplink.waiting import ANSWERED_PAUSE_S, LATER_MAX_S, Waits
from kiosk.wire.chunking import PACKAGES_AT_ONCE
from kiosk.wire.messages import Chunk, EnrolMessage, Have, Later, Manifest, ReceiptMessage, decode_enrol, encode_cbor

NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
OFFICE_KEY = SigningKey.generate()


def uplink_settings(directory: Path, **changes: object) -> UplinkSettings:
    nowhere = directory / "none"
    values: dict[str, object] = {
        "province": "ht",
        "commune": "tk",
        "kiosk": "kiosk-tk-01",
        "link": LinkSettings("kiosk-tk-01", "localhost", 8883, nowhere, nowhere, nowhere),
        "outbox": directory / "outbox.db",
        "inbox": directory / "inbox.db",
        **changes,
    }
    return UplinkSettings(**values)  # type: ignore[arg-type]


@dataclass
class Desk:
    """A sender with everything around it."""

    directory: Path
    now_s: float = 1000.0
    up: bool = True
    sent: list[EnrolMessage] = field(default_factory=list)
    unwanted: list[tuple[str, str, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.database = CustodyDatabase.open(self.directory / "outbox.db", self.directory / "kiosk.db")
        self.outbox = Outbox(self.database, now=lambda: NOW)
        self.inbox = Inbox.open(self.directory / "inbox.db", now=lambda: NOW)
        self.sender = Sender(
            uplink_settings(self.directory),
            outbox=OutboxReader(self.directory / "outbox.db"),
            inbox=self.inbox,
            publish=self.publish,
            monotonic_s=lambda: self.now_s,
            uniform=lambda _low, high: high,
            on_unwanted=lambda entry, code, wait_s: self.unwanted.append((entry.id, code, wait_s)),
        )

    def close(self) -> None:
        self.inbox.close()
        self.database.close()

    def publish(self, payload: bytes) -> int | None:
        if not self.up:
            return None
        self.sent.append(decode_enrol(payload))
        return len(self.sent)

    def enrol(self, size: int) -> OutboxEntry:
        package_id = uuid7()
        return self.outbox.commit_enrolment(package_id, lambda seq, _prev: bytes([seq % 256]) * size)

    def have(self, entry: OutboxEntry, *ranges: tuple[int, int]) -> None:
        self.sender.on_ack(encode_cbor(Have(id=entry.id, ranges=list(ranges))))

    def later(self, entry: OutboxEntry, code: str = "not_vouched") -> None:
        self.sender.on_ack(encode_cbor(Later(id=entry.id, code=code)))

    def release(self, signed: bytes) -> None:
        self.outbox.release(signed, lambda data: verify_receipt(data, OFFICE_KEY.public))

    def receipt(
        self,
        entry: OutboxEntry,
        *,
        key: SigningKey = OFFICE_KEY,
        refused: str = "",
        status: str = "received",
        kiosk: str = "kiosk-tk-01",
    ) -> bytes:
        receipt = Receipt(
            entry.id,
            kiosk,
            entry.seq,
            entry.sha256,
            "rejected" if refused else status,  # type: ignore[arg-type]
            0 if refused else entry.seq,
            NOW,
            refused,
        )
        signed = sign_receipt(receipt, key)
        self.sender.on_ack(encode_cbor(ReceiptMessage(cose=signed)))
        self.sender.take_in()
        return signed

    def chunks(self) -> list[int]:
        return [message.i for message in self.sent if isinstance(message, Chunk)]

    def offers(self) -> list[str]:
        return [message.id for message in self.sent if isinstance(message, Manifest)]


def uuid7() -> str:
    value = uuid.uuid4().int & ~(0xF << 76) | (7 << 76)
    return str(uuid.UUID(int=value & ~(0b11 << 62) | (0b10 << 62)))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.close()


def test_nothing_but_the_offer_goes_out_before_the_office_has_answered(desk: Desk) -> None:
    # CK-ENROL-07
    entry = desk.enrol(300_000)
    for _ in range(5):
        desk.sender.step()
    assert desk.offers() == [entry.id]
    assert desk.chunks() == []
    manifest = desk.sent[0]
    assert isinstance(manifest, Manifest)
    assert (manifest.n, manifest.size, manifest.sha256) == (5, 300_000, entry.sha256)


def test_only_what_the_office_does_not_hold_is_sent(desk: Desk) -> None:
    # CK-ENROL-08
    entry = desk.enrol(6 * 65_536)
    desk.sender.step()
    desk.have(entry, (0, 1), (4, 4))
    desk.sender.step()
    assert desk.chunks() == [2, 3, 5]


def test_no_more_than_a_window_is_in_flight(desk: Desk) -> None:
    entry = desk.enrol(30 * 65_536)
    desk.sender.window = 8
    desk.sender.step()
    desk.sender.on_outcome(1, None)
    desk.have(entry)
    desk.sender.step()
    desk.sender.step()
    assert len(desk.chunks()) == 8
    desk.sender.on_outcome(2, None)
    desk.sender.on_outcome(3, None)
    desk.sender.step()
    assert desk.chunks() == list(range(10))


def test_a_receipt_is_kept_as_it_came_and_the_next_package_goes_out(desk: Desk) -> None:
    # CK-ACK-05
    first, second = desk.enrol(100), desk.enrol(100)
    desk.sender.step()
    signed = desk.receipt(first)
    desk.sender.step()
    assert desk.offers() == [first.id, second.id]
    arrived = InboxReader(desk.directory / "inbox.db").receipts()
    assert [(item.name, item.data) for item in arrived] == [(first.id, signed)]


def test_a_forged_receipt_delays_a_package_but_never_removes_it(desk: Desk) -> None:
    entry = desk.enrol(100)
    desk.sender.step()
    desk.receipt(entry, key=SigningKey.generate())
    desk.sender.step()
    assert desk.offers() == [entry.id]
    desk.now_s += ANSWERED_PAUSE_S
    desk.sender.step()
    assert desk.offers() == [entry.id] * 2


def test_a_received_package_asks_now_and_then_until_it_is_settled(desk: Desk) -> None:
    # CK-ENROL-05
    entry = desk.enrol(100)
    desk.sender.step()
    desk.release(desk.receipt(entry))
    desk.now_s += ANSWERED_PAUSE_S * 2
    desk.sender.step()
    assert desk.offers() == [entry.id]
    desk.sender.on_up()
    desk.sender.step()
    desk.release(desk.receipt(entry, status="settled"))
    assert desk.offers() == [entry.id] * 2
    desk.now_s += ASK_AGAIN_S
    desk.sender.on_up()
    desk.sender.step()
    assert desk.offers() == [entry.id] * 2


def test_of_many_unsettled_packages_each_asks_in_its_turn(desk: Desk) -> None:
    entries = [desk.enrol(10) for _ in range(MAX_RECEIVED + 5)]
    for entry in entries:
        desk.sender.step()
        desk.release(desk.receipt(entry))
    for first, last in ((0, MAX_RECEIVED), (MAX_RECEIVED, MAX_RECEIVED + 5), (0, MAX_RECEIVED)):
        desk.sent.clear()
        desk.now_s += ASK_AGAIN_S
        for _ in range(MAX_RECEIVED + 5):
            desk.sender.step()
            desk.sender.on_down()
        assert desk.offers() == [entry.id for entry in entries[first:last]]


def test_an_office_that_lost_a_received_package_gets_it_again(desk: Desk) -> None:
    entry = desk.enrol(100)
    desk.sender.step()
    desk.release(desk.receipt(entry))
    desk.sender.on_up()
    desk.sender.step()
    desk.have(entry)
    desk.sender.step()
    assert desk.chunks() == [0]


def test_a_refused_package_asks_again_within_the_hour_and_at_a_new_connection(desk: Desk) -> None:
    refused = desk.enrol(100)
    desk.sender.step()
    desk.outbox.release(
        desk.receipt(refused, refused="unknown_kiosk"), lambda data: verify_receipt(data, OFFICE_KEY.public)
    )
    for _ in range(3):
        desk.now_s += ASK_AGAIN_S / 4
        desk.sender.step()
    assert desk.offers() == [refused.id]
    desk.now_s += ASK_AGAIN_S / 4
    desk.sender.step()
    assert desk.offers() == [refused.id] * 2
    desk.receipt(refused, refused="unknown_kiosk")

    new = desk.enrol(100)
    desk.sender.on_up()
    desk.sender.step()
    desk.receipt(new)
    desk.sender.step()
    assert desk.offers() == [refused.id, refused.id, new.id, refused.id]
    # The same word twice is kept once: there is nothing new for the kiosk to read.
    arrived = InboxReader(desk.directory / "inbox.db").receipts()
    assert [item.name for item in arrived].count(refused.id) == 1


def test_a_package_without_an_answer_lets_the_others_pass_and_comes_again_later(desk: Desk) -> None:
    # CK-ENROL-10
    first, second = desk.enrol(100), desk.enrol(100)
    desk.sender.step()
    desk.now_s += 15.0
    desk.sender.step()
    desk.sender.step()
    assert desk.offers() == [first.id, second.id]
    desk.now_s += 15.0
    desk.sender.step()
    desk.sender.step()
    assert desk.offers() == [first.id, second.id, first.id]


def test_what_the_office_wants_later_sends_no_chunk_and_lets_the_others_pass(desk: Desk) -> None:
    # CK-ENROL-13
    first, second = desk.enrol(100_000), desk.enrol(100)
    desk.sender.step()
    desk.later(first)
    desk.sender.step()
    assert desk.offers() == [first.id, second.id]
    desk.receipt(second)
    for _ in range(12):
        desk.now_s += LATER_MAX_S
        desk.sender.step()
        desk.later(first, "untaken")
    waits = [wait_s for _, _, wait_s in desk.unwanted]
    assert waits[:4] == [30, 60, 120, 240]
    assert waits[-1] == max(waits) == LATER_MAX_S
    assert {(name, code) for name, code, _ in desk.unwanted} == {(first.id, "not_vouched"), (first.id, "untaken")}
    assert desk.chunks() == []
    desk.now_s += LATER_MAX_S - 1
    desk.sender.step()
    offers = len(desk.offers())
    desk.later(second)  # of a package that is not under way: nothing follows from it
    desk.now_s += 1
    desk.sender.step()
    assert desk.offers()[offers:] == [first.id]
    desk.have(first)
    desk.sender.step()
    assert desk.chunks() == [0, 1]


def test_what_waits_is_remembered_within_bounds() -> None:
    now_s = 0.0
    draw: Callable[[float, float], float] = lambda _low, high: high  # noqa: E731 - a line of a test
    backoff = Backoff(minimum_s=1.0, maximum_s=300.0, uniform=draw)
    waits = Waits(backoff, monotonic_s=lambda: now_s, uniform=draw, most=500)
    for n in range(5000):
        now_s += 0.01
        waits.answered(f"answered {n}")
        assert not waits.due(f"answered {n}")
        waits.without_answer(f"silent {n}")
        waits.wanted_later(f"later {n}")
        assert len(waits) <= 1000
    assert (waits.due("silent 0"), waits.due("answered 0"), waits.due("later 4999")) == (True, True, False)
    # What was answered long ago is remembered no longer, however little it is.
    now_s += ANSWERED_PAUSE_S
    waits.answered("last")
    assert len(waits) == 500 + 1
    waits.on_up()
    assert waits.due("later 4999")
    waits.forget("later 4999")
    waits.answered("silent 4999")
    assert (len(waits), waits.tries("silent 4999")) == (500 - 2 + 2, 0)


def test_waits_double_up_to_the_limit(desk: Desk) -> None:
    # CK-LINK-08
    backoff = Backoff(minimum_s=1.0, maximum_s=300.0, uniform=lambda _low, high: high)
    assert [backoff.wait_s(tries) for tries in (1, 2, 3, 8, 9, 500)] == [2, 4, 8, 256, 300, 300]


def test_a_refused_chunk_ends_the_attempt(desk: Desk) -> None:
    # CK-LINK-04
    entry = desk.enrol(100_000)
    desk.sender.step()
    desk.sender.on_outcome(1, None)
    desk.have(entry)
    desk.sender.step()
    desk.sender.on_outcome(2, "Quota exceeded")
    desk.sender.step()
    assert desk.offers() == [entry.id]
    assert not desk.sender.busy


def test_a_link_that_is_down_takes_nothing(desk: Desk) -> None:
    desk.enrol(100)
    desk.up = False
    desk.sender.step()
    assert desk.sent == []
    desk.up = True
    desk.sender.step()
    assert len(desk.offers()) == 1


def test_after_a_reconnection_everything_unanswered_is_due_at_once(desk: Desk) -> None:
    entry = desk.enrol(100)
    desk.sender.step()
    desk.now_s += 15.0
    desk.sender.step()
    desk.sender.on_down()
    desk.sender.on_up()
    desk.sender.step()
    assert desk.offers() == [entry.id] * 2


def test_slow_chunks_make_the_next_package_go_in_smaller_ones(desk: Desk) -> None:
    first, second = desk.enrol(65_536), desk.enrol(65_536)
    desk.sender.step()
    desk.sender.on_outcome(1, None)
    desk.have(first)
    desk.sender.step()
    desk.now_s += 6.0
    desk.sender.on_outcome(2, None)
    desk.receipt(first)
    desk.sender.step()
    manifest = desk.sent[-1]
    assert isinstance(manifest, Manifest)
    assert (manifest.id, manifest.n) == (second.id, 2)


def test_a_chunk_that_comes_through_after_its_package_was_given_up_measures_the_link(desk: Desk) -> None:
    entry = desk.enrol(2 * 65_536)
    desk.sender.step()
    desk.sender.on_outcome(1, None)
    desk.have(entry)
    desk.sender.step()
    timeout_s = uplink_settings(desk.directory).answer_timeout_s
    desk.now_s += timeout_s
    desk.sender.step()
    assert desk.sender.fit.bytes_per_s is None
    desk.now_s += 2 * timeout_s
    desk.sender.on_outcome(2, None)
    rate = desk.sender.fit.bytes_per_s
    assert rate is not None
    assert rate == pytest.approx(65_536 / (3 * timeout_s))
    # The next offer stands behind the other chunk, which is still on its way: there is patience for that.
    desk.now_s += 2.0 * uplink_settings(desk.directory).backoff_max_s
    desk.sender.step()
    assert desk.offers() == [entry.id] * 2
    desk.now_s += timeout_s + 65_536 / rate
    desk.sender.step()
    desk.have(entry, (0, 0))
    desk.sender.step()
    assert desk.chunks() == [0, 1, 1]


def test_chunks_go_out_in_ascending_order_so_that_header_and_summary_come_first(desk: Desk) -> None:
    # CK-ENROL-04
    entry = desk.enrol(20 * 65_536)
    desk.sender.step()
    desk.have(entry, (3, 5))
    for mid in range(1, 30):
        desk.sender.step()
        desk.sender.on_outcome(mid, None)
    assert desk.chunks() == [i for i in range(20) if not 3 <= i <= 5]


def test_a_package_once_cut_keeps_its_chunks_through_a_restart_on_a_slower_link(desk: Desk) -> None:
    # CK-ENROL-06
    entry = desk.enrol(4 * 65_536)
    desk.sender.step()
    desk.have(entry)
    desk.sender.step()
    desk.now_s += 40.0
    desk.sender.on_outcome(2, None)
    assert desk.sender.fit.chunk_bytes() < 65_536
    desk.sender = Sender(
        uplink_settings(desk.directory),
        outbox=OutboxReader(desk.directory / "outbox.db"),
        inbox=desk.inbox,
        publish=desk.publish,
        monotonic_s=lambda: desk.now_s,
    )
    desk.sender.fit.acknowledged(1000, sent_at_s=0.0, now_s=10.0)
    desk.sent.clear()
    desk.sender.step()
    desk.have(entry, (0, 2))
    desk.sender.step()
    assert desk.sent[0] == Manifest(id=entry.id, n=4, size=4 * 65_536, sha256=entry.sha256)
    assert desk.chunks() == [3]


def test_what_a_slow_link_still_has_under_way_is_waited_for(desk: Desk) -> None:
    entry = desk.enrol(4 * 65_536)
    desk.sender.fit.acknowledged(1024, sent_at_s=0.0, now_s=1.0)
    desk.sender.step()
    desk.have(entry)
    desk.sender.step()
    desk.sender.on_outcome(1, None)
    desk.now_s += 8.0
    desk.sender.on_outcome(2, None)
    desk.sender.step()
    desk.now_s += 20.0
    desk.sender.step()
    desk.sender.on_outcome(3, None)
    desk.sender.step()
    assert desk.offers() == [entry.id]
    assert desk.chunks() == [0, 1, 2, 3]


def measured(desk: Desk, bytes_per_s: float) -> None:
    """The link was measured before."""
    desk.sender.fit.acknowledged(65_536, sent_at_s=desk.now_s, now_s=desk.now_s + 65_536 / bytes_per_s)
    desk.now_s += 60.0


def turn(desk: Desk, *, answered: bool = True) -> None:
    """A turn in which the broker takes all that was sent, and the office answers every offer that is new."""
    before = len(desk.sent)
    desk.sender.step()
    for mid in range(before + 1, len(desk.sent) + 1):
        desk.sender.on_outcome(mid, None)
        message = desk.sent[mid - 1]
        if answered and isinstance(message, Manifest):
            desk.sender.on_ack(encode_cbor(Have(id=message.id, ranges=[])))


def test_small_packages_are_under_way_together_in_their_order(desk: Desk) -> None:
    # CK-ENROL-15
    measured(desk, 1e6)
    entries = [desk.enrol(1000) for _ in range(PACKAGES_AT_ONCE + 3)]
    for _ in range(6):
        turn(desk)
    first = [entry.id for entry in entries[:PACKAGES_AT_ONCE]]
    assert desk.offers() == first
    assert [one.id for one in desk.sent if isinstance(one, Chunk)] == first
    state = InboxReader(desk.directory / "inbox.db").send_state(entries[0].id)
    assert state is not None
    assert state.attempts == 1
    desk.receipt(entries[4])
    desk.receipt(entries[0])
    turn(desk)
    assert desk.offers() == [entry.id for entry in entries[: PACKAGES_AT_ONCE + 2]]
    arrived = InboxReader(desk.directory / "inbox.db").receipts()
    assert [item.name for item in arrived] == [entries[4].id, entries[0].id]


def test_all_packages_share_one_window(desk: Desk) -> None:
    # CK-LINK-03
    measured(desk, 1e6)
    desk.sender.window = 5
    for _ in range(3):
        desk.enrol(5 * 65_536)
    desk.sender.step()
    offers = desk.offers()
    assert len(offers) == 3
    for name in offers:
        desk.sender.on_ack(encode_cbor(Have(id=name, ranges=[])))
    desk.sender.step()
    assert len(desk.chunks()) == 5 - 3
    for mid in range(1, 40):
        before = len(desk.sent)
        desk.sender.on_outcome(mid, None)
        desk.sender.step()
        assert len(desk.sent) <= before + 1
    # The first ones first, each in ascending order.
    assert desk.chunks() == [0, 1, 2, 3, 4] * 3


@pytest.mark.parametrize(
    ("bytes_per_s", "sizes", "together"),
    [
        (1e6, (1000, 2_000_000, 1000), 1),  # a large one goes alone, and none overtakes it
        (1e6, (2_000_000, 1000), 1),
        (1e6, (300_000, 300_000, 300_000, 300_000), 3),
        (16_000, (1000, 1000, 100_000, 100_000), 3),  # what a slow link carries in seconds
        (16_000, (300_000, 1000), 1),
        (500, (990, 990, 990, 990, 990), 4),
    ],
)
def test_what_is_under_way_together_is_little_and_a_slow_link_gets_less(
    desk: Desk, bytes_per_s: float, sizes: tuple[int, ...], together: int
) -> None:
    # CK-ENROL-15
    measured(desk, bytes_per_s)
    entries = [desk.enrol(size) for size in sizes]
    for _ in range(4):
        turn(desk, answered=False)
    assert desk.offers() == [entry.id for entry in entries[:together]]
    for entry in entries[:together]:
        desk.receipt(entry)
    turn(desk, answered=False)
    assert desk.offers()[: together + 1] == [entry.id for entry in entries[: together + 1]]


def test_one_without_an_answer_is_given_up_while_the_others_go_on(desk: Desk) -> None:
    # CK-ENROL-10
    measured(desk, 1e6)
    silent = desk.enrol(1000)
    for _ in range(20):
        entry = desk.enrol(1000)
        turn(desk, answered=False)
        desk.now_s += 2.0
        desk.receipt(entry)
    assert desk.offers().count(silent.id) > 1
    assert desk.chunks() == []


def test_an_office_that_forgets_one_offer_for_another_gets_one_at_a_time(desk: Desk) -> None:
    # CK-ENROL-09
    measured(desk, 1e6)
    first, second, third = (desk.enrol(1000) for _ in range(3))
    turn(desk)
    desk.have(first)  # "which package is that?"
    turn(desk)
    assert desk.offers() == [first.id, second.id, third.id]
    desk.receipt(second)
    turn(desk)
    desk.receipt(third)
    fourth = desk.enrol(1000)
    for _ in range(3):
        turn(desk)
    assert desk.offers()[3:] == [first.id]
    desk.receipt(first)
    turn(desk)
    assert desk.offers()[4:] == [fourth.id]


def test_a_full_disk_keeps_no_package_from_going_out_and_what_was_said_is_asked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = desk.enrol(1000)

    def full(*_: object) -> None:
        raise CustodyFault("no room")

    monkeypatch.setattr(desk.inbox, "note_attempts", full)
    monkeypatch.setattr(desk.inbox, "take_answers", full)
    with pytest.raises(CustodyFault):
        desk.sender.step()
    desk.have(entry)
    with pytest.raises(CustodyFault):
        desk.sender.step()
    assert desk.chunks() == [0]
    with pytest.raises(CustodyFault):
        desk.receipt(entry)
    monkeypatch.undo()
    desk.now_s += 100.0
    desk.sender.step()
    desk.now_s += 100.0
    desk.sender.step()
    assert desk.offers() == [entry.id] * 2
    desk.receipt(entry)
    arrived = InboxReader(desk.directory / "inbox.db").receipts()
    assert [item.name for item in arrived] == [entry.id]


def test_chunks_stay_below_the_brokers_packet_limit(desk: Desk) -> None:
    # CK-LINK-02
    desk.sender.limit_chunks(20_000)
    desk.enrol(65_536)
    desk.sender.step()
    manifest = desk.sent[0]
    assert isinstance(manifest, Manifest)
    assert manifest.n == 4


def test_an_outbox_that_does_not_exist_yet_is_no_trouble(tmp_path: Path) -> None:
    with Inbox.open(tmp_path / "inbox.db") as inbox:
        sender = Sender(
            uplink_settings(tmp_path),
            outbox=OutboxReader(tmp_path / "outbox.db"),
            inbox=inbox,
            publish=lambda _payload: 1,
            monotonic_s=lambda: 0.0,
        )
        sender.step()
        assert not sender.busy


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300))
def test_no_bytes_from_the_office_can_stop_the_sender(desk: Desk, data: bytes) -> None:
    desk.sender.on_ack(data)
    desk.sender.on_ack(encode_cbor(ReceiptMessage(cose=data or b"\0")))
    assert InboxReader(desk.directory / "inbox.db").receipts() == []


@pytest.mark.parametrize(
    "changes", [{"window": 0}, {"window": 17}, {"kiosk": "kiosk-tk-02"}, {"backoff_min_s": 5.0, "backoff_max_s": 1.0}]
)
def test_settings_that_make_no_sense_are_named(tmp_path: Path, changes: dict[str, object]) -> None:
    with pytest.raises(UplinkSettingsError):
        uplink_settings(tmp_path, **changes)


def test_the_hash_in_the_offer_is_that_of_the_package(desk: Desk) -> None:
    entry = desk.enrol(10)
    assert entry.sha256 == hashlib.sha256(b"\x01" * 10).digest()


def test_a_receipt_for_no_package_of_this_kiosk_is_not_kept(desk: Desk) -> None:
    # CK-ACK-05
    entry = desk.enrol(1000)
    for stranger in (replace(entry, id=uuid7()), replace(entry, seq=7), replace(entry, sha256=bytes(32))):
        desk.receipt(stranger)
    desk.receipt(entry, kiosk="kiosk-tk-02")
    assert InboxReader(desk.directory / "inbox.db").receipts() == []
    desk.receipt(entry)
    assert [arrived.name for arrived in InboxReader(desk.directory / "inbox.db").receipts()] == [entry.id]
