"""The parts of a sealed roster in the inbox: kept as they come, for one command at a time.

Whoever knows the size and the hash that the command names puts them together; here nothing is verified or opened.
"""

import sqlite3
from pathlib import Path
from typing import Final

from kiosk.custody.reader import read_snapshot
from kiosk.custody.sqlite import immediate, named_errors

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS roster_part (
    command TEXT NOT NULL, i INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (command, i)
) STRICT;
"""


class RosterParts:
    """The uplink's side: writes. One thread at a time; every method raises CustodyError."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """Work on the inbox's own connection; its tables are there."""
        self._connection = connection
        self._path = path

    def add(self, command: str, i: int, data: bytes) -> None:
        """Keep part `i` of the roster of this command; parts of any other are dropped."""
        with named_errors(self._path.name), immediate(self._connection):
            self._connection.execute("DELETE FROM roster_part WHERE command != ?", (command,))
            self._connection.execute("INSERT OR REPLACE INTO roster_part VALUES (?, ?, ?)", (command, i, data))

    def held(self, command: str) -> set[int]:
        """Which parts of the roster of this command are here."""
        with named_errors(self._path.name):
            rows = self._connection.execute("SELECT i FROM roster_part WHERE command = ?", (command,)).fetchall()
        return {int(i) for (i,) in rows}

    def joined(self, command: str) -> bytes:
        """The parts that are here, in order, as one."""
        with named_errors(self._path.name):
            return _joined(self._connection, command)

    def clear(self) -> None:
        """Keep no part of any roster."""
        with named_errors(self._path.name), immediate(self._connection):
            self._connection.execute("DELETE FROM roster_part")

    def newest_command(self, name: str) -> bytes | None:
        """The command of this name that came last, unverified; None where none did."""
        with named_errors(self._path.name):
            row = self._connection.execute(
                "SELECT data FROM command WHERE name = ? ORDER BY n DESC LIMIT 1", (name,)
            ).fetchone()
        return None if row is None else bytes(row[0])


def read_roster(inbox: Path, command: str, *, deadline_s: float = 5.0) -> bytes:
    """What is here of the roster of this command: the kiosk's side, read-only. Raises CustodyError."""
    with read_snapshot(inbox, deadline_s=deadline_s) as connection:
        return _joined(connection, command)


def _joined(connection: sqlite3.Connection, command: str) -> bytes:
    rows = connection.execute("SELECT data FROM roster_part WHERE command = ? ORDER BY i", (command,)).fetchall()
    return b"".join(data for (data,) in rows)
