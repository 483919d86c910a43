"""How an office database is reached: engines for SQLite and PostgreSQL, and how long each may take.

Of both kinds what is committed is on the disk, and no wait is without an end.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from sqlalchemy import Connection, Engine, ExceptionContext, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from kiosk.office.errors import DatabaseError

# How long PostgreSQL may take to be reached, and for one statement.
CONNECT_S = 5
STATEMENT_MS = 20_000


def make_engine(
    url: str, *, application_name: str = "kiosk-office", settings: Mapping[str, object] | None = None, **options: object
) -> Engine:
    """SQLAlchemy's engine for an office database; nothing is opened yet.

    Args:
        url: the database.
        application_name: how its sessions are called at the server (PostgreSQL alone, like the next two).
        settings: more of the server's settings for its sessions.
        options: more for SQLAlchemy's pool.

    Raises:
        DatabaseError: the URL is no database's.
    """
    try:
        # An error's text must not repeat a citizen's name.
        engine = create_engine(url, hide_parameters=True, **_how(url, application_name, settings or {}, options))
    except (SQLAlchemyError, ImportError) as error:
        raise DatabaseError(why_not_open(url, error)) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _make_durable)
        # The driver starts transactions late and by itself; here they start when they are asked for.
        event.listen(engine, "begin", _begin)
    event.listen(engine, "handle_error", _hide_values)
    return engine


def upsert(connection: Connection, table: Table) -> postgresql.Insert:
    """An insertion that can say what becomes of a row that is there already; both kinds of database say it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else cast("Any", sqlite.insert(table))


def why_not_open(url: str, error: Exception) -> str:
    """Why this database cannot be opened, in words; never what stands in it, nor a password."""
    try:
        place = make_url(url)
    except SQLAlchemyError:
        return "database_url is no URL of a database, as sqlite:////var/lib/kiosk-office/office.db is one"
    if place.get_backend_name() != "sqlite" or not place.database:
        return f"the office database cannot be opened: {type(error).__name__}; check its server and database_url"
    path = Path(place.database)
    if not path.parent.is_dir():
        return f"the office's directory {path.parent} does not exist: name another, or run `kiosk office init` first"
    return f"the office database {path} cannot be opened ({type(error).__name__}): check its rights and its disk"


def _how(
    url: str, application_name: str, settings: Mapping[str, object], options: Mapping[str, object]
) -> dict[str, Any]:
    """A server may be away, or have been: connections are tried before use, and no wait for it is without an end."""
    if make_url(url).get_backend_name() != "postgresql":
        return {}
    limits = {"statement_timeout": STATEMENT_MS, "lock_timeout": STATEMENT_MS, **settings}
    connect_args = {
        "connect_timeout": CONNECT_S,
        "options": " ".join(f"-c {name}={value}" for name, value in limits.items()),
        "application_name": application_name,
        # A server whose computer is gone is noticed within seconds.
        "keepalives_idle": CONNECT_S,
        "keepalives_interval": CONNECT_S,
        "keepalives_count": 2,
        "tcp_user_timeout": STATEMENT_MS,
    }
    return {"pool_pre_ping": True, "pool_timeout": CONNECT_S, "connect_args": connect_args, **options}


def _hide_values(context: ExceptionContext) -> None:
    """PostgreSQL repeats the row that failed in its error's text: what stays is the error's kind and code."""
    original, wrapped = context.original_exception, context.sqlalchemy_exception
    code = getattr(original, "sqlstate", None)
    if code is not None:
        original.args = (f"SQLSTATE {code}",)
        if wrapped is not None:
            wrapped.args = (f"({type(original).__name__}) SQLSTATE {code}",)


def _begin(connection: Connection) -> None:
    writing = connection.get_execution_options().get("writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _make_durable(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.close()
