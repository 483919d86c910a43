"""What is told of one picture, and what is kept beside a portrait: ready for JSON."""

from collections.abc import Iterable
from typing import Any

from kiosk.biometrics.portrait.crop import Box, CroppedPortrait, place
from kiosk.biometrics.portrait.judging import Check, most_useful
from kiosk.biometrics.portrait.landmarks import Points
from kiosk.biometrics.portrait.limits import USUAL, PortraitLimits
from kiosk.biometrics.portrait.reading import FaceReading

_DIGITS = 5


def report(
    name: str, reading: FaceReading, checks: Iterable[Check], limits: PortraitLimits = USUAL, *, landmarks: bool = False
) -> dict[str, Any]:
    """Tell of one picture: checks by name, the one thing to say, and the portrait's box (None without a face).

    `limit` is the least and the most. Measures that nothing is decided by are told too, with no limit: they pass.
    With `landmarks` the 468 points follow, x and y in pixels.
    """
    checks = tuple(checks)
    told: dict[str, Any] = {
        "file": name,
        "checks": _all_checks(reading, checks),
        "say": most_useful(checks).value,
        "crop": None,
    }
    if reading.points is not None:
        box = place(reading.points, (reading.width_px, reading.height_px), limits.crop, reading.person).box
        told["crop"] = [box.x, box.y, box.width, box.height]
        if landmarks:
            told["landmarks"] = _pairs(reading.points, Box(0, 0, 1, 1), 1.0)
    return told


def beside(reading: FaceReading, checks: Iterable[Check], portrait: CroppedPortrait) -> dict[str, Any]:
    """Give what is kept beside a portrait: its landmarks, in the portrait's own pixels, and its quality figures."""
    checks = tuple(checks)
    points = [] if reading.points is None else landmarks_in(reading.points, portrait)
    return {
        "width_px": portrait.width_px,
        "height_px": portrait.height_px,
        "enlarged": round(portrait.enlarged, 3),
        "landmarks": points,
        "quality": _all_checks(reading, checks),
        "not_met": [one.name for one in checks if not one.passed],
    }


def landmarks_in(points: Points, portrait: CroppedPortrait) -> list[list[float]]:
    """Give the points' x and y in the portrait's own pixels."""
    return _pairs(points, portrait.box, portrait.height_px / portrait.box.height)


def _all_checks(reading: FaceReading, checks: tuple[Check, ...]) -> dict[str, Any]:
    told: dict[str, Any] = {
        one.name: {"value": round(one.value, _DIGITS), "limit": [one.least, one.most], "pass": one.passed}
        for one in checks
    }
    judged = {*told, "mouth_open", "face_count"}
    for name, value in reading.measures.items():
        if name not in judged:
            told[name] = {"value": round(value, _DIGITS), "limit": [None, None], "pass": True}
    return told


def _pairs(points: Points, box: Box, scale: float) -> list[list[float]]:
    return [[round((float(x) - box.x) * scale, 2), round((float(y) - box.y) * scale, 2)] for x, y in points[:, :2]]
