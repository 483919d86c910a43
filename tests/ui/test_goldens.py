"""One picture for every moment of the journey and language at two panels, compared with the recorded one.

Pictures of all panels would make the folder too large: for the others a choice of moments is recorded, one at least of
each arrangement, in Vietnamese. The layouts of every moment, language and panel are checked by test_screen_layouts.

Where font and Mesa are those of the recording, pictures must be equal; elsewhere they may differ as another version of
a font or renderer makes them differ. Record anew with: pytest tests/ui --update-goldens
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from kiosk.journey.view import View
from kiosk.ui.settings import LARGE_PANEL, DisplaySettings
from kiosk.words.catalogue import Language
from tests.ui.journeys import LANGUAGES, moments, view_of
from tests.ui.screen_stage import PANELS, Screen

pytestmark = [pytest.mark.screen, pytest.mark.xdist_group("screen")]

GOLDENS = Path(__file__).parent / "goldens"
REFERENCE = GOLDENS / "reference.json"
#: Pictures are kept small: 32 colours are compared after the same reduction on both sides.
COLOURS = 32
#: Elsewhere: how far the mean of a softened picture may be off, in levels of 0..255.
TOLERANCE = 6.0
#: Of these panels every moment is recorded.
WHOLE = ("1280x800", "800x480")
#: Of these only some moments are.
IN_PART = ("1024x600", "720x1280")
SOME = (
    *("signin", "standby", "welcome", "consent", "document.waiting", "document.reading", "identity", "edit.identity"),
    *("print.right_thumb", "remedy.dryer.doing", "print.exception", "portrait.look.3", "portrait.review"),
    *(
        "roster.find",
        "roster.pick",
        "officer.face",
        "officer.settle.address",
        "review",
        "review.open",
        "fix",
        "farewell",
        "idle",
    ),
)
#: Screens of the officer's that are like others; they are recorded once, where room and words are tightest.
ONCE = (
    *("menu.pause", "pausing", "paused.parted", "menu.standby", "paused.none", "paused", "paused.one", "paused.wipe"),
    *(
        "paused.face",
        "paused.who",
        "paused.consent",
        "officer.pin",
        "officer.pin.wait",
        "identity.paused",
        "paused.same",
    ),
    *(
        "curtain",
        "curtain.still",
        "curtain.officer",
        "officer.pin.act",
        "hands.blind",
        "hands.deaf",
        "document.deaf",
        "help.deaf",
    ),
    *("represent.why", "represent.relation", "represent.paper", "represent.form", "represent.problem"),
    *("represent.consent", "review.represented", "represent.too_young"),
    *("menu", "menu.address", "menu.senses", "menu.elsewhere"),
    *("mark.reason", "mark.witness", "mark.witness.empty"),
)

#: The page for letters and hand over a screen: recorded once, and black as well.
PAGES = {"looks": "consent", "looks.black": "consent"}


def recorded(panel: str, language: Language) -> tuple[str, ...]:
    """Give the moments whose pictures are recorded."""
    if panel in WHOLE:
        once = (panel, language) == ("800x480", "vi")
        return (*(name for name in moments() if name not in ONCE or once), *(PAGES if once else ()))
    return SOME if panel in IN_PART and language == "vi" else ()


def machine() -> dict[str, str]:
    """Tell what decides about pixels: the two font files and the renderer."""
    from kivy.graphics.opengl import GL_RENDERER, GL_VERSION, glGetString

    def text(what: int) -> str:
        raw = glGetString(what)
        return raw.decode() if isinstance(raw, bytes) else str(raw)

    return {
        "regular": hashlib.sha256(LARGE_PANEL.font_regular.read_bytes()).hexdigest(),
        "bold": hashlib.sha256(LARGE_PANEL.font_bold.read_bytes()).hexdigest(),
        "renderer": f"{text(GL_RENDERER)} {text(GL_VERSION)}",
    }


def shown(screen: Screen) -> Image.Image:
    """Give what is on the screen, on the colour of the paper."""
    width, height, pixels = screen.app.pixels()
    return Image.frombytes("RGBA", (width, height), pixels).convert("RGB")


def show(screen: Screen, name: str, view: View) -> None:
    """Show a moment, or the page for letters and hand over it."""
    if name not in PAGES:
        screen.app.show(view)
        return
    screen.app.show(replace(view, loudness=(2, 4)))
    for target in ("ui.looks", *(("ui.black",) if name.endswith("black") else ())):
        screen.settle()
        screen.touch(target)


def small(picture: Image.Image) -> Image.Image:
    """Reduce a picture as goldens are kept: that of a large or fine panel at half size, few colours."""
    if max(picture.size) > 1000:
        picture = picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.BOX)
    return picture.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


def digest(picture: Image.Image) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


@pytest.mark.parametrize(
    ("panel", "language"),
    [(panel, language) for panel in PANELS for language in LANGUAGES if recorded(panel, language)],
)
def test_every_screen_looks_as_recorded(
    open_screen: Callable[[DisplaySettings], Screen],
    panel: str,
    language: Language,
    tmp_path: Path,
    pytestconfig: pytest.Config,
) -> None:
    update = bool(pytestconfig.getoption("--update-goldens", default=False))
    screen = open_screen(PANELS[panel])
    book = json.loads(REFERENCE.read_text()) if REFERENCE.exists() else {"machine": {}, "pictures": {}}
    same_machine = book["machine"] == machine()
    wrong: list[str] = []
    before = ""
    for name in recorded(panel, language):
        view = view_of(PAGES.get(name, name), language)
        if view.key == before:
            # What is typed into a form stays while its screen does; here each moment begins anew.
            screen.app.show(view_of("welcome", language))
        show(screen, name, view)
        before = view.key
        picture = shown(screen)
        place = f"{name}.{language}.{panel}.png"
        if update:
            small(picture).save(GOLDENS / place, optimize=True)
            book["pictures"][place] = digest(picture)
            continue
        if same_machine and book["pictures"].get(place) == digest(picture):
            continue
        reason = difference(place, picture, same_machine)
        if reason:
            picture.save(tmp_path / place)
            wrong.append(f"{place}: {reason}; see {tmp_path / place}")
    if update:
        book["machine"] = machine()
        REFERENCE.write_text(json.dumps(book, indent=1, sort_keys=True) + "\n")
    assert not wrong, "\n".join(wrong)


def difference(place: str, picture: Image.Image, same_machine: bool) -> str:
    """Say how a picture differs from the recorded one, or give an empty text."""
    if not (GOLDENS / place).exists():
        return "no picture is recorded; look at it and record it with --update-goldens"
    if same_machine:
        return "not the recorded picture"
    with Image.open(GOLDENS / place) as golden:
        recorded = golden.convert("RGB").filter(ImageFilter.GaussianBlur(3))
    now = small(picture).convert("RGB").filter(ImageFilter.GaussianBlur(3))
    if now.size != recorded.size:
        return f"size {now.size} instead of {recorded.size}"
    off = max(ImageStat.Stat(ImageChops.difference(now, recorded)).mean)
    return f"{off:.1f} levels off in the mean" if off > TOLERANCE else ""


def test_no_recorded_picture_is_without_its_moment() -> None:
    expected = {
        f"{name}.{language}.{panel}.png"
        for panel in PANELS
        for language in LANGUAGES
        for name in recorded(panel, language)
    }
    assert {path.name for path in GOLDENS.glob("*.png")} == expected


def test_the_folder_of_goldens_stays_small() -> None:
    assert sum(path.stat().st_size for path in GOLDENS.iterdir()) < 10_000_000
