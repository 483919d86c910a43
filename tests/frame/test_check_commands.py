"""`kiosk check`: one JSON object a line for every file, and a clear word for what cannot be read."""

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.chip.qr_code import qr_rows

TEXT = "042150000001|183456789|Nguyễn Thị Ất|02091950|Nữ|Thôn Sông Hải, Thạch Kim|15042021"


def kiosk(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kiosk.cli", *map(str, words)], capture_output=True, text=True, timeout=60, check=False
    )


def lines(told: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
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
