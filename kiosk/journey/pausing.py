"""Pausing an enrolment, and taking it up again another day. Pure.

The officer pauses from the menu, with a coded reason; the draft is on the disk as paused before the kiosk is free. It
is taken up from the resting kiosk: the officer compares the citizen with what is known, the citizen says whether it is
they, and agrees once more; until then it stays paused, whatever happens. Nothing deletes it but an officer's touch.
"""

from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.access import Access
from kiosk.domain.capture_plan import Filled
from kiosk.domain.pauses import Pause, PauseReason, Resumed
from kiosk.journey.effects import (
    ClearPrints,
    DropDraft,
    FindPaused,
    ForgetVoice,
    Lamp,
    OpenPaused,
    PauseDraft,
    RememberPrints,
    SaveDraft,
    ShowLamp,
    StartTimer,
    StopTimer,
    WipeDevices,
)
from kiosk.journey.events import Event, TimerFired, Touched
from kiosk.journey.prints import prints_of
from kiosk.journey.proving import ask
from kiosk.journey.read_backs import consent_facts, identity_facts
from kiosk.journey.remembered import DraftPaused, PausedListed, PausedNote, PausedOpened, ResumableDraft
from kiosk.journey.session import AtPaused, Rules, Session, Turn, at_rest, fresh, throughout
from kiosk.journey.step import Kind
from kiosk.journey.turning import BUSY, IDLE, IDLE_ANSWER, arrival, cover, enter, stay, to_standby, uncover
from kiosk.journey.view import Choice, View
from kiosk.words.catalogue import Catalogue

#: What lies over a step: why it is paused, that it is being put away, and the word of parting over the resting kiosk.
REASON: Final = "menu.pause"
AWAY: Final = "pausing"
PARTED: Final = "paused.parted"
OVERLAYS: Final = frozenset({REASON, AWAY, PARTED})

#: What the officer gives the PIN for.
LIST: Final = "paused"
WIPE: Final = "paused.wipe"

#: Screens that the citizen answers before the enrolment is theirs again.
_CITIZENS: Final = frozenset({"paused.who", "paused.consent"})

_ROW: Final = "pause."
_GO_ON: Final = "paused.go_on"
_WIPE: Final = "paused.delete"

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *(f"{_ROW}{reason.value}" for reason in PauseReason),
        *(_GO_ON, _WIPE, "paused.row", "paused.row_overdue", "paused.none", "paused.gone", "paused.unreadable"),
        *("paused.since", "paused.overdue", "paused.nameless", "paused.born_unknown"),
    }
)


def can_pause(session: Session) -> bool:
    """Only what can be found again is paused: it is known whose enrolment it is, and they have agreed to it."""
    return session.unfinished and session.answers.identity is not None and session.answers.consent is not None


def covered(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Do what was touched while the reasons, the putting away or the parting lie over a step."""
    match session.overlay, event:
        case "menu.pause", Touched("yes"):
            return uncover(session, rules)
        case "menu.pause", Touched(row) if row in _reasons() and can_pause(session):
            pause = Pause(_reasons()[row], now, session.officer)
            return stay(replace(session, overlay=AWAY), PauseDraft(pause))
        case "paused.parted", Touched("yes") | TimerFired("farewell"):
            bare, effects = uncover(fresh(session, rules), rules)
            # Whoever waited heard it as loud as the one who went.
            return bare, (*effects, StopTimer("farewell"), ForgetVoice())
        case _:
            return stay(session)


def _reasons() -> dict[str, PauseReason]:
    return {f"{_ROW}{reason.value}": reason for reason in PauseReason}


def paused(session: Session, event: DraftPaused, rules: Rules) -> Turn:
    """The draft lies paused on the disk: the citizen is parted with, whatever else lay over the step."""
    if not session.unfinished or event.enrolment != session.enrolment:
        return stay(session)
    resting, effects = to_standby(session, rules, WipeDevices())
    parted = replace(resting, overlay=PARTED, language=session.language, address=session.address, access=session.access)
    return parted, (*effects, StartTimer("farewell", rules.farewell_s))


def paused_step(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Among the paused enrolments."""
    if event == TimerFired("pause"):
        return _asked_whether_there(session, rules) if session.step in _CITIZENS else to_standby(session, rules)
    match session.step:
        case "paused":
            return _on_list(session, event, rules)
        case "paused.one" | "paused.wipe":
            return _on_one(session, event, rules)
        case _:
            return _at_doors(session, event, rules, now)


def _asked_whether_there(session: Session, rules: Rules) -> Turn:
    """Ask the citizen gently, as everywhere; who does not answer has gone, and it stays paused."""
    covered, effects = cover(session, IDLE, rules)
    return stay(covered, *effects, StartTimer(IDLE_ANSWER, rules.idle_answer_s))


def _on_list(session: Session, event: Event, rules: Rules) -> Turn:
    notes = _notes(session.paused)
    match event:
        case PausedListed():
            return stay(replace(session, paused=AtPaused(event)))
        case Touched("yes"):
            return to_standby(session, rules)
        case Touched(row) if row in notes:
            return enter(replace(session, paused=replace(session.paused, chosen=notes[row])), "paused.one", rules)
        case _:
            return stay(session)


def _on_one(session: Session, event: Event, rules: Rules) -> Turn:
    chosen = session.paused.chosen
    if chosen is None:
        return enter(session, "paused", rules)
    match session.step, event:
        case "paused.one", Touched("yes"):
            return enter(_closed(session), "paused", rules)
        case "paused.one", Touched(row) if row == _GO_ON:
            return stay(replace(session, phase=BUSY, hint=""), OpenPaused(chosen.enrolment))
        case "paused.one", Touched(row) if row == _WIPE:
            return enter(session, "paused.wipe", rules)
        case "paused.one", PausedOpened(None):
            return stay(replace(session, phase="", hint="paused.gone"))
        case "paused.one", PausedOpened(ResumableDraft() as draft) if draft.id == chosen.enrolment:
            return enter(replace(session, draft=draft), "paused.face", rules)
        case "paused.wipe", Touched("other"):
            return wiped(session, rules) if session.proven else ask(session, WIPE)
        case "paused.wipe", Touched("yes"):
            return enter(session, "paused.one", rules)
        case _:
            return stay(session)


def wiped(session: Session, rules: Rules) -> Turn:
    """Delete the one that was chosen, and show the list without it."""
    chosen = session.paused.chosen
    following, effects = enter(_closed(session), "paused", rules)
    return following, ((DropDraft(chosen.enrolment),) if chosen is not None else ()) + effects


def _at_doors(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """The officer compares, the citizen says who they are and agrees; each of them can also say no."""
    draft = session.draft
    if event == Touched("other") and session.step != "paused.face":
        # The citizen has said no: others' names are not for them to see.
        return to_standby(_closed(session), rules)
    if draft is None or event == Touched("other"):
        return enter(replace(_closed(session), language=rules.language), "paused", rules)
    match session.step, event:
        case "paused.face", Touched("yes"):
            known = replace(session, language=draft.language, address=draft.address, access=draft.access)
            return enter(known, "paused.who", rules)
        case "paused.who", Touched("yes"):
            return enter(session, "paused.consent", rules)
        case "paused.consent", Touched("yes"):
            return _taken_up(session, draft, rules, now)
        case _:
            return stay(session)


def instead(session: Session, note: PausedNote, draft: ResumableDraft, rules: Rules) -> Turn:
    """Give up what was begun today for the enrolment of the same person that waits here, and stand at its doors."""
    resting, effects = to_standby(session, rules, DropDraft(), WipeDevices())
    at_door = replace(resting, step="paused.face", draft=draft, paused=AtPaused(chosen=note))
    return at_door, (*effects, *rules.steps["paused.face"].arrive, ShowLamp(Lamp.BUSY))


def _closed(session: Session) -> Session:
    """Put the opened draft away again; it is paused as before."""
    return replace(session, draft=None, address="", access=Access.NOTHING, paused=AtPaused())


def _notes(at: AtPaused) -> dict[str, PausedNote]:
    return {note.enrolment: note for note in at.listed.notes} if at.listed is not None else {}


def _taken_up(session: Session, draft: ResumableDraft, rules: Rules, now: datetime) -> Turn:
    again = restored(replace(session, paused=AtPaused(), address=draft.address), draft, rules)
    resumed = Resumed(now, session.officer, session.language, rules.voice_on)
    earlier, last = draft.answers.pauses[:-1], draft.answers.pauses[-1:]
    again = throughout(again, pauses=(*earlier, *(replace(one, resumed=resumed) for one in last)))
    known = RememberPrints(prints_of(again, rules))
    # It may have been paused before it was said what becomes of an older one.
    met = (FindPaused(),) if again.answers.identity is not None and again.step != "identity" else ()
    # Saving is what takes it off the list of the paused: before that it has never left it.
    return stay(
        again,
        StopTimer("pause"),
        ShowLamp(Lamp.BUSY),
        ClearPrints(),
        known,
        *met,
        *arrival(again, rules),
        SaveDraft(),
    )


def restored(session: Session, draft: ResumableDraft, rules: Rules) -> Session:
    """Stand where a draft was left, with everything it holds.

    What was half asked is asked anew: of a mark or a representative only a finished one is kept. A step that the plan
    of today no longer has leads to the first read-back.
    """
    step = draft.step if draft.step in rules.steps else "identity"
    match rules.steps[step].kind:
        case Kind.MARK:
            step = "review"
        case Kind.REPRESENT:
            step = draft.returns_to or "identity"
        case _:
            pass
    return replace(
        at_rest(session, step),
        picked=draft.picked,
        language=draft.language,
        enrolment=draft.id,
        started_at=draft.started_at,
        answers=draft.answers,
        captures=draft.captures,
        history=tuple(past for past in draft.history if past.step in rules.steps),
        returns_to=draft.returns_to,
        address=draft.address,
        access=draft.access,
        visit=draft.visit,
        draft=None,
    )


def fill_overlay(view: View, session: Session, catalogue: Catalogue) -> View:
    """Add the reasons to choose from, or that the machine works."""
    if session.overlay == REASON:
        return replace(view, choices=tuple(Choice(row, catalogue.text(row)) for row in _reasons()))
    return replace(view, busy=session.overlay == AWAY)


def paused_view(view: View, session: Session, rules: Rules, catalogue: Catalogue) -> View:
    """Fill the list, or the screens of the one that was chosen."""
    match session.step:
        case "paused":
            return _list_view(view, session.paused.listed, catalogue)
        case "paused.one" | "paused.wipe":
            return _one_view(view, session, catalogue)
        case "paused.face" if session.draft is not None:
            photo = _face(session.draft, rules)
            return replace(view, facts=identity_facts(session.draft.answers.identity, catalogue), photo=photo)
        case "paused.who" if session.draft is not None:
            return replace(view, facts=identity_facts(session.draft.answers.identity, catalogue))
        case "paused.consent":
            return replace(view, facts=consent_facts(catalogue))
        case _:
            return view


def _list_view(view: View, listed: PausedListed | None, catalogue: Catalogue) -> View:
    if listed is None:
        return replace(view, busy=True)
    rows = tuple(Choice(note.enrolment, row_of(note, catalogue)) for note in listed.notes)
    none = catalogue.text("paused.none") if not listed.notes else ""
    # What is longer than a title has room stands on the officer's strip.
    left = catalogue.text("paused.unreadable", count=listed.unreadable) if listed.unreadable else ""
    return replace(view, choices=rows, hint=none, officer_line=left)


def row_of(note: PausedNote, catalogue: Catalogue) -> str:
    """Name a paused enrolment: whose, born when, since when."""
    name = note.name.title() if note.name else catalogue.text("paused.nameless")
    born = str(note.born) if note.born is not None else catalogue.text("paused.born_unknown")
    key = "paused.row_overdue" if note.overdue else "paused.row"
    return catalogue.text(key, name=name, born=born, day=f"{note.since.astimezone():%d/%m}")


def _one_view(view: View, session: Session, catalogue: Catalogue) -> View:
    note = session.paused.chosen
    if note is None:
        return replace(view, busy=True)
    why = catalogue.text(f"{_ROW}{note.reason.value}").lower()
    told = catalogue.text("paused.since", day=f"{note.since.astimezone():%d/%m/%Y}", why=why)
    line = row_of(note, catalogue)
    if session.step == "paused.wipe":
        return replace(view, officer_line=line)
    rows = tuple(Choice(row, catalogue.text(row)) for row in (_GO_ON, _WIPE))
    asked = catalogue.text("paused.overdue") if note.overdue else ""
    asked = catalogue.text(session.hint) if session.hint == "paused.gone" else asked
    told = " · ".join(part for part in (asked, line, told) if part)
    return replace(view, choices=rows, officer_line=told, busy=session.phase == BUSY)


def _face(draft: ResumableDraft, rules: Rules) -> bytes | None:
    """Give the portrait that was taken before the pause, else the chip's: the officer compares with it."""
    taken = [
        state.capture
        for slot in rules.plan.slots
        if slot.finger is None and isinstance(state := draft.answers.slots.get(slot.id), Filled)
    ]
    for capture_id in (*taken, draft.answers.chip_portrait):
        capture = draft.captures.get(capture_id or "")
        if capture is not None:
            return capture.data
    return None
