"""No check depends on a skin's tone: the same face with other reflectances, and in other light."""

import numpy as np
import pytest

from kiosk.biometrics.portrait import Analyser, Depth, FaceReading, Pixels, judge, most_useful
from kiosk.domain.quality import PortraitSay
from tests.biometrics_portrait.relighting import from_the_side, in_light, with_skin


def failing(analyser: Analyser, picture: Pixels, depth: Depth = Depth.SHOT) -> set[str]:
    return {check.name for check in judge(analyser.analyse(picture, depth=depth)) if not check.passed}


@pytest.mark.parametrize("reflectance", [1.3, 0.6, 0.35, 0.2, 0.12])
@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.SHOT])
def test_a_lighter_or_darker_skin_passes_and_fails_the_same_checks(
    analyser: Analyser, face: Pixels, reading: FaceReading, reflectance: float, depth: Depth
) -> None:
    assert reading.points is not None
    other = with_skin(face, reading.points, reflectance)
    assert failing(analyser, other, depth) == failing(analyser, face, depth)


def test_the_standards_own_figures_do_fall_with_a_darker_skin(
    analyser: Analyser, face: Pixels, reading: FaceReading
) -> None:
    # Why they decide nothing here.
    assert reading.points is not None
    dark = analyser.analyse(with_skin(face, reading.points, 0.12), depth=Depth.SHOT).measures
    assert dark["under_exposure"] > 0.8
    assert reading.measures["under_exposure"] < 0.1
    assert dark["dynamic_range"] < 5
    assert reading.measures["dynamic_range"] > 7


@pytest.mark.parametrize("depth", [Depth.QUICK, Depth.SHOT])
def test_too_little_light_is_told_whatever_the_skin(
    analyser: Analyser, face: Pixels, reading: FaceReading, depth: Depth
) -> None:
    assert reading.points is not None
    for reflectance in (1.0, 0.3):
        dim = in_light(with_skin(face, reading.points, reflectance), 0.1)
        assert most_useful(judge(analyser.analyse(dim, depth=depth))) is PortraitSay.MORE_LIGHT


def test_light_from_one_side_is_told(analyser: Analyser, face: Pixels, reading: FaceReading) -> None:
    assert reading.points is not None
    assert "side_light" in failing(analyser, from_the_side(face, reading.points, 0.15))


def test_light_from_behind_asks_the_officer(analyser: Analyser, face: Pixels, reading: FaceReading) -> None:
    assert reading.person is not None
    person = np.kron(reading.person, np.ones((2, 2))) > 0.5
    lit = np.where(person[:, :, None], in_light(face, 0.08), face).astype(np.uint8)
    checks = {check.name: check for check in judge(analyser.analyse(lit, depth=Depth.SHOT))}
    assert not checks["backlight"].passed
    assert checks["backlight"].advises
