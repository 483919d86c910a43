"""The collector: listens to every kiosk, puts packages together, and answers with receipts.

One thread: messages in, one database commit for the packages that became whole, receipts out. What it holds in memory
may be lost at any time; the kiosks still have it, and ask.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.exc import DataError, IntegrityError, SQLAlchemyError

from kiosk.office.beating import Heart
from kiosk.office.changes import Changes
from kiosk.office.database import OfficeDatabase
from kiosk.office.dispatching import Commands
from kiosk.office.halves import Halves
from kiosk.office.history import History
from kiosk.office.intake import Arrival, Intake
from kiosk.office.learning import GROUP, Learning
from kiosk.office.presence import Presence
from kiosk.office.recipients import RecipientsTeller
from kiosk.office.registry import CurrentRegistry
from kiosk.office.renewing import Renewals
from kiosk.office.rosters import Rosters
from kiosk.office.settings import OfficeSettings
from kiosk.office.settling import SettledReceipts
from kiosk.office.shards import OwnKiosks, filters_of
from kiosk.office.sweeping import Sweeper
from kiosk.office.untaken import Untaken
from kiosk.office.vouching import Vouching
from kiosk.office.wishing import SettingsTeller
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.suites import OpeningKey
from kiosk.uplink.link import Delivery, Link, LinkEvents, LinkState
from kiosk.uplink.process import Stop
from kiosk.wire.errors import BadMessage, BadTopic, ChunkRefused
from kiosk.wire.messages import (
    Chunk,
    Have,
    Later,
    Manifest,
    ReceiptMessage,
    RemedyDay,
    decode_enrol,
    decode_json,
    encode_cbor,
)
from kiosk.wire.topics import EVERYONE, Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

STEP_S = 0.2
# Packages that become whole within moments of each other share a commit, and the wait for the disk.
GATHER_S = 0.002
BATCH = 64
FLUSH_S = 0.3
FLUSH_SHARE = 4
# Our own words, which the broker brings back to who hears everything.
_OUR_OWN = frozenset(
    (Kind.LEARNT, Kind.BEAT, Kind.COMMAND, Kind.CERTIFICATE, Kind.ROSTER, Kind.RECIPIENTS, Kind.DESIRED)
)
# What all kiosks have learnt changes slowly, and each word of it goes to every kiosk of the province.
TEACH_S = 3600.0
TEACH_DEMO_S = 2.0


class Collector:
    """The receiving side of one office."""

    def __init__(
        self,
        settings: OfficeSettings,
        database: OfficeDatabase,
        changes: Changes,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read the office's keys and registry.

        Raises:
            ProvisioningError: the office has not been initialised, or has no such shard.
            SealingError: a key file is damaged or open to others.
        """
        layout = settings.layout
        self._changes = changes
        self._monotonic_s = monotonic_s
        self._flush_due_s = 0.0
        self._registry = CurrentRegistry(settings.layout.registry)
        receipt_key = SigningKey.load(layout.collector / "receipt.key")
        self._intake = Intake(
            database,
            registry=self._registry,
            summary_key=OpeningKey.load(layout.collector / "summary.key"),
            receipt_key=receipt_key,
            now=now,
            forwards=settings.upstream is not None,
        )
        self._untaken = Untaken(database, registry=self._registry, monotonic_s=monotonic_s, now=now)
        self._vouching = Vouching(database, registry=self._registry, now=now)
        self._presence = Presence(database, now=now, history=History(database, settings.keeping))
        self._learning = Learning(database, key=receipt_key, now=now)
        self._taught = _Taught()
        self._halves = Halves()
        self._whole: dict[tuple[str, str], KioskAddress] = {}
        self._link = Link(
            settings.link(self._registry()),
            LinkEvents(self._on_up, self._on_down, self._on_message, self._on_outcome, self._on_unheard),
            subscriptions=filters_of(self._registry(), settings.shard),
            manual_ack=True,
            monotonic_s=monotonic_s,
        )
        own = OwnKiosks(self._registry, settings.shard)
        self._settled = SettledReceipts(
            database, registry=self._registry, own=own, publish=self._link.publish, monotonic_s=monotonic_s
        )
        self._commands = Commands(database, registry=own, publish=self._link.publish, now=now, monotonic_s=monotonic_s)
        self._renewals = Renewals(
            layout.renewals, registry=own, publish=self._link.publish, monotonic_s=monotonic_s, now=now
        )
        self._sweeper = Sweeper(registry=own, publish=self._link.publish)
        self._rosters = Rosters(database, registry=own, publish=self._link.publish, now=now)
        self._wishes = SettingsTeller(
            database, registry=own, publish=self._link.publish, now=now, monotonic_s=monotonic_s
        )
        self._recipients = RecipientsTeller(
            layout.recipients, registry=self._registry, publish=self._link.publish, monotonic_s=monotonic_s
        )
        self._heart = Heart(
            receipt_key, registry=self._registry, publish=self._link.publish, now=now, monotonic_s=monotonic_s
        )

    @property
    def link_state(self) -> LinkState:
        """What is known about the way to the broker."""
        return self._link.state

    def run(
        self,
        stop: Stop,
        *,
        heartbeat: Callable[[], None] = lambda: None,
        go_on: Callable[[], bool] = lambda: True,
    ) -> None:
        """Receive until ``stop`` is set or ``go_on``, asked each turn, says no; what it raises ends this too."""
        try:
            while not stop.is_set() and go_on():
                heartbeat()
                self._receive()
                self._teach()
                self._tell()
                if self._monotonic_s() >= self._flush_due_s:
                    self._flush()
            self._flush(all_of_it=True)
        finally:
            self._link.close()

    def _receive(self) -> None:
        """Take what has come; once nothing more becomes whole, or enough has, commit it."""
        whole = len(self._whole)
        self._link.step(GATHER_S if whole else STEP_S)
        if whole and (len(self._whole) == whole or len(self._whole) >= BATCH):
            self._take_in()

    def _flush(self, *, all_of_it: bool = False) -> None:
        began_s = self._monotonic_s()
        try:
            if self._presence.flush(all_of_it=all_of_it):
                self._changes.ring()
            self._presence.flush_history(all_of_it=all_of_it)
        except SQLAlchemyError as error:
            _log.error("the office database fails: %s", type(error).__name__)
        # On a computer that has hardly time for words the most of it is the packages'.
        took_s = self._monotonic_s() - began_s
        self._flush_due_s = began_s + took_s + max(FLUSH_S, FLUSH_SHARE * took_s)

    def _teach(self) -> None:
        """Tell all kiosks what they have learnt together: at the first connection, and now and then when it changed."""
        taught, now_s = self._taught, self._monotonic_s()
        if not (self._link.up and taught.stale and now_s >= taught.due_s):
            return
        registry = self._registry()
        taught.due_s = now_s + (TEACH_DEMO_S if registry.demo else TEACH_S)
        try:
            word = self._learning.word()
        except SQLAlchemyError as error:
            _log.error("the office database fails: %s", type(error).__name__)
            return
        taught.stale = False
        if word is not None:
            topic = KioskAddress(registry.province, EVERYONE, EVERYONE).learnt
            taught.mid = self._link.publish(topic, word, retain=True)

    def _tell(self) -> None:
        if not self._link.up:
            return
        self._heart.beat()
        self._renewals.tell()
        self._recipients.tell()
        try:
            self._settled.tell()
            self._commands.tell()
            if self._wishes.tell():
                self._changes.ring()
            self._rosters.tidy()
        except SQLAlchemyError as error:
            _log.error("the office database fails: %s", type(error).__name__)

    def _on_up(self) -> None:
        self._commands.on_up()
        self._heart.on_up()
        self._recipients.on_up()
        self._wishes.on_up()
        self._changes.ring()

    def _on_down(self) -> None:
        self._commands.on_down()
        self._settled.on_down()
        self._heart.on_down()
        self._recipients.on_down()
        self._wishes.on_down()
        self._presence.on_down()
        if self._taught.mid is not None:
            self._not_taught("the connection ended instead of an answer")
        self._changes.ring()

    def _not_taught(self, why: str) -> None:
        # A broker whose access file is older than this program ends the connection: not to be tried at once again.
        _log.error("the kiosks were not told what helps (%s); run `kiosk office init` again on the broker", why)
        self._taught = _Taught(stale=True, due_s=self._monotonic_s() + TEACH_S)

    def _on_outcome(self, mid: int, refusal: str | None) -> None:
        if mid == self._taught.mid:
            self._taught.mid = None
            if refusal is not None:
                self._not_taught(refusal)
                return
        if self._heart.on_outcome(mid, refusal) or self._recipients.on_outcome(mid, refusal):
            return
        if self._wishes.on_outcome(mid, refusal):
            return
        self._commands.on_outcome(mid, refusal)
        with suppress(SQLAlchemyError):  # told once more then, which does no harm
            self._settled.on_outcome(mid, refusal)
        if refusal is not None:
            _log.error("the broker refuses an answer to a kiosk: %s", refusal)

    def _on_unheard(self, mid: int) -> None:
        self._commands.on_unheard(mid)

    def _on_message(self, delivery: Delivery) -> None:
        if self._sweeper.hear(delivery) or self._heard(delivery):
            self._link.acknowledge(delivery)

    def _heard(self, delivery: Delivery) -> bool:
        """Whether it need not come again."""
        try:
            topic = Topic.parse(delivery.topic)
            self._commands.notice(topic, delivery.payload, retained=delivery.retained)
            if topic.kind is Kind.ENROL:
                self._on_enrol(topic.address, delivery)
            elif (topic.kind, topic.tail) == (Kind.TELEMETRY, GROUP):
                if self._learning.hear(topic.address.kiosk, decode_json(RemedyDay, delivery.payload)):
                    self._taught.stale = True
                    self._changes.ring()
            elif topic.kind is Kind.RESPONSE:
                if self._commands.hear(topic.address.kiosk, delivery.payload):
                    self._rosters.answered(topic.address.kiosk)
                    self._changes.ring()
            elif topic.kind is Kind.RENEWAL:
                self._renewals.hear(topic.address.kiosk, delivery.payload)
            elif topic.kind is Kind.WANT:
                self._rosters.give(topic.address, delivery.payload)
            elif topic.kind is Kind.VOUCH:
                self._vouching.hear(topic.address.kiosk, topic.tail or "", delivery.payload)
            elif topic.kind not in _OUR_OWN:
                self._presence.hear(topic, delivery.payload, retained=delivery.retained)
                self._rosters.hear(topic, delivery.payload)
                self._wishes.hear(topic, delivery.payload)
        except (BadTopic, BadMessage, ChunkRefused) as error:
            _log.warning("a message is not understood: %s", error)
        except SQLAlchemyError as error:
            # Not acknowledged: it comes again on the next connection, when the database may be well again.
            _log.error("the office database fails: %s", type(error).__name__)
            self._link.drop(LinkState.UNREACHABLE, "the office database fails")
            return False
        return True

    def _on_enrol(self, address: KioskAddress, delivery: Delivery) -> None:
        message = decode_enrol(delivery.payload)
        if isinstance(message, Manifest):
            self._on_manifest(address, message)
        else:
            self._on_chunk(address, message)

    def _on_manifest(self, address: KioskAddress, manifest: Manifest) -> None:
        self._halves.may_ask_again(address.kiosk, manifest.id)
        receipt = self._intake.known(address.kiosk, manifest.id, manifest.sha256)
        if receipt is not None:
            self._halves.drop(address.kiosk, manifest.id)
            self._answer(address, ReceiptMessage(cose=receipt))
            return
        later = self._untaken.judge(address.kiosk, manifest)
        if later is not None:
            self._halves.drop(address.kiosk, manifest.id)
            self._answer(address, later)
            return
        held = self._halves.offered(address.kiosk, manifest)
        if held.complete:
            # Everything came before, but its commit failed.
            self._whole[address.kiosk, manifest.id] = address
            return
        self._answer(address, held.have())

    def _on_chunk(self, address: KioskAddress, chunk: Chunk) -> None:
        if self._halves.get(address.kiosk, chunk.id) is None:
            # The offer was made to an earlier run of this program: ask once for a new one.
            if self._halves.asks_again(address.kiosk, chunk.id):
                self._answer(address, Have(id=chunk.id, ranges=[]))
            return
        if self._halves.add(address.kiosk, chunk):
            self._whole[address.kiosk, chunk.id] = address

    def _take_in(self) -> None:
        """Commit what is whole, and answer. What the database does not take now is offered again by its kiosk."""
        arrivals: list[tuple[KioskAddress, Arrival]] = []
        for (kiosk, package_id), address in self._whole.items():
            held = self._halves.get(kiosk, package_id)
            if held is None or not held.complete:
                continue  # another offer of this package came in between
            try:
                arrivals.append((address, Arrival(kiosk, package_id, held.package())))
            except ChunkRefused as error:
                self._halves.drop(kiosk, package_id)
                _log.warning("a package is not what was offered: %s", error)
        self._whole.clear()
        try:
            self._commit(arrivals)
        except SQLAlchemyError as error:
            _log.error("the office database fails: %s", type(error).__name__)
            self._link.drop(LinkState.UNREACHABLE, "the office database fails")

    def _commit(self, arrivals: list[tuple[KioskAddress, Arrival]]) -> None:
        if not arrivals:
            return
        try:
            outcomes = self._intake.accept_all([arrival for _, arrival in arrivals])
        except (DataError, IntegrityError) as error:
            # One of them is not to the database's taste: it must not keep back the others. Alone it is kept apart, if
            # that can be; or another process has just taken in the same.
            if len(arrivals) == 1:
                _log.error("the database takes no package of %s: %s", arrivals[0][1].kiosk, type(error).__name__)
                self._not_taken(*arrivals[0], "")
                return
            for one in arrivals:
                self._commit([one])
            return
        for (address, arrival), outcome in zip(arrivals, outcomes, strict=True):
            if outcome.receipt is None:
                self._not_taken(address, arrival, outcome.code)
                continue
            self._halves.drop(arrival.kiosk, arrival.package_id)
            self._answer(address, ReceiptMessage(cose=outcome.receipt))
        if any(outcome.new for outcome in outcomes):
            self._changes.ring()

    def _not_taken(self, address: KioskAddress, arrival: Arrival, code: str) -> None:
        held = self._halves.get(arrival.kiosk, arrival.package_id)
        if held is not None:
            self._halves.drop(arrival.kiosk, arrival.package_id)
            self._answer(address, self._untaken.note(arrival.kiosk, held.manifest, code, arrival.data))

    def _answer(self, address: KioskAddress, message: Have | Later | ReceiptMessage) -> None:
        self._link.publish(address.ack, encode_cbor(message))


@dataclass(slots=True)
class _Taught:
    """Whether there is something new to teach, from when it may be said, and the message that has no answer yet."""

    stale: bool = True
    due_s: float = 0.0
    mid: int | None = None
