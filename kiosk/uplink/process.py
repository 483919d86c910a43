"""The uplink process: link, sender, kiosk state and telemetry in one loop on one thread.

Nothing that the network or the disk does ends it: what is wrong becomes the link's state in ``inbox.db``, so that the
kiosk can show the officer one calm line, and is tried again.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from kiosk.custody.entries import OutboxSummary, Status
from kiosk.custody.errors import CustodyError, CustodyMissing, UnknownPackage
from kiosk.custody.inbox import Inbox, InboxReader
from kiosk.custody.reader import OutboxReader
from kiosk.uplink.link import Delivery, Link, LinkEvents, LinkState, Will
from kiosk.uplink.sender import Sender
from kiosk.uplink.settings import UplinkSettings
from kiosk.wire.errors import BadTopic
from kiosk.wire.messages import MAX_LEARNT_BYTES, Birth, OutboxSample, State, Telemetry, encode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# The broker's receive window is shared by chunks, telemetry and state; this much is left to the latter.
RESERVED_WINDOW = 4
OUTBOX_EVERY_S = 60.0
OUTBOX_LOOK_S = 0.5
TELEMETRY_AT_ONCE = 4
BIRTH_ROW = "birth"
# What remedies did on a day is true for ever: it is told however late, and waits in the broker for the office.
REMEDY_ROW = "remedies"
TELEMETRY_GROUP = re.compile(r"[A-Za-z0-9-]{1,64}\Z")


class Stop(Protocol):
    """What ends the process: a ``threading.Event`` or anything like it."""

    def is_set(self) -> bool:
        """Whether to end."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end, at most ``timeout`` seconds."""
        ...


def run_uplink(settings: UplinkSettings, stop: Stop, *, heartbeat: Callable[[], None] = lambda: None) -> None:
    """Send what the outbox holds until ``stop`` is set; then say goodbye in order.

    Args:
        settings: names, files and times.
        stop: set from a signal handler or another thread.
        heartbeat: called once a turn (at least each ``poll_s`` while healthy), for a service watchdog.

    Never raises for the network, certificates, the broker or a busy, full or missing database.
    """
    inbox = _open_inbox(settings, stop)
    if inbox is None:
        return
    with inbox:
        uplink = Uplink(settings, inbox)
        while not stop.is_set():
            heartbeat()
            uplink.turn()
        uplink.close()


def _open_inbox(settings: UplinkSettings, stop: Stop) -> Inbox | None:
    said = ""
    while not stop.is_set():
        try:
            return Inbox.open(settings.inbox)
        except (CustodyError, OSError) as error:
            if str(error) != said:
                said = str(error)
                _log.error("inbox.db cannot be opened, trying again: %s", said)
            stop.wait(1.0)
    return None


class Uplink:
    """One kiosk's side of the link. `turn` does what is due and waits at most about ``poll_s``."""

    def __init__(
        self,
        settings: UplinkSettings,
        inbox: Inbox,
        *,
        monotonic_s: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._settings = settings
        self._inbox = inbox
        self._monotonic_s = monotonic_s
        self._now = now
        self._address = KioskAddress(settings.province, settings.commune, settings.kiosk)
        self._outbox = OutboxReader(settings.outbox)
        self._boot = _boot_id()
        self._noted: tuple[LinkState, str] | None = None
        self._fault = ""
        self._telemetry_after = 0
        self._born = False
        self._tidy_due = False
        self._summary: OutboxSummary | None = None
        self._summary_due_s = 0.0
        self._look_due_s = 0.0
        self._outbox_stamp = (0, 0, 0)
        self._link = Link(
            settings.link,
            LinkEvents(self._on_up, self._on_down, self._on_message, self._on_outcome),
            subscriptions=(self._address.ack, self._address.commands_filter, self._address.want, self._address.learnt),
            will=Will(self._address.state, encode_json(State(st="lost")), settings.will_delay_s),
            monotonic_s=monotonic_s,
        )
        self._sender = Sender(
            settings,
            outbox=self._outbox,
            inbox=inbox,
            publish=lambda payload: self._link.publish(self._address.enrol, payload),
            monotonic_s=monotonic_s,
        )

    def turn(self) -> None:
        """One turn of the loop."""
        self._link.step(self._settings.poll_s)
        try:
            self._note_link()
            if self._link.up and self._tidy_due:
                self._tidy_due = False
                self._forget_settled()
            if self._link.up and (self._sender.busy or self._outbox_stirs()):
                self._sender.step()
                self._publish_rows()
                self._publish_outbox()
            self._fault = ""
        except CustodyMissing:
            self._fault = ""  # the kiosk has not finished its first enrolment yet
        except CustodyError as error:
            self._say_fault(error)

    def close(self) -> None:
        """Tell the office that this kiosk is switched off on purpose."""
        self._link.publish(self._address.state, encode_json(State(st="offline")), retain=True)
        self._link.close()
        try:
            self._inbox.note_link(connected=False, reason="stopped")
        except CustodyError as error:
            self._say_fault(error)

    def _on_up(self) -> None:
        self._sender.window = max(1, min(self._settings.window, self._link.receive_maximum - RESERVED_WINDOW))
        self._sender.limit_chunks(self._link.maximum_packet_bytes)
        self._sender.on_up()
        self._link.publish(self._address.state, encode_json(State(st="ready")), retain=True)
        self._born = False
        self._summary = None
        self._tidy_due = True

    def _forget_settled(self) -> None:
        """Clear away the receipts of packages that the kiosk has settled; the outbox keeps its own copy of each."""
        reader, after = InboxReader(self._settings.inbox), 0
        while page := reader.receipts(after=after):
            names = {arrived.name for arrived in page}
            settled = [name for name in names if self._is_settled(name)]
            if settled:
                self._inbox.forget_receipts(settled)
            after = page[-1].n

    def _is_settled(self, package_id: str) -> bool:
        try:
            return self._outbox.entry(package_id).status is Status.SETTLED
        except UnknownPackage:
            return False

    def _on_down(self) -> None:
        self._sender.on_down()

    def _on_message(self, delivery: Delivery) -> None:
        try:
            topic = Topic.parse(delivery.topic)
        except BadTopic as error:
            _log.warning("a message on an unknown topic is ignored: %s", error)
            return
        try:
            if topic.kind is Kind.ACK:
                self._sender.on_ack(delivery.payload)
            elif topic.kind in (Kind.COMMAND, Kind.WANT) and delivery.payload:
                self._inbox.add_command(topic.tail or topic.kind.value, delivery.payload)
            elif topic.kind is Kind.LEARNT and 0 < len(delivery.payload) <= MAX_LEARNT_BYTES:
                self._inbox.add_learnt(delivery.payload)
        except CustodyError as error:
            # Not lost: the office answers again when the package is offered again.
            self._say_fault(error)

    def _on_outcome(self, mid: int, refusal: str | None) -> None:
        if refusal is not None:
            _log.warning("the broker refuses a message: %s", refusal)
        self._sender.on_outcome(mid, refusal)

    def _note_link(self) -> None:
        seen = (self._link.state, self._link.detail)
        if seen != self._noted:
            self._inbox.note_link(self._link.up, self._link.state.value)
            self._noted = seen

    def _outbox_stirs(self) -> bool:
        """Whether the outbox file changed, or was not looked into for a while: a look costs more than a stat."""
        try:
            status = self._settings.outbox.stat()
        except OSError:
            return False
        stamp, now_s = (status.st_ino, status.st_mtime_ns, status.st_size), self._monotonic_s()
        if stamp == self._outbox_stamp and now_s < self._look_due_s:
            return False
        self._outbox_stamp = stamp
        return True

    def _publish_rows(self) -> None:
        """The kiosk's own telemetry rows; what has grown too old while offline is skipped."""
        for row in self._outbox.telemetry(after=self._telemetry_after, limit=TELEMETRY_AT_ONCE):
            # A row from the future is one of a clock that was set back since: no older than new.
            age_s = max(0.0, (self._now() - row.at).total_seconds())
            left_s = int(self._settings.telemetry_expiry_s - age_s)
            if row.group == BIRTH_ROW:
                mid = self._link.publish(self._address.birth, row.json, retain=True)
                self._born = True
            elif row.group == REMEDY_ROW:
                mid = self._link.publish(self._address.telemetry(row.group), row.json)
            elif left_s > 0 and TELEMETRY_GROUP.match(row.group):
                mid = self._link.publish(self._address.telemetry(row.group), row.json, expiry_s=left_s)
            else:
                mid = 0
            if mid is None:
                return
            self._telemetry_after = row.n
            # A row may be older than what was told of the outbox since: tell that again, last.
            self._summary = None

    def _publish_outbox(self) -> None:
        """What exists only here: told when it changes, and once a minute."""
        now_s = self._monotonic_s()
        self._look_due_s = now_s + OUTBOX_LOOK_S
        summary = self._outbox.summary()
        if summary == self._summary and now_s < self._summary_due_s:
            return
        sample = self._sample(summary)
        payload = encode_json(sample)
        if not self._born:
            birth = Birth(
                kiosk=self._settings.kiosk, sw=self._settings.sw, boot=self._boot, drivers={}, schemas=["enrolment/1"]
            )
            self._link.publish(self._address.birth, encode_json(birth), retain=True)
            self._born = True
        topic = self._address.telemetry("outbox")
        if self._link.publish(topic, payload, expiry_s=self._settings.telemetry_expiry_s) is not None:
            self._summary = summary
            self._summary_due_s = now_s + OUTBOX_EVERY_S

    def _sample(self, summary: OutboxSummary) -> Telemetry:
        now = self._now()
        return Telemetry(
            ts=now,
            boot=self._boot,
            seq_last=summary.last_seq,
            chain=summary.head.hex(),
            outbox=OutboxSample(
                n=summary.waiting, bytes=summary.waiting_bytes, oldest_s=int(summary.oldest_age_s(now))
            ),
            sw=self._settings.sw,
        )

    def _say_fault(self, error: CustodyError) -> None:
        if str(error) != self._fault:
            self._fault = str(error)
            _log.warning("%s", self._fault)


def _boot_id() -> str:
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"
