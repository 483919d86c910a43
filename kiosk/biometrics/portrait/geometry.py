"""What the points of a face measure, by the formulas of ISO/IEC 29794-5 and of its reference implementation (OFIQ).

T is the distance from the middle between the eyes to the chin; the inter-eye distance joins the eye centres, which are
the middles between the corners of each eye. Right and left are the sitter's; leftward and rightward are the picture's.
"""

import math
from typing import Final

import numpy as np

from kiosk.biometrics.portrait.landmarks import (
    CHIN,
    INNER_LIPS,
    LEFT_EYE_CORNERS,
    LEFT_LIDS,
    RIGHT_EYE_CORNERS,
    RIGHT_LIDS,
    Points,
    distance,
    eye_centres,
)
from kiosk.biometrics.portrait.mesh import Pupils

#: Between the pupils of an adult on average; from it follows how far away the camera is.
_BETWEEN_PUPILS_M: Final = 0.063


def t_metric(points: Points) -> float:
    """Give T in pixels: eye midpoint to chin (ISO/IEC 29794-5; OFIQ `tmetric`)."""
    right, left = eye_centres(points)
    return distance((right + left) / 2, points[CHIN])


def inter_eye_distance(points: Points, yaw: float = 0.0) -> float:
    """Give the inter-eye distance in pixels as it would be seen from the front: d / cos(yaw)."""
    right, left = eye_centres(points)
    return distance(right, left) / max(0.1, math.cos(math.radians(yaw)))


def head_size(points: Points, height_px: int) -> float:
    """Give T / picture height; the standard's best value is 0.45."""
    return t_metric(points) / height_px


def crop_margins(points: Points, width_px: int, height_px: int) -> dict[str, float]:
    """Give the four crop measures as OFIQ computes them.

    Leftward: the picture's right eye from the left edge in inter-eye distances; rightward: the picture's left eye from
    the right edge; above: the eye midpoint from the upper edge in T; below: the eye midpoint from the lower edge.
    """
    right, left = eye_centres(points)
    between = max(1e-6, distance(right, left))
    t = max(1e-6, t_metric(points))
    eyes_y = float(right[1] + left[1]) / 2
    return {
        "margin_left": float(left[0]) / between,
        "margin_right": (width_px - float(right[0])) / between,
        "margin_above": eyes_y / t,
        "margin_below": (height_px - eyes_y) / t,
    }


def eyes_open(points: Points) -> float:
    """Give the smaller eye's opening: its largest lid distance, divided by T."""
    return min(_widest(points, RIGHT_LIDS), _widest(points, LEFT_LIDS)) / max(1e-6, t_metric(points))


def mouth_open(points: Points) -> float:
    """Give the largest gap between the inner lips, divided by T."""
    return _widest(points, INNER_LIPS) / max(1e-6, t_metric(points))


def gaze(points: Points, pupils: Pupils) -> tuple[float, float]:
    """Tell where the eyes look, against the eyes' corners: across and down, as shares of the eye's width.

    Across is positive towards the sitter's left, down is positive downwards; the mean of both eyes, so that a squint
    and the turn of the face towards one eye cancel out.
    """
    across: list[float] = []
    down: list[float] = []
    for corners, pupil in ((RIGHT_EYE_CORNERS, pupils.right), (LEFT_EYE_CORNERS, pupils.left)):
        one, other = (points[corner, :2].astype(np.float64) for corner in corners)
        along = other - one
        width = max(1e-6, float(np.hypot(*along)))
        offset = np.asarray(pupil) - (one + other) / 2
        across.append(float(offset @ along) / (width * width))
        down.append(float(offset @ np.array([-along[1], along[0]])) / (width * width))
    return sum(across) / 2, sum(down) / 2


def camera_distance_m(points: Points, yaw: float, focal_px: float) -> float:
    """Give how far the face is from the lens in metres, from an adult's mean distance between the pupils."""
    return focal_px * _BETWEEN_PUPILS_M / max(1e-6, inter_eye_distance(points, yaw))


def _widest(points: Points, pairs: tuple[tuple[int, int], ...]) -> float:
    return max(distance(points[one], points[other]) for one, other in pairs)
