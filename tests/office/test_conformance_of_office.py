"""The conformance test of an office: ours passes, and offices that are wrong in one thing fail in that very rule."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kiosk.cli import app
from kiosk.conformance import office_scenes, outside
from kiosk.conformance.errors import CannotTest
from kiosk.conformance.findings import Side, Verdict, rules_of
from kiosk.conformance.identities import KIOSKS, TestKiosk
from kiosk.office.provisioning import init_office
from tests.office.conforming import Ground, examined, failed, started, test_ground
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


def test_our_office_keeps_every_rule_that_can_be_seen(ground: Ground, office: OfficeSide) -> None:
    started(office)
    rows = examined(ground)
    assert {rule: row.breaches for rule, row in rows.items() if row.breaches} == {}
    unseen = {rule for rule, row in rows.items() if row.verdict is not Verdict.PASSED}
    assert unseen == outside.OFFICE.keys() - {"CK-ACK-11"} | {"CK-LEARNT-01"}
    assert {rows[rule].verdict for rule in unseen} == {Verdict.UNSEEN}
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
    "another receipt key",
    "chunks in order alone",
    "hashes that nobody checks",
    "a list for every stray chunk",
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
    answer = CliRunner().invoke(app, command(ground, f"localhost:{port}"))
    assert answer.exit_code == 2
    assert f"localhost:{port} cannot be reached" in answer.stderr


def command(ground: Ground, broker: str, *more: str) -> list[str]:
    return [
        "conformance",
        "--side",
        "office",
        "--broker",
        broker,
        "--kiosk",
        str(ground.layout.bundle(KIOSKS[0])),
        *more,
    ]


def test_the_command_prints_a_table_and_writes_it_for_programs(
    ground: Ground, office: OfficeSide, tmp_path: Path
) -> None:
    started(office)
    found = tmp_path / "found.json"
    answer = CliRunner().invoke(
        app, command(ground, f"localhost:{ground.port}", "--quiet", "0.02", "--json", str(found))
    )
    assert answer.exit_code == 0, answer.output
    assert "CK-ACK-08     passed  An office MUST commit a package once" in answer.stdout
    assert "it takes two test kiosks" in answer.stdout
    rows = json.loads(found.read_text())["rules"]
    assert [row["id"] for row in rows] == list(rules_of(Side.OFFICE))


def test_a_kiosk_that_is_not_a_tests_and_an_office_in_the_field_are_left_alone(ground: Ground, tmp_path: Path) -> None:
    made = init_office(tmp_path / "o", province="ht", communes=["tk"], kiosks=["kiosk-tk-01"], demo=True)
    with pytest.raises(CannotTest, match="begins with conform-"):
        TestKiosk.read(made.layout.bundle("kiosk-tk-01"), "localhost", ground.port)
    broken = tmp_path / "broken"
    shutil.copytree(ground.layout.bundle(KIOSKS[0]), broken)
    (broken / "uplink" / "tls.key").unlink()
    with pytest.raises(CannotTest, match=r"tls\.key is missing"):
        TestKiosk.read(broken, "localhost", ground.port)
