"""Which packages are not due yet: no answer came, the office wants them later, or an answer has still to be taken in.

Bounded in memory: what is forgotten here is offered once more, and the answer is the receipt that stands.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kiosk.uplink.backoff import Backoff

# After the office has answered, the kiosk needs a moment to verify; only if it does not, the package is offered again.
ANSWERED_PAUSE_S: Final = 600.0
# What the office wants later is offered again this often at last: an offer is one small message.
LATER_MIN_S: Final = 15.0
LATER_MAX_S: Final = 900.0
# Of each kind, so many at most: more than a kiosk holds, and less than an office passes on in a year.
MOST: Final = 20_000


@dataclass(slots=True)
class _Wait:
    """How often it was offered in vain, and when it is due again."""

    tries: int
    due_s: float


class Waits:
    """The waits of one sender. Single-threaded."""

    def __init__(
        self,
        backoff: Backoff,
        *,
        monotonic_s: Callable[[], float],
        uniform: Callable[[float, float], float],
        most: int = MOST,
    ) -> None:
        """``backoff`` for packages without an answer; ``uniform`` draws the waits of what is wanted later."""
        self._backoff = backoff
        self._patience = Backoff(minimum_s=LATER_MIN_S, maximum_s=LATER_MAX_S, uniform=uniform)
        self._monotonic_s = monotonic_s
        self._most = most
        self._unanswered: OrderedDict[str, _Wait] = OrderedDict()
        self._answered: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        """How many packages are remembered."""
        return len(self._unanswered) + len(self._answered)

    def due(self, package_id: str) -> bool:
        """Whether it may be offered now."""
        now_s = self._monotonic_s()
        wait = self._unanswered.get(package_id)
        return (wait is None or wait.due_s <= now_s) and self._answered.get(package_id, now_s) <= now_s

    def tries(self, package_id: str) -> int:
        """How often it was offered without success."""
        wait = self._unanswered.get(package_id)
        return 0 if wait is None else wait.tries

    def without_answer(self, package_id: str) -> float:
        """No answer came in time: seconds until it is due again."""
        return self._put_off(package_id, self._backoff)

    def wanted_later(self, package_id: str) -> float:
        """The office said "later": seconds until it is due again."""
        return self._put_off(package_id, self._patience)

    def answered(self, package_id: str) -> None:
        """A receipt came."""
        now_s = self._monotonic_s()
        self._unanswered.pop(package_id, None)
        self._answered[package_id] = now_s + ANSWERED_PAUSE_S
        self._answered.move_to_end(package_id)
        while self._answered:
            oldest, due_s = next(iter(self._answered.items()))
            if due_s > now_s and len(self._answered) <= self._most:
                return
            del self._answered[oldest]

    def forget(self, package_id: str) -> None:
        """It is the office's now."""
        self._unanswered.pop(package_id, None)
        self._answered.pop(package_id, None)

    def on_up(self) -> None:
        """A fresh connection: every package that has no receipt yet is due at once."""
        for wait in self._unanswered.values():
            wait.due_s = 0.0

    def _put_off(self, package_id: str, backoff: Backoff) -> float:
        tries = self.tries(package_id) + 1
        wait_s = backoff.wait_s(tries)
        self._unanswered[package_id] = _Wait(tries, self._monotonic_s() + wait_s)
        self._unanswered.move_to_end(package_id)
        if len(self._unanswered) > self._most:
            self._unanswered.popitem(last=False)
        return wait_s
