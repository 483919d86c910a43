"""The last word of every kiosk, asked for again and again: only what has changed is read into values anew."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, cast, select

from kiosk.custody.entries import from_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.records import KioskLast, alerts_of

_TIMES = frozenset({"state_at", "seen_at", "outbox_since"})
_NAMES: Sequence[str] = tuple(KioskLast.__dataclass_fields__)
_TABLE = tables.kiosk_last.c
_LISTS = frozenset({"faults", "alerts"})
# Lists as text: a row is compared before it is read.
_QUERY = select(*(cast(_TABLE[name], String) if name in _LISTS else _TABLE[name] for name in _NAMES)).order_by(
    _TABLE.kiosk
)


class LastWords:
    """Used by one thread at a time. Raises sqlalchemy's errors."""

    def __init__(self, database: OfficeDatabase) -> None:
        self._database = database
        self._read: dict[str, tuple[tuple[Any, ...], KioskLast]] = {}

    def __call__(self) -> list[KioskLast]:
        """The last word of every kiosk that ever spoke, by name."""
        with self._database.reading() as connection:
            rows = [tuple(row) for row in connection.execute(_QUERY).all()]
        before = self._read
        self._read = {row[0]: known if (known := before.get(row[0])) and known[0] == row else _new(row) for row in rows}
        return [last for _, last in self._read.values()]


def _new(row: tuple[Any, ...]) -> tuple[tuple[Any, ...], KioskLast]:
    values = dict(zip(_NAMES, row, strict=True))
    for name in _TIMES:
        values[name] = _time(values[name])
    values["faults"] = tuple(json.loads(values["faults"] or "null") or ())
    values["alerts"] = alerts_of(json.loads(values["alerts"] or "null"))
    return row, KioskLast(**values)


def _time(text: str | None) -> datetime | None:
    return from_text(text) if text else None
