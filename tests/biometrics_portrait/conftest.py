"""The one face that the tests have: NASA's portrait of Eileen Collins, public domain, as scikit-image ships it."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from kiosk.biometrics.portrait import Analyser, Depth, FaceReading, Pixels

PICTURE = Path(__file__).parent / "astronaut.png"


@pytest.fixture(scope="session")
def analyser() -> Analyser:
    return Analyser()


@pytest.fixture(scope="session")
def face() -> Pixels:
    picture = cv2.imread(str(PICTURE), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.ascontiguousarray(picture[:, :, ::-1], np.uint8)


@pytest.fixture(scope="session")
def reading(analyser: Analyser, face: Pixels) -> FaceReading:
    return analyser.analyse(face, depth=Depth.SHOT)
