"""The first layout."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "enrolment",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(36), nullable=False, unique=True),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("prev", sa.LargeBinary, nullable=False),
        sa.Column("sealed_at", sa.String(32), nullable=False),
        sa.Column("received_at", sa.String(32), nullable=False),
        sa.Column("simulated", sa.Boolean, nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("person", sa.String),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("unit", sa.String, nullable=False),
        sa.Column("started_at", sa.String(32), nullable=False),
        sa.Column("finished_at", sa.String(32), nullable=False),
        sa.Column("slots", sa.JSON, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("receipt", sa.LargeBinary),
        sa.UniqueConstraint("kiosk", "seq", name="one_package_per_place"),
        sqlite_autoincrement=True,
    )
    op.create_index("enrolment_received", "enrolment", ["received_at"])
    for name, content in (("package", [sa.Column("bytes", sa.LargeBinary, nullable=False)]), ("untold", [])):
        number = sa.Column("number", _NUMBER, sa.ForeignKey("enrolment.number"), primary_key=True, autoincrement=False)
        op.create_table(name, number, *content)
    _for_a_person()
    _of_kiosks()


def _for_a_person() -> None:
    op.create_table(
        "quarantine",
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("seq", sa.BigInteger),
        sa.Column("sha256", sa.LargeBinary, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("bytes", sa.LargeBinary, nullable=False),
        sa.Column("receipt", sa.LargeBinary),
        sa.UniqueConstraint("kiosk", "sha256", name="quarantined_once"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "alarm",
        sa.Column("n", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("kiosk", sa.String(32), nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("detail", sa.String, nullable=False),
        sa.Column("at", sa.String(32), nullable=False),
        sa.UniqueConstraint("kiosk", "code", "detail", name="said_once"),
        sqlite_autoincrement=True,
    )


def _of_kiosks() -> None:
    op.create_table(
        "remedy",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("epoch", sa.String(16), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("verdict", sa.String(16), primary_key=True),
        sa.Column("remedy", sa.String(16), primary_key=True),
        sa.Column("tried", sa.Integer, nullable=False),
        sa.Column("helped", sa.Integer, nullable=False),
        sa.Column("before", sa.Integer, nullable=False),
        sa.Column("after", sa.Integer, nullable=False),
    )
    op.create_index("remedy_day", "remedy", ["day"])
    op.create_table(
        "kiosk_last",
        sa.Column("kiosk", sa.String(32), primary_key=True),
        sa.Column("province", sa.String(32), nullable=False),
        sa.Column("commune", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("state_at", sa.String(32)),
        sa.Column("seen_at", sa.String(32)),
        sa.Column("sw", sa.String(128), nullable=False),
        sa.Column("outbox_n", sa.BigInteger),
        sa.Column("outbox_since", sa.String(32)),
        sa.Column("seq_last", sa.BigInteger),
        sa.Column("charge", sa.Float),
        sa.Column("mains", sa.Boolean),
        sa.Column("faults", sa.JSON),
        sa.Column("told_at", sa.String(32)),
    )
