"""The kiosk's audit book: what happened at this kiosk, in a hash chain that names events and never a person.

Owns which events there are. A book that is found broken is set aside and a new one begun; a book that takes no entry
stops nobody's enrolment, and both raise the alarm.
"""

import logging
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from kiosk.sealing.chain import AuditChain, Detail, Head, read_chain
from kiosk.sealing.errors import ChainBroken

log = logging.getLogger(__name__)

#: Every event there is, and what its details are.
EVENTS: Final = {
    "book.begun": "after: how the one before ended (none, broken)",
    "kiosk.started": "sw: version, boot",
    "officer.signed_in": "place: stands for the officer's place in this vault",
    "officer.confirmed": "nothing more: who signed in last gave the PIN again, to see who else was here or is listed",
    "officer.refused": "why: pin, card, delay, unknown",
    "draft.erased": "nothing more: a draft names somebody",
    "draft.paused": "nothing more: a draft names somebody",
    "package.sealed": "seq, sha256: the first 16 hex digits",
    "package.received": "seq, number: the office's receipt number",
    "package.settled": "seq, number",
    "package.rejected": "seq, code",
    "package.erased": "count",
    "receipt.refused": "why: the kind of error; count: how many since the start, told at 1, 2, 4, 8, ...",
    "command.taken": "n: its number, verb, code: why it was refused, or empty",
    "command.refused": "why: the kind of error; count, as with receipts",
    "recipients.taken": "n: the word's number, body: the opening key's id, escrow: that of the escrow key, or empty",
    "recipients.refused": "why: the kind of error; count, as with receipts",
    "settings.taken": "n: the word's number; count: how many settings of it, refused: how many not",
    "settings.refused": "why: the kind of error; count, as with receipts",
    "kiosk.locked": "why: office, silence, erased",
    "kiosk.unlocked": "nothing more",
    "vault.destroyed": "n: the number of the command",
    "roster.kept": "people: how many; issued: the day on which it was made up",
    "roster.forgotten": "why: old, withdrawn, erased",
    "card.handed_over": "nothing more: a card names somebody",
}


class AuditBook:
    """The book, open for writing. Used by one thread."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Open the book, or begin one; the last of a broken one is kept beside it."""
        self._path = path
        self._now = now
        self.broken = False
        self.unwritten = False
        self._chain = self._open()

    @property
    def head(self) -> Head:
        """The end of the chain, as the witness that goes out with packages and telemetry."""
        return self._chain.head if self._chain is not None else Head()

    def write(self, event: str, **details: Detail) -> None:
        """Write an event of EVENTS down. Never raises for the disk: `unwritten` then says so."""
        if event not in EVENTS:
            raise KeyError(event)
        if self._chain is None:
            return
        try:
            self._chain.append(event, **details)
            self.unwritten = False
        except OSError as error:
            self.unwritten = True
            log.error("the audit book takes no entry: %s", type(error).__name__)

    def tail(self, count: int) -> list[str]:
        """The last entries as lines: number, time, event, details."""
        try:
            entries = deque(read_chain(self._path), maxlen=count)
        except (OSError, ChainBroken):
            self.broken = True
            return []
        return [
            " ".join(
                (
                    f"{entry.n} {entry.at:%Y-%m-%dT%H:%M:%SZ} {entry.event}",
                    *(f"{name}={value}" for name, value in sorted(entry.details.items())),
                )
            )
            for entry in entries
        ]

    def _open(self) -> AuditChain | None:
        try:
            try:
                chain = AuditChain.open(self._path, self._now)
            except ChainBroken as error:
                log.error("the audit book is broken at entry %d and set aside", error.index)
                self.broken = True
                self._path.rename(self._path.with_name(f"{self._path.name}.broken-{self._now():%Y%m%dT%H%M%S.%fZ}"))
                chain = AuditChain.open(self._path, self._now)
            if chain.head.n == 0:
                chain.append("book.begun", after="broken" if self.broken else "none")
        except OSError as error:
            log.error("the audit book cannot be opened: %s", type(error).__name__)
            self.unwritten = True
            return None
        return chain
