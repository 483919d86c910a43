"""An enrolment that was paused to be continued another day: why, when, and how it was taken up again."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PauseReason(StrEnum):
    """Why an enrolment is paused. Coded, so that nobody writes down somebody's illness."""

    TIRED = "tired"
    #: Fingers that need some days: wounds, cement, plaster.
    HANDS = "hands"
    #: A paper, or the representative, is not here today.
    PAPERS = "papers"
    #: The citizen has to go, or others have waited too long.
    TIME = "time"
    #: Battery, sensor, camera.
    MACHINE = "machine"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Resumed:
    """How a paused enrolment was taken up again: when (UTC) and by which officer, who had compared the citizen.

    The citizen said who they are and agreed once more, in this language; `read_aloud` says whether it was heard.
    """

    at: datetime
    officer: str
    language: str
    read_aloud: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause of an enrolment: why, when (UTC), by which officer; `resumed` is None while it lasts."""

    reason: PauseReason
    at: datetime
    officer: str
    resumed: Resumed | None = None
