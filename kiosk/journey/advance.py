"""advance(): one event in, a new frozen session and its effects out. No clock, no device, no disk.

What lies over a step (help, the idle question, device trouble, declining) is handled here; all else belongs to the
handler of the step's kind.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from kiosk.journey import (
    anywhere,
    checking,
    closing,
    documents,
    doors,
    handover,
    marking,
    meeting,
    menu,
    pausing,
    portrait,
    prints,
    proving,
    representing,
    resting,
    roster,
    signing_in,
    visiting,
)
from kiosk.journey.effects import (
    DropDraft,
    Effect,
    Lamp,
    Louder,
    SaveDraft,
    ShowLamp,
    StartTimer,
    StopTimer,
    WipeDevices,
)
from kiosk.journey.events import (
    Begun,
    DeviceRecovered,
    DeviceTrouble,
    Event,
    FormFilled,
    HandsSeen,
    HelpHeld,
    HelpPressed,
    PinConfirmed,
    ReceiptVerified,
    RosterMatched,
    RosterTold,
    TimerFired,
    Touched,
)
from kiosk.journey.ordered import ordered, settled
from kiosk.journey.remembered import DraftPaused, PausedFound, VisitRecalled
from kiosk.journey.session import Rules, Session, Turn
from kiosk.journey.steps import FIND, PICK, Kind
from kiosk.journey.turning import (
    ASKED,
    CURTAIN,
    DECLINED,
    HELP,
    IDLE,
    IDLE_ANSWER,
    LIFTED,
    MENU,
    NUMBER,
    OFFICERS,
    PIN,
    STILL,
    TROUBLE,
    VEIL,
    cover,
    enter,
    go_back,
    idle_timer,
    left_alone,
    nobody_served,
    stay,
    step_of,
    to_standby,
    uncover,
)

_Handler = Callable[[Session, Event, Rules], Turn]
_Told = Begun | DraftPaused | PausedFound | VisitRecalled | RosterTold | RosterMatched | ReceiptVerified

_HANDLERS: Final[dict[Kind, _Handler]] = {
    Kind.SIGN_IN: signing_in.sign_in,
    Kind.STANDBY: closing.standby,
    Kind.HANDOVER: handover.handover,
    Kind.HANDED: handover.result,
    Kind.RESUME: closing.resume,
    Kind.DOCUMENT: documents.document,
    Kind.READ_BACK: documents.read_back,
    Kind.VISIT: visiting.visit,
    Kind.SAME: meeting.same,
    Kind.FORM: documents.form,
    Kind.ROSTER: roster.roster_step,
    Kind.MIRROR: portrait.mirror,
    Kind.LOOK: portrait.look,
    Kind.PHOTO: portrait.photo,
    Kind.COMPARE: checking.compare,
    Kind.SETTLE: checking.settle,
    Kind.REASON: checking.explain,
    Kind.SEALING: closing.sealing,
    Kind.FAREWELL: closing.farewell,
}

#: Touches that lead nowhere and are not meant to.
_NO_STEPS: Final = tuple(Touched(name) for name in anywhere.TOUCHES)
#: Steps that look for a card, and say so where a reader or camera is missing for it.
_LOOKING: Final = frozenset({Kind.DOCUMENT, Kind.SIGN_IN, Kind.HANDOVER})

#: Steps at which nobody is being enrolled.
_NOBODY: Final = frozenset({Kind.SIGN_IN, Kind.STANDBY, Kind.HANDOVER, Kind.HANDED, Kind.RESUME, Kind.PAUSED})


def advance(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """Decide what `event` means at this moment. `now` (UTC) is written into the record where a time belongs there."""
    if event == TimerFired(proving.PROVEN):
        return proving.over(session), ()
    if isinstance(event, HandsSeen):
        return session, (idle_timer(session, rules),)
    following, effects = ordered(session, event, rules) or _turn(session, event, rules, now)
    if isinstance(event, Touched | FormFilled) and event not in _NO_STEPS and not session.overlay:
        following, effects = _going_round(following, effects, rules)
    following, more = settled(following, rules)
    effects = (*effects, *more)
    if following is session and not isinstance(event, Touched | FormFilled | HelpPressed):
        # Nothing happened and nobody touched anything (a receipt of an earlier citizen came): the idle time runs on.
        return following, effects
    return following, (*effects, idle_timer(following, rules))


def _going_round(session: Session, effects: tuple[Effect, ...], rules: Rules) -> Turn:
    """Call the officer when hands touch on and on and come nowhere new; nothing is lost, and nobody is blamed."""
    if not session.unfinished:
        return session, effects
    if session.step not in session.reached:
        return replace(session, reached=session.reached | {session.step}, rounds=0), effects
    if session.overlay == HELP or session.rounds + 1 < rules.rounds_before_help:
        return replace(session, rounds=session.rounds + 1), effects
    covered, more = anywhere.called(replace(session, rounds=0), rules)
    return covered, (*effects, *more)


def _turn(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    if session.overlay == pausing.AWAY:
        return _away(session, event, rules, now)
    match event:
        case _ if isinstance(event, _Told):
            return _told(session, event, rules, now)
        case DeviceTrouble(device, code):
            return _trouble(session, device, code, rules, event)
        case DeviceRecovered(device):
            return _recovered(session, device, rules, event)
        case HelpHeld():
            return menu.held(session)
        case Touched(name) if name in anywhere.TOUCHES:
            return anywhere.TOUCHES[name](session, rules)
        case HelpPressed():
            return anywhere.called(session, rules)
        case TimerFired(name) if name in {IDLE, IDLE_ANSWER, VEIL}:
            return _idle(session, name, rules)
        case PinConfirmed() if session.overlay != PIN:
            # It was right all the same, and somebody called for help meanwhile.
            known, effects = proving.proved(session, rules)
            return stay(known, *effects)
        case _ if session.overlay:
            return _covered(session, event, rules, now)
        case Touched("back"):
            return _back(session, rules)
        case _:
            return _handled(session, event, rules, now)


def _away(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    """While a draft is being put away nothing saves over it: the disk's answer ends that, or its trouble."""
    match event:
        case _ if isinstance(event, _Told):
            return _told(session, event, rules, now)
        case DeviceTrouble("storage", code):
            return _trouble(session, "storage", code, rules, event)
        case DeviceTrouble(device):
            return stay(replace(session, broken=session.broken | {device}))
        case DeviceRecovered(device):
            return stay(replace(session, broken=session.broken - {device}))
        case HelpPressed() | Touched("help"):
            return stay(session, ShowLamp(Lamp.CALL))
        case anywhere.LANGUAGE:
            return stay(anywhere.in_other_language(session))
        case _:
            return stay(session)


def _told(session: Session, event: _Told, rules: Rules, now: datetime) -> Turn:
    """Take what storage says, and what the kiosk knows of somebody, whatever lies over the step."""
    match event:
        case Begun(enrolment):
            return _begun(session, enrolment, rules, now)
        case DraftPaused():
            return pausing.paused(session, event, rules)
        case PausedFound():
            return meeting.found(session, event, rules)
        case VisitRecalled():
            return visiting.recalled(session, event, rules)
        case RosterTold():
            return roster.told(session, event)
        case RosterMatched():
            return roster.matched(session, event, rules)
        case ReceiptVerified(enrolment, number):
            known = session.step == "farewell" and enrolment == session.enrolment
            return stay(replace(session, receipt=number) if known else session)


def _begun(session: Session, enrolment: str, rules: Rules, now: datetime) -> Turn:
    # An id that comes when the citizen has left already, or that is the second one, names nobody.
    if session.enrolling or step_of(session, rules).kind in _NOBODY:
        return stay(session)
    return stay(replace(session, enrolment=enrolment, started_at=now))


def _handled(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    step = step_of(session, rules)
    match event:
        case Touched("other") if step.other == "@louder":
            return stay(session, Louder())
        case Touched("other") if step.kind is Kind.DOCUMENT and session.phase in {"", LIFTED} and step.other:
            return enter(session, roster.without_card(session), rules)
        case _:
            pass
    if step.kind is Kind.CONSENT:
        return closing.consent(session, event, rules, now)
    if step.kind is Kind.REVIEW:
        return closing.review(session, event, rules, now)
    if step.kind is Kind.MARK:
        return marking.mark_step(session, event, rules, now)
    if step.kind is Kind.REPRESENT:
        return representing.represent(session, event, rules, now)
    if step.kind is Kind.PAUSED:
        return pausing.paused_step(session, event, rules, now)
    if step.kind is Kind.HANDS:
        return prints.hands(session, event, rules, now)
    if step.kind is Kind.PRINT:
        return prints.print_step(session, event, rules, now)
    if step.kind is Kind.PLAIN:
        if event == Touched("yes") and step.yes is not None:
            return enter(session, step.yes, rules)
        return stay(session)
    return _HANDLERS[step.kind](session, event, rules)


def _back(session: Session, rules: Rules) -> Turn:
    step = step_of(session, rules)
    if step.kind is Kind.PRINT and session.phase in prints.INSIDE:
        # Back from the list of reasons is back to the finger, not to the one before it.
        return stay(replace(session, phase="", hint=""), StopTimer("remedy"), *step.arrive)
    if step.kind is Kind.LOOK and session.phase in portrait.INSIDE:
        return portrait.back_to_camera(session, rules)
    if step.key == PICK:
        return enter(session, FIND, rules, keep=False)
    if step.kind in {Kind.DOCUMENT, Kind.HANDOVER} and session.phase == NUMBER:
        return stay(replace(session, phase="", problem="", form={}), *step.leave, *step.arrive)
    return go_back(session, rules)


def _idle(session: Session, name: str, rules: Rules) -> Turn:
    if name == VEIL:
        # So much later whoever comes may be anybody.
        over = CURTAIN if session.overlay == STILL else session.overlay
        return stay(replace(session, veiled=OFFICERS, overlay=over) if session.veiled else session)
    if name == IDLE and nobody_served(session, rules):
        return resting.signed_out(session, rules)
    if name == IDLE and left_alone(session, rules):
        # What lies over the step shows nothing of the citizen, and stays; behind it the curtain has fallen.
        return stay(replace(session, veiled=ASKED), StartTimer(VEIL, rules.veil_s))
    if name == IDLE_ANSWER:
        if session.overlay != IDLE:
            return stay(session)
        if step_of(session, rules).kind is Kind.PAUSED:
            return to_standby(session, rules)
        covered, effects = cover(replace(session, veiled=ASKED), CURTAIN, rules)
        return stay(covered, *effects, ShowLamp(Lamp.CALL), StartTimer(VEIL, rules.veil_s))
    if session.overlay not in {"", DECLINED} or not session.enrolling or step_of(session, rules).patient:
        return stay(session)
    covered, effects = cover(session, IDLE, rules)
    return stay(covered, *effects, StartTimer(IDLE_ANSWER, rules.idle_answer_s))


def _trouble(session: Session, device: str, code: str, rules: Rules, event: Event) -> Turn:
    step = step_of(session, rules)
    if step.kind is Kind.SEALING:
        # Whether the enrolment was put away is told by Sealed and SealFailed, which nothing may cover.
        return stay(session)
    session = replace(session, broken=session.broken | {device})
    if device in step.needs or device == "storage":
        troubled = replace(session, trouble=device, trouble_code=code)
        if session.overlay in {HELP, CURTAIN}:
            # Who called for help still waits for it; the trouble is shown when the officer has come.
            return stay(troubled)
        covered, effects = cover(troubled, TROUBLE, rules)
        return stay(covered, *effects, ShowLamp(Lamp.CALL))
    if step.kind in _LOOKING and not session.overlay:
        return _HANDLERS[step.kind](session, event, rules)
    return stay(session)


def _recovered(session: Session, device: str, rules: Rules, event: Event) -> Turn:
    if device in session.broken:
        session = replace(session, broken=session.broken - {device})
    if session.trouble == device:
        if session.overlay == TROUBLE:
            return uncover(session, rules)
        saving = (SaveDraft(),) if device == "storage" and session.unfinished else ()
        return stay(replace(session, trouble="", trouble_code=""), *saving)
    kind = step_of(session, rules).kind
    if kind in _LOOKING and not session.overlay:
        return _HANDLERS[kind](session, event, rules)
    return stay(session)


def _covered(session: Session, event: Event, rules: Rules, now: datetime) -> Turn:
    if session.overlay == PIN:
        return doors.asked(session, event, rules)
    if session.overlay in menu.OVERLAYS:
        return menu.menu(session, event, rules)
    if session.overlay in pausing.OVERLAYS:
        return pausing.covered(session, event, rules, now)
    return _overlay(session, event, rules)


def _lifted(session: Session, answer: str, rules: Rules) -> Turn:
    """Somebody is there: before anything of the citizen is seen they say they are the same, or the officer does."""
    match session.overlay, session.veiled, answer:
        case "curtain", "officer", "yes":
            return proving.ask(session, CURTAIN, over=CURTAIN)
        case "curtain", _, "yes":
            return stay(replace(session, overlay=STILL))
        case "curtain.still", _, "yes":
            bare, effects = uncover(replace(session, veiled=""), rules)
            return bare, (*effects, StopTimer(VEIL))
        case "curtain.still", _, "other":
            return stay(replace(session, overlay=CURTAIN, veiled=OFFICERS), ShowLamp(Lamp.CALL))
        case _:
            return stay(session)


def _overlay(session: Session, event: Event, rules: Rules) -> Turn:
    match session.overlay, event:
        case "declined", Touched("yes"):
            return to_standby(session, rules, DropDraft(), WipeDevices())
        case "declined", Touched("other"):
            return uncover(session, rules)
        case "trouble", Touched("other") if step_of(session, rules).kind is Kind.PRINT:
            return prints.without_sensor(session)
        case "trouble", Touched("other") if session.step == marking.PRINT:
            # Without a sensor there is no mark; the review waits.
            bare = replace(session, overlay="", trouble="", trouble_code="")
            following, effects = enter(bare, "review", rules, keep=False)
            return following, (*effects, StopTimer(IDLE_ANSWER), ShowLamp(Lamp.BUSY))
        case "help" | "curtain", Touched("yes") if session.trouble:
            return stay(replace(session, overlay=TROUBLE))
        case "curtain" | "curtain.still", Touched(answer) if answer != "other" or session.overlay == STILL:
            return _lifted(session, answer, rules)
        case _, Touched("yes"):
            return uncover(session, rules)
        case "help" | "curtain", Touched("other"):
            return stay(replace(session, overlay=MENU), ShowLamp(Lamp.BUSY), StopTimer(IDLE_ANSWER))
        case _:
            return stay(session)
