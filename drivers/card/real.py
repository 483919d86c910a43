"""A chip-card reader over PC/SC, by pyscard. The only module that imports `smartcard`.

Works on the SCard calls themselves, because pyscard's monitors are process-wide singletons whose waits have no
deadline. A context is opened when it is needed and thrown away when reader or pcscd fail, so that a later call finds
a reader that was plugged in again.
"""

import threading
import time
from collections.abc import Callable
from types import ModuleType
from typing import Final, TypeVar

from drivers.card.api import ReaderIdentity
from drivers.card.pcsc_context import CardFailure, PcscContext, ReaderEvent, ReaderFailure
from drivers.errors import DeviceCancelled, DeviceClosed, DeviceFault, DeviceGone, DeviceMissing, DeviceTimeout

VIRTUAL_PREFIX: Final = "Virtual PCD"
_SLICE_S: Final = 0.5
_MUTE_S: Final = 2.0
_SETTLE_S: Final = 0.1
_SHORT_DATA: Final = 256

_T = TypeVar("_T")


def open_reader(name_contains: str | None, *, simulated: bool = False) -> "PcscReader":
    """Open the first reader whose name contains `name_contains` (None: any, virtual ones only when `simulated`).

    Raises DeviceMissing when pcscd does not run or no such reader is connected.
    """
    reader = PcscReader(name_contains, simulated=simulated)
    try:
        reader.find()
    except DeviceGone as error:
        raise DeviceMissing(str(error)) from error
    return reader


def reader_names() -> list[str]:
    """Names of all readers that pcscd knows. Raises DeviceGone when pcscd does not run."""
    context = PcscContext(_scard())
    try:
        return context.readers()
    finally:
        context.release()


def readers_with_card() -> list[str]:
    """Names of the readers on which a card lies now. Raises DeviceGone when pcscd does not run."""
    context = PcscContext(_scard())
    try:
        events = {name: context.status_change(name, 0, timeout_s=_SETTLE_S) for name in context.readers()}
    except ReaderFailure as error:
        raise DeviceGone(str(error)) from error
    finally:
        context.release()
    return [name for name, event in events.items() if event is not None and event.present]


class PcscReader:
    """A CardReader (drivers.card.api) on PC/SC. One thread uses it; cancel() may come from another."""

    def __init__(self, name_contains: str | None, *, simulated: bool) -> None:
        """Remember which reader is meant; nothing is opened yet."""
        self._wanted = name_contains
        self._simulated = simulated
        self._name: str | None = None
        self._context: PcscContext | None = None
        self._card: int | None = None
        self._protocol = 0
        self._fresh_atr: bytes | None = None
        self._mute_since: float | None = None
        self._extended: bool | None = None
        self._closed = False
        self._cancel = threading.Event()
        self._waiting = threading.Lock()

    def identity(self) -> ReaderIdentity:
        """Say which reader this is; a virtual reader always counts as simulated."""
        name = self._name or self._wanted or "any PC/SC reader"
        return ReaderIdentity("pcsc", name, self._simulated or name.startswith(VIRTUAL_PREFIX), self._extended)

    def find(self) -> str:
        """Connect to pcscd if need be and give the reader's full name. Raises DeviceGone, DeviceClosed."""
        if self._closed:
            raise DeviceClosed("the card reader was used after close()")
        if self._context is None:
            self._context = PcscContext(_scard())
        if self._name is None:
            self._name = self._match(self._guard(self._context.readers))
        return self._name

    def wait_for_card(self, timeout_s: float) -> bytes:
        """Wait for a card, power it, and give its ATR; a card that was powered and not yet spoken to stays as it is.

        Raises DeviceTimeout, DeviceCancelled, DeviceGone when reader or pcscd vanish, DeviceFault when a card lies
        there and stays mute.
        """
        self._cancel.clear()
        with self._waiting:
            deadline = time.monotonic() + timeout_s
            if self._card is not None and self._fresh_atr is not None and self._still_there():
                return self._fresh_atr
            self.disconnect()
            self.find()
            return self._wait(deadline)

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command and give the whole answer, status word included.

        Raises DeviceGone ("card" lifted, or "reader" unplugged), DeviceTimeout when the card falls silent.
        """
        if self._closed:
            raise DeviceClosed("the card reader was used after close()")
        if self._card is None or self._context is None:
            raise DeviceGone("there is no card on the reader: wait for one first")
        context, card, protocol = self._context, self._card, self._protocol
        self._fresh_atr = None
        return self._guard(lambda: context.transmit(card, protocol, apdu))

    def disconnect(self) -> None:
        """Let go of the card and cut its power, so that the next citizen's card starts fresh; harmless without one."""
        card, self._card = self._card, None
        if card is not None and self._context is not None:
            self._context.disconnect(card)

    def cancel(self) -> None:
        """End a running wait_for_card() with DeviceCancelled. From any thread; harmless when idle."""
        if not self._waiting.locked():
            return
        self._cancel.set()
        context = self._context
        if context is not None:
            context.cancel()

    def close(self) -> None:
        """Release card and context; safe to call twice."""
        self.cancel()
        self.disconnect()
        self._closed = True
        self._forget()

    def _match(self, names: list[str]) -> str:
        for name in names:
            if self._wanted is None and (self._simulated or not name.startswith(VIRTUAL_PREFIX)):
                return name
            if self._wanted is not None and self._wanted.casefold() in name.casefold():
                return name
        what = "no card reader" if self._wanted is None else f"no card reader named like “{self._wanted}”"
        known = ", ".join(names) or "none"
        raise DeviceGone(f"{what} is connected (pcscd knows: {known}): plug it in, or correct its name")

    def _wait(self, deadline: float) -> bytes:
        state = 0
        while True:
            if self._cancel.is_set():
                raise DeviceCancelled("waiting for a card was cancelled")
            left = deadline - time.monotonic()
            if left <= 0:
                raise DeviceTimeout("no card was laid on the reader in time")
            event = self._status_change(min(left, _SLICE_S), state)
            if event is None:
                continue
            state = event.state
            if event.present:
                atr = self._power()
                if atr is not None:
                    return atr
                self._bear_mute_card()
                state = 0
            elif not event.mute:
                self._mute_since = None

    def _status_change(self, timeout_s: float, state: int) -> ReaderEvent | None:
        name, context = self.find(), self._context
        if context is None:  # pragma: no cover - find() has just made it
            return None
        event = self._guard(lambda: context.status_change(name, state, timeout_s=timeout_s))
        if event is not None and event.gone:
            self._forget()
            raise DeviceGone(f"the card reader “{name}” was unplugged: plug it in again")
        return event

    def _bear_mute_card(self) -> None:
        """Give a card that is just being laid down a moment, over several waits too; then say that it is mute."""
        now = time.monotonic()
        self._mute_since = self._mute_since or now
        if now - self._mute_since > _MUTE_S:
            if self._context is not None and self._context.held:
                raise DeviceFault(
                    "another program on this computer holds the card: end it, then lay the card down again"
                )
            raise DeviceFault("a card lies on the reader and does not answer: lift it and lay it down again")
        self._cancel.wait(_SETTLE_S)

    def _power(self) -> bytes | None:
        """Connect to the card: its ATR, or None when it went again or stays mute."""
        name, context = self.find(), self._context
        connected = None if context is None else self._guard(lambda: context.connect(name))
        if connected is None:
            return None
        self._card, self._protocol, self._fresh_atr = connected
        self._mute_since = None
        self._learn_extended(name)
        return self._fresh_atr

    def _learn_extended(self, name: str) -> None:
        """Ask the reader once whether it carries long commands; over T=0 nothing longer than a short one goes."""
        card, context = self._card, self._context
        if card is None or context is None:
            return
        if self._protocol == context.t0:
            self._extended = False
        elif name.startswith(VIRTUAL_PREFIX):
            self._extended = True  # what its driver is given it passes on whole
        elif self._extended is None:
            most = self._guard(lambda: context.longest_data(card))
            self._extended = None if most is None else most > _SHORT_DATA

    def _still_there(self) -> bool:
        card, context = self._card, self._context
        return card is not None and context is not None and self._guard(lambda: context.atr(card)) is not None

    def _guard(self, call: Callable[[], _T]) -> _T:
        """Run a PC/SC call; when reader or pcscd failed, drop the context so that the next one starts anew."""
        try:
            return call()
        except CardFailure as error:
            self.disconnect()
            raise DeviceGone(str(error)) from error
        except (ReaderFailure, DeviceTimeout) as error:
            self._card = None
            self._forget()
            if isinstance(error, DeviceTimeout):
                raise
            raise DeviceGone(str(error)) from error

    def _forget(self) -> None:
        context, self._context, self._name, self._card = self._context, None, None, None
        self._extended = None
        if context is not None:
            context.release()


def _scard() -> ModuleType:
    """The PC/SC functions; imported when they are needed, because the package opens the library as it loads."""
    from smartcard.scard import scard

    return scard
