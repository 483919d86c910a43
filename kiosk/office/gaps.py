"""Which enrolments are nowhere: nothing lost is arithmetic. Reads tables, decides nothing.

How many is known of every kiosk from what is counted with each commit; which ones costs a walk along a kiosk's places
in the index, and is asked for those kiosks alone that are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, func, select

from kiosk.office import tables

#: Nobody reads more; what is left out is counted.
MOST_RANGES: Final = 20

#: Numbers from the first to the last, both included.
Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Account:
    """What the numbers of one kiosk say. ``highest`` and ``count`` are of what was received.

    ``given``: the last number that the kiosk says it gave out, and ``waiting``: how many it says it still has; both
    None where it never said. ``apart``: the places that only a refused package holds, in order.
    """

    highest: int = 0
    count: int = 0
    given: int | None = None
    waiting: int | None = None
    apart: tuple[int, ...] = ()

    @property
    def holes(self) -> int:
        """How many numbers below the highest received are neither received nor kept apart."""
        return self.highest - self.count - sum(place < self.highest for place in self.apart)

    @property
    def beyond(self) -> int:
        """How many more it gave out and has no longer, by its last word; their numbers are above the highest."""
        if self.given is None or self.waiting is None:
            return 0
        taken = self.count + sum(place <= self.given for place in self.apart)
        return max(0, self.given - self.waiting - taken - self.holes)

    @property
    def missing(self) -> int:
        """How many are nowhere."""
        return max(0, self.holes) + self.beyond


@dataclass(frozen=True, slots=True)
class Missing:
    """Which enrolments of a kiosk are nowhere.

    ``ranges``: the first `MOST_RANGES` ranges of numbers that certainly are, in order; ``left_out``: how many numbers
    such ranges hold besides. ``unclear``: how many more are nowhere of the numbers in ``among``, while the kiosk still
    has the others of them and nobody can tell which.
    """

    ranges: tuple[Range, ...] = ()
    left_out: int = 0
    unclear: int = 0
    among: Range | None = None

    @property
    def n(self) -> int:
        """How many."""
        return sum(last - first + 1 for first, last in self.ranges) + self.left_out + self.unclear


def accounts(connection: Connection) -> dict[str, Account]:
    """What the numbers of every kiosk say, by name."""
    tally, last = tables.tally, tables.kiosk_last
    received = {
        str(kiosk): (int(highest), int(count))
        for kiosk, highest, count in connection.execute(select(tally.c.kiosk, tally.c.highest, tally.c.count))
    }
    told = {
        str(kiosk): (int(given), int(waiting))
        for kiosk, given, waiting in connection.execute(select(last.c.kiosk, last.c.seq_last, last.c.outbox_n))
        if given is not None and waiting is not None
    }
    apart: dict[str, list[int]] = {}
    for kiosk, seq in _apart(connection):
        apart.setdefault(kiosk, []).append(seq)
    return {
        kiosk: Account(
            *received.get(kiosk, (0, 0)), *told.get(kiosk, (None, None)), apart=tuple(sorted(apart.get(kiosk, ())))
        )
        for kiosk in sorted(received.keys() | told.keys())
    }


def missing_enrolments(connection: Connection) -> dict[str, int]:
    """How many enrolments of each kiosk are missing, kiosks without any left out.

    Missing are the numbers below the highest received, and those that the kiosk, by its last word, gave out and has no
    longer. A place whose package is kept apart is not missing.
    """
    return {kiosk: one.missing for kiosk, one in accounts(connection).items() if one.missing}


class Gaps:
    """Which numbers are missing, found anew only for a kiosk whose account has changed. For several threads."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[Account, Missing]] = {}

    def of(self, connection: Connection, kiosks: Iterable[str]) -> dict[str, Missing]:
        """What is missing of these kiosks; those of which nothing is are left out. Raises sqlalchemy's errors."""
        found: dict[str, tuple[Account, Missing]] = {}
        known = accounts(connection)
        for kiosk in kiosks:
            one = known.get(kiosk, Account())
            if one.missing:
                before = self._found.get(kiosk)
                if before is None or before[0] != one:
                    before = (one, _which(connection, kiosk, one))
                found[kiosk] = before
        # Put in place as a whole, without what is out of date: two threads at worst look for the same twice.
        everything = {**self._found, **found}
        self._found = {kiosk: one for kiosk, one in everything.items() if known.get(kiosk) == one[0]}
        return {kiosk: which for kiosk, (_, which) in found.items()}


def _which(connection: Connection, kiosk: str, one: Account) -> Missing:
    spans: list[Range] = []
    if one.holes > 0:
        # Each place apart takes at most one of them away.
        spans = without(_holes(connection, kiosk, MOST_RANGES + 1 + len(one.apart)), one.apart)
    above = without([(one.highest + 1, one.given or 0)], one.apart) if one.beyond else []
    unclear, among = 0, None
    if one.beyond and not one.waiting:
        spans += above
    elif one.beyond:
        unclear, among = one.beyond, (above[0][0], above[-1][1])
    shown = tuple(spans[:MOST_RANGES])
    certain = one.missing - unclear
    left_out = max(0, certain - sum(last - first + 1 for first, last in shown)) if len(spans) > MOST_RANGES else 0
    return Missing(shown, left_out, unclear, among)


def without(spans: Sequence[Range], places: Iterable[int]) -> list[Range]:
    """These ranges, in order, without these places, in order too."""
    left = list(spans)[::-1]
    kept: list[Range] = []
    for place in places:
        while left and left[-1][1] < place:
            kept.append(left.pop())
        if left and left[-1][0] <= place:
            first, last = left.pop()
            if first < place:
                kept.append((first, place - 1))
            if place < last:
                left.append((place + 1, last))
    return kept + [span for span in left[::-1] if span[0] <= span[1]]


def _holes(connection: Connection, kiosk: str, most: int) -> list[Range]:
    """The first ranges below the highest received place in which nothing was received: one walk along the index."""
    table = tables.enrolment.c
    before = func.lag(table.seq, 1, 0).over(order_by=table.seq).label("before")
    steps = select(table.seq, before).where(table.kiosk == kiosk).subquery().c
    query = select(steps.before + 1, steps.seq - 1).where(steps.seq - steps.before > 1).order_by(steps.seq).limit(most)
    return [(int(first), int(last)) for first, last in connection.execute(query)]


def _apart(connection: Connection) -> list[tuple[str, int]]:
    """The places that only a refused package holds."""
    table, apart = tables.enrolment, tables.quarantine
    places = (
        select(apart.c.kiosk, apart.c.seq)
        .distinct()
        .outerjoin(table, and_(table.c.kiosk == apart.c.kiosk, table.c.seq == apart.c.seq))
        .where(apart.c.seq.is_not(None), table.c.number.is_(None))
    )
    return [(str(kiosk), int(seq)) for kiosk, seq in connection.execute(places)]
