"""What root publishes at one computer reaches the collectors at the others, through the database that they share.

The registry and the word about recipients are files in the folder of one computer. The database keeps the newest copy
of each that any collector has worked by, with its number. A collector whose own copy is older takes that one before it
collects; where it cannot, it does not collect. Nothing that root or an authority works by is read from here.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import to_text
from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from kiosk.office.engine import upsert
from kiosk.office.errors import OfficeError, ProvisioningError
from kiosk.office.keyfile import replace as replace_file
from kiosk.office.layout import OfficeLayout
from kiosk.office.registry import load_registry
from kiosk.sealing.carried import Carried, sign_carried, verify_carried
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.recipients import verify_recipients
from kiosk.uplink.process import Stop

_log = logging.getLogger(__name__)

LOOK_S = 2.0
#: The alarm of a computer that does not collect because of its copies; about no kiosk.
NOT_LEVEL: Final = "copy_older"
REGISTRY: Final = "registry"
RECIPIENTS: Final = "recipients"


class NotLevel(OfficeError):
    """A copy here is older than what a collector has worked by, or another one; the text says what to do about it."""


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
        self._now = now
        self._place = (place or socket.gethostname())[:64]
        self._lock = threading.Lock()
        self._copies: Mapping[str, _Copy] = {
            REGISTRY: _RegistryCopy(layout.registry, layout),
            RECIPIENTS: _RecipientsCopy(layout.recipients, layout),
        }
        self._same: dict[str, tuple[int, str]] = {}
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
            own, known = copy.revision(), there.get(what, Newest(0, ""))
            if own > known.revision:
                self._give(database, what, own, copy)
            elif known.revision > own:
                self._take(database, what, known, copy, own)
            elif own:
                self._compare(database, what, known, copy)

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

    def _give(self, database: OfficeDatabase, what: str, revision: int, copy: _Copy) -> None:
        content = copy.content()
        if copy.revision() != revision:
            return  # just replaced: at the next look
        word = sign_carried(Carried(what, revision, content), self._key)
        with database.transaction() as connection:
            new = upsert(connection, tables.carried)
            named = {name: new.excluded[name] for name in ("revision", "place", "at", "word")}
            # Another computer may have given a newer one in this moment.
            older = tables.carried.c.revision <= new.excluded.revision
            put = new.on_conflict_do_update(index_elements=[tables.carried.c.what], set_=named, where=older)
            row = {"what": what, "revision": revision, "place": self._place, "at": to_text(self._now()), "word": word}
            connection.execute(put, row)
        self._same[what] = (revision, self._place)
        _log.info("%s %d is there for the other collectors", what, revision)

    def _take(self, database: OfficeDatabase, what: str, known: Newest, copy: _Copy, own: int) -> None:
        try:
            carried = self._carried(database, what, known)
            copy.take(carried)
        except (SealingError, OfficeError, OSError) as error:
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise NotLevel(
                f"{self._place}: the {what} here is number {own}, and the collector at {known.place} has worked by "
                f"number {known.revision}, which cannot be taken over ({why}): copy {copy.path} from {known.place} to "
                f"{self._place}"
            ) from error
        self._same[what] = (known.revision, known.place)
        _log.warning("%s %d was taken over from %s, in place of %d", what, known.revision, known.place, own)

    def _compare(self, database: OfficeDatabase, what: str, known: Newest, copy: _Copy) -> None:
        """Once for each number: the same number on two computers must be the same thing."""
        if self._same.get(what) == (known.revision, known.place):
            return
        try:
            carried = self._carried(database, what, known)
        except (SealingError, OfficeError):  # damaged there, and whole here
            self._give(database, what, known.revision, copy)
            return
        if not copy.holds(carried):
            raise NotLevel(
                f"{self._place}: the {what} here and the one at {known.place} are both number {known.revision}, and "
                "differ: they were changed on two computers. Root's commands belong on one: change something there"
            )
        self._same[what] = (known.revision, known.place)

    def _carried(self, database: OfficeDatabase, what: str, known: Newest) -> Carried:
        table = tables.carried
        with database.looking() as connection:
            word = connection.scalar(select(table.c.word).where(table.c.what == what))
        carried = verify_carried(bytes(word or b""), self._key.public)
        if (carried.what, carried.revision) != (what, known.revision):
            raise OfficeError("another copy is signed than the one that stands there")
        return carried


def newest(database: OfficeDatabase) -> dict[str, Newest]:
    """What collectors have worked by, by what it is. Raises sqlalchemy's errors."""
    table = tables.carried
    with database.looking() as connection:
        rows = connection.execute(select(table.c.what, table.c.revision, table.c.place)).all()
    return {str(what): Newest(int(revision), str(place)) for what, revision, place in rows}


class _Copy:
    """One file that root publishes, and its number: 0 where there is none, or none that can be used."""

    def __init__(self, path: Path, layout: OfficeLayout) -> None:
        self.path = path
        self._layout = layout
        self._seen: tuple[tuple[int, int], int] | None = None

    def revision(self) -> int:
        """The number of what is there now."""
        try:
            status = self.path.stat()
        except OSError:
            return 0
        stamp = (status.st_ino, status.st_mtime_ns)
        if self._seen is None or self._seen[0] != stamp:
            self._seen = (stamp, self._read(self.path))
        return self._seen[1]

    def content(self) -> bytes:
        """Its bytes. Raises OSError."""
        return self.path.read_bytes()

    def take(self, carried: Carried) -> None:
        """Put another one in its place. Raises OfficeError or SealingError when it is not one, and OSError."""
        self._check(carried)
        replace_file(self.path, carried.content)

    def holds(self, carried: Carried) -> bool:
        """Whether it says the same."""
        return self.path.read_bytes() == carried.content

    def _read(self, path: Path) -> int:
        raise NotImplementedError

    def _check(self, carried: Carried) -> None:
        raise NotImplementedError


class _RegistryCopy(_Copy):
    def _read(self, path: Path) -> int:
        try:
            return load_registry(path).revision
        except ProvisioningError:
            return 0

    def _check(self, carried: Carried) -> None:
        trial = self.path.with_name(f".{self.path.name}.carried")
        try:
            replace_file(trial, carried.content)
            if load_registry(trial).revision != carried.revision:
                raise OfficeError("it does not bear the number that it goes by")
        finally:
            trial.unlink(missing_ok=True)


class _RecipientsCopy(_Copy):
    def _read(self, path: Path) -> int:
        try:
            return self._number(path.read_bytes())
        except (OSError, SealingError, OfficeError):
            return 0

    def _check(self, carried: Carried) -> None:
        if self._number(carried.content) != carried.revision:
            raise OfficeError("it does not bear the number that it goes by")

    def _number(self, word: bytes) -> int:
        command = OfficeKeys.load(self._layout.collector / "office-keys.json").command
        if command is None:
            raise OfficeError("no key that kiosks obey is known here")
        return verify_recipients(word, command).n
