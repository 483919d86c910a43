"""The picture for the documents is made of what a demo drew."""

from pathlib import Path

import pytest
from PIL import Image

from kiosk.demo.pictures import SCREENS, PictureError, compose


def test_six_screens_become_one_picture_of_1280_pixels(tmp_path: Path) -> None:
    for number, screen in enumerate(SCREENS):
        Image.new("RGB", (1280, 800), (40 * number, 90, 60)).save(tmp_path / f"{number:03d}-{screen}.png")
    sheet = compose(tmp_path)
    assert sheet.width == 1280
    seen = {colour for _, colour in sheet.getcolors(1 << 20) or []}
    assert {(40 * number, 90, 60) for number in range(len(SCREENS))} <= seen


def test_a_screen_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(PictureError, match="no picture of the screen welcome"):
        compose(tmp_path)
