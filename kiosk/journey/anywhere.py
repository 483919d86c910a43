"""What can be touched on every screen and means the same there: help, again, the language, louder and quieter. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from kiosk.journey import menu, pausing
from kiosk.journey.effects import Lamp, Louder, Quieter, SaveDraft, SayAgain, ShowLamp, StartTimer, StopTimer
from kiosk.journey.events import Touched
from kiosk.journey.session import Rules, Session, Turn, fresh
from kiosk.journey.turning import HELP, IDLE, IDLE_ANSWER, MENU, cover, stay
from kiosk.words.language import following

#: The tile of the page for letters and the row of the officer's menu send it.
LANGUAGE: Final = Touched("language")


def called(session: Session, rules: Rules) -> Turn:
    """Call the officer; what the step was doing pauses."""
    if session.overlay == HELP or session.step in {"signin", "sealing"}:
        return stay(session, ShowLamp(Lamp.CALL))
    if session.overlay == pausing.PARTED:
        # How one citizen is served is not how the next one is.
        session = fresh(session, rules)
    covered, effects = cover(session, HELP, rules)
    return stay(covered, *effects, StopTimer(IDLE_ANSWER), ShowLamp(Lamp.CALL))


def _again(session: Session, _rules: Rules) -> Turn:
    """Say the line once more; who asks a second time at the same step has not heard it well, and hears it louder."""
    if session.repeated:
        return stay(session, Louder())
    return stay(replace(session, repeated=True), SayAgain())


def in_other_language(session: Session) -> Session:
    """Give the same session in the next language: step, part, answers and captures stay as they are."""
    return replace(session, language=following(session.language))


def _language(session: Session, rules: Rules) -> Turn:
    """Say and show all in the other language from now on, and keep that in the draft.

    Whoever turns it while they are asked whether they are still there has the whole time again to answer. Where the
    officer did it from the menu, the citizen goes on in it.
    """
    known = in_other_language(session)
    effects = (SaveDraft(),) if session.unfinished else ()
    again = (StartTimer(IDLE_ANSWER, rules.idle_answer_s),) if session.overlay == IDLE else ()
    if session.overlay != MENU:
        return stay(known, *effects, *again)
    bare, more = menu.closed(known, rules)
    return bare, (*more, *effects)


def _louder(session: Session, _rules: Rules) -> Turn:
    return stay(session, Louder())


def _quieter(session: Session, _rules: Rules) -> Turn:
    return stay(session, Quieter())


#: By what is touched. None of them leads a step on.
TOUCHES: Final[Mapping[str, Callable[[Session, Rules], Turn]]] = MappingProxyType(
    {
        "help": called,
        "again": _again,
        LANGUAGE.id: _language,
        "louder": _louder,
        "quieter": _quieter,
    }
)
