"""Drawings: every screen as it is painted on every panel and in every theme; `--sheets` draws images/screens anew.

Each moment of the journey is painted in both languages. Words and icons must have a contrast of 7:1 against the pixels
beneath them, and the two answers must differ by 40 in lightness for usual, protan, deutan and tritan eyes, and in their
icons. The files of images/guide must show what the screen paints. Sizes, gaps, overlaps and clipped words are counted
by tests/ui/test_screen_layouts.py.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PIL import Image

from kiosk.demo.pictures import sheet_of
from kiosk.ui import palette
from kiosk.ui.environment import prepare
from kiosk.ui.pictures import PICTURES
from kiosk.ui.settings import DisplaySettings
from kiosk.words.catalogue import Language
from tests.prove._guide import compare
from tests.ui import guide_files
from tests.ui.journeys import LANGUAGES, moments, view_of
from tests.ui.painted import alike_buttons, weak_words
from tests.ui.screen_stage import PANELS

if TYPE_CHECKING:
    from kiosk.ui.app import KioskApp

SHEETS: Final = Path(__file__).parents[2] / "images" / "screens"
#: The way of a citizen in twelve pictures.
JOURNEY: Final = (
    *("standby", "welcome", "consent", "document", "identity", "hands", "print.right_index", "print.busy"),
    *("portrait.prepare", "portrait.review", "review", "farewell"),
)
#: The same few screens on panels, in letters and hands of other kinds.
KINDS: Final = ("welcome", "print.right_thumb", "identity", "review")


@contextmanager
def opened(display: DisplaySettings) -> "Iterator[KioskApp]":
    """Open the screen of a panel."""
    from kiosk.ui.app import KioskApp

    app = KioskApp(lambda _event: None, lambda: None, display)
    try:
        yield app
    finally:
        app.close()


def painted(app: "KioskApp", name: str, language: Language, *, field: bool = False) -> Image.Image:
    """Paint a moment, as in the `field` without the ribbon of simulated devices."""
    app.show(view_of("standby", language))
    view = view_of(name, language)
    app.show(replace(view, ribbon="") if field else view)
    width, height, pixels = app.pixels()
    return Image.frombytes("RGBA", (width, height), pixels).convert("RGB")


def prove(panels: list[str]) -> list[str]:
    """Paint and check everything; give what is wrong."""
    wrong: list[str] = []
    for panel in panels:
        for theme in palette.THEMES:
            started_s, count = time.monotonic(), 0
            with opened(replace(PANELS[panel], theme=theme)) as app:
                for language in LANGUAGES:
                    for name in moments():
                        picture = painted(app, name, language)
                        found = [*weak_words(app.arrangement(), picture)]
                        found += alike_buttons(view_of(name, language), app.arrangement(), picture)
                        wrong += [f"{name} {language} {panel} {theme}: {one}" for one in found]
                        count += 1
            print(f"{panel} {theme}: {count} screens, {time.monotonic() - started_s:.0f} s", flush=True)
    return wrong


def draw_sheets() -> None:
    """Draw the contact sheets: the journey, every moment, and the kinds of panel, letters and hand."""
    SHEETS.mkdir(parents=True, exist_ok=True)
    with opened(PANELS["1280x800"]) as app:
        journey = [painted(app, name, "vi", field=True) for name in JOURNEY]
        every = [painted(app, name, "vi", field=True) for name in moments()]
    _save(sheet_of(journey, columns=3, width_px=1280), "journey.png")
    _save(sheet_of(every, columns=8, width_px=1600), "every.png")
    kinds = {
        "small": PANELS["800x480"],
        "upright": PANELS["720x1280"],
        "black": replace(PANELS["1280x800"], theme="black"),
        "largest": replace(PANELS["1280x800"], text_size="largest"),
        "left-hand": replace(PANELS["1280x800"], left_handed=True),
    }
    for kind, display in kinds.items():
        with opened(display) as app:
            pictures = [painted(app, name, "vi", field=True) for name in KINDS]
        columns = len(KINDS) if display.height_px > display.width_px else 2
        _save(sheet_of(pictures, columns=columns, width_px=1280), f"{kind}.png")


def draw_guide() -> None:
    """Draw images/guide anew, and a sheet of all first drawings."""
    with opened(PANELS["1280x800"]):
        guide_files.write()
        firsts = [next(guide_files.painted(name, guide_files.SIZE)) for name in PICTURES]
    columns = 8
    width, height = guide_files.SIZE
    sheet = Image.new("RGB", (columns * (width + 8), -(-len(firsts) // columns) * (height + 8)), "#fafafa")
    for place, picture in enumerate(firsts):
        sheet.paste(picture, (place % columns * (width + 8) + 4, place // columns * (height + 8) + 4))
    _save(sheet.resize((1600, round(sheet.height * 1600 / sheet.width)), Image.Resampling.LANCZOS), "guide.png")


def _save(sheet: Image.Image, name: str) -> None:
    sheet.quantize(224, dither=Image.Dither.NONE).save(SHEETS / name, optimize=True)
    print(f"{SHEETS / name}: {sheet.width}x{sheet.height}, {(SHEETS / name).stat().st_size // 1024} KB")


def main() -> int:
    """Prove, or draw the sheets."""
    reading = argparse.ArgumentParser(description="Every screen as it is painted, checked or drawn.")
    reading.add_argument("--sheets", action="store_true", help="only draw images/screens anew")
    reading.add_argument("--panel", action="append", choices=list(PANELS), help="only this panel; may be repeated")
    given = reading.parse_args()
    with tempfile.TemporaryDirectory() as home:
        prepare(Path(home), offscreen=True)
        if given.sheets:
            draw_sheets()
            draw_guide()
            return 0
        with opened(PANELS["1280x800"]):
            wrong = compare()
        wrong += prove(given.panel or list(PANELS))
    print("\n".join(wrong) or "every word, icon and answer stands out")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
