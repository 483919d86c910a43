"""Which certificate the uplink shows, and how it comes by the next one: asked for when half of a life is over.

Three files of the uplink's own, each whole or not there: `next.key`, a key that has no certificate yet; `trial.pem`, a
key and certificate that no connection has been made with; `current.pem`, those that a connection was made with. Beside
them is what the installation brought. The old ones stay until a connection with the new has worked; a trial that is
refused while the old ones still serve is thrown away, and asked for anew. So it may be cut off at any point.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple

from kiosk.sealing.errors import SealingError
from kiosk.sealing.keyfiles import write_atomically
from kiosk.sealing.renewal import (
    half_over,
    key_and_certificate,
    load_tls_certificate,
    make_renewal,
    new_certificate_for,
    take_new_certificate,
    tls_key_id,
)
from kiosk.sealing.requests import load_or_make_tls_key, load_tls_key
from kiosk.uplink.linkage import LinkState

_log = logging.getLogger(__name__)

#: An office signs at its own times, and a broker may lose a request: it is asked again this often, and at each
#: connection.
ASK_AGAIN_S: Final = 3600.0
#: What a broker does with a certificate that it does not like; anything else says nothing about the certificate.
_REFUSED: Final = frozenset((LinkState.KIOSK_NOT_ACCEPTED, LinkState.NOT_AUTHORIZED, LinkState.BAD_CREDENTIALS))


class Credentials(NamedTuple):
    """Where a certificate and its key are; both may be in one file."""

    certificate: Path
    key: Path


class Identity:
    """The uplink's certificates. Single-threaded; the uplink calls everything."""

    def __init__(
        self,
        kiosk: str,
        installed: Credentials,
        folder: Path | None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float],
    ) -> None:
        """`folder` is the uplink's own, made by the installation; None: nothing is ever renewed."""
        self._kiosk = kiosk
        self._installed = installed
        self._folder = folder
        self._now = now
        self._monotonic_s = monotonic_s
        self._tried_trial = False
        self._refused = False
        self._due_s = 0.0
        self._untaken = False

    def credentials(self, last: LinkState) -> Credentials:
        """What to show at the next connection, after the last one came to this."""
        trial = self._own("trial.pem")
        if trial is None or not trial.exists():
            self._tried_trial = False
            return self._kept()
        if self._tried_trial and last in _REFUSED:
            _log.warning("the new certificate was not accepted; trying the one before")
            self._tried_trial, self._refused = False, True
            return self._kept()
        if self._refused:
            return self._kept()
        self._tried_trial = True
        return Credentials(trial, trial)

    def on_up(self) -> None:
        """A connection was made with what was shown: that is what is kept."""
        if not self._untaken:
            self._due_s = 0.0
        trial, current = self._own("trial.pem"), self._own("current.pem")
        if trial is None or current is None or not trial.exists():
            return
        try:
            if self._tried_trial:
                trial.replace(current)
                _log.info("the new certificate serves")
            elif self._refused:
                # The old one serves and the new one does not: another key, another certificate.
                trial.unlink()
                self._due_s = self._monotonic_s() + ASK_AGAIN_S
        except OSError as error:
            _log.warning("the uplink's certificates cannot be kept: %s", error.strerror)
        self._tried_trial = self._refused = False

    def request(self) -> bytes | None:
        """A request for the next certificate, when one is due. None when there is nothing to ask for now."""
        now_s = self._monotonic_s()
        next_key, trial = self._own("next.key"), self._own("trial.pem")
        if next_key is None or trial is None or now_s < self._due_s or trial.exists():
            return None
        self._due_s = now_s + ASK_AGAIN_S
        try:
            kept = self._kept()
            old = load_tls_certificate(kept.certificate)
            if not half_over(old, self._now()):
                return None
            key = load_or_make_tls_key(next_key)
            return make_renewal(self._kiosk, key, old=old, old_key=load_tls_key(kept.key))
        except (SealingError, OSError) as error:
            _log.warning("no new certificate can be asked for: %s", _said(error))
            return None

    def untaken(self, *, untaken: bool) -> None:
        """Whether the broker ended the connection over the last request: one of an older office does."""
        self._untaken = untaken

    def take(self, answer: bytes) -> bool:
        """Take the office's answer; True when there is a new certificate to be tried."""
        next_key, trial = self._own("next.key"), self._own("trial.pem")
        if next_key is None or trial is None or not next_key.exists():
            return False
        try:
            key = load_tls_key(next_key)
            if new_certificate_for(answer) != tls_key_id(key.public_key()):
                return False  # to a key that was thrown away
            old = load_tls_certificate(self._kept().certificate)
            new = take_new_certificate(answer, self._kiosk, key, old=old)
            write_atomically(trial, key_and_certificate(key, new))
            next_key.unlink()
        except (SealingError, OSError) as error:
            _log.warning("the new certificate was not taken: %s", _said(error))
            return False
        _log.info("a new certificate came, good until %s", f"{new.not_valid_after_utc:%Y-%m-%d}")
        return True

    def _kept(self) -> Credentials:
        """What is known to serve: of the installed and the renewed the one that ends later."""
        current = self._own("current.pem")
        if current is None or not current.exists():
            return self._installed
        renewed = Credentials(current, current)
        try:
            end = load_tls_certificate(current).not_valid_after_utc
        except SealingError:
            return self._installed
        try:
            later = load_tls_certificate(self._installed.certificate).not_valid_after_utc > end
        except SealingError:
            return renewed
        return self._installed if later else renewed

    def _own(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / name


def _said(error: SealingError | OSError) -> str:
    return str(error) if isinstance(error, SealingError) else f"{error.strerror}"
