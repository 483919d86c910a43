"""Moving between steps: arriving, leaving, going back, what lies over a step, and the timers that go with it. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.capture_plan import Filled
from kiosk.domain.enrolment import Answers, mark_finger
from kiosk.domain.representative import must_be_represented, without_biometrics
from kiosk.journey.contradicting import open_contradictions
from kiosk.journey.effects import (
    CapturePrint,
    Effect,
    FollowSitter,
    ForgetVoice,
    Lamp,
    SaveDraft,
    ShowLamp,
    StartTimer,
    StopTimer,
)
from kiosk.journey.remembered import Past
from kiosk.journey.session import Rules, Session, Turn, at_rest, fresh, looked_at_anew
from kiosk.journey.steps import FIND, LOOK, PICK, Kind, Step
from kiosk.journey.view import Layout

IDLE: Final = "idle"
IDLE_ANSWER: Final = "idle_answer"
#: Timers of a single step, forgotten when the step is left.
STEP_TIMERS: Final = ("pause", "countdown", "farewell", "remedy", "patience")

#: What lies over a step.
HELP: Final = "help"
TROUBLE: Final = "trouble"
DECLINED: Final = "declined"
#: Nobody has answered the question whether they are still there: nothing of the citizen is seen until somebody comes.
CURTAIN: Final = "curtain"
#: Whoever lifts it is asked whether they are the one who sat here, before anything of the citizen is seen again.
STILL: Final = "curtain.still"
#: What `Session.veiled` says of the curtain, and the timer after which nobody lifts it but the officer.
ASKED: Final = "ask"
OFFICERS: Final = "officer"
VEIL: Final = "veil"
MENU: Final = "menu"
ADDRESS: Final = "menu.address"
SENSES: Final = "menu.senses"
#: The officer gives the PIN again before people are named who do not sit there.
PIN: Final = "officer.pin"
LOCKED: Final = "locked"
MESSAGE: Final = "message"

#: Parts of a step, named by `Session.phase`.
BUSY: Final = "busy"
READING: Final = "reading"
LIFTED: Final = "lifted"
NUMBER: Final = "number"
GOOD: Final = "good"
AGAIN: Final = "again"
OFFER: Final = "offer"
ASK: Final = "ask"
DOING: Final = "doing"
SAME: Final = "same"
WHICH: Final = "which"
EXCEPTION: Final = "exception"
MIRROR: Final = "mirror"
FAILED: Final = "failed"

#: How the comparison of a new card at its handing over ends, and so which screen says it.
ENDS: Final = ("works", "differs", "unknown", "out_of_time")

#: Parts of a step that are still there when what covered the step is taken away; all else begins anew.
_LASTING: Final = frozenset({NUMBER, GOOD, AGAIN, OFFER, ASK, DOING, SAME, WHICH, EXCEPTION, *ENDS})

#: Steps before which the officer is asked about a paused enrolment of the same person, if it is known of by then: until
#: the first finger it can still be gone on with, and at the last read-back it is told at the least.
MEETING: Final = frozenset({"home", "visit", "relatives", "phone", "hands", "review"})
#: Steps that name people who are not there.
_LISTS: Final = frozenset({"paused", "paused.one", "paused.wipe", "paused.face"})
#: Steps at which an officer is signed in and nobody is served.
AT_REST: Final = frozenset({Kind.STANDBY, Kind.RESUME})
#: What the officer, or nobody yet, stands before: who walks away from it leaves everything as it is behind it.
_LAID: Final = frozenset({HELP, TROUBLE, MENU, ADDRESS, SENSES, "menu.pause"})
#: Steps whose work makes no event for a long time.
_UNHURRIED: Final = frozenset({Kind.HANDS, Kind.COMPARE, Kind.SETTLE, Kind.REASON})


def step_of(session: Session, rules: Rules) -> Step:
    """Give the row of the table at which the session stands."""
    return rules.steps[session.step]


def stay(session: Session, *effects: Effect) -> Turn:
    """End the turn where we are."""
    return session, effects


def idle_timer(session: Session, rules: Rules) -> Effect:
    """Start the idle question's timer where the step may ask it, or stop it where the citizen may take all the time.

    A form waits longer: typing makes no event, and what was typed would be covered by the question. So do hands that
    are being washed, what the officer looks at, and help. At rest it is the officer's own, after which they are signed
    out.
    """
    step = step_of(session, rules)
    if nobody_served(session, rules):
        # An officer is signed in all the same: not for ever (VVSG 2.0, 11.5-A: 30 minutes at most).
        return StartTimer(IDLE, rules.sign_out_after_s)
    if left_alone(session, rules):
        return StartTimer(IDLE, rules.form_idle_after_s)
    if not session.enrolling or session.overlay not in {"", DECLINED} or step.patient:
        return StopTimer(IDLE)
    longer = step.layout is Layout.FORM or session.phase == NUMBER or step.kind in _UNHURRIED
    return StartTimer(IDLE, rules.form_idle_after_s if longer else rules.idle_after_s)


def nobody_served(session: Session, rules: Rules) -> bool:
    """Say whether an officer is signed in and nobody is served, nor does a timer of the step itself end it."""
    kind = step_of(session, rules).kind
    if kind in AT_REST:
        return session.overlay != LOCKED
    return session.overlay in _LAID and not session.enrolling and kind is not Kind.SIGN_IN


def left_alone(session: Session, rules: Rules) -> bool:
    """Say whether something lies over what is a citizen's, who may have gone: then the curtain falls behind it."""
    laid = session.overlay in _LAID and not session.veiled
    return laid and session.unfinished and not step_of(session, rules).patient


def arrival(session: Session, rules: Rules) -> tuple[Effect, ...]:
    """Give the effects of standing at this step anew, as after a resume or when a device works again."""
    step = step_of(session, rules)
    if step.kind in {Kind.FAREWELL, Kind.HANDED}:
        return (*step.arrive, StartTimer("farewell", rules.farewell_s))
    if step.kind is Kind.LOOK:
        sitter = session.sitter
        follow = FollowSitter(sitter.sitting, sitter.posture)
        return (*step.arrive, follow, StartTimer("patience", rules.portrait_patience_s))
    if step.key == "mark.print":
        finger = mark_finger(session.answers, rules.plan)
        return (CapturePrint(finger),) if finger is not None else ()
    return step.arrive


def cover(session: Session, overlay: str, rules: Rules) -> Turn:
    """Lay something over the step; what it was doing pauses and goes on or begins anew when the cover goes."""
    lasting = session.phase in _LASTING
    covered = replace(
        session,
        overlay=overlay,
        phase=session.phase if lasting else "",
        percent=None,
        hint=session.hint if lasting else "",
        sitter=looked_at_anew(session.sitter) if session.step == LOOK else session.sitter,
    )
    return covered, step_of(session, rules).leave


def uncover(session: Session, rules: Rules) -> Turn:
    """Take away what lies over the step and go on with it, or with the curtain where that has fallen."""
    if session.veiled:
        kept = (SaveDraft(),) if session.trouble == "storage" and session.unfinished else ()
        curtain = replace(session, overlay=CURTAIN, trouble="", trouble_code="")
        return stay(curtain, StopTimer(IDLE_ANSWER), ShowLamp(Lamp.CALL), *kept)
    bare = _without_names(replace(session, overlay="", trouble="", trouble_code=""), rules)
    effects: list[Effect] = [StopTimer(IDLE_ANSWER), ShowLamp(Lamp.BUSY if bare.enrolling else Lamp.OFF)]
    match bare.phase:
        case "good":
            effects.append(StartTimer("pause", rules.good_pause_s))
        case "doing":
            effects.append(StartTimer("remedy", rules.tick_s))
        case "number" | "exception" | "offer" | "ask" | "which":
            pass
        case _ if bare.step == "welcome":
            # Its arrival makes an id, and it has that already.
            pass
        case _:
            effects += arrival(bare, rules)
    if session.trouble == "storage" and bare.unfinished:
        effects.append(SaveDraft())
    if bare.step in MEETING and bare.met_unanswered(bare.answers) is not None:
        # It became known while something lay over the step.
        following, more = enter(bare, bare.step, rules, keep=False)
        return following, (*effects, *more)
    return bare, tuple(effects)


def _without_names(session: Session, rules: Rules) -> Session:
    """Show no list of others again, which the officer was shown a while ago, when what covered it goes."""
    if session.proven:
        return session
    if session.step == PICK:
        found = replace(session.found, rows=(), total=0) if session.found is not None else None
        return replace(session, step=FIND, found=found)
    return fresh(session, rules) if session.step in _LISTS else session


def enter(session: Session, target: str, rules: Rules, *, answers: Answers | None = None, keep: bool = True) -> Turn:
    """Go on to `target`.

    `answers` are the new ones where this step has finished with any. `keep` puts the step that is left into the
    history, so that going back restores it. A finished step is saved in the draft before the next one is shown.
    """
    here = step_of(session, rules)
    known = session.answers if answers is None else answers
    met = target in MEETING and session.met_unanswered(known) is not None
    target = "paused.same" if met else _guarded(known, target)
    there = rules.steps[target]
    history = session.history
    if keep and not here.side and here.back:
        history = (*history, Past(here.key, session.answers))
    elif here.side and history and history[-1].step == target:
        # A form leads back to the step it was opened from: that step is now, not the past.
        history = history[:-1]
    returns_to = (session.returns_to or here.key) if there.side else ""
    following = replace(at_rest(session, target), answers=known, history=history, returns_to=returns_to)
    return following, _moved(here, following, rules)


def _moved(here: Step, following: Session, rules: Rules) -> tuple[Effect, ...]:
    saving = (SaveDraft(),) if following.unfinished else ()
    return (*(StopTimer(name) for name in STEP_TIMERS), *here.leave, *arrival(following, rules), *saving)


def with_answers(session: Session, answers: Answers, target: str, rules: Rules) -> Turn:
    """Finish this step with `answers`, remembering in the history how they stood before."""
    return enter(session, target, rules, answers=answers)


def go_back(session: Session, rules: Rules) -> Turn:
    """Go one step back and restore the answers as they stood there; from a form beside the way, leave the form."""
    here = step_of(session, rules)
    if not can_go_back(session, rules):
        return stay(session)
    past = session.history[-1] if session.history else None
    # The officer's looks lie before the review: back from them is back to what the citizen did last.
    look = here.kind in {Kind.COMPARE, Kind.SETTLE, Kind.REASON}
    if past is None or (here.side and not look and session.returns_to not in {"", past.step}):
        return enter(session, session.returns_to, rules, keep=False)
    earlier = replace(at_rest(session, past.step), answers=past.answers, history=session.history[:-1], returns_to="")
    return earlier, _moved(here, earlier, rules)


def can_go_back(session: Session, rules: Rules) -> bool:
    """Say whether go_back() would do anything."""
    here = step_of(session, rules)
    return here.back and bool(session.history or (here.side and session.returns_to))


def to_standby(session: Session, rules: Rules, *effects: Effect) -> Turn:
    """Forget the citizen and rest."""
    here = step_of(session, rules)
    timers = tuple(StopTimer(name) for name in (*STEP_TIMERS, IDLE, IDLE_ANSWER, VEIL))
    return fresh(session, rules), (*timers, *here.leave, *effects, ForgetVoice(), ShowLamp(Lamp.OFF))


def _guarded(answers: Answers, target: str) -> str:
    """Go round a read-back that would have nothing to read; before the last one the officer's looks come.

    Who is too young to act alone goes no further without a representative, and who is younger still not at all.
    """
    identity, consent = answers.identity, answers.consent
    if target in {"home", "visit", "review", "sealing"} and identity is not None and consent is not None:
        born, today = identity.born, consent.at.astimezone().date()
        if without_biometrics(born, today):
            return "represent.too_young"
        if answers.representative is None and must_be_represented(born, today):
            return "represent.why"
    if target == "home" and not answers.home.residence:
        return "edit.home"
    if target == "review" and any(
        isinstance(state, Filled) and state.portrait is not None and state.portrait.unexplained
        for state in answers.slots.values()
    ):
        return "officer.portrait"
    if target == "review" and answers.chip_portrait is not None and answers.face is None:
        return "officer.face"
    if target == "review" and open_contradictions(answers):
        return "officer.settle"
    return target
