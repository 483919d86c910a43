"""How kiosks were, minute by minute and hour by hour, and more of the last word of each."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the table, and the columns."""
    op.create_table(
        "telemetry",
        sa.Column("span", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("outbox_n", sa.BigInteger),
        sa.Column("oldest_s", sa.BigInteger),
        sa.Column("seq_last", sa.BigInteger),
        sa.Column("charge", sa.Float),
        sa.Column("mains", sa.Boolean),
        sa.Column("disk_free", sa.BigInteger),
        sa.Column("clock_offset_s", sa.Float),
        sa.Column("clock_good", sa.Boolean),
        sa.Column("glass_dirty", sa.Float),
        sa.Column("board_c", sa.Float),
        sa.Column("faults", sa.Integer),
        sqlite_with_rowid=False,
    )
    for name, kind in (
        ("outbox_bytes", sa.BigInteger()),
        ("disk_free", sa.BigInteger()),
        ("disk_size", sa.BigInteger()),
        ("clock_src", sa.String(128)),
        ("clock_offset_s", sa.Float()),
        ("net_via", sa.String(128)),
        ("net_up_s", sa.BigInteger()),
        ("glass_tries", sa.Integer()),
        ("glass_dirty", sa.Integer()),
        ("board_c", sa.Float()),
        ("officer", sa.String(8)),
    ):
        op.add_column("kiosk_last", sa.Column(name, kind))
