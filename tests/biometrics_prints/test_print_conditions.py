"""Light, polarity, frames and dirt: what the sensor and its glass add to a print is told from what the skin is."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import Finger, Impression, Look, Pattern, print_of
from kiosk.biometrics.prints import PrintAssessment, assess
from kiosk.domain.quality import PrintVerdict

FINGER = Finger(31, Pattern.LOOP)
WIDTH, HEIGHT = 320, 360


def pressed(press: Impression | None = None, look: Look = Look.PLAIN) -> NDArray[np.uint8]:
    grey = print_of(FINGER, press or Impression(), width_px=WIDTH, height_px=HEIGHT, dpi=500, look=look)
    return np.frombuffer(grey, np.uint8).reshape(HEIGHT, WIDTH)


def judged(picture: NDArray[np.float64] | NDArray[np.uint8]) -> PrintAssessment:
    seen = np.clip(picture, 0, 255).astype(np.uint8)
    return assess(seen.tobytes(), seen.shape[1], seen.shape[0], 500)


def lights() -> dict[str, NDArray[np.float64]]:
    y, x = np.mgrid[-1 : 1 : HEIGHT * 1j, -1 : 1 : WIDTH * 1j]
    return {
        "from the right": 0.8 + 0.2 * x,
        "from above": 0.85 - 0.15 * y,
        "darker to the corners": 1 - 0.18 * (x * x + y * y),
    }


@pytest.mark.parametrize("light", sorted(lights()))
def test_light_that_falls_off_changes_no_verdict(light: str) -> None:
    for press, verdict in ((Impression(), PrintVerdict.GOOD), (Impression(wetness=0.9), PrintVerdict.TOO_WET)):
        even, uneven = judged(pressed(press)), judged(pressed(press) * lights()[light])
        assert (even.verdict, uneven.verdict) == (verdict, verdict)
        assert abs(even.quality - uneven.quality) <= 5


def test_light_that_falls_off_over_a_finger_that_fills_the_window_is_seen_on_its_valleys() -> None:
    for light in lights().values():
        inner = (pressed() * light)[80:280, 60:260]
        assert judged(inner).verdict is PrintVerdict.GOOD


@pytest.mark.parametrize("frame", [0, 3, 20])
def test_a_negative_is_turned_round_even_within_a_white_frame(frame: int) -> None:
    upright = judged(pressed())
    negative = judged(np.pad(255 - pressed(), frame, constant_values=255))
    assert (negative.verdict, negative.quality) == (upright.verdict, upright.quality)


@pytest.mark.parametrize("look", [look for look in Look if look is not Look.NEGATIVE])
def test_dirt_within_a_finger_that_fills_the_window_is_the_glass_s(look: Look) -> None:
    for verdict, press in ((PrintVerdict.GOOD, Impression()), (PrintVerdict.DIRTY_GLASS, Impression(dirt=0.9))):
        assert judged(pressed(press, look)[60:310, 50:270]).verdict is verdict


def test_a_wet_patch_is_not_taken_for_dirt() -> None:
    wet = judged(pressed(Impression(wetness=0.9)))
    assert wet.verdict is PrintVerdict.TOO_WET
    assert float(wet.evidence["dirty_glass_severity"]) < 0.1


@pytest.mark.parametrize("size", [(64, 64), (64, 360), (320, 65), (96, 96)])
def test_a_small_or_narrow_window_is_judged_by_what_it_can_show(size: tuple[int, int]) -> None:
    left, top = (WIDTH - size[0]) // 2, (HEIGHT - size[1]) // 2
    seen = judged(pressed()[top : top + size[1], left : left + size[0]])
    assert seen.verdict in {PrintVerdict.GOOD, PrintVerdict.PARTIAL, PrintVerdict.NO_FINGER}
    if min(size) >= 96:
        assert seen.verdict is PrintVerdict.GOOD


def test_two_levels_alone_and_soft_pictures_still_show_the_finger() -> None:
    bare = np.where(pressed() > 140, 255.0, 0.0)
    soft = np.asarray(cv2.GaussianBlur(pressed(), (0, 0), 1.0), np.uint8)
    for picture in (bare, soft):
        seen = judged(picture)
        assert seen.verdict is not PrintVerdict.NO_FINGER
        assert seen.quality > 60
