"""A soft card in pcscd's virtual reader (vpcd of vsmartcard): insert() and remove() as a citizen's hand would.

vpcd listens on TCP and takes a connection for a card. Each message has two bytes of length in front; one byte alone is
a control (power off, power on, reset, ATR), anything else an APDU.
"""

import contextlib
import logging
import socket
import threading
import time
from typing import Final, Self

from drivers.card.soft_situations import SITUATIONS, Situation, SoftCard
from drivers.errors import DeviceMissing

__all__ = ["PORT", "Situation", "SoftCard", "VirtualReaderSlot"]

log = logging.getLogger(__name__)

PORT: Final = 35963
_POWER_OFF, _POWER_ON, _RESET, _GET_ATR = b"\x00", b"\x01", b"\x02", b"\x04"
_SLOW_S: Final = 0.25
_RETRY_S: Final = 0.05
_HAND_S: Final = 0.8
"""No hand changes cards faster, and pcscd, which looks every 0.4 s, would not notice a faster change."""
_JOIN_S: Final = 5.0
_CONTACT_S: Final = 2.0
_BREAKS_AFTER: Final = {Situation.CARD_PULLED_EARLY: 12, Situation.WORN_CONTACT: 40}
_LENGTH: Final = 2
_NO_ATR: Final = b"\xff\xff"
"""Something lies there, and it is no answer that ISO/IEC 7816-3 knows: what a card upside down looks like."""


class VirtualReaderSlot:
    """The virtual reader's slot and the soft card that lies in it, or does not."""

    def __init__(self, *, host: str = "127.0.0.1", port: int = PORT, apdu_delay_s: float = 0.0) -> None:
        """`apdu_delay_s` is how long the card takes for each command; a real contactless chip takes 0.01 to 0.03."""
        self.apdu_delay_s = apdu_delay_s
        self._address = (host, port)
        self._hand = threading.Lock()
        self._card: _InsertedCard | None = None
        self._pause = threading.Event()
        self._free_from = 0.0

    @property
    def inserted(self) -> bool:
        """Whether a card lies in the slot now."""
        card = self._card
        return card is not None and card.connected

    def insert(
        self,
        card: SoftCard,
        *,
        situation: Situation = Situation.NONE,
        breaks_after: int | None = None,
        timeout_s: float = 5.0,
    ) -> None:
        """Lay `card` on the reader, in place of one that lies there.

        `situation` holds for this insertion only; `breaks_after` is the number of commands that card_pulled_early
        answers before it goes (12 unless told), and worn_contact before each time that it breaks off (40 unless told).
        Raises DeviceMissing when no virtual reader listens.
        """
        with self._hand:
            self._take_away()
            self._pause.wait(self._free_from - time.monotonic())
            card.reset()
            connection = self.connect(timeout_s)
            self._card = _InsertedCard(
                connection, SITUATIONS[situation].way(card), self, situation=situation, breaks_after=breaks_after
            )

    def remove(self) -> None:
        """Lift the card; harmless when there is none."""
        with self._hand:
            self._take_away()

    def close(self) -> None:
        """Lift the card and forget it; safe to call twice."""
        self.remove()

    def __enter__(self) -> Self:
        """Use the slot for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Lift the card at the end."""
        self.close()

    def _take_away(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            self._free_from = card.pull() + _HAND_S

    def connect(self, timeout_s: float) -> socket.socket:
        """Make the contact between a card and the reader. Raises DeviceMissing when no virtual reader listens."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                connection = socket.create_connection(self._address, timeout=max(0.1, deadline - time.monotonic()))
            except OSError as error:
                if time.monotonic() >= deadline:
                    host, port = self._address
                    raise DeviceMissing(
                        f"no virtual card reader listens on {host}:{port}: start pcscd with vsmartcard-vpcd installed"
                    ) from error
                self._pause.wait(_RETRY_S)
                continue
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


class _InsertedCard:
    """One card lying in the slot: a connection and the thread that answers on it."""

    def __init__(
        self,
        connection: socket.socket,
        card: SoftCard,
        slot: VirtualReaderSlot,
        *,
        situation: Situation,
        breaks_after: int | None,
    ) -> None:
        self._connection = connection
        self._card = card
        self._slot = slot
        self._situation = situation
        self._breaks_after = self._left = breaks_after or _BREAKS_AFTER.get(situation, 0)
        self._gone_at = 0.0
        self._pulled = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="soft-card", daemon=True)
        self._thread.start()

    @property
    def connected(self) -> bool:
        return self._thread.is_alive()

    def pull(self) -> float:
        """Take the card away and tell since when it has been gone, in monotonic seconds."""
        self._pulled.set()
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(_JOIN_S)
        return self._gone_at

    def _serve(self) -> None:
        try:
            self._talk()
            while self._situation is Situation.WORN_CONTACT and not self._pulled.wait(_HAND_S):
                # The contact is there again; the card has lost its power meanwhile.
                self._left = self._breaks_after
                self._card.reset()
                self._connection = self._slot.connect(_CONTACT_S)
                if not self._pulled.is_set():
                    self._talk()
        except DeviceMissing:
            log.warning("the virtual reader went away under a card")
        finally:
            self._connection.close()
            self._gone_at = time.monotonic()

    def _talk(self) -> None:
        with self._connection, contextlib.suppress(OSError):
            while (message := self._receive()) is not None:
                if message in (_POWER_OFF, _POWER_ON, _RESET):
                    self._card.reset()
                    continue
                answer = self._atr() if message == _GET_ATR else self._answer(message)
                if answer is None:
                    return
                self._connection.sendall(len(answer).to_bytes(_LENGTH, "big") + answer)

    def _atr(self) -> bytes:
        return _NO_ATR if self._situation is Situation.MUTE else self._card.atr

    def _answer(self, apdu: bytes) -> bytes | None:
        """Answer as the situation has it, after the time that the card takes; None takes the card away."""
        received_s = time.monotonic()
        answer = self._answer_at_once(apdu)
        delay_s = _SLOW_S if self._situation is Situation.SLOW else self._slot.apdu_delay_s
        left_s = received_s + delay_s - time.monotonic()
        return None if left_s > 0 and self._pulled.wait(left_s) else answer

    def _answer_at_once(self, apdu: bytes) -> bytes | None:
        if self._situation in _BREAKS_AFTER:
            if self._left <= 0:
                return None
            self._left -= 1
        return self._card.process(apdu)

    def _receive(self) -> bytes | None:
        head = self._receive_exactly(_LENGTH)
        return None if head is None else self._receive_exactly(int.from_bytes(head, "big"))

    def _receive_exactly(self, count: int) -> bytes | None:
        data = b""
        while len(data) < count:
            part = self._connection.recv(count - len(data))
            # Linux would hold the acknowledgement back for 40 ms, and vpcd sends length and body apart; not sticky.
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            if not part:
                return None
            data += part
        return data
