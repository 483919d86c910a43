"""A chip's portrait as a JPEG that a window can draw: JPEG 2000 is decoded, for showing alone."""

from typing import Final

import cv2
import numpy as np

_QUALITY: Final = 92
#: A chip's portrait has well under one megapixel; nothing larger is unpacked for the screen.
_LARGEST_PX: Final = 4096


def jpeg_to_show(picture: bytes) -> bytes | None:
    """Decode JPEG 2000 (or any picture that OpenCV knows) and give it as JPEG; None for what cannot be decoded."""
    if not picture:
        return None
    try:
        pixels = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        return None
    if pixels is None or max(pixels.shape[:2]) > _LARGEST_PX:
        return None
    written, content = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return content.tobytes() if written else None
