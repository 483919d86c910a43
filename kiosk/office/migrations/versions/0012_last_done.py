"""When the office last did what must not be forgotten, such as a backup that was read back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "last_done",
        sa.Column("what", sa.String(32), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
    )
