"""What root publishes at one computer reaches the collectors at the others, through the database that they share.

The registry and the word about recipients are files in the folder of one computer. The database keeps the newest copy
of each that any collector has worked by, with its number. A collector whose own copy is older takes that one before it
collects; where it cannot, it does not collect. Nothing that root or an authority works by is read from here.

Once root has said by which key it signs the registry (`kiosk.office.signed`), only a registry with that signature
counts, here and there, and only by the number that is signed: what a captured collector has made is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.copied import Copy, GovernorCopy, NotLevel, RecipientsCopy, RegistryCopy
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import upsert
from kiosk.office.errors import OfficeError
from kiosk.office.layout import OfficeLayout
from kiosk.office.signed import GOVERNOR, REGISTRY, governor_in, here
from kiosk.sealing.carried import Carried
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import SigningKey
from kiosk.uplink.process import Stop

_log = logging.getLogger(__name__)

LOOK_S = 2.0
#: The alarm of a computer that does not collect because of its copies; about no kiosk.
NOT_LEVEL: Final = "copy_older"
RECIPIENTS: Final = "recipients"


@dataclass(frozen=True, slots=True)
class Newest:
    """The number of the newest copy that a collector has worked by, and where that was."""

    revision: int
    place: str


class Levelling:
    """Keeps this computer's copies level with the newest. May be used from several threads."""

    def __init__(self, layout: OfficeLayout, *, now: Callable[[], datetime], place: str = "") -> None:
        """``place``: how this computer is called; its host name where empty. Raises SealingError."""
        self._key = SigningKey.load(layout.collector / "receipt.key")
        self._layout = layout
        self._now = now
        self._place = place[:64] or here()
        self._lock = threading.Lock()
        # The first says by what the second is judged.
        self._copies: Mapping[str, Copy] = {
            GOVERNOR: GovernorCopy(layout.governor_word, layout, self._key),
            REGISTRY: RegistryCopy(layout.registry, layout, self._key),
            RECIPIENTS: RecipientsCopy(layout.recipients, layout, self._key),
        }
        self._same: dict[str, tuple[int, str, object]] = {}
        self._said: str | None = None

    def run(self, stop: Stop, database: OfficeDatabase) -> None:
        """Level now and then until ``stop`` is set, also while another computer collects."""
        while not stop.is_set():
            with suppress(NotLevel, SQLAlchemyError):  # the one stands as an alarm, the other whoever collects says
                self.level(database)
            stop.wait(LOOK_S)

    def level(self, database: OfficeDatabase) -> None:
        """Give what is newer here, and take what is newer there; where that cannot be, an alarm stands until it can.

        Raises:
            NotLevel: what is newer there cannot be taken, or bears the number of what is here and is something else.
            sqlalchemy's errors.
        """
        with self._lock:
            try:
                self._level(database)
            except NotLevel as error:
                if self._said != str(error):
                    _log.error("%s", error)
                    database.raise_alarm("", NOT_LEVEL, str(error), at=self._now())
                self._said = str(error)
                raise
            if self._said != "":
                # Also what an earlier run of this program has said of this computer.
                self._take_off(database)
                self._said = ""

    def _level(self, database: OfficeDatabase) -> None:
        there = newest(database)
        for what, copy in self._copies.items():
            copy.settle()
            own, known = copy.revision(), there.get(what, Newest(0, ""))
            if known.revision > own and not self._overruled(database, what, known, own):
                self._take(database, what, known, copy, own)
            elif own and known.revision != own:
                self._give(database, what, own, copy, above=known.revision > own)
            elif own:
                self._compare(database, what, known, copy)
            elif copy.signed_by() is not None:
                raise NotLevel(
                    f"{self._place}: no {what} that root has signed is here: `kiosk office renewals` as root where "
                    "this office is governed, or bring its folder `collector` again"
                )

    def _overruled(self, database: OfficeDatabase, what: str, known: Newest, own: int) -> bool:
        """Whether what goes by a higher number there is not root's, and this is where root's own copy lies."""
        governor = governor_in(self._layout.collector)
        if not own or governor is None or governor.place != self._place:
            return False
        try:
            self._carried(database, what, known)
        except (SealingError, OfficeError) as error:
            _log.error("%s %d there is not root's (%s) and gives way to %d", what, known.revision, error, own)
            return True
        return False

    def older(self, database: OfficeDatabase) -> list[str]:
        """What here is older than what a collector elsewhere has worked by, in words; changes nothing."""
        there = newest(database)
        return [
            f"the {what} here is number {own}, and {known.place} has worked by number {known.revision}"
            for what, copy in self._copies.items()
            if (known := there.get(what)) is not None and (own := copy.revision()) < known.revision
        ]

    def _take_off(self, database: OfficeDatabase) -> None:
        table = tables.alarm
        mine = (table.c.kiosk == "", table.c.code == NOT_LEVEL, table.c.detail.startswith(f"{self._place}: "))
        with database.transaction() as connection:
            connection.execute(delete(table).where(*mine))

    def _give(self, database: OfficeDatabase, what: str, revision: int, copy: Copy, *, above: bool = False) -> None:
        """``above``: also in the place of one with a higher number."""
        word = copy.word(what, revision)
        if copy.revision() != revision:
            return  # just replaced: at the next look
        with database.transaction() as connection:
            new = upsert(connection, tables.carried)
            named = {name: new.excluded[name] for name in ("revision", "place", "at", "word")}
            # Another computer may have given a newer one in this moment.
            older = None if above else tables.carried.c.revision <= new.excluded.revision
            put = new.on_conflict_do_update(index_elements=[tables.carried.c.what], set_=named, where=older)
            row = {"what": what, "revision": revision, "place": self._place, "at": to_text(self._now()), "word": word}
            connection.execute(put, row)
        self._same[what] = (revision, self._place, copy.signed_by())
        _log.info("%s %d is there for the other collectors", what, revision)

    def _take(self, database: OfficeDatabase, what: str, known: Newest, copy: Copy, own: int) -> None:
        try:
            carried, word = self._carried(database, what, known)
            copy.take(carried, word)
        except (SealingError, OfficeError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise NotLevel(
                f"{self._place}: the {what} here is number {own}, and the collector at {known.place} has worked by "
                f"number {known.revision}, which cannot be taken over ({why}): copy {copy.path} from {known.place} to "
                f"{self._place}"
            ) from error
        self._same[what] = (known.revision, known.place, copy.signed_by())
        _log.warning("%s %d was taken over from %s, in place of %d", what, known.revision, known.place, own)

    def _compare(self, database: OfficeDatabase, what: str, known: Newest, copy: Copy) -> None:
        """Once for each number: the same number on two computers must be the same thing."""
        seen = (known.revision, known.place, copy.signed_by())
        if self._same.get(what) == seen:
            return
        try:
            carried, _ = self._carried(database, what, known)
        except (SealingError, OfficeError):  # damaged there, and whole here
            self._give(database, what, known.revision, copy)
            return
        if not copy.holds(carried):
            raise NotLevel(
                f"{self._place}: the {what} here and the one at {known.place} are both number {known.revision}, and "
                "differ: they were changed on two computers. Root's commands belong on one: change something there"
            )
        self._same[what] = seen

    def _carried(self, database: OfficeDatabase, what: str, known: Newest) -> tuple[Carried, bytes]:
        table = tables.carried
        with database.looking() as connection:
            word = bytes(connection.scalar(select(table.c.word).where(table.c.what == what)) or b"")
        carried = self._copies[what].verified(word)
        if (carried.what, carried.revision) != (what, known.revision):
            raise OfficeError("another copy is signed than the one that stands there")
        return carried, word


def newest(database: OfficeDatabase) -> dict[str, Newest]:
    """What collectors have worked by, by what it is. Raises sqlalchemy's errors."""
    table = tables.carried
    with database.looking() as connection:
        rows = connection.execute(select(table.c.what, table.c.revision, table.c.place)).all()
    return {str(what): Newest(int(revision), str(place)) for what, revision, place in rows}
