"""The office gives commands, tells them until they are answered, and believes only the kiosk itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from kiosk.domain.commands import Lock, Ring, Unlock
from kiosk.office.beating import EVERY_DEMO_S, EVERY_S, Heart
from kiosk.office.commanding import AGAIN_S, Commands, Given, give, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import KioskEntry, Registry
from kiosk.sealing.beats import verify_beat
from kiosk.sealing.commands import Answer, sign_answer, verify_command
from kiosk.sealing.keys import SigningKey
from tests.office.stand import NOW

KEY = SigningKey.generate()
RECORD = SigningKey.generate()
KIOSK = "kiosk-tk-01"


def entry(kiosk: str, record: SigningKey) -> KioskEntry:
    return KioskEntry(kiosk, "ht", "tk", 1, NOW + timedelta(days=300), record.public.raw)


REGISTRY = Registry(
    "ht",
    {"tk": "Thạch Kênh"},
    False,
    "localhost",
    8883,
    {KIOSK: entry(KIOSK, RECORD), "kiosk-tk-02": entry("kiosk-tk-02", SigningKey.generate())},
)


@dataclass
class Desk:
    """The office's commands, a broker that only listens, and clocks in the test's hand."""

    database: OfficeDatabase
    now: datetime = NOW
    at_s: float = 1000.0
    up: bool = True
    told: list[tuple[str, bytes, int | None]] = field(default_factory=list)
    answers_wanted: list[tuple[str | None, bytes | None]] = field(default_factory=list)
    registry: Registry = REGISTRY

    def __post_init__(self) -> None:
        self.commands = Commands(
            self.database,
            registry=lambda: self.registry,
            publish=self.publish,
            now=lambda: self.now,
            monotonic_s=lambda: self.at_s,
        )

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        expiry_s: int | None = None,
        response_topic: str | None = None,
        correlation: bytes | None = None,
    ) -> int | None:
        if not self.up:
            return None
        self.answers_wanted.append((response_topic, correlation))
        self.told.append((topic, payload, expiry_s))
        return len(self.told)

    def order(self, order: Lock | Unlock | Ring, kiosk: str = KIOSK, hours: float = 24) -> Given:
        return give(
            self.database,
            self.registry,
            KEY,
            kiosk=kiosk,
            order=order,
            by="minh",
            now=self.now,
            lasts=timedelta(hours=hours),
        )

    def later(self, seconds: float) -> None:
        self.at_s += seconds
        self.now += timedelta(seconds=seconds)

    def state(self, given: Given) -> tuple[str, str]:
        found = next(one for one in given_commands(self.database) if one.id == given.id)
        return found.state, found.code


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    database = OfficeDatabase.open(database_url)
    yield Desk(database)
    database.close()


def answer(given: Given, state: str, code: str = "", **changes: object) -> Answer:
    fields: dict[str, object] = {"kiosk": given.kiosk, "n": given.n, "seen": given.n, **changes}
    return Answer(given.id, state=state, at=NOW, code=code, **fields)  # type: ignore[arg-type]


def test_each_command_has_a_higher_number_whatever_the_clock_says(desk: Desk) -> None:
    first = desk.order(Lock())
    desk.now -= timedelta(days=3650)
    second = desk.order(Unlock())
    assert second.n == first.n + 1
    signed = verify_command(second.signed, KEY.public)
    assert (signed.kiosk, signed.n, signed.verb) == (KIOSK, second.n, "unlock")
    assert signed.until == desk.now + timedelta(days=1)


def test_an_office_that_lost_its_count_goes_on_above_what_the_kiosk_has_seen(desk: Desk) -> None:
    given = desk.order(Lock())
    desk.commands.hear(KIOSK, sign_answer(answer(given, "refused", "old_number", seen=given.n + 5000), RECORD))
    assert desk.order(Lock()).n > given.n + 5000
    # What the kiosk says late of an earlier time takes nothing back.
    desk.commands.hear(KIOSK, sign_answer(answer(given, "refused", "old_number", seen=1), RECORD))
    assert desk.order(Lock()).n > given.n + 5001


def test_a_command_is_told_with_its_own_end_and_again_ever_more_seldom_until_it_is_answered(desk: Desk) -> None:
    # CK-CMD-06, CK-CMD-18
    given = desk.order(Lock())
    desk.commands.tell()
    assert desk.answers_wanted == [(f"ev1/ht/tk/{KIOSK}/rsp/lock", given.id.encode())]
    assert desk.told == [(f"ev1/ht/tk/{KIOSK}/cmd/lock", given.signed, 86_400)]
    desk.later(AGAIN_S - 1)
    desk.commands.tell()
    assert len(desk.told) == 1
    desk.later(1)
    desk.commands.tell()
    assert [told[2] for told in desk.told] == [86_400, 86_400 - 5]
    desk.later(AGAIN_S)
    desk.commands.tell()
    assert len(desk.told) == 2
    desk.later(AGAIN_S)
    desk.commands.tell()
    assert len(desk.told) == 3
    assert desk.commands.hear(KIOSK, sign_answer(answer(given, "accepted"), RECORD))
    desk.later(20 * AGAIN_S)
    desk.commands.tell()
    assert len(desk.told) == 3


def test_a_new_connection_tells_what_is_unanswered_and_not_over_in_the_order_it_was_given(desk: Desk) -> None:
    lock, ring = desk.order(Lock()), desk.order(Ring(), hours=0.5)
    unlock = desk.order(Unlock())
    desk.up = False
    desk.commands.tell()
    desk.up = True
    desk.later(3600)
    desk.commands.on_up()
    desk.commands.tell()
    assert [told[1] for told in desk.told] == [lock.signed, unlock.signed]
    (found,) = [one for one in given_commands(desk.database) if one.id == ring.id]
    assert found.standing(desk.now) == "expired"


def test_only_the_kiosk_itself_is_believed_and_a_later_state_stays(desk: Desk) -> None:
    # CK-CMD-09
    given, other = desk.order(Lock()), desk.order(Lock(), "kiosk-tk-02")
    lies = [
        sign_answer(answer(given, "done"), SigningKey.generate()),
        sign_answer(answer(given, "done", kiosk="kiosk-tk-02"), RECORD),
        sign_answer(answer(given, "done", n=given.n + 1), RECORD),
        sign_answer(answer(other, "done", kiosk=KIOSK), RECORD),
        b"done",
        b"",
    ]
    assert [desk.commands.hear(KIOSK, lie) for lie in lies] == [False] * len(lies)
    assert desk.state(given) == ("given", "")
    assert desk.state(other) == ("given", "")
    assert not desk.commands.hear("nobody", sign_answer(answer(given, "done"), RECORD))
    assert desk.commands.hear(KIOSK, sign_answer(answer(given, "accepted"), RECORD))
    assert desk.commands.hear(KIOSK, sign_answer(answer(given, "done", "lamp_only"), RECORD))
    for late in ("accepted", "refused"):
        assert not desk.commands.hear(KIOSK, sign_answer(answer(given, late, "late"), RECORD))
    assert desk.state(given) == ("done", "lamp_only")


def test_a_command_needs_a_kiosk_of_this_office_and_an_end(desk: Desk) -> None:
    with pytest.raises(OfficeError, match="not registered"):
        desk.order(Lock(), "kiosk-xx-99")
    for hours in (0, -1, 24 * 400):
        with pytest.raises(OfficeError, match="at most 365 days"):
            desk.order(Lock(), hours=hours)
    assert given_commands(desk.database) == []


@dataclass
class Beats:
    """A heart and what it said."""

    said: list[tuple[str, bytes, bool]] = field(default_factory=list)
    at_s: float = 0.0
    demo: bool = False

    def __post_init__(self) -> None:
        from dataclasses import replace

        self.heart = Heart(
            KEY,
            registry=lambda: replace(REGISTRY, demo=self.demo),
            publish=self.publish,
            now=lambda: NOW + timedelta(seconds=self.at_s),
            monotonic_s=lambda: self.at_s,
        )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        self.said.append((topic, payload, retain))
        return len(self.said)


@pytest.mark.parametrize(("demo", "every_s"), [(False, EVERY_S), (True, EVERY_DEMO_S)])
def test_the_office_beats_signed_and_retained(demo: bool, every_s: float) -> None:
    # CK-BEAT-01
    beats = Beats(demo=demo)
    beats.heart.beat()
    beats.heart.beat()
    ((topic, payload, retained),) = beats.said
    assert (topic, retained) == ("ev1/ht/all/all/beat", True)
    assert verify_beat(payload, KEY.public).at == NOW
    assert beats.heart.on_outcome(1, None)
    beats.at_s = every_s
    beats.heart.beat()
    assert verify_beat(beats.said[1][1], KEY.public).at == NOW + timedelta(seconds=every_s)


def test_a_broker_that_takes_no_beat_is_left_in_peace_for_an_hour() -> None:
    beats = Beats(demo=True)
    beats.heart.beat()
    beats.heart.on_down()
    beats.at_s = EVERY_S - 1
    beats.heart.on_up()
    beats.heart.beat()
    assert len(beats.said) == 1
    beats.at_s = EVERY_S
    beats.heart.beat()
    assert len(beats.said) == 2
    assert not beats.heart.on_outcome(77, None)
    assert beats.heart.on_outcome(2, "Not authorized")
