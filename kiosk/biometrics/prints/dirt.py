"""What lies on the glass and is no finger's: beside the finger, and between its ridges."""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.biometrics.prints.field import RidgeField
from kiosk.biometrics.prints.planes import binned

_PATCH: Final = 8
_DEEP: Final = 0.12


def patches_of(valleys: NDArray[np.uint8], inner: NDArray[np.uint8], glass: float) -> tuple[float, float, float]:
    """Give the level of most valleys, the share of places where they are much darker than around, and the level there.

    Around is some millimetres: moisture, pressure and light change over wider ways, and what lies on the glass ends.
    """
    there = binned(inner, _PATCH) > 0
    if not there.any():
        return 1.0, 0.0, 1.0
    level = binned(valleys, _PATCH)
    clean = float(np.percentile(level[there], 60))
    around = cv2.medianBlur(np.where(there, level, round(clean)).astype(np.uint8), 13)
    deep = level[there & (level + _DEEP * glass < around)]
    return clean / glass, deep.size / np.count_nonzero(there), float(deep.mean() / glass) if deep.size else 1.0


def beside(field: RidgeField) -> float:
    """Share of the window that is structured or stained though no finger lies there."""
    finger = field.finger[::2, ::2].astype(np.uint8)
    # The fringe of a contact is torn to dots, and the rim of a window has edges and lines of its own.
    around = cv2.dilate(finger, np.ones((25, 25), np.uint8)) == 0
    rim = 8
    around[:rim], around[-rim:], around[:, :rim], around[:, -rim:] = False, False, False, False
    if float(around.mean()) < 0.02:
        return 0.0
    # Stains are told from uneven light by their size.
    stained = cv2.blur(field.coarse, (21, 21)) - field.coarse
    marked = (field.strength > 5.0 + 2 * field.noise) | (stained > 0.05 * field.glass + field.noise)
    return float((marked & around).mean())
