"""What is worn on the head and before the eyes, and whether the ears are free: guesses that advise and never block.

No net here knows hats, glasses or ears, and dress worn for faith or custom is allowed by rule. Each guess is a small
measure on the aligned face that makes the kiosk ask; the officer decides.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from kiosk.biometrics.portrait.aligned import FULL_SIDE, Aligned, cheeks
from kiosk.biometrics.portrait.background import Person
from kiosk.biometrics.portrait.geometry import inter_eye_distance
from kiosk.biometrics.portrait.landmarks import (
    BROWS,
    LEFT_CHEEK_EDGE,
    LEFT_EYE,
    RIGHT_CHEEK_EDGE,
    RIGHT_EYE,
    Points,
)

_PERSON: Final = 0.5
_LEAST_SKIN_CHROMA: Final = 4.0
#: How near a pixel's colour must be to the cheeks', as a share of their own distance from grey.
_SKIN_NEARNESS: Final = 0.5
_WHITE_GLARE: Final = 245
#: Hair is grey or warm; other hues from this distance from grey on are cloth.
_CLOTH_CHROMA: Final = 18.0
_WARM_HUES: Final = (0.0, 105.0)
_BRIDGE: Final = 168
_UNDER_NOSE: Final = 2

Lab = npt.NDArray[np.float32]


def worn(aligned: Aligned, person: Person | None) -> dict[str, float]:
    """Give all guesses for one face, those that cannot be made left out.

    `ear_right`, `ear_left`: share of skin beside the cheek where the ear should be. `head_covering`: share of what is
    above the brows that has the colour of cloth, or how far it spreads wider than hair does. `glasses`: strength of
    edges across the bridge of the nose, against the light there. `glare`: share of pure white in the eyes' zones.
    """
    found = {"glasses": _bridge_edges(aligned), "glare": _glare(aligned)}
    found |= _ears(aligned, person)
    if person is not None:
        found |= _covering(aligned, person)
    return found


def eye_zones(points: Points) -> tuple[tuple[int, int, int, int], ...]:
    """Give the eye visibility zones (ISO/IEC 39794-5): each eye's box grown by a 20th of the inter-eye distance.

    As left, top, right, bottom in pixels; the sitter's right eye first.
    """
    grown = int(inter_eye_distance(points) / 20)
    zones: list[tuple[int, int, int, int]] = []
    for eye in (RIGHT_EYE, LEFT_EYE):
        low, high = points[list(eye), :2].min(axis=0), points[list(eye), :2].max(axis=0)
        zones.append((int(low[0]) - grown, int(low[1]) - grown, int(high[0]) + grown + 1, int(high[1]) + grown + 1))
    return tuple(zones)


def _cut(picture: np.ndarray, box: tuple[int, int, int, int]) -> np.ndarray:
    left, top, right, bottom = (max(0, one) for one in box)
    return picture[top:bottom, left:right]


def _glare(aligned: Aligned) -> float:
    zones = [_cut(aligned.rgb, zone).reshape(-1, 3) for zone in eye_zones(aligned.points)]
    pixels = np.concatenate(zones)
    return float((pixels.min(axis=1) >= _WHITE_GLARE).mean()) if pixels.size else 0.0


def _bridge_edges(aligned: Aligned) -> float:
    """Look for the bar that joins two lenses: a line across the nose, between and a little below the eyes."""
    points = aligned.points
    between = inter_eye_distance(points)
    x, y = (int(one) for one in points[_BRIDGE, :2])
    wide, high = max(1, int(between * 0.10)), max(2, int(between * 0.22))
    scale = aligned.side / FULL_SIDE
    # As far around as the blur reaches, so that the patch is as if all had been blurred.
    rim = int(6 * scale) + 2
    around = _cut(aligned.rgb, (x - wide - rim, y - high - rim, x + wide + rim, y + high + rim))
    if not around.size:
        return 0.0
    grey = cv2.cvtColor(around, cv2.COLOR_RGB2GRAY).astype(np.float32)
    left, top = min(rim, max(0, x - wide)), min(rim, max(0, y - high))
    patch = _cut(cv2.GaussianBlur(grey, (0, 0), 1.5 * scale), (left, top, left + 2 * wide, top + 2 * high))
    if patch.shape[0] < 3 or not patch.size:
        return 0.0
    # The mean over each row keeps what runs across the nose and loses pores and glints.
    rows = patch.mean(axis=1)
    return float(np.abs(np.diff(rows, n=2)).max() / max(8.0, float(rows.mean())) * 100 * scale * scale)


def _ears(aligned: Aligned, person: Person | None) -> dict[str, float]:
    points = aligned.points
    skin = np.median(np.concatenate([_lab(one).reshape(-1, 3) for one in cheeks(aligned)]), axis=0)[1:]
    chroma = float(np.hypot(*skin))
    if chroma < _LEAST_SKIN_CHROMA:
        return {}
    between = inter_eye_distance(points)
    top, bottom = int(points[list(BROWS), 1].mean()), int(points[_UNDER_NOSE, 1])
    beside = int(between * 0.25)
    right, left = int(points[RIGHT_CHEEK_EDGE, 0]), int(points[LEFT_CHEEK_EDGE, 0])
    boxes = {"ear_right": (right - beside, top, right, bottom), "ear_left": (left, top, left + beside, bottom)}
    shares: dict[str, float] = {}
    for name, box in boxes.items():
        beside_cheek = _cut(aligned.rgb, box)
        if beside_cheek.size:
            alike = np.linalg.norm(_lab(beside_cheek)[:, :, 1:] - skin, axis=2) < _SKIN_NEARNESS * chroma
            shares[name] = float((alike if person is None else alike & (_cut(person, box) > _PERSON)).mean())
    return shares


def _lab(rgb: np.ndarray) -> Lab:
    return np.asarray(cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def _covering(aligned: Aligned, person: Person) -> dict[str, float]:
    points = aligned.points
    above = person[: max(0, int(points[list(BROWS), 1].min()))] > _PERSON
    if int(above.sum()) < 100:
        return {}
    step = max(1, aligned.side // 154)
    _, a, b = _lab(aligned.rgb[: len(above)][::step, ::step][above[::step, ::step]][None])[0].T
    if not a.size:
        return {}
    hue = np.degrees(np.arctan2(b, a))
    strange = (np.hypot(a, b) > _CLOTH_CHROMA) & ((hue < _WARM_HUES[0]) | (hue > _WARM_HUES[1]))
    wide = float(points[LEFT_CHEEK_EDGE, 0] - points[RIGHT_CHEEK_EDGE, 0])
    widest = float(above.sum(axis=1).max()) / max(1.0, wide)
    # Full hair is up to about twice as wide as the face; a conical hat three times.
    spread = float(np.clip((widest - 2.0) / 1.0, 0, 1))
    return {"head_covering": max(float(strange.mean()), spread)}
