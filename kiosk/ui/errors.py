"""What can go wrong with the screen itself."""


class ScreenError(Exception):
    """The screen cannot be shown."""


class FontMissing(ScreenError):
    """A font file is not there; the message names the package that brings it."""


class TooLate(ScreenError):
    """Kivy was imported before its environment was prepared."""
