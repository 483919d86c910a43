"""Rosters at the office: sealed for a key that the kiosk has signed for, and given out to nobody else."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha512
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.domain.commands import Lock
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Roster, RosterRow
from kiosk.office import tables
from kiosk.office.commanding import Given, give, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.office.dispatching import Commands
from kiosk.office.errors import OfficeError
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.rosters import AT_ONCE, TIDY_S, Rosters, send_roster, told_rosters
from kiosk.sealing.commands import Answer, sign_answer
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.rosters import RosterKeyWord, open_roster, sign_roster_key
from kiosk.sealing.suites import CLASSICAL, OpeningKey
from kiosk.wire.messages import (
    Birth,
    OutboxSample,
    RosterSample,
    Telemetry,
    Want,
    decode_part,
    encode_cbor,
    encode_json,
)
from kiosk.wire.roster import PART_BYTES, decode_roster
from kiosk.wire.topics import Kind, KioskAddress, Topic

NOW = datetime(2026, 11, 27, 3, 0, tzinfo=UTC)
KIOSK, OTHER = "kiosk-tk-01", "kiosk-tk-02"
HOME = KioskAddress("ht", "tk", KIOSK)
#: Names of letters that no packing makes small, so that the roster has many parts.
_LETTERS = str.maketrans("0123456789", "ghijklmnop")
ROWS = tuple(
    RosterRow("".join(sha512(f"{i}/{k}".encode()).hexdigest() for k in range(3)).translate(_LETTERS), PartialDate(1950))
    for i in range(1200)
)
ROSTER = Roster(NOW.date(), ROWS)


@dataclass
class Scene:
    database: OfficeDatabase
    now: datetime = NOW
    key: SigningKey = field(default_factory=SigningKey.generate)
    record: SigningKey = field(default_factory=SigningKey.generate)
    opening: OpeningKey = field(default_factory=lambda: OpeningKey.generate(CLASSICAL))
    sent: list[tuple[str, bytes]] = field(default_factory=list)
    monotonic_s: float = 0.0

    def __post_init__(self) -> None:
        entry = KioskEntry(KIOSK, "ht", "tk", 1, NOW + timedelta(days=365), self.record.public.raw)
        others = replace(entry, kiosk=OTHER, record_key=SigningKey.generate().public.raw)
        self.registry = Registry("ht", {"tk": "Thạch Kênh"}, True, "localhost", 8883, {KIOSK: entry, OTHER: others})
        self.rosters = Rosters(
            self.database,
            registry=lambda: self.registry,
            publish=self.publish,
            now=lambda: self.now,
            monotonic_s=lambda: self.monotonic_s,
        )
        self.commands = Commands(
            self.database,
            registry=lambda: self.registry,
            publish=self.publish,
            now=lambda: self.now,
            monotonic_s=lambda: 0.0,
        )

    def publish(self, topic: str, payload: bytes, **_: object) -> int | None:
        self.sent.append((topic, payload))
        return 1

    def born(
        self, *, n: int = 1, key: OpeningKey | None = None, signer: SigningKey | None = None, of: str = KIOSK
    ) -> None:
        word = sign_roster_key(RosterKeyWord(of, n, (key or self.opening).public), signer or self.record)
        birth = Birth(kiosk=KIOSK, sw="1", boot="b", drivers={}, schemas=[], roster_key=base64.b64encode(word).decode())
        self.rosters.hear(Topic(HOME, Kind.BIRTH), encode_json(birth))

    def tells(self, roster: RosterSample | None) -> None:
        sample = Telemetry(
            ts=NOW,
            boot="b",
            seq_last=0,
            chain="00" * 32,
            outbox=OutboxSample(n=0, bytes=0, oldest_s=0),
            sw="1",
            roster=roster,
        )
        self.rosters.hear(Topic(HOME, Kind.TELEMETRY, "kiosk"), encode_json(sample))

    def send(self, roster: Roster = ROSTER, kiosk: str = KIOSK) -> tuple[Given, bytes]:
        lasts = timedelta(days=7)
        return send_roster(
            self.database, self.registry, self.key, kiosk=kiosk, roster=roster, by="minh", now=self.now, lasts=lasts
        )

    def kept(self) -> list[bytes]:
        """The sealed rosters in the database."""
        with self.database.reading() as connection:
            return [bytes(sealed) for sealed in connection.scalars(select(tables.roster.c.sealed))]

    def wants(self, command: str, *ranges: tuple[int, int], address: KioskAddress = HOME) -> list[int]:
        self.sent.clear()
        self.rosters.give(address, encode_cbor(Want(id=command, ranges=list(ranges))))
        assert {topic for topic, _ in self.sent} <= {address.roster}
        return [decode_part(payload).i for _, payload in self.sent]

    def answers(self, given: Given, state: str, code: str = "") -> None:
        answer = Answer(given.id, KIOSK, given.n, given.n, state, NOW, code)  # type: ignore[arg-type]
        assert self.commands.hear(KIOSK, sign_answer(answer, self.record))
        self.rosters.answered(KIOSK)


@pytest.fixture
def scene(database_url: str) -> Iterator[Scene]:
    database = OfficeDatabase.open(database_url)
    yield Scene(database)
    database.close()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Scene]:
    database = OfficeDatabase.open(f"sqlite:///{tmp_path / 'office.db'}")
    yield Scene(database)
    database.close()


def test_a_roster_is_given_part_by_part_until_the_kiosk_has_it(scene: Scene) -> None:
    # CK-ROSTER-04
    scene.born()
    given, sealed = scene.send()
    count = -(-len(sealed) // PART_BYTES)
    assert count > AT_ONCE
    assert scene.wants(given.id, (0, 1), (3, 3)) == [0, 1, 3]
    assert scene.wants(given.id, (0, 4000)) == list(range(AT_ONCE))
    assert scene.wants(given.id, (count - 1, count + 5)) == [count - 1]
    whole = b""
    for i in range(count):
        assert scene.wants(given.id, (i, i)) == [i]
        whole += decode_part(scene.sent[0][1]).data
    assert whole == sealed
    assert decode_roster(open_roster(whole, kiosk=KIOSK, key=scene.opening)) == ROSTER
    scene.answers(given, "accepted")
    assert scene.wants(given.id, (0, 0)) == [0]
    scene.answers(given, "done")
    assert scene.wants(given.id, (0, 0)) == []


def test_nobody_else_gets_it_and_nobody_after_its_end(small: Scene) -> None:
    # CK-ROSTER-04
    small.born()
    given, _ = small.send()
    assert small.wants(given.id, (0, 0), address=KioskAddress("ht", "tk", OTHER)) == []
    lock = give(
        small.database, small.registry, small.key, kiosk=KIOSK, order=Lock(), by="x", now=NOW, lasts=timedelta(hours=1)
    )
    assert small.wants(lock.id, (0, 0)) == []
    small.now = NOW + timedelta(days=7)
    assert small.wants(given.id, (0, 0)) == []


def test_a_newer_roster_is_given_in_place_of_the_older(small: Scene) -> None:
    small.born()
    older, _ = small.send()
    newer, _ = small.send(replace(ROSTER, rows=ROWS[:1]))
    assert small.wants(older.id, (0, 0)) == []
    assert small.wants(newer.id, (0, 0)) == [0]
    small.answers(older, "done", "replaced")
    assert small.wants(newer.id, (0, 0)) == [0]


def test_only_a_key_that_the_kiosk_has_signed_for_is_sealed_for(small: Scene) -> None:
    # CK-ROSTER-01
    for refused in (
        lambda: small.born(signer=SigningKey.generate()),
        lambda: small.born(of=OTHER),
        lambda: None,
    ):
        refused()
        with pytest.raises(OfficeError, match="has not told its key"):
            small.send()
    small.born(n=5)
    stale = OpeningKey.generate(CLASSICAL)
    small.born(n=5, key=stale)
    small.born(n=4, key=stale)
    given, _ = small.send()
    assert given.args["kid"] == small.opening.kid
    fresh = OpeningKey.generate(CLASSICAL)
    small.born(n=6, key=fresh)
    assert small.send()[0].args["kid"] == fresh.kid


def test_a_kiosk_that_says_it_has_another_key_is_believed_at_its_next_word(small: Scene) -> None:
    small.born(n=9)
    given, _ = small.send()
    small.answers(given, "refused", "other_key")
    with pytest.raises(OfficeError, match="has not told its key"):
        small.send()
    fresh = OpeningKey.generate(CLASSICAL)
    small.born(n=1, key=fresh)
    assert small.send()[0].args["kid"] == fresh.kid


def test_a_key_that_the_database_did_not_take_is_taken_when_it_is_told_again(
    small: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> None:
        raise SQLAlchemyError

    with monkeypatch.context() as broken:
        broken.setattr(small.database, "transaction", fails)
        with pytest.raises(SQLAlchemyError):
            small.born()
    small.born()
    assert small.send()[0].args["kid"] == small.opening.kid


def test_taking_away_needs_no_key_and_leaves_nothing_of_the_one_before(small: Scene) -> None:
    given, sealed = small.send(replace(ROSTER, rows=()))
    assert (sealed, given.args["people"], given.args["size"]) == (b"", 0, 0)
    small.born()
    small.send()
    assert len(small.kept()) == 1
    small.send(replace(ROSTER, rows=()))
    assert small.kept() == []


def test_a_crash_between_roster_and_command_leaves_the_one_before_as_it_was(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.born()
    older, _ = scene.send()
    before = scene.kept()

    def crash(*_: object) -> bytes:
        raise RuntimeError("the power went")

    with monkeypatch.context() as broken:
        broken.setattr("kiosk.office.commanding.sign_command", crash)
        with pytest.raises(RuntimeError):
            scene.send(replace(ROSTER, rows=ROWS[:1]))
    assert scene.kept() == before
    assert [one.id for one in given_commands(scene.database)] == [older.id]
    assert scene.wants(older.id, (0, 0)) == [0]


def test_the_roster_of_who_never_answers_goes_when_its_command_is_over(scene: Scene) -> None:
    scene.born()
    given, _ = scene.send()
    scene.rosters.tidy()
    assert len(scene.kept()) == 1
    scene.now = given.until
    scene.rosters.tidy()  # it was looked at just now
    assert len(scene.kept()) == 1
    scene.monotonic_s += TIDY_S
    scene.rosters.tidy()
    assert scene.kept() == []
    newer, _ = scene.send()
    scene.monotonic_s += TIDY_S
    scene.rosters.tidy()
    assert scene.wants(newer.id, (0, 0)) == [0]


def test_a_roster_that_a_kiosk_lost_while_the_office_was_away_is_known_to_be_gone(scene: Scene) -> None:
    scene.tells(RosterSample(of=date(2026, 11, 27), n=312, done=41))
    again = Scene(scene.database)
    again.tells(None)
    (told,) = told_rosters(scene.database)
    assert (told.issued, told.people, told.done) == (None, None, None)


@pytest.mark.parametrize("kiosk", ["kiosk-tk-09", OTHER])
def test_who_cannot_be_sent_one_is_told(small: Scene, kiosk: str) -> None:
    small.registry = small.registry.with_kiosk(replace(small.registry.kiosks[OTHER], revoked_at=NOW))
    with pytest.raises(OfficeError, match=r"revoked|not registered"):
        small.send(kiosk=kiosk)


def test_what_a_kiosk_tells_of_its_roster_is_kept_as_counts(scene: Scene) -> None:
    # CK-ROSTER-07
    assert told_rosters(scene.database) == []
    scene.tells(None)
    assert told_rosters(scene.database) == []
    scene.tells(RosterSample(of=date(2026, 11, 27), n=312, done=41))
    (told,) = told_rosters(scene.database)
    assert (told.kiosk, told.ready, told.issued, told.people, told.done) == (KIOSK, False, date(2026, 11, 27), 312, 41)
    scene.born()
    scene.tells(None)
    (told,) = told_rosters(scene.database)
    assert (told.ready, told.issued, told.people) == (True, None, None)


def test_no_name_lies_in_the_offices_database(small: Scene, tmp_path: Path) -> None:
    # CK-ROSTER-01
    small.born()
    small.send(replace(ROSTER, rows=(RosterRow("Trần Thị Bí Mật", PartialDate(1950)),)))
    assert [one.verb for one in given_commands(small.database)] == ["roster"]
    small.database.close()
    for path in tmp_path.iterdir():
        assert "Bí Mật".encode() not in path.read_bytes()
