"""When a command was first told, and an index of the commands that wait for an answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Add the column and the index."""
    op.add_column("command", sa.Column("told_at", sa.String(32)))
    waits = sa.text("state = 'given'")
    op.create_index("command_waits", "command", ["kiosk", "n", "until"], sqlite_where=waits, postgresql_where=waits)
