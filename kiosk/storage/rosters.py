"""The roster on the kiosk's disk: sealed as it came, and who of it was enrolled here, by names that tell nothing.

In clear stand days and counts alone. Who was enrolled is a name that the vault key makes of the person (HMAC-SHA-256);
it outlives the roster it was noted for, because a newer roster names most of the same people.
"""

import sqlite3
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from kiosk.domain.citizen import PersonalNumber
from kiosk.domain.dates import PartialDate
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import Database

#: Names of people enrolled that are kept, the newest: more than two of the largest rosters, at some names a person.
MOST_MARKS: Final = 60_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS private.roster (
    one INTEGER PRIMARY KEY CHECK (one = 1), command TEXT NOT NULL, issued TEXT NOT NULL, last TEXT NOT NULL,
    people INTEGER NOT NULL, done INTEGER NOT NULL, sealed BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS private.enrolled (
    n INTEGER PRIMARY KEY AUTOINCREMENT, person BLOB NOT NULL UNIQUE
) STRICT
"""


@dataclass(frozen=True, slots=True)
class KeptRoster:
    """The roster as it is kept: `command` brought it; `done` of its `people` were enrolled here at the last count."""

    command: str
    issued: date
    last: date
    people: int
    done: int = 0


class RosterBook:
    """The kiosk's one roster. Used by one thread; every method raises the database's errors."""

    def __init__(self, database: Database) -> None:
        """Make the tables where there are none yet."""
        self._database = database
        with database.transaction() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)

    def kept(self) -> KeptRoster | None:
        """What is kept, without its bytes."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT command, issued, last, people, done FROM private.roster").fetchone()
        if row is None:
            return None
        command, issued, last, people, done = row
        return KeptRoster(command, date.fromisoformat(issued), date.fromisoformat(last), people, done)

    def sealed(self) -> bytes:
        """The sealed roster; empty where there is none."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT sealed FROM private.roster").fetchone()
        return b"" if row is None else bytes(row[0])

    def keep(self, roster: KeptRoster, sealed: bytes) -> None:
        """Keep this one in place of the one before; a part of the caller's transaction."""
        days = (roster.issued.isoformat(), roster.last.isoformat())
        with self._database.transaction() as connection:
            row = (roster.command, *days, roster.people, roster.done, sealed)
            connection.execute("INSERT OR REPLACE INTO private.roster VALUES (1, ?, ?, ?, ?, ?, ?)", row)

    def count(self, done: int) -> None:
        """Remember how many are done, for the time when nobody can count."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE private.roster SET done = ?1 WHERE done != ?1", (done,))

    def forget(self) -> None:
        """Keep no roster, and nobody's name; a part of the caller's transaction."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM private.roster")
            connection.execute("DELETE FROM private.enrolled")

    def enrolled(self) -> frozenset[bytes]:
        """The names of who was enrolled here."""
        with self._database.reading() as connection:
            return frozenset(bytes(name) for (name,) in connection.execute("SELECT person FROM private.enrolled"))

    @staticmethod
    def noting(names: Iterable[bytes]) -> Callable[[sqlite3.Connection], None]:
        """What notes somebody as enrolled, inside the transaction that seals the enrolment."""
        rows = [(name,) for name in names]

        def note(connection: sqlite3.Connection) -> None:
            connection.executemany("INSERT OR REPLACE INTO private.enrolled (person) VALUES (?)", rows)
            connection.execute(
                "DELETE FROM private.enrolled WHERE n NOT IN (SELECT n FROM private.enrolled ORDER BY n DESC LIMIT ?)",
                (MOST_MARKS,),
            )

        return note


def own_names(
    key: VaultKey, number: PersonalNumber | None, *, old_number: str = "", person: str = ""
) -> frozenset[bytes]:
    """Name somebody by what is theirs alone: the number, the old one, the office's own mark. Raises VaultLocked."""
    marks = {
        f"number/{number.digits}" if number is not None else "",
        f"old/{old_number}" if old_number else "",
        f"person/{person}" if person else "",
    }
    return frozenset(key.name_of(f"roster/{mark}".encode()) for mark in marks if mark)


def shared_name(key: VaultKey, folded: str, born: PartialDate, *, numbered: bool) -> bytes:
    """Name somebody by folded name and birth, which namesakes of one year share. Raises VaultLocked.

    A row without a number asks for the name of anybody; one that has a number, and was not found by it, asks for that
    of somebody whose number nobody knew.
    """
    kind = "unnumbered" if numbered else "name"
    return key.name_of(f"roster/{kind}/{folded}/{born.written()}".encode())
