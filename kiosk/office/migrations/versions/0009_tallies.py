"""What was counted and searched at each look is kept with each commit: a kiosk's tally, and who has exceptions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make table and column, and fill them from what is there."""
    op.create_table(
        "tally",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("highest", sa.BigInteger, nullable=False),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.execute(
        sa.text(
            "INSERT INTO tally (kiosk, highest, count) SELECT kiosk, max(seq), count(*) FROM enrolment GROUP BY kiosk"
        )
    )
    op.add_column("enrolment", sa.Column("excepted", sa.Boolean, nullable=False, server_default=sa.false()))
    op.execute(
        sa.text("UPDATE enrolment SET excepted = :yes WHERE CAST(slots AS VARCHAR) LIKE :mark").bindparams(
            sa.bindparam("yes", True, sa.Boolean), mark='%"excepted"%'
        )
    )
    op.create_index("enrolment_excepted", "enrolment", ["excepted", "number"])
