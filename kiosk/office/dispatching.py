"""Commands on their way: told to the kiosks that are there, one after another, and their answers heard.

Of each kiosk only the command with the lowest number that it has not answered is told, and the next one when it is
answered or over: a kiosk refuses a number below one that it has taken. One that a kiosk leaves unanswered though it is
there (its office was brought back from an older copy, its key is another one) is held to for a while, and then holds
back no other. Whether a kiosk is there its own words tell. An
absent one costs nothing: it is told once, as the broker may keep it there, and again as soon as it shows itself.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from math import inf
from typing import Final

from kiosk.office.commanding import Given, Publish, keep_answer, keep_told, next_commands, owed_kiosks
from kiosk.office.database import OfficeDatabase
from kiosk.office.registry import KioskEntry, Registry
from kiosk.sealing.commands import verify_answer
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import VerifyingKey
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import State, decode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

#: A command without an answer is told again after so long, and then after twice as long: a broker may have lost it.
AGAIN_S = 5.0
AGAIN_MOST_S: Final = 6 * 3600.0
#: So often a command is told to a kiosk that is there and says nothing, before the next ones are told as well; it is
#: told on between them, at most this long after the last time, as new ones may have come.
IN_VAIN: Final = 4
PASSED_MOST_S: Final = 60.0
#: How often is looked for commands that were just given, and for all that wait: the clocks of those who give may be
#: wrong, and what was carried in a file is answered without having been told.
LOOK_S: Final = 1.0
LOOK_THROUGH_S: Final = 60.0
JUST_GIVEN: Final = timedelta(seconds=90)
#: Kiosks that are told in one go; the next ones follow when the collector has looked at what came meanwhile.
AT_ONCE: Final = 64
# What only kiosks say, and only while they are connected, where it is not retained.
_SAYS: Final = frozenset(
    (Kind.BIRTH, Kind.ALERT, Kind.TELEMETRY, Kind.ENROL, Kind.RESPONSE, Kind.RENEWAL, Kind.WANT, Kind.VOUCH)
)


class Commands:
    """Tells kiosks what was ordered, and hears their answers. Used by the collector's thread."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        """``registry``: with the kiosks of this collector alone."""
        self._database = database
        self._registry = registry
        self._publish = publish
        self._now = now
        self._monotonic_s = monotonic_s
        self._here: set[str] = set()
        self._owed: set[str] = set()
        # Who is to be told, in turn: those that are here and owe an answer, and absent ones until they are told once.
        self._turn: OrderedDict[str, _Wait] = OrderedDict()
        self._under_way: dict[int, Given] = {}
        self._told: dict[str, datetime] = {}
        # By kiosk: the number that it leaves unanswered and how often it was told that, and up to which none holds.
        self._silent: dict[str, tuple[int, int]] = {}
        self._passed: dict[str, int] = {}
        self._look_due_s = self._look_through_due_s = -inf
        self._stirred = True
        self._refused = 0

    def on_up(self) -> None:
        """A fresh connection: who is here the broker tells now; what has no answer is told at once."""
        self._look_due_s = self._look_through_due_s = -inf

    def on_down(self) -> None:
        """The connection ended: nobody knows who is here, nor what the broker took."""
        self._here.clear()
        self._owed.clear()
        self._turn.clear()
        self._under_way.clear()

    def notice(self, topic: Topic, payload: bytes, *, retained: bool) -> None:
        """Learn from any word of a kiosk whether it is there.

        One that has just come, by its state or its birth, is told at the next `tell` whatever it waits for.
        """
        kiosk = topic.address.kiosk
        if topic.kind is Kind.STATE:
            try:
                state = decode_json(State, payload).st if payload else "lost"
            except BadMessage:
                return  # whoever keeps what kiosks say has told of it
            if state != "ready":
                self._gone(kiosk)
                return
        elif retained or topic.kind not in _SAYS:
            return  # kept from another day, or nobody's
        self._shown(kiosk, come=not retained and topic.kind in (Kind.STATE, Kind.BIRTH))

    def tell(self) -> None:
        """Publish what is due. Raises sqlalchemy's errors."""
        now_s = self._monotonic_s()
        if now_s >= self._look_due_s:
            self._look(now_s)
        if not self._stirred:
            return
        self._stirred = False
        if self._told:
            keep_told(self._database, self._told)
            self._told = {}
        due = list(islice((kiosk for kiosk, wait in self._turn.items() if wait.due_s <= now_s), AT_ONCE))
        heads = self._heads(due)
        for kiosk in due:
            if not self._tell_one(kiosk, heads.get(kiosk), now_s):
                return
        self._stirred = len(due) == AT_ONCE

    def _heads(self, due: list[str]) -> dict[str, Given]:
        """Of each kiosk what it is told now: what nothing holds back, and where there is none what holds no more."""
        heads = next_commands(self._database, due, now=self._now(), beyond=self._passed) if due else {}
        rest = [kiosk for kiosk in due if kiosk not in heads and kiosk in self._passed]
        return heads | (next_commands(self._database, rest, now=self._now()) if rest else {})

    def hear(self, kiosk: str, payload: bytes) -> bool:
        """Take an answer in; True when it says something new. Raises sqlalchemy's errors."""
        entry = self._registry().kiosks.get(kiosk)
        if entry is None:
            return False
        try:
            answer = verify_answer(payload, VerifyingKey(entry.record_key))
        except SealingError as error:
            self._say_refused(kiosk, type(error).__name__)
            return False
        if answer.kiosk != kiosk:
            self._say_refused(kiosk, "another kiosk's")
            return False
        new = keep_answer(self._database, answer, now=self._now())
        wait = self._turn.get(kiosk)
        if new and wait is not None and wait.n <= answer.n:
            self._next(kiosk)
        return new

    def on_outcome(self, mid: int, refusal: str | None) -> None:
        """The broker answered."""
        one = self._under_way.pop(mid, None)
        if one is None:
            return
        if refusal is None and one.told_at is None:
            self._told[one.id] = self._now()
        elif refusal is not None and (wait := self._turn.get(one.kiosk)) is not None:
            wait.told_s = -inf

    def on_unheard(self, mid: int) -> None:
        """The broker took it and has nobody to keep it for: the kiosk is not there, and was not told."""
        one = self._under_way.pop(mid, None)
        if one is not None:
            self._gone(one.kiosk)

    def _shown(self, kiosk: str, *, come: bool) -> None:
        self._here.add(kiosk)
        if kiosk not in self._owed:
            return
        wait = self._turn.get(kiosk)
        if wait is None:
            self._next(kiosk)
        elif come:
            # State and birth come one after the other: told by the one, it is not told at once by the other.
            wait.again_s = AGAIN_S
            wait.due_s = min(wait.due_s, wait.told_s + AGAIN_S)
            self._stirred = True

    def _gone(self, kiosk: str) -> None:
        self._here.discard(kiosk)
        self._turn.pop(kiosk, None)

    def _next(self, kiosk: str) -> None:
        """Its next command is due, and before those that were told before."""
        self._turn[kiosk] = _Wait()
        self._turn.move_to_end(kiosk, last=False)
        self._stirred = True

    def _look(self, now_s: float) -> None:
        now, own = self._now(), self._registry().kiosks
        for kiosk in owed_kiosks(self._database, now=now, since=now - JUST_GIVEN) - self._owed:
            if kiosk in own:
                self._owed.add(kiosk)
                self._turn.setdefault(kiosk, _Wait())
        if now_s >= self._look_through_due_s:
            self._owed = owed_kiosks(self._database, now=now) & own.keys()
            for kiosk in self._owed & self._here - self._turn.keys():
                self._turn[kiosk] = _Wait()
            self._look_through_due_s = now_s + LOOK_THROUGH_S
        self._look_due_s, self._stirred = now_s + LOOK_S, True

    def _tell_one(self, kiosk: str, one: Given | None, now_s: float) -> bool:
        """False when the link is down."""
        entry = self._registry().kiosks.get(kiosk)
        if one is None or entry is None:
            self._owed.discard(kiosk)
            self._turn.pop(kiosk, None)
            self._silent.pop(kiosk, None)
            self._passed.pop(kiosk, None)
            return True
        left_s = (one.until - self._now()).total_seconds()
        mid = self._send(one, entry, max(1, int(left_s)))
        if mid is None:
            self._stirred = True
            return False
        if mid:
            self._under_way[mid] = one
        if kiosk not in self._here:
            self._turn.pop(kiosk)
            return True
        self._count(one)
        wait = self._turn[kiosk]
        # When it is over the next one is told, however long this one would have waited.
        wait.n, wait.told_s, wait.due_s = one.n, now_s, now_s + min(wait.again_s, left_s)
        wait.again_s = min(2 * wait.again_s, PASSED_MOST_S if kiosk in self._passed else AGAIN_MOST_S)
        self._turn.move_to_end(kiosk)
        return True

    def _count(self, one: Given) -> None:
        """One more time it was told to a kiosk that is there."""
        n, times = self._silent.get(one.kiosk, (0, 0))
        times = times + 1 if n == one.n else 1
        self._silent[one.kiosk] = (one.n, times)
        if times == IN_VAIN and one.n > self._passed.get(one.kiosk, 0):
            self._passed[one.kiosk] = one.n
            _log.warning("%s leaves command %d unanswered; it holds back no other any more", one.kiosk, one.n)

    def _send(self, one: Given, entry: KioskEntry, expiry_s: int) -> int | None:
        address = KioskAddress(entry.province, entry.commune, entry.kiosk)
        return self._publish(
            address.command(one.verb),
            one.signed,
            expiry_s=expiry_s,
            response_topic=address.response(one.verb),
            correlation=one.id.encode(),
        )

    def _say_refused(self, kiosk: str, why: str) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the log
            _log.warning("an answer of %s is not believed: %s (%d so far)", kiosk, why, self._refused)


@dataclass(slots=True)
class _Wait:
    """When a kiosk is told next and how long after that again; which number it was told last, and when."""

    due_s: float = -inf
    again_s: float = field(default_factory=lambda: AGAIN_S)
    n: int = 0
    told_s: float = -inf
