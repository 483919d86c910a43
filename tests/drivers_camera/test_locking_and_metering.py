"""What is held still for the shots, and how the exposure follows the face."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.camera.api import Region
from drivers.camera.locking import FOCUS_FRAMES, SETTLE_FRAMES, ShotLock
from drivers.camera.metering import LARGEST_EV, FaceMeter

ALL = (
    "AfMode", "AfTrigger", "LensPosition", "AeEnable", "ExposureTime", "AnalogueGain", "AwbEnable", "ColourGains",
)  # fmt: skip
FRAME = {"ExposureTime": 10_000, "AnalogueGain": 1.5, "ColourGains": (1.4, 2.0), "LensPosition": 1.1}


def test_it_waits_for_the_focus_before_anything_is_fixed() -> None:
    lock = ShotLock(ALL)
    lock.begin()
    assert lock.see(FRAME | {"AfState": 1}) == {}
    # The end of a search before this one.
    assert lock.see(FRAME | {"AfState": 2}) == {}
    assert lock.see(FRAME | {"AfState": 1}) == {}
    assert lock.see(FRAME | {"AfState": 2})["LensPosition"] == 1.1
    assert not lock.held


def test_it_is_held_only_when_a_frame_shows_what_was_asked_for() -> None:
    lock = ShotLock(ALL)
    lock.begin()
    while not lock.see(FRAME | {"AfState": 2}):
        pass
    lock.see(FRAME | {"ExposureTime": 20_000})
    assert not lock.held
    lock.see(FRAME | {"ExposureTime": 10_050})
    assert lock.held


def test_a_camera_that_never_focuses_and_never_settles_is_not_waited_for() -> None:
    lock = ShotLock(ALL)
    lock.begin()
    frames = 0
    while not lock.held:
        lock.see(FRAME | {"AfState": 1, "ExposureTime": 1000 * frames})
        frames += 1
    assert frames <= FOCUS_FRAMES + SETTLE_FRAMES + 1


@given(st.sets(st.sampled_from(ALL)), st.lists(st.sampled_from([0, 1, 2, 3]), max_size=80))
def test_only_advertised_controls_are_ever_set(advertised: set[str], states: list[int]) -> None:
    lock = ShotLock(advertised)
    asked = [lock.begin(), *(lock.see(FRAME | {"AfState": state}) for state in states), lock.free()]
    assert all(set(controls) <= advertised for controls in asked)
    assert not lock.busy


def light(level: float, reflection: float) -> np.ndarray:
    """A face that reflects a share of the light, as a camera codes it; the background is a bright window."""
    picture = np.full((48, 36, 4), 250, np.uint8)
    picture[12:36, 9:27] = min(255, round(255 * (level * reflection) ** (1 / 2.2)))
    return picture


def settled_luma(reflection: float) -> float:
    meter = FaceMeter()
    meter.aim(Region(0.25, 0.25, 0.5, 0.5))
    for _ in range(200):
        meter.look(light(2**meter.ev, reflection))
    return light(2**meter.ev, reflection)[24, 18, 0] / 255


@pytest.mark.parametrize("reflection", [0.06, 0.12, 0.25, 0.5])
def test_dark_and_light_skin_are_both_well_exposed_before_a_bright_window(reflection: float) -> None:
    assert 0.42 <= settled_luma(reflection) <= 0.76


def test_a_face_that_is_well_exposed_leaves_the_white_wall_white() -> None:
    meter = FaceMeter()
    meter.aim(Region(0.25, 0.25, 0.5, 0.5))
    for _ in range(40):
        meter.look(light(1.0, 0.38))
    assert meter.ev == 0.0


def test_shine_on_the_skin_makes_it_darker_even_when_the_face_is_dark() -> None:
    meter = FaceMeter()
    meter.aim(Region(0.25, 0.25, 0.5, 0.5))
    shining = light(1.0, 0.1)
    shining[14:18, 10:16] = 255
    for _ in range(4):
        meter.look(shining)
    assert meter.ev < 0


@given(st.integers(0, 255), st.integers(1, 60))
def test_the_exposure_stays_within_what_a_camera_can_do(level: int, frames: int) -> None:
    meter = FaceMeter()
    meter.aim(Region(0, 0, 1, 1))
    for _ in range(frames):
        meter.look(np.full((8, 6, 4), level, np.uint8))
    assert abs(meter.ev) <= LARGEST_EV


def test_without_a_face_the_exposure_stays() -> None:
    meter = FaceMeter()
    assert not any(meter.look(light(0.1, 0.1)) for _ in range(20))
    assert meter.ev == 0.0


@pytest.mark.parametrize("part", [(-0.1, 0, 0.5, 0.5), (0.6, 0, 0.5, 0.5), (0, 0, 0, 0.5), (0, 0.9, 0.1, 0.2)])
def test_a_region_outside_the_frame_is_refused(part: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="does not lie in the frame"):
        Region(*part)
