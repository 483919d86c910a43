"""A kiosk of an office below has one current word at most, whichever collectors hear two first ones at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    """Keep the first of several current words, tell a person of the others, and make the index."""
    connection = op.get_bind()
    several = sa.text(
        "SELECT kiosk, office, key, at FROM vouching WHERE standing = 'current' ORDER BY kiosk, at, office, key"
    )
    seen: set[str] = set()
    for kiosk, office, key, at in connection.execute(several).all():
        if kiosk not in seen:
            seen.add(kiosk)
            continue
        word = {"kiosk": kiosk, "office": office, "key": key}
        connection.execute(
            sa.text(
                "UPDATE vouching SET standing = 'claimed' WHERE kiosk = :kiosk AND office = :office AND \"key\" = :key"
            ),
            word,
        )
        alarm = {"kiosk": kiosk, "office": office, "at": at}
        known = sa.text("SELECT 1 FROM alarm WHERE kiosk = :kiosk AND code = 'kiosk_twice' AND detail = :office")
        if connection.execute(known, alarm).first() is None:
            new = sa.text("INSERT INTO alarm (kiosk, code, detail, at) VALUES (:kiosk, 'kiosk_twice', :office, :at)")
            connection.execute(new, alarm)
    current = sa.text("standing = 'current'")
    op.create_index(
        "vouching_current", "vouching", ["kiosk"], unique=True, sqlite_where=current, postgresql_where=current
    )
