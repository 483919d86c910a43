"""A print as a lossless file."""

import cv2
import numpy as np


def encode_png(grey: bytes, width_px: int, height_px: int) -> bytes:
    """Write an 8-bit grey image (rows from the top) as PNG. Raises ValueError when the bytes do not fill the size."""
    picture = np.frombuffer(grey, np.uint8).reshape(height_px, width_px)
    done, data = cv2.imencode(".png", picture)
    if not done:
        raise ValueError("the print could not be written as PNG")
    return data.tobytes()
