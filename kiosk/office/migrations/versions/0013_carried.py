"""What root publishes at one computer is carried to the collectors at the others."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the table; the first collector that begins fills it."""
    op.create_table(
        "carried",
        sa.Column("what", sa.String(16), primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("place", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("word", sa.LargeBinary, nullable=False),
    )
