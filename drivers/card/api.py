"""What a chip-card reader is to the rest of the house: a card that comes, answers bytes with bytes, and goes."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ReaderIdentity:
    """Which reader this is; `simulated` is True for a virtual reader.

    `extended` tells whether it carries commands of extended length (ISO/IEC 7816-4, 5.1); None while that is not known,
    for it is learnt with the first card.
    """

    driver: str
    name: str
    simulated: bool
    extended: bool | None = None


class CardReader(Protocol):
    """A reader. Calls block and come from one thread; cancel() alone may come from another."""

    def identity(self) -> ReaderIdentity:
        """Say which reader this is."""
        ...

    def wait_for_card(self, timeout_s: float) -> bytes:
        """Wait for a card, power it, and give its ATR. Raises DeviceTimeout, DeviceGone, DeviceCancelled."""
        ...

    def transmit(self, apdu: bytes) -> bytes:
        """Send one command and give the whole answer, status word included.

        Raises DeviceGone when the card was lifted ("card") or the reader unplugged ("reader").
        """
        ...

    def disconnect(self) -> None:
        """Let go of the card that is on the reader; harmless without one."""
        ...

    def cancel(self) -> None:
        """End a running wait_for_card() with DeviceCancelled. From any thread; harmless when idle."""
        ...

    def close(self) -> None:
        """Release the reader; safe to call twice."""
        ...
