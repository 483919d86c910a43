"""The conformance test of an office: ours passes, and offices that are wrong in one thing fail in that very rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from kiosk.conformance import office_scenes, outside
from kiosk.conformance.errors import CannotTest
from kiosk.conformance.findings import Side, Verdict, rules_of
from kiosk.conformance.identities import KIOSKS, STRANGER, TestKiosk
from kiosk.office.provisioning import init_office
from tests.office.conforming import Ground, examined, failed, run_conformance, started, test_ground
from tests.office.conftest import free_port
from tests.office.stand import OfficeSide, open_office
from tests.office.wrong_offices import WRONG


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with test_ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def office(ground: Ground, tmp_path: Path) -> Iterator[OfficeSide]:
    ground.forget()
    with open_office(ground.layout, f"sqlite:///{tmp_path / 'office.db'}") as side:
        yield side


def command(ground: Ground, broker: str, *more: str) -> list[str]:
    bundles = [str(ground.layout.bundle(name)) for name in KIOSKS]
    named = [word for bundle in bundles for word in ("--kiosk", bundle)]
    stranger = str(ground.layout.bundle(STRANGER))
    return ["--side", "office", "--broker", broker, *named, "--stranger", stranger, *more]


def test_our_office_keeps_every_rule_that_can_be_seen(ground: Ground, office: OfficeSide, tmp_path: Path) -> None:
    started(office)
    found = tmp_path / "found.json"
    more = ("--quiet", "0.02", "--json", str(found))
    answer = run_conformance(*command(ground, f"localhost:{ground.port}", *more))
    assert answer.returncode == 0, answer.stdout
    assert "CK-ACK-08     passed  An office MUST commit a package once" in answer.stdout
    rows = {row["id"]: row for row in json.loads(found.read_text())["rules"]}
    assert list(rows) == list(rules_of(Side.OFFICE))
    unseen = {rule for rule, row in rows.items() if row["verdict"] != Verdict.PASSED}
    assert unseen == outside.OFFICE.keys() - {"CK-ACK-11"} | {"CK-LEARNT-01"}
    assert {rows[rule]["verdict"] for rule in unseen} == {Verdict.UNSEEN}
    # A second test goes on above the numbers of the first; one that has forgotten them stops.
    again = (office_scenes.refuse_a_past, office_scenes.send_in_pieces)
    assert failed(examined(ground, scenes=again)) == set()
    ground.forget_numbers()
    with pytest.raises(CannotTest, match="without a past"):
        examined(ground, scenes=again)


SHOWN = (
    "receipts before the commit",
    "retained receipts",
    "receipts that expire",
    "hashes that nobody checks",
)


@pytest.mark.parametrize("wrong", SHOWN)  # the others: ./run prove conformance
def test_an_office_that_is_wrong_in_one_thing_fails_there(
    ground: Ground, office: OfficeSide, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    WRONG[wrong].mutate(monkeypatch)
    started(office)
    assert failed(examined(ground, scenes=(WRONG[wrong].scene,), within_s=0.5)) >= WRONG[wrong].rules


def test_an_office_that_nobody_runs_is_told_by_its_silence(ground: Ground) -> None:
    ground.forget()
    assert failed(examined(ground, scenes=(office_scenes.send_whole,), within_s=0.1)) == {"CK-ENROL-11"}


def test_a_dead_broker_is_told_by_its_address(ground: Ground) -> None:
    port = free_port()
    answer = run_conformance(*command(ground, f"localhost:{port}"))
    assert answer.returncode == 2
    assert f"localhost:{port} cannot be reached" in answer.stderr


def test_a_kiosk_that_is_not_a_tests_and_an_office_in_the_field_are_left_alone(ground: Ground, tmp_path: Path) -> None:
    made = init_office(tmp_path / "o", province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True)
    with pytest.raises(CannotTest, match="begins with conform-"):
        TestKiosk.read(made.layout.bundle("kiosk-tk-01"), "localhost", ground.port)
    broken = tmp_path / "broken"
    shutil.copytree(ground.layout.bundle(KIOSKS[0]), broken)
    (broken / "uplink" / "tls.key").unlink()
    with pytest.raises(CannotTest, match=r"tls\.key is missing"):
        TestKiosk.read(broken, "localhost", ground.port)
