"""How far an office database has counted: the highest number that a table's own counter ever gave, and counting on.

SQLite and PostgreSQL each keep it apart from the rows, so that the number of a row that is gone is not given again.
"""

from __future__ import annotations

from sqlalchemy import Connection, inspect, text


def highest_given(connection: Connection, table: str) -> int | None:
    """The highest number ever given in this table, 0 before the first; None: it does not count by itself."""
    if connection.dialect.name == "sqlite":
        if not _counts_in_sqlite(connection, table):
            return None
        found = connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :table"), {"table": table})
        return int(found or 0)
    sequence = _sequence(connection, table)
    if sequence is None:
        return None
    last, called = connection.execute(text(f"SELECT last_value, is_called FROM {sequence}")).one()  # noqa: S608 - the server's own, quoted name
    return int(last) if called else 0


def count_on_from(connection: Connection, table: str, n: int) -> None:
    """Have this table give numbers above `n` from now on. Nothing happens where it does not count, or is further."""
    here = highest_given(connection, table)
    if here is None or here >= n:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(text("SELECT setval(CAST(:sequence AS regclass), :n, true)"), {
            "sequence": _sequence(connection, table), "n": n,
        })  # fmt: skip
        return
    changed = connection.execute(
        text("UPDATE sqlite_sequence SET seq = :n WHERE name = :table"), {"table": table, "n": n}
    )
    if changed.rowcount == 0:
        connection.execute(
            text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :n)"), {"table": table, "n": n}
        )


def _counts_in_sqlite(connection: Connection, table: str) -> bool:
    made = connection.scalar(
        text("SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = :table"), {"table": table}
    )
    return made is not None and "AUTOINCREMENT" in str(made).upper()


def _sequence(connection: Connection, table: str) -> str | None:
    key = inspect(connection).get_pk_constraint(table)["constrained_columns"]
    if len(key) != 1:
        return None
    return connection.scalar(text("SELECT pg_get_serial_sequence(:table, :column)"), {"table": table, "column": key[0]})
