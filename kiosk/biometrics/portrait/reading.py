"""What was read from one frame: faces, points, and the measures by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from kiosk.biometrics.portrait.detector import FoundFace
from kiosk.biometrics.portrait.landmarks import Points
from kiosk.biometrics.portrait.mesh import Pupils
from kiosk.biometrics.portrait.person import Mask
from kiosk.biometrics.portrait.pose import Pose


class Depth(Enum):
    """How much is looked for in a frame.

    QUICK, for each frame of a preview: faces, points, pose, eyes, mouth, place and light. FULL, twice a second: also
    pupils, person, background and dress. SHOT, for a shot or a file: also small faces, and everything more exactly.
    """

    QUICK = auto()
    FULL = auto()
    SHOT = auto()


@dataclass(frozen=True, slots=True)
class View:
    """How the frame relates to the shot: `shot_scale` pixels of the shot for one of the frame.

    `focal_share`: the lens's focal length as a share of the frame's longer side (Camera Module 3: 0.77), from which the
    camera's distance follows; None where it is not known.
    """

    shot_scale: float = 1.0
    focal_share: float | None = None


@dataclass(frozen=True, slots=True)
class FaceReading:
    """One frame as it was read. Without a face there are no points, and `measures` holds only what needs none.

    `measures` are named as in docs/portrait.md; one
    that could not be taken is not there. `person` is stretched over the whole frame.
    """

    width_px: int
    height_px: int
    depth: Depth
    black: bool = False
    faces: tuple[FoundFace, ...] = field(default=(), repr=False)
    points: Points | None = field(default=None, repr=False, compare=False)
    pose: Pose | None = None
    pupils: Pupils | None = None
    person: Mask | None = field(default=None, repr=False, compare=False)
    measures: Mapping[str, float] = field(default_factory=dict[str, float])
