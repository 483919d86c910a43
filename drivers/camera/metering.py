"""Exposure found from the face: how much lighter or darker the camera should see, from where the face is.

Owns the arithmetic alone. Because the face itself is metered, a dark skin gets the exposure that it needs and is never
called under-exposed, and a bright window behind it changes nothing. Shine is what limits it: clipped skin is lost.
"""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from drivers.camera.api import Region

#: Mean luma of a well exposed face, 0..1, as displayed: from 0.2 of linear light on ISO/IEC 29794-5 scores all alike. A
#: light face stays light: with it the white wall behind would get grey.
LEAST_AIMED: Final = 0.48
MOST_AIMED: Final = 0.70
#: Share of clipped pixels in the face from which on it gets darker.
CLIPPED_MOST: Final = 0.005
LARGEST_EV: Final = 2.0
#: Luma is coded with about this gamma: so many stops of light for one of luma.
GAMMA: Final = 2.2

_CLIPPED_FROM: Final = 247
_NEAR_EV: Final = 0.12
_DAMPING: Final = 0.5
#: The camera needs some frames to follow; correcting at every one would swing.
_EVERY: Final = 4
_LEAST_LUMA: Final = 0.01


class FaceMeter:
    """Follows one region of the preview; `ev` is the exposure compensation in stops that it has come to."""

    def __init__(self) -> None:
        self.ev = 0.0
        self._face: Region | None = None
        self._frames = 0

    def aim(self, face: Region | None) -> None:
        """Meter this part of the preview from now on; None keeps the exposure where it is."""
        self._face = face

    def reset(self) -> None:
        """Begin anew with the camera's own exposure."""
        self.ev, self._face, self._frames = 0.0, None, 0

    def look(self, rgbx: npt.NDArray[np.uint8]) -> bool:
        """Look at an upright preview, height x width x 4. True when `ev` has changed."""
        face = self._face
        self._frames += 1
        if face is None or self._frames % _EVERY:
            return False
        height_px, width_px = rgbx.shape[:2]
        rows = slice(int(face.top * height_px), max(1, math.ceil((face.top + face.height) * height_px)))
        columns = slice(int(face.left * width_px), max(1, math.ceil((face.left + face.width) * width_px)))
        part = rgbx[rows, columns, :3][::2, ::2]
        if part.size == 0:
            return False
        luma = part.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        wanted = self._wanted(float(luma.mean()) / 255, float((luma >= _CLIPPED_FROM).mean()))
        if abs(wanted - self.ev) < _NEAR_EV:
            return False
        self.ev = wanted
        return True

    def _wanted(self, mean: float, clipped: float) -> float:
        aimed = min(max(mean, LEAST_AIMED), MOST_AIMED)
        away = GAMMA * math.log2(aimed / max(mean, _LEAST_LUMA))
        if clipped > CLIPPED_MOST:
            away = min(away, -0.3)
        return max(-LARGEST_EV, min(LARGEST_EV, self.ev + _DAMPING * away))
