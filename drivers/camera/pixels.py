"""From the camera's own pixels to R G B X, and upright.

Owns the conversion; refuses arrays of another shape. Full-range BT.601 (JPEG, sYCC), which is what picamera2's still
configuration asks of the camera.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

# Rows done at once: keeps the wide numbers of a 12-megapixel picture to a few megabytes.
_BAND_ROWS = 128
_FIXED = 16


def rgbx_of_yuv420(planes: Pixels, width_px: int, height_px: int) -> Pixels:
    """Convert planar YUV 4:2:0 into height x width x 4 bytes, R G B and 255.

    Args:
        planes: height * 3 / 2 rows of `stride` bytes: Y, then U, then V at half the width and half the stride.
        width_px: even, at most the stride; bytes beyond it are padding.
        height_px: even.

    Raises:
        ValueError: sizes are odd or do not fit the array.
    """
    rows, stride = planes.shape
    if width_px % 2 or height_px % 2 or stride % 2 or rows != height_px * 3 // 2 or not 0 < width_px <= stride:
        raise ValueError(f"{rows} x {stride} bytes are no YUV 4:2:0 picture of {width_px} x {height_px} pixels")
    luma = planes[:height_px, :width_px]
    chroma = planes[height_px:].reshape(2, height_px // 2, stride // 2)[:, :, : width_px // 2]
    rgbx = np.full((height_px, width_px, 4), 255, dtype=np.uint8)
    for top in range(0, height_px, _BAND_ROWS):
        bottom = min(top + _BAND_ROWS, height_px)
        u, v = (chroma[plane, top // 2 : bottom // 2].astype(np.int32) - 128 for plane in (0, 1))
        y = luma[top:bottom].astype(np.int32)
        for channel, colour in enumerate((_part(1.402, v), _part(-0.344136, u) + _part(-0.714136, v), _part(1.772, u))):
            offset = (colour + (1 << (_FIXED - 1))) >> _FIXED
            full = offset.repeat(2, axis=0).repeat(2, axis=1)
            rgbx[top:bottom, :, channel] = np.clip(y + full, 0, 255)
    return rgbx


def turned(rgbx: Pixels, clockwise_deg: int) -> Pixels:
    """Turn a picture clockwise by 0, 90, 180 or 270 degrees. Raises ValueError for any other angle."""
    if clockwise_deg not in (0, 90, 180, 270):
        raise ValueError(f"a picture cannot be turned by {clockwise_deg} degrees; give 0, 90, 180 or 270")
    return np.ascontiguousarray(np.rot90(rgbx, k=-clockwise_deg // 90))


def _part(weight: float, plane: npt.NDArray[np.int32]) -> npt.NDArray[Any]:
    return plane * round(weight * (1 << _FIXED))
