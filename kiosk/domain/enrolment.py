"""A draft that grows step by step, and the enrolment that it becomes when the citizen has signed it off."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from kiosk.domain.capture_plan import CapturePlan, Earlier, Filled, Finger, Position, SlotState
from kiosk.domain.card_proof import CardProof
from kiosk.domain.citizen import Home, Identity, Phone, Relatives
from kiosk.domain.consent import Consent
from kiosk.domain.contradictions import NumberDossier, Settled, Statement
from kiosk.domain.pauses import Pause
from kiosk.domain.representative import Representative
from kiosk.domain.roster import Listed


@dataclass(frozen=True, slots=True)
class Capture:
    """One raw reading from a device, as a file of the named media type; width and height in pixels."""

    media_type: str
    width_px: int
    height_px: int
    dpi: int | None
    data: bytes


class FaceMatch(StrEnum):
    """What the officer's eye said of the chip's portrait beside the citizen."""

    SAME = "same"
    #: The officer is not sure: the office has to look.
    DOUBT = "doubt"


class MarkReason(StrEnum):
    """Why somebody puts a fingerprint in place of a signature (điểm chỉ)."""

    CANNOT_WRITE = "cannot_write"
    CANNOT_SEE = "cannot_see"
    #: The hand cannot hold a pen or hit the screen.
    HAND = "hand"


@dataclass(frozen=True, slots=True)
class ThumbMark:
    """A fingerprint that stands for the citizen's yes at the review, and the witness who saw it made.

    `finger` in the words of ISO/IEC 39794-4; `quality` 0..100; `officer` wrote it down, `at` (UTC) is when.
    """

    reason: MarkReason
    finger: Position
    capture: str
    quality: int
    sensor: str
    witness: str
    officer: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answers:
    """All that is known so far. Captures are named by id; their bytes lie beside, so that going back stays cheap.

    `statements` are what each paper said, `settled` how the officer settled where they contradict one another or the
    citizen, `dossier` the request that may follow for the personal number, `proof` what the chip could prove.
    `supplements` is the id of the earlier enrolment whose weak prints this one has taken again, None for a whole one.
    `mark` is a fingerprint in place of a signature. `listed` is whether the citizen is on the roster, None without one.
    `pauses` are the times when all this waited for another day. `representative` consented and signed in the place of
    a child or a ward, None for who acts alone. `beside` are the ids of enrolments that were paused here and are of the
    same person: the officer knew of them, and went on with this one.
    """

    consent: Consent | None = None
    identity: Identity | None = None
    identity_confirmed: bool = False
    chip_portrait: str | None = None
    chip_hashes: str | None = None
    home: Home = field(default_factory=Home)
    home_confirmed: bool = False
    relatives: Relatives = field(default_factory=Relatives)
    relatives_confirmed: bool = False
    phone: Phone | None = None
    slots: Mapping[str, SlotState] = field(default_factory=dict[str, SlotState])
    signed_off_at: datetime | None = None
    proof: CardProof | None = None
    statements: tuple[Statement, ...] = ()
    face: FaceMatch | None = None
    settled: tuple[Settled, ...] = ()
    dossier: NumberDossier | None = None
    supplements: str | None = None
    mark: ThumbMark | None = None
    listed: Listed | None = None
    pauses: tuple[Pause, ...] = ()
    representative: Representative | None = None
    beside: tuple[str, ...] = ()

    def captures(self) -> frozenset[str]:
        """Give the ids of all captures that these answers point to."""
        ids = {state.capture for state in self.slots.values() if isinstance(state, Filled)}
        if self.chip_portrait is not None:
            ids.add(self.chip_portrait)
        if self.mark is not None:
            ids.add(self.mark.capture)
        return frozenset(ids)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A finished, signed-off draft: what the sealed body of a package holds."""

    id: str
    kiosk: str
    officer: str
    plan_source: str
    started_at: datetime
    finished_at: datetime
    answers: Answers
    captures: Mapping[str, Capture]


def open_slots(plan: CapturePlan, answers: Answers) -> tuple[str, ...]:
    """Name the slots that have no state yet. An enrolment may be finished only when this is empty."""
    return tuple(slot.id for slot in plan.slots if slot.id not in answers.slots)


def mark_finger(answers: Answers, plan: CapturePlan) -> Finger | None:
    """Name the finger that makes the mark, or None where no finger could be taken.

    The right index finger, else the left one, else the first that there is: the order of the Law on Notarisation
    (53/2014/QH13, Art. 48).
    """
    taken = [
        slot.finger for slot in plan.prints() if slot.finger is not None and _has_print(answers.slots.get(slot.id))
    ]
    first = [finger for finger in (Finger.RIGHT_INDEX, Finger.LEFT_INDEX) if finger in taken]
    return next(iter((*first, *taken)), None)


def _has_print(state: SlotState | None) -> bool:
    """Say whether a finger gave a print, now or at the earlier visit."""
    return isinstance(state, Filled) or (isinstance(state, Earlier) and state.reason is None)
