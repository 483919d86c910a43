"""How sharp a face is, whatever its contrast, its light and its skin.

OFIQ's sharpness is a random forest over 26 edge statistics whose trained file cannot be had; this is a ratio of two of
the same kind of statistics: edges of one to two pixels against edges of two to four, in a face of a fixed size.
"""

from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.aligned import Aligned

#: The 95th percentile: the face's edges (lids, lips, brows, wrinkles), not its smooth skin.
_EDGES: Final = 95


def sharpness(aligned: Aligned) -> float:
    """Give the strength of fine edges as a share of the coarser ones', about 0.3 (blurred) to 0.8.

    Compare only values of the same aligned size: a face of less than that many pixels cannot be sharp in it.
    """
    grey = cv2.cvtColor(aligned.rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    region = aligned.region > 0
    if not region.any():
        return 0.0
    fine, middle, coarse = (cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (1.0, 2.0, 4.0))
    near = float(np.percentile(np.abs(fine - middle)[region], _EDGES))
    wide = float(np.percentile(np.abs(middle - coarse)[region], _EDGES))
    return near / wide if wide > 1e-3 else 0.0
