"""What can go wrong between the kiosk and a card, as one tree of exceptions.

Messages say what is wrong and what to do; none of them carries a name, a number, a date or any byte of a file.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kiosk.chip.reading import PartialRead


class ChipError(Exception):
    """The card, or what is printed on it, could not be read.

    `stage` names where a reading stood (see kiosk.chip.stages.Stage), empty outside of one; `status` is the status
    word (ISO/IEC 7816-4) that the card ended it with, None when it said nothing.
    """

    stage: str = ""
    status: int | None = None


class BadKeyText(ChipError, ValueError):
    """The number, the birth date or the expiry cannot make a key: something was typed or printed wrongly."""


class BadQr(ChipError, ValueError):
    """The QR code is not the one of an identity card."""


class BadMrz(ChipError, ValueError):
    """The machine-readable lines have a shape that ICAO Doc 9303 does not know."""


class NotAPassport(ChipError):
    """The card on the reader answers, but carries no ICAO 9303 application."""


class PaceFailed(ChipError):
    """PACE did not come about for a reason that is not the key: another way in may be tried."""


class UnknownAccess(ChipError):
    """The card opens only in a way that this kiosk does not know: use the QR code or type what the card shows."""


class WrongKey(ChipError):
    """No key opened the chip: number, birth date or expiry differ from what the card itself states.

    `tries_left` is what the card said of further tries, None when it said nothing.
    """

    def __init__(self, message: str, *, tries_left: int | None = None) -> None:
        """Keep the card's count beside the sentence."""
        super().__init__(message)
        self.tries_left = tries_left


class BadAnswer(ChipError):
    """The card answered with something that the standard forbids, or that was altered on the way.

    `so_far` is what had been read and verified before; None when nothing was.
    """

    def __init__(self, message: str, *, so_far: "PartialRead | None" = None) -> None:
        """Keep what is in hand beside the sentence."""
        super().__init__(message)
        self.so_far = so_far


class CardLost(ChipError):
    """The card was lifted, or fell silent, while it was being read: lay it down again and go on with `so_far`."""

    def __init__(self, message: str, *, so_far: "PartialRead | None" = None) -> None:
        """Keep what is in hand beside the sentence."""
        super().__init__(message)
        self.so_far = so_far


class Refused(ChipError):
    """The card refused one command; `status` is its status word (ISO/IEC 7816-4)."""

    def __init__(self, what: str, status: int) -> None:
        """Name the command and the status word, which says nothing about the citizen."""
        super().__init__(f"the card refused {what} with status {status:04X}")
        self.status: int = status


class SessionEnded(ChipError):
    """The card left secure messaging: the chip must be opened again before anything more is read.

    `status` is the bare status word it left with, None when the session was over before.
    """

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the status word beside the sentence."""
        super().__init__(message)
        self.status = status
