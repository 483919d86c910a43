"""The words of the page for letters and hand, which stands on every screen of a citizen."""

from typing import Final

from kiosk.journey.steps import Step
from kiosk.journey.view import Looks
from kiosk.words.catalogue import Catalogue

TEXTS: Final = ("looks.title", "looks.right", "looks.left", "looks.voice", "looks.done")


def looks_of(step: Step, catalogue: Catalogue) -> Looks | None:
    """Give the words in the catalogue's language, or None at a step where no citizen is served."""
    return Looks(*(catalogue.text(key) for key in TEXTS)) if step.number else None
