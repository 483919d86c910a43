"""The accepted portrait as the file that is kept: a JPEG of bounded size.

Owns the choice between size and quality. Refuses to enlarge: a small portrait stays small.
"""

from typing import Final

import cv2

from kiosk.biometrics.portrait.errors import PortraitError
from kiosk.biometrics.portrait.frames import Pixels, portrait_part, reduced

LARGEST_BYTES: Final = 150_000
# What a photograph of a face fills at the least; below it, quality is raised as far as it goes. A picture with little
# in it may still come out smaller.
AIMED_BYTES: Final = 40_000
LARGEST_HEIGHT_PX: Final = 1280

_HEIGHTS_PX: Final = (LARGEST_HEIGHT_PX, 1024, 800, 640, 532)
_QUALITIES: Final = (95, 92, 88, 84, 80)
_FINEST: Final = 99
_LAST_QUALITY: Final = 40


def encode(rgba: bytes, width_px: int, height_px: int) -> bytes:
    """Cut a frame to 3:4 and give it as a JPEG of at most 150 kB and 960 x 1280 pixels, without any metadata.

    Quality 95 to 80 at the largest size that fits; a busy picture is made smaller before it is made worse. Raises
    BadFrame when the bytes are no frame of that size.
    """
    part = portrait_part(rgba, width_px, height_px)
    smaller = part
    for step_px in _HEIGHTS_PX:
        smaller = reduced(part, step_px)
        for quality in _QUALITIES:
            jpeg = _jpeg(smaller, quality)
            if len(jpeg) <= LARGEST_BYTES:
                finer = _jpeg(smaller, _FINEST) if len(jpeg) < AIMED_BYTES else jpeg
                return finer if len(finer) <= LARGEST_BYTES else jpeg
    return _jpeg(smaller, _LAST_QUALITY)


def _jpeg(part: Pixels, quality: int) -> bytes:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_OPTIMIZE, 1]
    written, content = cv2.imencode(".jpg", cv2.cvtColor(part, cv2.COLOR_RGBA2BGR), options)
    if not written:
        raise PortraitError("the portrait cannot be written as a JPEG")
    return content.tobytes()
