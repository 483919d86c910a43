"""What kiosks are ordered to do, and what they say to it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "command",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("verb", sa.String(32), nullable=False),
        sa.Column("args", sa.JSON, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("until", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("answered_at", sa.String(32)),
        sa.Column("lines", sa.JSON),
    )
    op.create_table(
        "command_seen",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("n", _NUMBER, nullable=False),
    )
