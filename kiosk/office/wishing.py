"""Tells kiosks which settings are wanted of them, retained, and keeps what they tell of theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from math import inf
from typing import Final

from kiosk.office.beating import Publish
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import count_words, keep_told, newest_numbers, newest_words, told_of
from kiosk.office.registry import Registry
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import Birth, SettingsSample, decode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
#: After a refusal: the broker's access list is older than this program, and somebody has to write it anew.
AGAIN_S: Final = 600.0
#: Words that are told in one go, and births that are kept in one transaction.
AT_ONCE: Final = 64


class SettingsTeller:
    """Used by the collector's thread."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        """``registry``: with the kiosks of this collector alone. Raises sqlalchemy's errors."""
        self._database = database
        self._registry = registry
        self._publish = publish
        self._now = now
        self._monotonic_s = monotonic_s
        self._due_s = -inf
        self._untaken = False
        self._counted = -1
        self._newest: dict[str, int] = {}
        self._told: dict[str, int] = {}
        self._under_way: dict[int, str] = {}
        self._said: dict[str, tuple[SettingsSample, datetime]] = {}
        self._known = {
            kiosk: SettingsSample(n=told.n, has=dict(told.has), refused=list(told.refused))
            for kiosk, told in told_of(database).items()
            if told.told_at is not None
        }

    def on_up(self) -> None:
        """A fresh connection: the broker may have forgotten everything; one that took no word is not asked at once."""
        if not self._untaken:
            self._told.clear()
            self._due_s = -inf

    def on_down(self) -> None:
        """The connection ended: what had no answer was not told. It may have ended over that very word."""
        if self._under_way:
            self._not_taken("the connection ended instead of an answer")

    def on_outcome(self, mid: int, refusal: str | None) -> bool:
        """The broker answered; True when it was about a word."""
        if self._under_way.pop(mid, None) is None:
            return False
        self._untaken = False
        if refusal is not None:
            self._not_taken(refusal)
        return True

    def hear(self, topic: Topic, payload: bytes) -> None:
        """Take in what a kiosk's birth says of its settings; `tell` keeps it."""
        kiosk = topic.address.kiosk
        if topic.kind is not Kind.BIRTH or not payload or kiosk not in self._registry().kiosks:
            return
        try:
            sample = decode_json(Birth, payload).settings
        except BadMessage:
            return  # told already by who keeps the last word of each kiosk
        if sample is not None and self._known.get(kiosk) != sample:
            self._known[kiosk] = sample
            self._said[kiosk] = (sample, self._now())

    def tell(self) -> bool:
        """Keep what kiosks told, and say the words that were not said yet; True when there was something to keep.

        Raises sqlalchemy's errors.
        """
        kept = dict(islice(self._said.items(), AT_ONCE))
        if kept:
            keep_told(self._database, kept)
            self._said = {kiosk: said for kiosk, said in self._said.items() if kept.get(kiosk) is not said}
        now_s = self._monotonic_s()
        if now_s < self._due_s or self._under_way:
            return bool(kept)
        self._due_s = now_s + LOOK_S
        counted = count_words(self._database)
        if counted != self._counted:
            self._newest, self._counted = newest_numbers(self._database), counted
        own = self._registry().kiosks
        untold = (kiosk for kiosk, n in self._newest.items() if self._is_told(kiosk) and self._told.get(kiosk) != n)
        due = list(islice(untold, AT_ONCE))
        for word in newest_words(self._database, due):
            entry = own[word.kiosk]
            topic = KioskAddress(entry.province, entry.commune, entry.kiosk).desired
            mid = self._publish(topic, word.signed, retain=True)
            if mid is None:
                return bool(kept)
            if mid:
                self._under_way[mid] = word.kiosk
            self._told[word.kiosk] = word.n
        if len(due) == AT_ONCE:
            self._due_s = now_s
        return bool(kept)

    def _is_told(self, kiosk: str) -> bool:
        """Whether words for it are this collector's affair, and it is trusted."""
        entry = self._registry().kiosks.get(kiosk)
        return entry is not None and entry.revoked_at is None

    def _not_taken(self, why: str) -> None:
        _log.error("kiosks were not told their settings (%s); run `kiosk office init` again on the broker", why)
        self._under_way.clear()
        self._told.clear()
        self._untaken, self._due_s = True, self._monotonic_s() + AGAIN_S
