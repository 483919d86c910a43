"""What a person does about kiosks of offices below: see who says what, move a kiosk, take nothing of it any more.

Works beside a running collector, which goes by it at the next offer. Every change is in the page's audit.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, select

from kiosk.office import tables
from kiosk.office.auditing import by_hand, keep_entry
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.registry import Registry, load_registry
from kiosk.office.settings import OfficeSettings
from kiosk.office.vouching import Word, all_words, move, remove


@dataclass(frozen=True, slots=True)
class Listed:
    """One word of an office below, and how many enrolments of its kiosk are here."""

    word: Word
    enrolments: int


def list_words(settings: OfficeSettings, office: str = "") -> list[Listed]:
    """Every word about a kiosk, or those of one office. Raises OfficeError."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.reading() as connection:
        tally = tables.tally.c
        counts = {str(kiosk): int(count) for kiosk, count in connection.execute(select(tally.kiosk, tally["count"]))}
        words = [one for one in all_words(connection) if office in ("", one.office)]
    return [Listed(one, counts.get(one.kiosk, 0)) for one in words]


def move_kiosk(
    settings: OfficeSettings,
    kiosk: str,
    office: str,
    *,
    kid: str,
    by: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Word:
    """Take a kiosk's packages from ``office`` from now on. Raises OfficeError, saying what is in the way."""
    registry = load_registry(settings.layout.registry)
    if kiosk in registry.kiosks:
        raise OfficeError(f"{kiosk!r} is registered at this office itself: revoke it here first, under another name")
    _check_office(registry, office)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        word = move(connection, kiosk, office, kid=kid)
        _note(connection, "vouch_moved", word, by=by, at=now())
    return word


def remove_kiosk(
    settings: OfficeSettings,
    kiosk: str,
    office: str,
    *,
    kid: str,
    by: str,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> list[Word]:
    """Take nothing of a kiosk from ``office`` any more. Raises OfficeError, saying what is in the way."""
    load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database, database.transaction() as connection:
        words = remove(connection, kiosk, office, kid=kid)
        for word in words:
            _note(connection, "vouch_removed", word, by=by, at=now())
    return words


def _check_office(registry: Registry, office: str) -> None:
    entry = registry.kiosks.get(office)
    if entry is None or not entry.office:
        raise OfficeError(f"{office!r} is no office below this one; `kiosk office init --office` registers one")
    if entry.revoked_at is not None:
        raise OfficeError(f"{office!r} is revoked: nothing is taken from it")


def _note(connection: Connection, did: str, word: Word, *, by: str, at: datetime) -> None:
    """In the same transaction: what is not in the audit has not happened."""
    keep_entry(connection, by_hand(did, f"{word.kiosk} {word.office}", by=by, at=at))
