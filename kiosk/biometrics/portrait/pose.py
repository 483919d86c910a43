"""How a head is turned: roll, yaw and pitch in degrees, from the points of its face.

Owns the rigid points of an average head and the sense of the three angles, that of ISO/IEC 19794-5 and 39794-5:

- roll: the head leans; positive towards the sitter's right shoulder (counter-clockwise on the screen),
- yaw: the head is turned; positive when the sitter looks to the own left (right on the screen),
- pitch: the head nods; positive when the sitter looks down.
"""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from kiosk.biometrics.portrait.landmarks import Points

#: Points that no expression moves, on the sitter's right half: number of the point, its number on the left half, and
#: where it lies on an average head in centimetres: x to the sitter's left, y up, z to the front. Measures of
#: MediaPipe's canonical face model (The MediaPipe Authors, Apache License 2.0), near its geometry pipeline's choice.
_PAIRS: Final = (
    (33, 263, 4.446, 2.664, 3.173),
    (54, 284, 6.279, 6.615, 1.426),
    (67, 297, 3.524, 8.006, 3.729),
    (117, 346, 5.259, 0.946, 2.974),
    (119, 348, 3.301, 0.862, 3.873),
    (121, 350, 1.821, 1.468, 4.224),
    (127, 356, 7.743, 2.365, -2.005),
    (129, 358, 1.786, -0.978, 4.850),
    (132, 361, 7.271, -2.891, -2.252),
    (133, 362, 1.856, 2.585, 3.758),
    (143, 372, 6.408, 2.236, 1.561),
    (147, 376, 6.235, -1.944, 1.664),
    (198, 420, 1.247, 0.230, 5.681),
)
_MIDLINE: Final = ((4, -0.463, 7.587), (6, 2.473, 5.789), (10, 8.262, 4.482), (168, 3.271, 5.236), (195, 1.059, 6.775))


@dataclass(frozen=True, slots=True)
class Pose:
    """Roll, yaw and pitch in degrees; see the module for their senses."""

    roll: float
    yaw: float
    pitch: float


def _head() -> tuple[list[int], np.ndarray]:
    numbers: list[int] = []
    places: list[tuple[float, float, float]] = []
    for right, left, x, y, z in _PAIRS:
        numbers += [right, left]
        places += [(-x, -y, -z), (x, -y, -z)]
    for number, y, z in _MIDLINE:
        numbers.append(number)
        places.append((0.0, -y, -z))
    return numbers, np.array(places, np.float64)


_NUMBERS, _PLACES = _head()


def pose_of(points: Points) -> Pose:
    """Give the pose of a head against the line of sight.

    The average head is turned, scaled and moved until it lies best under the points, seen from afar (scaled
    orthography, least squares, then the nearest rotation). So neither the place in the frame nor the camera's focal
    length matters; what is left is the sitter's own build: calibrate the zero on site.
    """
    seen = points[_NUMBERS, :2].astype(np.float64)
    flat = np.linalg.lstsq(_PLACES - _PLACES.mean(axis=0), seen - seen.mean(axis=0), rcond=None)[0].T
    left, _, right = np.linalg.svd(flat, full_matrices=False)
    turned = left @ right
    return _angles(np.vstack([turned, np.cross(turned[0], turned[1])]))


def _angles(matrix: np.ndarray) -> Pose:
    # The frame's axes are x right, y down, z away; the head's were turned the same way, so that straight is identity.
    yaw = math.asin(float(np.clip(matrix[2, 0], -1, 1)))
    pitch = math.atan2(float(matrix[2, 1]), float(matrix[2, 2]))
    roll = -math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))
    return Pose(math.degrees(roll), math.degrees(yaw), math.degrees(pitch))
