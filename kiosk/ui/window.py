"""The one window: its size, and every default of Kivy that a kiosk must not have."""

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
    _one_input()
    from kivy.core.window import Window

    if Window is None:
        raise ScreenError("no window: start under a display, or with the offscreen switch and Mesa's EGL installed")
    Window.clearcolor = palette.rgba(palette.painted(palette.PAPER))
    if not display.fullscreen and tuple(Window.size) != (display.width_px, display.height_px):
        Window.size = (display.width_px, display.height_px)
    return Window


def _one_input() -> None:
    """Leave one provider: SDL makes mouse events of a panel's touches, and two providers would double every touch."""
    if Config.has_section("input"):
        Config.remove_section("input")
    Config.add_section("input")
    Config.set("input", "mouse", "mouse,disable_multitouch")
