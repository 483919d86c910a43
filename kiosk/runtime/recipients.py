"""Which keys this kiosk seals for: those it was installed with, until the office's signed word names others."""

import logging
from collections.abc import Callable
from typing import Final

from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import InboxReader
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.orderbook import OrderBook
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, Recipients
from kiosk.sealing.recipients import RecipientsWord, verify_recipients

log = logging.getLogger(__name__)

_KEPT: Final = "recipients"


def newest_recipients(inbox: InboxReader, office: OfficeKeys) -> Recipients:
    """Whom the newest word in the inbox names, or who was named at the installation; for a command beside the kiosk."""
    if office.command is None:
        return office.recipients
    number, recipients = office.number, office.recipients
    try:
        arrived = inbox.recipients()
    except CustodyError:
        arrived = []  # before the uplink's first start
    for one in arrived:
        try:
            word = verify_recipients(one.data, office.command)
        except SealingError:
            continue
        if word.n > number:
            number, recipients = word.n, word.recipients
    return recipients


class RecipientBook:
    """Keeps the newest word about recipients. Used by the custody desk's thread."""

    def __init__(
        self,
        book: OrderBook,
        inbox: InboxReader,
        office: OfficeKeys,
        *,
        audit: AuditBook,
        tell: Callable[[Recipients], None],
    ) -> None:
        """`office` is what this kiosk was installed with; `tell` hears whom to seal for. Raises CustodyError."""
        self._book = book
        self._inbox = inbox
        self._office = office
        self._audit = audit
        self._tell = tell
        self._seen = 0
        self._unverified = 0
        self._n = office.number
        kept = book.get(_KEPT).get("signed")
        if isinstance(kept, str):
            # Verified anew each time: what lies on the disk is not believed for lying there.
            self._hear(bytes.fromhex(kept), keep=False)

    def take(self) -> None:
        """Take in the words that have come. Never raises for the disk."""
        try:
            for arrived in self._inbox.recipients(after=self._seen):
                self._hear(arrived.data, keep=True)
                self._seen = arrived.n
        except CustodyError as error:
            # Before the uplink's first start there is no inbox; a busy disk is asked again next time.
            log.debug("words about recipients wait: %s", type(error).__name__)

    def _hear(self, signed: bytes, *, keep: bool) -> None:
        if self._office.command is None:
            return
        try:
            word = verify_recipients(signed, self._office.command)
        except SealingError as error:
            self._unverified += 1
            if self._unverified & (self._unverified - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the disk
                log.error("a word about recipients was not believed: %s", type(error).__name__)
                self._audit.write("recipients.refused", why=type(error).__name__, count=self._unverified)
            return
        if word.n <= self._n:
            return
        if keep:
            self._book.put(_KEPT, {"signed": signed.hex()})
            self._write_down(word)
        self._n = word.n
        self._tell(word.recipients)

    def _write_down(self, word: RecipientsWord) -> None:
        escrow = word.recipients.escrow
        self._audit.write(
            "recipients.taken", n=word.n, body=word.recipients.body.kid, escrow=escrow.kid if escrow else ""
        )
        log.info("from now on this kiosk seals for %s", word.recipients.body.kid)
