"""A reading drawn over its picture: what was found, where the portrait is cut, and what does not hold."""

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.crop import place
from kiosk.biometrics.portrait.errors import PortraitError
from kiosk.biometrics.portrait.frames import Pixels
from kiosk.biometrics.portrait.judging import Check
from kiosk.biometrics.portrait.landmarks import BROWS, INNER_LIPS, JAW, LEFT_EYE, OUTER_LIPS, RIGHT_EYE, Points
from kiosk.biometrics.portrait.limits import USUAL, PortraitLimits
from kiosk.biometrics.portrait.reading import FaceReading

_WORKED_SIDE: Final = 1000
# Blue, green, red: as OpenCV writes them.
_POINTS: Final = (80, 200, 0)
_LINES: Final = (0, 220, 255)
_BOX: Final = (255, 120, 0)
_PUPIL: Final = (0, 0, 255)
_BAD: Final = (40, 40, 220)
_ASKED: Final = (0, 140, 255)
_GOOD: Final = (60, 150, 30)
_INK: Final = (90, 90, 90)


def draw(rgb: Pixels, reading: FaceReading, checks: Iterable[Check], limits: PortraitLimits = USUAL) -> bytes:
    """Draw a reading over its picture, with the checks beside it, as a PNG about 1000 pixels high."""
    scale = _WORKED_SIDE / max(rgb.shape[:2])
    sized = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.ascontiguousarray(sized[:, :, ::-1], np.uint8)
    if reading.person is not None:
        mask = cv2.resize(reading.person, (canvas.shape[1], canvas.shape[0]))
        canvas[mask < 0.5] = canvas[mask < 0.5] // 2 + np.array([120, 90, 90], np.uint8)
    for face in reading.faces:
        _rectangle(canvas, (face.left, face.top, face.width, face.height), scale, _LINES)
    if reading.points is not None:
        _mesh(canvas, reading.points * np.float32(scale))
        if reading.pupils is not None:
            pupils = reading.pupils
            for (x, y), radius in ((pupils.right, pupils.right_radius_px), (pupils.left, pupils.left_radius_px)):
                cv2.circle(
                    canvas, (int(x * scale), int(y * scale)), max(1, int(radius * scale)), _PUPIL, 1, cv2.LINE_AA
                )
        box = place(reading.points, (reading.width_px, reading.height_px), limits.crop, reading.person).box
        _rectangle(canvas, (box.x, box.y, box.width, box.height), scale, _BOX, thick=3)
    done, png = cv2.imencode(".png", np.hstack([canvas, _table(tuple(checks), canvas.shape[0])]))
    if not done:
        raise PortraitError("the drawing cannot be written as a PNG")
    return png.tobytes()


def _mesh(canvas: np.ndarray, points: Points) -> None:
    for x, y in points[:, :2]:
        cv2.circle(canvas, (int(x), int(y)), 1, _POINTS, -1, cv2.LINE_AA)
    inner = [pair[0] for pair in INNER_LIPS] + [pair[1] for pair in INNER_LIPS[::-1]]
    for line, closed in ((JAW, False), (BROWS[:5], False), (BROWS[5:], False)):
        _line(canvas, points, line, closed=closed)
    for line in (RIGHT_EYE, LEFT_EYE, OUTER_LIPS, tuple(inner)):
        _line(canvas, points, line, closed=True)


def _line(canvas: np.ndarray, points: Points, which: tuple[int, ...], *, closed: bool) -> None:
    cv2.polylines(canvas, [np.round(points[list(which), :2]).astype(np.int32)], closed, _LINES, 1, cv2.LINE_AA)


def _rectangle(
    canvas: np.ndarray,
    box: tuple[float, float, float, float],
    scale: float,
    colour: tuple[int, int, int],
    thick: int = 1,
) -> None:
    x, y, wide, high = (int(one * scale) for one in box)
    cv2.rectangle(canvas, (x, y), (x + wide, y + high), colour, thick, cv2.LINE_AA)


def _table(checks: tuple[Check, ...], high: int) -> np.ndarray:
    row = 30
    table = np.full((max(high, row * (len(checks) + 1)), 430, 3), 250, np.uint8)
    for number, one in enumerate(checks, start=1):
        colour = _GOOD if one.passed else _ASKED if one.advises else _BAD
        bounds = ((">=", one.least), ("<=", one.most))
        limits = " ".join(f"{sign}{value:.4g}" for sign, value in bounds if value is not None)
        for x, text, ink in ((10, one.name, colour), (220, f"{one.value:.3f}", colour), (300, limits, _INK)):
            cv2.putText(table, text, (x, row * number), cv2.FONT_HERSHEY_PLAIN, 1.0, ink, 1, cv2.LINE_AA)
    return table[:high] if table.shape[0] > high else table
