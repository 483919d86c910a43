"""The two keys beside the screen, as touches: what they mean at the screen that is shown, and which presses count."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from kiosk.journey.events import KeyPressed, Touched
from kiosk.journey.speaking import meaning
from kiosk.journey.view import Layout, View


@dataclass(frozen=True, slots=True)
class KeyRules:
    """For so many seconds after another screen came no key counts, and none that comes so soon after itself.

    The same two guards as for touches of the glass: a hand that trembles presses twice.
    """

    settle_s: float = 0.4
    repeat_s: float = 0.7


class Keys:
    """Used on the loop's thread."""

    def __init__(self, rules: KeyRules | None = None, *, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        """Begin before any screen."""
        self._rules = rules or KeyRules()
        self._monotonic_s = monotonic_s
        self._shown: tuple[str, str] = ("", "")
        self._since_s = monotonic_s()
        self._last: dict[bool, float] = {}
        self._under: tuple[str, Layout | None] = ("", None)
        self._covered = False
        #: Presses that did not count.
        self.rejected = 0

    def shown(self, view: View) -> None:
        """Take that this screen is shown from now on."""
        if (view.key, view.layout) != self._under:
            # The window takes its own page away with the screen below it.
            self._under, self._covered = (view.key, view.layout), False
        if (view.key, view.title) != self._shown:
            self._shown, self._since_s = (view.key, view.title), self._monotonic_s()

    def cover(self, *, on: bool) -> None:
        """Take that the window's page for letters and hand lies over the screen, where no key answers, or no more."""
        self._covered = on

    @property
    def covered(self) -> bool:
        """Say whether the window's page for letters and hand lies over the screen."""
        return self._covered

    def touch(self, pressed: KeyPressed, view: View | None) -> Touched | None:
        """Give the touch that this press stands for, or None where it does not count or means nothing here."""
        now_s = self._monotonic_s()
        last_s = self._last.get(pressed.yes)
        self._last[pressed.yes] = now_s
        soon = last_s is not None and now_s - last_s < self._rules.repeat_s
        found = meaning(pressed, view) if view is not None else None
        if self._covered or soon or now_s - self._since_s < self._rules.settle_s or found is None:
            self.rejected += 1
            return None
        return found
