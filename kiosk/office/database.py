"""What the office knows, kept: enrolments with their packages, quarantine, alarms, and the last word of each kiosk.

Owns every SQL statement of the office. SQLite by default, PostgreSQL by its URL. A committed enrolment is never changed
or removed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from itertools import pairwise
from typing import Any, Self

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    and_,
    case,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.engine import make_engine, upsert, why_not_open
from kiosk.office.errors import DatabaseError
from kiosk.office.gaps import Gaps, Missing, missing_enrolments
from kiosk.office.migrations import bring_up_to_date
from kiosk.office.records import Alarm, KioskLast, NewEnrolment, StoredEnrolment, alerts_of

# A kiosk's refused packages, at most: far more than one mistake makes, far less than a disk.
MAX_APART = 500
MAX_APART_BYTES = 1 << 30
# The state of a slot that was left empty with a reason.
EXCEPTED = "excepted"
_LARGEST = (1 << 63) - 1


class OfficeDatabase:
    """The database. May be used from several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._gaps = Gaps()
        self._writing = engine.execution_options(writing=True)
        # One statement alone is a whole transaction to PostgreSQL: neither begun nor ended by further messages, of
        # which each is a wait for the server.
        server = engine.dialect.name == "postgresql"
        self._looking = engine.execution_options(isolation_level="AUTOCOMMIT") if server else engine

    @classmethod
    def open(cls, url: str) -> Self:
        """Open, and bring the tables up to date.

        Raises:
            DatabaseError: not reachable, damaged, or written by a newer program.
        """
        engine = make_engine(url)
        try:
            with engine.execution_options(writing=True).begin() as connection:
                bring_up_to_date(connection)
        except BaseException as error:
            engine.dispose()
            if isinstance(error, SQLAlchemyError):
                raise DatabaseError(why_not_open(url, error)) from error
            raise
        return cls(engine)

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def transaction(self) -> AbstractContextManager[Connection]:
        """One transaction: committed at the end, rolled back by an exception."""
        return self._writing.begin()

    def reading(self) -> AbstractContextManager[Connection]:
        """A connection for reading."""
        return self._engine.connect()

    def looking(self) -> AbstractContextManager[Connection]:
        """A connection for one statement that reads; of two each sees what is there at its own moment."""
        return self._looking.connect()

    def find(self, package_id: str) -> StoredEnrolment | None:
        """The enrolment of this package id."""
        with self.looking() as connection:
            return find_enrolment(connection, package_id)

    def package(self, package_id: str) -> tuple[StoredEnrolment, bytes] | None:
        """The enrolment and its package, whole as it came."""
        table = tables.package
        with self.looking() as connection:
            stored = find_enrolment(connection, package_id)
            if stored is None:
                return None
            data = connection.scalar(select(table.c.bytes).where(table.c.number == stored.number))
        return None if data is None else (stored, bytes(data))

    def numbered(self, number: int) -> str | None:
        """The package id behind a receipt number."""
        table = tables.enrolment
        with self.looking() as connection:
            return connection.scalar(select(table.c.id).where(table.c.number == number))

    def supplements_of(self, package_id: str) -> list[str]:
        """The package ids of the later visits at which weak prints of this enrolment were taken again, oldest first."""
        table = tables.enrolment
        query = select(table.c.id).where(table.c.supplements == package_id).order_by(table.c.number)
        with self.looking() as connection:
            return list(connection.scalars(query))

    def newest(self, *, limit: int) -> list[StoredEnrolment]:
        """The enrolments that came last, newest first."""
        with self.looking() as connection:
            rows = connection.execute(select(*_COLUMNS).order_by(tables.enrolment.c.number.desc()).limit(limit))
            return [_stored(row._mapping) for row in rows]  # noqa: SLF001 - SQLAlchemy's public name has this form

    def count(self, *, since: datetime | None = None) -> int:
        """How many enrolments there are, or came since ``since``."""
        query = select(func.coalesce(func.sum(tables.tally.c.count), 0))
        if since is not None:
            came = tables.enrolment.c.received_at >= to_text(since)
            query = select(func.count()).select_from(tables.enrolment).where(came)
        with self.looking() as connection:
            return int(connection.scalar(query) or 0)

    def kiosks(self) -> list[KioskLast]:
        """The last word of every kiosk that ever spoke, by name."""
        with self.looking() as connection:
            rows = connection.execute(select(tables.kiosk_last).order_by(tables.kiosk_last.c.kiosk)).mappings()
            return [_last(row) for row in rows]

    def alarms(self) -> list[Alarm]:
        """Everything that needs a person, newest first."""
        with self.looking() as connection:
            rows = connection.execute(select(tables.alarm).order_by(tables.alarm.c.n.desc())).mappings()
            return [Alarm(row["kiosk"], row["code"], row["detail"], from_text(row["at"])) for row in rows]

    def gaps(self) -> dict[str, int]:
        """Per kiosk, how many enrolments are nowhere; see `kiosk.office.gaps`."""
        with self.looking() as connection:
            return missing_enrolments(connection)

    def missing(self, kiosks: Iterable[str]) -> dict[str, Missing]:
        """Which enrolments of these kiosks are nowhere; kiosks without any are left out."""
        with self.reading() as connection:
            return self._gaps.of(connection, kiosks)

    def hear(self, words: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what kiosks said of themselves, in one transaction: per kiosk its columns; others stay as they were."""
        if words:
            with self.transaction() as connection:
                _hear(connection, words)

    def end_alarms(self, kiosk: str, code: str) -> None:
        """Take off what is over by itself."""
        table = tables.alarm
        with self.transaction() as connection:
            connection.execute(delete(table).where(table.c.kiosk == kiosk, table.c.code == code))

    def raise_alarm(self, kiosk: str, code: str, detail: str, *, at: datetime) -> bool:
        """Keep an alarm; the same one is kept once. True when it is new."""
        with self.transaction() as connection:
            return keep_alarm(connection, kiosk, code, detail, at=at)

    def quarantined(self, kiosk: str, package_id: str, sha256: bytes) -> bytes | None:
        """The rejecting receipt that was given for these bytes under this id.

        The id too: it is not signed, and good bytes that came once under a wrong one must not be refused for ever.
        """
        table = tables.quarantine
        mine = (table.c.kiosk == kiosk, table.c.id == package_id, table.c.sha256 == sha256)
        with self.looking() as connection:
            return connection.scalar(select(table.c.receipt).where(*mine))

    def quarantine(
        self,
        kiosk: str,
        package_id: str,
        *,
        seq: int | None,
        sha256: bytes,
        code: str,
        at: datetime,
        data: bytes,
        receipt: bytes | None,
        alarm: tuple[str, str],
    ) -> bool:
        """Keep a refused package apart, whole; ``seq`` is the place it claims. The same bytes are kept once.

        With it its ``alarm``, code and detail: a process that dies afterwards has told of it all the same.

        False when so much of this kiosk is kept apart that one of its kind could fill the disk: then nothing is kept.
        """
        table = tables.quarantine
        row = {
            "kiosk": kiosk,
            "id": package_id,
            "seq": seq,
            "sha256": sha256,
            "code": code,
            "at": to_text(at),
            "bytes": data,
            "receipt": receipt,
        }
        try:
            with self.transaction() as connection:
                held = select(func.count(), func.coalesce(func.sum(func.length(table.c.bytes)), 0))
                count, size = connection.execute(held.where(table.c.kiosk == kiosk)).one()
                if count >= MAX_APART or size + len(data) > MAX_APART_BYTES:
                    return False
                connection.execute(insert(table).values(**row))
                keep_alarm(connection, kiosk, *alarm, at=at)
        except IntegrityError:
            return True
        return True


def keep_alarm(connection: Connection, kiosk: str, code: str, detail: str, *, at: datetime) -> bool:
    """Keep an alarm within a transaction, with what it is about; the same one is kept once. True when it is new."""
    new = upsert(connection, tables.alarm).on_conflict_do_nothing()
    row = {"kiosk": kiosk, "code": code, "detail": detail, "at": to_text(at)}
    return connection.execute(new.returning(tables.alarm.c.n), [row]).first() is not None


def find_enrolment(connection: Connection, package_id: str) -> StoredEnrolment | None:
    """The enrolment of this package id, within a transaction."""
    row = connection.execute(select(*_COLUMNS).where(tables.enrolment.c.id == package_id)).mappings().first()
    return None if row is None else _stored(row)


def find_enrolments(connection: Connection, *conditions: ColumnElement[bool], limit: int) -> list[StoredEnrolment]:
    """The enrolments that all ``conditions`` hold for, the newest first."""
    query = select(*_COLUMNS).where(*conditions).order_by(tables.enrolment.c.number.desc()).limit(limit)
    return [_stored(row) for row in connection.execute(query).mappings()]


def find_claims(connection: Connection, package_id: str, kiosk: str, seq: int) -> list[StoredEnrolment]:
    """The enrolments that have this package id, or this place in the kiosk's sequence: none, one, or one of each."""
    table = tables.enrolment.c
    return find_enrolments(
        connection, or_(table.id == package_id, and_(table.kiosk == kiosk, table.seq == seq)), limit=2
    )


def chain_fits(connection: Connection, kiosk: str, seq: int) -> bool:
    """Whether the package in this place names the one before it and is named by the one after, where they are here.

    A refused package leaves its place empty and is no break.
    """
    table = tables.enrolment
    rows = connection.execute(
        select(table.c.seq, table.c.sha256, table.c.prev)
        .where(table.c.kiosk == kiosk, table.c.seq.between(seq - 1, min(seq + 1, _LARGEST)))
        .order_by(table.c.seq)
    ).all()
    pairs = pairwise(rows)
    return all(later.prev == earlier.sha256 for earlier, later in pairs if later.seq == earlier.seq + 1)


def insert_enrolment(connection: Connection, new: NewEnrolment, *, received_at: datetime) -> int:
    """Keep an enrolment and its package; the office's receipt number."""
    row = {
        "id": new.id,
        "kiosk": new.kiosk,
        "seq": new.seq,
        "sha256": new.sha256,
        "prev": new.prev,
        "sealed_at": to_text(new.sealed_at),
        "received_at": to_text(received_at),
        "simulated": new.simulated,
        "size": len(new.package),
        "person": new.person,
        "name": new.name,
        "unit": new.unit,
        "started_at": to_text(new.started_at),
        "finished_at": to_text(new.finished_at),
        "slots": {key: dict(value) for key, value in new.slots.items()},
        "status": "received",
        "supplements": new.supplements,
        "excepted": any(note.get("state") == EXCEPTED for note in new.slots.values()),
    }
    key = connection.execute(insert(tables.enrolment).values(**row)).inserted_primary_key
    if key is None:
        raise DatabaseError("the database gave no receipt number")
    number = int(key[0])
    connection.execute(insert(tables.package).values(number=number, bytes=new.package))
    _count(connection, new.kiosk, new.seq)
    return number


def _hear(connection: Connection, words: Mapping[str, Mapping[str, Any]]) -> None:
    """One statement for all kiosks that told of the same columns: a country that comes back must not cost 20,000."""
    table = tables.kiosk_last
    alike: dict[frozenset[str], list[dict[str, Any]]] = {}
    # In one order wherever it is written: two shards that wrote the same kiosks would wait for each other for ever.
    for kiosk in sorted(words):
        changes = words[kiosk]
        row = {"kiosk": kiosk, "province": "", "commune": "", "state": "", "sw": "", **changes}
        alike.setdefault(frozenset(changes), []).append(row)
    for names, rows in alike.items():
        new = upsert(connection, table)
        told = {name: new.excluded[name] for name in sorted(names)}
        put = (
            new.on_conflict_do_update(index_elements=[table.c.kiosk], set_=told)
            if told
            else new.on_conflict_do_nothing()
        )
        # With something to return, the library sends many rows as one statement, and not row by row.
        connection.execute(put.returning(table.c.kiosk), rows).all()


def _count(connection: Connection, kiosk: str, seq: int) -> None:
    table = tables.tally
    highest = case((table.c.highest < seq, seq), else_=table.c.highest)
    more = update(table).where(table.c.kiosk == kiosk).values(count=table.c.count + 1, highest=highest)
    if connection.execute(more).rowcount == 0:
        connection.execute(insert(table).values(kiosk=kiosk, highest=seq, count=1))


def keep_receipt(connection: Connection, number: int, signed: bytes) -> None:
    """Keep the signed receipt beside its enrolment, so that a repeated question gets the very same answer."""
    table = tables.enrolment
    connection.execute(update(table).where(table.c.number == number).values(receipt=signed))


_COLUMNS: Sequence[Any] = tuple(
    tables.enrolment.c[name]
    for name in (
        "number",
        "id",
        "kiosk",
        "seq",
        "sha256",
        "received_at",
        "finished_at",
        "simulated",
        "person",
        "name",
        "unit",
        "slots",
        "status",
        "receipt",
        "supplements",
    )
)


def _stored(row: Mapping[Any, Any]) -> StoredEnrolment:
    values = dict(row)
    values["received_at"] = from_text(values["received_at"])
    values["finished_at"] = from_text(values["finished_at"])
    return StoredEnrolment(**values)


def _last(row: Mapping[Any, Any]) -> KioskLast:
    values = {name: row[name] for name in KioskLast.__dataclass_fields__}
    for name in ("state_at", "seen_at", "outbox_since"):
        values[name] = from_text(values[name]) if values[name] else None
    values["faults"] = tuple(values["faults"] or ())
    values["alerts"] = alerts_of(values["alerts"])
    return KioskLast(**values)
