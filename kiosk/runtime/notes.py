"""What is kept of a finished enrolment beside its package: for the new card's day, and for a later visit."""

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from kiosk.custody.errors import CustodyError
from kiosk.custody.outbox import Outbox
from kiosk.domain.citizen import Identity
from kiosk.domain.visits import EarlierVisit, weak_slots
from kiosk.journey.remembered import HandoverCompared
from kiosk.journey.session import Rules, Session
from kiosk.runtime.handover import person_of
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import Database
from kiosk.storage.handover import HandoverBook
from kiosk.storage.visits import VisitBook


class PersonNotes:
    """Both books, for as long as the vault key is in memory. Used by the custody desk's thread."""

    def __init__(
        self, database: Database, key: VaultKey, outbox: Outbox, *, rules: Rules, weak_prints_days: float
    ) -> None:
        """Open the books. Raises CustodyError."""
        self._handover = HandoverBook(database, key)
        self._visits = VisitBook(database, key, timedelta(days=weak_prints_days))
        self._outbox = outbox
        self._rules = rules

    def compare(self, identity: Identity) -> HandoverCompared:
        """Compare who a new card belongs to with what was enrolled here. Raises CustodyError, SealingError."""
        note = self._handover.find(person_of(identity))
        if note is None:
            return HandoverCompared()
        number = None
        with suppress(CustodyError):  # its row was lost with a damaged outbox: the note is all that is left of it here
            number = self._outbox.entry(note.enrolment).number
        day = note.made_at.astimezone().strftime("%d/%m/%Y")
        return HandoverCompared(note.enrolment, day, number or None, note.number, note.name, note.born)

    def recall(self, identity: Identity, now: datetime) -> EarlierVisit | None:
        """Give what is noted of this person's weak prints, or None. Raises CustodyError, SealingError."""
        if identity.number is None:
            return None
        return self._visits.find(identity.number.digits, self._rules.plan.source, now)

    def close(self, enrolment: str) -> None:
        """The card was handed over: nothing of this enrolment is kept any more. Raises CustodyError, SealingError."""
        self._handover.forget(enrolment)
        self._visits.forget(enrolment)

    def noting(self, session: Session, finished_at: datetime) -> Callable[[sqlite3.Connection], None] | None:
        """What notes this enrolment, in the transaction that seals it; None for one without an identity.

        One that supplements an earlier enrolment changes nothing for the new card, which belongs to that one; what is
        still weak is noted for that one too, so that every later print refers to the enrolment itself.
        """
        answers = session.answers
        identity = answers.identity
        if identity is None:
            return None
        steps: list[Callable[[sqlite3.Connection], None]] = []
        if answers.supplements is None:
            steps.append(self._handover.noting(session.enrolment, person_of(identity), finished_at))
        if identity.number is not None:
            weak = weak_slots(self._rules.plan, answers.slots, good_from=self._rules.good_print)
            visit = EarlierVisit(answers.supplements or session.enrolment, finished_at, weak)
            steps.append(self._visits.noting(identity.number.digits, visit, self._rules.plan.source))

        def note(connection: sqlite3.Connection) -> None:
            for step in steps:
                step(connection)

        return note
