"""Settled: an enrolment is also in a verified copy, so its kiosk may erase it. Signed here, told by the collector.

Whoever has verified a copy (a backup that was read back, or the receipt of the next level up) calls `settle` with the
hash that the copy holds of each package. Refuses to settle for a copy that holds other bytes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ARRAY, Connection, String, and_, any_, delete, insert, literal, not_, select, update

from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.registry import Registry
from kiosk.office.vouching import Trust
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import Receipt, sign_receipt
from kiosk.wire.messages import ReceiptMessage, encode_cbor
from kiosk.wire.topics import KioskAddress

_log = logging.getLogger(__name__)

# One transaction for so many: a lock is held while they are signed.
BATCH = 200
AT_ONCE = 16
LOOK_S = 1.0

Publish = Callable[[str, bytes], int | None]


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a verified copy: receipt numbers settled now, and those of which the copy holds other bytes."""

    settled: tuple[int, ...]
    differing: tuple[int, ...]


def settle(database: OfficeDatabase, key: SigningKey, copy: Mapping[int, bytes], *, at: datetime) -> Settlement:
    """Settle what a verified copy holds.

    Args:
        database: the office's own.
        key: the office's receipt key.
        copy: per receipt number the SHA-256 of the package as the copy holds it, computed from the copy's bytes.
        at: now, UTC.

    Numbers that are settled already, or that this office does not know, change nothing. Raises sqlalchemy's errors when
    the database fails; what was settled before the failure stays so.
    """
    settled: list[int] = []
    differing: list[int] = []
    numbers = sorted(copy)
    for start in range(0, len(numbers), BATCH):
        with database.transaction() as connection:
            for number in numbers[start : start + BATCH]:
                found = _settle_one(connection, key, number, copy[number], at)
                if found is not None:
                    (settled if found else differing).append(number)
    if differing:
        _log.error(
            "a copy holds other bytes of %d packages than this office: nothing of them is settled", len(differing)
        )
    return Settlement(tuple(settled), tuple(differing))


def _settle_one(connection: Connection, key: SigningKey, number: int, sha256: bytes, at: datetime) -> bool | None:
    """True when it is settled now, False when the copy differs, None when there is nothing to do."""
    table = tables.enrolment
    columns = (table.c.id, table.c.kiosk, table.c.seq, table.c.sha256)
    row = connection.execute(select(*columns).where(table.c.number == number, table.c.status == "received")).first()
    if row is None:
        return None
    if bytes(row.sha256) != sha256:
        return False
    receipt = Receipt(row.id, row.kiosk, int(row.seq), sha256, "settled", number, at)
    signed = sign_receipt(receipt, key)
    connection.execute(update(table).where(table.c.number == number).values(status="settled", receipt=signed))
    connection.execute(insert(tables.untold).values(number=number))
    return True


class SettledReceipts:
    """Tells kiosks what is settled. Used by the collector's thread.

    What a broker loses on the way is asked for by the kiosk itself, now and then.
    """

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        monotonic_s: Callable[[], float],
        own: Callable[[], Registry] | None = None,
    ) -> None:
        """``own``: the registry with those kiosks alone that are told from here; all of them where None."""
        self._database = database
        self._registry = registry
        self._own = own or registry
        self._publish = publish
        self._monotonic_s = monotonic_s
        self._due_s = 0.0
        self._under_way: dict[int, int] = {}
        self._after = 0

    def tell(self) -> None:
        """Publish the next ones, when it is time. Raises sqlalchemy's errors."""
        now_s = self._monotonic_s()
        if self._under_way or now_s < self._due_s:
            return
        rows = self._next()
        # A full batch is followed by the next one at once; what the broker refused comes again after all others.
        full = len(rows) == AT_ONCE
        self._due_s = now_s if full else now_s + LOOK_S
        own = self._own().kiosks
        for number, kiosk, office, signed in rows:
            entry = self._registry().kiosks.get(kiosk) or self._registry().kiosks.get(office or "")
            if entry is None:
                self._forget(number)
                continue
            if entry.kiosk not in own:
                self._after = number  # another shard tells it
                continue
            # The office that passed it on, where it was passed on.
            topic = KioskAddress(entry.province, entry.commune, entry.kiosk).ack
            mid = self._publish(topic, encode_cbor(ReceiptMessage(cose=signed)))
            if mid is None:
                return
            self._under_way[mid] = number
            self._after = number
        if not full:
            self._after = 0

    def on_outcome(self, mid: int, refusal: str | None) -> bool:
        """The broker answered; True when it was about one of these. Raises sqlalchemy's errors."""
        number = self._under_way.pop(mid, None)
        if number is None:
            return False
        if refusal is None:
            self._forget(number)
        return True

    def on_down(self) -> None:
        """What had no answer is told again."""
        self._under_way.clear()

    def _next(self) -> list[tuple[int, str, str | None, bytes]]:
        table, vouched = tables.enrolment, tables.vouching
        query = (
            select(table.c.number, table.c.kiosk, vouched.c.office, table.c.receipt)
            .join(tables.untold, tables.untold.c.number == table.c.number)
            .outerjoin(vouched, and_(vouched.c.kiosk == table.c.kiosk, vouched.c.standing == Trust.CURRENT.value))
            .where(table.c.number > self._after)
            .order_by(table.c.number)
            .limit(AT_ONCE)
        )
        whole, own = self._registry(), self._own()
        with self._database.looking() as connection:
            if connection.scalar(select(tables.untold.c.number).limit(1)) is None:
                return []
            if own is not whole:
                # What is for another shard's kiosks is told there. To PostgreSQL, which alone has shards, the list is
                # one array, and not ten thousand values that are put into a statement each second.
                others = sorted(whole.kiosks.keys() - own.kiosks.keys())
                arrays = connection.dialect.name == "postgresql"
                theirs = table.c.kiosk == any_(literal(others, ARRAY(String))) if arrays else table.c.kiosk.in_(others)
                query = query.where(not_(theirs))
            rows = connection.execute(query).all()
        return [(int(number), kiosk, office, bytes(receipt)) for number, kiosk, office, receipt in rows]

    def _forget(self, number: int) -> None:
        with self._database.transaction() as connection:
            connection.execute(delete(tables.untold).where(tables.untold.c.number == number))
