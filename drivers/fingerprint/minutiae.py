"""What a module's own processor makes of a print: minutiae, their comparison, and how much is too little.

Owns finding minutiae in a thinned print (crossing numbers), throwing false ones away, and a comparison that forgives
turning and shifting. It is honest work on the pixels, so its scores show what a press is worth to a matcher; it is no
registration-grade matcher. numpy alone, simulator side only.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from drivers.fingerprint.skeleton import MM_PER_INCH, Mask, Skeleton, blurred, crossings, neighbours, skeleton_of

CELL_PX = 16
"""The edge of one cell of the map that tells where the finger lay."""
LEAST_MINUTIAE = 7
LEAST_AREA_MM2 = 22.0
LEAST_CLARITY = 0.34
MOST_MINUTIAE = 90
BEST_SCORE = 999
_TURN_BINS = 48
_MOST_TURN = math.radians(50)
_BIN_MM = 0.6
_NEAR_MM = 0.55
_NEAR_TURN = math.radians(24)
_PEAKS = 6


class Shortcoming(StrEnum):
    """Why no template can be made of a print."""

    MESSY = "messy"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Minutiae:
    """What is left of a print. `points` is n x 4: x, y in pixels from the top left, direction in radians, kind.

    The direction points along the ridge from its end, or into the fork's valley; kind is 0 for an end and 1 for a
    fork. The clearest come first. `cells` tells for each square of CELL_PX where the finger lay, `clarity` from 0 to
    1 how well its ridges could be seen.
    """

    points: NDArray[np.float32]
    cells: Mask
    width_px: int
    height_px: int
    dpi: int
    clarity: float = 1.0

    @property
    def area_mm2(self) -> float:
        """How much of the finger was seen."""
        return float(np.count_nonzero(self.cells)) * (CELL_PX * MM_PER_INCH / self.dpi) ** 2

    @property
    def shortcoming(self) -> Shortcoming | None:
        """What keeps this from being a template; None when it will do."""
        if self.area_mm2 < LEAST_AREA_MM2:
            return Shortcoming.TOO_FEW
        if self.clarity < LEAST_CLARITY:
            return Shortcoming.MESSY
        return Shortcoming.TOO_FEW if len(self.points) < LEAST_MINUTIAE else None


def extract(grey: bytes, width_px: int, height_px: int, *, dpi: int = 500) -> Minutiae:
    """Find the minutiae of a print: height x width bytes, rows from the top, 0 = ridge.

    Never refuses a print: `shortcoming` tells whether a module would. Raises ValueError when the size is wrong.
    """
    thin = skeleton_of(grey, width_px, height_px, dpi=dpi)
    inner = _inner(thin, dpi)
    ways = np.where(thin.lines & inner, crossings()[neighbours(thin.lines)], 0)
    rows, columns = np.nonzero((ways == 1) | (ways == 3))
    kinds = (ways[rows, columns] == 3).astype(np.float32)
    turns = _directions(thin, rows, columns, kinds)
    points = np.stack([columns, rows, turns, kinds], axis=1).astype(np.float32)
    worth = thin.clarity[rows, columns]
    order = np.argsort(-worth, kind="stable")
    points = points[order]
    points = points[_true_ones(points, thin.period_px)][:MOST_MINUTIAE]
    share = float(thin.clarity[thin.touched].mean()) if thin.touched.any() else 0.0
    return Minutiae(points, _cells(thin.touched), width_px, height_px, dpi, share)


def score(one: Minutiae, other: Minutiae) -> int:
    """Say how much two prints agree: 0 (nothing) to 999 (all), turned and shifted as fits best."""
    if min(len(one.points), len(other.points)) < 3:
        return 0
    best = 0
    for turn, shift in _placements(one, other):
        best = max(best, _agreement(one, other, turn, shift))
    return best


def _inner(thin: Skeleton, dpi: int) -> Mask:
    """Where a line that ends does not end because the window or the finger does."""
    rim = max(6, round(0.55 * dpi / MM_PER_INCH))
    whole = np.zeros_like(thin.touched)
    whole[rim:-rim, rim:-rim] = True
    return np.logical_and(whole, blurred(thin.touched.astype(np.float32), rim) > 0.985)


def _directions(thin: Skeleton, rows: NDArray[Any], columns: NDArray[Any], kinds: NDArray[Any]) -> NDArray[Any]:
    """Tell the two ways along the flow apart: a ridge goes on from its end, a valley from its fork."""
    flow = thin.flow[rows, columns]
    ahead = np.zeros_like(flow)
    for share in (0.5, 0.75, 1.0):
        reach = share * thin.period_px
        right, up = reach * np.cos(flow), reach * np.sin(flow)
        ahead += _at(thin.waves, rows - up, columns + right) - _at(thin.waves, rows + up, columns - right)
    ahead = np.where(kinds > 0, -ahead, ahead)
    return np.where(ahead >= 0, flow, flow + math.pi)


def _at(plane: NDArray[Any], rows: NDArray[Any], columns: NDArray[Any]) -> NDArray[Any]:
    down = np.clip(np.rint(rows), 0, plane.shape[0] - 1).astype(np.intp)
    right = np.clip(np.rint(columns), 0, plane.shape[1] - 1).astype(np.intp)
    return np.asarray(plane[down, right])


def _true_ones(points: NDArray[np.float32], period_px: float) -> Mask:
    """Drop what breaks, bridges and spurs leave: pairs that face each other, and all but one of a cluster."""
    near = np.hypot(*(points[:, None, axis] - points[None, :, axis] for axis in (0, 1)))
    opposed = np.cos(points[:, None, 2] - points[None, :, 2]) < 0.3
    false = ((near < 0.95 * period_px) & opposed & (near > 0)).any(axis=1)
    earlier = np.tri(len(points), k=-1, dtype=np.bool_)
    twice = ((near < 0.6 * period_px) & earlier).any(axis=1)
    return np.logical_not(np.asarray(false | twice))


def _cells(touched: Mask) -> Mask:
    height, width = (-(-size // CELL_PX) for size in touched.shape)
    whole = np.zeros((height * CELL_PX, width * CELL_PX), np.float32)
    whole[: touched.shape[0], : touched.shape[1]] = touched
    return whole.reshape(height, CELL_PX, width, CELL_PX).mean(axis=(1, 3)) > 0.5


def _placements(one: Minutiae, other: Minutiae) -> list[tuple[float, tuple[float, float]]]:
    """Give the turns and shifts, best first, that lay most of `one` on `other` (a Hough vote of all pairs)."""
    a, b = one.points, other.points
    turn = (b[None, :, 2] - a[:, None, 2] + math.pi) % (2 * math.pi) - math.pi
    first, second = np.nonzero(np.abs(turn) <= _MOST_TURN)
    if len(first) == 0:
        return []
    turns = turn[first, second]
    x, y = _turned(a[first, 0], a[first, 1], turns)
    shift_x, shift_y = b[second, 0] - x, b[second, 1] - y
    step = _BIN_MM * one.dpi / MM_PER_INCH
    turn_step = 2 * math.pi / _TURN_BINS
    places = np.stack([turns / turn_step, shift_x / step, shift_y / step])
    low = places.min(axis=1) - 1.5
    sizes = np.ceil(places.max(axis=1) - low).astype(int) + 3
    votes = np.zeros(sizes, np.float32)
    base = np.floor(places - low[:, None]).astype(np.intp)
    share = (places - low[:, None] - base).astype(np.float32)
    for corner in range(8):
        ahead = np.array([(corner >> axis) & 1 for axis in range(3)])[:, None]
        weight = np.prod(np.where(ahead == 1, share, 1 - share), axis=0)
        np.add.at(votes, tuple(base + ahead), weight)
    soft = votes.copy()
    for axis in range(3):
        soft = soft + np.roll(soft, 1, axis) + np.roll(soft, -1, axis)
    found: list[tuple[float, tuple[float, float]]] = []
    for _ in range(_PEAKS):
        peak = np.unravel_index(int(np.argmax(soft)), soft.shape)
        near = (np.abs(places - low[:, None] - np.array(peak)[:, None]) <= 1.6).all(axis=0)
        if near.sum() >= 2:
            found.append((
                float(turns[near].mean()), (float(shift_x[near].mean()), float(shift_y[near].mean())),
            ))  # fmt: skip
        soft[tuple(slice(max(0, at - 1), at + 2) for at in peak)] = 0
    return found


def _turned(x: NDArray[Any], y: NDArray[Any], turn: NDArray[Any] | float) -> tuple[NDArray[Any], NDArray[Any]]:
    """Turn places counter-clockwise about the top left; y runs downwards."""
    return x * np.cos(turn) + y * np.sin(turn), -x * np.sin(turn) + y * np.cos(turn)


def _agreement(one: Minutiae, other: Minutiae, turn: float, shift: tuple[float, float]) -> int:
    """Say how much of what both could see agrees, with `one` laid on `other`."""
    a, b = one.points, other.points
    per_mm = one.dpi / MM_PER_INCH
    mates = np.zeros(0, np.intp), np.zeros(0, np.intp)
    for near_mm in (1.3 * _NEAR_MM, _NEAR_MM, _NEAR_MM):
        x, y = _turned(a[:, 0], a[:, 1], turn)
        x, y = x + shift[0], y + shift[1]
        away = np.hypot(x[:, None] - b[None, :, 0], y[:, None] - b[None, :, 1]) / (near_mm * per_mm)
        bend = np.abs((b[None, :, 2] - a[:, None, 2] - turn + math.pi) % (2 * math.pi) - math.pi) / _NEAR_TURN
        cost = np.where((away < 1) & (bend < 1), away + 0.5 * bend, 9.0)
        best_b, best_a = cost.argmin(axis=1), cost.argmin(axis=0)
        mine = np.nonzero((cost.min(axis=1) < 9) & (best_a[best_b] == np.arange(len(a))))[0]
        mates = mine, best_b[mine]
        if len(mine) < 3:
            return 0
        turn, shift = _rigid(a[mates[0]], b[mates[1]])
    x, y = _turned(a[:, 0], a[:, 1], turn)
    seen_a = _on(other, x + shift[0], y + shift[1])
    x, y = _turned(b[:, 0] - shift[0], b[:, 1] - shift[1], -turn)
    seen_b = _on(one, x, y)
    both = max(int(seen_a.sum()), len(mates[0])), max(int(seen_b.sum()), len(mates[0]))
    share = len(mates[0]) / math.sqrt(both[0] * both[1])
    tight = 1 - 0.35 * float(cost[mates].mean())
    sure = 1 - math.exp(-len(mates[0]) / 7)
    return round(BEST_SCORE * share * share * tight * sure)


def _rigid(a: NDArray[Any], b: NDArray[Any]) -> tuple[float, tuple[float, float]]:
    """Give the turn and shift that lay places `a` on `b` with the least squares of distances."""
    one, other = a[:, 0] - 1j * a[:, 1], b[:, 0] - 1j * b[:, 1]
    mean_a, mean_b = one.mean(), other.mean()
    turn = float(np.angle(np.sum((other - mean_b) * np.conj(one - mean_a))))
    x, y = _turned(np.array([mean_a.real]), np.array([-mean_a.imag]), turn)
    return turn, (float(mean_b.real - x[0]), float(-mean_b.imag - y[0]))


def _on(print_: Minutiae, x: NDArray[Any], y: NDArray[Any]) -> Mask:
    """Which places lie where `print_` saw the finger."""
    row, column = np.floor(y / CELL_PX).astype(np.intp), np.floor(x / CELL_PX).astype(np.intp)
    height, width = print_.cells.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    return inside & print_.cells[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
