"""What the window is handed: a QR of the claim, and photos that it can draw, whatever the chip holds."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from kiosk.biometrics.portrait.decoding import jpeg_to_show
from kiosk.runtime.showing import Showing
from tests.journey.script import Kiosk

GREY = np.full((48, 36, 3), 120, np.uint8)
VIEW = Kiosk().view()


def file_of(kind: str) -> bytes:
    written, content = cv2.imencode(kind, GREY)
    assert written
    return content.tobytes()


JPEG, JPEG_2000 = file_of(".jpg"), file_of(".jp2")


def test_a_jpeg_goes_to_the_window_as_it_is_and_jpeg_2000_as_a_jpeg_of_the_same_picture() -> None:
    shown = Showing(str, jpeg_to_show)(replace(VIEW, photo=JPEG, beside=JPEG_2000))
    assert shown.photo == JPEG
    assert shown.beside is not None
    pixels = cv2.imdecode(np.frombuffer(shown.beside, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    assert pixels.shape == GREY.shape
    assert abs(int(pixels.mean()) - 120) <= 2


def test_a_picture_is_decoded_once_while_it_is_shown_and_forgotten_afterwards() -> None:
    asked: list[bytes] = []

    def decode(picture: bytes) -> bytes:
        asked.append(picture)
        return JPEG

    showing = Showing(str, decode)
    for _ in range(3):
        assert showing(replace(VIEW, photo=JPEG_2000)).photo == JPEG
    assert len(asked) == 1
    showing(VIEW)
    assert showing._decoded == {}


@pytest.mark.parametrize("rubbish", [b"", JPEG_2000[:40], JPEG_2000[:-20], b"\xff\x4f\xff\x51" + bytes(80), b"GIF89a"])
def test_what_cannot_be_decoded_is_left_out_or_drawn_and_never_raises(rubbish: bytes) -> None:
    shown = Showing(str, jpeg_to_show)(replace(VIEW, photo=rubbish))
    assert shown.photo is None or shown.photo.startswith(b"\xff\xd8")


def test_the_claim_is_drawn_as_a_code() -> None:
    assert Showing(lambda text: f"rows of {text}", jpeg_to_show)(replace(VIEW, claim="x")).claim == "rows of x"
