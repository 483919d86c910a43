"""From the camera's own pixels to R G B X, and upright.

Owns the conversion; refuses arrays of another shape. Full-range BT.601 (JPEG, sYCC), which is what picamera2's still
configuration asks of the camera. A Raspberry Pi delivers planar YUV 4:2:0, libcamera's virtual camera NV12.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

_TURNS: Final = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def rgbx_of(layout: str, planes: Pixels, width_px: int, height_px: int) -> Pixels:
    """Convert what a stream delivers into height x width x 4 bytes, R G B and 255.

    `layout` is picamera2's name of the pixel format: "YUV420" or "NV12". Raises ValueError for any other, and for
    sizes that are odd or do not fit the array.
    """
    if layout == "YUV420":
        return rgbx_of_yuv420(planes, width_px, height_px)
    if layout == "NV12":
        return rgbx_of_nv12(planes, width_px, height_px)
    raise ValueError(f"pixels of the format {layout} are not understood; YUV420 and NV12 are")


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
    if stride % 2 or not _fits(rows, stride, width_px, height_px):
        raise ValueError(f"{rows} x {stride} bytes are no YUV 4:2:0 picture of {width_px} x {height_px} pixels")
    chroma = planes[height_px:].reshape(2, height_px // 2, stride // 2)[:, :, : width_px // 2]
    return _joined(planes[:height_px, :width_px], chroma[0], chroma[1])


def rgbx_of_nv12(planes: Pixels, width_px: int, height_px: int) -> Pixels:
    """Convert NV12 into height x width x 4 bytes, R G B and 255.

    Args:
        planes: height * 3 / 2 rows: Y, then U and V by turns at half the width each.
        width_px: even, at most the row's length; bytes beyond it are padding.
        height_px: even.

    Raises:
        ValueError: sizes are odd or do not fit the array.
    """
    rows, stride = planes.shape
    if not _fits(rows, stride, width_px, height_px):
        raise ValueError(f"{rows} x {stride} bytes are no NV12 picture of {width_px} x {height_px} pixels")
    pairs = planes[height_px:, :width_px].reshape(height_px // 2, width_px // 2, 2)
    return _joined(planes[:height_px, :width_px], pairs[:, :, 0], pairs[:, :, 1])


def turned(rgbx: Pixels, clockwise_deg: int) -> Pixels:
    """Turn a picture clockwise by 0, 90, 180 or 270 degrees. Raises ValueError for any other angle."""
    if clockwise_deg == 0:
        return rgbx
    if clockwise_deg not in _TURNS:
        raise ValueError(f"a picture cannot be turned by {clockwise_deg} degrees; give 0, 90, 180 or 270")
    return np.asarray(cv2.rotate(rgbx, _TURNS[clockwise_deg]), np.uint8)


def _fits(rows: int, stride: int, width_px: int, height_px: int) -> bool:
    even = not (width_px % 2 or height_px % 2)
    return even and height_px > 0 and rows == height_px * 3 // 2 and 0 < width_px <= stride


def _joined(luma: Pixels, u: Pixels, v: Pixels) -> Pixels:
    size = (luma.shape[1], luma.shape[0])
    # OpenCV's own YUV 4:2:0 conversions are limited-range (video); this one is full-range, and takes V before U.
    whole = [cv2.resize(np.ascontiguousarray(plane), size, interpolation=cv2.INTER_LINEAR) for plane in (v, u)]
    rgb = cv2.cvtColor(cv2.merge((np.ascontiguousarray(luma), *whole)), cv2.COLOR_YCrCb2RGB)
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2RGBA), np.uint8)
