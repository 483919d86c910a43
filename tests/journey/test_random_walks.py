"""Whatever happens in whatever order: nothing raises, nothing signed is lost, and there is always a way out."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kiosk.domain.capture_plan import Earlier, ExceptionReason, Filled
from kiosk.domain.citizen import Home, PersonalNumber, Sex
from kiosk.domain.contradictions import Source, Statement
from kiosk.domain.dates import PartialDate
from kiosk.domain.enrolment import open_slots
from kiosk.domain.pauses import PauseReason
from kiosk.domain.photo_coach import ASKED_ALONE, Advice
from kiosk.domain.quality import PortraitSay, PrintVerdict
from kiosk.domain.roster import RosterRow
from kiosk.domain.visits import EarlierVisit
from kiosk.journey.effects import DropDraft, Seal
from kiosk.journey.events import (
    Begun,
    CardNeedsKey,
    CoachMissing,
    DeviceRecovered,
    DeviceTrouble,
    DocumentFailed,
    DocumentProgress,
    DocumentRead,
    Event,
    FingerTouched,
    FormFilled,
    HelpPressed,
    PinConfirmed,
    PortraitTaken,
    PrintCaptured,
    PrintProgress,
    ReceiptVerified,
    RosterFound,
    RosterMatched,
    RosterTold,
    Sealed,
    SealFailed,
    SignedIn,
    SignInRefused,
    SitterSeen,
    TimerFired,
    Touched,
)
from kiosk.journey.listing import Query
from kiosk.journey.portrait import ROWS as PORTRAIT_ROWS
from kiosk.journey.remembered import DraftPaused, PausedFound, PausedListed, PausedNote, PausedOpened, VisitRecalled
from tests.journey.script import BEGAN, FINGERS, HOME, IDENTITY, IDENTITY_FORM, NUMBER, Kiosk, picture

TOUCHES = ["yes", "other", "back", "again", "help", "fix.identity", "fix.home", "fix.relatives", "fix.phone"]
#: What the officer can touch beside the way.
OFFICERS = ["menu.address", "address.cô", "menu.mark", "mark.cannot_see", "menu.louder", "officer.wipe"]
OFFICERS += [
    "menu.pause",
    "pause.tired",
    "officer.paused",
    "paused.go_on",
    "paused.delete",
    "note",
    "same.anew",
    "same.go_on",
]
OFFICERS += ["menu.represent", "represent.ward", "represent.guardian", "represent.paper.other", "represent.nobody"]
#: A paused enrolment as the list names it.
NOTE = PausedNote("note", IDENTITY.name, 1950, BEGAN, PauseReason.TIRED, "home")
FORMS: list[Mapping[str, str]] = [
    IDENTITY_FORM,
    {"residence": "thôn Tân Hương"},
    {"father": "Trần Văn An"},
    {"phone": "0912345678"},
    {"witness": "Lê Văn Chín"},
    {"pin": "482913"},
    {"name": "Lê Thị Bưởi", "number": NUMBER.digits, "paper": "số 12"},
    {"number": NUMBER.digits, "born": "01/07/1950", "expires": ""},
    {},
]
DEVICES = ["camera", "fingerprint", "card", "storage", "panel", "outbox"]
ROWS = ["said.chip", "said.qr", "said.citizen", "settle.same", "settle.office", "settle.dossier", "row.0", "row.1"]
#: A card whose chip and code say two different things of number, name and birth.
TORN = DocumentRead(
    IDENTITY,
    home=HOME,
    portrait=picture("chip"),
    statements=(
        Statement(Source.CHIP, IDENTITY.name, IDENTITY.born, NUMBER, None, Sex.MALE),
        Statement(Source.QR, "LÊ VĂN BA", PartialDate(1951), PersonalNumber("001051000001"), "183000001"),
    ),
)
#: People of the roster; of the first the office has another birth date.
HOA = RosterRow("Trần Thị Hoa", PartialDate(1951), NUMBER, address="thôn Tân Hợp")
BA = RosterRow("Nguyễn Văn Ba", PartialDate(1941))
#: An earlier enrolment with one faint print and one that could not be taken.
KNOWN = EarlierVisit(
    "0193b3a0-0000-7abc-8def-000000000000",
    BEGAN,
    {
        "print.right_thumb": Earlier(38, PrintVerdict.TOO_DRY, again=True),
        "print.left_ring": Earlier(reason=ExceptionReason.INJURED, again=True),
    },
)
TIMERS = ["pause", "countdown", "farewell", "idle", "idle_answer", "patience", "pin", "pin.proven"]
QUALITY = st.integers(0, 100)
SITTINGS = st.integers(0, 40)
SAYS = st.sampled_from([one for one in PortraitSay if one not in ASKED_ALONE])


def _print_of(finger: object, quality: int, verdict: PrintVerdict) -> PrintCaptured:
    name = f"{finger}-{quality}"
    return PrintCaptured(finger, name, picture(name), quality=quality, verdict=verdict, sensor="s")  # type: ignore[arg-type]


EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.sampled_from([*TOUCHES, *OFFICERS, *ROWS, "fix.portrait", *(reason.value for reason in ExceptionReason)]).map(
        Touched
    ),
    st.sampled_from(PORTRAIT_ROWS).map(Touched),
    st.just(TORN),
    st.sampled_from(FORMS).map(FormFilled),
    st.just(HelpPressed()),
    st.sampled_from(["one", "two"]).map(Begun),
    st.sampled_from([DocumentProgress(50), CardNeedsKey(), DocumentRead(IDENTITY), DocumentRead(IDENTITY, home=HOME)]),
    st.just(DocumentRead(IDENTITY, home=Home(residence="x"), portrait=picture("chip"))),
    st.sampled_from(["lifted", "wrong_key", "unreadable"]).map(DocumentFailed),
    st.sampled_from([FingerTouched(), PrintProgress(30)]),
    st.builds(_print_of, st.sampled_from(FINGERS), QUALITY, st.sampled_from(PrintVerdict)),
    st.builds(
        lambda sitting, hints: PortraitTaken(sitting, f"p{len(hints)}", picture("p"), tuple(hints), "c"),
        SITTINGS,
        st.lists(SAYS, max_size=1),
    ),
    st.builds(
        lambda sitting, say, shoot: SitterSeen(sitting, Advice(say, speak=True, shoot=shoot)),
        SITTINGS,
        SAYS,
        st.booleans(),
    ),
    st.builds(CoachMissing, SITTINGS),
    st.sampled_from(DEVICES).map(lambda device: DeviceTrouble(device, "DeviceGone")),
    st.sampled_from(DEVICES).map(DeviceRecovered),
    st.sampled_from([Sealed(1), SealFailed("full"), SealFailed("storage"), ReceiptVerified("one", 1)]),
    st.sampled_from([SignedIn("1"), SignInRefused(2, 0), SignInRefused(0, 30), PinConfirmed()]),
    st.sampled_from([VisitRecalled(NUMBER, KNOWN), VisitRecalled(NUMBER, None), VisitRecalled(None, None)]),
    st.sampled_from([DraftPaused("one"), PausedListed((NOTE,)), PausedOpened(None), PausedFound(IDENTITY, NOTE)]),
    st.sampled_from([RosterTold(0), RosterTold(312), RosterMatched(IDENTITY, "r"), RosterMatched(IDENTITY, "r", HOA)]),
    st.sampled_from([RosterFound(Query("hoa"), "r", rows, len(rows)) for rows in ((), (HOA,), (HOA, BA))]),
    st.sampled_from(TIMERS).map(TimerFired),
)


def walk(kiosk: Kiosk, events: list[Event]) -> None:
    """Let all of it happen. Kiosk looks at the house rules after every event."""
    for event in events:
        before = kiosk.session
        kiosk.happens(event)
        after = kiosk.session
        if kiosk.did(Seal) and before.step == "review":
            assert open_slots(kiosk.rules.plan, after.answers) == ()
            assert after.answers.signed_off_at is not None
        if before.step == after.step == "sealing" or (before.step == "sealing" and after.step == "farewell"):
            assert after.answers == before.answers, "what was signed is not touched any more"
        lost = set(before.answers.slots) - set(after.answers.slots)
        assert not lost or event in (Touched("back"), Touched("other")) or after.step == "standby"
        if after.step == "standby" and before.unfinished:
            assert kiosk.did(DropDraft), "who is given up leaves no draft"
        assert kiosk.draft is None or kiosk.draft.answers.captures() <= set(kiosk.draft.captures)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=60))
def test_any_events_after_signing_in(events: list[Event]) -> None:
    walk(Kiosk().signed_in(), events)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10), st.lists(EVENTS, max_size=40))
def test_any_events_among_the_fingers(done: int, events: list[Event]) -> None:
    kiosk = Kiosk().at_fingers()
    for _ in range(done):
        kiosk.good_print()
    walk(kiosk, events)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(EVENTS, max_size=40))
def test_any_events_around_the_review(events: list[Event]) -> None:
    walk(Kiosk().at_review(), events)


def _uncovered(kiosk: Kiosk) -> None:
    """Answer all that lies over the step: the curtain asks twice, the officer gives the PIN."""
    for _ in range(6):
        if kiosk.session.overlay == "pausing":
            kiosk.happens(DraftPaused(kiosk.session.enrolment))
        elif kiosk.session.overlay == "officer.pin":
            kiosk.fill(pin="482913").happens(PinConfirmed())
        elif kiosk.session.overlay:
            kiosk.touch("yes")


#: What a citizen and an officer would really touch on the screen that is shown.
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_only_what_is_on_the_screen_is_touched_and_back_always_ends_at_the_consent(data: st.DataObject) -> None:
    kiosk = Kiosk().at_review()
    for _ in range(data.draw(st.integers(0, 25))):
        view = kiosk.view()
        if kiosk.session.step in {"standby", "sealing", "farewell", "welcome"}:
            return
        choices: list[Event] = [Touched(button.id) for button in view.buttons if view.form is None]
        choices += [Touched(choice.id) for choice in view.choices]
        choices += [Touched("back")] if view.nav.back is not None else []
        choices += [FormFilled(form) for form in FORMS] if view.form is not None else []
        choices += [TimerFired(name) for name in kiosk.timers]
        choices += [_print_of(view.finger, 80, PrintVerdict.GOOD)] if view.finger is not None else []
        if view.key == "portrait.look" and kiosk.session.phase == "":
            shoot = data.draw(st.booleans())
            choices.append(SitterSeen(kiosk.session.sitter.sitting, Advice(PortraitSay.NOTHING, shoot=shoot)))
        if view.key == "portrait.look" and kiosk.session.phase == "busy":
            choices.append(PortraitTaken(kiosk.session.sitter.sitting, "new", picture("new"), (), "c"))
        choices += [DocumentRead(IDENTITY, home=HOME), TORN] if view.key == "document" else []
        choices += [DraftPaused(kiosk.session.enrolment)] if view.key == "pausing" else []
        kiosk.happens(data.draw(st.sampled_from(choices)))
    _uncovered(kiosk)
    if not kiosk.session.unfinished:
        return
    for _ in range(80):
        # Who goes back and back gets the officer, and goes on.
        _uncovered(kiosk)
        if kiosk.view().nav.back is None:
            break
        kiosk.touch("back")
    assert kiosk.session.step == "consent"
    assert not any(isinstance(state, Filled) for state in kiosk.session.answers.slots.values())
