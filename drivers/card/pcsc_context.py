"""One connection to pcscd: the SCard calls, each with a deadline, and what their result codes mean.

The library itself is handed in: `smartcard` is imported in real.py alone.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

from drivers.card.line import Line
from drivers.card.t0 import transmit_t0
from drivers.errors import DeviceGone, DeviceTimeout

_ANSWER_S: Final = 10.0
_CALL_S: Final = 5.0
_STATUS_WORD: Final = 2
_FEATURES: Final = 3400
"""CM_IOCTL_GET_FEATURE_REQUEST, the number of a control code (PC/SC part 10, 2.2)."""
_PROPERTIES: Final = 0x12
_MOST_DATA: Final = 0x0A
"""The property dwMaxAPDUDataSize (PC/SC part 10, 2.6.14)."""


class CardFailure(Exception):
    """The card went, the reader stays."""


class ReaderFailure(Exception):
    """The reader or pcscd went."""


class ReaderEvent:
    """What SCardGetStatusChange said of one reader."""

    def __init__(self, scard: ModuleType, event: int) -> None:
        self.state = event & 0xFFFF & ~scard.SCARD_STATE_CHANGED
        self.mute = bool(event & scard.SCARD_STATE_MUTE)
        self.present = bool(event & scard.SCARD_STATE_PRESENT)
        self.gone = bool(event & (scard.SCARD_STATE_UNKNOWN | scard.SCARD_STATE_UNAVAILABLE))


class PcscContext:
    """One PC/SC context and the thread that makes its calls, because no PC/SC call but one takes a deadline."""

    def __init__(self, scard: ModuleType) -> None:
        """Connect to pcscd by the functions of `scard`. Raises DeviceGone when it does not answer."""
        self._scard: Any = scard
        self.held = False
        self._line = Line("card-reader")
        result, self._handle = self._line.call(
            lambda: scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM), timeout_s=_CALL_S
        )
        if result != scard.SCARD_S_SUCCESS:
            self._line.end()
            raise DeviceGone(f"the smart-card service pcscd does not answer ({self._text(result)}): start pcscd")

    @property
    def t0(self) -> int:
        """What connect() gives as the protocol of a contact card that speaks T=0."""
        return int(self._scard.SCARD_PROTOCOL_T0)

    def readers(self) -> list[str]:
        result, names = self._call(lambda s, c: s.SCardListReaders(c, []))
        if result == self._scard.SCARD_E_NO_READERS_AVAILABLE:
            return []
        self._check(result, "listing the readers")
        return list(names)

    def status_change(self, name: str, state: int, *, timeout_s: float) -> ReaderEvent | None:
        """Wait until the reader's state differs from `state`; None when nothing changed in time or on cancel."""
        wait_ms = max(1, int(timeout_s * 1000))
        result, states = self._call(
            lambda s, c: s.SCardGetStatusChange(c, wait_ms, [(name, state)]), timeout_s=timeout_s + _CALL_S
        )
        if result in (self._scard.SCARD_E_TIMEOUT, self._scard.SCARD_E_CANCELLED):
            return None
        self._check(result, "waiting for a card")
        return ReaderEvent(self._scard, states[0][1])

    def connect(self, name: str) -> tuple[int, int, bytes] | None:
        """Power the card: (handle, protocol, ATR), or None when it is gone again, mute, or in another's hands.

        The card is taken for this program alone: a command of another in between would end its protection. `held`
        tells whether another program had it.
        """
        s = self._scard
        both = s.SCARD_PROTOCOL_T0 | s.SCARD_PROTOCOL_T1
        result, card, protocol = self._call(lambda s, c: s.SCardConnect(c, name, s.SCARD_SHARE_EXCLUSIVE, both))
        self.held = result == s.SCARD_E_SHARING_VIOLATION
        not_now = (
            s.SCARD_W_UNRESPONSIVE_CARD,
            s.SCARD_W_UNPOWERED_CARD,
            s.SCARD_W_REMOVED_CARD,
            s.SCARD_W_UNSUPPORTED_CARD,
            s.SCARD_E_NO_SMARTCARD,
            s.SCARD_E_PROTO_MISMATCH,
            s.SCARD_E_SHARING_VIOLATION,
            s.SCARD_E_NOT_READY,
        )
        if result in not_now:
            return None
        self._check(result, "powering the card")
        atr = self.atr(card)
        return None if atr is None else (card, protocol, atr)

    def atr(self, card: int) -> bytes | None:
        """Ask for the ATR of a connected card; None when it went."""
        result, _, _, _, atr = self._call(lambda s, _: s.SCardStatus(card))
        return bytes(atr) if result == self._scard.SCARD_S_SUCCESS else None

    def longest_data(self, card: int) -> int | None:
        """Ask the reader how much data one command may carry (PC/SC part 10); None when it does not say."""
        s = self._scard
        features = self._control(card, s.SCARD_CTL_CODE(_FEATURES))
        code = _value(features, _PROPERTIES)
        if code is None:
            return None
        most = _value(self._control(card, int.from_bytes(code, "big")), _MOST_DATA)
        return None if most is None else int.from_bytes(most, "little")

    def _control(self, card: int, code: int) -> bytes:
        result, answer = self._call(lambda s, _: s.SCardControl(card, code, []))
        return bytes(value & 0xFF for value in answer) if result == self._scard.SCARD_S_SUCCESS else b""

    def transmit(self, card: int, protocol: int, apdu: bytes) -> bytes:
        """Send one command and give the whole answer. Raises CardFailure, ReaderFailure, DeviceTimeout."""
        s = self._scard
        if protocol == s.SCARD_PROTOCOL_T0:
            return transmit_t0(lambda command: self._send(card, s.SCARD_PCI_T0, command), apdu)
        return self._send(card, s.SCARD_PCI_T1, apdu)

    def _send(self, card: int, pci: object, apdu: bytes) -> bytes:
        s = self._scard
        result, answer = self._call(lambda s, _: s.SCardTransmit(card, pci, list(apdu)), timeout_s=_ANSWER_S)
        if result == s.SCARD_S_SUCCESS and len(answer) >= _STATUS_WORD:
            return bytes(value & 0xFF for value in answer)
        lifted = (
            s.SCARD_S_SUCCESS,  # with half an answer: the card went in the middle of it
            s.SCARD_W_REMOVED_CARD,
            s.SCARD_W_RESET_CARD,
            s.SCARD_W_UNPOWERED_CARD,
            s.SCARD_W_UNRESPONSIVE_CARD,
            # pcscd has met another card since this one was connected.
            s.SCARD_E_PROTO_MISMATCH,
            s.SCARD_E_NO_SMARTCARD,
            s.SCARD_E_NOT_TRANSACTED,
            s.SCARD_E_COMM_DATA_LOST,
            s.SCARD_E_INVALID_HANDLE if self.alive() else s.SCARD_W_REMOVED_CARD,
        )
        if result in lifted:
            raise CardFailure("the card was lifted from the reader: lay it down again")
        raise self._failure(result, "talking to the card")

    def disconnect(self, card: int) -> None:
        """Unpower the card; what goes wrong here no longer matters."""
        try:
            self._call(lambda s, _: (s.SCardDisconnect(card, s.SCARD_UNPOWER_CARD),))
        except DeviceTimeout:
            return

    def cancel(self) -> None:
        """Wake a running status_change(); from any thread, the one call that PC/SC allows beside another."""
        self._scard.SCardCancel(self._handle)

    def alive(self) -> bool:
        """Whether pcscd still knows this context."""
        (result,) = self._call(lambda s, c: (s.SCardIsValidContext(c),))
        return result == self._scard.SCARD_S_SUCCESS

    def release(self) -> None:
        """Give the context back and end its thread, without waiting for a pcscd that hangs."""
        self._line.post(lambda: self._scard.SCardReleaseContext(self._handle))
        self._line.end()

    def _call(self, call: Callable[[Any, int], tuple[Any, ...]], *, timeout_s: float = _CALL_S) -> tuple[Any, ...]:
        return self._line.call(lambda: call(self._scard, self._handle), timeout_s=timeout_s)

    def _check(self, result: int, doing: str) -> None:
        if result != self._scard.SCARD_S_SUCCESS:
            raise self._failure(result, doing)

    def _failure(self, result: int, doing: str) -> ReaderFailure:
        return ReaderFailure(f"card reader or pcscd failed while {doing} ({self._text(result)}): check the plug")

    def _text(self, result: int) -> str:
        return str(self._scard.SCardGetErrorMessage(result)).rstrip(". ")


def _value(objects: bytes, wanted: int) -> bytes | None:
    """Find a value among objects of one byte each of tag and length; None when it is not there or cut short."""
    at = 0
    while at + 2 <= len(objects):
        tag, end = objects[at], at + 2 + objects[at + 1]
        if tag == wanted:
            return objects[at + 2 : end] if end <= len(objects) else None
        at = end
    return None
