"""What an office below has lost comes back from the office above, on a medium: the packages that it had passed on.

The office above settles what was passed on, and kiosks erase what is settled. So what came to an office below after its
last backup may exist above alone. It goes back in the very form in which a stick carries it from a kiosk, and
`kiosk office stick` takes it in through every check: the kiosk's own signature decides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select

from kiosk.custody.entries import to_text
from kiosk.custody.stick import Carried, Stick
from kiosk.office import tables
from kiosk.office.auditing import Audit, by_hand
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry, load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.vouching import Trust

_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class GivenBack:
    """How many packages are on the medium now, how many of them were before, and receipt numbers lost here too."""

    written: int
    there_already: int
    lost: tuple[int, ...]


def give_back(
    settings: OfficeSettings, office: str, medium: Stick, *, since: datetime | None, by: str, at: datetime
) -> GivenBack:
    """Write onto a medium what the office below has passed on.

    Args:
        settings: this office, the one above.
        office: the name by which the office below is registered here.
        medium: where it goes.
        since: only what came here since then; everything where None.
        by: who does it, for the audit.
        at: now, UTC.

    Raises:
        OfficeError: no office of this name is registered here, or the database cannot be used.
        CustodyFault: the medium is full, read-only, pulled, or gives back other bytes; what was written before stays.
        sqlalchemy's errors: the database fails.
    """
    _check(load_registry(settings.layout.registry), office)
    written = there = 0
    lost: list[int] = []
    with closing(OfficeDatabase.open(settings.database)) as database:
        Audit(database).note(by_hand("gave_back", f"{office} {since:%Y-%m-%d}" if since else office, by=by, at=at))
        for number, carried, sha256 in _passed_on(database, office, since):
            found = database.package(carried.id)
            if found is None or hashlib.sha256(found[1]).digest() != sha256:
                lost.append(number)
            elif medium.save(carried, found[1]):
                written += 1
            else:
                there += 1
    return GivenBack(written, there, tuple(lost))


def _check(registry: Registry, office: str) -> None:
    entry = registry.kiosks.get(office)
    if entry is None or not entry.office:
        known = ", ".join(sorted(one.kiosk for one in registry.kiosks.values() if one.office)) or "none"
        raise OfficeError(f"no office {office!r} passes packages on to this one; registered are: {known}")


def _passed_on(database: OfficeDatabase, office: str, since: datetime | None) -> Iterator[tuple[int, Carried, bytes]]:
    """Receipt number here, place and hash of everything that this office has passed on, in the order it came."""
    table, word = tables.enrolment, tables.vouching.c
    of_office = select(word.kiosk).where(word.office == office, word.standing != Trust.CLAIMED.value)
    query = (
        select(table.c.number, table.c.kiosk, table.c.seq, table.c.id, table.c.sha256)
        .where(table.c.kiosk.in_(of_office))
        .order_by(table.c.number)
        .limit(_PAGE)
    )
    if since is not None:
        query = query.where(table.c.received_at >= to_text(since))
    after = 0
    while True:
        with database.reading() as connection:
            rows = connection.execute(query.where(table.c.number > after)).all()
        if not rows:
            return
        for number, kiosk, seq, package_id, sha256 in rows:
            yield int(number), Carried(kiosk, int(seq), package_id), bytes(sha256)
            after = int(number)
