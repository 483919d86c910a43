"""A roster from the office's hand to the kiosk's officer: over a real broker, and over a road of 16 kB a second."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.domain.roster import Roster, RosterRow
from kiosk.journey.events import RosterMatched, RosterTold, SignedIn
from kiosk.office import tables
from kiosk.office.commanding import Given, given_commands
from kiosk.office.registry import load_registry
from kiosk.office.rosters import send_roster
from kiosk.runtime.telemetry import birth_of
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.vault import Argon2Cost
from kiosk.wire.messages import encode_json
from tests.journey.script import IDENTITY
from tests.office.conftest import Village
from tests.office.slow_link import SlowLink
from tests.office.stand import eventually, open_office
from tests.office.test_commands_over_broker import KIOSK, PATIENCE_S, App, Scene

PIN = "2468013"
HOA = RosterRow("Trần Thị Hoà", PartialDate(1951, 7, 1), PersonalNumber("042150000012"))
#: A village: names that come again and again, numbers that do not.
VILLAGE = tuple(
    RosterRow(
        f"Nguyễn {'Văn' if i % 2 else 'Thị'} {chr(65 + i % 23)}{chr(97 + i % 19)}",
        PartialDate(1930 + i % 80, 1 + i % 12, 1 + i % 28),
        PersonalNumber(f"042{i * 7919 % 1_000_000_000:09d}"),
        address=f"Thôn {i % 12}, xã Thạch Khê, tỉnh Hà Tĩnh",
    )
    for i in range(2999)
)


class RosterScene(Scene):
    def sign_in(self) -> None:
        self.app.desk.sign_in("HT-0417", PIN)
        self.until(lambda: self.app.happened(SignedIn), "the officer is in")
        # What the watch does when the key is new.
        birth = encode_json(birth_of(self.app.desk, KIOSK, "1", "boot", {}))
        self.app.desk.write_telemetry("birth", lambda _outbox: birth).result(PATIENCE_S)

    def send(self, *rows: RosterRow) -> Given:
        registry, now = load_registry(self.office.layout.registry), datetime.now(UTC)
        roster, lasts = Roster(date(2026, 11, 27), rows), timedelta(days=1)
        given, _ = send_roster(
            self.office.database, registry, self.key, kiosk=KIOSK, roster=roster, by="minh", now=now, lasts=lasts
        )
        return given

    def knows_the_key(self) -> bool:
        """The broker has kept what a kiosk of this name said in the test before: that key is not this one's."""
        with self.office.database.reading() as connection:
            known = connection.scalar(select(tables.roster_kiosk.c.key))
        kept = self.app.desk._orders.get("roster.key") if self.app.desk._orders is not None else {}
        return known is not None and known["kid"] == kept["kid"]

    def matched(self) -> RosterMatched:
        self.app.events.clear()
        self.app.desk.match(IDENTITY)
        self.until(lambda: self.app.happened(RosterMatched), "the row is looked for")
        return next(event for event in self.app.events if isinstance(event, RosterMatched))


@pytest.fixture
def road(village: Village) -> Iterator[SlowLink]:
    with SlowLink(village.port) as link:
        yield link


@pytest.fixture
def scene(village: Village, road: SlowLink, tmp_path: Path) -> Iterator[RosterScene]:
    folder = tmp_path / "kiosk"
    folder.mkdir()
    app = App(village.layout, folder, road.port)
    app.desk._vault._pin_alone, app.desk._vault._cost = True, Argon2Cost(1024, 1, 1)
    app.desk._vault.create("HT-0417", PIN)
    with open_office(village.layout, f"sqlite:///{tmp_path / 'office.db'}") as office:
        app.start()
        try:
            yield RosterScene(office, app, SigningKey.load(village.layout.command_key))
        finally:
            app.end()


def test_a_roster_comes_is_read_and_told_and_a_newer_one_takes_its_place(scene: RosterScene) -> None:
    # CK-ROSTER-01, CK-ROSTER-06
    scene.office.start()
    scene.sign_in()
    scene.until(scene.knows_the_key, "the kiosk's key is known")
    first = scene.send(HOA)
    scene.becomes(first.id, "done")
    scene.until(lambda: scene.app.happened(RosterTold), "the session is told")
    assert scene.matched() == RosterMatched(IDENTITY, first.id, HOA)
    second = scene.send(replace(HOA, born=PartialDate(1950)))
    scene.becomes(second.id, "done")
    assert scene.matched().roster == second.id
    # Once the kiosk has answered, nothing of it is left on the way.
    scene.until(lambda: scene.app.desk._inbox.roster(second.id) == b"", "the uplink keeps no part")
    assert [one.state for one in given_commands(scene.office.database)] == ["done", "done"]


def test_three_thousand_people_come_over_a_slow_road_that_is_cut(scene: RosterScene, road: SlowLink) -> None:
    # CK-ROSTER-03
    scene.office.start()
    scene.sign_in()
    scene.until(scene.knows_the_key, "the kiosk's key is known")
    road.bytes_per_s = 128_000
    given = scene.send(HOA, *VILLAGE)
    scene.until(lambda: len(scene.app.desk._inbox.roster(given.id)) > 0, "the first part is here")
    road.reset()
    scene.becomes(given.id, "done")
    assert scene.matched().row == HOA
    eventually(lambda: road.resets > 0, "the road was cut")
