"""The custody desk: vault, drafts, outbox and receipts, all on one thread: the custody database has one writer."""

import logging
import sqlite3
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kiosk.custody.clock import TrustedClock
from kiosk.custody.database import CustodyDatabase
from kiosk.custody.entries import uptime_s
from kiosk.custody.errors import CustodyError, CustodyMissing, DuplicateEnrolment, OutboxFull
from kiosk.custody.inbox import InboxReader, LinkState
from kiosk.custody.outbox import Outbox
from kiosk.domain.citizen import Identity
from kiosk.journey.events import (
    CardWanted,
    DeviceRecovered,
    DeviceTrouble,
    Sealed,
    SealFailed,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.listing import Query
from kiosk.journey.remembered import DraftPaused, HandoverCompared, ResumableDraft, VisitRecalled
from kiosk.journey.session import Rules, Session
from kiosk.runtime.answering import Chamber, Hands
from kiosk.runtime.audit import AuditBook
from kiosk.runtime.commanding import CommandTaker
from kiosk.runtime.drafts import captures_of, draft_from, state_of
from kiosk.runtime.notes import PersonNotes
from kiosk.runtime.orderbook import OrderBook
from kiosk.runtime.packing import Packer, Seals
from kiosk.runtime.pausing import PausedDrafts
from kiosk.runtime.posting import Post
from kiosk.runtime.receipts import Books, Keeping, ReceiptTaker, Standing
from kiosk.runtime.recipients import RecipientBook
from kiosk.runtime.rosters import RosterDesk
from kiosk.runtime.signing_in import PinAgain, SignInUnderWay
from kiosk.runtime.silence import Silence
from kiosk.runtime.worker import Worker
from kiosk.sealing.cardfactor import CardFactor
from kiosk.sealing.chain import Detail, Head
from kiosk.sealing.errors import CardNeeded, SealingError, UnknownOfficer, VaultDelayed, VaultError, WrongCard, WrongPin
from kiosk.sealing.keys import Recipients
from kiosk.sealing.vault import Vault
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import DraftStore, PausedCount
from kiosk.storage.errors import StorageError
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import SettingsSample

log = logging.getLogger(__name__)


class CustodyDesk:
    """Everything that must survive a power cut. Calls return at once or give a future; the work is on its thread."""

    def __init__(
        self,
        outbox_file: Path,
        private_file: Path,
        inbox_file: Path,
        *,
        vault: Vault,
        seals: Seals,
        rules: Rules,
        worker: Worker,
        post: Post,
        keeping: Keeping | None = None,
        settings: Mapping[str, float | str] | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stopwatch_s: Callable[[], float] = uptime_s,
    ) -> None:
        """Name the files; open() opens them. The audit book lies beside `private_file`.

        `settings`: what the settings file says of those that the office may change.
        """
        self._outbox_file = outbox_file
        self._private_file = private_file
        self._inbox = InboxReader(inbox_file, deadline_s=1.0)
        self._vault = vault
        self._seals = seals
        self._rules = rules
        self._worker = worker
        self._post = post
        self._keeping = keeping or Keeping()
        self._settings = settings or {}
        self._now = now
        self._stopwatch_s = stopwatch_s
        self._database: CustodyDatabase | None = None
        self._outbox: Outbox | None = None
        self._drafts: DraftStore | None = None
        self._packer: Packer | None = None
        self._receipts: ReceiptTaker | None = None
        self._audit: AuditBook | None = None
        self._to_drop: set[str] = set()
        self._under_way = SignInUnderWay(time.monotonic)
        self._pin = PinAgain(vault, post=post, write_down=self._write_down)
        self._notes: PersonNotes | None = None
        self._orders: OrderBook | None = None
        self._chamber: Chamber | None = None
        self._silence: Silence | None = None
        self._commands: CommandTaker | None = None
        self._recipients: RecipientBook | None = None
        self._rosters: RosterDesk | None = None
        self._key: VaultKey | None = None
        self._paused = PausedDrafts(timedelta(days=self._keeping.offer_paused_days), now)
        #: The code of who signed in last since the start, as in the audit book; None before anybody has.
        self.last_officer: str | None = None

    def open(self) -> "Future[None]":
        """Open the outbox. The future raises CustodyError."""
        return self._worker.submit(self._open)

    def sign_in(self, officer: str, pin: str) -> None:
        """Open the vault; answered by SignedIn or SignInRefused."""
        self._worker.do(lambda: self._sign_in(officer, pin))

    def confirm_pin(self, pin: str) -> None:
        """See whether this is the PIN of who is signed in; answered by PinConfirmed or SignInRefused."""
        self._worker.do(lambda: self._pin.confirm(pin))

    def card_shown(self, card: CardFactor) -> None:
        """Take the card of the officer who waits to be signed in; answered as sign_in() is."""
        self._worker.do(lambda: self._card_shown(card))

    def forget_pin(self) -> None:
        """Forget a sign-in that was given up."""
        self._worker.do(self._under_way.forget)

    def compare(self, identity: Identity) -> None:
        """Compare a new card with what was enrolled here; answered by HandoverCompared."""
        self._worker.do(lambda: self._compare(identity))

    def recall(self, identity: Identity) -> None:
        """See whether this person was enrolled here with weak prints; answered by VisitRecalled."""
        self._worker.do(lambda: self._recall(identity))

    def match(self, identity: Identity) -> None:
        """See whether this person is on the roster; answered by RosterMatched where there may be one."""
        self._worker.do(lambda: self._rosters.match(identity) if self._rosters is not None else None)

    def find_in_roster(self, query: Query) -> None:
        """Look for people in the roster; answered by RosterFound."""
        self._worker.do(lambda: self._rosters.find(query) if self._rosters is not None else None)

    @property
    def rosters(self) -> RosterDesk | None:
        """The roster's desk, of which `word` and `progress` may be read from any thread; None before open()."""
        return self._rosters

    @property
    def settings(self) -> SettingsSample | None:
        """The settings that the office may change, as they hold; from any thread. None before follow()."""
        return self._commands.settings.sample if self._commands is not None else None

    def close_handover(self, enrolment: str) -> None:
        """Forget what is kept of an enrolment for the handing over of its card."""
        self._worker.do(lambda: self._close_handover(enrolment))

    def follow(self, hands: Hands) -> "Future[None]":
        """Obey the office from now on, with these hands; what it ordered before stands again. Raises CustodyError."""
        return self._worker.submit(lambda: self._follow(hands))

    def sign_out(self) -> None:
        """Forget the vault's key, and a sign-in under way."""
        self._worker.do(self._sign_out)

    def lock_holds(self) -> None:
        """The lock is on the screen."""
        self._worker.do(lambda: self._commands.lock_holds() if self._commands is not None else None)

    def message_read(self) -> None:
        """The officer has read the office's message."""
        self._worker.do(lambda: self._commands.message_read() if self._commands is not None else None)

    def save(self, session: Session) -> "Future[bool]":
        """Save the draft. The future tells whether it is on the disk; if not, the session was told of the trouble."""
        return self._worker.submit(lambda: self._save(session))

    def pause(self, session: Session) -> None:
        """Save the draft as paused; answered by DraftPaused, or by DeviceTrouble."""
        self._worker.do(lambda: self._pause(session))

    def list_paused(self) -> None:
        """Look which paused enrolments there are; answered by PausedListed."""
        self._worker.do(lambda: self._post(self._paused.listed(self._drafts)))

    def find_paused(self, identity: Identity, enrolment: str) -> None:
        """See whether this person has a paused enrolment here beside this one; answered by PausedFound."""
        self._worker.do(lambda: self._post(self._paused.found(self._drafts, identity, enrolment)))

    def open_paused(self, enrolment: str) -> None:
        """Open a paused enrolment; answered by PausedOpened."""
        self._worker.do(lambda: self._post(self._paused.opened(self._drafts, enrolment)))

    def drop(self, enrolment: str) -> None:
        """Erase the draft."""
        self._worker.do(lambda: self._drop(enrolment))

    def seal(self, session: Session, finished_at: datetime) -> None:
        """Seal the enrolment into the outbox and drop its draft, in one transaction."""
        self._worker.do(lambda: self._seal(session, finished_at))

    def look_for_receipts(self) -> "Future[int]":
        """Take in the receipts that have come; gives how many packages the office has not confirmed yet."""
        return self._worker.submit(self._take_receipts)

    def probe(self) -> None:
        """See whether the disk takes a write again; says so if it does."""
        self._worker.do(self._probe)

    def write_telemetry(self, group: str, sample: Callable[[Outbox], bytes]) -> "Future[None]":
        """Put a telemetry row into the outbox file; `sample` is called on the desk's thread."""
        return self._worker.submit(lambda: self._write_telemetry(group, sample))

    def link(self) -> "Future[LinkState | None]":
        """Give what the uplink last said of its link to the office."""
        return self._worker.submit(self._link)

    def close(self) -> "Future[None]":
        """Close the files."""
        return self._worker.submit(self._close)

    def _open(self) -> None:
        database = self._database = CustodyDatabase.open(self._outbox_file, self._private_file)
        outbox = self._outbox = Outbox(database, now=self._now)
        audit = self._audit = AuditBook(self._private_file.with_name("audit.log"), now=self._now)
        audit.write("kiosk.started", sw=self._seals.software, boot=self._seals.boot)
        books = Books(database, outbox, TrustedClock(database, stopwatch_s=self._stopwatch_s), audit)
        packer = self._packer = Packer(self._seals, outbox=outbox, clock=books.clock, audit=audit)
        self._receipts = ReceiptTaker(
            books,
            self._inbox,
            office=self._seals.office.receipt,
            packer=packer,
            post=self._post,
            keeping=self._keeping,
            now=self._now,
        )
        self._orders = OrderBook(database)

        def seal_for(recipients: Recipients) -> None:
            packer.recipients = recipients

        self._recipients = RecipientBook(self._orders, self._inbox, self._seals.office, audit=audit, tell=seal_for)
        silence = self._silence = Silence(
            self._orders,
            after_days=self._keeping.lock_after_days,
            boot=self._seals.boot,
            stopwatch_s=self._stopwatch_s,
            now=self._now,
        )
        self._receipts.on_word = lambda at, fresh: silence.heard(at, fresh=fresh)
        self._chamber = Chamber(
            self._seals.kiosk,
            self._seals.signer,
            self._seals.office,
            database,
            outbox,
            audit,
            books.clock,
            destroy=self._destroy,
        )
        self._rosters = RosterDesk(
            self._chamber,
            self._inbox,
            book=self._orders,
            post=self._post,
            keep_days=self._keeping.roster_days,
            stopwatch_s=self._stopwatch_s,
            now=self._now,
        )

    def _follow(self, hands: Hands) -> None:
        if (
            self._chamber is None
            or self._orders is None
            or self._silence is None
            or self._receipts is None
            or self._rosters is None
        ):
            raise CustodyMissing("the custody desk is not open")
        taker = self._commands = CommandTaker(
            self._chamber,
            self._inbox,
            book=self._orders,
            settings=self._settings,
            silence=self._silence,
            rosters=self._rosters,
            hands=hands,
            post=self._post,
            keep_settled=self._receipts.keep_settled,
            later=self._worker.do,
            now=self._now,
        )
        self._receipts.locked = lambda: taker.locked
        self._receipts.settings_refused = lambda: bool(taker.settings.refused)
        taker.stand()

    def _sign_out(self) -> None:
        self._under_way.forget()
        self._pin.signed_out()
        self._drafts = self._notes = None
        if self._rosters is not None:
            self._rosters.signed_out()
        if self._key is not None:
            self._key.wipe()
            self._key = None

    def _destroy(self) -> None:
        self._sign_out()
        self._vault.destroy()
        if self._rosters is not None:
            self._rosters.erased()

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _opened(self) -> tuple[CustodyDatabase, Outbox]:
        if self._database is None or self._outbox is None:
            raise CustodyMissing("the custody desk is not open")
        return self._database, self._outbox

    def _sign_in(self, officer: str, pin: str) -> None:
        database, outbox = self._opened()
        card = self._under_way.card_of(officer)
        try:
            key, check = self._vault.open_with_check(officer, pin, card=card)
        except CardNeeded:
            self._under_way.pin_typed(officer, pin)
            self._post(CardWanted())
            return
        except WrongCard:
            self._under_way.forget()
            self._refuse("card", SignInRefused(0, 0, "card"))
            return
        except VaultDelayed as error:
            self._refuse("delay", SignInRefused(0, error.wait_s))
            return
        except WrongPin as error:
            self._refuse("pin", SignInRefused(error.tries_left, 0))
            return
        except UnknownOfficer:
            self._refuse("unknown", SignInRefused(0, 0))
            return
        except VaultError as error:
            log.error("the vault cannot be used: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return
        try:
            self._key = key
            self._drafts = DraftStore(database, key, now=self._now)
            self._notes = PersonNotes(
                database, key, outbox, rules=self._rules, weak_prints_days=self._keeping.weak_prints_days
            )
            draft = self._interrupted(self._drafts)
        except CustodyError as error:
            log.error("the drafts cannot be reached: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return
        self._under_way.forget()
        self._pin.signed_in(check)
        self.last_officer = self._vault.place(officer)
        self._write_down("officer.signed_in", place=self.last_officer)
        self._post(SignedIn(officer, draft))
        self._read_roster(key)

    def _read_roster(self, key: VaultKey) -> None:
        try:
            if self._rosters is not None:
                self._rosters.signed_in(key)
        except CustodyError as error:
            # Nobody needs it to be enrolled.
            log.error("the roster cannot be reached: %s", type(error).__name__)

    def _card_shown(self, card: CardFactor) -> None:
        waiting = self._under_way.card_shown(card)
        if waiting is None:
            # The officer was too slow: what was typed is forgotten, and is typed again.
            self._post(SignInRefused(0, 0, "late"))
            return
        self._sign_in(*waiting)

    def _compare(self, identity: Identity) -> None:
        try:
            compared = self._notes.compare(identity) if self._notes is not None else HandoverCompared()
        except (CustodyError, SealingError) as error:
            # Said as "not enrolled here": the card's own table stands, and the officer is not left waiting.
            log.error("the notes of handings over cannot be read: %s", type(error).__name__)
            compared = HandoverCompared()
        self._post(compared)

    def _recall(self, identity: Identity) -> None:
        try:
            visit = self._notes.recall(identity, self._now()) if self._notes is not None else None
        except (CustodyError, SealingError) as error:
            # The citizen gives all fingers then, as at a first visit.
            log.error("the notes of earlier visits cannot be read: %s", type(error).__name__)
            visit = None
        self._post(VisitRecalled(identity.number, visit))

    def _close_handover(self, enrolment: str) -> None:
        if self._notes is None:
            return
        try:
            self._notes.close(enrolment)
        except (CustodyError, SealingError) as error:
            log.error("a note of a handing over was not erased: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return
        self._write_down("card.handed_over")

    def _refuse(self, why: str, refused: SignInRefused) -> None:
        self._write_down("officer.refused", why=why)
        self._post(refused)

    def _write_down(self, event: str, **details: Detail) -> None:
        if self._audit is not None:
            self._audit.write(event, **details)

    @staticmethod
    def _interrupted(drafts: DraftStore) -> ResumableDraft | None:
        """Give the newest draft that a power cut or a crash left behind and that opens."""
        for draft_id in drafts.interrupted():
            try:
                stored = drafts.load(draft_id)
                if stored is not None:
                    return draft_from(stored.draft_id, stored.step_key, stored.state, dict(stored.captures))
            except (StorageError, BadMessage) as error:
                # It stays where it is, sealed, for the office to recover; an older one may still open.
                log.error("a draft cannot be resumed: %s", type(error).__name__)
        return None

    def _pause(self, session: Session) -> None:
        if self._save(session, paused=True):
            self._write_down("draft.paused")
            self._post(DraftPaused(session.enrolment))

    def _save(self, session: Session, *, paused: bool = False) -> bool:
        if self._drafts is None or not session.enrolment:
            return False
        if not paused and not self._paused.may_save(session):
            log.warning("a save that came after a pause was not made")
            return False
        state, captures = state_of(session), captures_of(session)
        try:
            self._drop_what_is_due(self._drafts)
            self._drafts.save(session.enrolment, session.step, state=state, captures=captures, paused=paused)
        except (CustodyError, SealingError, StorageError) as error:
            log.error("the draft was not saved: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return False
        (self._paused.put_away if paused else self._paused.taken_up)(session)
        return True

    def _drop(self, enrolment: str) -> None:
        if self._drafts is None or not enrolment:
            return
        self._to_drop.add(enrolment)
        try:
            self._drop_what_is_due(self._drafts)
        except (CustodyError, SealingError, StorageError) as error:
            log.error("the draft was not erased: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))

    def _drop_what_is_due(self, drafts: DraftStore) -> None:
        """Erase what was promised to be erased; what a full disk refused is due again at the next write."""
        for enrolment in sorted(self._to_drop):
            drafts.drop(enrolment)
            self._to_drop.discard(enrolment)
            self._write_down("draft.erased")

    def _seal(self, session: Session, finished_at: datetime) -> None:
        _database, outbox = self._opened()
        if self._packer is None:
            raise CustodyMissing("the custody desk is not open")
        try:
            noting = self._noting(session, finished_at)
            entry = self._packer.pack(session, finished_at, self._rules.plan.source, noting)
        except DuplicateEnrolment:
            # It was put away before the last power cut, and its draft came back: once is enough.
            self._drop(session.enrolment)
            self._post(Sealed(outbox.entry(session.enrolment).seq))
        except OutboxFull:
            self._post(SealFailed("full"))
        except (CustodyError, SealingError, BadMessage) as error:
            log.error("the enrolment was not sealed: %s", type(error).__name__)
            self._post(SealFailed("storage"))
        else:
            log.info("enrolment %s is in the outbox as number %d, %d bytes", entry.id, entry.seq, entry.size)
            self._post(Sealed(entry.seq))
            if self._rosters is not None:
                self._rosters.recount()

    def _noting(self, session: Session, finished_at: datetime) -> Callable[[sqlite3.Connection], None]:
        """What is noted of an enrolment beside its package, in the same transaction."""
        steps = [
            self._notes.noting(session, finished_at) if self._notes is not None else None,
            self._rosters.noting(session.answers.identity) if self._rosters is not None else None,
        ]

        def note(connection: sqlite3.Connection) -> None:
            for step in steps:
                if step is not None:
                    step(connection)

        return note

    def _take_receipts(self) -> int:
        self._under_way.forget_in_time()
        database, _outbox = self._opened()
        if self._receipts is None:
            raise CustodyMissing("the custody desk is not open")
        self._receipts.take()
        self._paused.look(database)
        if self._recipients is not None:
            self._recipients.take()
        if self._commands is not None:
            self._commands.take()
        return self._receipts.standing.waiting

    @property
    def standing(self) -> Standing:
        """How custody stands, as of the last look for receipts; from any thread."""
        return self._receipts.standing if self._receipts is not None else Standing()

    @property
    def paused(self) -> PausedCount:
        """How many enrolments are paused, as of the last look; from any thread."""
        return self._paused.count

    def alarms(self) -> list[str]:
        """Name what needs a hand, as error words for telemetry; on the desk's thread."""
        words = [code.replace("_", "-") for code in self._receipts.alerts()] if self._receipts is not None else []
        if self._rosters is not None and self._rosters.unreadable:
            words.append("roster-unreadable")
        return sorted(words)

    def witness(self) -> Head:
        """Give the end of the audit chain; on the desk's thread."""
        return self._audit.head if self._audit is not None else Head()

    def _write_telemetry(self, group: str, sample: Callable[[Outbox], bytes]) -> None:
        _database, outbox = self._opened()
        try:
            outbox.add_telemetry(group, sample(outbox))
        except (CustodyError, OSError) as error:
            log.warning("telemetry was not written: %s", type(error).__name__)

    def _probe(self) -> None:
        database, _outbox = self._opened()
        try:
            with database.transaction() as connection:
                connection.execute("CREATE TABLE IF NOT EXISTS private.probe (at TEXT)")
                connection.execute("DELETE FROM private.probe")
                connection.execute("INSERT INTO private.probe VALUES (?)", (datetime.now(UTC).isoformat(),))
            if self._drafts is not None:
                self._drop_what_is_due(self._drafts)
        except (CustodyError, SealingError, StorageError):
            return
        self._post(DeviceRecovered("storage"))

    def _link(self) -> LinkState | None:
        try:
            return self._inbox.link()
        except CustodyError:
            return None
