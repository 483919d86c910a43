"""Follows whoever sits before the camera, frame after frame: what is seen, what the photo coach makes of it.

Owns what takes more than one frame: the sitter's own measures, a picture that stands still, a face that is as flat as
a photograph. For the portrait desk and for `kiosk check camera`; used by one thread at a time.
"""

from collections import deque
from dataclasses import dataclass
from statistics import median
from typing import Final

from drivers.camera.api import Frame, Region
from kiosk.biometrics.portrait import (
    USUAL,
    Analyser,
    Check,
    Depth,
    FaceReading,
    Pixels,
    PortraitLimits,
    Sitter,
    View,
    flatness,
    rgb_of,
    same_picture,
)
from kiosk.biometrics.portrait.detector import FoundFace
from kiosk.biometrics.portrait.landmarks import Points
from kiosk.domain.photo_coach import Advice, Coach, Posture, look
from kiosk.domain.quality import PortraitSay

_FULL_EVERY_S: Final = 0.5
#: So long the same picture again and again, and a camera counts as frozen.
_FROZEN_S: Final = 1.0
#: A turned head stays under 0.2, a photograph held to the lens gives 0.5 and more; so many views must agree.
_FLAT_FROM: Final = 0.45
_FLAT_VIEWS: Final = 5


@dataclass(frozen=True, slots=True)
class Seen:
    """One frame, seen.

    `say` is the one thing to mend, `advice` what the coach does with it; `asks` is for the officer alone. `face` is
    where the largest face is, None without one; `whole` marks the looks that are made twice a second.
    """

    say: PortraitSay
    advice: Advice
    asks: tuple[PortraitSay, ...]
    checks: tuple[Check, ...]
    face: Region | None
    whole: bool


class Follower:
    """Follows one sitter. Make a new one for the next look."""

    def __init__(
        self,
        analyser: Analyser,
        limits: PortraitLimits = USUAL,
        *,
        posture: Posture = Posture.CHAIR,
        shot_scale: float = 1.0,
        quiet_until_s: float = 0.0,
    ) -> None:
        """Begin; `shot_scale`: pixels of a shot for one of the preview; before `quiet_until_s` the coach is silent."""
        self._analyser = analyser
        self._view = View(shot_scale)
        self._sitter = Sitter(limits, posture)
        self._coach = Coach(posture, quiet_until_s)
        self._full_at_s: float | None = None
        self._changed_at_s: float | None = None
        self._before: Pixels | None = None
        self._first: Points | None = None
        self._flat: deque[float] = deque(maxlen=_FLAT_VIEWS)

    @property
    def eyes_own(self) -> float | None:
        """The widest that this sitter's eyes have been open lately; None before any face."""
        return self._sitter.eyes_own

    def see(self, frame: Frame, now_s: float) -> Seen:
        """Look at a frame. Raises BadFrame."""
        rgb = rgb_of(frame.rgba, frame.width_px, frame.height_px)
        frozen = self._is_frozen(rgb, now_s)
        whole = self._full_at_s is None or now_s - self._full_at_s >= _FULL_EVERY_S
        self._full_at_s = now_s if whole else self._full_at_s
        reading = self._analyser.analyse(rgb, self._view, depth=Depth.FULL if whole else Depth.QUICK)
        verdict = self._sitter.add(reading, now_s)
        blocking = next((one.say for one in verdict.checks if not (one.passed or one.advises)), PortraitSay.NOTHING)
        say = PortraitSay.CAMERA_FROZEN if frozen else blocking
        good = verdict.good_since is not None and not frozen
        self._coach, advice = look(self._coach, say, acceptable=good, at_s=now_s)
        asks = [one.say for one in verdict.checks if one.advises and not one.passed]
        if self._is_flat(reading):
            asks.append(PortraitSay.FLAT)
        face = region_of(reading.faces[0], reading) if reading.faces and not frozen else None
        return Seen(say, advice, tuple(dict.fromkeys(asks)), verdict.checks, face, whole)

    def _is_frozen(self, rgb: Pixels, now_s: float) -> bool:
        if self._before is None or self._changed_at_s is None or not same_picture(rgb, self._before):
            self._changed_at_s = now_s
        self._before = rgb
        return now_s - self._changed_at_s >= _FROZEN_S

    def _is_flat(self, reading: FaceReading) -> bool:
        """Compare with the first view of this face, as often as the head has turned since."""
        if reading.points is None:
            self._first = None
            return False
        if self._first is None:
            self._first = reading.points
        found = flatness(self._first, reading.points)
        if found is not None:
            self._flat.append(found)
        return len(self._flat) == _FLAT_VIEWS and median(self._flat) >= _FLAT_FROM


def region_of(face: FoundFace, reading: FaceReading) -> Region | None:
    """Give the part of the frame where a face is, for the exposure; None when nothing of it is in the frame."""
    left, top = max(0.0, face.left / reading.width_px), max(0.0, face.top / reading.height_px)
    right = min(1.0, (face.left + face.width) / reading.width_px)
    bottom = min(1.0, (face.top + face.height) / reading.height_px)
    return Region(left, top, right - left, bottom - top) if right > left and bottom > top else None
