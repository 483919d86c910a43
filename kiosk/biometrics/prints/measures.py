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

from kiosk.biometrics.prints.dirt import beside, patches_of
from kiosk.biometrics.prints.field import RidgeField, halves
from kiosk.biometrics.prints.planes import PX_PER_MM, Mask, Plane, binned, enlarged

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
    clean_valley: level of most valleys. patches: share where they are much darker; patch_level: how light there.
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
    clean_valley: float = 1.0
    patches: float = 0.0
    patch_level: float = 1.0
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
    course = _course(field) if field.drawn.size else None
    cells = _cells(field, course)
    at = cells.inside
    count = float(np.count_nonzero(at))
    inner = _within(finger[field.box]) if count >= _SMALLEST_CELLS else np.zeros((0, 0), np.uint8)
    if course is None or not inner.any():
        outside = beside(field)
        return Measures(area_mm2, window_mm2, area_mm2 / window_mm2, outside=outside), cells
    lost = at & (cells.clarity < _LOST)
    half = halves(field.box)
    # Whole grey levels do here, and OpenCV is several times as fast on them.
    picture, coarse = cv2.convertScaleAbs(field.picture[field.box]), field.coarse[half]
    number = float(np.count_nonzero(inner))
    smooth = cv2.GaussianBlur(picture, (0, 0), 0.8)
    valley_plane = cv2.dilate(smooth, np.ones((11, 11), np.uint8))
    ridge_plane = cv2.erode(smooth, np.ones((11, 11), np.uint8))
    around = enlarged(cv2.convertScaleAbs(cv2.GaussianBlur(coarse, (0, 0), 3), beta=-2))
    ridges = np.asarray(cv2.compare(picture, around, cv2.CMP_LE), np.uint8) & inner
    wide_dark = cv2.erode((picture < 0.5 * glass).astype(np.uint8), np.ones((9, 9), np.uint8))
    few = inner[::2, ::2]
    mean, deviation = cv2.meanStdDev(field.strength[half], mask=few)
    strength, varied = float(mean[0, 0]), float(deviation[0, 0])
    shift, cuts = _place(finger)
    clean_valley, patches, patch_level = patches_of(np.asarray(valley_plane, np.uint8), inner, glass)
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
        clean_valley=clean_valley,
        patches=patches,
        patch_level=patch_level,
        ridge_share=float(np.count_nonzero(ridges)) / number,
        fragments=_pieces(ridges) / number * 1000,
        creases=_creases(course, inner),
        one_way=_one_way(field.angle[half], few > 0),
        peakedness=_peakedness(field.band[field.box], inner),
        unevenness=varied / max(1e-6, strength),
        outside=beside(field),
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
    """About the finger, at every second place: where a ridge should be by its course, and the band there."""

    ridge: Mask
    band: Plane
    strength: Plane


def _course(field: RidgeField) -> _Course:
    strength = field.strength[halves(field.box)]
    return _Course(field.drawn < -0.35 * strength, field.band[field.box][::2, ::2], strength)


def _cells(field: RidgeField, course: _Course | None) -> Cells:
    glass = max(1.0, field.glass)
    certainty, strength = binned(field.certainty, CELL // 2), binned(field.strength, CELL // 2) / glass
    continuity, breaks = np.zeros_like(certainty), np.zeros_like(certainty)
    if course is not None and min(course.band.shape) >= CELL // 2:
        # A gap: a ridge should go on here, and it is as light as a valley.
        gaps = course.ridge & (course.band > -0.1 * course.strength)
        drawn, power = (binned(np.square(plane), CELL // 2) for plane in (field.drawn, course.band))
        at = tuple(
            slice(span.start // CELL, span.start // CELL + size)
            for span, size in zip(field.box, drawn.shape, strict=True)
        )
        continuity[at] = np.clip(drawn / (power + 1e-6), 0, 1)
        breaks[at] = _shares(gaps, CELL // 2) / (_shares(course.ridge, CELL // 2) + 1e-3)
    inside = _shares(field.finger, CELL) > 0.6
    level = binned(field.level, CELL // 2)
    # Ridges must rise above noise and glass; where they do, more of it makes them no clearer.
    rises = np.clip((strength - 0.02) / 0.14, 0, 1) ** 0.5
    sure = np.clip((certainty - 0.4) / 0.5, 0, 1)
    whole = np.clip((continuity - 0.4) / 0.45, 0, 1)
    even = np.clip((level - 0.2) / 0.2, 0.15, 1) * np.clip((0.97 - level) / 0.12, 0.1, 1)
    clarity = np.where(inside, sure * rises * (0.35 + 0.65 * whole) * even, 0)
    return Cells(inside, certainty, strength, level, continuity, breaks, np.asarray(clarity, np.float32))


def _shares(mask: Mask, side: int) -> Plane:
    """Share of each cell's pixels at which something holds."""
    return binned(mask.astype(np.float32), side)


def _place(finger: Mask) -> tuple[tuple[float, float], tuple[float, float, float, float]]:
    finger = finger[::2, ::2]
    height, width = finger.shape
    columns, rows = finger.mean(0), finger.mean(1)
    middle_x = float((columns * np.arange(width)).sum() / columns.sum())
    middle_y = float((rows * np.arange(height)).sum() / rows.sum())
    shift = 2 * middle_x / (width - 1) - 1, 2 * middle_y / (height - 1) - 1
    rim = 2
    cuts = (
        float(finger[:, :rim].mean()),
        float(finger[:, -rim:].mean()),
        float(finger[:rim].mean()),
        float(finger[-rim:].mean()),
    )
    return shift, cuts


def _pieces(ridges: NDArray[np.uint8]) -> int:
    return int(cv2.connectedComponents(ridges, connectivity=8)[0]) - 1


def _creases(course: _Course, inner: NDArray[np.uint8]) -> float:
    """Share of ridge places that a light line crosses and goes on beyond, as wrinkles, cuts and scars do."""
    ridge = course.ridge & (inner[::2, ::2] > 0)
    gap = (ridge & (course.band > 0)).astype(np.uint8)
    joined = cv2.morphologyEx(gap, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels, numbers, _ = cv2.connectedComponentsWithStats(joined)
    if count < 2 or not ridge.any():
        return 0.0
    per_mm = PX_PER_MM / 2
    longest = np.hypot(numbers[:, cv2.CC_STAT_WIDTH], numbers[:, cv2.CC_STAT_HEIGHT])
    lines = (longest > 1.3 * per_mm) & (numbers[:, cv2.CC_STAT_AREA] < 0.45 * longest * per_mm)
    lines[0] = False
    return float(np.count_nonzero(lines[np.asarray(labels, np.int32)[gap > 0]])) / float(np.count_nonzero(ridge))


def _one_way(angle: Plane, where: Mask) -> float:
    """Length of the mean of all doubled directions: 1 when the whole print runs one way."""
    doubled = 2 * angle[where]
    return math.hypot(float(np.cos(doubled).mean()), float(np.sin(doubled).mean()))


def _peakedness(band: Plane, where: NDArray[np.uint8]) -> float:
    squares = np.square(band[::2, ::2][where[::2, ::2] > 0])
    return float(np.square(squares).mean() / max(1e-6, float(squares.mean()) ** 2))
