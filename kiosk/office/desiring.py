"""The settings that are wanted of kiosks: signed here by a person's hand, and compared with what the kiosks tell.

A word about settings names all that is wanted of one kiosk. What was wanted before stays in the database with who
wanted it; the newest word counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, and_, func, insert, select, update

from kiosk.custody.entries import from_text, to_text
from kiosk.domain.commands import Value
from kiosk.domain.desired import expected
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import upsert
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry
from kiosk.sealing.desired import DesiredWord, sign_desired
from kiosk.sealing.keys import SigningKey
from kiosk.wire.messages import SettingsSample


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of one kiosk: the settings of the newest word, its number, and by whom since when."""

    kiosk: str
    n: int
    at: datetime
    by: str
    settings: Mapping[str, Value]
    signed: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """What a kiosk told of its settings: the number of the word that it took last, and since when each value is known.

    `told_at` is None for one that has told nothing.
    """

    n: int = 0
    has: Mapping[str, float | str] = field(default_factory=lambda: MappingProxyType({}))
    refused: tuple[str, ...] = ()
    since: Mapping[str, datetime] = field(default_factory=lambda: MappingProxyType({}))
    told_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """A setting that is not as it is wanted; `has` and `since` are None where the kiosk told nothing of it."""

    name: str
    wanted: Value
    has: float | str | None
    since: datetime | None


def want(
    database: OfficeDatabase,
    registry: Registry,
    key: SigningKey,
    *,
    kiosk: str,
    changes: Mapping[str, Value | None],
    by: str,
    now: datetime,
) -> Wanted:
    """Sign and keep a word: what was wanted before with these changes, None for what is wanted no more.

    The collector tells it. Raises OfficeError: the kiosk is not registered, or a setting may not be wanted.
    """
    if kiosk not in registry.kiosks:
        raise OfficeError(f"kiosk {kiosk!r} is not registered at this office")
    if registry.kiosks[kiosk].office:
        raise OfficeError(f"{kiosk!r} is an office, and has no such settings")
    wrong = [said for name, value in changes.items() if value is not None and (said := expected(name, value))]
    if wrong:
        raise OfficeError("; ".join(wrong))
    with database.transaction() as connection:
        before = _wanted(connection, kiosk)
        kept = {**(before[0].settings if before else {}), **changes}
        settings = {name: value for name, value in sorted(kept.items()) if value is not None}
        told = _told(connection, kiosk)
        # Above every number before, also above what an office knew that was restored from a backup since.
        n = max((before[0].n if before else 0) + 1, (told.n if told else 0) + 1, int(now.timestamp() * 1000))
        signed = sign_desired(DesiredWord(kiosk, n, now, settings), key)
        row = {"kiosk": kiosk, "n": n, "at": to_text(now), "by": by[:64], "settings": settings, "signed": signed}
        connection.execute(insert(tables.desired).values(**row))
        _note_difference(connection, kiosk, settings, told)
    return _wanted_row(row)


def wanted_of(database: OfficeDatabase, kiosk: str | None = None) -> dict[str, Wanted]:
    """By kiosk what is wanted; of one, or of all of whom anything ever was. Raises sqlalchemy's errors."""
    with database.reading() as connection:
        return {one.kiosk: one for one in _wanted(connection, kiosk)}


def told_of(database: OfficeDatabase, kiosk: str | None = None) -> dict[str, Told]:
    """By kiosk what it told of its settings. Raises sqlalchemy's errors."""
    table = tables.settings_told
    query = select(table) if kiosk is None else select(table).where(table.c.kiosk == kiosk)
    with database.looking() as connection:
        return {row["kiosk"]: _told_row(row) for row in connection.execute(query).mappings()}


def differing(database: OfficeDatabase) -> int:
    """How many kiosks do not have what is wanted of them, as they last told. Raises sqlalchemy's errors."""
    table = tables.settings_told
    with database.looking() as connection:
        return int(connection.scalar(select(func.count()).select_from(table).where(table.c.differs)) or 0)


def drifts(settings: Mapping[str, Value], told: Told) -> tuple[Drift, ...]:
    """What is not as it is wanted, by name."""
    return tuple(
        Drift(name, value, told.has.get(name), told.since.get(name))
        for name, value in sorted(settings.items())
        if told.has.get(name) != value
    )


def keep_told(database: OfficeDatabase, samples: Mapping[str, tuple[SettingsSample, datetime]]) -> None:
    """Keep what kiosks told, in one transaction; since when a value is known stays where it is the same."""
    table = tables.settings_told
    with database.transaction() as connection:
        for kiosk in sorted(samples):
            sample, at = samples[kiosk]
            before = _told(connection, kiosk) or Told()
            same = {name for name, value in sample.has.items() if before.has.get(name) == value}
            since = {name: to_text(before.since.get(name, at) if name in same else at) for name in sample.has}
            wanted = _wanted(connection, kiosk)
            differs = bool(wanted and drifts(wanted[0].settings, Told(has=sample.has)))
            row = {
                "kiosk": kiosk,
                "n": sample.n,
                "has": dict(sample.has),
                "refused": list(sample.refused),
                "since": since,
                "told_at": to_text(at),
                "differs": differs,
            }
            put = upsert(connection, table).values(**row)
            fields = {name: put.excluded[name] for name in row if name != "kiosk"}
            connection.execute(put.on_conflict_do_update(index_elements=[table.c.kiosk], set_=fields))


def newest_words(database: OfficeDatabase, kiosks: Sequence[str]) -> list[Wanted]:
    """The newest word for each of these kiosks that has one. Raises sqlalchemy's errors."""
    with database.reading() as connection:
        return _wanted(connection, *kiosks) if kiosks else []


def newest_numbers(database: OfficeDatabase) -> dict[str, int]:
    """By kiosk the number of its newest word. Raises sqlalchemy's errors."""
    table = tables.desired
    with database.looking() as connection:
        rows = connection.execute(select(table.c.kiosk, func.max(table.c.n)).group_by(table.c.kiosk)).all()
    return {kiosk: int(n) for kiosk, n in rows}


def count_words(database: OfficeDatabase) -> int:
    """How many words there are: more with each one. Raises sqlalchemy's errors."""
    with database.looking() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.desired)) or 0)


def _note_difference(connection: Connection, kiosk: str, settings: Mapping[str, Value], told: Told | None) -> None:
    table = tables.settings_told
    differs = bool(drifts(settings, told or Told()))
    if told is not None:
        connection.execute(update(table).where(table.c.kiosk == kiosk).values(differs=differs))
        return
    row = {"kiosk": kiosk, "n": 0, "has": {}, "refused": [], "since": {}, "differs": differs}
    connection.execute(insert(table).values(**row))


def _wanted(connection: Connection, *kiosks: str | None) -> list[Wanted]:
    table = tables.desired
    newest = select(table.c.kiosk, func.max(table.c.n).label("n")).group_by(table.c.kiosk)
    if kiosks != (None,):
        newest = newest.where(table.c.kiosk.in_(kiosks))
    words = newest.subquery()
    query = select(table).join(words, and_(table.c.kiosk == words.c.kiosk, table.c.n == words.c.n))
    return [_wanted_row(row) for row in connection.execute(query.order_by(table.c.kiosk)).mappings()]


def _told(connection: Connection, kiosk: str) -> Told | None:
    table = tables.settings_told
    row = connection.execute(select(table).where(table.c.kiosk == kiosk)).mappings().first()
    return None if row is None else _told_row(row)


def _wanted_row(row: Mapping[Any, Any]) -> Wanted:
    return Wanted(
        row["kiosk"], int(row["n"]), from_text(row["at"]), row["by"], dict(row["settings"]), bytes(row["signed"])
    )


def _told_row(row: Mapping[Any, Any]) -> Told:
    return Told(
        n=int(row["n"]),
        has=dict(row["has"]),
        refused=tuple(row["refused"]),
        since={name: from_text(at) for name, at in row["since"].items()},
        told_at=from_text(row["told_at"]) if row["told_at"] else None,
    )
