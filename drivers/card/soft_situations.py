"""Everything that may be wrong with a soft card, by name: one table (docs/card.md says what a reader makes of each).

Some of it is in the making (a file changed after signing, a copied chip), some in the chip's manners (odd status
words), some on the way (answers in parts, garbled), and some is the hand's or the contact's affair, which
drivers.card.simulated plays at the reader.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final, Protocol

from drivers.card.demo_authority import DemoAuthority
from drivers.card.soft_apdu import BAD_MESSAGING, BAD_OFFSET, END_OF_FILE, waiting
from drivers.card.soft_chip import SoftChip
from drivers.card.soft_files import Holder
from drivers.card.soft_id_card import CardMake, Details, make_id_card

_ASK_FOR: Final = b"\x6c\x00"
_FAILURE: Final = b"\x6f\x00"
_BANK_CARD: Final = bytes.fromhex("A0000000031010")
_PART: Final = 64
_LITTLE: Final = 150
"""Most bytes that a chip with an odd status word gives at once."""


class Situation(StrEnum):
    """What may be wrong with a card."""

    NONE = "none"
    CARD_PULLED_EARLY = "card_pulled_early"
    WORN_CONTACT = "worn_contact"
    SLOW = "slow"
    MUTE = "mute"
    UNREADABLE = "unreadable"
    GARBLED = "garbled"
    OTHER_CARD = "other_card"
    WRONG_KEY = "wrong_key"
    TAMPERED = "tampered"
    CLONED = "cloned"
    EXPIRED_SIGNER = "expired_signer"
    UNKNOWN_AUTHORITY = "unknown_authority"
    FALSE_AUTHORITY = "false_authority"
    ANSWERS_IN_PARTS = "answers_in_parts"
    CORRECTS_LENGTH = "corrects_length"
    WARNS_OF_END = "warns_of_end"
    REFUSES_LENGTH = "refuses_length"
    REFUSES_OFFSET = "refuses_offset"
    DROPS_SESSION = "drops_session"
    REFUSES_BARE = "refuses_bare"


class SoftCard(Protocol):
    """What a card needs to be put into the virtual reader."""

    @property
    def atr(self) -> bytes:
        """What the card says when it is powered (ISO/IEC 7816-3)."""
        ...

    def process(self, apdu: bytes) -> bytes:
        """Answer one command APDU."""
        ...

    def reset(self) -> None:
        """Lose power."""
        ...


@dataclass(slots=True)
class _OnTheWay:
    """A card whose answers something happens to."""

    card: SoftCard

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def reset(self) -> None:
        self.card.reset()

    def process(self, apdu: bytes) -> bytes:
        return self.card.process(apdu)


class _Unreadable(_OnTheWay):
    def process(self, apdu: bytes) -> bytes:  # noqa: ARG002 - whatever it is asked
        return _FAILURE


class _Garbled(_OnTheWay):
    def process(self, apdu: bytes) -> bytes:
        answer = self.card.process(apdu)
        return bytes([answer[0] ^ 0x01]) + answer[1:] if apdu and apdu[0] & 0x0C else answer


@dataclass(slots=True)
class _InParts(_OnTheWay):
    """Gives a few bytes at a time, and says how many wait (61xx), as over T=0."""

    rest: bytes = field(default=b"", repr=False)

    def process(self, apdu: bytes) -> bytes:
        fetching = self.rest and apdu[1:4] == b"\xc0\x00\x00"
        whole = self.rest if fetching else self.card.process(apdu)
        data, status = whole[:-2], whole[-2:]
        part, left = data[:_PART], data[_PART:]
        self.rest = left + status if left else b""
        return part + (waiting(len(left)) if left else status)

    def reset(self) -> None:
        self.rest = b""
        self.card.reset()


def _known(authority: DemoAuthority) -> DemoAuthority:
    return authority


def _unknown(_authority: DemoAuthority) -> DemoAuthority:
    return DemoAuthority(called="DEMO signer of another country")


def _false(_authority: DemoAuthority) -> DemoAuthority:
    """Bears the name of the country signer, and has another key."""
    return DemoAuthority()


@dataclass(frozen=True, slots=True)
class How:
    """One row: how the card is made, who signs it, and what happens to its answers."""

    make: Callable[[CardMake], CardMake] = lambda make: make
    signed_by: Callable[[DemoAuthority], DemoAuthority] = _known
    way: Callable[[SoftCard], SoftCard] = lambda card: card


def _with(**changes: object) -> Callable[[CardMake], CardMake]:
    return lambda make: replace(make, **changes)  # type: ignore[arg-type]


def _behaving(**changes: object) -> Callable[[CardMake], CardMake]:
    return lambda make: replace(make, traits=replace(make.traits, **changes))  # type: ignore[arg-type]


def _giving_little(said: bytes) -> How:
    return How(make=_behaving(max_read=_LITTLE, too_much=said))


_AS_IT_SHOULD_BE: Final = How()
SITUATIONS: Final[Mapping[Situation, How]] = {
    **dict.fromkeys(Situation, _AS_IT_SHOULD_BE),
    Situation.UNREADABLE: How(way=_Unreadable),
    Situation.GARBLED: How(way=_Garbled),
    Situation.OTHER_CARD: How(make=lambda make: _behaving(application=_BANK_CARD)(replace(make, pace=()))),
    Situation.WRONG_KEY: How(make=_with(misprinted=True)),
    Situation.TAMPERED: How(make=_with(altered=2)),
    Situation.CLONED: How(make=_with(cloned=True)),
    Situation.EXPIRED_SIGNER: How(signed_by=DemoAuthority.with_ended_signer),
    Situation.UNKNOWN_AUTHORITY: How(signed_by=_unknown),
    Situation.FALSE_AUTHORITY: How(signed_by=_false),
    Situation.ANSWERS_IN_PARTS: How(way=_InParts),
    Situation.CORRECTS_LENGTH: _giving_little(_ASK_FOR),
    Situation.WARNS_OF_END: _giving_little(END_OF_FILE),
    Situation.REFUSES_LENGTH: How(make=_behaving(max_read=_LITTLE)),
    Situation.REFUSES_OFFSET: _giving_little(BAD_OFFSET),
    Situation.DROPS_SESSION: _giving_little(BAD_MESSAGING),
    Situation.REFUSES_BARE: How(make=_behaving(max_read=_LITTLE, short_ids=False, bare_refusals=True)),
}

MADE_WRONG: Final = frozenset(
    situation
    for situation, how in SITUATIONS.items()
    if (how.make, how.signed_by) != (_AS_IT_SHOULD_BE.make, _AS_IT_SHOULD_BE.signed_by)
)
"""What is wrong from the making on: such a card is another chip than the good one of the same person."""


def make_card_in(
    situation: Situation,
    holder: Holder,
    portrait: bytes,
    *,
    width_px: int,
    height_px: int,
    authority: DemoAuthority,
    details: Details | None = None,
    make: CardMake | None = None,
) -> SoftChip:
    """Make the card of `holder` as make_id_card() does, with what `situation` puts into the making.

    What happens on the way to the reader is played by VirtualReaderSlot.insert() with the same situation.
    """
    how = SITUATIONS[situation]
    return make_id_card(
        holder,
        portrait,
        width_px=width_px,
        height_px=height_px,
        authority=how.signed_by(authority),
        details=details,
        make=how.make(make or CardMake()),
    )
