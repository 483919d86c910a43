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
LEGEND_PX: Final = 48


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
    done, data = cv2.imencode(".png", np.vstack([canvas, _legend(canvas.shape[1], cells)]))
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


def _legend(width_px: int, cells: Cells) -> NDArray[Any]:
    """A line below the print: what the marks mean, and the share of the finger that each of them has."""
    strip = np.full((LEGEND_PX, width_px, 3), 255, np.uint8)
    clarity = cells.clarity[cells.inside]
    weak, lost = (clarity < CLEAR) & (clarity >= WEAK), clarity < WEAK
    shares = (float(lost.mean()), float(weak.mean())) if clarity.size else (0.0, 0.0)
    named = ((2, "clear", 1 - sum(shares)), (1, "weak", shares[1]), (0, "lost", shares[0]))
    for place, (grade, name, share) in enumerate(named):
        left = 8 + place * max(64, (width_px - 8) // 3)
        tint = tuple(round(255 * (1 - _TINT) + _TINT * part) for part in _COLOURS[grade])
        cv2.rectangle(strip, (left, 9), (left + 29, 38), tint, cv2.FILLED)
        _mark(strip, (left + 15, 24), grade)
        told = f"{name} {100 * share:.0f} %" if clarity.size else name
        size = min(0.6, width_px / 900)
        cv2.putText(strip, told, (left + 36, 30), cv2.FONT_HERSHEY_SIMPLEX, size, (40, 40, 40), 1, cv2.LINE_AA)
    return strip


def _mark(canvas: NDArray[Any], middle: tuple[int, int], grade: int) -> None:
    x, y = middle
    if grade == 0:
        cv2.line(canvas, (x - 9, y - 9), (x + 9, y + 9), _COLOURS[0], 3, cv2.LINE_AA)
        cv2.line(canvas, (x - 9, y + 9), (x + 9, y - 9), _COLOURS[0], 3, cv2.LINE_AA)
    elif grade == 1:
        cv2.line(canvas, (x - 9, y), (x + 9, y), _COLOURS[1], 3, cv2.LINE_AA)
