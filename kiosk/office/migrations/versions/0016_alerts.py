"""The alerts that stand at each kiosk, as it last told."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    op.add_column("kiosk_last", sa.Column("alerts", sa.JSON))
