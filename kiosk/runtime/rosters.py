"""The roster at the kiosk: taken in by command, kept sealed, read while an officer is signed in, and forgotten.

On the custody desk's thread. Nothing of it is needed to enrol anybody: what goes wrong here is told and gone round.
"""

import base64
import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final, cast

from kiosk.custody.entries import from_text, to_text
from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import InboxReader
from kiosk.domain.citizen import Identity
from kiosk.domain.commands import UpdateRoster, args_of, order_of
from kiosk.domain.dates import PartialDate
from kiosk.domain.errors import BadOrder
from kiosk.domain.roster import Progress
from kiosk.journey.events import RosterFound, RosterMatched, RosterTold
from kiosk.journey.listing import Query, RosterIndex
from kiosk.runtime.answering import Answers, Chamber
from kiosk.runtime.orderbook import OrderBook
from kiosk.runtime.posting import Post
from kiosk.sealing.commands import Command, State
from kiosk.sealing.errors import SealingError
from kiosk.sealing.rosters import RosterKeyWord, open_roster, roster_key, sign_roster_key
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.rosters import KeptRoster, RosterBook, own_names, shared_name
from kiosk.wire.errors import BadMessage
from kiosk.wire.roster import decode_roster
from kiosk.words.text import fold

log = logging.getLogger(__name__)

#: Under these names the order book keeps the roster that is still to come, and the word for which key it is sealed.
_PENDING: Final = "roster"
_WORD: Final = "roster.key"
#: How often it is seen whether the roster's time is over and which of it is today's, in seconds.
_LOOK_S: Final = 60.0


class RosterDesk:
    """Used by the custody desk's thread; `word` and `progress` may be read from any. Methods raise CustodyError."""

    def __init__(
        self,
        chamber: Chamber,
        inbox: InboxReader,
        *,
        book: OrderBook,
        post: Post,
        keep_days: float,
        stopwatch_s: Callable[[], float],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Name what it works with; a roster is forgotten `keep_days` after its last day."""
        self._chamber = chamber
        self._inbox = inbox
        self._book = book
        self._post = post
        self._keep_for = timedelta(days=keep_days)
        self._stopwatch_s = stopwatch_s
        self._now = now
        self._answers = Answers(chamber, book, now=now)
        self._shelf = RosterBook(chamber.database)
        self._vault: VaultKey | None = None
        self._index: RosterIndex | None = None
        self._names: tuple[frozenset[bytes], ...] = ()
        #: Which rows have a name and birth.
        self._called: dict[tuple[str, PartialDate], list[int]] = {}
        self._kept = self._shelf.kept()
        self._due_s = 0.0
        self._told = 0
        #: Whether the roster that is kept could not be read with the vault's key.
        self.unreadable = False
        #: The kiosk's signed word for which key its rosters are sealed, as base64; empty before an officer came.
        self.word = str(book.get(_WORD).get("word", ""))
        self.progress: Progress | None = None
        self._count()

    def objection(self, order: UpdateRoster) -> str:
        """Say why this roster cannot be taken, as a code, or nothing: one for another key could never be read."""
        return "other_key" if order.people and order.kid != self._book.get(_WORD).get("kid") else ""

    def ordered(self, order: UpdateRoster, command: Command, name: str) -> None:
        """Wait for the roster that this command names, and no longer for one before; within its transaction."""
        self._settle_pending("done", "replaced")
        kept = {"id": command.id, "n": command.n, "name": name, "until": to_text(command.until)}
        self._book.put(_PENDING, {**kept, "args": args_of(order)})

    def take(self) -> None:
        """Take in the roster that was waited for, and forget the one whose time is over."""
        pending = self._book.get(_PENDING)
        if pending:
            self._take(pending)
        if self._stopwatch_s() >= self._due_s:
            self._due_s = self._stopwatch_s() + _LOOK_S
            if self._kept is not None and self._today() > self._kept.last + self._keep_for:
                self._forget("old")
            self._count()

    def signed_in(self, vault: VaultKey) -> None:
        """Read the roster from now on."""
        self._vault = vault
        self._keep_word(vault)
        self._open()

    def signed_out(self) -> None:
        """Forget what was read; the sealed roster stays."""
        self._vault, self._index, self._names, self._called = None, None, (), {}
        self._tell()
        self._count()

    def erased(self) -> None:
        """The vault is gone: so is everything that it could open."""
        self.signed_out()
        with self._chamber.database.transaction(freeing=True):
            self._settle_pending("refused", "erased")
            self._book.put(_WORD, None)
        self.word = ""
        if self._kept is not None:
            self._forget("erased")

    def find(self, query: Query) -> None:
        """Look for people; answered by RosterFound."""
        index, kept = self._index, self._kept
        if index is None or kept is None:
            self._post(RosterFound(query, "", (), 0))
            return
        places, total = index.search(query)
        self._post(RosterFound(query, kept.command, tuple(index.rows[i] for i in places), total))

    def match(self, identity: Identity) -> None:
        """See whether this person is on it; answered by RosterMatched."""
        index, kept = self._index, self._kept
        if index is None or kept is None:
            self._post(RosterMatched(identity, ""))
            return
        place = index.find(identity)
        self._post(RosterMatched(identity, kept.command, index.rows[place] if place is not None else None))

    def noting(self, identity: Identity | None) -> Callable[[sqlite3.Connection], None] | None:
        """What notes this person as enrolled, within the transaction that seals; None without a roster."""
        if self._index is None or self._vault is None or identity is None:
            return None
        return self._shelf.noting(self._names_of(self._vault, self._index, identity))

    def _names_of(self, vault: VaultKey, index: RosterIndex, who: Identity) -> set[bytes]:
        """Name who was enrolled: by what is theirs alone, and by name and birth where no other row has both.

        Who is not found here or there is visited once more; who was counted with a namesake would never be.
        """
        place = index.find(who)
        row = index.rows[place] if place is not None else None
        names = set(own_names(vault, who.number, old_number=who.old_number or ""))
        called = {(fold(who.name), who.born)}
        number = who.number
        if place is not None and row is not None:
            names |= own_names(vault, row.number, old_number=row.old_number, person=row.person)
            called.add((index.folded[place], row.born))
            number = number or row.number
        for name, born in called:
            if any(i != place for i in self._called.get((name, born), ())):
                continue
            names.add(shared_name(vault, name, born, numbered=False))
            if number is None:
                names.add(shared_name(vault, name, born, numbered=True))
        return names

    def recount(self) -> None:
        """Somebody was enrolled: count anew."""
        self._count()

    def _take(self, pending: Any) -> None:  # noqa: ANN401 - what the order book gives back
        try:
            order = cast("UpdateRoster", order_of("roster", pending["args"]))
        except BadOrder:
            # Taken by another version of this program, which knew more.
            self._settle_pending("refused", "unknown_verb")
            return
        if not order.people:
            self._forget("withdrawn")
            self._settle_pending("done", "")
            return
        try:
            sealed = self._inbox.roster(pending["id"])
        except CustodyError:
            sealed = b""  # a busy inbox is asked again at the next look
        if len(sealed) == order.size and sha256(sealed).hexdigest() == order.sha256:
            kept = KeptRoster(pending["id"], order.issued, order.last, order.people)
            with self._chamber.database.transaction(freeing=True):
                self._shelf.keep(kept, sealed)
                self._settle_pending("done", "")
            self._kept = kept
            self._chamber.audit.write("roster.kept", people=order.people, issued=order.issued.isoformat())
            log.info("a roster of %d people is here", order.people)
            self._open()
        elif self._chamber.clock.interval().earliest > from_text(pending["until"]):
            self._settle_pending("refused", "expired")

    def _settle_pending(self, state: State, code: str) -> None:
        """Answer the command that is waited for, once and for all."""
        pending = self._book.get(_PENDING)
        if not pending:
            return
        with self._chamber.database.transaction(freeing=True):
            self._book.put(_PENDING, None)
            self._answers.give(pending["id"], int(pending["n"]), pending["name"], state, code)

    def _keep_word(self, vault: VaultKey) -> None:
        public = roster_key(vault).public
        known = self._book.get(_WORD)
        if known.get("kid") == public.kid:
            return
        n = max(int(known.get("n", 0)) + 1, int(self._now().timestamp() * 1000))
        word = sign_roster_key(RosterKeyWord(self._chamber.kiosk, n, public), self._chamber.signer)
        self.word = base64.b64encode(word).decode()
        self._book.put(_WORD, {"kid": public.kid, "n": n, "word": self.word})

    def _open(self) -> None:
        self._index, self._names, self._called, self.unreadable = None, (), {}, False
        vault = self._vault
        if vault is not None and self._kept is not None:
            try:
                plain = open_roster(self._shelf.sealed(), kiosk=self._chamber.kiosk, key=roster_key(vault))
                self._index = RosterIndex(decode_roster(plain).rows)
            except (SealingError, BadMessage) as error:
                log.error("the roster cannot be read: %s", type(error).__name__)
                self.unreadable = True
            else:
                self._read_names(vault, self._index)
        self._tell()
        self._count()

    def _read_names(self, vault: VaultKey, index: RosterIndex) -> None:
        """Make of each row the names by which it is known as done; those that two rows share say nothing."""
        called: dict[tuple[str, PartialDate], list[int]] = {}
        for i, row in enumerate(index.rows):
            called.setdefault((index.folded[i], row.born), []).append(i)
        self._called = called
        names: list[frozenset[bytes]] = []
        for i, row in enumerate(index.rows):
            own = own_names(vault, row.number, old_number=row.old_number, person=row.person)
            alone = len(called[index.folded[i], row.born]) == 1
            by_name = shared_name(vault, index.folded[i], row.born, numbered=row.number is not None)
            names.append(own | {by_name} if alone else own)
        self._names = tuple(names)

    def _tell(self) -> None:
        people = len(self._index.rows) if self._index is not None else 0
        if people != self._told:
            self._told = people
            self._post(RosterTold(people))

    def _forget(self, why: str) -> None:
        with self._chamber.database.transaction(freeing=True):
            self._shelf.forget()
        if self._kept is not None:
            self._chamber.audit.write("roster.forgotten", why=why)
        self._kept, self._index, self._names, self._called, self.unreadable = None, None, (), {}, False
        self._tell()
        self._count()

    def _count(self) -> None:
        """See how far the roster is; without an officer it stands as it was counted last."""
        kept, index = self._kept, self._index
        if kept is None:
            self.progress = None
            return
        if index is None:
            self.progress = Progress(kept.issued, kept.people, kept.done)
            return
        enrolled = self._shelf.enrolled()
        done = [bool(enrolled.intersection(names)) for names in self._names]
        if sum(done) != kept.done:
            self._kept = kept = replace(kept, done=sum(done))
            self._shelf.count(kept.done)
        today = self._today()
        planned = any(row.day is not None for row in index.rows)
        mine = [is_done for row, is_done in zip(index.rows, done, strict=True) if not planned or row.day == today]
        self.progress = Progress(kept.issued, len(index.rows), kept.done, len(mine), sum(mine))

    def _today(self) -> date:
        """The day here, by the wall clock as far as it can be right."""
        return self._chamber.clock.interval().clamped(self._now()).astimezone().date()
