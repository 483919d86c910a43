"""A finished enrolment becomes a package: sealed in memory, with its place, its time for certain and its witness."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from kiosk.custody.clock import TrustedClock, wall_source
from kiosk.custody.entries import OutboxEntry
from kiosk.custody.outbox import Outbox
from kiosk.domain.enrolment import Enrolment
from kiosk.journey.session import Session
from kiosk.runtime.audit import AuditBook
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.package import seal
from kiosk.storage.drafts import DraftStore
from kiosk.wire.enrolment import encode_enrolment, encode_summary, summarise


@dataclass(frozen=True, slots=True)
class Seals:
    """What an enrolment is sealed with: the kiosk's own id and key, the office's keys, and which drivers served it."""

    kiosk: str
    signer: SigningKey
    office: OfficeKeys
    drivers: Callable[[], Mapping[str, DriverNote]]
    boot: str
    software: str


class Packer:
    """Seals enrolments into the outbox. Used by the custody desk's thread."""

    def __init__(self, seals: Seals, *, outbox: Outbox, clock: TrustedClock, audit: AuditBook) -> None:
        """Name what it works with."""
        self._seals = seals
        self._outbox = outbox
        self._clock = clock
        self._audit = audit
        #: Whom to seal for; the office may name others.
        self.recipients = seals.office.recipients
        #: The stopwatch when a package was sealed: the question that its receipt answers. Of this boot alone.
        self.asked_s: dict[str, float] = {}

    @property
    def kiosk(self) -> str:
        """Whose packages these are."""
        return self._seals.kiosk

    def pack(
        self,
        session: Session,
        finished_at: datetime,
        plan_source: str,
        noting: Callable[[sqlite3.Connection], None] | None = None,
    ) -> OutboxEntry:
        """Seal the enrolment and drop its draft, in one transaction, which `noting` is part of.

        Raises CustodyError (DuplicateEnrolment, OutboxFull), SealingError, BadMessage.
        """
        enrolment = Enrolment(
            id=session.enrolment,
            kiosk=self._seals.kiosk,
            officer=session.officer,
            plan_source=plan_source,
            started_at=session.started_at or finished_at,
            finished_at=finished_at,
            answers=session.answers,
            captures=session.known_captures(),
        )
        summary, body = encode_summary(summarise(enrolment)), encode_enrolment(enrolment)
        drop = DraftStore.drop_within(enrolment.id)

        def within(connection: sqlite3.Connection) -> None:
            drop(connection)
            if noting is not None:
                noting(connection)

        asked_s = self._clock.stopwatch_s()
        entry = self._outbox.commit_enrolment(
            enrolment.id,
            lambda seq, prev: self._package(enrolment.id, seq, prev, summary=summary, body=body, wall=finished_at),
            within=within,
        )
        self.asked_s[entry.id] = asked_s
        self._audit.write("package.sealed", seq=entry.seq, sha256=entry.sha256.hex()[:16])
        return entry

    def _package(
        self, enrolment_id: str, seq: int, prev: bytes, *, summary: bytes, body: bytes, wall: datetime
    ) -> bytes:
        recipients, certain, witness = self.recipients, self._clock.interval(), self._audit.head
        header = PackageHeader(
            id=enrolment_id,
            kiosk=self._seals.kiosk,
            seq=seq,
            prev=prev,
            suite=recipients.suite,
            summary_kid=recipients.summary.kid,
            body_kid=recipients.body.kid,
            boot=self._seals.boot,
            mono_ms=int(self._clock.stopwatch_s() * 1000),
            wall=wall,
            clock_src=wall_source(),
            sw=self._seals.software,
            drivers=self._seals.drivers(),
            earliest=certain.earliest,
            latest=certain.latest,
            audit_n=witness.n,
            audit_head=witness.hash,
            escrow_kid=recipients.escrow.kid if recipients.escrow is not None else "",
        )
        return seal(header, summary=summary, body=body, recipients=recipients, signer=self._seals.signer)
