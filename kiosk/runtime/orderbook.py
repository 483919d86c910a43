"""What the kiosk keeps of the office's commands, in its private database: the highest number, the ids, what stands.

Apart from the inbox, which the network side writes and may lose: a number that was taken is never taken again. Every
method that writes becomes a part of the caller's transaction.
"""

import json
import sqlite3
from collections.abc import Mapping
from typing import Any, Final, cast

from kiosk.custody.database import CustodyDatabase

#: Ids that are remembered: more than the inbox ever holds, so that nothing in it is judged twice.
REMEMBERED: Final = 500
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS private.command (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE IF NOT EXISTS private.standing (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT
"""
_SEEN: Final = "seen"


class OrderBook:
    """Used by one thread. Every method raises CustodyError when the database does not give or take."""

    def __init__(self, database: CustodyDatabase) -> None:
        """Make the tables on first use."""
        self._database = database
        with database.transaction() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)

    @property
    def seen(self) -> int:
        """The highest number that was taken; 0 before the first."""
        return int(self.get(_SEEN).get("n", 0))

    def knows(self, command_id: str) -> bool:
        """Say whether this was judged before."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT 1 FROM private.command WHERE id = ?", (command_id,)).fetchone()
        return row is not None

    def judged(self, command_id: str, *, taken: int | None = None) -> None:
        """Remember the id, and with `taken` the number as the highest."""
        with self._database.transaction(freeing=True) as connection:
            connection.execute("INSERT OR IGNORE INTO private.command (id) VALUES (?)", (command_id,))
            connection.execute(
                "DELETE FROM private.command WHERE place NOT IN "
                "(SELECT place FROM private.command ORDER BY place DESC LIMIT ?)",
                (REMEMBERED,),
            )
            if taken is not None:
                _put(connection, _SEEN, {"n": taken})

    def get(self, name: str) -> Mapping[str, Any]:
        """What stands under this name; empty where nothing does."""
        with self._database.reading() as connection:
            row = connection.execute("SELECT value FROM private.standing WHERE name = ?", (name,)).fetchone()
        return {} if row is None else cast("dict[str, Any]", json.loads(row[0]))

    def put(self, name: str, value: Mapping[str, Any] | None) -> None:
        """Let this stand under the name, or with None nothing."""
        with self._database.transaction(freeing=True) as connection:
            if value is None:
                connection.execute("DELETE FROM private.standing WHERE name = ?", (name,))
            else:
                _put(connection, name, value)

    def below(self, prefix: str) -> dict[str, Mapping[str, Any]]:
        """All that stands under names with this beginning, by the rest of the name."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT name, value FROM private.standing WHERE substr(name, 1, ?) = ? ORDER BY name",
                (len(prefix), prefix),
            ).fetchall()
        return {name.removeprefix(prefix): json.loads(value) for name, value in rows}


def _put(connection: sqlite3.Connection, name: str, value: Mapping[str, Any]) -> None:
    connection.execute("INSERT OR REPLACE INTO private.standing VALUES (?, ?)", (name, json.dumps(dict(value))))
