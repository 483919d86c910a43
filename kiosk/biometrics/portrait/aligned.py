"""The face brought to one size and place, as ISO/IEC 29794-5 measures light and colour on it.

Owns the aligned picture (616 x 616 in the reference implementation; smaller for a preview), the landmarked region in
it, and the two zones of the cheeks.
"""

from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.landmarks import (
    INNER_LIPS,
    LANDMARKED_REGION,
    MOUTH_CORNERS,
    NOSE_TIP,
    Points,
    distance,
    eye_centres,
)

#: The standard's size, and the one that is fast enough for a preview.
FULL_SIDE: Final = 616
FAST_SIDE: Final = 154

#: Where eyes, nose tip and mouth corners come to lie in the full size (OFIQ `alignImage`).
_PLACES: Final = np.array([(251, 272), (364, 272), (308, 336), (262, 402), (355, 402)], np.float32)

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Aligned:
    """The aligned face: R G B, the 468 points in it, and 1 where the landmarked region is."""

    rgb: Bytes = field(repr=False)
    points: Points = field(repr=False)
    region: Bytes = field(repr=False)
    onto: npt.NDArray[np.float64] = field(repr=False)

    @property
    def side(self) -> int:
        """Width and height in pixels."""
        return int(self.rgb.shape[0])

    def also(self, mask: npt.NDArray[np.float32], frame_size: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Bring a mask that is stretched over the whole frame of that width and height to the same place."""
        stretch = np.array([[frame_size[0] / mask.shape[1], 0, 0], [0, frame_size[1] / mask.shape[0], 0], [0, 0, 1]])
        matrix = self.onto @ stretch
        return np.asarray(cv2.warpAffine(mask, matrix, (self.side, self.side), borderValue=-1), np.float32)


def align(rgb: Pixels, points: Points, side: int = FULL_SIDE) -> Aligned:
    """Align a face by its eyes, nose tip and mouth corners: turned, moved and scaled, never stretched."""
    right, left = eye_centres(points)
    seen = np.array([right, left, points[NOSE_TIP, :2], *(points[one, :2] for one in MOUTH_CORNERS)], np.float32)
    scale = side / FULL_SIDE
    found, _ = cv2.estimateAffinePartial2D(seen, _PLACES * np.float32(scale), method=cv2.LMEDS)
    # Five points in one place: no face is like this, but a net may answer so.
    onto = np.eye(2, 3) if found is None else np.asarray(found, np.float64)
    picture = cv2.warpAffine(rgb, onto, (side, side), flags=cv2.INTER_LINEAR)
    moved = points.copy()
    moved[:, :2] = points[:, :2] @ onto[:, :2].T.astype(np.float32) + onto[:, 2].astype(np.float32)
    return Aligned(np.asarray(picture, np.uint8), moved, _region(moved, side), onto)


def _region(points: Points, side: int) -> Bytes:
    """Fill the convex hull of outline and brows: the landmarked region."""
    hull = cv2.convexHull(np.round(points[list(LANDMARKED_REGION), :2]).astype(np.int32))
    region = np.zeros((side, side), np.uint8)
    cv2.fillConvexPoly(region, hull, 1)
    return region


def cheeks(aligned: Aligned) -> tuple[Bytes, Bytes]:
    """Cut the zones of the right and the left cheek out of the aligned face, R G B (ISO/IEC 29794-5, illumination).

    Squares of 0.3 inter-eye distances, half way between eyes and mouth: to the right of the sitter's right eye centre
    in the picture, and to the left of the left one's. What is not in the landmarked region is black, as in OFIQ.
    """
    right, left = eye_centres(aligned.points)
    mouth = aligned.points[list(INNER_LIPS[1]), :2].mean(axis=0)
    zone = int(distance(right, left) * 0.3)
    down = int(distance((right + left) / 2, mouth) / 2)
    face = aligned.rgb * aligned.region[:, :, None]
    return (
        _zone(face, round(float(right[0])), round(float(right[1])) + down, zone),
        _zone(face, round(float(left[0])) - zone, round(float(left[1])) + down, zone),
    )


def _zone(face: Bytes, x: int, y: int, side: int) -> Bytes:
    x, y = max(0, min(x, face.shape[1] - 1)), max(0, min(y, face.shape[0] - 1))
    return face[y : y + max(1, side), x : x + max(1, side)]
