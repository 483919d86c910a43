"""What two or more frames tell together: nothing seen, nothing moving, a picture held up instead of a face."""

from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.geometry import inter_eye_distance
from kiosk.biometrics.portrait.landmarks import Points

_COMPARED: Final = (32, 18)
_BLACK_MEAN: Final = 10.0
_BLACK_SPREAD: Final = 6.0


def is_black(rgb: Pixels) -> bool:
    """Tell whether a frame shows nothing: dark all over and without drawing, as under a lens cap."""
    small = cv2.resize(rgb, _COMPARED, interpolation=cv2.INTER_AREA)
    return float(small.mean()) < _BLACK_MEAN and float(small.std()) < _BLACK_SPREAD


def same_picture(one: Pixels, other: Pixels) -> bool:
    """Tell whether two frames are the same picture to the last bit.

    A living camera never delivers that: its sensor has noise. A stuck one does, frame after frame.
    """
    return one.shape == other.shape and np.array_equal(one, other)


def flatness(before: Points, after: Points) -> float | None:
    """Tell how well one flat surface explains how a face moved between two frames: 0 not at all, 1 wholly.

    When a head turns, its nose moves against its ears; on a photograph held to the lens all moves as one plane. None
    when the face was not turned enough in between to tell. A hint for the officer; nobody is refused for it.
    """
    eyes = max(1.0, inter_eye_distance(before))
    start, end = (points[:, :2].astype(np.float64) for points in (before, after))
    start, end = start - start.mean(axis=0), end - end.mean(axis=0)
    alike = _residual(start, end, rigid=True) / eyes
    plane = _residual(start, end, rigid=False) / eyes
    if alike < _TURNED_LEAST:
        return None
    return float(np.clip(1 - plane / alike, 0, 1))


#: Mean movement, in inter-eye distances, that turning in the picture's plane, moving and nearing do not explain.
_TURNED_LEAST: Final = 0.02


def _residual(start: np.ndarray, end: np.ndarray, *, rigid: bool) -> float:
    """Give the mean distance left after the best similarity (rigid) or affine map of one onto the other."""
    if rigid:
        left, size, right = np.linalg.svd(start.T @ end)
        turn = left @ right
        scale = size.sum() / max(1e-9, float((start * start).sum()))
        moved = start @ turn * scale
    else:
        moved = start @ np.linalg.lstsq(start, end, rcond=None)[0]
    return float(np.hypot(*(end - moved).T).mean())
