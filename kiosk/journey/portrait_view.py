"""What the portrait's screens show: the live camera with the coach's word, the officer's list, the picture. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.photo_coach import ASKED, ASKED_ALONE, Posture
from kiosk.domain.quality import PortraitSay
from kiosk.journey import portrait, turning
from kiosk.journey.session import AtPortrait, Session
from kiosk.journey.steps import Kind, Step
from kiosk.journey.view import Button, Choice, Layout, Role, View
from kiosk.words.catalogue import Catalogue

#: Steps of a second in which the ring around the head fills: more would only make work for the screen.
_RING_STEP: Final = 20

#: Every screen and text that this module can ask for.
SCREENS: Final = frozenset({"portrait.menu", *portrait.SHOWN})
TEXTS: Final = frozenset(
    {
        *(portrait.say_key(one) for one in PortraitSay if one not in ASKED_ALONE),
        *(portrait.say_key(one, Posture.BED) for one in portrait.OF_THE_CAMERA),
        *(portrait.ask_key(one) for one in ASKED),
        *(f"row.{row}" for row in portrait.ROWS),
        *(f"posture.{posture.value}" for posture in Posture if posture is not Posture.CHAIR),
        *(portrait.PATIENCE, "portrait.praise", "portrait.again", "portrait.earlier", "officer.camera"),
    }
)


def portrait_screen(session: Session, step: Step) -> str:
    """Name the screen of the look: the step itself, the officer's list, or what the citizen is shown."""
    if session.phase == portrait.MENU:
        return "portrait.menu"
    return session.phase if session.phase in portrait.SHOWN else step.key


def portrait_layout(session: Session, step: Step) -> Layout:
    """Choose the arrangement of the portrait's screens."""
    if step.kind is Kind.MIRROR:
        return Layout.PREVIEW if session.phase == turning.MIRROR else step.layout
    if session.phase == portrait.MENU:
        return Layout.CHOICE
    return Layout.MESSAGE if session.phase in portrait.SHOWN else step.layout


def fill_portrait(view: View, session: Session, step: Step, photo: bytes | None, catalogue: Catalogue) -> View:
    """Fill the screens of the portrait; `photo` is the one that is kept so far."""
    match step.kind:
        case Kind.MIRROR:
            return replace(view, preview=session.phase == turning.MIRROR)
        case Kind.PHOTO:
            hint = catalogue.text("portrait.earlier") if session.sitter.earlier else view.hint
            return replace(view, photo=photo, hint=hint)
        case _:
            return _look(view, session, step, catalogue)


def _look(view: View, session: Session, step: Step, catalogue: Catalogue) -> View:
    """Fill the live camera's screen, or the officer's list beside it."""
    sitter, phase = session.sitter, session.phase
    if phase == portrait.MENU:
        rows = [row for row in portrait.ROWS if portrait.POSTURES.get(row) is not sitter.posture]
        return replace(view, choices=tuple(Choice(row, catalogue.text(f"row.{row}")) for row in rows))
    if phase in portrait.SHOWN:
        return view
    helps = Button("other", catalogue.text("officer.camera"), Role.OTHER, step.other_icon)
    count = phase if phase in {"1", "2", "3"} else ""
    advice = sitter.seen.advice if sitter.seen is not None and phase == "" else None
    shown = advice.shown if advice is not None else None
    said = portrait.say_key(shown, sitter.posture) if shown is not None else session.hint
    hint = catalogue.text(said) if said in catalogue.text_keys else ""
    return replace(
        view,
        preview=True,
        buttons=(helps,) if phase == "" and portrait.helped(session) else (),
        voice=_voice(sitter, catalogue) or view.voice,
        hint=count or hint,
        busy=phase == turning.BUSY,
        arrow=advice.arrow if advice is not None else "",
        held=_RING_STEP * int(advice.held * 100 / _RING_STEP) if advice is not None else 0,
    )


def _voice(sitter: AtPortrait, catalogue: Catalogue) -> str:
    """Give what the coach has said last, with its praise; empty while the screen's own line is the last."""
    if not sitter.line:
        return ""
    first = "portrait.praise" if sitter.praised else "portrait.again" if sitter.seen is None else ""
    first = "" if sitter.line == portrait.PATIENCE else first
    words = [catalogue.text(key) for key in (first, sitter.line) if key]
    return " ".join(words)


def officers_part(session: Session, step: Step, catalogue: Catalogue) -> tuple[str, ...]:
    """Write for the officer how the citizen sits and what only looking can tell: nothing of it blocks.

    Under the citizen's eyes it says only that there is something to look at; what that is, the officer is told who
    opens a list, or at the officer's own screens.
    """
    sitter = session.sitter
    told = sitter.seen if step.kind is Kind.LOOK else sitter.best
    parts = [] if sitter.posture is Posture.CHAIR else [catalogue.text(f"posture.{sitter.posture.value}")]
    asks = [] if told is None else [catalogue.text(portrait.ask_key(one)) for one in told.asks if one in ASKED]
    officers = session.overlay or session.phase == portrait.MENU or step.kind in {Kind.COMPARE, Kind.REASON}
    if asks and not officers:
        asks = [catalogue.text("portrait.asked")]
    return (*parts, *asks)
