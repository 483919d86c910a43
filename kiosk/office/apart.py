"""What waits for a person: packages kept apart and alarms, listed and let go. Every statement within a transaction.

Refuses to let a package go that has not been committed as an enrolment.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from kiosk.custody.entries import from_text
from kiosk.office import tables
from kiosk.office.records import Alarm


@dataclass(frozen=True, slots=True)
class Apart:
    """A refused package, whole as it came, and the code it was refused with."""

    n: int
    kiosk: str
    id: str
    code: str
    data: bytes


def kept_apart(connection: Connection, package_id: str) -> list[Apart]:
    """The refused packages that came under this id, in the order in which they came."""
    table = tables.quarantine
    columns = (table.c.n, table.c.kiosk, table.c.id, table.c.code, table.c.bytes)
    rows = connection.execute(select(*columns).where(table.c.id == package_id).order_by(table.c.n))
    return [Apart(int(n), kiosk, name, code, bytes(data)) for n, kiosk, name, code, data in rows]


def let_go(connection: Connection, apart: Apart) -> None:
    """Forget that this package was refused, and its alarm. Its bytes are kept with the enrolment it has become.

    Nothing happens where no enrolment has this id.
    """
    committed = connection.scalar(select(tables.enrolment.c.number).where(tables.enrolment.c.id == apart.id))
    if committed is None:
        return
    connection.execute(delete(tables.quarantine).where(tables.quarantine.c.n == apart.n))
    alarm = tables.alarm
    detail = alarm_detail(apart.code, apart.id)
    connection.execute(delete(alarm).where(alarm.c.kiosk == apart.kiosk, alarm.c.detail == detail))


def alarm_detail(code: str, package_id: str) -> str:
    """What the alarm of a refused package says of it."""
    return f"{code} {package_id}"


def numbered_alarms(connection: Connection) -> dict[int, Alarm]:
    """Every alarm by its number, oldest first."""
    rows = connection.execute(select(tables.alarm).order_by(tables.alarm.c.n)).mappings()
    return {int(row["n"]): Alarm(row["kiosk"], row["code"], row["detail"], from_text(row["at"])) for row in rows}


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """All alarms of one kind of one kiosk, as somebody sees them; ``shown`` stands for exactly these and no other."""

    kiosk: str
    code: str
    n: int
    last_at: datetime
    up_to: int
    shown: str


def alarm_kinds(connection: Connection) -> list[AlarmKind]:
    """Every kind of alarm of every kiosk, those that were raised last first."""
    raised: dict[tuple[str, str], dict[int, datetime]] = {}
    for n, alarm in numbered_alarms(connection).items():
        raised.setdefault((alarm.kiosk, alarm.code), {})[n] = alarm.at
    kinds = [
        AlarmKind(kiosk, code, len(times), max(times.values()), max(times), _shown(times))
        for (kiosk, code), times in raised.items()
    ]
    return sorted(kinds, key=lambda kind: -kind.up_to)


def remove_shown(connection: Connection, kiosk: str, code: str, *, up_to: int, shown: str) -> bool:
    """Take off the alarms of this kind up to the number ``up_to``, if they are the ones that were ``shown``.

    False, and nothing is taken off, where others are among them: nobody has seen those. With several collectors a lower
    number may come after a higher one.
    """
    table = tables.alarm
    mine = (table.c.kiosk == kiosk, table.c.code == code, table.c.n <= up_to)
    numbers = [int(n) for n in connection.scalars(select(table.c.n).where(*mine).order_by(table.c.n))]
    if not numbers or not hmac.compare_digest(_shown(numbers).encode(), shown.encode()):
        return False
    connection.execute(delete(table).where(table.c.n.in_(numbers)))
    return True


def _shown(numbers: Iterable[int]) -> str:
    return hashlib.sha256(",".join(map(str, sorted(numbers))).encode()).hexdigest()


def remove_alarm(connection: Connection, n: int) -> bool:
    """Take an alarm off the page: somebody has seen to it. If it happens again, it is raised again. False: none."""
    return connection.execute(delete(tables.alarm).where(tables.alarm.c.n == n)).rowcount > 0
