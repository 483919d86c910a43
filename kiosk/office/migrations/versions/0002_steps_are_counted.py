"""The layout's number is counted by these steps: the table that held it goes."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Drop the old number, where there is one."""
    op.execute("DROP TABLE IF EXISTS layout")
