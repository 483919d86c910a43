"""The settings that the office may change, as they hold here: the file's, a command's, or those that it wants.

What was said last holds: a command after the office's word, and a newer word after a command. What a newer word names
no more goes by the settings file again. Every value is judged by the same code (`kiosk.domain.desired`).
"""

import logging
from collections.abc import Callable, Mapping
from typing import Final, cast

from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import InboxReader
from kiosk.domain.commands import SETTINGS, Configure, Value, args_of, order_of, verb_of
from kiosk.domain.desired import allowed
from kiosk.domain.errors import BadOrder
from kiosk.runtime.answering import Chamber
from kiosk.runtime.orderbook import OrderBook
from kiosk.sealing.desired import DesiredWord, verify_desired
from kiosk.sealing.errors import SealingError
from kiosk.wire.messages import SettingsSample
from kiosk.words.language import languages

log = logging.getLogger(__name__)

_STANDS: Final = "stands:"
_DESIRED: Final = "desired"


class SettingsBook:
    """Keeps them. Used by the custody desk's thread; `sample` and `refused` may be read from any thread."""

    def __init__(
        self,
        chamber: Chamber,
        inbox: InboxReader,
        *,
        book: OrderBook,
        file: Mapping[str, float | str],
        put: Callable[[str, Value | float], None],
    ) -> None:
        """`file`: what the settings file says of those that may be changed; `put` lets one hold.

        Raises CustodyError.
        """
        self._chamber = chamber
        self._inbox = inbox
        self._book = book
        self._file = {name: value for name, value in file.items() if name in SETTINGS}
        self._put = put
        self._seen = 0
        self._unverified = 0
        self._holds: dict[str, float | str] = dict(self._file)
        kept = book.get(_DESIRED)
        self._n = int(kept.get("n", 0))
        self.refused: tuple[str, ...] = tuple(kept.get("refused", ()))
        self.sample = self._sampled()

    def stand(self) -> None:
        """Let hold again what held when the kiosk went off. Raises CustodyError."""
        for name, kept in self._book.below(_STANDS).items():
            if name not in SETTINGS:
                continue  # the order of remedies stands there too
            try:
                order = order_of(str(kept["verb"]), kept["args"])
            except BadOrder as error:
                # Taken by another version of this program, which knew more.
                log.warning("what the office ordered is not understood any more: %s", error)
                continue
            if isinstance(order, Configure) and is_here(order):
                self.holds(order.name, order.value)

    def holds(self, name: str, value: float | str) -> None:
        """From now on this setting has this value."""
        self._holds[name] = value
        self.sample = self._sampled()
        self._put(name, value)

    def write_down(self, setting: str, value: Value | None) -> None:
        """Let a setting stand for every start to come; None: the file's again. A part of the caller's transaction."""
        order = None if value is None else Configure(setting, value)
        stands = None if order is None else {"verb": verb_of(order).value, "args": args_of(order)}
        self._book.put(f"{_STANDS}{setting}", stands)

    def take(self) -> None:
        """Take in what the office wants. Never raises for the disk."""
        try:
            for arrived in self._inbox.desired(after=self._seen):
                self._hear(arrived.data)
                self._seen = arrived.n
        except CustodyError as error:
            # Before the uplink's first start there is no inbox; a busy disk is asked again next time.
            log.debug("words about settings wait: %s", type(error).__name__)

    def _hear(self, signed: bytes) -> None:
        chamber = self._chamber
        if chamber.office.command is None:
            return
        try:
            word = verify_desired(signed, chamber.office.command)
        except SealingError as error:
            self._not_verified(type(error).__name__)
            return
        if word.kiosk != chamber.kiosk:
            self._not_verified("another_kiosk")
        elif word.n > self._n:
            self._take(word)

    def _take(self, word: DesiredWord) -> None:
        wanted, refused = allowed(word.settings, is_here)
        before = cast("list[str]", self._book.get(_DESIRED).get("names", []))
        dropped = [name for name in before if name in SETTINGS and name not in wanted]
        with self._chamber.database.transaction(freeing=True):
            for name, value in wanted.items():
                self.write_down(name, value)
            for name in dropped:
                self.write_down(name, None)
            kept = {"n": word.n, "names": sorted(wanted), "refused": list(refused)}
            self._book.put(_DESIRED, kept)
        # From here on nothing can be taken back any more.
        self._n, self.refused = word.n, refused
        for name, value in wanted.items():
            self.holds(name, value)
        for name in dropped:
            if name in self._file:
                self.holds(name, self._file[name])
            else:
                self._holds.pop(name, None)
        self.sample = self._sampled()
        self._chamber.audit.write("settings.taken", n=word.n, count=len(wanted), refused=len(refused))
        log.info("settings %d: %d taken, %d refused", word.n, len(wanted), len(refused))

    def _sampled(self) -> SettingsSample:
        return SettingsSample(n=self._n, has=dict(sorted(self._holds.items())), refused=list(self.refused))

    def _not_verified(self, why: str) -> None:
        self._unverified += 1
        if self._unverified & (self._unverified - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the disk
            log.error("a word about settings was not believed: %s (%d so far)", why, self._unverified)
            self._chamber.audit.write("settings.refused", why=why, count=self._unverified)


def is_here(order: Configure) -> bool:
    """Say whether this kiosk has what is asked for: the office need not know which languages it has."""
    return order.name != "journey.language" or order.value in languages()
