"""Moving between steps: arriving, leaving, going back, and the timers that go with it. Pure."""

from dataclasses import replace

from kiosk.domain.enrolment import Answers
from kiosk.journey.effects import Effect, Lamp, SaveDraft, ShowLamp, StartTimer, StopTimer
from kiosk.journey.events import Past
from kiosk.journey.session import Rules, Session, Turn, at_rest, fresh
from kiosk.journey.steps import Step

IDLE = "idle"
IDLE_ANSWER = "idle_answer"
#: Timers of a single step, forgotten when the step is left.
STEP_TIMERS = ("pause", "countdown", "farewell")


def step_of(session: Session, rules: Rules) -> Step:
    """Give the row of the table at which the session stands."""
    return rules.steps[session.step]


def stay(session: Session, *effects: Effect) -> Turn:
    """End the turn where we are."""
    return session, effects


def idle_timer(session: Session, rules: Rules) -> Effect:
    """Start the idle question's timer where the step may ask it, or stop it where the citizen may take all the time."""
    if session.enrolling and not session.overlay and not step_of(session, rules).patient:
        return StartTimer(IDLE, rules.idle_after_s)
    return StopTimer(IDLE)


def arrival(session: Session, rules: Rules) -> tuple[Effect, ...]:
    """Give the effects of standing at this step anew, as after a resume or when a device works again."""
    return step_of(session, rules).arrive


def enter(session: Session, target: str, rules: Rules, *, answers: Answers | None = None, keep: bool = True) -> Turn:
    """Go on to `target`.

    `answers` are the new ones where this step has finished with any. `keep` puts the step that is left into the
    history, so that going back restores it. A finished step is saved in the draft before the next one is shown.
    """
    here = step_of(session, rules)
    known = session.answers if answers is None else answers
    target = _guarded(known, target)
    there = rules.steps[target]
    history = session.history
    if keep and not here.side and here.back:
        history = (*history, Past(here.key, session.answers))
    returns_to = (session.returns_to or here.key) if there.side else session.returns_to
    if not there.side and not here.side:
        returns_to = ""
    following = replace(at_rest(session, target), answers=known, history=history, returns_to=returns_to)
    effects: list[Effect] = [StopTimer(name) for name in STEP_TIMERS]
    effects += [*here.leave, *there.arrive]
    if following.enrolling and there.key != "sealing":
        effects.append(SaveDraft())
    return following, tuple(effects)


def with_answers(session: Session, answers: Answers, target: str, rules: Rules) -> Turn:
    """Finish this step with `answers`, remembering in the history how they stood before."""
    return enter(session, target, rules, answers=answers)


def go_back(session: Session, rules: Rules) -> Turn:
    """Go one step back and restore the answers as they stood there; from a form beside the way, leave the form."""
    here = step_of(session, rules)
    if here.side and session.returns_to:
        following, effects = enter(session, session.returns_to, rules, keep=False)
        return replace(following, returns_to=""), effects
    if not here.back or not session.history:
        return stay(session)
    past = session.history[-1]
    earlier = replace(at_rest(session, past.step), answers=past.answers, history=session.history[:-1], returns_to="")
    effects = (
        *(StopTimer(name) for name in STEP_TIMERS),
        *here.leave,
        *rules.steps[past.step].arrive,
        SaveDraft(),
    )
    return earlier, effects


def can_go_back(session: Session, rules: Rules) -> bool:
    """Say whether go_back() would do anything."""
    here = step_of(session, rules)
    if here.side:
        return bool(session.returns_to) and here.back
    return here.back and bool(session.history)


def to_standby(session: Session, rules: Rules, *effects: Effect) -> Turn:
    """Forget the citizen and rest."""
    here = step_of(session, rules)
    timers = tuple(StopTimer(name) for name in (*STEP_TIMERS, IDLE, IDLE_ANSWER))
    return fresh(session, rules), (*timers, *here.leave, *effects, ShowLamp(Lamp.OFF))


def _guarded(answers: Answers, target: str) -> str:
    """Go round a read-back that would have nothing to read."""
    if target == "home" and not answers.home.residence:
        return "edit.home"
    return target
