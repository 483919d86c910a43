"""What a portrait is worth as a photograph: light, sharpness, contrast, size.

What is left to judge by where the face nets are not installed. It looks at the picture, not at the face: where the
screen's oval asks the face to be is taken as it is, and whether a face is there is not judged here.
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from kiosk.biometrics.portrait.frames import portrait_part, reduced
from kiosk.domain.quality import PortraitSay

# Sharpness is compared at one size, so that a preview and a still of the same scene read alike.
_COMPARED_HEIGHT_PX: Final = 480
# The part of the portrait where the oval on the screen asks the face to be, as shares of width and height.
_FACE_LEFT, _FACE_RIGHT, _FACE_TOP, _FACE_BOTTOM = 0.30, 0.70, 0.22, 0.62
_CLIPPED_FROM: Final = 247


@dataclass(frozen=True, slots=True)
class PortraitLimits:
    """Between what a portrait is accepted. Shares are of 1.

    Brightness and clipping after the range that BSI's OFIQ sees in its own reference portraits (luminance mean 0.18 to
    0.75 over the face), widened on the bright side because white hair and background may reach into the oval.
    Sharpness lies between what drawn portraits give sharp (0.009) and blurred by 11 of 1280 pixels (0.0003); it has
    not yet been set from photographs.
    """

    brightness_least: float = 0.20
    brightness_most: float = 0.85
    clipped_most: float = 0.40
    sharpness_least: float = 0.0015
    contrast_least: float = 0.04
    # 35 x 45 mm at 300 pixels an inch (ICAO Doc 9303-3 3.9.1.2) is 413 x 531 pixels.
    height_least_px: int = 531


STILL_LIMITS: Final = PortraitLimits()
# For guidance while the citizen sits down: a preview is small by nature, and only says nothing of size.
PREVIEW_LIMITS: Final = PortraitLimits(height_least_px=1)


@dataclass(frozen=True, slots=True)
class PortraitEvidence:
    """What was measured, for the record and the officer's strip.

    `brightness`: mean luma where the face should be, 0..1. `clipped`: share of pixels there with no drawing left in
    them. `contrast`: standard deviation of luma over the portrait, 0..1. `sharpness`: energy of the finest edges as a
    share of the contrast's, so that a dark picture is not called a blurred one. Sizes are those of the 3:4 part, in
    pixels.
    """

    brightness: float
    clipped: float
    contrast: float
    sharpness: float
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class PortraitAssessment:
    """Whether a portrait will do, and otherwise what to do about it, the most helpful hint first."""

    ok: bool
    hints: tuple[PortraitSay, ...]
    evidence: PortraitEvidence


def assess(rgba: bytes, width_px: int, height_px: int, *, limits: PortraitLimits = STILL_LIMITS) -> PortraitAssessment:
    """Judge one frame: `rgba` is height x width x 4 bytes, R G B X, rows from the top. Raises BadFrame."""
    part = portrait_part(rgba, width_px, height_px)
    evidence = _measure(part)
    hints: list[PortraitSay] = []
    if evidence.brightness < limits.brightness_least:
        hints.append(PortraitSay.MORE_LIGHT)
    elif evidence.brightness > limits.brightness_most or evidence.clipped > limits.clipped_most:
        hints.append(PortraitSay.LESS_LIGHT)
    # In the dark nothing is sharp: say the one thing that can be mended first.
    if PortraitSay.MORE_LIGHT not in hints and (
        evidence.contrast < limits.contrast_least or evidence.sharpness < limits.sharpness_least
    ):
        hints.append(PortraitSay.HOLD_STILL)
    if evidence.height_px < limits.height_least_px:
        hints.append(PortraitSay.CLOSER)
    return PortraitAssessment(ok=not hints, hints=tuple(hints), evidence=evidence)


def _measure(part: np.ndarray) -> PortraitEvidence:
    luma = cv2.cvtColor(reduced(part, _COMPARED_HEIGHT_PX), cv2.COLOR_RGBA2GRAY)
    high, wide = luma.shape
    face = luma[int(high * _FACE_TOP) : int(high * _FACE_BOTTOM), int(wide * _FACE_LEFT) : int(wide * _FACE_RIGHT)]
    if face.size == 0:
        face = luma
    spread = float(luma.std())
    # A little smoothing first: otherwise the sensor's own noise counts as sharpness.
    edges = cv2.Laplacian(cv2.GaussianBlur(luma, (3, 3), 0), cv2.CV_32F)
    return PortraitEvidence(
        brightness=round(float(face.mean()) / 255, 4),
        clipped=round(float((face >= _CLIPPED_FROM).mean()), 4),
        contrast=round(spread / 255, 4),
        sharpness=round(float(edges.var()) / (spread * spread), 4) if spread > 0 else 0.0,
        width_px=int(part.shape[1]),
        height_px=int(part.shape[0]),
    )
