"""Whom kiosks seal for: a new opening key, a second one in escrow at the province, told to all kiosks by a signed word.

What was sealed before stays as it is, and opens with the keys it was sealed for: an old opening key is kept as long as
anything that it opens. How either key is made: `kiosk.office.openingkeys`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from kiosk.office.errors import ProvisioningError
from kiosk.office.governing import governed, publish
from kiosk.office.guarded import entered
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.openingkeys import proven_opening_key
from kiosk.office.registry import Registry
from kiosk.office.sealkeys import load_or_make_office_keys
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.recipients import MAX_RECIPIENTS_BYTES, RecipientsWord, sign_recipients, verify_recipients
from kiosk.sealing.requests import read_short
from kiosk.sealing.suites import SealingKey
from kiosk.wire.topics import EVERYONE, KioskAddress

_log = logging.getLogger(__name__)

LOOK_S: Final = 5.0
AGAIN_S: Final = 3600.0


class Publish(Protocol):
    """`kiosk.uplink.link.Link.publish`."""

    def __call__(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Hand one message to the broker; its id, or None when the link is down."""
        ...


@dataclass(frozen=True, slots=True)
class Changed:
    """The keys from now on, and the signed word for the kiosks."""

    keys: OfficeKeys
    word: bytes


def change_recipients(
    layout: OfficeLayout,
    *,
    opening_key: Path | None = None,
    escrow: SealingKey | None = None,
    drop_escrow: bool = False,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Changed:
    """Choose whom kiosks seal for from now on; each use signs a word of a higher number, also without a change.

    Args:
        layout: the office.
        opening_key: seal for this one from now on; on its medium, where `make_opening_key` has put it.
        escrow: seal for this key too.
        drop_escrow: seal for no escrow key any more.
        now: the clock, UTC.

    Raises:
        ProvisioningError: the command key is not here, an escrow key of another suite, an opening key that does not
            open or is not the one that waits, or a file is damaged.
    """
    try:
        with governed(layout):
            keys = load_or_make_office_keys(layout)
            signer = SigningKey.load(layout.command_key)
            if keys.command is None or signer.public != keys.command:
                raise ProvisioningError(f"{layout.command_key} is not the key that this office's kiosks obey")
            chosen = None if drop_escrow else escrow or keys.recipients.escrow
            # Before anything is written: an escrow key of another suite is refused here.
            recipients = replace(keys.recipients, escrow=chosen)
            if opening_key is not None:
                recipients = replace(recipients, body=proven_opening_key(layout, opening_key, recipients))
            earlier = keys.earlier
            if recipients.body != keys.recipients.body:
                earlier = (*earlier, keys.recipients.body.kid)
            number = 1 + max(keys.number, _told(layout, signer))
            changed = replace(keys, recipients=recipients, earlier=earlier, number=number)
            word = sign_recipients(RecipientsWord(changed.number, now(), recipients), signer)
            # The keys first: a number that was signed once is then never signed again for other ones.
            changed.save(layout.master_keys)
            replace_file(layout.master_recipients, word)
            publish(layout)
            if opening_key is not None:
                layout.waiting_opening_key.unlink(missing_ok=True)
    except SealingError as error:
        raise ProvisioningError(str(error)) from error
    except OSError as error:
        raise ProvisioningError(f"{error.filename} cannot be written: {error.strerror}") from error
    return Changed(changed, word)


class RecipientsTeller:
    """Tells all kiosks whom to seal for, retained, whenever that changed. Used by the collector's thread."""

    def __init__(
        self,
        file: Path,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        monotonic_s: Callable[[], float],
    ) -> None:
        self._file = file
        self._registry = registry
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._due_s = 0.0
        self._told = 0
        self._mid: int | None = None
        self._untaken = False

    def on_up(self) -> None:
        """A fresh connection: the broker may have forgotten everything; one that took no word is not asked at once."""
        if not self._untaken:
            self._told, self._due_s = 0, 0.0

    def on_down(self) -> None:
        """A broker whose access file is older than this program ends the connection over it."""
        if self._mid is not None:
            self._not_taken("the connection ended instead of an answer")

    def on_outcome(self, mid: int, refusal: str | None) -> bool:
        """The broker answered; True when it was about a word."""
        if mid != self._mid:
            return False
        self._mid, self._untaken = None, False
        if refusal is not None:
            self._not_taken(refusal)
        return True

    def tell(self) -> None:
        """Say the word, if it was not said since it was written."""
        now_s = self._monotonic_s()
        if now_s < self._due_s:
            return
        self._due_s = now_s + LOOK_S
        try:
            stamp = self._file.stat().st_mtime_ns
            if stamp == self._told:
                return
            word = read_short(self._file, MAX_RECIPIENTS_BYTES)
        except FileNotFoundError:
            return  # kiosks seal for the keys that they were installed with
        except (OSError, SealingError) as error:
            _log.error("whom to seal for cannot be told: %s", type(error).__name__)
            return
        topic = KioskAddress(self._registry().province, EVERYONE, EVERYONE).recipients
        self._mid = self._publish(topic, word, retain=True)
        if self._mid is not None:
            self._told = stamp

    def _not_taken(self, why: str) -> None:
        _log.error("kiosks were not told whom to seal for (%s); run `kiosk office init` again on the broker", why)
        self._mid, self._told = None, 0
        self._untaken, self._due_s = True, self._monotonic_s() + AGAIN_S


def _told(layout: OfficeLayout, signer: SigningKey) -> int:
    """The number of the word that the collector has: after an older copy of the masters was restored it may be higher.

    Kiosks take no word below one that they have taken. Only a word by this very command key counts.
    """
    try:
        with entered(layout.collector) as folder:
            word = folder.read("recipients.cose", most=MAX_RECIPIENTS_BYTES)
        return 0 if word is None else verify_recipients(word, signer.public).n
    except (ProvisioningError, SealingError):
        return 0
