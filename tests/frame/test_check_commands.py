"""`kiosk check`: one JSON object a line for every file, and a clear word for what cannot be read."""

import json
import subprocess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from kiosk.chip.qr_code import qr_rows
from tests.typing_in import typed

TEXT = "042150000001|183456789|Nguyễn Thị Ất|02091950|Nữ|Thôn Sông Hải, Thạch Kim|15042021"


def kiosk(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.CompletedProcess(words, *typed(*map(str, words)))


def lines(told: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.fixture
def card_picture(tmp_path: Path) -> Path:
    rows = qr_rows(TEXT).splitlines()
    code = np.array([[255 * (row[x] == "0") for x in range(len(row))] for row in rows], np.uint8)
    framed = cv2.copyMakeBorder(code, 4, 4, 4, 4, cv2.BORDER_CONSTANT, value=(255,))
    path = tmp_path / "card.png"
    cv2.imwrite(str(path), cv2.resize(framed, None, fx=6, fy=6, interpolation=cv2.INTER_NEAREST))
    return path


def test_a_card_code_is_read_from_a_picture(card_picture: Path) -> None:
    (found,) = lines(kiosk("check", "qr", card_picture, "--json"))
    assert found["name"] == "Nguyễn Thị Ất"
    assert found["number"] == "042150000001"
    assert found["expiry_candidates"] == [None]


def test_what_is_no_picture_or_has_no_code_is_told_and_the_others_are_read(card_picture: Path, tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    cv2.imwrite(str(tmp_path / "white.png"), np.full((50, 50), 255, np.uint8))
    told = kiosk(
        "check", "qr", "--json", tmp_path / "text.png", tmp_path / "none.png", tmp_path / "white.png", card_picture
    )
    assert told.returncode == 1
    errors = [found.get("error") for found in lines(told)]
    assert [error is None for error in errors] == [False, False, False, True]
    assert "no picture" in str(errors[0])
    assert "No such file" in str(errors[1])
    assert "no QR code" in str(errors[2])


ASTRONAUT = Path(__file__).parents[1] / "biometrics_portrait" / "astronaut.png"


def test_a_portrait_is_judged_drawn_and_cut(tmp_path: Path) -> None:
    drawn, cut = tmp_path / "drawn.png", tmp_path / "cut.jpg"
    told = kiosk("check", "portrait", ASTRONAUT, "--json", "--landmarks", "--draw", drawn, "--portrait", cut)
    assert told.returncode == 0, told.stderr
    (found,) = lines(told)
    assert list(found) == ["file", "checks", "say", "crop", "landmarks"]
    assert found["checks"]["inter_eye_distance"]["limit"] == [120.0, None]
    assert found["checks"]["inter_eye_distance"]["pass"] is False
    assert found["checks"]["yaw"]["pass"] is True
    assert found["say"] == "closer"
    x, y, wide, high = found["crop"]
    assert wide * 4 == high * 3
    assert 0 <= x < x + wide <= 512
    assert 0 <= y < y + high <= 512
    assert len(found["landmarks"]) == 468
    pictures = [cv2.imread(str(path)) for path in (drawn, cut)]
    assert [picture is not None and picture.shape[0] for picture in pictures] == [1000, 1280]
    assert cut.stat().st_size <= 150_000
    beside = json.loads(cut.with_suffix(".json").read_text())
    assert set(beside["not_met"]) == {"inter_eye_distance", "mouth_closed"}
    assert all(0 <= px <= 960 and 0 <= py <= 1280 for px, py in beside["landmarks"])


def test_pictures_that_are_none_and_pictures_without_a_face_are_told_beside_good_ones(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    cv2.imwrite(str(tmp_path / "white.png"), np.full((300, 300, 3), 255, np.uint8))
    cv2.imwrite(str(tmp_path / "black.png"), np.zeros((300, 300, 3), np.uint8))
    files = [tmp_path / name for name in ("text.jpg", "none.jpg", "white.png", "black.png")]
    told = kiosk("check", "portrait", "--json", *files, ASTRONAUT)
    assert told.returncode == 1
    text, none, white, black, good = lines(told)
    assert "no JPEG" in str(text["error"])
    assert "No such file" in str(none["error"])
    assert (white["say"], white["crop"]) == ("no_face", None)
    assert black["say"] == "camera_dark"
    assert good["crop"]


def test_other_limits_are_read_strictly(tmp_path: Path) -> None:
    limits = tmp_path / "portrait.toml"
    limits.write_text("[place]\ninter_eye_px_least = 40.0\n[face]\nmouth_open_most = 0.2\n")
    (found,) = lines(kiosk("check", "portrait", ASTRONAUT, "--json", "--limits", limits))
    assert found["say"] == "nothing"
    limits.write_text("[pose]\nyaw_mots = 4.0\n")
    told = kiosk("check", "portrait", ASTRONAUT, "--limits", limits)
    assert told.returncode == 1
    assert "yaw_most" in told.stderr
