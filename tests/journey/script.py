"""A kiosk without screen and devices, so that a test of the journey reads like a script.

Kiosk plays both sides: what hands do (touch, fill, press_help) and what devices answer (card_read, print_taken, ...).
After every event the invariants of the house are looked at: a View in both languages, and a way out.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.domain.capture_plan import CapturePlan, Finger, plan_from
from kiosk.domain.citizen import DocumentSource, Home, Identity, PersonalNumber, Sex
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import Capture
from kiosk.domain.photo_coach import Advice
from kiosk.domain.portrait import PortraitNote
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.domain.remedies import Remedies, Remedy, Tally, remedies_from
from kiosk.journey.advance import advance
from kiosk.journey.effects import (
    Begin,
    DropDraft,
    Effect,
    ListPaused,
    OpenPaused,
    PauseDraft,
    SaveDraft,
    Seal,
    StartTimer,
    StopTimer,
)
from kiosk.journey.events import (
    Begun,
    DocumentRead,
    Event,
    FingerTouched,
    FormFilled,
    HelpPressed,
    PortraitTaken,
    PrintCaptured,
    ReceiptVerified,
    Sealed,
    SignedIn,
    SitterSeen,
    TimerFired,
    Touched,
)
from kiosk.journey.remembered import DraftPaused, PausedListed, PausedNote, PausedOpened, ResumableDraft
from kiosk.journey.rendering import render
from kiosk.journey.session import Rules, Session, throughout
from kiosk.journey.view import View
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import languages

REPOSITORY: Final = Path(__file__).resolve().parents[2]
CATALOGUES: Final = {language: Catalogue.load(language) for language in languages()}
BEGAN: Final = datetime(2026, 11, 24, 2, 30, tzinfo=UTC)
OFFICER: Final = "HT-0417"
NUMBER: Final = PersonalNumber("042150000012")
IDENTITY: Final = Identity(
    DocumentSource.CHIP,
    "TRẦN THỊ HOA",
    PartialDate(1950, 7, 1),
    number=NUMBER,
    sex=Sex.FEMALE,
    document_expires=date(2030, 7, 1),
)
HOME: Final = Home("xã Thạch Khê, tỉnh Hà Tĩnh", "thôn Tân Hương, xã Thạch Khê")
IDENTITY_FORM: Final = {"name": "trần thị hoa", "born": "1950", "sex": "Nữ", "number": ""}


def the_plan() -> CapturePlan:
    """The plan that the project ships."""
    return plan_from(tomllib.loads((REPOSITORY / "config/capture_plan.toml").read_text(encoding="utf-8")))


def the_remedies() -> Remedies:
    """The ladder that the project ships."""
    return remedies_from(tomllib.loads((REPOSITORY / "config/remedies.toml").read_text(encoding="utf-8")))


#: What has helped dry fingers at this kiosk: soap nearly always, then warmth, then a damp cloth, and pressing never.
SOAPY: Final = {
    (PrintVerdict.TOO_DRY, remedy): Tally(200, helped, 1800)
    for remedy, helped in ((Remedy.WASH, 198), (Remedy.WARM, 130), (Remedy.DAMP, 90), (Remedy.FIRMER, 0))
}
RULES: Final = replace(Rules.of(the_plan(), the_remedies()), here=SOAPY)
FINGERS: Final = tuple(Finger)


def picture(mark: str) -> Capture:
    """A made-up capture whose bytes are its mark."""
    return Capture("image/png", 4, 4, 500, mark.encode())


@dataclass
class Kiosk:
    """advance() and render() in a loop; `effects` are those of the last event, `drafts` what was saved."""

    rules: Rules = RULES
    session: Session = field(default_factory=Session)
    effects: tuple[Effect, ...] = ()
    now: datetime = BEGAN
    timers: dict[str, float] = field(default_factory=dict[str, float])
    draft: ResumableDraft | None = None
    begun: int = 0
    #: Drafts that lie paused on the disk.
    paused: dict[str, ResumableDraft] = field(default_factory=dict[str, ResumableDraft])

    def happens(self, event: Event) -> "Kiosk":
        """Let one event happen, and do what its effects ask of storage and clock."""
        self.session, self.effects = advance(self.session, event, self.rules, self.now)
        self.now += timedelta(seconds=1)
        check_house_rules(self.session, self.rules)
        for effect in self.effects:
            match effect:
                case StartTimer(name, after_s):
                    self.timers[name] = after_s
                case StopTimer(name):
                    self.timers.pop(name, None)
                case SaveDraft() if self.session.enrolment:
                    self.draft = draft_of(self.session)
                    self.paused.pop(self.session.enrolment, None)
                case PauseDraft(pause):
                    whole = throughout(self.session, pauses=(*self.session.answers.pauses, pause))
                    self.paused[whole.enrolment], self.draft = draft_of(whole), None
                case DropDraft(named) if named:
                    self.paused.pop(named, None)
                case DropDraft() | Seal():
                    # Sealing drops the draft in the same transaction; tests that care look at the effects.
                    self.draft = None if isinstance(effect, DropDraft) else self.draft
                case _:
                    pass
        if Begin() in self.effects:
            self.begun += 1
            self.happens(Begun(f"0193b3a0-1234-7abc-8def-{self.begun:012d}"))
        return self

    def answered(self) -> "Kiosk":
        """Let storage answer what the last event asked of the paused enrolments."""
        for effect in self.effects:
            match effect:
                case PauseDraft():
                    return self.happens(DraftPaused(self.session.enrolment))
                case ListPaused():
                    return self.happens(PausedListed(tuple(note_of(draft) for draft in self.paused.values())))
                case OpenPaused(enrolment):
                    return self.happens(PausedOpened(self.paused.get(enrolment)))
                case _:
                    pass
        raise AssertionError(f"nothing was asked of the paused enrolments: {self.effects}")

    def touch(self, *ids: str) -> "Kiosk":
        for one in ids:
            self.happens(Touched(one))
        return self

    def fill(self, **values: str) -> "Kiosk":
        return self.happens(FormFilled(values))

    def press_help(self) -> "Kiosk":
        return self.happens(HelpPressed())

    def time_is_over(self, timer: str) -> "Kiosk":
        """Let a timer fire that is really running."""
        assert timer in self.timers, f"no timer {timer!r} is running, only {sorted(self.timers)}"
        del self.timers[timer]
        return self.happens(TimerFired(timer))

    def at(self, step: str) -> "Kiosk":
        """Say where we must be now: the key of the screen."""
        assert self.view().key == step
        return self

    def view(self, language: str | None = None) -> View:
        return render(self.session, self.rules, CATALOGUES[language or self.session.language])  # type: ignore[index]

    @property
    def buttons(self) -> dict[str, str]:
        return {button.id: button.label for button in self.view().buttons}

    def did(self, kind: type) -> bool:
        """Say whether the last event asked for an effect of that kind."""
        return any(isinstance(effect, kind) for effect in self.effects)

    def signed_in(self) -> "Kiosk":
        return self.fill(officer=OFFICER, pin="123456").happens(SignedIn(OFFICER, self.draft)).at("standby")

    def begin(self) -> "Kiosk":
        """An officer has signed in, a citizen has agreed: now the document."""
        return self.signed_in().touch("yes").at("welcome").touch("yes").at("consent").touch("yes").at("document")

    def card_read(self, identity: Identity = IDENTITY, home: Home = HOME) -> "Kiosk":
        return self.happens(DocumentRead(identity, home=home, portrait=picture("chip"), hashes="yes"))

    def read_back(self) -> "Kiosk":
        """Confirm identity, home, relatives, give no telephone, wash hands."""
        return (
            self.at("identity")
            .touch("yes")
            .at("home")
            .touch("yes")
            .at("relatives")
            .touch("yes")
            .at("phone")
            .touch("other")
        )

    def at_fingers(self) -> "Kiosk":
        return self.begin().card_read().read_back().at("hands").touch("yes").at("print.right_thumb")

    def print_taken(
        self,
        quality: int = 80,
        verdict: PrintVerdict = PrintVerdict.GOOD,
        mark: str = "",
        *,
        finger: Finger | None = None,
        move: str = "",
        same_as: Finger | None = None,
    ) -> "Kiosk":
        wanted = finger or self.rules.steps[self.session.step].finger or Finger.RIGHT_THUMB
        name = mark or f"{wanted.value}-{quality}"
        self.happens(FingerTouched())
        return self.happens(
            PrintCaptured(
                wanted,
                name,
                picture(name),
                quality=quality,
                verdict=verdict,
                sensor="zfm/R503/1",
                move=move,
                same_as=same_as,
            )
        )

    def remedy_over(self) -> "Kiosk":
        """Let the count-down of a remedy run to its end."""
        while self.session.phase == "doing":
            self.time_is_over("remedy")
        return self

    def good_print(self) -> "Kiosk":
        return self.print_taken().at("print.good").time_is_over("pause")

    def all_fingers(self) -> "Kiosk":
        for finger in FINGERS:
            self.at(f"print.{finger.value}").good_print()
        return self.at("portrait.prepare")

    def held_still(self) -> "Kiosk":
        """All holds before the camera, long enough for a picture."""
        return self.seen(Advice(PortraitSay.NOTHING, held=1.0, shoot=True))

    def seen(self, advice: Advice, *asks: PortraitSay) -> "Kiosk":
        """The coach sees the sitter of this moment."""
        return self.happens(SitterSeen(self.session.sitter.sitting, advice, asks))

    def portrait_taken(
        self,
        *hints: PortraitSay,
        mark: str = "portrait",
        asks: tuple[PortraitSay, ...] = (),
        note: PortraitNote | None = None,
    ) -> "Kiosk":
        sitting, kept = self.session.sitter.sitting, note or PortraitNote()
        return self.happens(PortraitTaken(sitting, mark, picture(mark), hints, "picamera2/imx708", asks, kept))

    def at_review(self) -> "Kiosk":
        self.at_fingers().all_fingers().touch("yes").at("portrait.look").held_still().portrait_taken()
        return self.at("portrait.review").touch("yes").same_face().at("review")

    def same_face(self) -> "Kiosk":
        """The officer has looked at both portraits."""
        return self.at("officer.face").touch("yes")

    def sealed(self, sequence: int = 1) -> "Kiosk":
        self.touch("yes").at("sealing")
        assert self.did(Seal)
        self.draft = None
        return self.happens(Sealed(sequence)).at("farewell")

    def receipt(self, number: int = 7) -> "Kiosk":
        return self.happens(ReceiptVerified(self.session.enrolment, number))

    def power_cut(self) -> "Kiosk":
        """Start again with nothing but the draft."""
        return Kiosk(self.rules, draft=self.draft, begun=self.begun, paused=dict(self.paused))

    def resumed(self) -> "Kiosk":
        again = self.power_cut()
        again.fill(officer=OFFICER, pin="123456").happens(SignedIn(OFFICER, again.draft)).at("resume")
        return again.touch("yes")


def draft_of(session: Session) -> ResumableDraft:
    """What storage would give back of this session after a power cut."""
    assert session.started_at is not None
    return ResumableDraft(
        session.enrolment,
        session.step,
        session.started_at,
        session.answers,
        session.known_captures(),
        history=session.history,
        language=session.language,
        returns_to=session.returns_to,
        address=session.address,
        access=session.access,
        visit=session.visit.interrupted(),
        picked=session.picked,
    )


def note_of(draft: ResumableDraft) -> PausedNote:
    """What the officer's list says of a paused enrolment."""
    identity, last = draft.answers.identity, draft.answers.pauses[-1]
    assert identity is not None
    return PausedNote(draft.id, identity.name, identity.born.year, last.at, last.reason, draft.step)


def ways_out(session: Session, rules: Rules) -> Iterator[str]:
    """Everything that leads on from this screen by hand or by itself."""
    view = render(session, rules, CATALOGUES["vi"])
    if view.busy:
        yield "the machine is at work"
    yield from (button.id for button in view.buttons)
    yield from (choice.id for choice in view.choices)
    if view.nav.back is not None:
        yield "back"
    if view.key in {"print.good", "portrait.look", "full"} or session.phase == "doing":
        yield "time"


def check_house_rules(session: Session, rules: Rules) -> None:
    """What must hold after every event: whole words in both languages, two buttons, a way out, no lost capture."""
    for language in languages():
        view = render(session, rules, CATALOGUES[language])
        assert view.title
        assert view.sentence
        assert view.voice
        assert len(view.buttons) <= 2
        assert "{" not in view.title + view.sentence + view.voice + view.hint + view.officer_line
        if session.overlay:
            assert not view.facts, "what lies over a step shows nothing of the citizen"
            assert view.photo is None
    assert list(ways_out(session, rules))
    assert session.answers.captures() <= set(session.captures) or session.step == "farewell"


def with_rules(**changes: object) -> Rules:
    return replace(RULES, **changes)  # type: ignore[arg-type]
