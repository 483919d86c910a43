"""Rosters: sealed for one kiosk by a person's hand, given out part by part by the collector, which cannot read them.

A roster's bytes lie beside its signed command, which names their hash, until the kiosk has them. What a kiosk tells of
its roster are days and counts; which key it is sealed for is believed by the kiosk's signature alone.
"""

from __future__ import annotations

import base64
import binascii
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select, update

from kiosk.custody.entries import from_text, to_text
from kiosk.domain.commands import UpdateRoster, Verb
from kiosk.domain.roster import Roster
from kiosk.office import tables
from kiosk.office.commanding import Given, Publish, give_within
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry
from kiosk.sealing.errors import KeyFileError, SealingError
from kiosk.sealing.keys import SigningKey, VerifyingKey
from kiosk.sealing.rosters import seal_roster, verify_roster_key
from kiosk.sealing.suites import SealingKey
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import Birth, Chunk, Telemetry, decode_json, decode_want, encode_cbor
from kiosk.wire.roster import encode_roster, part_count, part_of
from kiosk.wire.topics import Kind, KioskAddress, Topic

_log = logging.getLogger(__name__)

#: Parts for one question: a kiosk that wants more asks again.
AT_ONCE: Final = 8
#: How often it is looked for rosters that nobody can fetch any more.
TIDY_S: Final = 600.0
#: States of a command whose roster the kiosk may still ask for.
STANDING: Final = ("given", "accepted")
#: What waits longer than this in the broker is asked for anew.
PART_EXPIRY_S: Final = 600


@dataclass(frozen=True, slots=True)
class Told:
    """What a kiosk tells of its roster; None where it has none, or has not said. `ready`: its key is known here."""

    kiosk: str
    ready: bool
    issued: date | None
    people: int | None
    done: int | None
    told_at: datetime | None


def send_roster(
    database: OfficeDatabase,
    registry: Registry,
    key: SigningKey,
    *,
    kiosk: str,
    roster: Roster,
    by: str,
    now: datetime,
    lasts: timedelta,
) -> tuple[Given, bytes]:
    """Seal a roster for a kiosk and order it to take it; gives the command and the sealed bytes.

    One without people takes away the roster that the kiosk has.

    Raises:
        OfficeError: the kiosk is not registered or is revoked, has not told its key yet, or the roster is too large.
    """
    entry = registry.kiosks.get(kiosk)
    if entry is None or entry.revoked_at is not None:
        raise OfficeError(f"kiosk {kiosk!r} is {'not registered' if entry is None else 'revoked'} at this office")
    sealed, order = b"", UpdateRoster(roster.issued, roster.last, 0)
    if roster.rows:
        with database.reading() as connection:
            sealing_key = _sealing_key(connection, kiosk)
        try:
            sealed = seal_roster(encode_roster(roster), kiosk=kiosk, key=sealing_key)
        except BadMessage as error:
            raise OfficeError(str(error)) from error
        mark = sha256(sealed).hexdigest()
        order = UpdateRoster(roster.issued, roster.last, len(roster.rows), len(sealed), mark, sealing_key.kid)
    table = tables.roster
    # Bytes and command together: a roster without its command nobody asks for, and a command without one nobody obeys.
    with database.transaction() as connection:
        connection.execute(delete(table).where(table.c.kiosk == kiosk))
        if sealed:
            connection.execute(insert(table).values(kiosk=kiosk, sha256=order.sha256, sealed=sealed))
        given = give_within(connection, registry, key, kiosk=kiosk, order=order, by=by, now=now, lasts=lasts)
    return given, sealed


def told_rosters(database: OfficeDatabase, *, kiosk: str | None = None) -> list[Told]:
    """What kiosks tell of their rosters, by kiosk; `kiosk` None: all of them."""
    table = tables.roster_kiosk
    query = select(table).order_by(table.c.kiosk)
    if kiosk is not None:
        query = query.where(table.c.kiosk == kiosk)
    with database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [
        Told(
            row["kiosk"],
            row["key"] is not None,
            date.fromisoformat(row["issued"]) if row["issued"] else None,
            row["people"],
            row["done"],
            from_text(row["told_at"]) if row["told_at"] else None,
        )
        for row in rows
    ]


class Rosters:
    """The collector's part. Used by its thread; every method raises sqlalchemy's errors."""

    def __init__(
        self,
        database: OfficeDatabase,
        *,
        registry: Callable[[], Registry],
        publish: Publish,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Read what kiosks told before this process began: who has a roster and loses it must be heard."""
        self._database = database
        self._monotonic_s = monotonic_s
        self._tidy_due_s = 0.0
        self._registry = registry
        self._publish = publish
        self._now = now
        self._heard: dict[str, str] = {}
        table = tables.roster_kiosk.c
        with database.reading() as connection:
            rows = connection.execute(
                select(table.kiosk, table.issued, table.people, table.done).where(table.issued.is_not(None))
            ).all()
        self._told: dict[str, tuple[str, int, int] | None] = {
            row.kiosk: (row.issued, row.people or 0, row.done or 0) for row in rows
        }

    def hear(self, topic: Topic, payload: bytes) -> None:
        """Take in what a kiosk's birth says of its key, and its telemetry of its roster."""
        kiosk = topic.address.kiosk
        try:
            if topic.kind is Kind.BIRTH and payload:
                self._hear_key(kiosk, decode_json(Birth, payload).roster_key)
            elif (topic.kind, topic.tail) == (Kind.TELEMETRY, "kiosk") and (
                # A whole country tells its state each minute: only what holds a roster, or held one, is read again.
                b'"roster"' in payload or self._told.get(kiosk) is not None
            ):
                self._hear_progress(kiosk, decode_json(Telemetry, payload))
        except BadMessage:
            return  # told already by who keeps the last word of each kiosk

    def give(self, address: KioskAddress, payload: bytes) -> None:
        """Give a kiosk the parts that it wants of its own roster, as long as its command stands. Raises BadMessage."""
        want = decode_want(payload)
        sealed = self._sealed(address.kiosk, want.id)
        count = part_count(len(sealed))
        wanted = (i for first, last in want.ranges for i in range(first, min(last, count - 1) + 1))
        for _, i in zip(range(AT_ONCE), wanted, strict=False):
            part = encode_cbor(Chunk(id=want.id, i=i, data=part_of(sealed, i)))
            if self._publish(address.roster, part, expiry_s=PART_EXPIRY_S) is None:
                return

    def tidy(self) -> None:
        """Now and then let go of what no kiosk can fetch any more: of who never answered, when the command is over."""
        if self._monotonic_s() < self._tidy_due_s:
            return
        self._tidy_due_s = self._monotonic_s() + TIDY_S
        roster, command = tables.roster.c, tables.command.c
        with self._database.transaction() as connection:
            # Rosters first: whatever is seen here, its command was kept with it, and is seen as well.
            held = {(row.kiosk, row.sha256) for row in connection.execute(select(roster.kiosk, roster.sha256))}
            if not held:
                return
            standing = select(command.kiosk, command.args).where(
                command.verb == Verb.ROSTER.value,
                command.state.in_(STANDING),
                command.until > to_text(self._now()),
            )
            wanted = {(row.kiosk, str(row.args.get("sha256"))) for row in connection.execute(standing)}
            for kiosk, mark in sorted(held - wanted):
                connection.execute(delete(tables.roster).where(roster.kiosk == kiosk, roster.sha256 == mark))

    def answered(self, kiosk: str) -> None:
        """A kiosk has answered a command: what it has now, or cannot open, is kept no longer."""
        with self._database.transaction() as connection:
            held = connection.scalars(select(tables.roster.c.sha256).where(tables.roster.c.kiosk == kiosk)).all()
            if not held:
                return
            table = tables.command
            newest = (
                connection.execute(
                    select(table.c.state, table.c.code, table.c.args)
                    .where(table.c.kiosk == kiosk, table.c.verb == Verb.ROSTER.value)
                    .order_by(table.c.n.desc())
                    .limit(1)
                )
                .mappings()
                .first()
            )
            if newest is None or newest["state"] not in {"done", "refused"}:
                return
            connection.execute(delete(tables.roster).where(tables.roster.c.kiosk == kiosk))
            if newest["code"] == "other_key":
                self._forget_key(connection, kiosk, str(newest["args"].get("kid")))

    def _sealed(self, kiosk: str, command: str) -> bytes:
        table = tables.command
        with self._database.reading() as connection:
            args = connection.scalar(
                select(table.c.args).where(
                    table.c.id == command,
                    table.c.kiosk == kiosk,
                    table.c.verb == Verb.ROSTER.value,
                    table.c.state.in_(STANDING),
                    table.c.until > to_text(self._now()),
                )
            )
            if args is None:
                return b""
            mine = (tables.roster.c.kiosk == kiosk, tables.roster.c.sha256 == str(args.get("sha256")))
            return bytes(connection.scalar(select(tables.roster.c.sealed).where(*mine)) or b"")

    def _hear_key(self, kiosk: str, word: str) -> None:
        entry = self._registry().kiosks.get(kiosk)
        if not word or entry is None or self._heard.get(kiosk) == word:
            return
        try:
            said = verify_roster_key(base64.b64decode(word, validate=True), VerifyingKey(entry.record_key))
        except (SealingError, binascii.Error) as error:
            _log.warning("the key for rosters of %s is not believed: %s", kiosk, type(error).__name__)
            self._heard[kiosk] = word
            return
        table = tables.roster_kiosk
        with self._database.transaction() as connection:
            known = connection.execute(select(table.c.n, table.c.key).where(table.c.kiosk == kiosk)).first()
            older = known is not None and known.key is not None and said.n <= known.n
            if said.kiosk == kiosk and not older:
                _put(connection, kiosk, {"n": said.n, "key": said.key.describe()})
        # Only now: what the database did not take is heard again at the next connection.
        self._heard[kiosk] = word

    def _hear_progress(self, kiosk: str, sample: Telemetry) -> None:
        roster = sample.roster
        told = None if roster is None else (roster.of.isoformat(), min(roster.n, 1 << 30), min(roster.done, 1 << 30))
        if kiosk in self._told and self._told[kiosk] == told:
            return
        issued, people, done = told or (None, None, None)
        with self._database.transaction() as connection:
            values = {"issued": issued, "people": people, "done": done, "told_at": to_text(self._now())}
            _put(connection, kiosk, values)
        self._told[kiosk] = told

    def _forget_key(self, connection: Connection, kiosk: str, kid: str) -> None:
        """The kiosk says, signed, that it has another key: its next word is believed, whatever the number."""
        table = tables.roster_kiosk
        known = connection.scalar(select(table.c.key).where(table.c.kiosk == kiosk))
        if known is not None and known.get("kid") == kid:
            connection.execute(update(table).where(table.c.kiosk == kiosk).values(key=None))
            self._heard.pop(kiosk, None)


def _sealing_key(connection: Connection, kiosk: str) -> SealingKey:
    table = tables.roster_kiosk
    described = connection.scalar(select(table.c.key).where(table.c.kiosk == kiosk))
    if described is None:
        raise OfficeError(
            f"kiosk {kiosk!r} has not told its key for rosters yet: it does when an officer signs in there, online"
        )
    try:
        return SealingKey.from_description(described)
    except KeyFileError as error:
        raise OfficeError(f"the key for rosters of {kiosk!r} that is kept here is damaged: {error}") from error


def _put(connection: Connection, kiosk: str, values: dict[str, Any]) -> None:
    table = tables.roster_kiosk
    changed = connection.execute(update(table).where(table.c.kiosk == kiosk).values(**values))
    if not changed.rowcount:
        connection.execute(insert(table).values(**{"kiosk": kiosk, "n": 0, **values}))
