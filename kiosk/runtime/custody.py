"""The custody desk: vault, drafts, outbox and receipts, all on one thread: the custody database has one writer."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from kiosk.custody.database import CustodyDatabase
from kiosk.custody.errors import (
    CustodyError,
    CustodyMissing,
    DuplicateEnrolment,
    OutboxFull,
    ReceiptMismatch,
    UnknownPackage,
)
from kiosk.custody.inbox import InboxReader, LinkState
from kiosk.custody.outbox import Outbox
from kiosk.custody.room import Level
from kiosk.domain.enrolment import Enrolment
from kiosk.journey.closing import OUTBOX
from kiosk.journey.events import (
    DeviceRecovered,
    DeviceTrouble,
    ReceiptVerified,
    ResumableDraft,
    Sealed,
    SealFailed,
    SignedIn,
    SignInRefused,
)
from kiosk.journey.session import Rules, Session
from kiosk.runtime.drafts import captures_of, draft_from, state_of
from kiosk.runtime.posting import Post
from kiosk.runtime.worker import Worker
from kiosk.sealing.errors import SealingError, UnknownOfficer, VaultDelayed, VaultError, WrongPin
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.package import seal
from kiosk.sealing.receipts import Receipt, verify_receipt
from kiosk.sealing.vault import Vault
from kiosk.storage.drafts import DraftStore
from kiosk.storage.errors import StorageError
from kiosk.wire.enrolment import encode_enrolment, encode_summary, summarise
from kiosk.wire.errors import BadMessage

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seals:
    """What an enrolment is sealed with: the kiosk's own id and key, the office's keys, and which drivers served it."""

    kiosk: str
    signer: SigningKey
    office: OfficeKeys
    drivers: Callable[[], Mapping[str, DriverNote]]
    boot: str
    software: str


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
        monotonic_s: Callable[[], float],
    ) -> None:
        """Name the files; open() opens them."""
        self._outbox_file = outbox_file
        self._private_file = private_file
        self._inbox = InboxReader(inbox_file, deadline_s=1.0)
        self._vault = vault
        self._seals = seals
        self._rules = rules
        self._worker = worker
        self._post = post
        self._monotonic_s = monotonic_s
        self._database: CustodyDatabase | None = None
        self._outbox: Outbox | None = None
        self._drafts: DraftStore | None = None
        self._seen = 0
        self._full = False
        self._waiting = 0
        self._numbers: dict[str, int] = {}
        self._to_drop: set[str] = set()

    def open(self) -> "Future[None]":
        """Open the outbox. The future raises CustodyError."""
        return self._worker.submit(self._open)

    def sign_in(self, officer: str, pin: str) -> None:
        """Open the vault; answered by SignedIn or SignInRefused."""
        self._worker.do(lambda: self._sign_in(officer, pin))

    def save(self, session: Session) -> "Future[bool]":
        """Save the draft. The future tells whether it is on the disk; if not, the session was told of the trouble."""
        return self._worker.submit(lambda: self._save(session))

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
        self._database = CustodyDatabase.open(self._outbox_file, self._private_file)
        self._outbox = Outbox(self._database)

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None

    def _opened(self) -> tuple[CustodyDatabase, Outbox]:
        if self._database is None or self._outbox is None:
            raise CustodyMissing("the custody desk is not open")
        return self._database, self._outbox

    def _sign_in(self, officer: str, pin: str) -> None:
        database, _outbox = self._opened()
        try:
            key = self._vault.open(officer, pin)
        except VaultDelayed as error:
            self._post(SignInRefused(0, error.wait_s))
            return
        except WrongPin as error:
            self._post(SignInRefused(error.tries_left, 0))
            return
        except UnknownOfficer:
            self._post(SignInRefused(0, 0))
            return
        except VaultError as error:
            log.error("the vault cannot be used: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return
        try:
            self._drafts = DraftStore(database, key)
            draft = self._interrupted(self._drafts)
        except CustodyError as error:
            log.error("the drafts cannot be reached: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return
        self._post(SignedIn(officer, draft))

    @staticmethod
    def _interrupted(drafts: DraftStore) -> ResumableDraft | None:
        """Give the newest draft that a power cut or a crash left behind and that opens."""
        for draft_id in drafts.ids():
            try:
                stored = drafts.load(draft_id)
                if stored is not None:
                    return draft_from(stored.draft_id, stored.step_key, stored.state, dict(stored.captures))
            except (StorageError, BadMessage) as error:
                # It stays where it is, sealed, for the office to recover; an older one may still open.
                log.error("a draft cannot be resumed: %s", type(error).__name__)
        return None

    def _save(self, session: Session) -> bool:
        if self._drafts is None or not session.enrolment:
            return False
        try:
            self._drop_what_is_due(self._drafts)
            self._drafts.save(session.enrolment, session.step, state=state_of(session), captures=captures_of(session))
        except (CustodyError, SealingError, StorageError) as error:
            log.error("the draft was not saved: %s", type(error).__name__)
            self._post(DeviceTrouble("storage", type(error).__name__))
            return False
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

    def _seal(self, session: Session, finished_at: datetime) -> None:
        _database, outbox = self._opened()
        enrolment = Enrolment(
            id=session.enrolment,
            kiosk=self._seals.kiosk,
            officer=session.officer,
            plan_source=self._rules.plan.source,
            started_at=session.started_at or finished_at,
            finished_at=finished_at,
            answers=session.answers,
            captures=session.known_captures(),
        )
        try:
            summary, body = encode_summary(summarise(enrolment)), encode_enrolment(enrolment)
            entry = outbox.commit_enrolment(
                enrolment.id,
                lambda seq, prev: self._package(enrolment.id, seq, prev, summary=summary, body=body, wall=finished_at),
                within=DraftStore.drop_within(enrolment.id),
            )
        except DuplicateEnrolment:
            # It was put away before the last power cut, and its draft came back: once is enough.
            self._drop(enrolment.id)
            self._post(Sealed(outbox.entry(enrolment.id).seq))
        except OutboxFull:
            self._post(SealFailed("full"))
        except (CustodyError, SealingError, BadMessage) as error:
            log.error("the enrolment was not sealed: %s", type(error).__name__)
            self._post(SealFailed("storage"))
        else:
            log.info("enrolment %s is in the outbox as number %d, %d bytes", entry.id, entry.seq, entry.size)
            self._post(Sealed(entry.seq))

    def _package(
        self, enrolment_id: str, seq: int, prev: bytes, *, summary: bytes, body: bytes, wall: datetime
    ) -> bytes:
        recipients = self._seals.office.recipients
        header = PackageHeader(
            id=enrolment_id,
            kiosk=self._seals.kiosk,
            seq=seq,
            prev=prev,
            suite=recipients.suite,
            summary_kid=recipients.summary.kid,
            body_kid=recipients.body.kid,
            boot=self._seals.boot,
            mono_ms=int(self._monotonic_s() * 1000),
            wall=wall,
            clock_src="system",
            sw=self._seals.software,
            drivers=self._seals.drivers(),
        )
        return seal(header, summary=summary, body=body, recipients=recipients, signer=self._seals.signer)

    def _verify(self, signed: bytes) -> Receipt:
        return verify_receipt(signed, self._seals.office.receipt)

    def _take_receipts(self) -> int:
        _database, outbox = self._opened()
        try:
            arrived = self._inbox.receipts(after=self._seen)
        except CustodyError:
            # Before the uplink's first start there is no inbox; a busy one is asked again next time.
            arrived = []
        for receipt in arrived:
            try:
                entry = outbox.release(receipt.data, self._verify)
            except (SealingError, UnknownPackage, ReceiptMismatch) as error:
                log.error("a receipt was not accepted: %s", type(error).__name__)
                self._seen = receipt.n
                continue
            except CustodyError as error:
                # A busy or full disk: this receipt and those behind it are taken in at the next look.
                log.warning("a receipt waits: %s", type(error).__name__)
                break
            self._seen = receipt.n
            if entry.number and self._numbers.get(entry.id) != entry.number:
                self._numbers[entry.id] = entry.number
                log.info("enrolment %s: %s by the office, receipt %d", entry.id, entry.status.value, entry.number)
                if entry.status.value in {"received", "settled"}:
                    self._post(ReceiptVerified(entry.id, entry.number))
        try:
            self._watch_room(outbox)
            self._waiting = outbox.summary().waiting
        except (CustodyError, OSError) as error:
            log.warning("the outbox cannot be counted now: %s", type(error).__name__)
        return self._waiting

    def _watch_room(self, outbox: Outbox) -> None:
        """Say when the outbox is so full that nobody new may be begun, and when there is room again."""
        full = outbox.room().level >= Level.NEARLY_FULL
        if full != self._full:
            self._full = full
            log.warning("the outbox is %s", "nearly full: no new citizen is begun" if full else "free again")
            self._post(DeviceTrouble(OUTBOX, "full") if full else DeviceRecovered(OUTBOX))

    def alarms(self) -> list[str]:
        """Name what only a technician can mend, as error words for telemetry; on the desk's thread."""
        words: list[str] = []
        if self._database is not None and self._database.set_aside:
            words.append("damaged-file-set-aside")
        if self._outbox is not None and self._outbox.gaps():
            words.append("sequence-gap")
        if self._full:
            words.append("outbox-full")
        return words

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
