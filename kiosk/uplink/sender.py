"""Which package goes out next, in which chunks, and when again. No network, no clock of its own.

One package at a time, by sequence number. Its manifest is an offer: chunks follow only when the office has answered
what it holds already, so nothing piles up in a broker while no collector listens. A package that gets no receipt, or
that the office wants later, waits its turn with growing, random delays and lets the others pass; one that was refused,
or received and not settled, asks again now and then: an office restored from a backup may have lost it, and then gets
it again. Only the kiosk itself, by a verified receipt, takes a package out of the outbox.
"""

from __future__ import annotations

import logging
import random
from collections import deque
from collections.abc import Callable

from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.errors import CustodyError, CustodyMissing, UnknownPackage
from kiosk.custody.inbox import Inbox
from kiosk.sealing import cose, receipts
from kiosk.sealing.errors import SealingError
from kiosk.uplink.backoff import Backoff
from kiosk.uplink.fit import LinkFit
from kiosk.uplink.settings import UplinkSettings
from kiosk.uplink.source import Packages
from kiosk.uplink.transfer import OFFER, Publish, Transfer
from kiosk.uplink.waiting import Waits
from kiosk.wire.chunking import CHUNK_BYTES
from kiosk.wire.errors import WireError
from kiosk.wire.messages import Have, Later, decode_ack, encode_cbor

_log = logging.getLogger(__name__)

PAGE = 100
# A refused package is offered again at each connection and this often: the office may have taken it in since. So is one
# that was received and not settled. The offer is one small message, and the answer is the receipt that stands.
ASK_AGAIN_S = 3600.0
MAX_REFUSED = 1000
MAX_RECEIVED = 200


class Sender:
    """Drives packages from the outbox to the office. Single-threaded; the owner calls everything."""

    def __init__(
        self,
        settings: UplinkSettings,
        *,
        outbox: Packages,
        inbox: Inbox,
        publish: Publish,
        monotonic_s: Callable[[], float],
        uniform: Callable[[float, float], float] | None = None,
        on_unwanted: Callable[[OutboxEntry, str, float], None] = lambda _entry, _code, _wait_s: None,
    ) -> None:
        """``on_unwanted``: told what the office wants later, by which code, and after how many seconds it is due."""
        self._settings = settings
        self._outbox = outbox
        self._inbox = inbox
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._on_unwanted = on_unwanted
        draw = uniform or random.SystemRandom().uniform
        backoff = Backoff(minimum_s=settings.backoff_min_s, maximum_s=settings.backoff_max_s, uniform=draw)
        self._waits = Waits(backoff, monotonic_s=monotonic_s, uniform=draw)
        self._current: Transfer | None = None
        self._asks: deque[OutboxEntry] = deque()
        self._ask_due_s = 0.0
        self._asked_seq = 0
        self._found = False
        self._settled_floor = 0
        self._limit_bytes = CHUNK_BYTES
        # Chunks of packages that are not under way any more, and that the broker has not acknowledged: bytes, sent at.
        self._late: dict[int, tuple[int, float]] = {}
        self.fit = LinkFit(
            slow_chunk_s=settings.slow_chunk_s, window=settings.window, keepalive_s=settings.link.keepalive_s
        )
        self.window = settings.window

    @property
    def busy(self) -> bool:
        """Whether a package is under way, or the last look into the outbox found one that was due."""
        return self._current is not None or self._found

    def on_up(self) -> None:
        """A fresh connection: every package that has no answer yet is due at once."""
        self._current = None
        self._late.clear()
        self._settled_floor = 0
        self._ask_due_s = 0.0
        self._waits.on_up()

    def on_down(self) -> None:
        """The connection ended: what was in flight counts as not sent; the office's `have` resumes it."""
        self._current = None
        self._late.clear()

    def limit_chunks(self, maximum_packet_bytes: int | None) -> None:
        """Respect the broker's packet limit: a chunk that is too large would end the connection for ever."""
        known = CHUNK_BYTES if maximum_packet_bytes is None else maximum_packet_bytes - 2048
        self._limit_bytes = max(1024, min(CHUNK_BYTES, known))

    def step(self) -> None:
        """Start the next due package, fill the window, give up what got no answer in time."""
        if self._current is None:
            self._start_next()
        transfer = self._current
        if transfer is None:
            return
        window = min(self.window, self.fit.window(transfer.chunk_bytes))
        transfer.fill(window, self._publish, self._monotonic_s)
        if self._monotonic_s() >= transfer.deadline_s:
            self._give_up(transfer, "no answer from the office in time")

    def on_ack(self, payload: bytes) -> None:
        """The office spoke: progress of the package under way, "later" to its offer, or a receipt for any."""
        try:
            message = decode_ack(payload)
        except WireError as error:
            _log.warning("an answer of the office is not understood: %s", error)
            return
        if isinstance(message, Have):
            self._on_have(message)
            return
        if isinstance(message, Later):
            self._on_later(message)
            return
        try:
            receipt = _unverified(message.cose)
        except SealingError as error:
            _log.warning("a receipt is not understood: %s", error)
            return
        if not self._is_awaited(receipt):
            _log.warning("a receipt for a package that is not in the outbox is ignored")
            return
        # As it came: whether it is genuine is for the kiosk to say, which alone can release anything.
        self._inbox.add_receipt(receipt.id, message.cose)
        self._on_receipt(receipt)

    def on_outcome(self, mid: int, refusal: str | None) -> None:
        """The broker took or refused a message of ours."""
        late = self._late.pop(mid, None)
        if late is not None and refusal is None:
            # So slow that its package was given up meanwhile: on such a link nothing else would ever be measured.
            self.fit.acknowledged(late[0], sent_at_s=late[1], now_s=self._monotonic_s())
        transfer = self._current
        if transfer is None or mid not in transfer.in_flight:
            return
        index, sent_at_s = transfer.in_flight.pop(mid)
        if refusal is not None:
            self._give_up(transfer, f"the broker refuses: {refusal}")
            return
        now_s = self._monotonic_s()
        if index != OFFER:
            # Takes effect with the next package: chunk numbers of this one must keep their meaning.
            self.fit.acknowledged(len(transfer.chunks[index].data), sent_at_s=sent_at_s, now_s=now_s)
        self._prolong(transfer)

    def _start_next(self) -> None:
        entry = self._next_due()
        self._found = entry is not None
        if entry is None:
            return
        try:
            package = self._outbox.package(entry.id)
            transfer = Transfer.of(entry, package, chunk_bytes=self._cut(entry.id))
        except (UnknownPackage, WireError) as error:
            _log.error("package %d cannot be sent: %s", entry.seq, error)
            self._waits.without_answer(entry.id)
            return
        mid = self._publish(encode_cbor(transfer.manifest))
        if mid is None:
            return
        self._inbox.note_attempt(entry.id, chunk_bytes=transfer.chunk_bytes)
        now_s = self._monotonic_s()
        # The offer stands behind what is still on its way of packages that were given up.
        transfer.deadline_s = now_s + self._settings.answer_timeout_s + 2 * self.fit.through_s(self._late_bytes())
        transfer.in_flight[mid] = (OFFER, now_s)
        self._current = transfer

    def _next_due(self) -> OutboxEntry | None:
        now_s = self._monotonic_s()
        after_seq, contiguous = self._settled_floor, True
        try:
            if now_s >= self._ask_due_s:
                self._asks = deque((*self._outbox.rejected(limit=MAX_REFUSED), *self._unsettled_share()))
                self._ask_due_s = now_s + ASK_AGAIN_S
            while page := self._outbox.unsettled(limit=PAGE, after_seq=after_seq):
                for entry in page:
                    if entry.status is Status.SEALED:
                        contiguous = False
                        if self._waits.due(entry.id):
                            return entry
                    else:
                        self._waits.forget(entry.id)
                        if contiguous:
                            self._settled_floor = entry.seq
                after_seq = page[-1].seq
        except CustodyMissing:
            return None
        except CustodyError as error:
            _log.warning("the outbox cannot be read just now: %s", error)
        return self._asks.popleft() if self._asks else None

    def _unsettled_share(self) -> list[OutboxEntry]:
        """The next of the packages that the office has and has not settled; in the end each has its turn."""
        share = self._outbox.received(limit=MAX_RECEIVED, after_seq=self._asked_seq)
        if not share and self._asked_seq:
            share = self._outbox.received(limit=MAX_RECEIVED)
        self._asked_seq = share[-1].seq if len(share) == MAX_RECEIVED else 0
        return share

    def _on_have(self, message: Have) -> None:
        transfer = self._current
        if transfer is None or message.id != transfer.entry.id:
            return
        self._inbox.note_progress(message.id, message.ranges)
        if transfer.answered:
            # A second answer: the office was restarted and knows nothing of what it was offered. Offer again.
            self._let_go(transfer)
            return
        transfer.lacks(message)
        self._prolong(transfer)

    def _on_later(self, message: Later) -> None:
        transfer = self._current
        if transfer is None or message.id != transfer.entry.id:
            return
        wait_s = self._waits.wanted_later(message.id)
        self._say_again_and_again(transfer, f"the office wants it later: {message.code}", wait_s)
        self._on_unwanted(transfer.entry, message.code, wait_s)
        self._let_go(transfer)

    def _cut(self, package_id: str) -> int:
        """The size of this package's chunks: once cut it stays so, or what the office holds of it would be in vain."""
        cut = self._inbox.cut(package_id) or self.fit.chunk_bytes()
        return min(cut, self._limit_bytes)

    def _prolong(self, transfer: Transfer) -> None:
        """Something moved: wait on, and longer for what a slow link still has under way."""
        under_way_s = self.fit.through_s(len(transfer.in_flight) * transfer.chunk_bytes)
        transfer.deadline_s = self._monotonic_s() + self._settings.answer_timeout_s + 2 * under_way_s

    def _is_awaited(self, receipt: receipts.Receipt) -> bool:
        """Whether it names a package of the outbox: others would fill the disk and release nothing."""
        sender = self._settings.kiosk
        try:
            return self._outbox.awaits(receipt.id, receipt.seq, receipt.sha256, kiosk=receipt.kiosk, sender=sender)
        except CustodyError:
            return True  # not to be seen just now: the kiosk will judge

    def _on_receipt(self, receipt: receipts.Receipt) -> None:
        self._waits.answered(receipt.id)
        if self._current is not None and self._current.entry.id == receipt.id:
            self._let_go(self._current)

    def _give_up(self, transfer: Transfer, why: str) -> None:
        self._say_again_and_again(transfer, why, self._waits.without_answer(transfer.entry.id))
        self._let_go(transfer)

    def _say_again_and_again(self, transfer: Transfer, why: str, wait_s: float) -> None:
        tries = self._waits.tries(transfer.entry.id)
        if tries & (tries - 1) == 0:  # 1, 2, 4, 8, …: a week offline must not fill the log
            _log.warning("package %d: %s; try %d in %.0f s", transfer.entry.seq, why, tries + 1, wait_s)

    def _let_go(self, transfer: Transfer) -> None:
        self._late |= transfer.left_behind()
        self._current = None

    def _late_bytes(self) -> int:
        return sum(size for size, _ in self._late.values())


def _unverified(signed: bytes) -> receipts.Receipt:
    return receipts.Receipt.from_cbor(cose.take_apart(signed, receipts.CONTENT_TYPE).payload)
