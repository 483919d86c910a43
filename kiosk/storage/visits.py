"""What a later visit of the same person needs to know: which prints were weak, for a limited time, and who asks.

The person is a name that the vault key makes of the personal number (HMAC-SHA-256), and the figures are sealed under
the same key: without an officer signed in nobody can tell from this file who was here, or what was weak. No image and
no template is in it; the enrolment itself is sealed for the office and does not open on the kiosk.
"""

import sqlite3
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import cbor2

from kiosk.domain.capture_plan import Earlier, ExceptionReason
from kiosk.domain.quality import PrintVerdict
from kiosk.domain.visits import EarlierVisit
from kiosk.sealing.errors import CannotOpen
from kiosk.sealing.vaultkey import VaultKey
from kiosk.storage.drafts import Database

_KIND: Final = "visit"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS private.visit (
    person BLOB PRIMARY KEY, enrolment TEXT NOT NULL, made_at TEXT NOT NULL, sealed BLOB NOT NULL
) STRICT
"""


class VisitBook:
    """The notes of one kiosk, for as long as the vault key is in memory. `kept_for` zero keeps none."""

    def __init__(self, database: Database, key: VaultKey, kept_for: timedelta) -> None:
        """Make the table where there is none yet. Raises the database's errors."""
        self._database = database
        self._key = key
        self._kept_for = kept_for
        with database.transaction() as connection:
            connection.execute(_SCHEMA)

    def noting(self, number: str, visit: EarlierVisit, plan_source: str) -> Callable[[sqlite3.Connection], None]:
        """What writes the note inside another transaction: the one that commits the enrolment.

        It takes the place of an earlier note of this person; without weak slots nothing of them is kept any more.
        """
        person, at = self._person(number), visit.at.astimezone(UTC)
        plain = cbor2.dumps({"plan": plan_source, "weak": _plain(visit.weak)}, canonical=True)
        sealed = self._key.seal(plain, owner=visit.enrolment, kind=_KIND)

        def note(connection: sqlite3.Connection) -> None:
            connection.execute("DELETE FROM private.visit WHERE person = ? OR made_at <= ?", (person, self._end(at)))
            if visit.weak and self._kept_for:
                row = (person, visit.enrolment, at.isoformat(), sealed)
                connection.execute("INSERT INTO private.visit VALUES (?, ?, ?, ?)", row)

        return note

    def find(self, number: str, plan_source: str, now: datetime) -> EarlierVisit | None:
        """The weak prints of this person's last enrolment here; None when nothing is known, or too long ago.

        None as well where another plan asked for them: its slots are not today's. Raises CannotOpen for a damaged note.
        """
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT enrolment, made_at, sealed FROM private.visit WHERE person = ? AND made_at > ?",
                (self._person(number), self._end(now)),
            ).fetchone()
        if row is None:
            return None
        enrolment, made_at, sealed = row
        try:
            plain = cast("dict[str, Any]", cbor2.loads(self._key.open(sealed, owner=enrolment, kind=_KIND)))
            if plain["plan"] != plan_source:
                return None
            weak = {slot: _earlier(*figures) for slot, figures in plain["weak"].items()}
        except (KeyError, TypeError, ValueError, cbor2.CBORDecodeError) as error:
            raise CannotOpen("a note of an earlier visit does not hold what such a note holds") from error
        return EarlierVisit(enrolment, datetime.fromisoformat(made_at), weak)

    def forget(self, enrolment: str) -> None:
        """The card of this enrolment was handed over: nobody will come for its prints."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM private.visit WHERE enrolment = ?", (enrolment,))

    def _person(self, number: str) -> bytes:
        return self._key.name_of(f"visit/number/{number}".encode())

    def _end(self, now: datetime) -> str:
        return (now.astimezone(UTC) - self._kept_for).isoformat()


def _plain(weak: Mapping[str, Earlier]) -> dict[str, list[int | str | None]]:
    return {
        slot: [one.quality, None if one.verdict is None else one.verdict.value, one.reason and one.reason.value]
        for slot, one in weak.items()
    }


def _earlier(quality: int | None, verdict: str | None, reason: str | None) -> Earlier:
    return Earlier(
        quality,
        PrintVerdict(verdict) if verdict is not None else None,
        ExceptionReason(reason) if reason is not None else None,
        again=True,
    )
