"""One officer at one kiosk, and the citizen of the moment: everything that decides what happens next, frozen."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from kiosk.domain.access import Access
from kiosk.domain.capture_plan import CapturePlan
from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.effort import Visit
from kiosk.domain.enrolment import Answers, Capture, MarkReason
from kiosk.domain.experience import NOTHING_SEEN, Attempt, Experience, Remedy
from kiosk.domain.photo_coach import Posture
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.remedies import NO_REMEDIES, Advice, Remedies
from kiosk.domain.representative import Relation, RepresentativePaper, Represented
from kiosk.domain.visits import EarlierVisit
from kiosk.journey.effects import Effect
from kiosk.journey.events import PortraitTaken, PrintCaptured, RosterFound, SitterSeen
from kiosk.journey.remembered import (
    HandoverCompared,
    Past,
    PausedFound,
    PausedListed,
    PausedNote,
    ResumableDraft,
    VisitRecalled,
)
from kiosk.journey.steps import FIND, LOOK, PICK, Step, build_steps


@dataclass(frozen=True, slots=True)
class Rules:
    """What stays the same for all sessions of a kiosk: the plan, the steps, and the limits. Times in seconds.

    `remedies` is the ladder; `here` and `everywhere` are what remedies have done on this kiosk and on all, as known at
    this moment.
    """

    plan: CapturePlan
    steps: Mapping[str, Step]
    language: str = "vi"
    idle_after_s: float = 180
    form_idle_after_s: float = 600
    idle_answer_s: float = 60
    veil_s: float = 600
    sign_out_after_s: float = 1800
    tries_per_finger: int = 4
    good_print: int = 45
    usable_print: int = 20
    portrait_tries: int = 3
    good_pause_s: float = 1.2
    tick_s: float = 1.0
    portrait_patience_s: float = 25.0
    ask_pin_after_s: float = 120.0
    hint_pause_s: float = 4.0
    rounds_before_help: int = 12
    countdown_s: float = 1.0
    farewell_s: float = 60
    full_pause_s: float = 20
    card_wait_s: float = 120
    lock_grace_s: float = 1800
    voice_on: bool = True
    ribbon: str = ""
    remedies: Remedies = NO_REMEDIES
    here: Experience = field(default_factory=lambda: NOTHING_SEEN)
    everywhere: Experience = field(default_factory=lambda: NOTHING_SEEN)

    @classmethod
    def of(cls, plan: CapturePlan, remedies: Remedies = NO_REMEDIES) -> "Rules":
        """Make the rules of a plan with every limit at its default."""
        return cls(plan, build_steps(plan), remedies=remedies)


@dataclass(frozen=True, slots=True)
class Candidate:
    """The best print of the finger so far."""

    capture_id: str
    capture: Capture
    quality: int
    verdict: PrintVerdict
    sensor: str


@dataclass(frozen=True, slots=True)
class AtFinger:
    """The coach's notes on the finger of the moment.

    `attempts` are those of this visit. `advice` is the remedy on the screen, `done` the one that was done since the
    last press, `skipped` those passed over. `asked` counts the safety questions answered with no, `left_s` the seconds
    left of the remedy. `move` is where the finger should go. `doubt` is a print that looks like one of another finger,
    seen so `times` in a row.
    """

    attempts: tuple[Attempt, ...] = ()
    advice: Advice | None = None
    done: Remedy | None = None
    skipped: frozenset[Remedy] = frozenset()
    asked: int = 0
    left_s: int = 0
    move: str = ""
    doubt: PrintCaptured | None = None
    times: int = 0


@dataclass(frozen=True, slots=True)
class AtPortrait:
    """The photo coach's notes on this citizen.

    `sitting` counts the looks at the sitter, `seen` is what the coach found last. `line` names the text that was spoken
    last instead of the screen's own line, `praised` that something got better. `best` is the best shot of all attempts,
    and `earlier` says that it is not the newest. `late`: nothing held for long, once. `anyway`: the officer wants the
    picture, whatever does not hold.
    """

    posture: Posture = Posture.CHAIR
    sitting: int = 0
    seen: SitterSeen | None = None
    line: str = ""
    praised: bool = False
    best: PortraitTaken | None = None
    earlier: bool = False
    late: bool = False
    anyway: bool = False


@dataclass(frozen=True, slots=True)
class Representing:
    """What is known of a representative before they have agreed."""

    why: Represented | None = None
    relation: Relation | None = None
    paper: RepresentativePaper | None = None
    name: str = ""
    number: PersonalNumber | None = None
    paper_number: str = ""


@dataclass(frozen=True, slots=True)
class AtPaused:
    """The officer among the paused enrolments: what is `listed`, None until it is known, and which one is `chosen`."""

    listed: PausedListed | None = None
    chosen: PausedNote | None = None


@dataclass(frozen=True, slots=True)
class AtPin:
    """The officer is asked for the PIN again: for which `door`, whether it is being looked at, and what was wrong.

    `problem` is the key of a text, `tries` and `wait_s` are what it tells. `over` is what lay over the step before, and
    comes back with the officer; empty where nothing did.
    """

    door: str = ""
    over: str = ""
    busy: bool = False
    problem: str = ""
    tries: int = 0
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Session:
    """The whole state. `step` is a key of the table; `overlay` lies above it without changing it.

    Overlays are help, the officer's menu, idle, trouble, declined, the PIN, locked and message. `trouble` is the device
    in trouble, also while help lies above; `broken` names all that is known to be out of order, whether this step needs
    it or not. `phase` is where within a step we are; `history` holds earlier steps for going back; `candidate` is the
    best print of the finger of the moment and `coach` all else about it; `tries` counts portraits and `sitter` is all
    else about them; `returns_to` is where a form leads when it is done. `reached` are the steps at which hands have
    been, `rounds` counts touches that led to no new one. `address` is the form of address (xưng hô) that the officer
    chose, empty where age and sex decide, `access` what the citizen does without. `repeated`: this step's line was
    asked for once more; `recalled` is what is known of an earlier visit. `lock` is why the office has locked the kiosk,
    or empty; it waits for the citizen of the moment unless it is to be `lock_now`. `message` is the office's word to
    the officer until it is read. `roster` is how many people are on the roster that can be read, `found` who of them
    the officer has looked up. `marking` is the reason and the witness of a mark in place of a signature, until its
    print is taken; `representing` is a representative who has not agreed yet. `paused` is where the officer is among
    the paused enrolments; `draft` is then the one that was opened. `proven`: the officer gave the PIN a short while
    ago; `pin` is how it is asked for again. `veiled`: the curtain has fallen, and whoever goes on is asked
    whether they are the same ("ask"), or needs the officer ("officer"). `picked`: the officer has chosen the
    citizen's row in the roster; `met` is what is paused here of the same person.
    """

    step: str = "signin"
    overlay: str = ""
    phase: str = ""
    language: str = "vi"
    address: str = ""
    access: Access = Access.NOTHING
    repeated: bool = False
    officer: str = ""
    enrolment: str = ""
    started_at: datetime | None = None
    answers: Answers = field(default_factory=Answers)
    captures: Mapping[str, Capture] = field(default_factory=dict[str, Capture])
    history: tuple[Past, ...] = ()
    tries: int = 0
    candidate: Candidate | None = None
    coach: AtFinger = field(default_factory=AtFinger)
    visit: Visit = field(default_factory=Visit)
    sitter: AtPortrait = field(default_factory=AtPortrait)
    percent: int | None = None
    hint: str = ""
    problem: str = ""
    form: Mapping[str, str] = field(default_factory=dict[str, str])
    returns_to: str = ""
    marking: tuple[MarkReason, str] | None = None
    representing: Representing = field(default_factory=Representing)
    trouble: str = ""
    trouble_code: str = ""
    broken: frozenset[str] = frozenset()
    draft: ResumableDraft | None = None
    paused: AtPaused = field(default_factory=AtPaused)
    sequence: int | None = None
    receipt: int | None = None
    compared: HandoverCompared | None = None
    reached: frozenset[str] = frozenset()
    rounds: int = 0
    recalled: VisitRecalled | None = None
    lock: str = ""
    lock_now: bool = False
    message: str = ""
    roster: int = 0
    found: RosterFound | None = None
    picked: bool = False
    met: PausedFound | None = None
    proven: bool = False
    pin: AtPin = field(default_factory=AtPin)
    veiled: str = ""

    @property
    def enrolling(self) -> bool:
        """Say whether a citizen's data are on the table."""
        return bool(self.enrolment)

    @property
    def unfinished(self) -> bool:
        """Say whether there is a draft: something to save, and something that can still be given up."""
        return self.enrolling and self.step not in {"sealing", "farewell"}

    @property
    def earlier_visit(self) -> EarlierVisit | None:
        """Give the enrolment that this visit may supplement: that of the number which the answers now hold."""
        identity, recalled = self.answers.identity, self.recalled
        if identity is None or identity.number is None or recalled is None or recalled.number != identity.number:
            return None
        return recalled.visit

    def met_unanswered(self, answers: Answers) -> PausedNote | None:
        """Give the paused enrolment of whoever these answers are of, where the officer has not said what to do."""
        met = self.met
        if met is None or met.note is None or answers.identity != met.identity:
            return None
        return None if met.note.enrolment in answers.beside else met.note

    def known_captures(self) -> Mapping[str, Capture]:
        """Give the captures that answers of now or of the history still point to."""
        wanted = self.answers.captures().union(*(past.answers.captures() for past in self.history))
        return {key: capture for key, capture in self.captures.items() if key in wanted}


Turn = tuple[Session, tuple[Effect, ...]]


def throughout(session: Session, **answers: Any) -> Session:  # noqa: ANN401 - the fields of Answers, each with its type
    """Set fields of the answers as they are now and as they stood at every earlier step: going back keeps them."""
    return replace(
        session,
        answers=replace(session.answers, **answers),
        history=tuple(replace(past, answers=replace(past.answers, **answers)) for past in session.history),
    )


def fresh(session: Session, rules: Rules) -> Session:
    """Forget the citizen and keep the officer: the kiosk rests."""
    return Session(
        step="standby",
        language=rules.language,
        officer=session.officer,
        broken=session.broken,
        lock=session.lock,
        lock_now=session.lock_now,
        message=session.message,
        roster=session.roster,
        proven=session.proven,
    )


def looked_at_anew(sitter: AtPortrait) -> AtPortrait:
    """Begin another look at the sitter: what comes of the one before counts no more."""
    return replace(sitter, sitting=sitter.sitting + 1, seen=None, line="", praised=False, anyway=False)


def at_rest(session: Session, step: str) -> Session:
    """Stand at `step` with nothing half done."""
    return replace(
        session,
        step=step,
        overlay="",
        phase="",
        tries=0,
        candidate=None,
        coach=AtFinger(),
        sitter=looked_at_anew(session.sitter) if step == LOOK else session.sitter,
        percent=None,
        hint="",
        problem="",
        form={},
        repeated=False,
        veiled="",
        found=session.found if step in {FIND, PICK} else None,
    )
