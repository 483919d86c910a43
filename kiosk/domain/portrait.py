"""What is kept beside a portrait: how it was taken, what was measured on it, and why it is as it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from kiosk.domain.photo_coach import Posture


class PortraitReason(StrEnum):
    """Why a portrait is kept although something on it does not hold; the officer's word.

    POSE: the head cannot be held straight. FACE: eyes, mouth or skin cannot be as asked. PLACE: light and wall are no
    better here. REFUSED: the citizen does not want another picture. CAMERA: the camera does not give a better one.
    """

    POSE = "pose"
    FACE = "face"
    PLACE = "place"
    REFUSED = "refused"
    CAMERA = "camera"


@dataclass(frozen=True, slots=True)
class PortraitNote:
    """How a portrait was taken, and what it is worth.

    `not_met` names the checks that do not hold, `asked` those that only the officer can tell; `figures` are all
    measures by name (docs/portrait.md); `landmarks` are x and y of the face's 468 points one after the other, in pixels
    of the portrait, empty where no face was found. `reason` and `officer` are set where something is not met.
    """

    posture: Posture = Posture.CHAIR
    not_met: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    figures: Mapping[str, float] = field(default_factory=dict[str, float], repr=False)
    landmarks: tuple[float, ...] = field(default=(), repr=False)
    reason: PortraitReason | None = None
    officer: str = ""

    @property
    def unexplained(self) -> bool:
        """Say whether something does not hold and nobody has said why."""
        return bool(self.not_met) and self.reason is None
