"""The measures of ISO/IEC 29794-5, written a second time from its text and compared on the same landmarks.

Nothing of the product's formulas is used here: only its landmarks, its aligned picture where the standard's own
transformation is in question, and plain arithmetic, pixel by pixel.
"""

import math

import cv2
import numpy as np
import pytest

from kiosk.biometrics.portrait import Analyser, Depth, FaceReading, Pixels


def eye(points: np.ndarray, one: int, other: int) -> tuple[float, float]:
    return (points[one][0] + points[other][0]) / 2, (points[one][1] + points[other][1]) / 2


def apart(one: np.ndarray | tuple[float, float], other: np.ndarray | tuple[float, float]) -> float:
    return math.sqrt((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2)


@pytest.fixture(scope="module")
def points(reading: FaceReading) -> np.ndarray:
    assert reading.points is not None
    return reading.points.astype(float)


@pytest.fixture(scope="module")
def t(points: np.ndarray) -> float:
    (rx, ry), (lx, ly) = eye(points, 33, 133), eye(points, 362, 263)
    return apart(((rx + lx) / 2, (ry + ly) / 2), points[152])


def test_inter_eye_distance_is_corrected_by_the_yaw(reading: FaceReading, points: np.ndarray) -> None:
    seen = apart(eye(points, 33, 133), eye(points, 362, 263))
    expected = seen / math.cos(math.radians(reading.measures["yaw"]))
    assert reading.measures["inter_eye_distance"] == pytest.approx(expected, rel=1e-5)


def test_head_size_is_t_against_the_pictures_height(reading: FaceReading, t: float) -> None:
    assert reading.measures["head_size"] == pytest.approx(t / 512, rel=1e-5)


def test_the_four_margins(reading: FaceReading, points: np.ndarray, t: float) -> None:
    (rx, ry), (lx, ly) = eye(points, 33, 133), eye(points, 362, 263)
    between = apart((rx, ry), (lx, ly))
    expected = {
        "margin_left": lx / between,
        "margin_right": (512 - rx) / between,
        "margin_above": (ry + ly) / 2 / t,
        "margin_below": (512 - (ry + ly) / 2) / t,
    }
    for name, value in expected.items():
        assert reading.measures[name] == pytest.approx(value, rel=1e-5)


def test_eyes_open_and_mouth_open_are_the_widest_pairs_against_t(
    reading: FaceReading, points: np.ndarray, t: float
) -> None:
    right = max(apart(points[one], points[other]) for one, other in ((160, 144), (159, 145), (158, 153)))
    left = max(apart(points[one], points[other]) for one, other in ((385, 380), (386, 374), (387, 373)))
    lips = max(apart(points[one], points[other]) for one, other in ((81, 178), (13, 14), (311, 402)))
    assert reading.measures["eyes_open"] == pytest.approx(min(right, left) / t, rel=1e-5)
    assert reading.measures["mouth_open"] == pytest.approx(lips / t, rel=1e-5)


JAW = (127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356)
BROWS = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)


@pytest.fixture(scope="module")
def aligned(face: Pixels, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    seen = np.array([eye(points, 33, 133), eye(points, 362, 263), points[1][:2], points[61][:2], points[291][:2]])
    places = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], float)
    onto, _ = cv2.estimateAffinePartial2D(seen.astype(np.float32), places.astype(np.float32), method=cv2.LMEDS)
    picture = cv2.warpAffine(face, onto, (616, 616))
    moved = points[:, :2] @ onto[:, :2].T + onto[:, 2]
    region = np.zeros((616, 616), np.uint8)
    cv2.fillConvexPoly(region, cv2.convexHull(np.round(moved[list(JAW + BROWS)]).astype(np.int32)), 1)
    return picture, moved, region


def decoded(level: float) -> float:
    share = level / 255
    return ((share + 0.055) / 1.055) ** 2.4 if share > 0.04045 else share / 12.92


DECODED = np.array([decoded(level) for level in range(256)])


def luminance(picture: np.ndarray) -> np.ndarray:
    linear = DECODED[picture]
    return np.floor((linear @ np.array([0.2126, 0.7152, 0.0722])) * 255 + 0.5).astype(int)


def shares(levels: np.ndarray) -> np.ndarray:
    return np.bincount(levels.ravel(), minlength=256) / levels.size


def test_exposure_and_dynamic_range_over_the_landmarked_region(
    reading: FaceReading, aligned: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    picture, _, region = aligned
    levels = luminance(picture[region > 0])
    share = shares(levels)
    mean = float((levels / 255).mean())
    expected = {
        "luminance_mean": mean,
        "luminance_variance": float(((levels / 255 - mean) ** 2).mean()),
        "under_exposure": float((levels <= 25).mean()),
        "over_exposure": float((levels >= 247).mean()),
        "dynamic_range": float(-sum(p * math.log2(p) for p in share if p > 0)),
    }
    for name, value in expected.items():
        assert reading.measures[name] == pytest.approx(value, rel=1e-3, abs=1e-5)


def zones(aligned: tuple[np.ndarray, np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    picture, moved, region = aligned
    (rx, ry), (lx, ly) = eye(moved, 33, 133), eye(moved, 362, 263)
    mouth = eye(moved, 13, 14)
    side = int(apart((rx, ry), (lx, ly)) * 0.3)
    down = int(apart(((rx + lx) / 2, (ry + ly) / 2), mouth) / 2)
    face = picture * region[:, :, None]
    right = face[round(ry) + down :, round(rx) :][:side, :side]
    left = face[round(ly) + down :, round(lx) - side :][:side, :side]
    return right, left


def test_illumination_uniformity_is_what_both_cheeks_share(
    reading: FaceReading, aligned: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    right, left = zones(aligned)
    expected = float(np.minimum(shares(luminance(right)), shares(luminance(left))).sum())
    assert reading.measures["illumination_uniformity"] == pytest.approx(expected, rel=1e-3)


def test_natural_colour_is_the_cheeks_distance_from_the_natural_range(
    reading: FaceReading, aligned: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    pixels = np.concatenate([zone.reshape(-1, 3) for zone in zones(aligned)])
    red, green, blue = (decoded(float(channel)) for channel in pixels.mean(axis=0))
    x = (0.43605 * red + 0.38508 * green + 0.14309 * blue) / 0.964221
    y = 0.22249 * red + 0.71689 * green + 0.06062 * blue
    z = (0.01393 * red + 0.09710 * green + 0.71419 * blue) / 0.825211
    fx, fy, fz = (one ** (1 / 3) if one > 216 / 24389 else (24389 / 27 * one + 16) / 116 for one in (x, y, z))
    a, b = 500 * (fx - fy), 200 * (fy - fz)
    assert reading.measures["cheek_a"] == pytest.approx(a, abs=1e-2)
    assert reading.measures["cheek_b"] == pytest.approx(b, abs=1e-2)
    off = math.hypot(max(0, 5 - a, a - 25), max(0, 5 - b, b - 35)) if min(a, b) >= 0 else 100
    assert reading.measures["natural_colour"] == pytest.approx(off, abs=1e-2)


@pytest.mark.parametrize("scale", [(0.45, 0.6, 1.0), (0.6, 1.0, 0.6), (0.5, 0.9, 0.9)])
def test_a_colour_cast_shows_in_natural_colour(
    analyser: Analyser, face: Pixels, scale: tuple[float, float, float]
) -> None:
    tinted = np.clip(face * np.array(scale), 0, 255).astype(np.uint8)
    assert analyser.analyse(tinted, depth=Depth.SHOT).measures["natural_colour"] > 3


def test_background_uniformity_is_the_mean_gradient_behind_the_person(
    reading: FaceReading, face: Pixels, points: np.ndarray, aligned: tuple[np.ndarray, np.ndarray, np.ndarray]
) -> None:
    picture, _, _ = aligned
    assert reading.person is not None
    seen = np.array([eye(points, 33, 133), eye(points, 362, 263), points[1][:2], points[61][:2], points[291][:2]])
    places = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], np.float32)
    onto, _ = cv2.estimateAffinePartial2D(seen.astype(np.float32), places, method=cv2.LMEDS)
    stretched = onto @ np.diag([2.0, 2.0, 1.0])  # the mask has 256 pixels a side, the picture 512
    person = cv2.warpAffine(reading.person, stretched, (616, 616), borderValue=-1)
    behind = ((person >= 0) & (person < 0.5)).astype(np.uint8)
    cut = luminance(cv2.resize(picture[:406, 62:554], (354, 295))).astype(np.float32)
    mask = cv2.erode(cv2.resize(behind[:406, 62:554], (354, 295), interpolation=cv2.INTER_NEAREST), np.ones((4, 4)))
    bordered = np.pad(cut, 1, mode="reflect")
    gx, gy = np.zeros_like(cut), np.zeros_like(cut)
    for row in range(3):
        for column in range(3):
            part = bordered[row : row + 295, column : column + 354]
            gx += part * (column - 1) * (2 if row == 1 else 1)
            gy += part * (row - 1) * (2 if column == 1 else 1)
    expected = float(np.hypot(gx, gy)[mask > 0].mean())
    assert reading.measures["background_uniformity"] == pytest.approx(expected, rel=1e-3)
