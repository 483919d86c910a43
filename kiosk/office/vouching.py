"""Kiosks of offices below: from which office a kiosk's packages are taken, and by which keys. Owns its table.

The first word counts. A kiosk that two offices call theirs, or one with two keys, is an alarm and changes nothing until
a person decides (`kiosk office vouched`): kiosk ids are to be unique below an office that receives from others. No row
is ever removed, so that a word which the broker has kept does not undo what was decided.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from kiosk.custody.entries import from_text, to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError, RefusalError
from kiosk.office.registry import Registry
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.vouching import Vouch, verify_vouch

_log = logging.getLogger(__name__)

NOT_VOUCHED: Final = "not_vouched"
ELSEWHERE: Final = "vouched_elsewhere"
# Words of one office that wait for a person, and its alarms about single kiosks, at most: names cost it nothing.
MAX_CLAIMS: Final = 500
#: Kiosks that one office below may have, at most: twice a large province. Beyond that nothing of a new one is taken.
MAX_KIOSKS: Final = 20_000
#: The alarm of an office that has vouched for as many and names another one.
TOO_MANY: Final = "vouches_for_many"


class Trust(StrEnum):
    """What a word is worth. Packages are taken by those that are CURRENT, one of a kiosk, or EARLIER."""

    CURRENT = "current"
    EARLIER = "earlier"
    CLAIMED = "claimed"
    REMOVED = "removed"


TAKEN: Final = (Trust.CURRENT.value, Trust.EARLIER.value)


@dataclass(frozen=True, slots=True)
class Vouched:
    """The office below that passes a kiosk's packages on, and the kiosk's record key, raw."""

    office: str
    record_key: bytes


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an office below: for which kiosk, by which key (its id), what it is worth, and since when."""

    kiosk: str
    office: str
    kid: str
    trust: Trust
    at: datetime
    key: str


def find_vouched(connection: Connection, kiosk: str) -> Vouched | None:
    """Which office a kiosk belongs to; None for a kiosk of nobody's."""
    table = tables.vouching
    query = select(table.c.office, table.c.key).where(table.c.kiosk == kiosk, table.c.standing == Trust.CURRENT.value)
    row = connection.execute(query).first()
    return None if row is None else Vouched(row.office, bytes.fromhex(row.key))


def taken_from(connection: Connection, kiosk: str) -> list[Vouched]:
    """From which offices, and by which keys, a kiosk's packages are taken; the current one first."""
    table = tables.vouching
    query = select(table.c.office, table.c.key).where(table.c.kiosk == kiosk, table.c.standing.in_(TAKEN))
    return [
        Vouched(row.office, bytes.fromhex(row.key))
        for row in connection.execute(query.order_by(table.c.standing, table.c.at.desc()))
    ]


def ever_taken(connection: Connection, kiosk: str) -> list[bytes]:
    """The record keys, raw, by which what is here of a kiosk may have been verified when it came."""
    table = tables.vouching
    query = select(table.c.key).where(table.c.kiosk == kiosk, table.c.standing != Trust.CLAIMED.value)
    return [bytes.fromhex(key) for key in connection.scalars(query.order_by(table.c.standing, table.c.at.desc()))]


def why_not_taken(taken: Sequence[Vouched], office: str) -> str:
    """Why ``office`` is not the one that a kiosk's packages are ``taken`` from; empty when it is."""
    if any(one.office == office for one in taken):
        return ""
    return ELSEWHERE if taken else NOT_VOUCHED


def key_for(connection: Connection, kiosk: str, office: str, kid: str) -> VerifyingKey:
    """By which key to verify a package of ``kiosk`` that ``office`` passed on and that says to be signed by ``kid``.

    Raises RefusalError with a code of POSTPONEMENTS: nothing of it is taken from there, or by this key not yet.
    """
    taken = taken_from(connection, kiosk)
    why = why_not_taken(taken, office)
    keys = [VerifyingKey(one.record_key) for one in taken if one.office == office]
    found = next((key for key in keys if key.kid == kid), None)
    if found is None and not why:
        said = any((one.office, one.kid) == (office, kid) for one in all_words(connection, kiosk=kiosk))
        why = NOT_VOUCHED if said else ""
    if why:
        raise RefusalError(why, "nothing of its kiosk is taken from the office that passed it on, or not by this key")
    return found or keys[0]


def all_words(connection: Connection, *, kiosk: str | None = None) -> list[Word]:
    """Every word about this kiosk, or about all, by kiosk; what counts first, then the newest."""
    table = tables.vouching
    query = select(table).order_by(table.c.kiosk, table.c.standing.desc(), table.c.at.desc())
    if kiosk is not None:
        query = query.where(table.c.kiosk == kiosk)
    words = [_word(row) for row in connection.execute(query).mappings()]
    return sorted(words, key=lambda one: (one.kiosk, list(Trust).index(one.trust)))


def move(connection: Connection, kiosk: str, office: str, *, kid: str = "") -> Word:
    """From now on ``office`` is the one that a kiosk belongs to; what the ones before still have is taken as well.

    Args:
        connection: a writing transaction.
        kiosk: the kiosk.
        office: an office below that has vouched for it.
        kid: by which key, the beginning of its id; its newest word where empty.

    Raises:
        OfficeError: it has not vouched for the kiosk by such a key, or the kiosk is there already.
    """
    chosen = _chosen(connection, kiosk, office, kid)
    word = max(chosen, key=lambda one: one.at)
    if word.trust is Trust.CURRENT:
        raise OfficeError(f"{kiosk} is taken from {office} by key {word.kid} already")
    table = tables.vouching
    mine = (table.c.kiosk == kiosk, table.c.standing == Trust.CURRENT.value)
    connection.execute(update(table).where(*mine).values(standing=Trust.EARLIER.value))
    _stand(connection, word, Trust.CURRENT)
    alarm = tables.alarm.c
    connection.execute(delete(tables.alarm).where(alarm.kiosk == kiosk, alarm.code == "kiosk_twice"))
    _end_unvouched(connection, office, kiosk)
    return word


def remove(connection: Connection, kiosk: str, office: str, *, kid: str = "") -> list[Word]:
    """Take nothing of this kiosk from ``office`` any more, whatever it says; `move` takes it back.

    Raises OfficeError as `move`, also when nothing of it counted.
    """
    words = [one for one in _chosen(connection, kiosk, office, kid) if one.trust is not Trust.REMOVED]
    if not words:
        raise OfficeError(f"nothing of {kiosk} is taken from {office} already")
    for word in words:
        _stand(connection, word, Trust.REMOVED)
    return words


class _Became(Enum):
    NEW = 1
    KNOWN = 2
    TWICE = 3
    TOO_MANY = 4


class Vouching:
    """Hears what offices below say of their kiosks. Used by the collector's thread."""

    def __init__(
        self, database: OfficeDatabase, *, registry: Callable[[], Registry], now: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._registry = registry
        self._now = now
        self._refused = 0

    def hear(self, office: str, kiosk: str, payload: bytes) -> bool:
        """Take in one word; True when it says something new. Raises sqlalchemy's errors."""
        entry = self._registry().kiosks.get(office)
        if not payload or entry is None or not entry.office or entry.revoked_at is not None:
            return False
        try:
            vouch = verify_vouch(payload, VerifyingKey(entry.record_key))
        except SealingError as error:
            self._say_refused(office, type(error).__name__)
            return False
        if (vouch.office, vouch.kiosk) != (office, kiosk):
            self._say_refused(office, "another office's or kiosk's")
            return False
        return self._keep(vouch)

    def _keep(self, vouch: Vouch) -> bool:
        try:
            became = self._kept(vouch)
        except IntegrityError:  # another shard's collector has heard a word about this kiosk in the same moment
            became = self._kept(vouch)
        if became is _Became.NEW:
            _log.info("%s passes on the packages of %s", vouch.office, vouch.kiosk)
        elif became is _Became.TWICE:
            self._database.raise_alarm(vouch.kiosk, "kiosk_twice", vouch.office, at=self._now())
        elif became is _Became.TOO_MANY:
            self._database.raise_alarm(vouch.office, TOO_MANY, "", at=self._now())
        return became is _Became.NEW

    def _kept(self, vouch: Vouch) -> _Became:
        key = vouch.record_key.hex()
        with self._database.transaction() as connection:
            words = all_words(connection, kiosk=vouch.kiosk)
            known = next((one.trust for one in words if (one.office, one.key) == (vouch.office, key)), None)
            if known is not None:
                return _Became.TWICE if known is Trust.CLAIMED else _Became.KNOWN
            new = not words and vouch.kiosk not in self._registry().kiosks
            if new and _count(connection, vouch.office, Trust.CURRENT) >= MAX_KIOSKS:
                return _Became.TOO_MANY
            if new:
                _end_unvouched(connection, vouch.office, vouch.kiosk)
            if new or _count(connection, vouch.office, Trust.CLAIMED) < MAX_CLAIMS:
                row = {"kiosk": vouch.kiosk, "office": vouch.office, "key": key, "at": to_text(self._now())}
                trust = Trust.CURRENT if new else Trust.CLAIMED
                connection.execute(insert(tables.vouching).values(**row, standing=trust.value))
        return _Became.NEW if new else _Became.TWICE

    def _say_refused(self, office: str, why: str) -> None:
        self._refused += 1
        if self._refused & (self._refused - 1) == 0:  # 1, 2, 4, 8, …: a flood must not fill the log
            _log.warning("what %s says of its kiosks is not believed: %s (%d so far)", office, why, self._refused)


def alarm_unvouched(database: OfficeDatabase, office: str, kiosk: str, *, at: datetime) -> None:
    """Tell a person that an office passes on what is not taken from it. Raises sqlalchemy's errors."""
    table = tables.alarm
    with database.transaction() as connection:
        if not why_not_taken(taken_from(connection, kiosk), office):
            return  # a person has decided meanwhile
        query = select(table.c.detail).where(table.c.kiosk == office, table.c.code == NOT_VOUCHED)
        told = set(connection.scalars(query))
        detail = "" if len(told) >= MAX_CLAIMS else kiosk
        if detail not in told:
            row = {"kiosk": office, "code": NOT_VOUCHED, "detail": detail, "at": to_text(at)}
            connection.execute(insert(table).values(**row))


def _chosen(connection: Connection, kiosk: str, office: str, kid: str) -> list[Word]:
    of_office = [one for one in all_words(connection, kiosk=kiosk) if one.office == office]
    if not of_office:
        raise OfficeError(
            f"{office} has not vouched for {kiosk}: it does at its next connection, when it has a package of it"
        )
    chosen = [one for one in of_office if one.kid.startswith(kid)]
    if not chosen:
        keys = ", ".join(one.kid for one in of_office)
        raise OfficeError(f"{office} has vouched for {kiosk} by no key {kid}, but by {keys}")
    return chosen


def _count(connection: Connection, office: str, trust: Trust) -> int:
    table = tables.vouching
    mine = (table.c.office == office, table.c.standing == trust.value)
    return int(connection.scalar(select(func.count()).select_from(table).where(*mine)) or 0)


def _stand(connection: Connection, word: Word, trust: Trust) -> None:
    table = tables.vouching
    mine = (table.c.kiosk == word.kiosk, table.c.office == word.office, table.c.key == word.key)
    connection.execute(update(table).where(*mine).values(standing=trust.value))


def _end_unvouched(connection: Connection, office: str, kiosk: str) -> None:
    alarm = tables.alarm.c
    mine = (alarm.kiosk == office, alarm.code == NOT_VOUCHED, alarm.detail.in_((kiosk, "")))
    connection.execute(delete(tables.alarm).where(*mine))


def _word(row: Any) -> Word:  # noqa: ANN401 - a row of the table
    kid = VerifyingKey(bytes.fromhex(row["key"])).kid
    return Word(row["kiosk"], row["office"], kid, Trust(row["standing"]), from_text(row["at"]), row["key"])
