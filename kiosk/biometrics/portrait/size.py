"""How large a portrait file is."""

import cv2
import numpy as np

from kiosk.biometrics.portrait.errors import BadFrame


def size_of(jpeg: bytes) -> tuple[int, int]:
    """Give width and height in pixels. Raises BadFrame for what is no picture."""
    # OpenCV answers nothing at all with an error of its own instead of with None.
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_GRAYSCALE) if jpeg else None
    if picture is None:
        raise BadFrame("this is no picture that can be decoded")
    height_px, width_px = picture.shape[:2]
    return int(width_px), int(height_px)
