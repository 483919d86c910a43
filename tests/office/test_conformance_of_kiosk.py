"""The conformance test of a kiosk: ours passes, and kiosks that are wrong in one thing fail in that very rule."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.conformance import kiosk_scenes, outside
from kiosk.conformance.errors import CannotTest
from kiosk.conformance.findings import Side, Verdict, rules_of
from kiosk.conformance.identities import TestOffice
from kiosk.conformance.road import Road
from kiosk.office.provisioning import init_office
from tests.office.conforming import Ground, conformance_running, failed, test_ground
from tests.office.conforming_kiosk import NAME, SHORT, examined_kiosk, running_kiosk
from tests.office.stand import PATIENCE_S
from tests.office.wrong_kiosks import WRONG


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with test_ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture(autouse=True)
def nothing_kept(ground: Ground) -> None:
    ground.forget()


def test_our_kiosk_keeps_every_rule_that_can_be_seen(ground: Ground, tmp_path: Path) -> None:
    found, where = tmp_path / "found.json", f"localhost:{ground.port}"
    (tmp_path / "kiosk").mkdir()
    command = ["--side", "kiosk", "--broker", where, "--office", str(ground.layout.root), "--name", NAME]
    more = ("--quiet", "0.05", "--json", str(found))
    # The test first: a kiosk tells of its outbox when it comes, and then once a minute.
    with conformance_running(*command, *more) as test:
        assert test.stderr is not None
        assert "says of itself" in test.stderr.readline()
        with running_kiosk(ground, tmp_path / "kiosk"):
            out, _ = test.communicate(timeout=PATIENCE_S)
    assert test.returncode == 0, out
    rows = {row["id"]: row for row in json.loads(found.read_text())["rules"]}
    assert list(rows) == list(rules_of(Side.KIOSK))
    unseen = {rule for rule, row in rows.items() if row["verdict"] != Verdict.PASSED}
    assert unseen == outside.KIOSK.keys() | {"CK-TIME-01"}
    assert {rows[rule]["verdict"] for rule in unseen} == {Verdict.UNSEEN}


SHOWN = ("telemetry for ever", "chunks before the list", "retained packages")


@pytest.mark.parametrize("wrong", SHOWN)  # the others: ./run prove conformance
def test_a_kiosk_that_is_wrong_in_one_thing_fails_there(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    WRONG[wrong].mutate(monkeypatch)
    with running_kiosk(ground, tmp_path):
        assert failed(examined_kiosk(ground, scenes=WRONG[wrong].scenes, within_s=3.0)) >= WRONG[wrong].rules


def test_a_kiosk_whose_road_is_cut_comes_back_to_what_was_said_and_its_will_must_be_patient(
    ground: Ground, tmp_path: Path
) -> None:
    road = Road(0, "localhost", ground.port)
    try:
        with running_kiosk(ground, tmp_path, port=road.port, waits={**SHORT, "will_delay_s": 1}):
            rows = examined_kiosk(ground, scenes=(kiosk_scenes.see_it_born,), road=road)
    finally:
        road.close()
    assert failed(rows) == {"CK-WILL-01"}
    assert {rows[rule].verdict for rule in ("CK-LINK-05", "CK-LINK-08", "CK-BIRTH-01")} == {Verdict.PASSED}


def test_before_an_enrolment_made_with_real_devices_the_test_stops_and_answers_nothing(
    ground: Ground, tmp_path: Path
) -> None:
    scenes = (kiosk_scenes.see_it_born, kiosk_scenes.take_packages)
    with running_kiosk(ground, tmp_path, simulated=False), pytest.raises(CannotTest, match="made with real devices"):
        examined_kiosk(ground, scenes=scenes)


def test_a_kiosk_that_is_not_there_and_one_without_enrolments_are_told(ground: Ground, tmp_path: Path) -> None:
    scenes = (kiosk_scenes.see_it_born,)
    with pytest.raises(CannotTest, match="not to be seen at this broker"):
        examined_kiosk(ground, scenes=scenes, within_s=0.05)
    with running_kiosk(ground, tmp_path, sizes=()), pytest.raises(CannotTest, match="finish 3 there"):
        examined_kiosk(ground, scenes=scenes)


def test_nobody_stands_in_an_office_of_the_field(ground: Ground, tmp_path: Path) -> None:
    init_office(tmp_path, province="ht", communes=["tk"], kiosks=["k"], broker_host="office.example")
    with pytest.raises(CannotTest, match="only in a demo's place"):
        TestOffice.read(tmp_path, "k", "localhost", ground.port)
