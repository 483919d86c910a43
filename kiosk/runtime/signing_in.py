"""A sign-in under way: the PIN of an officer whose card is still to come, and the card while the PIN is typed again.

Both are kept for two minutes at most, in memory alone, and forgotten when the officer gives up or is in. And the PIN
that is asked for again of who is signed in, before people who are not there are named.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from kiosk.journey.events import DeviceTrouble, PinConfirmed, SignInRefused
from kiosk.runtime.posting import Post
from kiosk.sealing.cardfactor import CardFactor
from kiosk.sealing.chain import Detail
from kiosk.sealing.errors import VaultDelayed, VaultError, WrongPin
from kiosk.sealing.vault import PinCheck, Vault

log = logging.getLogger(__name__)

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


class WriteDown(Protocol):
    """Writes an event into the audit book."""

    def __call__(self, event: str, **details: Detail) -> None:
        """Write it, with its details."""
        ...


class PinAgain:
    """Used by the custody desk's thread alone."""

    def __init__(self, vault: Vault, *, post: Post, write_down: WriteDown) -> None:
        """Begin with nobody signed in."""
        self._vault = vault
        self._post = post
        self._write_down = write_down
        self._check: PinCheck | None = None

    def signed_in(self, check: PinCheck) -> None:
        """Know this officer's PIN from now on."""
        self._check = check

    def signed_out(self) -> None:
        """Know nobody's any more."""
        self._check = None

    def confirm(self, pin: str) -> None:
        """See whether it is the PIN of who is signed in; answered by PinConfirmed or SignInRefused."""
        if self._check is None:
            self._post(SignInRefused(0, 0))
            return
        try:
            self._vault.confirm(pin, self._check)
        except VaultDelayed as error:
            self._refuse("delay", SignInRefused(0, error.wait_s))
        except WrongPin as error:
            self._refuse("pin", SignInRefused(error.tries_left, 0))
        except VaultError as error:
            log.error("the vault cannot be used: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
        else:
            self._write_down("officer.confirmed")
            self._post(PinConfirmed())

    def _refuse(self, why: str, refused: SignInRefused) -> None:
        self._write_down("officer.refused", why=why)
        self._post(refused)
