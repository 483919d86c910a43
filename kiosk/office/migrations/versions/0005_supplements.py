"""An enrolment may name the earlier one whose weak prints it has taken again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the column."""
    op.add_column("enrolment", sa.Column("supplements", sa.String(36)))
