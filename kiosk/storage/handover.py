"""What the kiosk keeps of an enrolment for the day on which the new card is handed over, and nothing else of it.

For number, name and birth date it keeps names that the vault key makes (HMAC-SHA-256): without the key they tell
nothing, and with it they only answer whether a card that lies on the reader says the same. They go when the card is
handed over, or after `KEPT_FOR`.
"""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import Database

#: A card that nobody has fetched after two years is no longer waited for.
KEPT_FOR: Final = timedelta(days=730)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS private.handover (
    enrolment TEXT PRIMARY KEY, number BLOB NOT NULL, name BLOB NOT NULL, born BLOB NOT NULL, made_at TEXT NOT NULL
) STRICT
"""


@dataclass(frozen=True, slots=True)
class Person:
    """What is compared, in one form: twelve digits or nothing, the name as a card's lines cut it, birth as YYMMDD."""

    number: str = field(repr=False)
    name: str = field(repr=False)
    born: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Note:
    """An enrolment that this card may be the fruit of, and which of the three it says as it was enrolled."""

    enrolment: str
    made_at: datetime
    number: bool
    name: bool
    born: bool

    @property
    def same(self) -> bool:
        """Whether all three are as they were enrolled."""
        return self.number and self.name and self.born


class HandoverBook:
    """The notes of one kiosk, for as long as the vault key is in memory."""

    def __init__(self, database: Database, key: VaultKey) -> None:
        """Make the table where there is none yet. Raises the database's errors."""
        self._database = database
        self._key = key
        with database.transaction() as connection:
            connection.execute(_SCHEMA)

    def noting(self, enrolment: str, person: Person, made_at: datetime) -> Callable[[sqlite3.Connection], None]:
        """What writes the note inside another transaction: the one that commits the enrolment."""
        number, name, born = self._names(person)
        at = made_at.astimezone(UTC)

        def note(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT OR REPLACE INTO private.handover VALUES (?, ?, ?, ?, ?)",
                (enrolment, number, name, born, at.isoformat()),
            )
            connection.execute("DELETE FROM private.handover WHERE made_at < ?", ((at - KEPT_FOR).isoformat(),))

        return note

    def find(self, person: Person) -> Note | None:
        """The newest enrolment with this number, else with this name and birth date; None when there is neither."""
        number, name, born = self._names(person)
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT enrolment, made_at, number = ?1, name = ?2, born = ?3 FROM private.handover "
                "WHERE (?4 AND number = ?1) OR (name = ?2 AND born = ?3) "
                "ORDER BY number = ?1 DESC, made_at DESC LIMIT 1",
                # Everybody without a number has the same one here: none. It finds nobody.
                (number, name, born, bool(person.number)),
            ).fetchone()
        if row is None:
            return None
        enrolment, made_at, *same = row
        return Note(enrolment, datetime.fromisoformat(made_at), *(bool(one) for one in same))

    def forget(self, enrolment: str) -> None:
        """The card was handed over: nothing of this enrolment is kept any more."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM private.handover WHERE enrolment = ?", (enrolment,))

    def _names(self, person: Person) -> tuple[bytes, bytes, bytes]:
        parts = (("number", person.number), ("name", person.name), ("born", person.born))
        number, name, born = (self._key.name_of(f"handover/{what}/{value}".encode()) for what, value in parts)
        return number, name, born
