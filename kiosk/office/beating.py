"""The office's beat: a signed word to all kiosks that it is there, kept by the broker for those that come later."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

from kiosk.office.registry import Registry
from kiosk.sealing.beats import Beat, sign_beat
from kiosk.sealing.keys import SigningKey
from kiosk.wire.topics import EVERYONE, KioskAddress

_log = logging.getLogger(__name__)

EVERY_S: Final = 3600.0
EVERY_DEMO_S: Final = 20.0


class Publish(Protocol):
    """`kiosk.uplink.link.Link.publish`."""

    def __call__(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down."""
        ...


class Heart:
    """Beats while the broker is reached. Used by the collector's thread."""

    def __init__(
        self,
        key: SigningKey,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._key = key
        self._registry = registry
        self._publish = publish
        self._now = now
        self._monotonic_s = monotonic_s
        self._due_s = 0.0
        self._mid: int | None = None
        self._untaken = False

    def on_up(self) -> None:
        """A fresh connection: whoever waits for a word hears it soon, unless the broker took none the last time."""
        if not self._untaken:
            self._due_s = 0.0

    def beat(self) -> None:
        """Say the word when it is time."""
        now_s = self._monotonic_s()
        if now_s < self._due_s:
            return
        registry = self._registry()
        self._due_s = now_s + (EVERY_DEMO_S if registry.demo else EVERY_S)
        topic = KioskAddress(registry.province, EVERYONE, EVERYONE).beat
        self._mid = self._publish(topic, sign_beat(Beat(self._now()), self._key), retain=True)

    def on_outcome(self, mid: int, refusal: str | None) -> bool:
        """The broker answered; True when it was about a beat."""
        if mid != self._mid:
            return False
        self._mid = None
        self._untaken = False
        if refusal is not None:
            self._not_said(refusal)
        return True

    def on_down(self) -> None:
        """A broker whose access file is older than this program ends the connection: not to be tried at once again."""
        if self._mid is not None:
            self._mid = None
            self._not_said("the connection ended instead of an answer")

    def _not_said(self, why: str) -> None:
        _log.error("the office's beat was not taken (%s); run `kiosk office init` again on the broker", why)
        self._untaken, self._due_s = True, self._monotonic_s() + EVERY_S
