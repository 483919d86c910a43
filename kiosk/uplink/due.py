"""Which packages of the outbox are due, in their order: those without an answer first, then those that only ask again.

A refused package is offered again at each connection and each hour: the office may have taken it in since. So is one
that was received and not settled: an office restored from a backup may have lost it. The offer is one small message,
and the answer is the receipt that stands.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Container, Iterator
from typing import Final

from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.errors import CustodyError, CustodyMissing
from kiosk.uplink.source import Packages
from kiosk.uplink.waiting import Waits

_log = logging.getLogger(__name__)

PAGE: Final = 100
ASK_AGAIN_S: Final = 3600.0
MAX_REFUSED: Final = 1000
MAX_RECEIVED: Final = 200


class DuePackages:
    """Looks into the outbox for one sender. Single-threaded."""

    def __init__(self, outbox: Packages, waits: Waits, *, monotonic_s: Callable[[], float]) -> None:
        """`waits` knows which packages must wait."""
        self._outbox = outbox
        self._waits = waits
        self._monotonic_s = monotonic_s
        self._asks: deque[OutboxEntry] = deque()
        self._ask_due_s = 0.0
        self._asked_seq = 0
        self._settled_floor = 0

    def on_up(self) -> None:
        """A fresh connection: what asks again does so now."""
        self._settled_floor = 0
        self._ask_due_s = 0.0

    def take(self, under_way: Container[str], fits: Callable[[OutboxEntry], bool]) -> list[OutboxEntry]:
        """What is due and not under way, in order, up to the first that does not fit: none overtakes another."""
        taken: list[OutboxEntry] = []
        try:
            for entry in self._unanswered():
                if entry.id in under_way:
                    continue
                if not fits(entry):
                    return taken
                taken.append(entry)
        except CustodyMissing:
            return taken
        except CustodyError as error:
            _log.warning("the outbox cannot be read just now: %s", error)
        while self._asks and (self._asks[0].id in under_way or fits(self._asks[0])):
            entry = self._asks.popleft()
            if entry.id not in under_way:
                taken.append(entry)
        return taken

    def _unanswered(self) -> Iterator[OutboxEntry]:
        """Every package that has no answer and need not wait. Raises CustodyError."""
        now_s = self._monotonic_s()
        if now_s >= self._ask_due_s:
            self._asks = deque((*self._outbox.rejected(limit=MAX_REFUSED), *self._unsettled_share()))
            self._ask_due_s = now_s + ASK_AGAIN_S
        after_seq, contiguous = self._settled_floor, True
        while page := self._outbox.unsettled(limit=PAGE, after_seq=after_seq):
            for entry in page:
                if entry.status is Status.SEALED:
                    contiguous = False
                    if self._waits.due(entry.id):
                        yield entry
                else:
                    self._waits.forget(entry.id)
                    if contiguous:
                        self._settled_floor = entry.seq
            after_seq = page[-1].seq

    def _unsettled_share(self) -> list[OutboxEntry]:
        """The next of the packages that the office has and has not settled; in the end each has its turn."""
        share = self._outbox.received(limit=MAX_RECEIVED, after_seq=self._asked_seq)
        if not share and self._asked_seq:
            share = self._outbox.received(limit=MAX_RECEIVED)
        self._asked_seq = share[-1].seq if len(share) == MAX_RECEIVED else 0
        return share
