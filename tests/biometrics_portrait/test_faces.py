"""Where a face is, which way it looks, and what is said about it."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kiosk.biometrics.portrait import (
    Analyser,
    BadFrame,
    Depth,
    FaceReading,
    Pixels,
    acceptable,
    judge,
    most_useful,
)
from kiosk.domain.quality import PortraitSay


def turned(picture: Pixels, degrees: float) -> Pixels:
    matrix = cv2.getRotationMatrix2D((223.0, 130.0), degrees, 1.0)
    size = picture.shape[1], picture.shape[0]
    return np.asarray(cv2.warpAffine(picture, matrix, size, borderMode=cv2.BORDER_REFLECT), np.uint8)


def value_of(reading: FaceReading, name: str) -> float:
    return {check.name: check.value for check in judge(reading)}[name]


def test_the_eyes_nose_and_chin_are_where_they_are(reading: FaceReading) -> None:
    # Read off the picture by eye, in its pixels; the face is 95 pixels wide.
    assert reading.points is not None
    assert reading.pupils is not None
    for point, x, y in (
        (1, 220, 130),
        (152, 219, 177),
        (33, 194, 102),
        (263, 256, 107),
        (61, 203, 140),
        (291, 245, 143),
    ):
        assert np.hypot(*(reading.points[point, :2] - (x, y))) < 5
    assert np.hypot(*(np.array(reading.pupils.right) - (203.5, 100.5))) < 2
    assert np.hypot(*(np.array(reading.pupils.left) - (246, 103.5))) < 2
    assert len(reading.faces) == 1


def test_the_person_is_told_from_the_wall(reading: FaceReading) -> None:
    assert reading.person is not None
    mask = cv2.resize(reading.person, (512, 512))
    for x, y in ((220, 130), (220, 40), (150, 300)):
        assert mask[y, x] > 0.9
    for x, y in ((60, 60), (340, 60), (60, 150)):
        assert mask[y, x] < 0.1


@pytest.mark.parametrize("degrees", [-20, -10, 10, 20])
def test_a_leaning_head_reads_as_much_roll_as_it_leans(
    analyser: Analyser, face: Pixels, reading: FaceReading, degrees: int
) -> None:
    leaning = analyser.analyse(turned(face, degrees), depth=Depth.SHOT)
    assert value_of(leaning, "roll") - value_of(reading, "roll") == pytest.approx(degrees, abs=1.0)
    assert value_of(leaning, "yaw") == pytest.approx(value_of(reading, "yaw"), abs=2.0)
    assert value_of(leaning, "pitch") == pytest.approx(value_of(reading, "pitch"), abs=2.5)


def test_the_mirrored_face_looks_the_other_way(analyser: Analyser, face: Pixels, reading: FaceReading) -> None:
    mirrored = analyser.analyse(np.ascontiguousarray(face[:, ::-1]), depth=Depth.SHOT)
    assert value_of(mirrored, "roll") == pytest.approx(-value_of(reading, "roll"), abs=1.5)
    assert value_of(mirrored, "gaze_across") == pytest.approx(-value_of(reading, "gaze_across"), abs=0.06)


def test_where_the_face_is_in_the_frame_does_not_change_its_pose(
    analyser: Analyser, face: Pixels, reading: FaceReading
) -> None:
    for x, y in ((150, 0), (-120, 60), (0, 200)):
        matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved = np.asarray(cv2.warpAffine(face, matrix, (512, 512), borderMode=cv2.BORDER_REFLECT), np.uint8)
        found = analyser.analyse(moved, depth=Depth.SHOT)
        for name in ("roll", "yaw", "pitch"):
            assert value_of(found, name) == pytest.approx(value_of(reading, name), abs=1.5)


def test_a_frame_without_a_face_says_so(analyser: Analyser) -> None:
    wall = np.full((360, 640, 3), 200, np.uint8)
    checks = judge(analyser.analyse(wall))
    assert most_useful(checks) is PortraitSay.NO_FACE
    assert not acceptable(checks)


def test_a_black_frame_is_the_cameras_trouble(analyser: Analyser) -> None:
    assert most_useful(judge(analyser.analyse(np.zeros((360, 640, 3), np.uint8)))) is PortraitSay.CAMERA_DARK


def test_two_people_are_one_too_many(analyser: Analyser, face: Pixels) -> None:
    both = np.concatenate([face[:, 60:400], face[:, 60:400]], axis=1)
    checks = judge(analyser.analyse(both, depth=Depth.SHOT))
    assert checks[0].value == 2
    assert most_useful(checks) is PortraitSay.ONE_PERSON


def test_a_small_face_far_behind_does_not_matter(analyser: Analyser, face: Pixels) -> None:
    picture = cv2.resize(face, (1024, 1024))
    picture[100:180, 850:930] = cv2.resize(face[40:220, 130:310], (80, 80))[:, :, :]
    checks = judge(analyser.analyse(np.asarray(picture, np.uint8), depth=Depth.SHOT))
    assert checks[0].passed


@settings(deadline=None, max_examples=15)
@given(high=st.integers(1, 200), wide=st.integers(1, 200), seed=st.integers(0, 2**32 - 1), depth=st.sampled_from(Depth))
def test_any_frame_gives_checks_or_is_refused_as_too_small(
    analyser: Analyser, high: int, wide: int, seed: int, depth: Depth
) -> None:
    frame = np.random.default_rng(seed).integers(0, 256, (high, wide, 3), dtype=np.uint8)
    if min(high, wide) < 32:
        with pytest.raises(BadFrame):
            analyser.analyse(frame, depth=depth)
    else:
        assert judge(analyser.analyse(frame, depth=depth))


@pytest.mark.parametrize(
    "frame", [np.zeros((99, 99), np.uint8), np.zeros((99, 99, 4), np.uint8), np.zeros((99, 99, 3), np.float32)]
)
def test_what_is_no_rgb_frame_is_refused(analyser: Analyser, frame: Pixels) -> None:
    with pytest.raises(BadFrame):
        analyser.analyse(frame)
