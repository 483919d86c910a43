"""`kiosk check words`: what is amiss with a language, for whoever translates one."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from kiosk.words.lint import Asked

_REMEDIES = Path(__file__).parents[2] / "config" / "remedies.toml"


def asked(remedies: Path = _REMEDIES) -> Asked:
    """Give what the screens of this kiosk ask of a language. Raises BadRemedies, FontMissing."""
    from kiosk.domain.capture_plan import CapturePlan, Finger, Slot, SlotKind
    from kiosk.journey.proofing import screens_of, texts_of
    from kiosk.journey.session import Rules
    from kiosk.main import RIBBON, load_remedies
    from kiosk.ui.cmap import letters_of
    from kiosk.ui.pictures import PICTURES
    from kiosk.ui.settings import DisplaySettings

    # Every finger, whatever the plan of a place leaves out.
    prints = tuple(Slot(finger.value, SlotKind.SINGLE_FLAT, finger) for finger in Finger)
    plan = CapturePlan("all", (*prints, Slot("portrait", SlotKind.PORTRAIT)))
    rules = replace(Rules.of(plan, load_remedies(remedies)), ribbon=RIBBON)
    fonts = DisplaySettings()
    letters = letters_of(fonts.font_regular, fonts.font_bold)
    return Asked(screens_of(rules), texts_of(rules), frozenset(PICTURES), letters)


def check_words(
    folders: Annotated[
        list[Path] | None, typer.Argument(help="Folders of languages, named by their codes; without: the kiosk's own.")
    ] = None,
    *,
    remedies: Annotated[Path, typer.Option(help="The ladder of remedies, whose questions are words too.")] = _REMEDIES,
) -> None:
    """Look through the texts of languages: what is missing, superfluous, too long, unkind, not shown or not said."""
    from kiosk.words.language import languages
    from kiosk.words.lint import faults_of, told

    wanted = asked(remedies)
    places = [(path.resolve().name, path.resolve().parent) for path in folders or []]
    own = [(code, None) for code in languages()] if not places else []
    good = True
    for code, folder in [*places, *own]:
        faults = faults_of(code, wanted, folder)
        print(f"{code}: {len(faults)} faults" if faults else f"{code}: good")
        if faults:
            good = False
            print(told(faults))
    if not good:
        raise typer.Exit(1)
