"""The 468 points of a face, by name: which ones are eye corners, lids, lips, chin and outline.

The points are MediaPipe's face mesh. The measures of ISO/IEC 29794-5 are written for the 98 points of the WFLW scheme;
each of those that a formula uses has its counterpart here. "Right" and "left" are the sitter's own: the right eye is on
the left of the picture.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

#: 468 rows of x, y, z: pixels of the frame, x to the right, y down; z in the same unit, smaller is nearer.
Points = npt.NDArray[np.float32]
#: x, y in pixels.
Point = npt.NDArray[np.floating[Any]]

RIGHT_EYE_CORNERS: Final = (33, 133)
LEFT_EYE_CORNERS: Final = (362, 263)
#: Upper and lower lid, three pairs an eye: WFLW 61-67, 62-66, 63-65 and 69-75, 70-74, 71-73.
RIGHT_LIDS: Final = ((160, 144), (159, 145), (158, 153))
LEFT_LIDS: Final = ((385, 380), (386, 374), (387, 373))
#: Inner lips: WFLW 89-95, 90-94, 91-93.
INNER_LIPS: Final = ((81, 178), (13, 14), (311, 402))
MOUTH_CORNERS: Final = (61, 291)
NOSE_TIP: Final = 1
CHIN: Final = 152
FOREHEAD: Final = 10
RIGHT_EYE: Final = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE: Final = (362, 382, 381, 380, 374, 373, 390, 249, 263, 466, 388, 387, 386, 385, 384, 398)
#: The outline from temple to chin to temple, WFLW 0 to 32: without the forehead, where hair may lie.
JAW: Final = (
    *(127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152),
    *(377, 400, 378, 379, 365, 397, 288, 361, 323, 454, 356),
)
BROWS: Final = (70, 63, 105, 66, 107, 336, 296, 334, 293, 300)
OVAL: Final = (10, 338, 297, 332, 284, 251, 389, *JAW[::-1], 162, 21, 54, 103, 67, 109)
#: The part of the face that the standard's light measures look at.
LANDMARKED_REGION: Final = (*JAW, *BROWS)
RIGHT_CHEEK_EDGE: Final = 234
LEFT_CHEEK_EDGE: Final = 454
#: Lips, outside: drawn over pictures.
OUTER_LIPS: Final = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)


def middle(points: Points, which: tuple[int, ...]) -> Point:
    """Give the mean of some points: x, y."""
    return points[list(which), :2].mean(axis=0)


def eye_centres(points: Points) -> tuple[Point, Point]:
    """Give the middles between the corners of the right and of the left eye (ISO/IEC 29794-5: eye centres)."""
    return middle(points, RIGHT_EYE_CORNERS), middle(points, LEFT_EYE_CORNERS)


def distance(one: Point, other: Point) -> float:
    """Give the distance of two points in pixels."""
    return float(np.hypot(*(one[:2] - other[:2])))
