"""The eyes of the portrait desk: kiosk.biometrics with its face nets, or without them the picture alone.

Owns the one analyser, which is opened at first use and used by one thread at a time.
"""

import logging
from pathlib import Path

from drivers.camera.api import Frame
from kiosk.biometrics.portrait import (
    USUAL,
    Analyser,
    Check,
    CroppedPortrait,
    Depth,
    ModelsMissing,
    NoFace,
    PortraitLimits,
    assess,
    crop_portrait,
    eased,
    encode,
    judge,
    rgb_of,
)
from kiosk.biometrics.portrait.models import FOLDER
from kiosk.biometrics.portrait.size import size_of
from kiosk.domain.photo_coach import Posture
from kiosk.runtime.following import Follower
from kiosk.runtime.portraits import JudgedPortrait

log = logging.getLogger(__name__)


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
        try:
            cut = crop_portrait(rgb, reading, self._limits.crop)
        except NoFace:
            cut = None
        return _judged(frame, checks, cut, reading.measures.get("sharpness", 0.0))

    def _nets(self) -> Analyser | None:
        if self._analyser is None and not self._missing:
            try:
                self._analyser = Analyser(self._folder)
            except ModelsMissing as error:
                self._missing = True
                log.warning("portraits are judged without face nets: %s", error)
        return self._analyser


def _judged(frame: Frame, checks: tuple[Check, ...], cut: CroppedPortrait | None, worth: float) -> JudgedPortrait:
    failed = [one for one in checks if not one.passed]
    hints = dict.fromkeys(one.say for one in failed if not one.advises)
    asks = dict.fromkeys(one.say for one in failed if one.advises)
    jpeg, width_px, height_px = _middle(frame) if cut is None else (cut.jpeg, cut.width_px, cut.height_px)
    return JudgedPortrait(tuple(hints), jpeg, width_px, height_px, worth=worth, asks=tuple(asks))


def _judged_without_nets(frame: Frame) -> JudgedPortrait:
    found = assess(frame.rgba, frame.width_px, frame.height_px)
    return JudgedPortrait(found.hints, *_middle(frame), worth=found.evidence.sharpness)


def _middle(frame: Frame) -> tuple[bytes, int, int]:
    jpeg = encode(frame.rgba, frame.width_px, frame.height_px)
    return jpeg, *size_of(jpeg)
