"""Where the portrait is cut, how it is written, and a sitter over time."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.biometrics.portrait import (
    USUAL,
    Analyser,
    Depth,
    FaceReading,
    NoFace,
    Pixels,
    PortraitLimits,
    Sitter,
    crop_portrait,
    flatness,
    judge,
    place,
    same_picture,
)
from kiosk.biometrics.portrait.crop import LARGEST_BYTES, written
from kiosk.configuration import read_settings
from kiosk.domain.quality import PortraitSay
from tests.biometrics_portrait.turning import turned_head


def test_the_documented_limits_are_the_usual_ones(repository: Path) -> None:
    assert read_settings(PortraitLimits, repository / "config/portrait.toml") == USUAL


def test_the_portrait_holds_the_head_as_the_standard_asks(face: Pixels, reading: FaceReading) -> None:
    cut = crop_portrait(face, reading)
    assert reading.points is not None
    eyes_y = float(reading.points[[33, 133, 362, 263], 1].mean())
    t = float(np.hypot(*(reading.points[[33, 133, 362, 263], :2].mean(axis=0) - reading.points[152, :2])))
    assert 0.60 <= 2 * t / cut.box.height <= 0.81
    assert 0.30 <= (eyes_y - cut.box.y) / cut.box.height <= 0.50
    assert cut.box.width * 4 == cut.box.height * 3
    assert (cut.width_px, cut.height_px) == (960, 1280)
    assert len(cut.jpeg) <= LARGEST_BYTES
    assert b"Exif" not in cut.jpeg


@given(seed=st.integers(0, 2**32 - 1), spread=st.integers(0, 255))
def test_any_picture_is_written_within_the_limit(seed: int, spread: int) -> None:
    noise = np.random.default_rng(seed).integers(0, spread + 1, (320, 240, 3), dtype=np.uint8)
    large = np.asarray(cv2.resize(noise, (960, 1280), interpolation=cv2.INTER_NEAREST), np.uint8)
    assert len(written(large)) <= LARGEST_BYTES


@given(
    x=st.floats(-200, 900),
    y=st.floats(-200, 700),
    size=st.floats(0.2, 6),
    wide=st.integers(64, 900),
    high=st.integers(64, 900),
)
def test_the_box_always_lies_in_the_frame(
    reading: FaceReading, x: float, y: float, size: float, wide: int, high: int
) -> None:
    assert reading.points is not None
    points = (reading.points * np.float32(size) + np.array([x, y, 0], np.float32)).astype(np.float32)
    found = place(points, (wide, high))
    assert found.box.x >= 0
    assert found.box.y >= 0
    assert found.box.x + found.box.width <= wide
    assert found.box.y + found.box.height <= high
    assert found.box.width * 4 == found.box.height * 3


def test_a_face_at_the_frames_edge_is_asked_to_move(analyser: Analyser, face: Pixels) -> None:
    for part, say in (
        (face[:, 175:], PortraitSay.MOVE_LEFT),
        (face[:, :265], PortraitSay.MOVE_RIGHT),
        (face[:185], PortraitSay.MOVE_UP),
    ):
        checks = judge(analyser.analyse(np.ascontiguousarray(part), depth=Depth.SHOT))
        assert {check.say for check in checks if check.name == "position"} <= {say, PortraitSay.FARTHER}
        assert not next(check for check in checks if check.name == "position").passed


def test_without_a_face_there_is_no_portrait(analyser: Analyser) -> None:
    wall = np.full((100, 100, 3), 200, np.uint8)
    with pytest.raises(NoFace):
        crop_portrait(wall, analyser.analyse(wall))


def test_the_way_to_turn_is_told_for_the_sitters_own_side(
    analyser: Analyser, face: Pixels, reading: FaceReading
) -> None:
    assert reading.points is not None
    says = {
        (12.0, 0.0): PortraitSay.TURN_RIGHT,
        (-12.0, 0.0): PortraitSay.TURN_LEFT,
        (0.0, -12.0): PortraitSay.CHIN_UP,
    }
    for (yaw, pitch), say in says.items():
        turned = analyser.analyse(turned_head(face, reading.points, yaw=yaw, pitch=pitch), depth=Depth.SHOT)
        assert say in {check.say for check in judge(turned)}
        assert turned.measures["yaw"] - reading.measures["yaw"] == pytest.approx(yaw, abs=2.5)


def with_measures(reading: FaceReading, **values: float) -> FaceReading:
    return replace(reading, depth=Depth.QUICK, measures={**reading.measures, "inter_eye_distance": 200.0, **values})


def test_drooping_lids_pass_by_the_sitters_own_widest_but_a_blink_does_not(reading: FaceReading) -> None:
    sitter = Sitter()
    drooping = with_measures(reading, eyes_open=0.034, mouth_open=0.0)
    for step in range(6):
        verdict = sitter.add(drooping, step * 0.1)
    assert verdict.say is PortraitSay.NOTHING
    assert verdict.good_since is not None
    blink = sitter.add(with_measures(reading, eyes_open=0.018, mouth_open=0.0), 0.7)
    assert blink.say is PortraitSay.EYES_OPEN
    assert blink.good_since is None


def test_one_wild_frame_does_not_break_the_pose_and_a_lasting_turn_does(reading: FaceReading) -> None:
    sitter = Sitter()
    still, wild = with_measures(reading, yaw=0.0, mouth_open=0.0), with_measures(reading, yaw=30.0, mouth_open=0.0)
    for step in range(5):
        sitter.add(still, step * 0.1)
    assert sitter.add(wild, 0.5).say is PortraitSay.NOTHING
    for step in range(4):
        verdict = sitter.add(wild, 0.6 + step * 0.1)
    assert verdict.say is PortraitSay.TURN_RIGHT


def test_a_pose_that_held_may_go_a_little_beyond_its_limit(reading: FaceReading) -> None:
    beyond = with_measures(reading, yaw=5.5)
    assert "yaw" in {check.name for check in judge(beyond) if not check.passed}
    assert "yaw" not in {check.name for check in judge(beyond, held={"yaw"}) if not check.passed}


def test_a_photograph_is_told_from_a_head_that_turns(analyser: Analyser, face: Pixels, reading: FaceReading) -> None:
    assert reading.points is not None
    head = analyser.analyse(turned_head(face, reading.points, yaw=10.0), depth=Depth.SHOT).points
    narrowed = np.asarray(cv2.warpAffine(face, np.array([[0.9, 0, 20], [0, 1, 0]]), (512, 512)), np.uint8)
    photograph = analyser.analyse(narrowed, depth=Depth.SHOT).points
    assert head is not None
    assert photograph is not None
    real, flat = flatness(reading.points, head), flatness(reading.points, photograph)
    assert real is not None
    assert flat is not None
    assert real < 0.3
    assert flat > 0.45
    assert flatness(reading.points, reading.points) is None


def test_a_frozen_camera_is_told_by_equal_frames(face: Pixels) -> None:
    assert same_picture(face, face.copy())
    noisy = face.copy()
    noisy[0, 0, 0] ^= 1
    assert not same_picture(face, noisy)
