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
_MOST_UNEVEN: Final = (0.6, 1.7)
_EVEN: Final = 0.004
_LIT: Final = 12
_FEWEST_LIT: Final = 24
_CORNER: Final = (slice(2, 12), slice(-12, -2))


def upright(grey: NDArray[np.uint8], dpi: int) -> tuple[Plane, bool]:
    """Give the picture at 500 dpi without frame, ridges dark; and whether it was a negative."""
    cut, bare = _at_500(_without_frame(grey), dpi), _without_white(grey)
    if _is_negative(cut) or (bare.size < grey.size and _is_negative(_at_500(bare, dpi))):
        # The black around the finger of a negative is glass, no frame; white around it is one.
        return np.asarray(255 - _at_500(bare, dpi), np.float32), True
    return cut, False


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


def _without_white(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Cut off a border of pure white, which would hide the dark glass of a negative."""
    spans = [np.flatnonzero(grey.min(axis) < 250) for axis in (1, 0)]
    if not all(span.size for span in spans):
        return grey
    cut = grey[int(spans[0][0]) : int(spans[0][-1]) + 1, int(spans[1][0]) : int(spans[1][-1]) + 1]
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
    low, high = (percentile(busy, share) for share in (10, 90)) if busy.size else (0.0, 0.0)
    if high - low < 20:
        return False
    dark = quiet & (small < low + 0.3 * (high - low))
    around = _from_corners(dark, at_least=max(0.012 * small.size, 0.3 * np.count_nonzero(dark)))
    return around > 0 and around > 3 * _from_corners(quiet & (small > (low + high) / 2))


def _from_corners(places: Mask, at_least: float = 0.0) -> int:
    """How many pixels belong to pieces that begin in a corner; 0 when they are no more than `at_least`."""
    if np.count_nonzero(places) <= at_least or not any(
        places[down, right].any() for down in _CORNER for right in _CORNER
    ):
        return 0
    _, labels, numbers, _ = cv2.connectedComponentsWithStats(places.astype(np.uint8))
    # Not the very corner: a speck of dirt or a line around the window may lie there.
    found = {int(label) for down in _CORNER for right in _CORNER for label in np.unique(labels[down, right])}
    count = sum(int(numbers[label, cv2.CC_STAT_AREA]) for label in found - {0})
    return count if count > at_least else 0


def flattened(picture: Plane) -> Plane:
    """Take out light that falls unevenly on the glass, as far as bare glass or clear valleys show it."""
    height, width = picture.shape
    coarse = halved(picture)
    across, down, level, bare = _lit(coarse)
    if level.size < _FEWEST_LIT:
        return picture
    # Middle of the picture 0, its longer half side 1.
    scale = max(height, width) / 2
    x, y = (2 * across - width / 2) / scale, (2 * down - height / 2) / scale
    columns = [np.ones_like(x), x, y]
    if bare and all(np.count_nonzero(half) > level.size // 5 for half in (x < 0, x > 0, y < 0, y > 0)):
        columns.append(x * x + y * y)
    slope = _fitted(columns, level)
    if slope.size == 4 and slope[3] > 0:
        # Lamps and lenses give less light to the rim, never more.
        slope = _fitted(columns[:3], level)
    fall = float(slope[3]) if slope.size == 4 else 0.0
    u = (np.linspace(0, width, width // 8, dtype=np.float32) - width / 2) / scale
    v = (np.linspace(0, height, height // 8, dtype=np.float32) - height / 2) / scale
    light = (slope[1] * u + fall * u * u)[None, :] + (slope[0] + slope[2] * v + fall * v * v)[:, None]
    gain = np.clip(float(light.mean()) / np.maximum(light, 1.0), *_MOST_UNEVEN).astype(np.float32)
    if np.abs(gain - 1).max() < _EVEN:
        return picture
    even = cv2.multiply(picture, cv2.resize(gain, (width, height), interpolation=cv2.INTER_LINEAR))
    return np.minimum(even, 255, out=even)


def _fitted(columns: list[Plane], level: Plane) -> NDArray[np.float64]:
    """Least squares by the normal equations: there are thousands of places, and four unknowns of one size."""
    known = np.stack(columns).astype(np.float64)
    return np.asarray(np.linalg.lstsq(known @ known.T, known @ level.astype(np.float64), rcond=None)[0], np.float64)


def _lit(coarse: Plane) -> tuple[Plane, Plane, Plane, bool]:
    """Where the full light is seen at half the size: columns, rows, levels; and whether that is bare glass.

    Bright quiet places are bare glass. Where there are hardly any, the finger fills the window, and its valleys show
    the light wherever they are clear: where dark and light differ, relative to the light, as much as anywhere.
    """
    waves = coarse - cv2.GaussianBlur(coarse, (0, 0), 4.5 / 2)
    strength = root(mean(np.square(waves), 8))
    quiet = strength < max(FAINTEST, 0.12 * percentile(strength, 95))
    quiet &= coarse > 0.6 * percentile(coarse, 97)
    if float(quiet.mean()) >= 0.12:
        y, x = np.nonzero(quiet[::4, ::4])
        return 4.0 * x, 4.0 * y, coarse[::4, ::4][y, x], True
    rows, columns = coarse.shape[0] // _LIT, coarse.shape[1] // _LIT
    blocks = coarse[: rows * _LIT, : columns * _LIT].reshape(rows, _LIT, columns, _LIT)
    low, high = blocks.min((1, 3)), blocks.max((1, 3))
    depth = (high - low) / np.maximum(high, 1.0)
    y, x = np.nonzero(depth > 0.85 * np.percentile(depth, 80))
    return _LIT * (x + 0.5), _LIT * (y + 0.5), high[y, x], False


def stretched(picture: Plane) -> Plane:
    """Bring a sensor whose bare glass is grey, as thermal ones are, to the range that the others use."""
    smooth = np.asarray(cv2.blur(cv2.convertScaleAbs(picture), (3, 3)), np.uint8)
    glass = percentile(smooth, 99)
    share = min(1.0, max(0.0, (215 - glass) / 35))
    if share == 0.0:
        return picture
    black = share * min(percentile(smooth, 2), _BLACKEST * glass)
    white = glass + share * (235 - glass)
    scale = white / max(glass - black, 20.0)
    return np.clip(picture * np.float32(scale) - np.float32(black * scale), 0, 255)
