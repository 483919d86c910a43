"""What a reading learns of the reader and the card under it: how much one command may ask for, and in which form."""

from dataclasses import dataclass, field
from typing import Final

from kiosk.chip.commands import SHORT_LE

CHUNKS: Final = (223, 160, 112, 64, 32)
"""Bytes per short READ BINARY, tried in this order: 223 fills a protected answer, and some chips refuse that much."""
_UNSAID_LIMIT: Final = 4096
_OVERHEAD: Final = 48
"""Status word, authentication code and padding of a protected answer, rounded up."""
_ENOUGH_BYTES: Final = 200


class ReaderMemory:
    """Grows while a card is read and may be handed to the next reading of the same card; another card gets a new one.

    Files are read at extended length only where `reader_extended` says that the reader carries it: one that does not
    fails as if the card had been lifted. None is a reader of which nothing is known: commands that have no short form
    are sent all the same. Each property states what is believed now.
    """

    def __init__(self, *, reader_extended: bool | None = None) -> None:
        """Start with the largest chunk and no opinion."""
        self.reader_extended = reader_extended
        self.short_ids: bool | None = None
        self.past_the_end: bool | None = None
        self.select_with_answer = False
        self._step = 0
        self._extended: int | None = None
        self._pace: dict[bool, tuple[int, float]] = {}

    @property
    def chunk(self) -> int:
        """How much one short READ BINARY asks for."""
        return CHUNKS[self._step]

    @property
    def extended(self) -> int:
        """How much one extended READ BINARY may ask for; 0 when there is none."""
        return self._extended or 0

    @property
    def extended_unknown(self) -> bool:
        """Whether the reader carries extended length and the card has not been asked yet."""
        return self.reader_extended is True and self._extended is None

    @property
    def comparable(self) -> bool:
        """Whether a long answer can be compared with a short one that was timed before."""
        return bool(self._extended) and False in self._pace

    def fall(self) -> bool:
        """Take the next smaller chunk for the rest of the session; False when there is none left."""
        if self._step + 1 == len(CHUNKS):
            return False
        self._step += 1
        if self.past_the_end is False:
            self.past_the_end = None  # it may have been the amount that was refused, not the end of the file
        return True

    def allow_extended(self, answer_bytes: int | None) -> None:
        """Note that the card takes extended length, with answers of at most `answer_bytes` where it says so."""
        if self.extended_unknown:
            limit = (answer_bytes or _UNSAID_LIMIT) - _OVERHEAD
            self._extended = limit if limit > SHORT_LE else 0

    def deny_extended(self) -> None:
        """Note that extended length does not work here, or is slower."""
        self._extended = 0

    def timed(self, count: int, seconds: float, *, extended: bool) -> None:
        """Note how long `count` bytes took; extended length is given up when it is the slower way."""
        if count >= _ENOUGH_BYTES:
            self._pace.setdefault(extended, (count, seconds))
        if extended and len(self._pace) == 2:
            (wide, wide_s), (short, short_s) = self._pace[True], self._pace[False]
            if wide_s * short > 1.1 * short_s * wide:
                self.deny_extended()


@dataclass(frozen=True, slots=True)
class Remembered:
    """What spares a card that was lifted the questions it has answered: its EF.CardAccess, None when it has none."""

    card_access: bytes | None = field(repr=False)
    memory: ReaderMemory


def atr_extended(atr: bytes) -> bool | None:
    """Whether the card capabilities among the historical bytes (ISO/IEC 7816-4, 12.1.1) tell of extended length.

    None when the ATR says nothing of it.
    """
    if len(atr) < 2:
        return None
    count, at, levels = atr[1] & 0x0F, 2, atr[1] >> 4
    while levels:
        present = levels.bit_count()
        if not levels & 0x8 or at + present > len(atr):
            at += present
            break
        levels, at = atr[at + present - 1] >> 4, at + present
    historical = atr[at : at + count]
    if historical[:1] not in (b"\x80", b"\x00"):
        return None
    at = 1
    while at < len(historical):
        tag, size = historical[at] >> 4, historical[at] & 0x0F
        value = historical[at + 1 : at + 1 + size]
        if tag == 0x7 and len(value) == 3:
            return bool(value[2] & 0x40)
        at += 1 + size
    return None
