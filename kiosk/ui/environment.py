"""Kivy's environment: no files, no arguments, no clipboard programs, no log. Owns variables, draws nothing."""

import os
import sys
from pathlib import Path
from typing import Final

from kiosk.ui.errors import TooLate

_QUIET: Final = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_CONFIG": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_NO_CONSOLELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",
    "KIVY_CLIPBOARD": "dummy",
    "KIVY_WINDOW": "sdl2",
    "KIVY_TEXT": "sdl2",
    "KIVY_IMAGE": "sdl2",
    "KIVY_METRICS_DENSITY": "1",
    "KCFG_KIVY_EXIT_ON_ESCAPE": "0",
    "KCFG_KIVY_LOG_LEVEL": "warning",
    "KCFG_KIVY_KEYBOARD_MODE": "dock",
}


def prepare(home: Path, *, offscreen: bool) -> None:
    """Set what Kivy and SDL read at their first import; `home` is a writable folder for Kivy's few files.

    With `offscreen` nothing is shown and Mesa draws in memory. Raises TooLate when Kivy is imported already and was not
    prepared here.
    """
    prepared = os.environ.get("KIVY_LOG_MODE") == "PYTHON" and os.environ.get("KIVY_NO_CONFIG") == "1"
    if "kivy" in sys.modules and not prepared:
        raise TooLate(
            "Kivy was imported before kiosk.ui.environment.prepare() was called; call it first in the program"
        )
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(_QUIET)
    os.environ["KIVY_HOME"] = str(home)
    if offscreen:
        os.environ["SDL_VIDEODRIVER"] = "offscreen"
        os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
