"""A sign-in under way: the PIN of an officer whose card is still to come, and the card while the PIN is typed again.

Both are kept for two minutes at most, in memory alone, and forgotten when the officer gives up or is in.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from kiosk.sealing.cardfactor import CardFactor

KEPT_S: Final = 120.0


@dataclass(frozen=True, slots=True)
class _Kept:
    officer: str
    until_s: float
    pin: str = field(default="", repr=False)
    card: CardFactor | None = None


class SignInUnderWay:
    """Used by the custody desk's thread alone."""

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        """Begin with nobody."""
        self._monotonic_s = monotonic_s
        self._kept: _Kept | None = None

    def pin_typed(self, officer: str, pin: str) -> None:
        """Keep the PIN until the card is there."""
        self._kept = _Kept(officer, self._monotonic_s() + KEPT_S, pin)

    def card_of(self, officer: str) -> CardFactor | None:
        """Give the card that this officer has shown in this sign-in."""
        kept = self._now()
        return kept.card if kept is not None and kept.officer == officer else None

    def card_shown(self, card: CardFactor) -> tuple[str, str] | None:
        """Keep the card in the PIN's place; give officer and PIN that wait for it, or None when nobody waits."""
        kept = self._now()
        if kept is None or not kept.pin:
            return None
        self._kept = _Kept(kept.officer, self._monotonic_s() + KEPT_S, card=card)
        return kept.officer, kept.pin

    def forget(self) -> None:
        """Keep nothing."""
        self._kept = None

    def forget_in_time(self) -> None:
        """Keep nothing that is too old; to be called now and then."""
        self._now()

    def _now(self) -> _Kept | None:
        if self._kept is not None and self._monotonic_s() > self._kept.until_s:
            self._kept = None
        return self._kept
