"""The words of the page for letters, hand, ground, language and volume, which stands on every screen of a citizen."""

from typing import Final

from kiosk.journey.steps import Step
from kiosk.journey.view import Looks
from kiosk.words.catalogue import Catalogue
from kiosk.words.language import following, rules_of

TEXTS: Final = (*("looks.title", "looks.right", "looks.left", "looks.voice", "looks.done", "looks.black"),)


def looks_of(step: Step, catalogue: Catalogue) -> Looks | None:
    """Give the words in the catalogue's language, or None at a step where no citizen is served."""
    if not step.number:
        return None
    title, right, left, voice, done, black = (catalogue.text(key) for key in TEXTS)
    return Looks(title, right, left, voice, done, black, language=rules_of(following(catalogue.language)).name)
