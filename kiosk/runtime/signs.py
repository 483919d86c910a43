"""Signs for who cannot hear: the ring light flashes where a chime would sound."""

import asyncio
from collections.abc import Mapping
from typing import Final

from drivers.panel.api import Panel
from kiosk.voice.chimes import Chime

#: How long the light is on and off in turn, in seconds, for each chime. Slower than three flashes a second: faster ones
#: can bring on a seizure (WCAG 2.2, 2.3.1).
FLASHES_S: Final[Mapping[Chime, tuple[float, ...]]] = {
    "good": (0.8,),
    "retry": (0.4, 0.4, 0.4),
    "call": (0.6, 0.6, 0.6, 0.6, 0.6),
    "bell": (0.6, 0.6, 0.6, 0.6, 0.6),
}


class LightSigns:
    """Flashes the ring light; the camera's own use of it is not disturbed."""

    def __init__(self, panel: Panel) -> None:
        """Begin dark."""
        self._panel = panel
        self._next: asyncio.TimerHandle | None = None

    def flash(self, chime: Chime) -> None:
        """Begin a sign; one that still flashes ends."""
        self.stop()
        self._step(FLASHES_S[chime], lit=True)

    def stop(self) -> None:
        """End a sign that flashes; harmless without one."""
        if self._next is not None:
            self._next.cancel()
            self._next = None
            self._panel.ring_light(0.0)

    def _step(self, left_s: tuple[float, ...], *, lit: bool) -> None:
        self._panel.ring_light(1.0 if lit and left_s else 0.0)
        self._next = None
        if left_s:
            loop = asyncio.get_running_loop()
            self._next = loop.call_later(left_s[0], lambda: self._step(left_s[1:], lit=not lit))
