"""The one window: its size, and every default of Kivy that a kiosk must not have."""

import os
from typing import TYPE_CHECKING

from kivy.config import Config

from kiosk.ui import palette
from kiosk.ui.errors import ScreenError
from kiosk.ui.settings import DisplaySettings

if TYPE_CHECKING:
    from kivy.core.window import WindowBase


def open_window(display: DisplaySettings) -> "WindowBase":
    """Open the window, or give the open one in the wanted size. Raises ScreenError when no window can be made."""
    for name, value in (
        ("width", display.width_px),
        ("height", display.height_px),
        ("fullscreen", "auto" if display.fullscreen else 0),
        ("show_cursor", 0 if display.fullscreen else 1),
        ("resizable", 0),
        ("multisamples", 0),
        ("maxfps", 60),
    ):
        Config.set("graphics", name, value)
    Config.set("kivy", "exit_on_escape", 0)
    Config.set("kivy", "keyboard_mode", "")
    _one_input(display)
    from kivy.core.window import Window

    if Window is None:
        raise ScreenError("no window: start under a display, or with the offscreen switch and Mesa's EGL installed")
    Window.clearcolor = palette.rgba(palette.painted(palette.PAPER))
    if not display.fullscreen and tuple(Window.size) != (display.width_px, display.height_px):
        Window.size = (display.width_px, display.height_px)
    return Window


def _one_input(display: DisplaySettings) -> None:
    """Let every touch come once: from the panel itself, or from the mouse that SDL makes of it, never from both."""
    if Config.has_section("input"):
        Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")
    if display.touch == "mouse" or (display.touch == "auto" and os.environ.get("SDL_VIDEODRIVER") != "kmsdrm"):
        return
    from kiosk.ui.panel_touch import PROVIDER, single_touch

    if display.touch == "auto" and single_touch():
        return
    os.environ["SDL_TOUCH_MOUSE_EVENTS"] = "0"
    # A contact's width comes in shares of the panel's own width: of a turned panel that is the picture's height.
    across_px = display.height_px if display.touch_rotation in {90, 270} else display.width_px
    Config.set("input", "panel", f"{PROVIDER},{display.touch},{display.touch_rotation},{across_px}")
