"""Which packages go out next, in which chunks, and when again. No network, no clock of its own.

By sequence number, and several small ones at a time: as many as one window of large chunks would hold, on a slow link
as many as are through within seconds, and a large one alone. Each manifest is an offer: chunks follow only when the
office has answered what it holds already, so nothing piles up in a broker while no collector listens. A package that
gets no receipt, or that the office wants later, waits its turn with growing, random delays and lets the others pass;
one that was refused, or received and not settled, asks again now and then. Only the kiosk itself, by a verified
receipt, takes a package out of the outbox.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterable

from kiosk.custody.entries import OutboxEntry
from kiosk.custody.errors import CustodyError, UnknownPackage
from kiosk.custody.inbox import Inbox
from kiosk.sealing import cose, receipts
from kiosk.sealing.errors import SealingError
from kiosk.uplink.backoff import Backoff
from kiosk.uplink.due import DuePackages
from kiosk.uplink.fit import LinkFit
from kiosk.uplink.settings import UplinkSettings
from kiosk.uplink.source import Packages
from kiosk.uplink.transfer import OFFER, Publish, Transfer
from kiosk.uplink.waiting import Waits
from kiosk.wire.chunking import CHUNK_BYTES, PACKAGES_AT_ONCE
from kiosk.wire.errors import WireError
from kiosk.wire.messages import Have, Later, decode_ack

_log = logging.getLogger(__name__)

# While something is under way the outbox is looked into this often for what could go beside it.
LOOK_S = 0.5
# An office that forgets one offer for another gets one package at a time for so long.
ALONE_S = 60.0


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
        self._due = DuePackages(outbox, self._waits, monotonic_s=monotonic_s)
        self._under_way: dict[str, Transfer] = {}
        self._found = False
        self._look_due_s = 0.0
        self._alone_until_s = 0.0
        self._limit_bytes = CHUNK_BYTES
        # What the office has said since the last `take_in`.
        self._came: list[tuple[receipts.Receipt, bytes]] = []
        self._progress: dict[str, list[tuple[int, int]]] = {}
        # Chunks of packages that are not under way any more, and that the broker has not acknowledged: bytes, sent at.
        self._late: dict[int, tuple[int, float]] = {}
        self.fit = LinkFit(
            slow_chunk_s=settings.slow_chunk_s, window=settings.window, keepalive_s=settings.link.keepalive_s
        )
        self.window = settings.window

    @property
    def busy(self) -> bool:
        """Whether a package is under way, something came, or the last look into the outbox found one that was due."""
        return bool(self._under_way or self._came or self._progress or self._found)

    def on_up(self) -> None:
        """A fresh connection: every package that has no answer yet is due at once."""
        self.on_down()
        self._due.on_up()
        self._waits.on_up()

    def on_down(self) -> None:
        """The connection ended: what was in flight counts as not sent; the office's `have` resumes it."""
        self._under_way.clear()
        self._late.clear()
        self._look_due_s = 0.0

    def limit_chunks(self, maximum_packet_bytes: int | None) -> None:
        """Respect the broker's packet limit: a chunk that is too large would end the connection for ever."""
        known = CHUNK_BYTES if maximum_packet_bytes is None else maximum_packet_bytes - 2048
        self._limit_bytes = max(1024, min(CHUNK_BYTES, known))

    def step(self) -> None:
        """Keep what came, start what is due, fill the window, give up what got no answer in time.

        Raises CustodyError when the inbox cannot be written just now; the rest is done all the same.
        """
        try:
            self.take_in()
            if not self._under_way or self._monotonic_s() >= self._look_due_s:
                self._start_due()
        finally:
            for transfer in list(self._under_way.values()):
                self._fill(transfer)
                if self._monotonic_s() >= transfer.deadline_s:
                    self._give_up(transfer, "no answer from the office in time")

    def take_in(self) -> None:
        """Keep in one go what the office has said. Raises CustodyError: then it must say it again, when asked again."""
        came, progress = self._came, self._progress
        if not came and not progress:
            return
        self._came, self._progress = [], {}
        # As it came: whether it is genuine is for the kiosk to say, which alone can release anything.
        self._inbox.take_answers([(receipt.id, signed) for receipt, signed in came], progress)
        for receipt, _ in came:
            self._waits.answered(receipt.id)
            self._let_go(receipt.id)

    def on_ack(self, payload: bytes) -> None:
        """The office spoke: progress of a package under way, "later" to its offer, or a receipt for any."""
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
        if self._is_awaited(receipt):
            self._came.append((receipt, message.cose))
        else:
            _log.warning("a receipt for a package that is not in the outbox is ignored")

    def on_outcome(self, mid: int, refusal: str | None) -> None:
        """The broker took or refused a message of ours."""
        now_s = self._monotonic_s()
        late = self._late.pop(mid, None)
        if late is not None and refusal is None:
            # So slow that its package was given up meanwhile: on such a link nothing else would ever be measured.
            self.fit.acknowledged(late[0], sent_at_s=late[1], now_s=now_s)
        transfer = next((one for one in self._under_way.values() if mid in one.in_flight), None)
        if transfer is None:
            return
        index, sent_at_s = transfer.in_flight.pop(mid)
        if refusal is not None:
            self._give_up(transfer, f"the broker refuses: {refusal}")
            return
        if index != OFFER:
            # Takes effect with the next package: chunk numbers of this one must keep their meaning.
            self.fit.acknowledged(transfer.size_of(index), sent_at_s=sent_at_s, now_s=now_s)
        self._prolong(transfer)

    def _start_due(self) -> None:
        now_s = self._monotonic_s()
        self._look_due_s = now_s + LOOK_S
        most = 1 if now_s < self._alone_until_s else PACKAGES_AT_ONCE
        room = _Room(self._under_way.values(), most=most, most_bytes=self.fit.together_bytes())
        due = self._due.take(self._under_way, room.take)
        self._found = bool(due)
        transfers = [transfer for entry in due if (transfer := self._prepared(entry)) is not None]
        self._under_way |= {transfer.entry.id: transfer for transfer in transfers}
        if transfers:
            self._inbox.note_attempts({transfer.entry.id: transfer.chunk_bytes for transfer in transfers})

    def _prepared(self, entry: OutboxEntry) -> Transfer | None:
        try:
            return Transfer.of(entry, self._outbox.package(entry.id), chunk_bytes=self._cut(entry.id))
        except (UnknownPackage, WireError) as error:
            _log.error("package %d cannot be sent: %s", entry.seq, error)
            self._waits.without_answer(entry.id)
            return None

    def _fill(self, transfer: Transfer) -> None:
        """Send what there is to send of it, as far as the window and the other packages' messages leave room."""
        others = sum(len(one.in_flight) for one in self._under_way.values() if one is not transfer)
        window = min(self.window, self.fit.window(transfer.largest_bytes)) - others
        if transfer.fill(window, self._publish, self._monotonic_s):
            # It stands behind what is still on its way of the others, and of packages that were given up.
            self._prolong(transfer, behind=sum(size for size, _ in self._late.values()))

    def _on_have(self, message: Have) -> None:
        transfer = self._under_way.get(message.id)
        if transfer is None:
            return
        self._progress[message.id] = message.ranges
        if transfer.answered:
            # A second answer: the office knows nothing of what it was offered. It was restarted, or takes one package
            # at a time. Offer again.
            if len(self._under_way) > 1:
                self._alone_until_s = self._monotonic_s() + ALONE_S
            self._let_go(message.id)
            return
        transfer.lacks(message)
        self._prolong(transfer)

    def _on_later(self, message: Later) -> None:
        transfer = self._under_way.get(message.id)
        if transfer is None:
            return
        wait_s = self._waits.wanted_later(message.id)
        self._say_again_and_again(transfer, f"the office wants it later: {message.code}", wait_s)
        self._on_unwanted(transfer.entry, message.code, wait_s)
        self._let_go(message.id)

    def _cut(self, package_id: str) -> int:
        """The size of this package's chunks: once cut it stays so, or what the office holds of it would be in vain."""
        cut = self._inbox.cut(package_id) or self.fit.chunk_bytes()
        return min(cut, self._limit_bytes)

    def _prolong(self, transfer: Transfer, *, behind: int = 0) -> None:
        """Something moved: wait on, and longer for what a slow link still has under way, `behind` bytes among it."""
        others = sum(one.entry.size for one in self._under_way.values() if one is not transfer)
        under_way_s = self.fit.through_s(behind + others + len(transfer.in_flight) * transfer.largest_bytes)
        transfer.deadline_s = self._monotonic_s() + self._settings.answer_timeout_s + 2 * under_way_s

    def _is_awaited(self, receipt: receipts.Receipt) -> bool:
        """Whether it names a package of the outbox: others would fill the disk and release nothing."""
        sender = self._settings.kiosk
        try:
            return self._outbox.awaits(receipt.id, receipt.seq, receipt.sha256, kiosk=receipt.kiosk, sender=sender)
        except CustodyError:
            return True  # not to be seen just now: the kiosk will judge

    def _give_up(self, transfer: Transfer, why: str) -> None:
        self._say_again_and_again(transfer, why, self._waits.without_answer(transfer.entry.id))
        self._let_go(transfer.entry.id)

    def _say_again_and_again(self, transfer: Transfer, why: str, wait_s: float) -> None:
        tries = self._waits.tries(transfer.entry.id)
        if tries & (tries - 1) == 0:  # 1, 2, 4, 8, …: a week offline must not fill the log
            _log.warning("package %d: %s; try %d in %.0f s", transfer.entry.seq, why, tries + 1, wait_s)

    def _let_go(self, package_id: str) -> None:
        transfer = self._under_way.pop(package_id, None)
        if transfer is not None:
            self._late |= transfer.left_behind()
            self._look_due_s = 0.0


class _Room:
    """What may be under way together: so many packages, and so many bytes; one alone may be of any size."""

    def __init__(self, under_way: Iterable[Transfer], *, most: int, most_bytes: int) -> None:
        sizes = [transfer.entry.size for transfer in under_way]
        self._count, self._bytes = len(sizes), sum(sizes)
        self._most, self._most_bytes = most, most_bytes

    def take(self, entry: OutboxEntry) -> bool:
        """Whether it goes beside the others; then it is one of them."""
        fits = not self._count or (self._count < self._most and self._bytes + entry.size <= self._most_bytes)
        if fits:
            self._count, self._bytes = self._count + 1, self._bytes + entry.size
        return fits


def _unverified(signed: bytes) -> receipts.Receipt:
    return receipts.Receipt.from_cbor(cose.take_apart(signed, receipts.CONTENT_TYPE).payload)
