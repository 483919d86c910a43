"""Which pixels are the person and which are the background: MediaPipe's selfie net."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.models import FOLDER, PERSON, open_net

_SIDE: Final = 256

#: 256 x 256, stretched over the whole frame: how sure it is that a pixel is the person's, 0..1.
Mask = npt.NDArray[np.float32]


class PersonFinder:
    """The net for the person. Not for two threads at once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the net. Raises ModelsMissing."""
        self._net = open_net(PERSON, folder)

    def mask(self, rgb: Pixels) -> Mask:
        """Tell the person from the background in a frame of height x width x 3 bytes."""
        if max(rgb.shape[:2]) <= 4 * _SIDE:
            small = cv2.resize(cv2.blur(rgb, (3, 3)), (_SIDE, _SIDE), interpolation=cv2.INTER_LINEAR)
        else:
            small = cv2.resize(rgb, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
        self._net.setInput(cv2.dnn.blobFromImage(small, 1 / 255))
        return np.asarray(self._net.forward("activation_10"), np.float32).reshape(_SIDE, _SIDE)
