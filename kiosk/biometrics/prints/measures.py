"""What can be measured on a print without knowing what it ought to be. Owns the numbers, judges nothing.

Levels are shares of the bare glass's brightness, shares run from 0 to 1, lengths are millimetres. Most of it is taken
on cells of 0.8 mm (16 pixels at 500 dpi) within the finger, so that a flaw counts where it is.
"""

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.biometrics.prints.field import PX_PER_MM, Mask, Plane, RidgeField

CELL: Final = 16
_SMALLEST_CELLS: Final = 12
_LOST: Final = 0.13


@dataclass(frozen=True, slots=True)
class Cells:
    """The finger in cells: rows x columns, those outside it masked by `inside`.

    certainty, strength (share of the glass), level: means of the planes. continuity: how much of the ridges is still
    there when smoothed along them. breaks: share of ridge places where there is a gap. clarity: what the cell is worth.
    """

    inside: Mask
    certainty: Plane
    strength: Plane
    level: Plane
    continuity: Plane
    breaks: Plane
    clarity: Plane


@dataclass(frozen=True, slots=True)
class Measures:
    """What a print shows.

    area_mm2, window_mm2: the finger's contact, and the whole window. coverage: their ratio.
    shift_x, shift_y: where the finger's middle lies, -1 (left, top) to 1.
    cut_left, cut_right, cut_top, cut_bottom: share of that border that the finger reaches over.
    certainty, contrast, continuity, breaks: means over the finger.
    lost: share of cells without readable ridges; lost_dark, lost_pale, lost_grey: the same by the level of those cells.
    brightness: mean level of the finger; ridge_level, valley_level: of its dark and its light lines.
    dark: share that is very dark. blots: dark places wider than a ridge. stains: share where even valleys are dark.
    ridge_share: share that belongs to ridges. fragments: pieces of ridge per thousand pixels.
    creases: share of ridge places crossed by a light line that goes on.
    one_way: how far the whole print runs in one direction. peakedness: kurtosis of what has a ridge's width, 1.5 for
    even waves, 3 for noise, more for lone edges. unevenness: variation of strength.
    outside: structure beside the finger. noise: of the sensor, as a share of the ridges' strength.
    usable_mm2: area weighted by its clarity.
    """

    area_mm2: float
    window_mm2: float
    coverage: float
    shift_x: float = 0.0
    shift_y: float = 0.0
    cut_left: float = 0.0
    cut_right: float = 0.0
    cut_top: float = 0.0
    cut_bottom: float = 0.0
    certainty: float = 0.0
    contrast: float = 0.0
    continuity: float = 0.0
    breaks: float = 0.0
    lost: float = 1.0
    lost_dark: float = 0.0
    lost_pale: float = 0.0
    lost_grey: float = 0.0
    brightness: float = 1.0
    ridge_level: float = 1.0
    valley_level: float = 1.0
    dark: float = 0.0
    blots: float = 0.0
    stains: float = 0.0
    ridge_share: float = 0.0
    fragments: float = 0.0
    creases: float = 0.0
    one_way: float = 0.0
    peakedness: float = 0.0
    unevenness: float = 0.0
    outside: float = 0.0
    noise: float = 0.0
    usable_mm2: float = 0.0


def measure(field: RidgeField) -> tuple[Measures, Cells]:
    """Measure a print that has been taken apart."""
    finger, picture, glass = field.finger, field.picture, max(1.0, field.glass)
    window_mm2 = picture.size / PX_PER_MM**2
    area_mm2 = float(finger.sum()) / PX_PER_MM**2
    cells = _cells(field)
    # The rim of a finger is always faint: its ridges are judged within it.
    inner: Mask = cv2.erode(finger.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1) > 0
    if int(cells.inside.sum()) < _SMALLEST_CELLS or not inner.any():
        outside = _outside(field)
        return Measures(area_mm2, window_mm2, area_mm2 / window_mm2, outside=outside), cells
    at = cells.inside
    lost = at & (cells.clarity < _LOST)
    count = float(at.sum())
    # Whole grey levels do here, and OpenCV finds their extremes ten times as fast.
    smooth = np.rint(cv2.GaussianBlur(picture, (0, 0), 0.8)).astype(np.uint8)
    valley_plane = cv2.dilate(smooth, np.ones((11, 11), np.uint8))
    ridge_plane = cv2.erode(smooth, np.ones((11, 11), np.uint8))
    ridges = (picture < cv2.GaussianBlur(picture, (0, 0), 6) - 2) & inner
    wide_dark = cv2.erode((picture < 0.5 * glass).astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    strength = field.strength[inner]
    shift, cuts = _place(finger)
    return Measures(
        area_mm2=area_mm2,
        window_mm2=window_mm2,
        coverage=area_mm2 / window_mm2,
        shift_x=shift[0],
        shift_y=shift[1],
        cut_left=cuts[0],
        cut_right=cuts[1],
        cut_top=cuts[2],
        cut_bottom=cuts[3],
        certainty=float(cells.certainty[at].mean()),
        contrast=float(strength.mean()) / glass,
        continuity=float(cells.continuity[at].mean()),
        breaks=float(cells.breaks[at].mean()),
        lost=float(lost.sum()) / count,
        lost_dark=float((lost & (cells.level < 0.5)).sum()) / count,
        lost_pale=float((lost & (cells.level > 0.74)).sum()) / count,
        lost_grey=float((lost & (cells.level >= 0.5) & (cells.level <= 0.74)).sum()) / count,
        brightness=float(picture[inner].mean()) / glass,
        ridge_level=float(ridge_plane[inner].mean()) / glass,
        valley_level=float(valley_plane[inner].mean()) / glass,
        dark=float((picture[inner] < 0.45 * glass).mean()),
        blots=float(wide_dark[inner].mean()),
        stains=float((valley_plane[inner] < 0.8 * glass).mean()),
        ridge_share=float(ridges[inner].mean()),
        fragments=_pieces(ridges) / float(inner.sum()) * 1000,
        creases=_creases(field, inner),
        one_way=_one_way(field, inner),
        peakedness=_peakedness(field.band[inner]),
        unevenness=float(strength.std() / max(1e-6, float(strength.mean()))),
        outside=_outside(field),
        noise=field.noise / max(1.0, float(strength.mean())),
        usable_mm2=float(cells.clarity[at].sum()) * (CELL / PX_PER_MM) ** 2,
    ), cells


def _cells(field: RidgeField) -> Cells:
    power, drawn = np.square(field.band), np.square(field.drawn)
    # A gap: here a ridge should go on, by its course, and the place is as light as a valley.
    ridge = field.drawn < -0.35 * field.strength
    gap = ridge & (field.band > -0.1 * field.strength)
    glass = max(1.0, field.glass)
    certainty, strength = _binned(field.certainty), _binned(field.strength) / glass
    continuity = np.clip(_binned(drawn) / (_binned(power) + 1e-6), 0, 1)
    breaks = _binned(gap.astype(np.float32)) / (_binned(ridge.astype(np.float32)) + 1e-3)
    inside = _binned(field.finger.astype(np.float32)) > 0.6
    level = _binned(field.level)
    # Ridges must rise above noise and glass; where they do, more of it makes them no clearer.
    rises = np.clip((strength - 0.02) / 0.14, 0, 1) ** 0.5
    sure = np.clip((certainty - 0.4) / 0.5, 0, 1)
    whole = np.clip((continuity - 0.4) / 0.45, 0, 1)
    even = np.clip((level - 0.2) / 0.2, 0.15, 1) * np.clip((0.97 - level) / 0.12, 0.1, 1)
    clarity = np.where(inside, sure * rises * (0.35 + 0.65 * whole) * even, 0)
    return Cells(inside, certainty, strength, level, continuity, breaks, np.asarray(clarity, np.float32))


def _binned(plane: Plane) -> Plane:
    """Mean of each cell; what is left over at the right and the bottom is left out."""
    rows, columns = plane.shape[0] // CELL, plane.shape[1] // CELL
    cut = plane[: rows * CELL, : columns * CELL]
    return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA)


def _place(finger: Mask) -> tuple[tuple[float, float], tuple[float, float, float, float]]:
    height, width = finger.shape
    columns, rows = finger.mean(0), finger.mean(1)
    middle_x = float((columns * np.arange(width)).sum() / columns.sum())
    middle_y = float((rows * np.arange(height)).sum() / rows.sum())
    shift = 2 * middle_x / (width - 1) - 1, 2 * middle_y / (height - 1) - 1
    rim = 3
    cuts = (
        float(finger[:, :rim].mean()),
        float(finger[:, -rim:].mean()),
        float(finger[:rim].mean()),
        float(finger[-rim:].mean()),
    )
    return shift, cuts


def _pieces(ridges: NDArray[np.bool_]) -> int:
    return int(cv2.connectedComponents(ridges.astype(np.uint8), connectivity=8)[0]) - 1


def _creases(field: RidgeField, inner: Mask) -> float:
    """Share of ridge places that a light line crosses and goes on beyond, as wrinkles, cuts and scars do."""
    ridge = (field.drawn < -0.35 * field.strength) & inner
    gap = (ridge & (field.band > 0)).astype(np.uint8)
    joined = cv2.morphologyEx(gap, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(joined)
    if count < 2 or not ridge.any():
        return 0.0
    longest = np.hypot(numbers[:, cv2.CC_STAT_WIDTH], numbers[:, cv2.CC_STAT_HEIGHT])
    lines = (longest > 1.3 * PX_PER_MM) & (numbers[:, cv2.CC_STAT_AREA] < 0.45 * longest * PX_PER_MM)
    lines[0] = False
    return float((gap[lines[np.asarray(labels, np.intp)]] > 0).sum()) / float(ridge.sum())


def _one_way(field: RidgeField, inner: Mask) -> float:
    """Length of the mean of all doubled directions: 1 when the whole print runs one way."""
    angle = 2 * field.angle[inner]
    return math.hypot(float(np.cos(angle).mean()), float(np.sin(angle).mean()))


def _peakedness(band: Plane) -> float:
    squares = np.square(band[::3])
    return float(np.square(squares).mean() / max(1e-6, float(squares.mean()) ** 2))


def _outside(field: RidgeField) -> float:
    """Share of the window that is structured or stained though no finger lies there."""
    around = cv2.dilate(field.finger.astype(np.uint8), np.ones((25, 25), np.uint8)) == 0
    if float(around.mean()) < 0.04:
        return 0.0
    # Stains are told from uneven light by their size.
    stained = cv2.blur(field.picture, (41, 41)) - cv2.GaussianBlur(field.picture, (0, 0), 2)
    marked = (field.strength > 5.0 + 2 * field.noise) | (stained > 0.05 * field.glass + field.noise)
    return float((marked & around).mean())
