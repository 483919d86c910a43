"""The settings that an office wants of kiosks: signed, told retained, and compared with what kiosks tell."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from kiosk.domain.commands import Value
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import Drift, Told, Wanted, differing, drifts, told_of, want, wanted_of
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry
from kiosk.office.wanting import read_changes
from kiosk.office.wishing import AGAIN_S, AT_ONCE, LOOK_S, SettingsTeller
from kiosk.sealing.desired import verify_desired
from kiosk.sealing.keys import SigningKey
from kiosk.wire.messages import Birth, SettingsSample, encode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic
from tests.office.stand import NOW
from tests.office.test_commands import KEY, KIOSK, REGISTRY, entry

OTHER = "kiosk-tk-02"
NAME = "journey.tries_per_finger"


@dataclass
class Desk:
    """The office's words about settings, a broker that only listens, and clocks in the test's hand."""

    database: OfficeDatabase
    now: datetime = NOW
    at_s: float = 1000.0
    up: bool = True
    said: list[tuple[str, bytes, bool]] = field(default_factory=list)
    registry: Registry = REGISTRY

    def __post_init__(self) -> None:
        self.teller = self.another()

    def another(self) -> SettingsTeller:
        return SettingsTeller(
            self.database,
            registry=lambda: self.registry,
            publish=self.publish,
            now=lambda: self.now,
            monotonic_s=lambda: self.at_s,
        )

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        if not self.up:
            return None
        self.said.append((topic, payload, retain))
        return len(self.said)

    def wants(self, kiosk: str = KIOSK, /, **changes: Value | None) -> Wanted:
        wanted = {name.replace("__", "."): value for name, value in changes.items()}
        return want(self.database, self.registry, KEY, kiosk=kiosk, changes=wanted, by="minh", now=self.now)

    def born(self, sample: SettingsSample | None, kiosk: str = KIOSK) -> None:
        birth = Birth(kiosk=kiosk, sw="1", boot="b", drivers={}, schemas=[], settings=sample)
        self.teller.hear(Topic(KioskAddress("ht", "tk", kiosk), Kind.BIRTH), encode_json(birth))
        self.turn()

    def turn(self, seconds: float = LOOK_S) -> list[tuple[str, bytes, bool]]:
        """What is said in one turn after so long, all of it taken by the broker."""
        self.at_s += seconds
        self.now += timedelta(seconds=seconds)
        before = len(self.said)
        self.teller.tell()
        for mid in range(before + 1, len(self.said) + 1):
            assert self.teller.on_outcome(mid, None)
        return self.said[before:]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    database = OfficeDatabase.open(database_url)
    yield Desk(database)
    database.close()


def test_a_word_is_signed_retained_and_numbered_ever_higher(desk: Desk) -> None:
    # CK-DESIRED-01
    first = desk.wants(journey__tries_per_finger=7)
    assert desk.turn() == [(f"ev1/ht/tk/{KIOSK}/desired", first.signed, True)]
    word = verify_desired(first.signed, KEY.public)
    assert (word.kiosk, word.n, word.at, word.settings) == (KIOSK, first.n, desk.now - timedelta(seconds=1), {NAME: 7})
    assert desk.turn() == []
    desk.now -= timedelta(days=3650)
    second = desk.wants(journey__language="en")
    assert second.n == first.n + 1
    assert second.settings == {NAME: 7, "journey.language": "en"}  # what was wanted before still is
    assert [payload for _, payload, _ in desk.turn()] == [second.signed]
    third = desk.wants(journey__tries_per_finger=None)
    assert verify_desired(third.signed, KEY.public).settings == {"journey.language": "en"}
    assert wanted_of(desk.database, KIOSK) == {KIOSK: third}


def test_an_office_that_lost_its_count_goes_on_above_what_the_kiosk_has_taken(desk: Desk) -> None:
    desk.born(SettingsSample(n=1 << 50, has={NAME: 3}))
    assert desk.wants(journey__tries_per_finger=7).n == (1 << 50) + 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"signing__key": "x"}, "a setting that the office may change is one of"),
        ({"journey__tries_per_finger": 21}, "journey.tries_per_finger is 1 to 20"),
        ({"journey__language": "french"}, "journey.language is "),
    ],
)
def test_what_no_command_may_change_nobody_can_want(desk: Desk, changes: dict[str, Value], said: str) -> None:
    with pytest.raises(OfficeError, match=said):
        desk.wants(**changes)
    assert wanted_of(desk.database) == {}
    with pytest.raises(OfficeError, match="not registered"):
        desk.wants("kiosk-xx-99", journey__tries_per_finger=7)


def test_what_a_kiosk_tells_is_compared_with_what_is_wanted_and_since_when(desk: Desk) -> None:
    desk.born(SettingsSample(has={NAME: 3, "voice.repeat_after_s": 15.0}))
    began = desk.now - timedelta(seconds=LOOK_S)
    assert differing(desk.database) == 0
    word = desk.wants(journey__tries_per_finger=7, voice__repeat_after_s=15)
    told = told_of(desk.database)[KIOSK]
    assert drifts(word.settings, told) == (Drift(NAME, 7, 3, began),)  # 15 is 15.0
    assert differing(desk.database) == 1
    desk.turn(3600)
    desk.born(SettingsSample(n=word.n, has={NAME: 7, "voice.repeat_after_s": 15}))
    told = told_of(desk.database)[KIOSK]
    assert (told.n, drifts(word.settings, told), differing(desk.database)) == (word.n, (), 0)
    assert told.since["voice.repeat_after_s"] == began
    assert told.since[NAME] > began
    # Somebody changed it there: seen since then, whatever else it tells later.
    desk.turn(60)
    changed = desk.now
    desk.born(SettingsSample(n=word.n, has={NAME: 5, "voice.repeat_after_s": 15}, refused=["voice.colour"]))
    desk.turn(3600)
    desk.born(SettingsSample(n=word.n, has={NAME: 5, "voice.repeat_after_s": 20}))
    told = told_of(desk.database)[KIOSK]
    assert drifts(word.settings, told)[0] == Drift(NAME, 7, 5, changed)
    assert differing(desk.database) == 1
    assert drifts({NAME: 7}, Told()) == (Drift(NAME, 7, None, None),)


def test_one_that_told_nothing_differs_and_an_older_program_tells_nothing(desk: Desk) -> None:
    desk.wants(journey__tries_per_finger=7)
    assert differing(desk.database) == 1
    desk.born(None)
    assert told_of(desk.database)[KIOSK].told_at is None
    desk.wants(journey__tries_per_finger=None)
    assert differing(desk.database) == 0


def test_the_same_birth_is_written_once_also_after_a_restart(desk: Desk) -> None:
    told = SettingsSample(n=3, has={NAME: 3})
    desk.born(told)
    first = told_of(desk.database)[KIOSK].told_at
    desk.turn(3600)
    desk.born(told)
    desk.teller = desk.another()
    desk.born(told)
    assert told_of(desk.database)[KIOSK].told_at == first
    desk.born(told, "kiosk-xx-99")
    assert told_of(desk.database).keys() == {KIOSK}


def test_a_new_connection_says_every_word_again_and_a_lost_one_is_not_counted(desk: Desk) -> None:
    word = desk.wants(journey__tries_per_finger=7)
    desk.up = False
    assert desk.turn() == []
    desk.up = True
    assert [payload for _, payload, _ in desk.turn()] == [word.signed]
    desk.teller.on_up()
    assert [payload for _, payload, _ in desk.turn(0)] == [word.signed]
    revoked = replace(REGISTRY.kiosks[KIOSK], revoked_at=NOW)
    for kiosks in ({}, {KIOSK: revoked}):  # another shard's kiosk, and one that is trusted no more
        desk.registry = replace(REGISTRY, kiosks=kiosks)
        desk.teller.on_up()
        assert desk.turn() == []


def test_a_broker_that_takes_no_word_is_left_in_peace_for_a_while(desk: Desk) -> None:
    # CK-LINK-04
    desk.wants(journey__tries_per_finger=7)
    desk.at_s += LOOK_S
    desk.teller.tell()
    assert desk.teller.on_outcome(1, "Not authorized")
    assert not desk.teller.on_outcome(77, None)
    assert desk.turn(AGAIN_S - 1) == []
    desk.teller.on_down()
    desk.teller.on_up()
    assert desk.turn(0) == []
    assert len(desk.turn(1)) == 1


def test_many_words_go_out_a_few_at_a_time(desk: Desk) -> None:
    names = [f"kiosk-{n:03}" for n in range(AT_ONCE + 6)]
    extra = {name: entry(name, SigningKey.generate()) for name in names}
    desk.registry = replace(REGISTRY, kiosks={**extra, **REGISTRY.kiosks})
    for name in names:
        desk.wants(name, journey__tries_per_finger=7)
    assert len(desk.turn()) == AT_ONCE
    assert len(desk.turn(0)) == 6
    assert {topic.split("/")[3] for topic, _, _ in desk.said} == set(names)
    late = desk.wants(OTHER, journey__tries_per_finger=7)
    assert [payload for _, payload, _ in desk.turn()] == [late.signed]


def test_what_is_typed_is_read_strictly() -> None:
    typed = [f"{NAME}=7", "journey.language=en", "voice.repeat_after_s="]
    assert read_changes(typed) == {NAME: 7, "journey.language": "en", "voice.repeat_after_s": None}
    for wrong in (["x=1"], [NAME], [f"{NAME}=1", f"{NAME}=2"]):
        with pytest.raises(OfficeError):
            read_changes(wrong)
