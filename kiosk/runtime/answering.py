"""What commands are answered with at the kiosk, and who does what they ask for outside the custody desk."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from kiosk.custody.clock import TrustedClock
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.outbox import Outbox
from kiosk.domain.experience import Remedy
from kiosk.domain.quality import PrintVerdict
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.orderbook import OrderBook
from kiosk.sealing.commands import MAX_LINE, MAX_LINES, Answer, State, sign_answer
from kiosk.sealing.keys import OfficeKeys, SigningKey

#: All lines of one answer together, in bytes: with its signature it must fit into one message.
MOST_LOG_BYTES: Final = 48 * 1024
AUDIT_LINES: Final = 40

Told = Callable[[State, str], None]


class Hands(Protocol):
    """Who does what a command asks for outside the custody desk. Every call returns at once, from any thread."""

    def configure(self, name: str, value: float | str) -> None:
        """Let this setting hold from now on."""
        ...

    def order_remedies(self, verdict: PrintVerdict, order: tuple[Remedy, ...]) -> None:
        """Offer these remedies first for this verdict."""
        ...

    def ring(self, seconds: float, told: Told) -> None:
        """Sound and flash for so long; `told` hears whether it began, from any thread."""
        ...

    def log_lines(self, count: int) -> Sequence[str]:
        """Give the newest lines of the log, without personal data."""
        ...


@dataclass(frozen=True, slots=True)
class Chamber:
    """What the commands work with at the kiosk: its books, its keys, and how to destroy its vault."""

    kiosk: str
    signer: SigningKey
    office: OfficeKeys
    database: CustodyDatabase
    outbox: Outbox
    audit: AuditBook
    clock: TrustedClock
    #: Forget the vault's key, and overwrite its files. Raises SealingError; safe to do again.
    destroy: Callable[[], None]


class Answers:
    """Signs answers and puts them where the uplink finds them. Every method raises CustodyError."""

    def __init__(
        self,
        chamber: Chamber,
        book: OrderBook,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Name what it works with."""
        self._chamber = chamber
        self._book = book
        self._now = now

    def give(self, command_id: str, n: int, name: str, state: State, code: str = "", lines: Sequence[str] = ()) -> None:
        """Answer a command, in place of an earlier answer to it; a part of the caller's transaction."""
        chamber = self._chamber
        answer = Answer(command_id, chamber.kiosk, n, self._book.seen, state, self._now(), code, tuple(lines))
        chamber.outbox.add_answer(command_id, name, sign_answer(answer, chamber.signer))

    def done_standing(self, which: str, *, drop: bool = False, code: str = "") -> None:
        """Answer the command behind what stands: it is done. Once."""
        kept = dict(self._book.get(which))
        if not kept or kept.get("told"):
            return
        with self._chamber.database.transaction(freeing=True):
            self._book.put(which, None if drop else {**kept, "told": True})
            self.give(kept["id"], int(kept["n"]), kept["name"], "done", code)


def newest_lines(audit: Sequence[str], log: Sequence[str]) -> list[str]:
    """The end of the audit book, which cannot name anybody, and of the log, as far as one answer has room."""
    kept: list[str] = []
    room = MOST_LOG_BYTES
    for line in reversed([*audit, *log][-MAX_LINES:]):
        room -= len(line[:MAX_LINE].encode()) + 3
        if room < 0:
            break
        kept.append(line[:MAX_LINE])
    return kept[::-1]
