"""What a row of the STEPS table is made of."""

from dataclasses import dataclass
from enum import StrEnum

from kiosk.domain.capture_plan import Finger
from kiosk.journey.effects import Effect
from kiosk.journey.view import Layout


class Kind(StrEnum):
    """Which handler knows the step's own events; PLAIN needs none."""

    PLAIN = "plain"
    SIGN_IN = "sign_in"
    STANDBY = "standby"
    HANDOVER = "handover"
    HANDED = "handed"
    RESUME = "resume"
    PAUSED = "paused"
    SAME = "same"
    CONSENT = "consent"
    DOCUMENT = "document"
    READ_BACK = "read_back"
    VISIT = "visit"
    FORM = "form"
    ROSTER = "roster"
    HANDS = "hands"
    PRINT = "print"
    MIRROR = "mirror"
    LOOK = "look"
    PHOTO = "photo"
    COMPARE = "compare"
    SETTLE = "settle"
    REASON = "reason"
    REVIEW = "review"
    MARK = "mark"
    REPRESENT = "represent"
    SEALING = "sealing"
    FAREWELL = "farewell"


@dataclass(frozen=True, slots=True)
class Step:
    """One row. `yes` and `other` are where the two buttons lead (None: the handler decides or there is no button).

    `number` is the stage shown as progress; `arrive` and `leave` are the effects at its doors; `needs` names the
    devices without which the step cannot go on; `patient` steps have no idle question; `side` steps are forms beside
    the way, not kept in the history; `back` says whether Back leads out of the step. A step that captures a finger has
    the `finger` and the `slot` of the plan that it fills. A target that begins with @ is an answer that stays here.
    """

    key: str
    kind: Kind
    layout: Layout
    yes: str | None = None
    other: str | None = None
    yes_icon: str = "tick"
    other_icon: str = "pen"
    number: int = 0
    arrive: tuple[Effect, ...] = ()
    leave: tuple[Effect, ...] = ()
    needs: frozenset[str] = frozenset()
    patient: bool = False
    side: bool = False
    back: bool = True
    finger: Finger | None = None
    slot: str = ""
