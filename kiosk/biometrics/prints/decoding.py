"""A print that was written losslessly, read back as it was captured."""

import cv2
import numpy as np


def decode_png(data: bytes, width_px: int, height_px: int) -> bytes:
    """Read an 8-bit grey PNG (rows from the top). Raises ValueError when it is none, or not of this size."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if picture is None or picture.dtype != np.uint8 or picture.shape != (height_px, width_px):
        raise ValueError("this is no grey picture of the size that was written down for it")
    return picture.tobytes()
