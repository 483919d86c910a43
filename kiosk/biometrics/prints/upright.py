"""A picture as the rest wants it: at 500 dpi, without frame, ridges dark, light and levels evened out.

Nothing here knows what white or black is on a sensor: what is glass is told by where it is quiet.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.biometrics.prints.planes import DPI, FAINTEST, Mask, Plane, halved, mean, percentile, root, thinned

_NEAR_ENOUGH: Final = 0.04
_BLACKEST: Final = 0.3


def upright(grey: NDArray[np.uint8], dpi: int) -> tuple[Plane, bool]:
    """Give the picture at 500 dpi without frame, ridges dark; and whether it was a negative."""
    cut = _at_500(_without_frame(grey), dpi)
    if not _is_negative(cut):
        return cut, False
    # The black around the finger of a negative is glass, no frame.
    return np.asarray(255 - _at_500(grey, dpi), np.float32), True


def _at_500(grey: NDArray[np.uint8], dpi: int) -> Plane:
    if abs(dpi - DPI) > _NEAR_ENOUGH * DPI:
        scale = DPI / dpi
        size = max(16, round(grey.shape[1] * scale)), max(16, round(grey.shape[0] * scale))
        grey = np.asarray(
            cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), np.uint8
        )
    return grey.astype(np.float32)


def _without_frame(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off rows and columns of one single black or grey at the border: padding or a frame, no glass ever looks so.

    White ones stay: a maker's own clean-up leaves them, and they are part of the window.
    """
    grey_from = 0.8 * float(np.percentile(grey[::4, ::4], 98))
    spans: list[slice] = []
    for axis in (1, 0):
        low, high = grey.min(axis), grey.max(axis)
        # Padding is as even as no glass: darker than that, and the same from the border on.
        padding = (high <= 8) | ((high - low <= 1) & (high < grey_from))
        if padding.all():
            return grey
        begin, end = int(padding.argmin()), padding.size - int(padding[::-1].argmin())
        spans.append(slice(begin, end))
    cut = grey[spans[0], spans[1]]
    return cut if min(cut.shape) >= 48 else grey


def _is_negative(picture: Plane) -> bool:
    """Say whether ridges are bright: then the quiet surroundings of the finger are darker than what has ridges.

    Wet skin leaves dark quiet places too, but in the midst of the finger and not from a corner on.
    """
    height, width = (max(24, side // 2) for side in picture.shape)
    small = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    spread = mean(np.square(small - mean(small, 6)), 6)
    quiet = spread < max(12.0, 0.04 * percentile(spread, 95))
    if not 0.01 < float(np.count_nonzero(quiet)) / quiet.size < 0.97:
        return False
    busy = thinned(small)[~thinned(quiet)]
    low, high = (float(level) for level in np.percentile(busy, (10, 90))) if busy.size else (0.0, 0.0)
    if high - low < 20:
        return False
    dark, bright = quiet & (small < low + 0.3 * (high - low)), quiet & (small > (low + high) / 2)
    around = _from_corners(dark)
    return around > max(0.012 * small.size, 0.5 * int(dark.sum())) and around > 3 * _from_corners(bright)


def _from_corners(places: Mask) -> int:
    """How many pixels belong to pieces that begin in a corner."""
    corners = [(down, right) for down in (3, -4) for right in (3, -4) if places[down, right]]
    if not corners:
        return 0
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    return sum(int(numbers[label, cv2.CC_STAT_AREA]) for label in {int(labels[corner]) for corner in corners})


def flattened(picture: Plane) -> Plane:
    """Take out light that falls unevenly on the glass: a plane through the bright quiet places, where there are any."""
    coarse = halved(picture)
    waves = coarse - cv2.GaussianBlur(coarse, (0, 0), 4.5 / 2)
    strength = root(mean(np.square(waves), 8))
    quiet = strength < max(FAINTEST, 0.12 * percentile(strength, 95))
    quiet &= coarse > 0.6 * percentile(coarse, 97)
    if float(quiet.mean()) < 0.12:
        return picture
    y, x = np.nonzero(quiet[::4, ::4])
    places = np.stack([x * 8.0, y * 8.0, np.ones(x.size)], 1)
    slope, *_ = np.linalg.lstsq(places, coarse[::4, ::4][y, x].astype(np.float64), rcond=None)
    height, width = picture.shape
    across, along = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    plane = np.float32(slope[0]) * across[None, :] + np.float32(slope[1]) * along[:, None] + np.float32(slope[2])
    middle = float(plane.mean())
    gain = np.clip(middle / np.maximum(plane, 1.0), 0.7, 1.4)
    return np.asarray(np.clip(picture * gain, 0, 255), np.float32)


def stretched(picture: Plane) -> Plane:
    """Bring a sensor whose bare glass is grey, as thermal ones are, to the range that the others use."""
    glass = percentile(cv2.blur(picture, (3, 3)), 99)
    share = min(1.0, max(0.0, (215 - glass) / 35))
    if share == 0.0:
        return picture
    black = share * min(percentile(cv2.blur(picture, (3, 3)), 2), _BLACKEST * glass)
    white = glass + share * (235 - glass)
    return np.asarray(np.clip((picture - black) * (white / max(glass - black, 20.0)), 0, 255), np.float32)
