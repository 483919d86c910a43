"""One sitter over time: what single frames cannot tell, because a face is never still.

Owns the median over the last frames, the sitter's own widest eyes, and since when everything holds. Time is given, in
seconds of any clock that does not go back.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from kiosk.biometrics.portrait.easing import eased
from kiosk.biometrics.portrait.judging import Check, acceptable, judge, most_useful
from kiosk.biometrics.portrait.limits import USUAL, PortraitLimits
from kiosk.biometrics.portrait.reading import Depth, FaceReading
from kiosk.domain.photo_coach import Posture
from kiosk.domain.quality import PortraitSay

_STEADIED: Final = ("roll", "yaw", "pitch", "side_light", "sharpness_preview", "mouth_open")
#: Measures that come twice a second hold until the next; older ones are forgotten.
_SLOW_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is true of the sitter now. `good_since` is when everything began to hold, None while something does not."""

    checks: tuple[Check, ...]
    say: PortraitSay
    good_since: float | None


class Sitter:
    """Follows one sitter. Make a new one for the next."""

    def __init__(self, limits: PortraitLimits = USUAL, posture: Posture = Posture.CHAIR) -> None:
        """Begin with a sitter of whom nothing is known."""
        self._limits = limits
        self._posture = posture
        self._last: dict[str, deque[float]] = {name: deque(maxlen=limits.steady.frames) for name in _STEADIED}
        self._eyes: deque[tuple[float, float]] = deque()
        self._slow: tuple[float, Mapping[str, float]] | None = None
        self._held: frozenset[str] = frozenset()
        self._good_since: float | None = None

    @property
    def eyes_own(self) -> float | None:
        """The widest that the eyes have been open lately; None before any frame."""
        return max((value for _, value in self._eyes), default=None)

    def add(self, reading: FaceReading, now_s: float) -> Verdict:
        """Take in one reading, and judge the sitter."""
        steadied = self._steadied(reading, now_s)
        checks = judge(steadied, self._limits, held=self._held, eyes_own=self.eyes_own)
        checks = eased(checks, self._posture)
        self._held = frozenset(one.name for one in checks if one.passed)
        good = acceptable(checks)
        self._good_since = (self._good_since if self._good_since is not None else now_s) if good else None
        return Verdict(checks, most_useful(checks), self._good_since)

    def _steadied(self, reading: FaceReading, now_s: float) -> FaceReading:
        if reading.points is None:
            for values in self._last.values():
                values.clear()
            self._slow = None
            return reading
        measures = dict(reading.measures)
        for name, values in self._last.items():
            if name in measures:
                values.append(measures[name])
                measures[name] = median(values)
        self._eyes.append((now_s, measures["eyes_open"]))
        while self._eyes[0][0] < now_s - self._limits.steady.eyes_window_s:
            self._eyes.popleft()
        if reading.depth is not Depth.QUICK:
            self._slow = (now_s, reading.measures)
        elif self._slow is not None and now_s - self._slow[0] <= _SLOW_S:
            measures = {**{name: value for name, value in self._slow[1].items() if name in _HELD_OVER}, **measures}
        return replace(reading, measures=measures)


#: Only a full reading has these, and between two of them they are taken to hold.
_HELD_OVER: Final = frozenset(
    {
        *("gaze_across", "gaze_down", "head_covering", "glasses", "glare", "ear_right", "ear_left"),
        *("background_uniformity", "background_lightness", "background_chroma", "background_evenness"),
        "clothing_contrast",
    }
)
