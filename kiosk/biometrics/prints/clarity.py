"""How clear the ridges are, place by place, and a drawing of it over the print.

Green is clear, amber with a stroke is weak, red with a cross is lost: told by shape as much as by colour.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.biometrics.prints.assessment import picture_of
from kiosk.biometrics.prints.field import take_apart
from kiosk.biometrics.prints.measures import CELL, Cells, measure

CLEAR: Final = 0.6
WEAK: Final = 0.3
_COLOURS: Final = ((40, 40, 205), (0, 165, 245), (110, 170, 30))
"""Lost, weak, clear; as OpenCV orders them: blue, green, red."""
_TINT: Final = 0.35
_ENLARGED: Final = 3


def clarity_map(grey: bytes, width_px: int, height_px: int, dpi: int) -> NDArray[np.float32]:
    """Give the clarity of each cell of 0.8 mm, 0 to 1, rows from the top; NaN where no finger lies.

    Raises ValueError as assess() does.
    """
    _, cells = measure(take_apart(picture_of(grey, width_px, height_px, dpi), dpi))
    return np.where(cells.inside, cells.clarity, np.float32("nan")).astype(np.float32)


def draw_map(grey: bytes, width_px: int, height_px: int, dpi: int) -> bytes:
    """Draw the clarity over the print, enlarged, as PNG. Raises ValueError as assess() does."""
    field = take_apart(picture_of(grey, width_px, height_px, dpi), dpi)
    _, cells = measure(field)
    size = field.picture.shape[1] * _ENLARGED, field.picture.shape[0] * _ENLARGED
    print_ = cv2.resize(field.picture, size, interpolation=cv2.INTER_CUBIC)
    canvas = cv2.cvtColor(np.clip(print_, 0, 255).astype(np.uint8), cv2.COLOR_GRAY2BGR)
    _paint(canvas, cells)
    done, data = cv2.imencode(".png", canvas)
    if not done:
        raise ValueError("the map could not be written as PNG")
    return data.tobytes()


def _paint(canvas: NDArray[Any], cells: Cells) -> None:
    side = CELL * _ENLARGED
    for row, column in np.argwhere(cells.inside):
        clarity = float(cells.clarity[row, column])
        grade = 2 if clarity >= CLEAR else 1 if clarity >= WEAK else 0
        top, left = int(row) * side, int(column) * side
        cell = canvas[top : top + side, left : left + side]
        tint = np.full_like(cell, _COLOURS[grade])
        cell[:] = cv2.addWeighted(cell, 1 - _TINT, tint, _TINT, 0)
        _mark(canvas, (left + side // 2, top + side // 2), grade)


def _mark(canvas: NDArray[Any], middle: tuple[int, int], grade: int) -> None:
    x, y = middle
    if grade == 0:
        cv2.line(canvas, (x - 9, y - 9), (x + 9, y + 9), _COLOURS[0], 3, cv2.LINE_AA)
        cv2.line(canvas, (x - 9, y + 9), (x + 9, y - 9), _COLOURS[0], 3, cv2.LINE_AA)
    elif grade == 1:
        cv2.line(canvas, (x - 9, y), (x + 9, y), _COLOURS[1], 3, cv2.LINE_AA)
