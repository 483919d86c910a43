"""Planes of 32-bit floats and the few things that are done with all of them."""

import math
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[Any]
"""32-bit floats, rows from the top; OpenCV's own types do not say so."""
Mask = NDArray[np.bool_]

DPI: Final = 500
PX_PER_MM: Final = DPI / 25.4
FAINTEST: Final = 3.0
"""Amplitude in grey levels below which nothing counts as ridges."""
_PLACES: Final = 6_000


def halved(plane: Plane) -> Plane:
    """Mean of each two by two pixels of a plane of even size."""
    return cv2.resize(plane, (plane.shape[1] // 2, plane.shape[0] // 2), interpolation=cv2.INTER_AREA)


def enlarged(plane: Plane) -> Plane:
    """A plane at twice its size."""
    return cv2.resize(plane, (2 * plane.shape[1], 2 * plane.shape[0]), interpolation=cv2.INTER_LINEAR)


def thinned(plane: NDArray[Any]) -> NDArray[Any]:
    """Some thousands of places spread evenly over all of a plane: enough for its percentiles."""
    side = max(1, math.isqrt(plane.size // _PLACES))
    return plane[::side, ::side]


def percentile(values: Plane, share: float) -> float:
    """Percentile of some thousands of places spread over all: as good, and many times as fast."""
    few = thinned(values).ravel() if values.ndim == 2 else values[:: max(1, values.size // _PLACES)]
    place = share / 100 * (few.size - 1)
    below = int(place)
    ordered = np.partition(few, [below, min(below + 1, few.size - 1)])
    low, high = float(ordered[below]), float(ordered[min(below + 1, few.size - 1)])
    return low + (place - below) * (high - low)


def mean(plane: NDArray[Any], size_px: int) -> Plane:
    """Mean over a square about each pixel."""
    return cv2.boxFilter(plane, -1, (size_px | 1, size_px | 1)).astype(np.float32, copy=False)


def root(plane: Plane) -> Plane:
    """Square root of what cannot be below nothing."""
    # The sums of a box filter may come out a little below nothing.
    return np.sqrt(np.maximum(plane, 0))


def binned(plane: NDArray[Any], side: int) -> Plane:
    """Mean of each cell; what is left over at the right and the bottom is left out."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side]
    return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)
