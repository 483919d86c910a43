"""Words about kiosks of offices below are kept with what a person decided; paused enrolments of each kiosk."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Make the table, move what was vouched for into it, and add the columns."""
    op.create_table(
        "vouching",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("office", sa.String(32), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("standing", sa.String(16), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
    )
    op.create_index("vouching_office", "vouching", ["office", "standing"])
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT kiosk, office, record_key, at FROM vouched")).all()
    for kiosk, office, key, at in rows:
        connection.execute(
            sa.text("INSERT INTO vouching VALUES (:kiosk, :office, :key, 'current', :at)"),
            {"kiosk": kiosk, "office": office, "key": bytes(key).hex(), "at": at},
        )
    op.drop_table("vouched")
    op.add_column("kiosk_last", sa.Column("paused_n", sa.BigInteger))
    op.add_column("kiosk_last", sa.Column("paused_overdue", sa.BigInteger))
