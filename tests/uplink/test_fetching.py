"""Fetching a sealed roster: what is missing is asked for, a few parts at a time, and nothing twice for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.inbox import Inbox
from kiosk.custody.outbox import Outbox
from kiosk.custody.reader import OutboxReader
from kiosk.domain.commands import UpdateRoster, args_of
from kiosk.domain.ids import uuid7
from kiosk.sealing.commands import Answer, Command, sign_answer, sign_command
from kiosk.sealing.keys import SigningKey
from kiosk.uplink.fetching import AGAIN_S, LOOK_S, WINDOW, Fetcher
from kiosk.wire.messages import Chunk, decode_want, encode_cbor
from kiosk.wire.roster import PART_BYTES, part_of

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SEALED = bytes(i % 253 for i in range(6 * PART_BYTES + 11))
COUNT = 7
KEY = SigningKey.generate()
NOBODYS = "0193b3a0-1234-7abc-8def-0123456789ab"


def ordering(sealed: bytes = SEALED, n: int = 1) -> Command:
    order = UpdateRoster(NOW.date(), date(2026, 12, 3), 10, len(sealed), sha256(sealed).hexdigest(), "0b" * 8)
    return Command(uuid7(NOW), "kiosk-tk-01", n, "roster", NOW, NOW + timedelta(days=1), args_of(order))


@dataclass
class Road:
    """The office at the other end of a road, and the kiosk's two files."""

    folder: Path
    inbox: Inbox
    now_s: float = 1000.0
    up: bool = True
    wants: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.command = ordering()
        self.start()

    def start(self) -> None:
        """Begin a new uplink process."""
        reader = OutboxReader(self.folder / "outbox.db")
        self.fetcher = Fetcher(self.inbox, reader, publish=self.publish, monotonic_s=lambda: self.now_s)

    def publish(self, payload: bytes) -> int | None:
        if not self.up:
            return None
        want = decode_want(payload)
        assert want.id == self.command.id
        self.wants.append([i for first, last in want.ranges for i in range(first, last + 1)])
        return 1

    def ordered(self) -> None:
        signed = sign_command(self.command, KEY)
        assert self.inbox.add_command("roster", signed)
        self.fetcher.on_command(signed)
        self.fetcher.step()

    def comes(self, i: int, data: bytes | None = None, *, command: str = "") -> None:
        data = part_of(SEALED, i) if data is None else data
        self.fetcher.on_part(encode_cbor(Chunk(id=command or self.command.id, i=i, data=data)))

    def later(self, s: float) -> None:
        self.now_s += s
        self.fetcher.step()

    @property
    def held(self) -> set[int]:
        return self.inbox.parts.held(self.command.id)


@pytest.fixture
def road(tmp_path: Path) -> Iterator[Road]:
    with Inbox.open(tmp_path / "inbox.db") as inbox:
        yield Road(tmp_path, inbox)


def test_a_few_parts_are_under_way_at_once_until_all_are_here(road: Road) -> None:
    # CK-ROSTER-03
    road.ordered()
    assert road.wants == [[0, 1, 2, 3]]
    for i in range(COUNT):
        road.comes(i)
    asked = [i for want in road.wants for i in want]
    assert asked == list(range(COUNT))
    assert all(len(want) <= WINDOW for want in road.wants)
    assert road.inbox.parts.joined(road.command.id) == SEALED


def test_what_does_not_come_is_asked_for_again_more_and_more_seldom(road: Road) -> None:
    road.ordered()
    road.later(AGAIN_S - 1)
    assert len(road.wants) == 1
    road.later(1)
    road.later(2 * AGAIN_S - 1)
    assert len(road.wants) == 2
    road.later(1)
    assert road.wants == [[0, 1, 2, 3]] * 3


@pytest.mark.parametrize("process_anew", [False, True])
def test_after_the_road_was_cut_only_what_is_missing_is_asked_for(road: Road, *, process_anew: bool) -> None:
    # CK-ROSTER-03
    road.ordered()
    for i in (0, 2):
        road.comes(i)
    road.wants.clear()
    if process_anew:
        road.start()
    road.fetcher.on_up()
    road.fetcher.step()
    assert road.wants == [[1, 3, 4, 5]]


def test_without_a_road_nothing_counts_as_asked(road: Road) -> None:
    road.up = False
    road.ordered()
    road.up = True
    road.fetcher.on_up()
    road.fetcher.step()
    assert road.wants == [[0, 1, 2, 3]]


def test_what_nobody_asked_for_is_passed_over(road: Road) -> None:
    road.comes(0)
    road.ordered()
    road.comes(0, command=NOBODYS)
    road.comes(0, b"short")
    road.comes(COUNT, b"behind the end")
    road.comes(6, bytes(12))
    road.fetcher.on_part(b"\xff")
    assert road.held == set()


def test_parts_that_are_not_what_the_command_names_are_fetched_anew(road: Road) -> None:
    # CK-ROSTER-02
    road.ordered()
    road.comes(0, bytes(PART_BYTES))
    for i in range(1, COUNT):
        road.comes(i)
    assert road.held == set()
    road.wants.clear()
    road.later(AGAIN_S)
    assert road.wants == [[0, 1, 2, 3]]


def test_a_newer_roster_takes_the_place_of_one_half_fetched(road: Road) -> None:
    # CK-ROSTER-06
    road.ordered()
    road.comes(0)
    before = road.command.id
    road.command = ordering(SEALED[:-1], n=2)
    road.ordered()
    assert road.wants[-1] == [0, 1, 2, 3]
    road.comes(0)
    assert road.inbox.parts.held(before) == set()
    assert road.held == {0}


@pytest.mark.parametrize(
    ("state", "code", "kept"), [("accepted", "", COUNT), ("done", "", 0), ("refused", "other_key", 0)]
)
def test_what_the_kiosk_has_answered_for_good_is_kept_and_fetched_no_longer(
    road: Road, state: str, code: str, kept: int
) -> None:
    # CK-ROSTER-06
    with CustodyDatabase.open(road.folder / "outbox.db", road.folder / "private.db") as database:
        answer = Answer(road.command.id, "kiosk-tk-01", 1, 1, state, NOW, code)  # type: ignore[arg-type]
        Outbox(database).add_answer(road.command.id, "roster", sign_answer(answer, KEY))
        if kept:
            road.ordered()
        else:
            # It came, was answered, and the uplink begins anew.
            road.inbox.add_command("roster", sign_command(road.command, KEY))
            road.inbox.parts.add(road.command.id, 0, part_of(SEALED, 0))
            road.start()
            road.fetcher.step()
        for i in range(COUNT):
            road.comes(i)
        road.later(LOOK_S)
        assert (len(road.held), len(road.wants) > 0) == (kept, bool(kept))
        assert not road.fetcher.due


def test_a_command_that_names_no_roster_fetches_nothing(road: Road) -> None:
    empty = Command(
        uuid7(NOW), "k", 1, "roster", NOW, NOW + timedelta(days=1), args_of(UpdateRoster(NOW.date(), NOW.date(), 0))
    )
    for signed in (b"", b"\xff", sign_command(empty, KEY)):
        road.fetcher.on_command(signed)
        road.fetcher.step()
    assert road.wants == []
