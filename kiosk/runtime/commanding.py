"""The office's commands at the kiosk: judged, written down, obeyed and answered. On the custody desk's thread.

First everything durable in one transaction (the number, what shall stand, the answer), and only then the hands: a
crash between the two leaves what stands, and it is taken up again at the next start. What cannot be verified leaves a
line in the audit book now and then, and nothing else.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import Arrived, InboxReader
from kiosk.domain.commands import (
    Configure,
    Erase,
    Lock,
    Order,
    OrderRemedies,
    Ring,
    SendLogs,
    ShowMessage,
    Unlock,
    UpdateRoster,
    Verb,
    args_of,
    order_of,
    verb_of,
)
from kiosk.domain.errors import BadOrder
from kiosk.journey.events import KioskLocked, KioskUnlocked, OfficeMessage
from kiosk.runtime.answering import AUDIT_LINES, Answers, Chamber, Hands, newest_lines
from kiosk.runtime.orderbook import OrderBook
from kiosk.runtime.posting import Post
from kiosk.runtime.rosters import RosterDesk
from kiosk.runtime.settings_book import SettingsBook, is_here
from kiosk.runtime.silence import Silence
from kiosk.sealing.beats import verify_beat
from kiosk.sealing.commands import Command, State, verify_command
from kiosk.sealing.errors import SealingError

log = logging.getLogger(__name__)

_STANDS: Final = "stands:"


class CommandTaker:
    """Takes commands and beats in, and keeps what stands: lock, message, settings, the order of remedies."""

    def __init__(
        self,
        chamber: Chamber,
        inbox: InboxReader,
        *,
        book: OrderBook,
        settings: Mapping[str, float | str],
        silence: Silence,
        rosters: RosterDesk,
        hands: Hands,
        post: Post,
        keep_settled: Callable[[float], None],
        later: Callable[[Callable[[], None]], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Name what it works with; `settings` are the file's, `later` does something on the custody desk's thread."""
        self._chamber = chamber
        self._inbox = inbox
        self._book = book
        self._silence = silence
        self._rosters = rosters
        self._hands = hands
        self._post = post
        self._keep_settled = keep_settled
        self._later = later
        self._answers = Answers(chamber, book, now=now)
        self.settings = SettingsBook(chamber, inbox, book=book, file=settings, put=self._put)
        self._seen_command = self._seen_beat = 0
        self._unverified = 0
        self._posted: tuple[str, bool] = ("", False)
        self._stuck = False

    @property
    def locked(self) -> bool:
        """Say whether the kiosk serves nobody."""
        return bool(self._posted[0])

    def stand(self) -> None:
        """Take up again what stood when the kiosk went off. Raises CustodyError."""
        self.settings.stand()
        for args in self._book.below(_STANDS).values():
            if args["verb"] != Verb.REMEDIES:
                continue
            try:
                order = order_of(str(args["verb"]), args["args"])
                self._set(order)
            except BadOrder as error:
                # Taken by another version of this program, which knew more.
                log.warning("what the office ordered is not understood any more: %s", error)
        self._show_message()
        self.take()

    def take(self) -> None:
        """Take in what has come, and see whether the office's silence locks. Never raises for the disk."""
        try:
            self._finish_erasing()
            self._hear_beats()
            for arrived in self._inbox.commands(after=self._seen_command):
                if not self._judged(arrived):
                    break
                self._seen_command = arrived.n
        except CustodyError as error:
            # Before the uplink's first start there is no inbox; a busy disk is asked again next time.
            log.debug("commands wait: %s", type(error).__name__)
        self.settings.take()
        self._silence.keep()
        self._in_peace(self._rosters.take)
        try:
            self._tell_lock()
        except CustodyError as error:
            log.warning("whether this kiosk is locked cannot be read now: %s", type(error).__name__)

    def lock_holds(self) -> None:
        """The screen shows the lock: whoever was being served has finished, or lies safe in a draft."""
        self._in_peace(lambda: self._answers.done_standing("lock"))

    def message_read(self) -> None:
        """The officer has read the office's message."""
        self._in_peace(lambda: self._answers.done_standing("message", drop=True))

    def _hear_beats(self) -> None:
        for arrived in self._inbox.beats(after=self._seen_beat):
            self._seen_beat = arrived.n
            try:
                self._silence.heard(verify_beat(arrived.data, self._chamber.office.receipt).at)
            except SealingError as error:
                self._not_verified(arrived.data, type(error).__name__)

    def _judged(self, arrived: Arrived) -> bool:
        """Judge one; False when it has to wait for the next look."""
        chamber = self._chamber
        if chamber.office.command is None:
            return True
        try:
            command = verify_command(arrived.data, chamber.office.command)
        except SealingError as error:
            self._not_verified(arrived.data, type(error).__name__)
            return True
        if command.kiosk != chamber.kiosk:
            self._not_verified(arrived.data, "another_kiosk")
            return True
        if self._book.knows(command.id):
            return True
        try:
            self._obey(command, arrived.name)
        except CustodyError as error:
            log.warning("a command waits: %s", type(error).__name__)
            return False
        return True

    def _obey(self, command: Command, name: str) -> None:
        seen, order, code = self._book.seen, None, ""
        if command.n <= seen:
            code = "old_number"
        elif self._chamber.clock.interval().earliest > command.until:
            code = "expired"
        else:
            try:
                order = order_of(command.verb, command.args)
            except BadOrder as error:
                code = error.code
            if isinstance(order, Configure) and not is_here(order):
                order, code = None, "bad_arguments"
            if isinstance(order, UpdateRoster) and (code := self._rosters.objection(order)):
                order = None
        lines = self._lines(order.lines) if isinstance(order, SendLogs) else []
        # What stands is what holds: the kiosk cannot come up again without it, so it is done as soon as it is written.
        at_once = isinstance(order, Unlock | Configure | OrderRemedies | SendLogs)
        state: State = "refused" if order is None else "done" if at_once else "accepted"
        with self._chamber.database.transaction(freeing=True):
            self._book.judged(command.id, taken=max(seen, command.n))
            if order is not None:
                self._write_down(order, command, name)
            self._answers.give(command.id, command.n, name, state, code, lines)
        # From here on nothing can be taken back any more.
        self._chamber.audit.write("command.taken", n=command.n, verb=command.verb, code=code)
        log.info("command %d, %s: %s", command.n, command.verb, code or "accepted")
        if command.n > seen:
            self._silence.heard(command.at, fresh=True)
        if order is not None:
            self._do(order, command, name)

    def _write_down(self, order: Order, command: Command, name: str) -> None:
        """Keep what shall stand, within the transaction that takes the command."""
        me = {"id": command.id, "n": command.n, "name": name}
        book = self._book
        match order:
            case Lock(now):
                self._answers.done_standing("lock", code="replaced")
                # An erased kiosk stays so until it is unlocked, whatever is ordered besides.
                erased = book.get("lock").get("reason") == "erased"
                book.put("lock", {**me, "reason": "erased" if erased else "office", "now": now})
            case Unlock():
                self._answers.done_standing("lock", code="lifted")
                book.put("lock", None)
            case ShowMessage(text):
                self._answers.done_standing("message", code="replaced")
                book.put("message", {**me, "text": text})
            case Configure(setting, value):
                self.settings.write_down(setting, value)
            case OrderRemedies(verdict, remedies):
                stands = {"verb": verb_of(order).value, "args": args_of(order)} if remedies else None
                book.put(f"{_STANDS}{verdict.value}", stands)
            case Erase():
                book.put("erase", me)
                book.put("lock", {**me, "reason": "erased", "now": True, "told": True})
            case UpdateRoster():
                self._rosters.ordered(order, command, name)
            case Ring() | SendLogs():
                pass

    def _do(self, order: Order, command: Command, name: str) -> None:
        def rung(state: State, code: str) -> None:
            answer = lambda: self._answers.give(command.id, command.n, name, state, code)  # noqa: E731 - done there, not here
            self._later(lambda: self._in_peace(answer))

        match order:
            case Lock():
                self._tell_lock(again=True)  # answered when the screen shows it
            case Unlock():
                self._tell_lock()
            case ShowMessage():
                self._show_message()  # answered when it is read
            case Configure() | OrderRemedies():
                self._set(order)
            case Ring(seconds):
                self._hands.ring(seconds, rung)
            case Erase():
                self._tell_lock()
                self._finish_erasing()
            case UpdateRoster():
                self._rosters.take()  # answered when it is here
            case SendLogs():
                pass

    def _set(self, order: Order) -> None:
        match order:
            case Configure(name, value):
                self.settings.holds(name, value)
            case OrderRemedies(verdict, remedies):
                self._hands.order_remedies(verdict, remedies)
            case _:
                pass

    def _put(self, setting: str, value: float | str) -> None:
        """Let a setting hold from now on, wherever it belongs."""
        match setting, value:
            case "custody.keep_settled_days", int() | float():
                self._keep_settled(float(value))
            case "custody.lock_after_days", int() | float():
                self._silence.after_days = float(value)
            case _:
                self._hands.configure(setting, value)

    @staticmethod
    def _in_peace(work: Callable[[], None]) -> None:
        try:
            work()
        except CustodyError as error:
            # The office sees it as accepted; what stands is told again at the next look or start.
            log.warning("an answer was not kept: %s", type(error).__name__)

    def _finish_erasing(self) -> None:
        """Destroy the vault, when a command that was written down asks for it; also after a power cut half way."""
        erase = self._book.get("erase")
        if not erase:
            return
        try:
            self._chamber.destroy()
        except SealingError as error:
            if not self._stuck:
                log.error("the vault cannot be destroyed, trying again: %s", error)
            self._stuck = True
            return
        self._stuck = False
        with self._chamber.database.transaction(freeing=True):
            self._book.put("erase", None)
            self._answers.give(erase["id"], erase["n"], erase["name"], "done", "")
        self._chamber.audit.write("vault.destroyed", n=int(erase["n"]))
        log.warning("the vault was destroyed by the office's command")

    def _tell_lock(self, *, again: bool = False) -> None:
        """Tell the session when it is to be locked or unlocked; with `again` also that it still is."""
        kept = self._book.get("lock")
        reason = str(kept.get("reason", "")) or ("silence" if self._silence.locks else "")
        wanted = (reason, bool(kept.get("now", False)))
        if wanted == self._posted and not (again and reason):
            return
        before, self._posted = self._posted, wanted
        if reason:
            self._chamber.audit.write("kiosk.locked", why=reason)
            self._post(KioskLocked(reason, wanted[1]))
        elif before[0]:
            self._chamber.audit.write("kiosk.unlocked")
            self._post(KioskUnlocked())

    def _show_message(self) -> None:
        text = self._book.get("message").get("text")
        if text:
            self._post(OfficeMessage(str(text)))

    def _lines(self, count: int) -> list[str]:
        audit = self._chamber.audit.tail(min(AUDIT_LINES, count // 2))
        return newest_lines(audit, self._hands.log_lines(count - len(audit)))

    def _not_verified(self, data: bytes, why: str) -> None:
        mark = sha256(data).hexdigest()
        if self._book.knows(mark):
            return
        self._book.judged(mark)
        self._unverified += 1
        if self._unverified & (self._unverified - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the disk
            log.error("a command was not believed: %s (%d so far)", why, self._unverified)
            self._chamber.audit.write("command.refused", why=why, count=self._unverified)
