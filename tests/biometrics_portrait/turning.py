"""The test face with its head turned: its own mesh, turned in space, with the picture drawn over it."""

import math

import cv2
import numpy as np

from kiosk.biometrics.portrait import Pixels


def turned_head(picture: Pixels, points: np.ndarray, *, yaw: float = 0.0, pitch: float = 0.0) -> Pixels:
    """Turn the face by degrees: yaw to the sitter's own left, pitch upwards. Good for small turns only."""
    high, wide = picture.shape[:2]
    moved = _turned(points.astype(np.float64), math.radians(yaw), math.radians(pitch))
    corners = np.array(
        [(x, y) for x in (0, wide // 2, wide - 1) for y in (0, high // 2, high - 1) if (x, y) != (wide // 2, high // 2)]
    )
    start = np.concatenate([points[:, :2], corners]).astype(np.float32)
    end = np.concatenate([moved, corners]).astype(np.float32)
    across, down = (np.zeros((high, wide), np.float32) for _ in range(2))
    grid = np.stack(np.meshgrid(np.arange(wide), np.arange(high)), axis=-1).astype(np.float32)
    for triangle in _triangles(end, wide, high):
        onto = cv2.getAffineTransform(end[triangle], start[triangle])
        inside = np.zeros((high, wide), np.uint8)
        cv2.fillConvexPoly(inside, np.round(end[triangle]).astype(np.int32), 1)
        here = inside > 0
        source = grid[here] @ onto[:, :2].T + onto[:, 2]
        across[here], down[here] = source[:, 0], source[:, 1]
    return np.asarray(cv2.remap(picture, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT), np.uint8)


def _turned(points: np.ndarray, yaw: float, pitch: float) -> np.ndarray:
    middle = points[[234, 454]].mean(axis=0)
    x, y, z = (points - middle).T
    # The net's z points away from the camera.
    x, z = x * math.cos(yaw) - z * math.sin(yaw), x * math.sin(yaw) + z * math.cos(yaw)
    y = y * math.cos(pitch) + z * math.sin(pitch)
    return np.stack([x, y], axis=1) + middle[:2]


def _triangles(points: np.ndarray, wide: int, high: int) -> list[list[int]]:
    plane = cv2.Subdiv2D((0, 0, wide, high))
    known: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(points):
        known.setdefault((float(x), float(y)), number)
        plane.insert((float(x), float(y)))
    found: list[list[int]] = []
    for row in plane.getTriangleList():
        corners = [known.get((float(row[i]), float(row[i + 1]))) for i in (0, 2, 4)]
        if None not in corners:
            found.append([one for one in corners if one is not None])
    return found
