"""The QR code in a picture file, for the technician's bench."""

from pathlib import Path

import cv2
import numpy as np

from kiosk.chip.errors import BadQr
from kiosk.chip.qr import QrIdentity, find_qr, parse_qr


def qr_in_file(file: Path) -> QrIdentity:
    """Find and read a card's QR code in a JPEG, PNG or other usual picture. Raises BadQr, naming what is wrong."""
    try:
        picture = cv2.imdecode(np.frombuffer(file.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except OSError as error:
        raise BadQr(f"it cannot be read ({error.strerror})") from error
    except cv2.error:
        picture = None
    if picture is None:
        raise BadQr("it is no picture that can be read: give a JPEG, a PNG or another usual format")
    height, width = picture.shape[:2]
    text = find_qr(cv2.cvtColor(picture, cv2.COLOR_BGR2RGBA).tobytes(), width, height)
    if text is None:
        raise BadQr("no QR code was found in it")
    return parse_qr(text)
