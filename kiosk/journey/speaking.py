"""Screens for who cannot see or cannot hear: all is said with the keys that answer it, or all is written. Pure."""

from dataclasses import replace
from typing import Final

from kiosk.domain.access import Access
from kiosk.journey.events import KeyPressed, Touched
from kiosk.journey.step import Kind, Step
from kiosk.journey.view import Layout, View
from kiosk.words.catalogue import Catalogue

#: Screens that only the officer answers: a key pressed by the citizen means nothing there.
_OFFICERS: Final = (
    *("officer.", "paused", "represent.", "menu", "signin", "handover", "mark.", "resume", "message", "locked"),
    *("portrait.menu", "edit.", "trouble", "full", "curtain.officer"),
)
#: Screens at which the officer helps with hands and fingers: their buttons are the officer's. No key answers them, but
#: for the questions of safety, to which the citizen says yes or no.
_AT_THE_GLASS: Final = ("print.", "remedy.")
_ASKED: Final = "remedy.ask"
#: Screens whose other button is not for a key: the officer's menu, another language.
_YES_ALONE: Final = frozenset({"help", "curtain", "standby"})
_CITIZENS: Final = frozenset({"paused.who", "paused.consent", "paused.parted", "represent.consent"})

#: The headset that the settings name is not there: said by the kiosk of itself, as a fault (kiosk.journey.status).
HEADSET: Final = "trouble.headset"

#: Every text that this module can ask for.
TEXTS: Final = frozenset(
    {
        *("blind.yes", "blind.other", "blind.officer", "blind.alone", "blind.print", "blind.look"),
        *("blind.headset", HEADSET),
        *("access.blind", "access.deaf", "access.none", "access.now"),
    }
)


def answered_by_citizen(view: View) -> bool:
    """Say whether this screen is a citizen's to answer with yes or no."""
    if view.layout in {Layout.FORM, Layout.CHOICE, Layout.COMPARE} or view.busy:
        return False
    return view.key in _CITIZENS or not view.key.startswith(_OFFICERS)


def meaning(pressed: KeyPressed, view: View) -> Touched | None:
    """Give the touch that a key stands for at this screen, or None where it stands for none."""
    wanted = "yes" if pressed.yes else "other"
    return Touched(wanted) if wanted in for_keys(view) else None


def for_keys(view: View) -> dict[str, str]:
    """The buttons that the two keys stand for at this screen, with their labels."""
    if not answered_by_citizen(view) or _at_the_glass(view):
        return {}
    wanted = ("yes",) if view.key in _YES_ALONE else ("yes", "other")
    labels = {button.id: button.label for button in view.buttons}
    return {id_: labels[id_] for id_ in wanted if id_ in labels}


def adapted(view: View, access: Access, step: Step, catalogue: Catalogue) -> View:
    """Say all that a screen shows to who cannot see it; write all that it says for who cannot hear it."""
    view = replace(view, aloud=view.sentence if view.personal else "")
    match access:
        case Access.BLIND:
            aloud = " ".join(_said_aloud(view, catalogue)) if view.personal else ""
            return replace(view, voice=" ".join(_said(view, step, catalogue)), aloud=aloud)
        case Access.DEAF if view.layout is Layout.MESSAGE:
            return replace(view, sentence=view.voice)
        case _:
            return view


def _said(view: View, step: Step, catalogue: Catalogue) -> list[str]:
    said = [view.voice]
    if view.key not in {"identity", "paused.who"}:
        # Those two say their facts in their own words.
        said += [_ended(f"{fact.label}: {fact.value}") for fact in view.facts]
    if view.hint and view.hint not in view.voice:
        said.append(_ended(view.hint))
    if view.key == step.key and step.kind is Kind.PRINT:
        said.append(catalogue.text("blind.print"))
    if view.key == step.key and step.kind is Kind.LOOK and not view.hint:
        said.append(catalogue.text("blind.look"))
    if view.busy:
        return said
    if not answered_by_citizen(view):
        return [*said, catalogue.text("blind.officer")]
    if _at_the_glass(view):
        return said if view.buttons else [*said, catalogue.text("blind.alone")]
    labels = for_keys(view)
    said += [catalogue.text(f"blind.{name}", label=label) for name, label in labels.items()]
    return said if labels else [*said, catalogue.text("blind.alone")]


def _at_the_glass(view: View) -> bool:
    return view.key.startswith(_AT_THE_GLASS) and view.key != _ASKED


def _said_aloud(view: View, catalogue: Catalogue) -> list[str]:
    """Say what is asked and the keys that answer it, without what neighbours should not hear, and whom to wait for."""
    keys = [catalogue.text(f"blind.{name}", label=label) for name, label in for_keys(view).items()]
    return [view.sentence, catalogue.text("blind.headset"), *keys]


def _ended(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
