"""The settings that are wanted of kiosks, and what they told of theirs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "desired",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("signed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "settings_told",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("n", _NUMBER, nullable=False),
        sa.Column("has", sa.JSON, nullable=False),
        sa.Column("refused", sa.JSON, nullable=False),
        sa.Column("since", sa.JSON, nullable=False),
        sa.Column("told_at", sa.String(32)),
        sa.Column("differs", sa.Boolean, nullable=False),
    )
