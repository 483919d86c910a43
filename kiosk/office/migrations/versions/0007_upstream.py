"""What goes up to the office above, and the kiosks that offices below vouch for."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "forward",
        sa.Column("number", _NUMBER, sa.ForeignKey("enrolment.number"), primary_key=True, autoincrement=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("receipt", sa.LargeBinary),
        sa.Column("receipt_at", sa.String(32)),
    )
    op.create_index("forward_status", "forward", ["status", "number"])
    op.create_table(
        "vouched",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("office", sa.String(32), nullable=False),
        sa.Column("record_key", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
