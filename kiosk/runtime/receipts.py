"""What the office's receipts do at the kiosk: release packages, settle them, tell the time, and lead to erasing."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.custody.clock import TrustedClock
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.errors import CustodyError, ReceiptMismatch, UnknownPackage
from kiosk.custody.inbox import InboxReader
from kiosk.custody.outbox import Outbox
from kiosk.custody.room import Level
from kiosk.journey.closing import OUTBOX
from kiosk.journey.events import DeviceRecovered, DeviceTrouble, ReceiptVerified
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.packing import Packer
from kiosk.runtime.posting import Post
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.receipts import verify_receipt
from kiosk.wire.messages import AlertCode, AlertLevel

log = logging.getLogger(__name__)

#: How often settled packages whose time has come are looked for, in seconds.
_ERASE_EVERY_S: Final = 60.0
#: The wall clock may be so far outside what is certain before anybody is told.
_CLOCK_SLACK: Final = timedelta(seconds=120)
_ROOM: Final[Mapping[Level, tuple[AlertCode, AlertLevel]]] = {
    Level.HALF_FULL: ("outbox_half_full", "warning"),
    Level.FILLING: ("outbox_filling", "warning"),
    Level.NEARLY_FULL: ("outbox_full", "critical"),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """How custody stands: packages that only this kiosk has, those refused among them, fullness in per cent.

    `clock_wrong`: the wall clock cannot be right.
    """

    waiting: int = 0
    rejected: int = 0
    full_percent: int = 0
    clock_wrong: bool = False


@dataclass(frozen=True, slots=True)
class Keeping:
    """How long things stay, in days: settled packages as a second copy, and notes of weak prints for a later visit.

    Where room gets scarce settled packages go at once. After `lock_after_days` without a word of the office the kiosk
    locks; 0: never. A roster is forgotten `roster_days` after its last day. A paused enrolment stays until an officer
    deletes it, which is asked after `offer_paused_days`.
    """

    settled_days: float = 7.0
    weak_prints_days: float = 90.0
    lock_after_days: float = 30.0
    roster_days: float = 7.0
    offer_paused_days: float = 30.0


@dataclass(frozen=True, slots=True)
class Books:
    """What the receipts are taken into."""

    database: CustodyDatabase
    outbox: Outbox
    clock: TrustedClock
    audit: AuditBook


class ReceiptTaker:
    """Takes receipts in and watches the room. Used by the custody desk's thread."""

    def __init__(
        self,
        books: Books,
        inbox: InboxReader,
        *,
        office: VerifyingKey,
        packer: Packer,
        post: Post,
        keeping: Keeping,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Name what it works with; `office` is the key that receipts are signed with."""
        self._books = books
        self._inbox = inbox
        self._office = office
        self._packer = packer
        self._post = post
        self._keeping = keeping
        self._now = now
        self._seen: int | None = None
        self._numbers: dict[str, int] = {}
        self._erase_due_s = 0.0
        self._level = Level.ROOMY
        self._standing = Standing()
        self._refused = 0
        #: Told of every receipt that was verified, and whether it answers something of this boot.
        self.on_word: Callable[[datetime, bool], None] = lambda _at, _fresh: None
        #: Whether the office, or its silence, has locked this kiosk.
        self.locked: Callable[[], bool] = lambda: False
        #: Whether the office wants a setting that this kiosk does not take.
        self.settings_refused: Callable[[], bool] = lambda: False

    def keep_settled(self, days: float) -> None:
        """Keep what is settled so many days from now on."""
        self._keeping = replace(self._keeping, settled_days=days)
        self._erase_due_s = 0.0

    @property
    def standing(self) -> Standing:
        """How custody stands, as of the last look; from any thread."""
        return self._standing

    def take(self) -> None:
        """Take in the receipts that have come, erase what is due, and see how much room there is."""
        self._take_arrived()
        try:
            percent = self._watch_room()
            self._erase_what_is_due()
            summary = self._books.outbox.summary()
            self._standing = Standing(summary.waiting, summary.rejected, percent, self._clock_wrong())
            self._books.outbox.set_alerts({str(code): str(level) for code, level in self.alerts().items()})
        except (CustodyError, OSError) as error:
            log.warning("the outbox cannot be counted now: %s", type(error).__name__)

    def _take_arrived(self) -> None:
        """Take in what is new in the inbox. What was taken in before a restart is not judged and written down again."""
        try:
            seen = self._books.outbox.receipts_taken() if self._seen is None else self._seen
            arrived = self._inbox.receipts(after=seen)
        except CustodyError:
            # Before the uplink's first start there is no inbox; a busy one is asked again next time.
            return
        self._seen = seen
        for receipt in arrived:
            if not self._taken(receipt.data):
                break
            self._seen = receipt.n
        if self._seen != seen:
            try:
                self._books.outbox.note_taken(self._seen)
            except CustodyError as error:
                # After a restart they are judged once more, which changes nothing.
                log.warning("how far the inbox was read is not kept: %s", type(error).__name__)

    def _clock_wrong(self) -> bool:
        certain, wall = self._books.clock.interval(), self._now()
        late = certain.latest is not None and wall > certain.latest + _CLOCK_SLACK
        return late or wall < certain.earliest - _CLOCK_SLACK

    def alerts(self) -> dict[AlertCode, AlertLevel]:
        """What at this kiosk needs a hand, with its level."""
        books, found = self._books, dict[AlertCode, AlertLevel]()
        if self._level in _ROOM:
            code, level = _ROOM[self._level]
            found[code] = level
        if self._standing.rejected:
            found["package_refused"] = "critical"
        if books.database.set_aside:
            found["damaged_file_set_aside"] = "critical"
        if books.outbox.gaps():
            found["sequence_gap"] = "critical"
        if books.audit.broken or books.audit.unwritten:
            found["audit_broken"] = "critical"
        if self.locked():
            found["locked"] = "warning"
        if self._standing.clock_wrong:
            found["clock_wrong"] = "warning"
        if self.settings_refused():
            found["settings_refused"] = "warning"
        return found

    def _taken(self, signed: bytes) -> bool:
        """Take one receipt in; False when it has to wait for the next look."""
        books = self._books
        try:
            receipt = verify_receipt(signed, self._office)
            if receipt.kiosk != self._packer.kiosk:
                raise ReceiptMismatch("the receipt names another kiosk")
            before = books.outbox.entry(receipt.id)
            entry = books.outbox.release(signed, lambda _signed: receipt)
        except (SealingError, UnknownPackage, ReceiptMismatch) as error:
            self._refused += 1
            if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the disk
                log.error("a receipt was not accepted: %s (%d so far)", type(error).__name__, self._refused)
                books.audit.write("receipt.refused", why=type(error).__name__, count=self._refused)
            return True
        except CustodyError as error:
            # A busy or full disk: this receipt and those behind it are taken in at the next look.
            log.warning("a receipt waits: %s", type(error).__name__)
            return False
        if entry.status is not before.status:
            self._write_down(entry)
        asked_s = self._packer.asked_s.pop(receipt.id, None)
        self.on_word(receipt.at, asked_s is not None)
        try:
            books.clock.heard(receipt.at, asked_s=asked_s)
        except CustodyError as error:
            # The receipt is taken in all the same; the time is known until the next restart.
            log.warning("the time for certain was not kept: %s", type(error).__name__)
        if entry.number and self._numbers.get(entry.id) != entry.number:
            self._numbers[entry.id] = entry.number
            log.info("enrolment %s: %s by the office, receipt %d", entry.id, entry.status.value, entry.number)
            if entry.status in {Status.RECEIVED, Status.SETTLED}:
                self._post(ReceiptVerified(entry.id, entry.number))
        return True

    def _write_down(self, entry: OutboxEntry) -> None:
        if entry.status is Status.REJECTED:
            log.error("the office refused package %d: %s", entry.seq, entry.code)
            self._books.audit.write("package.rejected", seq=entry.seq, code=entry.code)
        else:
            self._books.audit.write(f"package.{entry.status.value}", seq=entry.seq, number=entry.number)
        if entry.status is Status.SETTLED:
            self._erase_due_s = 0.0

    def _erase_what_is_due(self) -> None:
        """Erase what is settled and has been kept long enough as a second copy; nothing else, however full it is."""
        now_s = self._books.clock.stopwatch_s()
        if now_s < self._erase_due_s:
            return
        self._erase_due_s = now_s + _ERASE_EVERY_S
        days = 0.0 if self._level >= Level.FILLING else self._keeping.settled_days
        # Without days to keep, whatever the wall clock said at the settling: it may have been years ahead.
        before = self._now() - timedelta(days=days) if days else datetime.max.replace(tzinfo=UTC)
        count = self._books.outbox.erase_settled(settled_before=before)
        if count:
            log.info("%d settled packages were erased", count)
            self._books.audit.write("package.erased", count=count)

    def _watch_room(self) -> int:
        """Say when the outbox is so full that nobody new may be begun, and when there is room again; its per cent."""
        room = self._books.outbox.room()
        level = room.level
        was_full, full = self._level >= Level.NEARLY_FULL, level >= Level.NEARLY_FULL
        if level != self._level:
            log.log(logging.WARNING if level > self._level else logging.INFO, "the outbox is at %d per cent", level)
            self._erase_due_s = 0.0
        self._level = level
        if full != was_full:
            log.warning("the outbox is %s", "nearly full: no new citizen is begun" if full else "free again")
            self._post(DeviceTrouble(OUTBOX, "full") if full else DeviceRecovered(OUTBOX))
        return int(room.share * 100)
