"""The office database's layouts, each a step from the one before, by Alembic; run when the database is opened.

A step that was ever released is never changed. Refuses a database that a newer program has written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, inspect, text

from kiosk.office.errors import DatabaseError

if TYPE_CHECKING:
    from alembic.runtime.migration import RevisionStep

# The office of a server that starts twice brings its database up to date once. An arbitrary constant number.
_LOCK: Final = 7_265_114_098
_FIRST: Final = "0001"


def layout_of(connection: Connection) -> str | None:
    """The step that this database has taken last; None before the first, and where steps were not counted yet."""
    return MigrationContext.configure(connection).get_current_revision()


def bring_up_to_date(connection: Connection, *, to: str | None = None) -> None:
    """Take every step that is missing, or those up to the step `to`, within the caller's writing transaction.

    Raises:
        DatabaseError: a newer program has written this database.
        sqlalchemy.exc.SQLAlchemyError: the database cannot take a step; nothing of it is done.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        # A step may go through every row there is. Cut off at a statement's usual time it would be tried for ever.
        connection.execute(text("SET LOCAL statement_timeout = 0"))
    scripts = ScriptDirectory(str(Path(__file__).parent))
    here, wanted = layout_of(connection), to or scripts.get_current_head()
    if here == wanted:
        return
    if here is None and inspect(connection).has_table("layout"):
        here = _FIRST  # made before steps were counted: its layout is that of the first step

    def steps(_revision: object, _context: MigrationContext) -> list[RevisionStep]:
        return scripts._upgrade_revs(wanted or "head", here or "base")  # noqa: SLF001 - what Alembic's own command calls

    with EnvironmentContext(Config(), scripts, fn=steps) as environment:
        environment.configure(connection=connection)
        try:
            if here == _FIRST:
                environment.get_context().stamp(scripts, _FIRST)
            environment.run_migrations()
        except CommandError as error:
            raise DatabaseError(
                f"a newer program has written the office database (layout {to or here}): install that program again"
            ) from error
