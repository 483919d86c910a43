"""The part of a camera frame that a portrait is made of.

Owns the portrait's proportions and the unpacking of R G B X bytes. Refuses bytes that do not fit the stated size.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.errors import BadFrame
from kiosk.biometrics.portrait.limits import PROPORTION

Pixels = npt.NDArray[np.uint8]


_LONGEST_SIDE_PX: Final = 16_384


def portrait_part(rgba: bytes, width_px: int, height_px: int) -> Pixels:
    """Cut the largest 3:4 upright part out of the middle of a frame, never stretched.

    Returns height x width x 4 bytes, R G B X: a view into `rgba`. Raises BadFrame.
    """
    if not (0 < width_px <= _LONGEST_SIDE_PX and 0 < height_px <= _LONGEST_SIDE_PX):
        raise BadFrame(f"a frame of {width_px} x {height_px} pixels cannot be")
    if len(rgba) != width_px * height_px * 4:
        raise BadFrame(f"{len(rgba)} bytes are not {width_px} x {height_px} pixels of 4 bytes")
    frame = np.frombuffer(rgba, dtype=np.uint8).reshape(height_px, width_px, 4)
    units = min(width_px // PROPORTION[0], height_px // PROPORTION[1])
    if units == 0:
        raise BadFrame(f"a frame of {width_px} x {height_px} pixels is too small to cut a portrait from")
    wide, high = units * PROPORTION[0], units * PROPORTION[1]
    left, top = (width_px - wide) // 2, (height_px - high) // 2
    return frame[top : top + high, left : left + wide]


def reduced(part: Pixels, height_px: int) -> Pixels:
    """Make a 3:4 part at most that high; a smaller one stays as it is."""
    if part.shape[0] <= height_px:
        return part
    size = (round(height_px * PROPORTION[0] / PROPORTION[1]), height_px)
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)


def rgb_of(rgba: bytes, width_px: int, height_px: int) -> Pixels:
    """Give a camera's R G B X bytes as height x width x 3. Raises BadFrame."""
    if not (0 < width_px <= _LONGEST_SIDE_PX and 0 < height_px <= _LONGEST_SIDE_PX):
        raise BadFrame(f"a frame of {width_px} x {height_px} pixels cannot be")
    if len(rgba) != width_px * height_px * 4:
        raise BadFrame(f"{len(rgba)} bytes are not {width_px} x {height_px} pixels of 4 bytes")
    frame = np.frombuffer(rgba, dtype=np.uint8).reshape(height_px, width_px, 4)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGBA2RGB), np.uint8)
