"""What storage gives back of citizens who were here before: drafts, paused ones, notes. Frozen values.

Those that come as answers are events (kiosk.journey.events).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from kiosk.domain.access import Access
from kiosk.domain.citizen import Identity, PersonalNumber
from kiosk.domain.effort import Visit
from kiosk.domain.enrolment import Answers, Capture
from kiosk.domain.pauses import PauseReason
from kiosk.domain.visits import EarlierVisit


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier step with the answers as they stood there; going back restores exactly this."""

    step: str
    answers: Answers


@dataclass(frozen=True, slots=True)
class ResumableDraft:
    """A draft as storage gave it back."""

    id: str
    step: str
    started_at: datetime
    answers: Answers
    captures: Mapping[str, Capture]
    history: tuple[Past, ...] = ()
    language: str = "vi"
    returns_to: str = ""
    address: str = ""
    access: Access = Access.NOTHING
    visit: Visit = field(default_factory=Visit)
    picked: bool = False


@dataclass(frozen=True, slots=True)
class HandoverCompared:
    """What was enrolled here, beside what a new card says: which of three agree. `enrolment` is empty for none found.

    `enrolled_on` is the day of the enrolment as people write it, `receipt` the office's number where it is still known.
    """

    enrolment: str = ""
    enrolled_on: str = ""
    receipt: int | None = None
    number: bool = False
    name: bool = False
    born: bool = False


@dataclass(frozen=True, slots=True)
class VisitRecalled:
    """What is known here of the weak prints of whoever has this personal number; `visit` is None for nothing."""

    number: PersonalNumber | None
    visit: EarlierVisit | None


@dataclass(frozen=True, slots=True)
class PausedNote:
    """What the officer reads of a paused enrolment to find it: whose, since when, why, and where it goes on.

    `born` is the year, None where the papers do not tell it; `overdue`: it waits longer than the kiosk's term.
    """

    enrolment: str
    name: str
    born: int | None
    since: datetime
    reason: PauseReason
    step: str
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class PausedListed:
    """All paused enrolments that open, the newest pause first; `unreadable` counts those kept for the office."""

    notes: tuple[PausedNote, ...] = ()
    unreadable: int = 0


@dataclass(frozen=True, slots=True)
class PausedFound:
    """The newest paused enrolment that is this person's; `note` is None for none."""

    identity: Identity = field(repr=False)
    note: PausedNote | None


@dataclass(frozen=True, slots=True)
class PausedOpened:
    """A paused enrolment was opened; `draft` is None where it is not there any more, or does not open."""

    draft: ResumableDraft | None


@dataclass(frozen=True, slots=True)
class DraftPaused:
    """This enrolment lies paused on the disk: the kiosk is free."""

    enrolment: str
