"""Enrolments that wait for another day: which there are, and how many; nothing here deletes any."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from kiosk.custody.errors import CustodyError
from kiosk.domain.citizen import Identity
from kiosk.domain.roster import same_person
from kiosk.journey.remembered import PausedFound, PausedListed, PausedNote, PausedOpened
from kiosk.journey.session import Session
from kiosk.runtime.drafts import draft_from
from kiosk.sealing.errors import SealingError
from kiosk.storage.drafts import Database, DraftStore, PausedCount, PausedDraft, count_paused
from kiosk.storage.errors import StorageError
from kiosk.wire.errors import BadMessage
from kiosk.words.text import fold

log = logging.getLogger(__name__)


class PausedDrafts:
    """What the officer's list is made of. Used by the custody desk's thread; `count` may be read from any."""

    def __init__(self, term: timedelta, now: Callable[[], datetime]) -> None:
        """`term` is how long one waits before the officer is asked to delete it; by the wall clock, as it only asks."""
        self._term = term
        self._now = now
        #: How many pauses each draft has that was put away since the start.
        self._put_away: dict[str, int] = {}
        #: As of the last look.
        self.count = PausedCount()

    def look(self, database: Database) -> None:
        """Count them; what cannot be read leaves the last count."""
        try:
            self.count = count_paused(database, before=self._now() - self._term)
        except CustodyError as error:
            log.error("the paused drafts cannot be counted: %s", type(error).__name__)

    def put_away(self, session: Session) -> None:
        """This one lies paused on the disk."""
        self._put_away[session.enrolment] = len(session.answers.pauses)

    def may_save(self, session: Session) -> bool:
        """Say whether saving this session leaves no pause behind: it is not paused, or was taken up again.

        What was still on its way when the draft was put away knows nothing of the pause, and would end it.
        """
        pauses = session.answers.pauses
        if len(pauses) < self._put_away.get(session.enrolment, 0):
            return False
        return session.enrolment not in self._put_away or pauses[-1].resumed is not None

    def taken_up(self, session: Session) -> None:
        """This one is saved, and paused no more."""
        self._put_away.pop(session.enrolment, None)

    def listed(self, drafts: DraftStore | None) -> PausedListed:
        """List them; what does not open is counted, and kept for the office."""
        if drafts is None:
            return PausedListed()
        try:
            found, unreadable = drafts.paused()
        except (CustodyError, SealingError) as error:
            log.error("the paused drafts cannot be read: %s", type(error).__name__)
            return PausedListed()
        notes = [note for one in found if (note := self._note(one)) is not None]
        return PausedListed(tuple(notes), unreadable + len(found) - len(notes))

    def found(self, drafts: DraftStore | None, identity: Identity, enrolment: str) -> PausedFound:
        """Find the newest paused one of this person that is not this `enrolment` itself."""
        if drafts is None:
            return PausedFound(identity, None)
        try:
            rows, _ = drafts.paused()
        except (CustodyError, SealingError) as error:
            log.error("the paused drafts cannot be read: %s", type(error).__name__)
            return PausedFound(identity, None)
        for row in rows:
            known = self._identity(row)
            if row.draft_id != enrolment and known is not None and same_person(known, identity, fold=fold):
                return PausedFound(identity, self._note(row))
        return PausedFound(identity, None)

    def opened(self, drafts: DraftStore | None, enrolment: str) -> PausedOpened:
        """Open one; it stays paused until it is saved again."""
        if drafts is None or enrolment in drafts.interrupted():
            return PausedOpened(None)
        try:
            stored = drafts.load(enrolment)
            if stored is None:
                return PausedOpened(None)
            return PausedOpened(draft_from(stored.draft_id, stored.step_key, stored.state, dict(stored.captures)))
        except (CustodyError, SealingError, StorageError, BadMessage) as error:
            log.error("a paused draft cannot be opened: %s", type(error).__name__)
            return PausedOpened(None)

    @staticmethod
    def _identity(paused: PausedDraft) -> Identity | None:
        try:
            return draft_from(paused.draft_id, paused.step_key, paused.state, {}).answers.identity
        except BadMessage:
            return None

    def _note(self, paused: PausedDraft) -> PausedNote | None:
        try:
            draft = draft_from(paused.draft_id, paused.step_key, paused.state, {})
            last = draft.answers.pauses[-1]
        except (BadMessage, IndexError):
            return None
        identity = draft.answers.identity
        return PausedNote(
            draft.id,
            identity.name if identity is not None else "",
            identity.born.year if identity is not None else None,
            paused.since,
            last.reason,
            draft.step,
            overdue=paused.since < self._now() - self._term,
        )
