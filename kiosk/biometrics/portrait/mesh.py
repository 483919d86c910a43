"""The points of one face: 468 on its surface, and the pupils.

Owns how a square around a face is cut, turned upright and given to the nets, and how their answers come back into the
frame (as in MediaPipe's face_landmark and iris_landmark graphs).
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.detector import FoundFace
from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.landmarks import LEFT_EYE_CORNERS, RIGHT_EYE_CORNERS, Point, Points, distance, middle
from kiosk.biometrics.portrait.models import FOLDER, IRIS, MESH, open_net

_MESH_SIDE: Final = 192
_EYE_SIDE: Final = 64
_AROUND_FACE: Final = 1.5
_AROUND_EYE: Final = 2.3


@dataclass(frozen=True, slots=True)
class Square:
    """An upright square of a turned face: centre and side in pixels, turn in radians (clockwise on the screen)."""

    x: float
    y: float
    side: float
    turn: float

    def onto(self, side_px: int) -> np.ndarray:
        """Give the 2 x 3 matrix from the frame onto a square of that many pixels."""
        scale = side_px / self.side
        cos, sin = math.cos(self.turn) * scale, math.sin(self.turn) * scale
        half = side_px / 2
        return np.array(
            [[cos, sin, half - cos * self.x - sin * self.y], [-sin, cos, half + sin * self.x - cos * self.y]],
            np.float64,
        )

    def cut(self, rgb: Pixels, side_px: int) -> Pixels:
        """Cut the square out of a frame; what lies outside the frame is black. A large one is averaged, not picked."""
        matrix = self.onto(side_px)
        shrink = int(self.side / side_px)
        if shrink >= 2:
            big = cv2.warpAffine(rgb, self.onto(side_px * shrink), (side_px * shrink,) * 2, flags=cv2.INTER_LINEAR)
            return np.asarray(cv2.resize(big, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
        return np.asarray(cv2.warpAffine(rgb, matrix, (side_px, side_px), flags=cv2.INTER_LINEAR), np.uint8)

    def back(self, points: Points, side_px: int) -> Points:
        """Bring points of the cut square (x, y and, if there, z) back into the frame."""
        scale = self.side / side_px
        x, y = points[:, 0] - side_px / 2, points[:, 1] - side_px / 2
        cos, sin = math.cos(self.turn) * scale, math.sin(self.turn) * scale
        moved = points * np.float32(scale)
        moved[:, 0] = cos * x - sin * y + self.x
        moved[:, 1] = sin * x + cos * y + self.y
        return moved.astype(np.float32)


@dataclass(frozen=True, slots=True)
class Pupils:
    """Where the irises are: centre and radius in pixels of the frame; right is the sitter's."""

    right: tuple[float, float]
    left: tuple[float, float]
    right_radius_px: float
    left_radius_px: float


def square_of(face: FoundFace) -> Square:
    """Give the square that the mesh is looked for in, from what the detector found."""
    right, left = face.points[0], face.points[1]
    turn = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
    side = max(face.width, face.height) * _AROUND_FACE
    return Square(face.left + face.width / 2, face.top + face.height / 2, side, turn)


def square_around(points: Points) -> Square:
    """Give the square from an earlier mesh: steadier than the detector's."""
    right, left = points[RIGHT_EYE_CORNERS[0]], points[LEFT_EYE_CORNERS[1]]
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    x, y = (low + high) / 2
    turn = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
    return Square(float(x), float(y), float((high - low).max()) * _AROUND_FACE, turn)


class Mesh:
    """The net for the 468 points. Not for two threads at once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the net. Raises ModelsMissing."""
        self._net = open_net(MESH, folder)

    def points(self, rgb: Pixels, square: Square) -> tuple[Points, float]:
        """Give the 468 points in pixels of the frame, and how sure it is that a face is in the square (0..1)."""
        blob = cv2.dnn.blobFromImage(square.cut(rgb, _MESH_SIDE), 1 / 255)
        self._net.setInput(blob)
        presence, flat = self._net.forward(("conv2d_31", "conv2d_21"))
        sure = 1 / (1 + math.exp(-float(np.clip(presence.ravel()[0], -50, 50))))
        return square.back(flat.reshape(468, 3).astype(np.float32), _MESH_SIDE), sure


class Irises:
    """The net for the pupils. Not for two threads at once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the net. Raises ModelsMissing."""
        self._net = open_net(IRIS, folder)

    def pupils(self, rgb: Pixels, points: Points) -> Pupils:
        """Find both irises of a face whose points are known."""
        (right, right_radius), (left, left_radius) = (
            self._iris(rgb, points, RIGHT_EYE_CORNERS, mirrored=False),
            self._iris(rgb, points, LEFT_EYE_CORNERS, mirrored=True),
        )
        return Pupils(_xy(right), _xy(left), right_radius, left_radius)

    def _iris(self, rgb: Pixels, points: Points, corners: tuple[int, int], *, mirrored: bool) -> tuple[Point, float]:
        one, other = points[corners[0], :2], points[corners[1], :2]
        x, y = middle(points, corners)
        turn = math.atan2(float(other[1] - one[1]), float(other[0] - one[0]))
        square = Square(float(x), float(y), max(1.0, distance(one, other) * _AROUND_EYE), turn)
        picture = square.cut(rgb, _EYE_SIDE)
        # The net knows one eye; the other is shown to it in a mirror.
        blob = cv2.dnn.blobFromImage(picture[:, ::-1] if mirrored else picture, 1 / 255)
        self._net.setInput(blob)
        _, iris = self._net.forward(("output_eyes_contours_and_brows", "output_iris"))
        found = iris.reshape(5, 3).astype(np.float32)
        if mirrored:
            found[:, 0] = _EYE_SIDE - 1 - found[:, 0]
        found = square.back(found, _EYE_SIDE)
        centre = found[0, :2]
        return centre, float(np.hypot(*(found[1:, :2] - centre).T).mean())


def _xy(point: Point) -> tuple[float, float]:
    return float(point[0]), float(point[1])
