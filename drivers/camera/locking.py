"""Everything that a camera adjusts by itself, held still for the shots.

Owns the order: focus once, then fix exposure, white balance and focus at what the last frame had, then wait until a
frame shows that it is so (libcamera applies controls some frames late). Pure: metadata in, controls out.
"""

from collections.abc import Collection, Mapping
from enum import Enum, auto
from typing import Any, Final

_AF_MANUAL: Final = 0
_AF_AUTO: Final = 1
_AF_CONTINUOUS: Final = 2
_AF_TRIGGER_START: Final = 0
#: libcamera's AfState: the search has ended, sharp or not.
_AF_ENDED: Final = frozenset({2, 3})
#: Frames after which focus counts as good as it gets, and after which the controls count as applied.
FOCUS_FRAMES: Final = 45
SETTLE_FRAMES: Final = 15
#: Sensors round an exposure time to whole rows.
_SAME_SHARE: Final = 0.03

Controls = dict[str, Any]


class _Stage(Enum):
    FREE = auto()
    FOCUSING = auto()
    SETTLING = auto()
    HELD = auto()


class ShotLock:
    """Holds one camera's adjustments; `advertised` are the names of the controls that the camera knows."""

    def __init__(self, advertised: Collection[str]) -> None:
        self._advertised = frozenset(advertised)
        self._stage = _Stage.FREE
        self._frames = 0
        self._fixed: Controls = {}

    @property
    def busy(self) -> bool:
        """Whether it was begun and not freed."""
        return self._stage is not _Stage.FREE

    @property
    def held(self) -> bool:
        """Whether everything stands still now."""
        return self._stage is _Stage.HELD

    def free(self) -> Controls:
        """Give the controls of an unlocked camera: everything adjusts itself again."""
        self._stage, self._frames, self._fixed = _Stage.FREE, 0, {}
        return self._known({"AeEnable": True, "AwbEnable": True, "AfMode": _AF_CONTINUOUS})

    def begin(self) -> Controls:
        """Begin to lock; give the controls to set now."""
        self._frames, self._fixed = 0, {}
        self._stage = _Stage.FOCUSING
        return self._known({"AfMode": _AF_AUTO, "AfTrigger": _AF_TRIGGER_START})

    def see(self, metadata: Mapping[str, Any]) -> Controls:
        """Look at a frame's metadata; give the controls to set now, mostly none."""
        self._frames += 1
        if self._stage is _Stage.FOCUSING and self._focused(metadata):
            self._fixed = self._as_it_is(metadata)
            self._stage, self._frames = (_Stage.SETTLING if self._fixed else _Stage.HELD), 0
            return self._fixed
        if self._stage is _Stage.SETTLING and (self._applied(metadata) or self._frames >= SETTLE_FRAMES):
            self._stage = _Stage.HELD
        return {}

    def _focused(self, metadata: Mapping[str, Any]) -> bool:
        if "AfMode" not in self._advertised or self._frames >= FOCUS_FRAMES:
            return True
        # The first frames are from before the trigger and may tell of an earlier search.
        return self._frames > 2 and metadata.get("AfState") in _AF_ENDED

    def _as_it_is(self, metadata: Mapping[str, Any]) -> Controls:
        fixed: Controls = {}
        if "ExposureTime" in metadata and "AnalogueGain" in metadata:
            fixed |= {"AeEnable": False}
            fixed |= {name: metadata[name] for name in ("ExposureTime", "AnalogueGain")}
        if "ColourGains" in metadata:
            fixed |= {"AwbEnable": False, "ColourGains": metadata["ColourGains"]}
        if "LensPosition" in metadata:
            fixed |= {"AfMode": _AF_MANUAL, "LensPosition": metadata["LensPosition"]}
        return self._known(fixed)

    def _applied(self, metadata: Mapping[str, Any]) -> bool:
        return all(
            abs(float(metadata.get(name, 0.0)) - float(wanted)) <= _SAME_SHARE * max(abs(float(wanted)), 1.0)
            for name, wanted in self._fixed.items()
            if name in {"ExposureTime", "AnalogueGain", "LensPosition"}
        )

    def _known(self, controls: Controls) -> Controls:
        return {name: value for name, value in controls.items() if name in self._advertised}
