"""Steps 11 and 12, and the doors of the day: review, sealing, farewell; standby, resume, declining. Pure."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.domain.capture_plan import NotPossible
from kiosk.domain.enrolment import Consent, open_slots
from kiosk.journey.contradicting import open_contradictions, with_dossier
from kiosk.journey.effects import (
    ClearPrints,
    DropDraft,
    FindPaused,
    Lamp,
    RememberPrints,
    Seal,
    ShowLamp,
    StartTimer,
    WipeDevices,
)
from kiosk.journey.events import Event, Sealed, SealFailed, TimerFired, Touched
from kiosk.journey.marking import unmarked
from kiosk.journey.pausing import restored
from kiosk.journey.prints import prints_of
from kiosk.journey.session import AtPortrait, Rules, Session, Turn
from kiosk.journey.turning import DECLINED, FAILED, arrival, cover, enter, stay, to_standby, with_answers
from kiosk.words.language import following

#: The name under which a nearly full outbox is told of, and the phase of standby that says so.
OUTBOX: Final = "outbox"
FULL: Final = "full"

#: What the officer can mend from the review, and where that leads.
FIXES: Final[Mapping[str, str]] = {
    "fix.identity": "edit.identity",
    "fix.home": "edit.home",
    "fix.relatives": "edit.relatives",
    "fix.phone": "edit.phone",
    "fix.portrait": "portrait.look",
}


def standby(session: Session, event: Event, rules: Rules) -> Turn:
    """The kiosk rests: begin, or change the language of everything for this citizen."""
    match event:
        case Touched("yes") if OUTBOX in session.broken:
            # Nothing may be begun that could not be put away: what is sealed already has the room.
            return stay(replace(session, phase=FULL), ShowLamp(Lamp.CALL), StartTimer("pause", rules.full_pause_s))
        case TimerFired("pause"):
            return stay(replace(session, phase=""), ShowLamp(Lamp.OFF))
        case Touched("yes"):
            return enter(replace(session, phase=""), "welcome", rules)
        case Touched("other"):
            return stay(replace(session, language=following(session.language)))
        case _:
            return stay(session)


def resume(session: Session, event: Event, rules: Rules) -> Turn:
    """Go on at the very step where the kiosk was interrupted, or start anew and erase the draft."""
    draft = session.draft
    if draft is None or not isinstance(event, Touched) or event.id not in {"yes", "other"}:
        return stay(session)
    if event.id == "other":
        return to_standby(session, rules, DropDraft(), WipeDevices())
    again = restored(session, draft, rules)
    known = RememberPrints(prints_of(again, rules))
    # What was known of others like this one went with the power; whoever was just read back is looked for there.
    met = (FindPaused(),) if again.answers.identity is not None and again.step != "identity" else ()
    return stay(again, ShowLamp(Lamp.BUSY), ClearPrints(), known, *met, *arrival(again, rules))


def consent(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """The citizen agrees, which is written down with its circumstances, or does not."""
    if event == Touched("other"):
        return cover(session, DECLINED, rules)
    if event != Touched("yes"):
        return stay(session)
    given = Consent(now, session.language, rules.voice_on)
    return with_answers(session, replace(session.answers, consent=given), "document", rules)


def review(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """The last read-back: all right, or something to mend. Sign-off is refused while a slot is unexplained."""
    match event:
        case Touched("yes") if session.step == "review":
            return _sign_off(session, rules, now)
        case Touched("yes"):
            return enter(session, "review", rules, keep=False)
        case Touched("other") if session.step == "review":
            return enter(unmarked(session), "fix", rules, keep=False)
        case Touched(choice) if session.step == "fix" and choice in FIXES:
            return enter(session, FIXES[choice], rules, keep=False)
        case _:
            return stay(session)


def _sign_off(session: Session, rules: Rules, now: datetime) -> Turn:
    if session.met_unanswered(session.answers) is not None:
        # It became known while the citizen read: nothing is signed before the officer has said what to do.
        return enter(session, "review", rules, keep=False)
    slots = dict(session.answers.slots)
    for slot in rules.plan.impossible():
        slots[slot.id] = NotPossible()
    # The review has just shown name and date of birth once more, and the home of a whole enrolment.
    answers = replace(
        session.answers,
        slots=slots,
        signed_off_at=now,
        identity_confirmed=True,
        home_confirmed=session.answers.supplements is None or session.answers.home_confirmed,
    )
    if open_contradictions(answers):
        # What the citizen has just said yes to contradicts a paper: the officer settles it, and the review comes again.
        return enter(session, "review", rules, answers=replace(answers, signed_off_at=None, mark=None), keep=False)
    answers = with_dossier(answers)
    if open_slots(rules.plan, answers) or answers.identity is None or answers.consent is None:
        # The table leads past every slot, so this is reached only with a draft from an older plan.
        return stay(replace(session, hint="review.open_slots"))
    return with_answers(session, answers, "sealing", rules)


def sealing(session: Session, event: Event, rules: Rules) -> Turn:
    """The enrolment is being put away."""
    match event:
        case Sealed(sequence):
            following, effects = enter(session, "farewell", rules, keep=False)
            done = replace(following, sequence=sequence, captures={}, history=(), sitter=AtPortrait())
            return done, (*effects, WipeDevices())
        case SealFailed(reason):
            return stay(replace(session, phase=FAILED, trouble_code=reason), ShowLamp(Lamp.CALL))
        case Touched("yes") if session.phase == FAILED:
            return stay(replace(session, phase="", trouble_code=""), ShowLamp(Lamp.BUSY), Seal())
        case _:
            return stay(session)


def farewell(session: Session, event: Event, rules: Rules) -> Turn:
    """Done: the claim slip, until the citizen has gone. The receipt is taken by advance(), also under a cover."""
    match event:
        case Touched("yes") | TimerFired("farewell"):
            return to_standby(session, rules)
        case _:
            return stay(session)
