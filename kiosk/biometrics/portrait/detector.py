"""Where faces are: BlazeFace, the short-range net, for faces up to about two metres away.

Owns its anchors, the decoding of its output and the choice between overlapping answers.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.models import DETECTOR, FOLDER, open_net

_SIDE: Final = 128
_LEAST_SCORE: Final = 0.5
_SAME_FACE_OVERLAP: Final = 0.3
#: Grid sides and anchors a cell: strides 8, 16, 16 and 16 with two anchors each; all anchors are 1 x 1.
_GRIDS: Final = ((16, 2), (8, 6))

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class FoundFace:
    """A face: its box in pixels of the frame (it may reach out of it), how sure it is (0..1), and six points.

    The points are 6 x 2: right eye, left eye, nose tip, mouth, right ear, left ear; right is the sitter's.
    """

    left: float
    top: float
    width: float
    height: float
    score: float
    points: Floats = field(repr=False, compare=False)

    @property
    def area(self) -> float:
        """The box's area in square pixels."""
        return self.width * self.height


class Detector:
    """The net and its decoding. Not for two threads at once."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Open the net. Raises ModelsMissing."""
        self._net = open_net(DETECTOR, folder)
        self._outputs = ("classificators", "regressors")
        self._anchors = _anchors()

    def faces(self, rgb: Pixels) -> tuple[FoundFace, ...]:
        """Find the faces in a frame of height x width x 3 bytes, the largest first."""
        high, wide = rgb.shape[:2]
        side = max(high, wide)
        scale = _SIDE / side
        left, top = (side - wide) / 2, (side - high) / 2
        onto = np.array([[scale, 0, left * scale], [0, scale, top * scale]], np.float32)
        blob = _blob(rgb, onto, scale)
        self._net.setInput(blob)
        scores, boxes = (np.asarray(out, np.float32).reshape(896, -1) for out in self._net.forward(self._outputs))
        found = _decoded(scores[:, 0], boxes, self._anchors)
        faces = [_in_frame(row, side, left, top) for row in _merged(found)]
        return tuple(sorted(faces, key=lambda face: -face.area))


def overlap(one: FoundFace, other: FoundFace) -> float:
    """Give intersection over union of two boxes."""
    wide = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    high = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    both = max(0.0, wide) * max(0.0, high)
    return both / max(1e-9, one.area + other.area - both)


def _blob(rgb: Pixels, onto: Floats, scale: float) -> Floats:
    # Averaging first: picking single pixels of a large frame makes the net see noise. For a frame of up to four times
    # the net's side a box of three does it, in a tenth of the time.
    if 0.25 < scale < 0.5:
        rgb = np.asarray(cv2.blur(rgb, (3, 3)), np.uint8)
    elif scale <= 0.25:
        small = cv2.resize(rgb, None, fx=2 * scale, fy=2 * scale, interpolation=cv2.INTER_AREA)
        onto = onto.copy()
        onto[:, :2] *= rgb.shape[1] / small.shape[1], rgb.shape[0] / small.shape[0]
        rgb = np.asarray(small, np.uint8)
    square = cv2.warpAffine(rgb, onto, (_SIDE, _SIDE), flags=cv2.INTER_LINEAR)
    return np.asarray(cv2.dnn.blobFromImage(square, 1 / 127.5, mean=(127.5, 127.5, 127.5)), np.float32)


def _anchors() -> Floats:
    rows = [
        np.repeat(
            np.stack(np.meshgrid(np.arange(side) + 0.5, np.arange(side) + 0.5), axis=-1).reshape(-1, 2) / side,
            many,
            axis=0,
        )
        for side, many in _GRIDS
    ]
    return np.concatenate(rows).astype(np.float32)


def _decoded(raw: Floats, boxes: Floats, anchors: Floats) -> Floats:
    """Give rows of score, left, top, right, bottom and six points, as shares of the square."""
    score = np.asarray(1 / (1 + np.exp(-np.clip(raw, -50, 50))), np.float32)
    sure = score >= _LEAST_SCORE
    score, anchors = score[sure], anchors[sure]
    boxes = np.asarray(boxes[sure] / _SIDE, np.float32)
    centre, half = boxes[:, :2] + anchors, boxes[:, 2:4] / 2
    points = boxes[:, 4:].reshape(-1, 6, 2) + anchors[:, None, :]
    return np.concatenate([score[:, None], centre - half, centre + half, points.reshape(-1, 12)], axis=1)


def _merged(rows: Floats) -> list[Floats]:
    """Make one of all answers that overlap the surest one, weighed by how sure they are."""
    rows = rows[np.argsort(-rows[:, 0])]
    kept: list[Floats] = []
    while len(rows):
        same = _overlaps(rows[0, 1:5], rows[:, 1:5]) > _SAME_FACE_OVERLAP
        same[0] = True
        weights = rows[same, :1]
        merged = (rows[same] * weights).sum(axis=0) / weights.sum()
        merged[0] = rows[0, 0]
        kept.append(merged)
        rows = rows[~same]
    return kept


def _overlaps(box: Floats, boxes: Floats) -> Floats:
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    both = np.clip(high - low, 0, None).prod(axis=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray(both / np.maximum(1e-9, (box[2:] - box[:2]).prod() + areas - both), np.float32)


def _in_frame(row: Floats, side: int, left: float, top: float) -> FoundFace:
    box = row[1:5] * side - (left, top, left, top)
    points = (row[5:].reshape(6, 2) * side - (left, top)).astype(np.float32)
    return FoundFace(
        float(box[0]), float(box[1]), float(box[2] - box[0]), float(box[3] - box[1]), float(row[0]), points
    )


def in_the_middle(detector: Detector, rgb: Pixels) -> tuple[FoundFace, ...]:
    """Look in the middle square of a long frame, where the sitter is: a face is larger there than in the whole."""
    high, wide = rgb.shape[:2]
    side = min(high, wide)
    left, top = (wide - side) // 2, (high - side) // 2
    part = np.ascontiguousarray(rgb[top : top + side, left : left + side])
    return tuple(_moved(face, left, top, 1.0) for face in detector.faces(part))


def joined(*found: tuple[FoundFace, ...]) -> tuple[FoundFace, ...]:
    """Give each face once, the largest first."""
    kept: list[FoundFace] = []
    for faces in found:
        kept += [face for face in faces if all(overlap(face, one) < 0.1 and not _in(face, one) for one in kept)]
    return tuple(sorted(kept, key=lambda face: -face.area))


#: Tiles of half the frame's size that overlap by half: a face too small for the net in the whole is large in one.
_TILES: Final = tuple((x, y) for y in (0.0, 0.25, 0.5) for x in (0.0, 0.25, 0.5))
_TILED_SIDE: Final = 640


def with_small_faces(detector: Detector, rgb: Pixels, faces: tuple[FoundFace, ...]) -> tuple[FoundFace, ...]:
    """Look through parts of the frame too, and add the faces that were too small to be found in the whole."""
    found = list(faces)
    scale = min(1.0, _TILED_SIDE / max(rgb.shape[:2]))
    small = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    high, wide = small.shape[:2]
    for share_x, share_y in _TILES:
        left, top = int(share_x * wide), int(share_y * high)
        tile = np.ascontiguousarray(small[top : top + max(2, high // 2), left : left + max(2, wide // 2)])
        for face in detector.faces(tile):
            moved = _moved(face, left, top, 1 / scale)
            if not _cut_off(face, tile) and all(overlap(moved, one) < 0.1 and not _in(moved, one) for one in found):
                found.append(moved)
    return tuple(sorted(found, key=lambda face: -face.area))


def _moved(face: FoundFace, left: int, top: int, scale: float) -> FoundFace:
    points = ((face.points + np.array([left, top])) * scale).astype(np.float32)
    x, y = (face.left + left) * scale, (face.top + top) * scale
    return FoundFace(x, y, face.width * scale, face.height * scale, face.score, points)


def _cut_off(face: FoundFace, tile: Pixels) -> bool:
    """Tell a face that the tile's edge runs through: it is found whole elsewhere, or it is none."""
    high, wide = tile.shape[:2]
    return face.left < 0 or face.top < 0 or face.left + face.width > wide or face.top + face.height > high


def _in(face: FoundFace, other: FoundFace) -> bool:
    x, y = face.left + face.width / 2, face.top + face.height / 2
    return other.left < x < other.left + other.width and other.top < y < other.top + other.height
