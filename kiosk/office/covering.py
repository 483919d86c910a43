"""Whether a package of a kiosk that was revoked meanwhile was sealed before that: the kiosk's own chain tells.

Each package names the hash of the one before it. One that was committed before the revocation proves every package that
leads up to it, whoever holds the kiosk and its key since. Of what came after the last one nothing can be proven.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from sqlalchemy import Connection, select

from kiosk.custody.entries import from_text
from kiosk.office import tables
from kiosk.office.apart import Apart
from kiosk.sealing.errors import BadEncoding
from kiosk.sealing.package import peek_header


def is_covered(connection: Connection, apart: Apart, revoked_at: datetime) -> bool:
    """Whether a package committed before ``revoked_at`` leads back to this one, hash by hash."""
    table = tables.enrolment
    try:
        header = peek_header(apart.data)
    except BadEncoding:
        return False
    seq, reached = header.seq, {hashlib.sha256(apart.data).digest()}
    while reached:
        seq += 1
        following = connection.execute(
            select(table.c.prev, table.c.sha256, table.c.received_at).where(
                table.c.kiosk == header.kiosk, table.c.seq == seq
            )
        ).first()
        if following is None:
            reached = _apart_after(connection, apart.kiosk, seq, reached)
        elif bytes(following.prev) not in reached:
            return False
        elif from_text(following.received_at) < revoked_at:
            return True
        else:
            reached = {bytes(following.sha256)}
    return False


def _apart_after(connection: Connection, kiosk: str, seq: int, reached: set[bytes]) -> set[bytes]:
    """The hashes of refused packages in this place that name one of those before.

    All of them: a thief may have put others beside the honest one. Whose one is need not be known: what a proven
    package names by its hash is proven.
    """
    table = tables.quarantine
    rows = connection.scalars(select(table.c.bytes).where(table.c.kiosk == kiosk, table.c.seq == seq))
    return {hashlib.sha256(data).digest() for data in map(bytes, rows) if peek_header(data).prev in reached}
