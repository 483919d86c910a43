"""From a package's bytes to a signed receipt: verify, open the summary, commit, and only then sign off.

Owns the custody promise of the office. A package is committed once by its id, or kept apart whole with a code; nothing
that came is thrown away.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import DataError

from kiosk.office.apart import Apart, alarm_detail, kept_apart, let_go
from kiosk.office.covering import is_covered
from kiosk.office.database import (
    OfficeDatabase,
    chain_fits,
    find_claims,
    insert_enrolment,
    keep_alarm,
    keep_receipt,
)
from kiosk.office.errors import NotApartError, RefusalError
from kiosk.office.forwarding import queue_forward
from kiosk.office.records import NewEnrolment, StoredEnrolment
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.vouching import alarm_unvouched, key_for, taken_from, why_not_taken
from kiosk.sealing.cose import take_apart
from kiosk.sealing.errors import BadEncoding, BadSignature, CannotOpen, WrongKey
from kiosk.sealing.header import PackageHeader
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.sealing.package import CONTENT_TYPE, VerifiedPackage, open_summary, peek_header, verify
from kiosk.sealing.receipts import Receipt, sign_receipt
from kiosk.sealing.suites import SUITES, OpeningKey
from kiosk.wire.enrolment import BODY_SCHEMA, SlotNote, Summary, decode_summary
from kiosk.wire.errors import BadMessage
from kiosk.wire.rules import POSTPONEMENTS

_log = logging.getLogger(__name__)

# Codes that are more than one refused package: somebody, or something, imitates a kiosk.
ALARMING = frozenset({"id_reused", "sequence_reused", "bad_signature", "wrong_key", "wrong_kiosk", "revoked"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a package.

    ``receipt`` is None when it was too damaged to answer, or when no more refused packages of its kiosk are kept.
    """

    receipt: bytes | None
    number: int
    code: str
    new: bool


class Arrival(NamedTuple):
    """One whole package that came on a kiosk's own topic under this id; the id is not verified yet."""

    kiosk: str
    package_id: str
    data: bytes


class Intake:
    """The office's custody desk. Used by one thread."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        summary_key: OpeningKey,
        receipt_key: SigningKey,
        now: Callable[[], datetime],
        forwards: bool = False,
    ) -> None:
        """``forwards``: what is committed waits for the office above, in the same transaction."""
        self._forwards = forwards
        self._database = database
        self._registry = registry
        self._summary_key = summary_key
        self._receipt_key = receipt_key
        self._now = now

    def known(self, kiosk: str, package_id: str, sha256: bytes) -> bytes | None:
        """The receipt that was already given for exactly these bytes of this kiosk."""
        stored = self._database.find(package_id)
        if stored is not None and stored.sha256 == sha256 and self._is_of(kiosk, stored.kiosk):
            return stored.receipt
        return self._database.quarantined(kiosk, package_id, sha256)

    def accept(self, kiosk: str, package_id: str, data: bytes) -> Outcome:
        """Take in one whole package that came on ``kiosk``'s own topic as ``package_id``.

        Raises sqlalchemy's errors when the database fails: then nothing has happened, and the package must come again.
        """
        (outcome,) = self.accept_all([Arrival(kiosk, package_id, data)])
        return outcome

    def accept_all(self, arrivals: Sequence[Arrival]) -> list[Outcome]:
        """Take in packages in one transaction: one wait for the disk serves them all. An outcome for each, in order.

        Raises sqlalchemy's errors when the database fails: then none of those that were good is taken in. Its DataError
        says that one of several holds a value that the database refuses: given one by one, that one is kept apart.
        """
        checked = [self._checked(arrival) for arrival in arrivals]
        outcomes: list[Outcome | RefusalError] = []
        try:
            with self._database.transaction() as connection:
                for arrival, found in zip(arrivals, checked, strict=True):
                    refused = isinstance(found, RefusalError)
                    outcomes.append(found if refused else self._commit(connection, *found, arrival))
        except DataError as error:
            if len(arrivals) != 1:
                raise
            outcomes = [_unstorable(error)]
        return [
            self._refuse(arrival, outcome) if isinstance(outcome, RefusalError) else self._tell_of(arrival, outcome)
            for arrival, outcome in zip(arrivals, outcomes, strict=True)
        ]

    def _checked(self, arrival: Arrival) -> tuple[VerifiedPackage, Summary] | RefusalError:
        try:
            package = self._verified(arrival.kiosk, arrival.package_id, arrival.data)
            return package, self._summary(package)
        except RefusalError as refusal:
            return refusal

    def _tell_of(self, arrival: Arrival, outcome: Outcome) -> Outcome:
        """What is said aloud of a package only after its commit."""
        if outcome.new:
            _log.info("a package of %s committed, receipt %d", arrival.kiosk, outcome.number)
        return outcome

    def approve(self, package_id: str, *, despite_revocation: bool = False) -> Outcome:
        """Take in a package that was kept apart, now that the office's own reason for refusing it is gone.

        It passes the very same checks. Its kiosk gets the receipt when it asks for this package again.
        ``despite_revocation``: a kiosk that was revoked since counts as trusted for what it had provably sealed before.

        Raises:
            NotApartError: no package of this id is kept apart.
            RefusalError: it is refused still, and stays where it is.
        """
        with self._database.transaction() as connection:
            candidates = kept_apart(connection, package_id)
            proven = {apart.n for apart in candidates if despite_revocation and self._is_proven(connection, apart)}
        refusal: RefusalError | None = None
        for apart in candidates:
            try:
                package = self._verified(apart.kiosk, package_id, apart.data, revoked_too=apart.n in proven)
                summary = self._summary(package)
            except RefusalError as error:
                refusal = error
                continue
            arrival = Arrival(apart.kiosk, package_id, apart.data)
            try:
                with self._database.transaction() as connection:
                    outcome = self._commit(connection, package, summary, arrival)
            except DataError as error:
                outcome = _unstorable(error)
            if isinstance(outcome, RefusalError):
                refusal = outcome
            else:
                self._tell_of(arrival, outcome)
                # After a power cut between the two, a second approval finds the enrolment committed and comes here.
                with self._database.transaction() as connection:
                    let_go(connection, apart)
                return outcome
        raise refusal or NotApartError(f"no package {package_id} is kept apart at this office")

    def _is_proven(self, connection: Connection, apart: Apart) -> bool:
        entry = self._registry().kiosks.get(apart.kiosk)
        return entry is not None and entry.revoked_at is not None and is_covered(connection, apart, entry.revoked_at)

    def _verified(self, kiosk: str, package_id: str, data: bytes, *, revoked_too: bool = False) -> VerifiedPackage:
        registry = self._registry()
        entry = registry.kiosks.get(kiosk)
        if entry is None:
            raise RefusalError("unknown_kiosk", "this kiosk is not registered at this office")
        try:
            kiosk, record_key = self._sealed_by(entry, data)
            package = verify(data, record_key)
        except BadEncoding as error:
            raise RefusalError("bad_encoding", str(error)) from error
        except WrongKey as error:
            raise RefusalError("wrong_key", str(error)) from error
        except BadSignature as error:
            raise RefusalError("bad_signature", str(error)) from error
        header = package.header
        if header.kiosk != kiosk:
            raise RefusalError("wrong_kiosk", "signed for another kiosk than the one that sent it")
        if header.id != package_id:
            raise RefusalError("wrong_id", "the manifest and the signed header name different ids")
        # Whatever the clock says: one that fell back would trust a stolen kiosk again.
        if entry.revoked_at is not None and not revoked_too:
            raise RefusalError("revoked", "this kiosk is no longer trusted")
        if (header.type, header.schema) != ("enrolment", BODY_SCHEMA):
            raise RefusalError("unknown_schema", "this office does not know the package's schema")
        if header.suite not in SUITES:
            raise RefusalError("unknown_suite", "this office does not know the suite that it is sealed by")
        if header.simulated and not registry.demo:
            raise RefusalError("simulated_driver", "captured with simulated devices, which only a demo accepts")
        return package

    def _sealed_by(self, entry: KioskEntry, data: bytes) -> tuple[str, VerifyingKey]:
        """Whose package it must be, and the key: the sender's own, or of a kiosk for which an office has vouched."""
        if not entry.office:
            return entry.kiosk, VerifyingKey(entry.record_key)
        kiosk, kid = peek_header(data).kiosk, take_apart(data, CONTENT_TYPE).kid
        with self._database.looking() as connection:
            return kiosk, key_for(connection, kiosk, entry.kiosk, kid)

    def _is_of(self, sender: str, kiosk: str) -> bool:
        if sender == kiosk:
            return True
        with self._database.looking() as connection:
            return not why_not_taken(taken_from(connection, kiosk), sender)

    def _summary(self, package: VerifiedPackage) -> Summary:
        header = package.header
        if header.kiosk not in self._registry().kiosks and header.summary_kid != self._summary_key.kid:
            # Passed on: sealed for the office below, which alone reads who it is. Kept whole, under its place.
            return Summary(name="", unit="", started_at=header.wall, finished_at=header.wall, slots={})
        try:
            return decode_summary(open_summary(package, self._summary_key))
        except (CannotOpen, WrongKey) as error:
            raise RefusalError("cannot_open", str(error)) from error
        except BadMessage as error:
            raise RefusalError("bad_summary", str(error)) from error

    def _commit(
        self, connection: Connection, package: VerifiedPackage, summary: Summary, arrival: Arrival
    ) -> Outcome | RefusalError:
        header = package.header
        claims = find_claims(connection, header.id, header.kiosk, header.seq)
        for stored in claims:
            if stored.id == header.id:
                return _again(stored, package)
        if claims:
            return RefusalError("sequence_reused", f"another package holds place {header.seq} of this kiosk")
        number, signed = self._insert(connection, package, summary, arrival.data)
        if not chain_fits(connection, header.kiosk, header.seq):
            # In the same transaction: who dies after it has told of it all the same.
            keep_alarm(connection, arrival.kiosk, "chain_broken", f"at {header.seq}", at=self._now())
        return Outcome(receipt=signed, number=number, code="", new=True)

    def _insert(
        self, connection: Connection, package: VerifiedPackage, summary: Summary, data: bytes
    ) -> tuple[int, bytes]:
        header, at = package.header, self._now()
        new = NewEnrolment(
            id=header.id,
            kiosk=header.kiosk,
            seq=header.seq,
            sha256=package.sha256,
            prev=header.prev,
            sealed_at=_sealed_at(header, at),
            simulated=header.simulated,
            person=summary.person,
            name=summary.name,
            unit=summary.unit,
            started_at=summary.started_at,
            finished_at=summary.finished_at,
            slots={key: _plain(note) for key, note in summary.slots.items()},
            package=data,
            supplements=summary.supplements,
        )
        number = insert_enrolment(connection, new, received_at=at)
        receipt = Receipt(
            id=header.id,
            kiosk=header.kiosk,
            seq=header.seq,
            sha256=package.sha256,
            status="received",
            number=number,
            at=at,
        )
        signed = sign_receipt(receipt, self._receipt_key)
        # Kept in the same transaction, but it leaves this process only after the commit.
        keep_receipt(connection, number, signed)
        if self._forwards:
            queue_forward(connection, number)
        return number, signed

    def _refuse(self, arrival: Arrival, refusal: RefusalError) -> Outcome:
        kiosk, package_id, data = arrival.kiosk, arrival.package_id, arrival.data
        if refusal.code in POSTPONEMENTS:
            # Its office vouches at every connection and offers again: no receipt, and a person is told if it stays so.
            alarm_unvouched(self._database, kiosk, peek_header(data).kiosk, at=self._now())
            return Outcome(receipt=None, number=0, code=refusal.code, new=False)
        at, seq, sha256 = self._now(), _claimed_place(data), hashlib.sha256(data).digest()
        signed = None
        if seq is not None:
            receipt = Receipt(
                id=package_id,
                kiosk=kiosk,
                seq=seq,
                sha256=sha256,
                status="rejected",
                number=0,
                at=at,
                code=refusal.code,
            )
            signed = sign_receipt(receipt, self._receipt_key)
        code = refusal.code if refusal.code in ALARMING else "package_refused"
        kept = self._database.quarantine(
            kiosk,
            package_id,
            seq=seq,
            sha256=sha256,
            code=refusal.code,
            at=at,
            data=data,
            receipt=signed,
            alarm=(code, alarm_detail(refusal.code, package_id)),
        )
        if not kept:
            # What is not kept here is not answered either: then the kiosk keeps it.
            self._database.raise_alarm(kiosk, "quarantine_full", "", at=at)
            return Outcome(receipt=None, number=0, code=refusal.code, new=True)
        _log.error("a package of %s is kept apart: %s", kiosk, refusal.code)
        return Outcome(receipt=signed, number=0, code=refusal.code, new=True)


def _claimed_place(data: bytes) -> int | None:
    """The sequence number an unverified package claims. Without one no receipt would fit, and the kiosk keeps it."""
    try:
        return peek_header(data).seq
    except BadEncoding:
        return None


def _sealed_at(header: PackageHeader, received_at: datetime) -> datetime:
    """When it was sealed, as the kiosk's clock says where that can be, else the nearest time that can."""
    latest = received_at if header.latest is None else min(header.latest, received_at)
    return min(max(header.wall, header.earliest or header.wall), latest)


def _unstorable(error: DataError) -> RefusalError:
    # Its kind alone: the error's text may repeat the value.
    kind = type(error.orig).__name__
    return RefusalError(
        "unstorable", f"the database refuses a value in it ({kind}): mend the database, then approve it"
    )


def _plain(note: SlotNote) -> dict[str, Any]:
    return {name: value for name, value in asdict(note).items() if value is not None}


def _again(stored: StoredEnrolment, package: VerifiedPackage) -> Outcome | RefusalError:
    if (stored.kiosk, stored.sha256) != (package.header.kiosk, package.sha256):
        return RefusalError("id_reused", "another package was committed under this id")
    return Outcome(receipt=stored.receipt, number=stored.number, code="", new=False)
