"""The uplink process: link, sender, kiosk state and telemetry in one loop on one thread.

Nothing that the network or the disk does ends it: what is wrong becomes the link's state in ``inbox.db``, so that the
kiosk can show the officer one calm line, and is tried again.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from kiosk.custody.entries import OutboxEntry
from kiosk.custody.errors import CustodyError, CustodyMissing
from kiosk.custody.inbox import Inbox
from kiosk.custody.reader import OutboxReader
from kiosk.domain.commands import Verb
from kiosk.sealing.recipients import MAX_RECIPIENTS_BYTES
from kiosk.sealing.renewal import MAX_RENEWAL_BYTES
from kiosk.uplink.fetching import Fetcher
from kiosk.uplink.fit import chunks_at_once
from kiosk.uplink.identity import Credentials, Identity
from kiosk.uplink.link import Delivery, Link, LinkEvents, LinkState, Will
from kiosk.uplink.sender import Sender
from kiosk.uplink.settings import UplinkSettings
from kiosk.uplink.source import Source
from kiosk.uplink.telling import Teller
from kiosk.uplink.tidying import forget_settled
from kiosk.wire.errors import BadTopic
from kiosk.wire.messages import MAX_COMMAND_BYTES, MAX_DESIRED_BYTES, MAX_LEARNT_BYTES, State, encode_json
from kiosk.wire.topics import Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

# A request for a certificate that nobody took for a day is made anew.
RENEWAL_EXPIRY_S = 86_400
# What a kiosk wants of a roster is asked again by itself: an old question is of no use.
WANT_EXPIRY_S = 60
# So long a goodbye may wait for what the broker has still to take; a service manager waits longer.
GOODBYE_S = 3.0


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
        outbox: Source | None = None,
        on_up: Callable[[], None] = lambda: None,
        on_unwanted: Callable[[OutboxEntry, str, float], None] = lambda _entry, _code, _wait_s: None,
        monotonic_s: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """``outbox``: what is sent, the settings' file where None. ``on_up``: told first of each fresh connection.

        ``on_unwanted``: as with `kiosk.uplink.sender.Sender`.
        """
        self._settings = settings
        self._inbox = inbox
        self._monotonic_s = monotonic_s
        self._address = KioskAddress(settings.province, settings.commune, settings.kiosk)
        self._outbox = outbox or OutboxReader(settings.outbox)
        self._told_up = on_up
        self._noted: tuple[LinkState, str] | None = None
        self._fault = ""
        self._tidy_due = False
        self._asked: int | None = None
        self._farewell: int | None = None
        self._identity = Identity(
            settings.kiosk,
            Credentials(settings.link.certificate_file, settings.link.key_file),
            settings.identity,
            now=now,
            monotonic_s=monotonic_s,
        )
        own = self._address
        subscriptions = (
            own.ack,
            own.commands_filter,
            own.learnt,
            own.beat,
            own.certificate,
            own.roster,
            own.recipients,
            own.desired,
        )
        self._link = Link(
            settings.link,
            LinkEvents(self._on_up, self._on_down, self._on_message, self._on_outcome, self._on_unheard),
            subscriptions=subscriptions,
            will=Will(self._address.state, encode_json(State(st="lost")), settings.will_delay_s),
            monotonic_s=monotonic_s,
            credentials=self._identity.credentials,
        )
        self._sender = Sender(
            settings,
            outbox=self._outbox,
            inbox=inbox,
            publish=lambda payload: self._link.publish(self._address.enrol, payload),
            monotonic_s=monotonic_s,
            on_unwanted=on_unwanted,
        )
        self._teller = Teller(
            settings, outbox=self._outbox, publish=self._link.publish, monotonic_s=monotonic_s, now=now
        )
        self._fetcher = Fetcher(
            inbox,
            self._outbox,
            publish=lambda payload: self._link.publish(self._address.want, payload, expiry_s=WANT_EXPIRY_S),
            monotonic_s=monotonic_s,
        )

    def turn(self) -> None:
        """One turn of the loop."""
        self._link.step(self._settings.poll_s)
        try:
            self._note_link()
            if not self._link.up:
                self._sender.take_in()
            if self._link.up:
                self._ask_for_certificate()
            if self._link.up and self._tidy_due:
                self._tidy_due = False
                forget_settled(self._inbox, self._settings.inbox, self._outbox)
            if self._link.up and self._fetcher.due:
                self._fetcher.step()
            if self._link.up and (self._sender.busy or self._teller.outbox_stirs() or self._teller.owes):
                self._sender.step()
                self._teller.tell()
            self._fault = ""
        except CustodyMissing:
            self._fault = ""  # the kiosk has not finished its first enrolment yet
        except CustodyError as error:
            self._say_fault(error)

    def close(self) -> None:
        """Tell the office that this kiosk is switched off on purpose; waits at most `GOODBYE_S` until it is told."""
        self._farewell = self._teller.goodbye()
        until_s = self._monotonic_s() + GOODBYE_S
        while self._farewell is not None and self._link.up and self._monotonic_s() < until_s:
            self._link.step(self._settings.poll_s)
        self._link.close()
        try:
            self._inbox.note_link(connected=False, reason="stopped")
        except CustodyError as error:
            self._say_fault(error)

    def _ask_for_certificate(self) -> None:
        request = self._identity.request()
        if request is not None:
            self._asked = self._link.publish(self._address.renewal, request, expiry_s=RENEWAL_EXPIRY_S)

    def _on_certificate(self, answer: bytes) -> None:
        if len(answer) <= MAX_RENEWAL_BYTES and self._identity.take(answer):
            # What was under way is offered again, and goes on where it stood.
            self._link.drop(LinkState.CONNECTING, "")

    @property
    def address(self) -> KioskAddress:
        """Where this kiosk is in the topic tree."""
        return self._address

    @property
    def online(self) -> bool:
        """Whether the broker is reached."""
        return self._link.up

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int | None:
        """Say something more; None when the link is down."""
        return self._link.publish(topic, payload, retain=retain)

    def _on_up(self) -> None:
        self._identity.on_up()
        self._told_up()
        self._sender.window = min(self._settings.window, chunks_at_once(self._link.receive_maximum))
        self._sender.limit_chunks(self._link.maximum_packet_bytes)
        self._sender.on_up()
        self._teller.on_up()
        self._fetcher.on_up()
        self._tidy_due = True

    def _on_down(self) -> None:
        if self._asked is not None:
            self._asked = None
            self._identity.untaken(untaken=True)
        self._sender.on_down()
        self._link.keepalive_s = self._sender.fit.keepalive_s()

    def _on_message(self, delivery: Delivery) -> None:
        try:
            topic = Topic.parse(delivery.topic)
        except BadTopic as error:
            _log.warning("a message on an unknown topic is ignored: %s", error)
            return
        try:
            if topic.kind is Kind.ACK:
                self._sender.on_ack(delivery.payload)
            elif topic.kind is Kind.COMMAND:
                self._on_command(topic.tail or "", delivery)
            elif topic.kind is Kind.CERTIFICATE:
                self._on_certificate(delivery.payload)
            elif topic.kind is Kind.ROSTER:
                self._fetcher.on_part(delivery.payload)
            elif topic.kind is Kind.LEARNT and 0 < len(delivery.payload) <= MAX_LEARNT_BYTES:
                self._inbox.add_learnt(delivery.payload)
            elif topic.kind is Kind.RECIPIENTS and 0 < len(delivery.payload) <= MAX_RECIPIENTS_BYTES:
                self._inbox.add_recipients(delivery.payload)
            elif topic.kind is Kind.DESIRED and 0 < len(delivery.payload) <= MAX_DESIRED_BYTES:
                self._inbox.add_desired(delivery.payload)
            elif topic.kind is Kind.BEAT and 0 < len(delivery.payload) <= MAX_COMMAND_BYTES:
                self._inbox.add_beat(delivery.payload)
        except CustodyError as error:
            # Not lost: the office answers again when the package is offered again.
            self._say_fault(error)

    def _on_command(self, name: str, delivery: Delivery) -> None:
        """Hand it over to the kiosk, which alone judges it; one that came before wants its answer once more."""
        if delivery.retained or not 0 < len(delivery.payload) <= MAX_COMMAND_BYTES:
            # Whatever a broker keeps would come again at every connection, for ever.
            _log.warning("a command that is retained, empty or too long is passed over")
        elif not self._inbox.add_command(name, delivery.payload):
            self._teller.answer_again(delivery.payload)
        elif name == Verb.ROSTER:
            self._fetcher.on_command(delivery.payload)

    def _on_outcome(self, mid: int, refusal: str | None) -> None:
        if refusal is not None:
            _log.warning("the broker refuses a message: %s", refusal)
        if mid == self._asked:
            self._asked = None
            self._identity.untaken(untaken=False)
        if mid == self._farewell:
            self._farewell = None
        self._teller.on_outcome(mid)
        self._sender.on_outcome(mid, refusal)

    def _on_unheard(self, mid: int) -> None:
        self._teller.on_unheard(mid)

    def _note_link(self) -> None:
        seen = (self._link.state, self._link.detail)
        if seen != self._noted:
            self._inbox.note_link(self._link.up, self._link.state.value)
            self._noted = seen

    def _say_fault(self, error: CustodyError) -> None:
        if str(error) != self._fault:
            self._fault = str(error)
            _log.warning("%s", self._fault)
