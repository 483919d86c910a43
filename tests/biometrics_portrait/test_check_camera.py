"""`kiosk check camera` over pictures of a sitter, of nobody, and without a camera."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from typer.testing import CliRunner

from drivers.camera.simulated import CameraSituation, SimulatedCamera
from kiosk.cli.check import check
from kiosk.cli.check_camera import follow

ASTRONAUT = Path(__file__).with_name("astronaut.png")


def told(*arguments: str) -> tuple[int, list[Mapping[str, Any]]]:
    ran = CliRunner().invoke(check, ["camera", "--json", *arguments])
    return ran.exit_code, [json.loads(line) for line in ran.stdout.splitlines()]


def sitter(folder: Path) -> Path:
    """The astronaut as who sits at a kiosk, upright and close enough."""
    with Image.open(ASTRONAUT) as whole:
        whole.convert("RGB").crop((60, 0, 400, 453)).resize((960, 1280)).save(folder / "sitter.png")
    return folder / "sitter.png"


def test_who_smiles_is_asked_to_close_the_mouth_and_no_picture_is_taken(tmp_path: Path) -> None:
    code, found = told("--look-at", str(sitter(tmp_path)), "--seconds", "2")
    *looks, rates = found
    assert code == 0
    assert looks[-1]["say"] == "mouth_closed"
    assert looks[-1]["checks"]["one_face"] == {"value": 1.0, "pass": True}
    assert not any(look["shoot"] for look in looks)
    assert rates["analyses_per_s"] > 0


def test_before_an_empty_wall_nobody_is_found(tmp_path: Path) -> None:
    Image.new("RGB", (480, 640), (236, 236, 232)).save(tmp_path / "wall.png")
    code, found = told("--look-at", str(tmp_path / "wall.png"), "--seconds", "0.5")
    assert code == 0
    assert {look["say"] for look in found[:-1]} == {"no_face"}


def test_a_covered_lens_and_a_picture_that_stands_still_are_told_apart(tmp_path: Path) -> None:
    camera = SimulatedCamera(sitter(tmp_path))
    said: list[str] = []
    for found in follow(camera, 20.0):
        said.append(found["say"])
        if said[-1] == "mouth_closed":
            camera.misbehave(CameraSituation.BLACK)
        elif said[-1] == "camera_dark":
            camera.misbehave(CameraSituation.REPEATING)
        if said[-1] == "camera_frozen":
            break
    camera.close()
    assert list(dict.fromkeys(said)) == ["mouth_closed", "camera_dark", "camera_frozen"]


def test_a_camera_that_is_not_there_is_named(tmp_path: Path) -> None:
    code, found = told("--look-at", str(tmp_path / "nowhere.png"))
    assert code == 1
    assert "nowhere.png" in found[0]["error"]
