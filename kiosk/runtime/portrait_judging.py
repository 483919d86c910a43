"""The eyes of the portrait desk: kiosk.biometrics with its face nets, or without them the picture alone.

Owns the one analyser, which is opened at first use and used by one thread at a time.
"""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Final

from drivers.camera.api import Frame
from kiosk.biometrics.portrait import (
    USUAL,
    Analyser,
    Depth,
    ModelsMissing,
    PortraitLimits,
    assess,
    crop_portrait,
    eased,
    encode,
    judge,
    landmarks_in,
    rgb_of,
)
from kiosk.biometrics.portrait.models import FOLDER
from kiosk.biometrics.portrait.size import size_of
from kiosk.domain.photo_coach import Posture
from kiosk.domain.portrait import PortraitNote
from kiosk.runtime.following import Follower
from kiosk.runtime.portraits import JudgedPortrait

log = logging.getLogger(__name__)

_DIGITS: Final = 5


class FaceEyes:
    """Follows sitters and judges shots; see kiosk.runtime.portraits.Eyes."""

    def __init__(self, limits: PortraitLimits = USUAL, folder: Path = FOLDER) -> None:
        """Make ready; the nets are opened when the first sitter comes."""
        self._limits = limits
        self._folder = folder
        self._analyser: Analyser | None = None
        self._missing = False
        self._posture = Posture.CHAIR
        self._follower: Follower | None = None

    def follower(self, posture: Posture, *, shot_scale: float, quiet_until_s: float) -> Follower | None:
        """Begin with a sitter; None where the face nets are not installed."""
        analyser = self._nets()
        self._posture = posture
        self._follower = None
        if analyser is not None:
            self._follower = Follower(
                analyser, self._limits, posture=posture, shot_scale=shot_scale, quiet_until_s=quiet_until_s
            )
        return self._follower

    def judge(self, frame: Frame) -> JudgedPortrait:
        """Judge a shot at full size and cut the portrait; without a face in it the middle is cut. Raises BadFrame."""
        analyser = self._nets()
        if analyser is None:
            return _judged_without_nets(frame)
        rgb = rgb_of(frame.rgba, frame.width_px, frame.height_px)
        reading = analyser.analyse(rgb, depth=Depth.SHOT)
        eyes_own = self._follower.eyes_own if self._follower is not None else None
        checks = eased(judge(reading, self._limits, eyes_own=eyes_own), self._posture)
        failed = [one for one in checks if not one.passed]
        note = PortraitNote(
            self._posture,
            not_met=tuple(one.name for one in failed if not one.advises),
            asked=tuple(one.name for one in failed if one.advises),
            figures={name: round(value, _DIGITS) for name, value in reading.measures.items()},
        )
        jpeg, width_px, height_px = _middle(frame)
        if reading.points is not None:
            cut = crop_portrait(rgb, reading, self._limits.crop)
            jpeg, width_px, height_px = cut.jpeg, cut.width_px, cut.height_px
            note = replace(note, landmarks=_flat(landmarks_in(reading.points, cut)))
        return JudgedPortrait(
            tuple(dict.fromkeys(one.say for one in failed if not one.advises)),
            jpeg,
            width_px,
            height_px,
            worth=reading.measures.get("sharpness", 0.0),
            asks=tuple(dict.fromkeys(one.say for one in failed if one.advises)),
            note=note,
        )

    def _nets(self) -> Analyser | None:
        if self._analyser is None and not self._missing:
            try:
                self._analyser = Analyser(self._folder)
            except ModelsMissing as error:
                self._missing = True
                log.warning("portraits are judged without face nets: %s", error)
        return self._analyser


def _flat(pairs: list[list[float]]) -> tuple[float, ...]:
    return tuple(number for pair in pairs for number in pair)


def _judged_without_nets(frame: Frame) -> JudgedPortrait:
    found = assess(frame.rgba, frame.width_px, frame.height_px)
    note = PortraitNote(not_met=tuple(one.value for one in found.hints))
    return JudgedPortrait(found.hints, *_middle(frame), worth=found.evidence.sharpness, note=note)


def _middle(frame: Frame) -> tuple[bytes, int, int]:
    jpeg = encode(frame.rgba, frame.width_px, frame.height_px)
    return jpeg, *size_of(jpeg)
