"""Rosters on their way to kiosks, sealed, and what kiosks tell of the ones that they have."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "roster",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "roster_kiosk",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("n", _NUMBER, nullable=False),
        sa.Column("key", sa.JSON),
        sa.Column("issued", sa.String(10)),
        sa.Column("people", sa.Integer),
        sa.Column("done", sa.Integer),
        sa.Column("told_at", sa.String(32)),
    )
