"""The office gives commands, tells them until they are answered, and believes only the kiosk itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, insert

from kiosk.custody.entries import to_text
from kiosk.domain.commands import Lock, Ring, Unlock
from kiosk.domain.ids import uuid7
from kiosk.office import tables
from kiosk.office.beating import EVERY_DEMO_S, EVERY_S, Heart
from kiosk.office.commanding import Given, find_command, give, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.dispatching import AGAIN_S, AT_ONCE, JUST_GIVEN, LOOK_S, LOOK_THROUGH_S, Commands
from kiosk.office.errors import OfficeError
from kiosk.office.registry import KioskEntry, Registry
from kiosk.sealing.beats import verify_beat
from kiosk.sealing.commands import Answer, sign_answer, verify_command
from kiosk.sealing.keys import SigningKey
from kiosk.wire.messages import Birth, State, encode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic
from tests.office.stand import NOW

KEY = SigningKey.generate()
RECORD = SigningKey.generate()
KIOSK = "kiosk-tk-01"
LONG_AGO_S = JUST_GIVEN.total_seconds() + 1


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

    def says(self, kind: Kind, payload: bytes, kiosk: str = KIOSK, *, retained: bool = False) -> None:
        """The kiosk says something, and the collector has its turn: no time passes."""
        tail = "outbox" if kind is Kind.TELEMETRY else None
        self.commands.notice(Topic(KioskAddress("ht", "tk", kiosk), kind, tail), payload, retained=retained)
        self.commands.tell()

    def shows(self, kiosk: str = KIOSK, *, retained: bool = False) -> None:
        self.says(Kind.STATE, encode_json(State(st="ready")), kiosk, retained=retained)

    def born(self, kiosk: str = KIOSK, *, retained: bool = False) -> None:
        birth = Birth(kiosk=kiosk, sw="1", boot="b", drivers={}, schemas=[])
        self.says(Kind.BIRTH, encode_json(birth), kiosk, retained=retained)

    def goes(self, kiosk: str = KIOSK) -> None:
        self.says(Kind.STATE, encode_json(State(st="lost")), kiosk)

    def answers(self, given: Given, state: str = "done", code: str = "") -> None:
        assert self.commands.hear(given.kiosk, sign_answer(answer(given, state, code), RECORD))
        self.commands.tell()

    def fleet(self, count: int) -> list[str]:
        """So many kiosks more, whose names come before those of all others."""
        names = [f"absent-{n:04}" for n in range(count)]
        extra = {name: entry(name, RECORD) for name in names}
        self.registry = replace(self.registry, kiosks={**extra, **self.registry.kiosks})
        return names

    def order_all(self, kiosks: list[str]) -> list[bytes]:
        """A lock for each of them, all at once; what is told of it."""
        same = {"verb": "lock", "args": {"now": False}, "by": "minh", "state": "given", "code": ""}
        times = {"at": to_text(self.now), "until": to_text(self.now + timedelta(days=1))}
        rows = [
            {"kiosk": kiosk, "n": 1, "id": uuid7(self.now), "signed": kiosk.encode(), **same, **times}
            for kiosk in kiosks
        ]
        with self.database.transaction() as connection:
            connection.execute(insert(tables.command), rows)
        return [kiosk.encode() for kiosk in kiosks]

    @property
    def sent(self) -> list[bytes]:
        return [payload for _, payload, _ in self.told]

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
    desk.shows()
    given = desk.order(Lock())
    desk.later(LOOK_S)
    desk.commands.tell()
    assert desk.answers_wanted == [(f"ev1/ht/tk/{KIOSK}/rsp/lock", given.id.encode())]
    assert desk.told == [(f"ev1/ht/tk/{KIOSK}/cmd/lock", given.signed, 86_399)]
    desk.later(AGAIN_S - 1)
    desk.commands.tell()
    assert len(desk.told) == 1
    desk.later(1)
    desk.commands.tell()
    assert [told[2] for told in desk.told] == [86_399, 86_399 - 5]
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
    # CK-CMD-19
    desk.shows()
    lock, ring = desk.order(Lock()), desk.order(Ring(), hours=0.5)
    unlock = desk.order(Unlock())
    desk.up = False
    desk.commands.tell()
    desk.up = True
    desk.later(3600)
    desk.commands.on_down()
    desk.commands.on_up()
    desk.commands.tell()
    assert desk.sent == []  # who is there the broker has not said yet
    desk.shows(retained=True)
    assert desk.sent == [lock.signed]
    desk.answers(lock)
    assert desk.sent == [lock.signed, unlock.signed]
    (found,) = [one for one in given_commands(desk.database) if one.id == ring.id]
    assert (found.standing(desk.now), found.untold(desk.now)) == ("expired", "missed")


def test_what_a_command_waits_for_is_said_all_its_life(desk: Desk) -> None:
    given = desk.order(Lock(), hours=1)

    def said(after: timedelta = timedelta()) -> str:
        found = find_command(desk.database, given.id)
        assert found is not None
        return found.untold(desk.now + after)

    assert (said(), said(timedelta(hours=2))) == ("waits", "missed")
    desk.shows()
    assert said() == "waits"  # the broker has not answered yet
    desk.commands.on_outcome(1, None)
    desk.later(LOOK_S)
    desk.commands.tell()
    assert (said(), said(timedelta(hours=2))) == ("given", "expired")
    desk.answers(given, "accepted")
    assert (said(), said(timedelta(hours=2))) == ("accepted", "accepted")


def test_a_kiosk_that_shows_itself_is_told_at_once_one_after_another(desk: Desk) -> None:
    # CK-CMD-19
    given = [desk.order(order) for order in (Lock(), Ring(), Unlock())]
    desk.later(LONG_AGO_S)
    desk.commands.tell()
    assert desk.sent == []  # nobody is there
    desk.born(retained=True)
    assert desk.sent == []  # what the broker kept from another day shows nobody
    desk.born()
    assert desk.sent == [given[0].signed]
    desk.answers(given[0], "accepted")
    assert desk.sent == [one.signed for one in given[:2]]
    desk.answers(given[0])  # done, after the next one was told: which is not told again for it
    assert desk.sent == [one.signed for one in given[:2]]
    desk.answers(given[1], "refused", "busy")
    desk.answers(given[2])
    desk.born()
    assert desk.sent == [one.signed for one in given]


def test_state_and_birth_of_one_coming_tell_a_command_once_and_every_coming_tells_it_again(desk: Desk) -> None:
    given = desk.order(Lock())
    desk.later(LONG_AGO_S)
    desk.commands.tell()
    for turn in range(1, 4):
        desk.shows()
        desk.born()
        assert desk.sent == turn * [given.signed]
        desk.goes()
        desk.later(2 * AGAIN_S)
        desk.commands.tell()
        assert desk.sent == turn * [given.signed]  # nobody is there
    # It comes again without having been missed: within seconds of the last telling it is not told twice.
    desk.shows()
    desk.shows()
    desk.later(AGAIN_S)
    desk.commands.tell()
    assert desk.sent == 5 * [given.signed]


def test_a_command_that_is_over_makes_room_for_the_next_however_long_it_would_have_waited(desk: Desk) -> None:
    short, long = desk.order(Lock(), hours=0.015), desk.order(Unlock())
    desk.shows()
    for _ in range(55):
        desk.later(1)
        desk.commands.tell()
    assert desk.sent[-1] == long.signed
    assert set(desk.sent[:-1]) == {short.signed}


def test_a_command_that_a_kiosk_never_answers_holds_the_next_ones_for_a_while_and_not_for_ever(desk: Desk) -> None:
    # CK-CMD-19
    silent, long = desk.order(Lock()), desk.order(Unlock())
    desk.shows()
    for _ in range(74):
        desk.later(1)
        desk.commands.tell()
    assert set(desk.sent) == {silent.signed}
    desk.later(2)
    desk.commands.tell()
    assert desk.sent[-1] == long.signed
    desk.answers(long)
    for _ in range(120):
        desk.later(10)
        desk.commands.tell()
    later = desk.order(Lock(now=True))
    for _ in range(61):
        desk.later(1)
        desk.commands.tell()
    assert later.signed in desk.sent, "nor does it hold back what is given later"
    desk.answers(later)
    other = desk.fleet(1)[0]
    (of_other,) = desk.order_all([other])
    desk.shows(other)
    before = desk.sent.count(silent.signed)
    desk.later(61)
    desk.commands.tell()
    assert desk.sent.count(silent.signed) > before, "what is not answered is told on, beside the others"
    assert of_other in desk.sent


def test_a_kiosk_that_comes_and_goes_counts_on_what_it_leaves_unanswered(desk: Desk) -> None:
    silent, long = desk.order(Lock()), desk.order(Unlock())
    for _ in range(4):
        desk.shows()
        assert desk.sent[-1] == silent.signed
        desk.goes()
        desk.later(120)
    desk.shows()
    assert desk.sent[-1] == long.signed


def test_a_command_that_nobody_keeps_was_not_told(desk: Desk) -> None:
    # CK-LINK-04
    given = desk.order(Lock())
    desk.shows()
    assert desk.sent == [given.signed]
    desk.commands.on_unheard(1)
    desk.commands.on_outcome(1, None)
    desk.later(20 * AGAIN_S)
    desk.commands.tell()
    assert desk.sent == [given.signed]  # there is nobody
    assert find_command(desk.database, given.id).told_at is None  # type: ignore[union-attr]
    desk.says(Kind.TELEMETRY, b"")  # whatever it says shows that it is there
    assert desk.sent == 2 * [given.signed]
    desk.commands.on_outcome(2, None)
    told_at = desk.now
    desk.later(AGAIN_S)
    desk.commands.tell()
    assert find_command(desk.database, given.id).told_at == told_at  # type: ignore[union-attr]
    desk.commands.on_outcome(3, None)
    desk.later(LOOK_S)
    desk.commands.tell()
    assert find_command(desk.database, given.id).told_at == told_at  # type: ignore[union-attr]


def test_what_the_broker_refuses_is_told_as_soon_as_the_kiosk_comes_again(desk: Desk) -> None:
    desk.order(Lock())
    desk.shows()
    desk.commands.on_outcome(1, "Quota exceeded")
    desk.born()
    assert len(desk.told) == 2


def test_commands_of_many_absent_kiosks_keep_no_one_waiting_and_cost_nothing(desk: Desk) -> None:
    desk.order_all(desk.fleet(1100))
    desk.later(LONG_AGO_S)
    desk.shows()
    given = desk.order(Ring())
    desk.later(LOOK_S)
    desk.commands.tell()
    assert desk.sent == [given.signed]
    asked: list[str] = []
    event.listen(desk.database._engine, "before_cursor_execute", lambda *what: asked.append(str(what[2])))
    desk.answers(given)
    asked.clear()
    for _ in range(int(LOOK_THROUGH_S) - 2):
        desk.later(1)
        desk.commands.tell()
        desk.commands.tell()
    assert desk.sent == [given.signed]
    # One look a second for what was just given, and not one row of those that are away.
    assert len([one for one in asked if one.startswith("SELECT")]) == int(LOOK_THROUGH_S) - 2
    assert not any("min(" in one for one in asked)


def test_of_many_kiosks_that_are_there_each_has_its_turn(desk: Desk) -> None:
    names = desk.fleet(3 * AT_ONCE)
    given = desk.order_all(names)
    state = encode_json(State(st="ready"))
    for name in names:
        desk.commands.notice(Topic(KioskAddress("ht", "tk", name), Kind.STATE), state, retained=True)
    for turn in range(1, 4):
        desk.commands.tell()
        assert len(desk.sent) == turn * AT_ONCE  # no time passes, and none is told twice
    assert sorted(desk.sent) == sorted(given)
    desk.shows()
    late = desk.order(Lock())
    desk.later(2 * AGAIN_S)
    for _ in range(4):
        desk.commands.tell()
    assert sorted(desk.sent[3 * AT_ONCE :]) == sorted([*given, late.signed])


def test_who_was_told_is_told_again_after_those_that_were_not(desk: Desk) -> None:
    names = desk.fleet(2 * AT_ONCE)
    given = desk.order_all(names)
    state = encode_json(State(st="ready"))
    for name in names:
        desk.commands.notice(Topic(KioskAddress("ht", "tk", name), Kind.STATE), state, retained=True)
    for _ in range(2):
        desk.commands.tell()
        desk.later(2 * AGAIN_S)
    assert sorted(desk.sent) == sorted(given)


def test_an_absent_kiosk_is_told_once_as_the_broker_may_keep_it_there(desk: Desk) -> None:
    first = desk.order(Lock())
    desk.order(Unlock())
    for _ in range(100):
        desk.commands.tell()
        desk.later(1)
    assert desk.sent == [first.signed]


def test_another_shards_kiosk_is_told_there(desk: Desk) -> None:
    desk.order(Lock())
    desk.registry = replace(REGISTRY, kiosks={})
    desk.commands.tell()
    desk.born()
    desk.later(LOOK_THROUGH_S)
    desk.commands.tell()
    assert desk.sent == []


def test_what_is_given_by_a_clock_that_is_wrong_is_told_within_a_minute(desk: Desk) -> None:
    desk.shows()
    desk.now -= timedelta(days=300)
    given = desk.order(Lock(), hours=24 * 360)
    desk.now += timedelta(days=300)
    desk.later(LOOK_THROUGH_S)
    desk.commands.tell()
    assert desk.sent == [given.signed]


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
