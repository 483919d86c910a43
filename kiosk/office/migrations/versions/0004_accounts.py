"""Who may look at the page, what they did there, and which enrolments were reviewed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "account",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("role", sa.Integer, nullable=False),
        sa.Column("password", sa.String(255), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "audit",
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("did", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "review",
        sa.Column("number", _NUMBER, sa.ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
        sa.Column("by", sa.String(32), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
