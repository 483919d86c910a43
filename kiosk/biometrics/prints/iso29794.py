"""Features of ISO/IEC 29794-4 as its reference implementation (NFIQ 2) defines them, on blocks of 32 pixels at 500 dpi.

OCL: certainty of the ridge direction. OFL: how it changes to the neighbouring blocks. FDA: how much of the profile
across the ridges is one frequency. LCS: how clearly ridges and valleys differ. RVU: ridge width by valley width. Means
over the blocks of the foreground; None where there are too few blocks. Computed for all blocks at once.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Pixels = NDArray[np.float32]
"""Grey levels; whole numbers, as every picture has, are exact."""

BLOCK: Final = 32
_ACROSS: Final = 16
_OFFSET: Final = 2
_FOREGROUND: Final = 0.1
_WHITE: Final = 250
_LEAST_CHANGE_DEG: Final = 4.0
_RIDGE_PX: Final = (3.0, 10.0)
_VALLEY_PX: Final = (2.0, 10.0)
_SCALE: Final = 20.0
_FEWEST: Final = 4


class _Cut(NamedTuple):
    """A window within the turned surroundings of a block, which are `side` pixels wide."""

    side: int
    top: int
    bottom: int
    left: int
    right: int


#: The reference turns some blocks within wider surroundings, and cuts there without making up for it.
_LEVEL: Final = _Cut(36, 10, 26, 2, 34)
_WIDE: Final = _Cut(40, 10, 26, 2, 34)
_UPRIGHT: Final = _Cut(40, 2, 34, 10, 26)


@dataclass(frozen=True, slots=True)
class IsoFeatures:
    """Mean local quality features; see the module. `blocks` is how many blocks of the foreground they rest on."""

    blocks: int
    ocl: float | None = None
    ofl: float | None = None
    fda: float | None = None
    lcs: float | None = None
    rvu: float | None = None


def iso_features(grey: NDArray[Any]) -> IsoFeatures:
    """Compute the features of a picture at 500 dpi, 0 = ridge."""
    picture = _without_white_frame(np.asarray(grey, np.float32))
    height, width = picture.shape
    if min(height, width) < BLOCK + 2 * _OFFSET or float(np.ptp(picture)) == 0.0:
        return IsoFeatures(0)
    rows = np.arange(_OFFSET, height - (BLOCK + _OFFSET - 1), BLOCK)
    columns = np.arange(_OFFSET, width - (BLOCK + _OFFSET - 1), BLOCK)
    if not (rows.size and columns.size):
        return IsoFeatures(0)
    tensor = _tensor(picture[_OFFSET : _OFFSET + BLOCK * rows.size, _OFFSET : _OFFSET + BLOCK * columns.size])
    found = _foreground(picture)
    inside = np.ones((rows.size, columns.size), dtype=np.bool_)
    for down in (0, BLOCK - 1):
        for right in (0, BLOCK - 1):
            inside &= found[((rows + down) // BLOCK)[:, None], ((columns + right) // BLOCK)[None, :]]
    if int(inside.sum()) < _FEWEST:
        return IsoFeatures(int(inside.sum()), _ocl(picture))
    angles = _angles(tensor)
    corners = np.stack(np.broadcast_arrays(rows[:, None], columns[None, :]), -1)[inside].astype(np.int32) - _OFFSET
    turned = angles[inside]
    lcs = _clarity(_turned(picture, corners, turned, _LEVEL))
    ratios = _uniformity(_turned(picture, corners, turned, _WIDE))
    along = _turned(picture, corners, turned + math.pi / 2, _UPRIGHT)
    return IsoFeatures(
        blocks=int(inside.sum()),
        ocl=_ocl(picture),
        ofl=_ofl(angles, inside),
        fda=float(_fda(along).mean()),
        lcs=float(lcs.mean()),
        rvu=float(ratios.mean()) if ratios.size else None,
    )


def _without_white_frame(picture: Pixels) -> Pixels:
    """Cut off what is nearly white at each side, as the reference does before it measures."""
    rows, columns = (np.flatnonzero(picture.mean(axis, dtype=np.float64) <= _WHITE) for axis in (1, 0))
    if not (rows.size and columns.size):
        return picture
    return picture[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _tensor(picture: Pixels) -> tuple[Array, Array, Array]:
    """Mean squares and product of the grey gradients of each block, whose borders are not looked beyond.

    `picture` is whole blocks. Of whole grey levels, twice the gradients and their products are exact in 32 bits.
    """
    dx, dy, product = np.empty_like(picture), np.empty_like(picture), np.empty_like(picture)
    np.subtract(picture[:, 2:], picture[:, :-2], out=dx[:, 1:-1])
    np.subtract(picture[2:], picture[:-2], out=dy[1:-1])
    for first, second in ((0, 1), (BLOCK - 2, BLOCK - 1)):
        edge = 0 if first == 0 else BLOCK - 1
        dx[:, edge::BLOCK] = 2 * (picture[:, second::BLOCK] - picture[:, first::BLOCK])
        dy[edge::BLOCK] = 2 * (picture[second::BLOCK] - picture[first::BLOCK])
    number = 4.0 * BLOCK * BLOCK
    a, b, c = (_sums(np.multiply(one, other, out=product)) for one, other in ((dx, dx), (dy, dy), (dx, dy)))
    return a / number, b / number, c / number


def _sums(plane: Pixels) -> Array:
    """Sum of each block of a plane of whole blocks."""
    height, width = plane.shape
    lines = plane.reshape(height // BLOCK, BLOCK, width).sum(1, dtype=np.float64)
    return lines.reshape(height // BLOCK, width // BLOCK, BLOCK).sum(2)


def _angles(tensor: tuple[Array, Array, Array]) -> Array:
    """Direction across the ridges, as the reference computes it (its sine is not doubled)."""
    a, b, c = tensor
    return np.arctan2(c, a - b) / 2


def _ocl(picture: Pixels) -> float | None:
    """Orientation certainty over whole blocks from the corner: one minus the ratio of the tensor's eigenvalues."""
    height, width = (size // BLOCK * BLOCK for size in picture.shape)
    a, b, c = _tensor(picture[:height, :width])
    spread = np.sqrt((a - b) ** 2 + 4 * c * c)
    # Flat blocks have no direction and are left out, as the reference leaves out those without a gradient.
    some = (a + b) > 0
    return float((1 - (a + b - spread)[some] / (a + b + spread)[some]).mean()) if some.any() else None


def _foreground(picture: Pixels) -> NDArray[np.bool_]:
    """Blocks from the corner, the last ones cut short, whose deviation exceeds a tenth of the whole picture's."""
    height, width = picture.shape
    filled = np.pad(picture, ((0, -height % BLOCK), (0, -width % BLOCK)))
    rows, columns = (np.minimum(BLOCK, size - np.arange(0, size, BLOCK)) for size in (height, width))
    number = rows[:, None] * columns[None, :]
    total, squares = _sums(filled), _sums(filled * filled)
    spread = squares / number - (total / number) ** 2
    whole = squares.sum() / picture.size - (total.sum() / picture.size) ** 2
    return spread > _FOREGROUND**2 * whole


def _turned(picture: Pixels, corners: NDArray[Any], turns: Array, cut: _Cut) -> Pixels:
    """Cut a turned window out of the surroundings of each block, by the nearest pixel as the reference's library does.

    That library reckons places in 1024ths of a pixel. What lies beyond the surroundings counts as 0.
    """
    y, x = np.arange(cut.top, cut.bottom, dtype=np.float64), np.arange(cut.left, cut.right, dtype=np.float64)
    side, centre = cut.side, cut.side / 2
    cos, sin = np.cos(turns)[:, None], np.sin(turns)[:, None]
    to_x, to_y = centre - centre * cos + centre * sin, centre - centre * sin - centre * cos
    from_x = _places(cos * x, to_x - sin * y)
    from_y = _places(sin * x, to_y + cos * y)
    if side == _LEVEL.side:
        # Half the window's diagonal is less than half a side: nothing lies beyond the surroundings.
        down, right = (corners[:, axis, None, None] for axis in (0, 1))
        return picture.ravel().take((from_y + down) * picture.shape[1] + (from_x + right))
    wider = (side - BLOCK - 2 * _OFFSET) // 2
    above, before = corners[:, 0, None, None] - wider, corners[:, 1, None, None] - wider
    height, width = picture.shape
    low_x, high_x = np.maximum(0, -before), np.minimum(side, width - before)
    low_y, high_y = np.maximum(0, -above), np.minimum(side, height - above)
    within = (from_x >= low_x) & (from_x < high_x) & (from_y >= low_y) & (from_y < high_y)
    places = (from_y + above) * width + (from_x + before)
    # What lies beyond may point anywhere and is struck out.
    return picture.ravel().take(places, mode="clip") * within


def _places(along_row: Array, along_column: Array) -> NDArray[np.int32]:
    """Add what columns (blocks x columns) and rows (blocks x rows) give, both rounded, to whole places."""
    right, down = (np.rint(part * 1024).astype(np.int32) for part in (along_row, along_column))
    return (right[:, None, :] + (down[:, :, None] + 512)) >> 10


def _fda(windows: Pixels) -> Array:
    amplitude = np.abs(np.fft.fft(windows.mean(2, dtype=np.float64), axis=1))[:, 1:]
    peak = amplitude.argmax(1)
    last = amplitude.shape[1]
    number = np.arange(len(amplitude))
    beside = amplitude[number, np.maximum(peak - 1, 0)] + amplitude[number, np.minimum(peak + 1, last - 1)]
    total = amplitude[:, : last // 2].sum(1)
    share = (amplitude.max(1) + 0.3 * beside) / np.maximum(total, 1e-9)
    return np.where((peak == 0) | (peak + 1 >= last), 1.0, share)


def _ridges(windows: Pixels) -> tuple[Array, NDArray[np.bool_]]:
    """Give the threshold and where ridges are, column by column: darker than a straight line through the profile."""
    profile = windows.mean(1, dtype=np.float64)
    x = np.arange(1, BLOCK + 1)
    slope = ((profile - profile.mean(1, keepdims=True)) * (x - x.mean())).sum(1) / ((x - x.mean()) ** 2).sum()
    line = profile.mean(1, keepdims=True) + slope[:, None] * (x - x.mean())
    line = np.round(line, 9)
    return line, profile < line


def _clarity(windows: Pixels) -> Array:
    """Give the share of pixels of each window that are as dark or light as their column says."""
    line, ridge = _ridges(windows)
    wrong_ridge = ((windows >= line[:, None, :]) & ridge[:, None, :]).sum((1, 2))
    wrong_valley = ((windows < line[:, None, :]) & ~ridge[:, None, :]).sum((1, 2))
    ridges, valleys = ridge.sum(1) * _ACROSS, (~ridge).sum(1) * _ACROSS
    clear = 1 - (wrong_valley / np.maximum(valleys, 1) + wrong_ridge / np.maximum(ridges, 1)) / 2
    clear[~_plausible(ridge)] = 0.0
    return clear


def _changes(ridge: NDArray[np.bool_], length: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Give where within `length` ridge and valley change: rows, places just before, and their numbers in the row."""
    rows, places = np.nonzero(ridge[:, : length - 1] != ridge[:, 1:length])
    return rows, places, np.arange(rows.size) - np.searchsorted(rows, rows)


def _plausible(ridge: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say for each row whether mean ridge and valley widths are those of a finger at 500 dpi."""
    rows, places, number = _changes(ridge, BLOCK)
    widths = np.where(number == 0, places, np.diff(places, prepend=0))
    of_ridge = (number % 2 == 0) == ridge[rows, 0]
    fits = np.bincount(rows, minlength=len(ridge)) > 0
    for kind, (low, high) in ((of_ridge, _RIDGE_PX), (~of_ridge, _VALLEY_PX)):
        # In the reference's own steps: its sums of fractions, one after the other, decide where a mean is at a limit.
        total = np.bincount(rows[kind], widths[kind] / _SCALE, minlength=len(ridge))
        mean = total * (1 / np.maximum(1, np.bincount(rows[kind], minlength=len(ridge))))
        fits &= (low / _SCALE <= mean) & (mean <= high / _SCALE)
    return fits


def _uniformity(windows: Pixels) -> Array:
    """Give the ratios of ridge to valley widths of all windows.

    As the reference takes them: of neighbouring widths from the end, without the ends, every second one inverted.
    """
    ridge = _ridges(windows)[1]
    rows, places, number = _changes(ridge, BLOCK - 1)
    if rows.size < _FEWEST:
        return np.zeros(0)
    widths = np.diff(places, prepend=0)
    ratios = widths[1:] / np.maximum(1, widths[:-1])
    from_end = np.bincount(rows, minlength=len(ridge))[rows] - 1 - number
    begins = ridge[rows, places[np.arange(rows.size) - number] + 1]
    inverted = (from_end % 2 == begins)[1:]
    counted = (number >= 3)[1:]
    return np.where(inverted, 1 / np.where(counted, ratios, 1), ratios)[counted]


def _ofl(angles: Array, inside: NDArray[np.bool_]) -> float | None:
    padded = np.pad(angles, 1)
    height, width = angles.shape
    total = np.zeros_like(angles)
    whole = np.ones_like(inside)
    framed = np.pad(inside, 1)
    for dy in range(3):
        for dx in range(3):
            beside = padded[dy : dy + height, dx : dx + width]
            change = np.abs(beside - angles)
            total += np.minimum(change, 2 * math.pi - change)
            whole &= framed[dy : dy + height, dx : dx + width]
    least = math.radians(_LEAST_CHANGE_DEG)
    scores = (total / 8 - least) / (math.pi / 2 - least)
    counted = scores[whole & (total / 8 > least)]
    return float(counted.mean()) if counted.size else None
