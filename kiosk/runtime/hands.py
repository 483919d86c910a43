"""What the office orders and the session does: settings, the order of remedies, the chime by which a kiosk is found."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from drivers.panel.api import LampState, Panel
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.journey.session import Rules
from kiosk.runtime.answering import Told
from kiosk.runtime.runner import SessionRunner, Speech

log = logging.getLogger(__name__)

_EVERY_S: Final = 2.0
_RULES: Final = {
    "journey.language": "language",
    "journey.idle_after_s": "idle_after_s",
    "journey.idle_answer_s": "idle_answer_s",
    "journey.tries_per_finger": "tries_per_finger",
    "journey.tries_per_portrait": "portrait_tries",
}


class SessionHands:
    """The hands at the session (see kiosk.runtime.answering.Hands). Made on the loop's thread."""

    def __init__(
        self,
        runner: SessionRunner,
        panel: Panel,
        speech: Speech,
        *,
        log_lines: Callable[[int], Sequence[str]],
        every_s: float = _EVERY_S,
    ) -> None:
        """Name whom it works on; a chime sounds each `every_s` seconds."""
        self._runner = runner
        self._panel = panel
        self._speech = speech
        self._log_lines = log_lines
        self._every_s = every_s
        self._loop = asyncio.get_running_loop()
        self._until_s = 0.0
        self._next: asyncio.TimerHandle | None = None

    def configure(self, name: str, value: float | str) -> None:
        """Let a setting hold: for the next citizen, and where it is a patience, from the next screen on."""
        self._soon(lambda: self._configure(name, value))

    def order_remedies(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> None:
        """Offer these remedies first for this verdict, as far as they are safe for who sits there."""
        self._soon(lambda: self._runner.change_rules(lambda rules: _with_order(rules, verdict, order)))

    def log_lines(self, count: int) -> Sequence[str]:
        """Give the newest lines of the log."""
        return self._log_lines(count)

    def ring(self, seconds: float, told: Told) -> None:
        """Sound and flash; refused while a citizen is being served, who would be startled."""
        self._soon(lambda: self._ring(seconds, told))

    def _soon(self, work: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(work)

    def _configure(self, name: str, value: float | str) -> None:
        if name == "voice.repeat_after_s":
            self._runner.repeat_after_s = float(value)
        elif name in _RULES:
            self._runner.change_rules(lambda rules: replace(rules, **{_RULES[name]: value}))
        else:
            log.error("nothing here knows the setting %s", name)

    def _ring(self, seconds: float, told: Told) -> None:
        if self._runner.session.enrolling:
            told("refused", "busy")
            return
        self._until_s = self._loop.time() + seconds
        if self._next is None:
            self._beat()
        told("done", "" if self._speech.trouble is None else "lamp_only")

    def _beat(self) -> None:
        if self._loop.time() >= self._until_s or self._runner.session.enrolling:
            self._next = None
            self._panel.lamp(self._runner.lamp)
            return
        self._panel.lamp(LampState.CALL)
        self._speech.chime("call")
        self._next = self._loop.call_later(self._every_s, self._beat)


def _with_order(rules: Rules, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> Rules:
    return replace(rules, remedies=rules.remedies.with_first(verdict, order))
