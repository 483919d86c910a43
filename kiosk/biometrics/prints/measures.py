"""What can be measured on a print without knowing what it ought to be. Owns the numbers, judges nothing.

Levels are shares of the bare glass's brightness, shares run from 0 to 1, lengths are millimetres. Most of it is taken
on cells of 0.8 mm (16 pixels at 500 dpi) within the finger, so that a flaw counts where it is.
"""

import math
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from kiosk.biometrics.prints.field import RidgeField
from kiosk.biometrics.prints.planes import PX_PER_MM, Mask, Plane, enlarged

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
    finger, glass = field.finger, max(1.0, field.glass)
    window_mm2 = field.picture.size / PX_PER_MM**2
    area_mm2 = float(np.count_nonzero(finger)) / PX_PER_MM**2
    course = _course(field) if finger.any() else None
    cells = _cells(field, course)
    at = cells.inside
    count = float(np.count_nonzero(at))
    inner = _within(finger[field.box]) if count >= _SMALLEST_CELLS else np.zeros((0, 0), np.uint8)
    if course is None or not inner.any():
        outside = _outside(field)
        return Measures(area_mm2, window_mm2, area_mm2 / window_mm2, outside=outside), cells
    lost = at & (cells.clarity < _LOST)
    rows, columns = field.box
    half = slice(rows.start // 2, rows.stop // 2), slice(columns.start // 2, columns.stop // 2)
    picture, coarse = field.picture[field.box], field.coarse[half]
    number = float(np.count_nonzero(inner))
    # Whole grey levels do here, and OpenCV finds their extremes ten times as fast.
    smooth = np.rint(cv2.GaussianBlur(picture, (0, 0), 0.8)).astype(np.uint8)
    valley_plane = cv2.dilate(smooth, np.ones((11, 11), np.uint8))
    ridge_plane = cv2.erode(smooth, np.ones((11, 11), np.uint8))
    ridges = (picture < enlarged(cv2.GaussianBlur(coarse, (0, 0), 3)) - 2) & (inner > 0)
    wide_dark = cv2.erode((picture < 0.5 * glass).astype(np.uint8), np.ones((9, 9), np.uint8))
    few = inner[::2, ::2]
    mean, deviation = cv2.meanStdDev(field.strength[half], mask=few)
    strength, varied = float(mean[0, 0]), float(deviation[0, 0])
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
        contrast=strength / glass,
        continuity=float(cells.continuity[at].mean()),
        breaks=float(cells.breaks[at].mean()),
        lost=float(lost.sum()) / count,
        lost_dark=float((lost & (cells.level < 0.5)).sum()) / count,
        lost_pale=float((lost & (cells.level > 0.74)).sum()) / count,
        lost_grey=float((lost & (cells.level >= 0.5) & (cells.level <= 0.74)).sum()) / count,
        brightness=_mean(picture, inner) / glass,
        ridge_level=_mean(ridge_plane, inner) / glass,
        valley_level=_mean(valley_plane, inner) / glass,
        dark=_share(picture < 0.45 * glass, inner),
        blots=_share(wide_dark > 0, inner),
        stains=_share(valley_plane < 0.8 * glass, inner),
        ridge_share=float(np.count_nonzero(ridges)) / number,
        fragments=_pieces(ridges) / number * 1000,
        creases=_creases(course, inner),
        one_way=_one_way(field.angle[half], few > 0),
        peakedness=_peakedness(field.band[field.box], inner),
        unevenness=varied / max(1e-6, strength),
        outside=_outside(field),
        noise=field.noise / max(1.0, strength),
        usable_mm2=float(cells.clarity[at].sum()) * (CELL / PX_PER_MM) ** 2,
    ), cells


def _within(finger: Mask) -> NDArray[np.uint8]:
    """The finger without its rim, whose ridges are always faint; what the window cuts off has none."""
    return cv2.erode(finger.astype(np.uint8), np.ones((9, 9), np.uint8), borderValue=1).astype(np.uint8)


def _mean(plane: NDArray[Any], where: NDArray[np.uint8]) -> float:
    return float(cv2.mean(plane, where)[0])


def _share(here: Mask, where: NDArray[np.uint8]) -> float:
    """Share of `where` at which something holds."""
    return float(np.count_nonzero(here & (where > 0))) / float(np.count_nonzero(where))


class _Course(NamedTuple):
    """About the finger: where a ridge should be by its course, and the band there."""

    ridge: Mask
    band: Plane
    strength: Plane


def _course(field: RidgeField) -> _Course:
    rows, columns = field.box
    strength = enlarged(field.strength[rows.start // 2 : rows.stop // 2, columns.start // 2 : columns.stop // 2])
    return _Course(field.drawn[field.box] < -0.35 * strength, field.band[field.box], strength)


def _cells(field: RidgeField, course: _Course | None) -> Cells:
    power, drawn, ridges, gaps = (np.zeros_like(field.band) for _ in range(4))
    if course is not None:
        power[field.box], drawn[field.box] = np.square(course.band), np.square(field.drawn[field.box])
        # A gap: a ridge should go on here, and it is as light as a valley.
        ridges[field.box] = course.ridge
        gaps[field.box] = course.ridge & (course.band > -0.1 * course.strength)
    glass = max(1.0, field.glass)
    certainty, strength = _binned(field.certainty, CELL // 2), _binned(field.strength, CELL // 2) / glass
    continuity = np.clip(_binned(drawn) / (_binned(power) + 1e-6), 0, 1)
    breaks = _binned(gaps) / (_binned(ridges) + 1e-3)
    inside = _binned(field.finger.astype(np.float32)) > 0.6
    level = _binned(field.level, CELL // 2)
    # Ridges must rise above noise and glass; where they do, more of it makes them no clearer.
    rises = np.clip((strength - 0.02) / 0.14, 0, 1) ** 0.5
    sure = np.clip((certainty - 0.4) / 0.5, 0, 1)
    whole = np.clip((continuity - 0.4) / 0.45, 0, 1)
    even = np.clip((level - 0.2) / 0.2, 0.15, 1) * np.clip((0.97 - level) / 0.12, 0.1, 1)
    clarity = np.where(inside, sure * rises * (0.35 + 0.65 * whole) * even, 0)
    return Cells(inside, certainty, strength, level, continuity, breaks, np.asarray(clarity, np.float32))


def _binned(plane: Plane, side: int = CELL) -> Plane:
    """Mean of each cell; what is left over at the right and the bottom is left out."""
    rows, columns = plane.shape[0] // side, plane.shape[1] // side
    cut = plane[: rows * side, : columns * side]
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


def _creases(course: _Course, inner: NDArray[np.uint8]) -> float:
    """Share of ridge places that a light line crosses and goes on beyond, as wrinkles, cuts and scars do."""
    ridge = course.ridge & (inner > 0)
    gap = (ridge & (course.band > 0)).astype(np.uint8)
    joined = cv2.morphologyEx(gap, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(joined)
    if count < 2 or not ridge.any():
        return 0.0
    longest = np.hypot(numbers[:, cv2.CC_STAT_WIDTH], numbers[:, cv2.CC_STAT_HEIGHT])
    lines = (longest > 1.3 * PX_PER_MM) & (numbers[:, cv2.CC_STAT_AREA] < 0.45 * longest * PX_PER_MM)
    lines[0] = False
    return float(np.count_nonzero(gap & lines[np.asarray(labels, np.int32)])) / float(np.count_nonzero(ridge))


def _one_way(angle: Plane, where: Mask) -> float:
    """Length of the mean of all doubled directions: 1 when the whole print runs one way."""
    doubled = 2 * angle[where]
    return math.hypot(float(np.cos(doubled).mean()), float(np.sin(doubled).mean()))


def _peakedness(band: Plane, where: NDArray[np.uint8]) -> float:
    squares = np.square(band[::2, ::2][where[::2, ::2] > 0])
    return float(np.square(squares).mean() / max(1e-6, float(squares.mean()) ** 2))


def _outside(field: RidgeField) -> float:
    """Share of the window that is structured or stained though no finger lies there."""
    finger = field.finger[::2, ::2].astype(np.uint8)
    around = cv2.dilate(finger, np.ones((13, 13), np.uint8)) == 0
    # The rim of a window has edges and lines of its own.
    rim = 12
    around[:rim], around[-rim:], around[:, :rim], around[:, -rim:] = False, False, False, False
    if float(around.mean()) < 0.04:
        return 0.0
    # Stains are told from uneven light by their size.
    stained = cv2.blur(field.coarse, (21, 21)) - field.coarse
    marked = (field.strength > 5.0 + 2 * field.noise) | (stained > 0.05 * field.glass + field.noise)
    return float((marked & around).mean())
