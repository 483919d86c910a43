"""Fetching a sealed roster: part by part, at the pace of the road, and on from where it stopped.

Nothing here is opened or believed. The command that names the roster's size and hash is judged by the kiosk; what does
not have that hash is fetched anew. What the kiosk has answered for good is not fetched, and no part of it is kept.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import Inbox
from kiosk.domain.commands import UpdateRoster, Verb, order_of
from kiosk.domain.errors import BadOrder
from kiosk.sealing import cose
from kiosk.sealing.commands import ANSWER_TYPE, CONTENT_TYPE, Answer, Command
from kiosk.sealing.errors import SealingError
from kiosk.uplink.source import Source
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import MAX_WANTED, Want, decode_part, encode_cbor
from kiosk.wire.roster import PART_BYTES, part_count

_log = logging.getLogger(__name__)

#: So many parts are under way at once: enough for a long road, and a receipt waits behind few of them.
WINDOW: Final = 4
#: Parts that do not come are asked for again after this long, and then after twice as long.
AGAIN_S: Final = 20.0
AGAIN_MOST_S: Final = 1800.0
#: How often it is seen whether the kiosk has taken what is whole.
LOOK_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A roster that a command names."""

    command: str
    size: int
    sha256: str

    @property
    def count(self) -> int:
        return part_count(self.size)


class Fetcher:
    """Fetches the roster of the newest command that names one. Single-threaded; methods raise CustodyError."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Source,
        *,
        publish: Callable[[bytes], int | None],
        monotonic_s: Callable[[], float],
    ) -> None:
        """`publish` hands a Want to the broker. What was half fetched before goes on."""
        self._inbox = inbox
        self._outbox = outbox
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._wanted: _Wanted | None = None
        self._held: set[int] = set()
        self._asked: set[int] = set()
        self._due_s = 0.0
        self._again_s = AGAIN_S
        self._begun = False

    @property
    def due(self) -> bool:
        """Whether `step` has anything to do now."""
        return not self._begun or (self._wanted is not None and self._monotonic_s() >= self._due_s)

    def on_up(self) -> None:
        """A fresh connection: what was asked for before may be lost."""
        self._ask_anew()

    def on_command(self, signed: bytes) -> None:
        """A command came whose name says that it brings a roster."""
        self._begin(signed)

    def on_part(self, payload: bytes) -> None:
        """A part came. One that nobody asked for is passed over."""
        wanted = self._wanted
        try:
            part = decode_part(payload)
        except BadMessage as error:
            _log.warning("a part of a roster is not understood: %s", error)
            return
        if wanted is None or part.id != wanted.command or part.i >= wanted.count or part.i in self._held:
            return
        if len(part.data) != min(PART_BYTES, wanted.size - part.i * PART_BYTES):
            return
        self._inbox.parts.add(wanted.command, part.i, part.data)
        self._held.add(part.i)
        self._asked.discard(part.i)
        self._again_s = AGAIN_S
        if len(self._held) == wanted.count:
            self._check(wanted)
        else:
            self._ask(wanted)

    def step(self) -> None:
        """Do what is due."""
        if not self._begun:
            self._begun = True
            signed = self._inbox.parts.newest_command(Verb.ROSTER.value)
            if signed is not None:
                self._begin(signed)
        wanted = self._wanted
        if wanted is None or self._monotonic_s() < self._due_s:
            return
        if self._is_answered(wanted.command):
            # The kiosk has it, or does not want it: what is sealed here would only outlive it.
            self._inbox.parts.clear()
            self._wanted = None
        elif len(self._held) == wanted.count:
            self._due_s = self._monotonic_s() + LOOK_S
        else:
            if self._asked:
                self._again_s = min(2 * self._again_s, AGAIN_MOST_S)
            self._asked.clear()
            self._ask(wanted)

    def _begin(self, signed: bytes) -> None:
        wanted = _wanted(signed)
        if wanted is None or (self._wanted is not None and self._wanted.command == wanted.command):
            return
        self._wanted = wanted
        self._held = {i for i in self._inbox.parts.held(wanted.command) if i < wanted.count}
        self._ask_anew()

    def _ask_anew(self) -> None:
        self._asked.clear()
        self._again_s = AGAIN_S
        self._due_s = self._monotonic_s()

    def _ask(self, wanted: _Wanted) -> None:
        """Keep WINDOW parts under way, the first ones first."""
        self._due_s = self._monotonic_s() + self._again_s
        if len(self._asked) > WINDOW // 2:
            return
        missing = [i for i in range(wanted.count) if i not in self._held and i not in self._asked]
        ask = missing[: WINDOW - len(self._asked)]
        if ask and self._publish(encode_cbor(Want(id=wanted.command, ranges=_ranges(ask)))) is not None:
            self._asked.update(ask)

    def _check(self, wanted: _Wanted) -> None:
        self._due_s = self._monotonic_s() + LOOK_S
        if sha256(self._inbox.parts.joined(wanted.command)).hexdigest() == wanted.sha256:
            _log.info("a roster is here: %d bytes", wanted.size)
            return
        _log.error("a roster is not what its command names: fetched anew")
        self._inbox.parts.clear()
        self._held.clear()
        self._again_s = AGAIN_MOST_S
        self._due_s = self._monotonic_s() + AGAIN_S

    def _is_answered(self, command: str) -> bool:
        try:
            kept = self._outbox.answer(command)
        except CustodyError:
            return False  # the kiosk has not begun, or is just writing
        if kept is None:
            return False
        try:
            return Answer.from_cbor(cose.take_apart(kept.data, ANSWER_TYPE).payload).state != "accepted"
        except SealingError:
            return False


def _wanted(signed: bytes) -> _Wanted | None:
    try:
        command = Command.from_cbor(cose.take_apart(signed, CONTENT_TYPE).payload)
        order = order_of(command.verb, command.args)
    except (SealingError, BadOrder):
        return None
    if not isinstance(order, UpdateRoster) or not order.size:
        return None
    return _Wanted(command.id, order.size, order.sha256)


def _ranges(numbers: Iterable[int]) -> list[tuple[int, int]]:
    ranges: list[tuple[int, int]] = []
    for i in numbers:
        if ranges and ranges[-1][1] == i - 1:
            ranges[-1] = (ranges[-1][0], i)
        elif len(ranges) < MAX_WANTED:
            ranges.append((i, i))
    return ranges
