"""The features of ISO/IEC 29794-4: against what they mean on ridges of known width, and against a plain slow form."""

import math

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from drivers.fingerprint.synthetic import Finger, Impression, print_of
from kiosk.biometrics.prints.iso29794 import BLOCK, iso_features


def stripes(period_px: float, angle_deg: float, *, share: float = 0.5, size: int = 256) -> NDArray[np.uint8]:
    """Straight ridges: `share` of each period is dark."""
    y, x = np.mgrid[0:size, 0:size]
    across = x * math.cos(math.radians(angle_deg)) + y * math.sin(math.radians(angle_deg))
    wave = (across / period_px) % 1.0
    return np.where(wave < share, 40, 220).astype(np.uint8)


@pytest.mark.parametrize("angle", [0, 20, 70, 90, 135])
def test_straight_even_ridges_are_certain_clear_and_of_one_frequency(angle: int) -> None:
    found = iso_features(cv2.GaussianBlur(stripes(9, angle), (0, 0), 1))
    assert found.ocl is not None
    assert found.lcs is not None
    assert found.fda is not None
    assert found.ocl > 0.95
    assert found.lcs > 0.85
    assert found.fda > 0.3
    assert found.rvu == pytest.approx(1.0, abs=0.25)


def test_thick_ridges_are_wider_than_valleys() -> None:
    thick, thin = (iso_features(stripes(10, 0, share=share)).rvu for share in (0.7, 0.3))
    assert thick is not None
    assert thin is not None
    assert thick > 1.5
    assert thin < 0.8


@pytest.mark.parametrize("period", [3, 40])
def test_lines_that_no_finger_has_are_not_clear(period: int) -> None:
    found = iso_features(stripes(period, 0))
    assert found.lcs is not None
    assert found.lcs < 0.3


def test_noise_has_no_direction() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (256, 256)).astype(np.uint8)
    found = iso_features(noise)
    assert found.ocl is not None
    assert found.ocl < 0.35


def test_ocl_is_what_its_definition_says_block_by_block() -> None:
    grey = np.frombuffer(print_of(Finger(5), Impression(), width_px=256, height_px=288, dpi=500), np.uint8)
    picture = grey.reshape(288, 256).astype(float)
    scores: list[float] = []
    for row in range(0, 288 - BLOCK + 1, BLOCK):
        for column in range(0, 256 - BLOCK + 1, BLOCK):
            dy, dx = np.gradient(picture[row : row + BLOCK, column : column + BLOCK])
            matrix = np.array([[(dx * dx).mean(), (dx * dy).mean()], [(dx * dy).mean(), (dy * dy).mean()]])
            low, high = np.linalg.eigvalsh(matrix)
            scores.append(1 - low / high)
    assert iso_features(picture).ocl == pytest.approx(float(np.mean(scores)), abs=1e-9)


@given(st.integers(0, 2**32), st.integers(20, 200), st.integers(20, 200))
@settings(max_examples=30, deadline=None)
def test_any_picture_has_features_within_their_ranges_or_none(seed: int, width: int, height: int) -> None:
    picture = np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)
    found = iso_features(picture)
    for value in (found.ocl, found.lcs):
        assert value is None or 0 <= value <= 1
    for value in (found.fda, found.rvu, found.ofl):
        assert value is None or 0 <= value < 50


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_flat_picture_has_none(grey: int) -> None:
    assert iso_features(np.full((256, 288), grey, np.uint8)).blocks == 0


def test_a_white_frame_around_the_print_changes_nothing() -> None:
    grey = np.frombuffer(print_of(Finger(5), Impression(), width_px=256, height_px=288, dpi=500), np.uint8)
    picture = grey.reshape(288, 256)
    framed = np.pad(picture, ((31, 9), (17, 40)), constant_values=255)
    assert iso_features(framed) == iso_features(picture)
