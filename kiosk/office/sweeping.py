"""What the broker has retained of a revoked kiosk is taken back: nobody else would, and it may have filled its memory.

Only the access list of an office that has revoked the kiosk allows it (`kiosk.office.access`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from kiosk.office.registry import Registry
from kiosk.uplink.link import Delivery
from kiosk.wire.topics import ROOT

_log = logging.getLogger(__name__)


class Publish(Protocol):
    """`kiosk.uplink.link.Link.publish`."""

    def __call__(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down."""
        ...


class Sweeper:
    """Takes back what is retained of revoked kiosks, as it is heard. Used by the collector's thread."""

    def __init__(self, *, registry: Callable[[], Registry], publish: Publish) -> None:
        """``registry``: of the kiosks that this collector receives from."""
        self._registry = registry
        self._publish = publish
        self._swept = 0

    def hear(self, delivery: Delivery) -> bool:
        """Whether this was retained of a kiosk that is revoked; then it counts for nothing, and is taken back.

        Also on a topic that means nothing: the broker keeps whatever the kiosk could say.
        """
        root, *place = delivery.topic.split("/")[:4]
        entry = self._registry().kiosks.get(place[-1]) if place else None
        if not delivery.retained or entry is None or entry.revoked_at is None:
            return False
        if (root, *place) != (ROOT, entry.province, entry.commune, entry.kiosk):
            return False
        if delivery.payload:
            self._publish(delivery.topic, b"", retain=True)
            self._swept += 1
            if self._swept & (self._swept - 1) == 0:  # 1, 2, 4, 8, ...: a flood must not fill the log
                _log.info("what was retained of %s is taken back (%d so far)", entry.kiosk, self._swept)
        return True
