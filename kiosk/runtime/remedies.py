"""What remedies did on this kiosk, kept across restarts, and what the office says of all kiosks.

One small file in the kiosk's private directory: a line for each day, the same line that is told to the office. It names
nobody. A damaged file is set aside and counting begins anew; a disk that is full costs a tally, never a citizen's time.
"""

import logging
import secrets
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from kiosk.custody.errors import CustodyError
from kiosk.custody.inbox import InboxReader
from kiosk.custody.soundness import set_aside
from kiosk.domain.experience import Experience, Remedy, RemedyOutcome, Tally, faded
from kiosk.domain.quality import PrintVerdict
from kiosk.runtime.worker import Worker
from kiosk.sealing.errors import SealingError
from kiosk.sealing.keyfiles import write_atomically
from kiosk.sealing.keys import VerifyingKey
from kiosk.sealing.learnt import Learnt, verify_learnt
from kiosk.wire.errors import BadMessage
from kiosk.wire.messages import MAX_TRIES_A_DAY, RemedyDay, RemedyTally, decode_json, encode_json

log = logging.getLogger(__name__)

KEEP_DAYS: Final = 180
"""Three half-lives of evidence."""

TELL_DAYS: Final = 30
"""Days that are told to the office again after each start: what was lost on the way comes, and nothing counts twice."""

_MOST_BYTES: Final = 4 * 1024 * 1024

_Pair = tuple[PrintVerdict, Remedy]
_Days = Mapping[date, Mapping[_Pair, RemedyTally]]


class RemedyBook:
    """Counts outcomes by day. note(), here() and everywhere() return at once; files are read and written on the worker.

    `office` is the office's receipt key, which signs what all kiosks have learnt; `today` is the local day.
    With `open_day_too` the running day is told as it grows: for demonstrations. Otherwise only days that are over
    leave the kiosk, so that nobody can lay a remedy beside the enrolment that was being made.
    """

    def __init__(
        self,
        path: Path,
        inbox_file: Path,
        *,
        office: VerifyingKey,
        worker: Worker,
        now: Callable[[], datetime],
        today: Callable[[], date],
        open_day_too: bool = False,
    ) -> None:
        """Name the files; open() reads them."""
        self._path = path
        self._inbox = InboxReader(inbox_file, deadline_s=1.0)
        self._office = office
        self._worker = worker
        self._now = now
        self._today = today
        self._open_day_too = open_day_too
        self._lock = threading.Lock()
        self._days: dict[date, dict[_Pair, RemedyTally]] = {}
        self._epoch = secrets.token_hex(8)
        self._learnt: Learnt | None = None
        self._told: dict[date, int] = {}
        self._seen = 0
        self._dirty = False

    def open(self) -> "Future[None]":
        """Read what was kept, and what the office has said. Nothing that stands in the files makes it fail."""
        return self._worker.submit(self._open)

    def note(self, outcome: RemedyOutcome) -> None:
        """Count an outcome, and write it down."""
        pair, today = (outcome.verdict, outcome.remedy), self._today()
        with self._lock:
            day = self._days.setdefault(today, {})
            day[pair] = _with(day.get(pair), outcome)
            self._dirty = True
        self._worker.do(self._save)

    def here(self) -> Experience:
        """What this kiosk has seen, older days counting for less."""
        with self._lock:
            days: dict[date, Experience] = {
                day: {pair: Tally(row.tried, row.helped, row.after - row.before) for pair, row in rows.items()}
                for day, rows in self._days.items()
            }
        return faded(days, today=self._today())

    def everywhere(self) -> Experience:
        """What the office says all kiosks have seen, fading since the day it was said; empty before it has come."""
        learnt = self._learnt
        return {} if learnt is None else faded({learnt.day: learnt.experience}, today=self._today())

    def take_in(self) -> "Future[bool]":
        """Look for a newer word of the office; tells whether one was taken in."""
        return self._worker.submit(self._take_in)

    def untold(self) -> list[bytes]:
        """Give the days that the office was not told of in full since this start, as telemetry; they count as told."""
        today = self._today()
        with self._lock:
            due = [
                (day, rows)
                for day, rows in sorted(self._days.items())
                if today - timedelta(days=TELL_DAYS) <= day <= today
                and (day < today or self._open_day_too)
                and _tries(rows) != self._told.get(day)
            ]
            self._told.update({day: _tries(rows) for day, rows in due})
            return [encode_json(self._message(day, rows)) for day, rows in due]

    def _message(self, day: date, rows: Mapping[_Pair, RemedyTally]) -> RemedyDay:
        return RemedyDay(epoch=self._epoch, day=day, rows=[rows[pair] for pair in sorted(rows)])

    def _open(self) -> None:
        try:
            epoch, days = _read(self._path)
        except FileNotFoundError:
            pass
        except (OSError, BadMessage) as error:
            self._set_aside(error)
        else:
            with self._lock:
                self._epoch = epoch or self._epoch
                for day, rows in days.items():
                    # What was noted before the file was read is of this epoch too.
                    self._days[day] = {**rows, **_added(rows, self._days.get(day, {}))}
        self._take_in()

    def _set_aside(self, error: Exception) -> None:
        log.error("what helped so far cannot be read (%s): counting begins anew", type(error).__name__)
        try:
            set_aside(self._path, self._now)
        except OSError as fault:
            log.error("the damaged file stays where it is: %s", type(fault).__name__)

    def _save(self) -> None:
        with self._lock:
            if not self._dirty:
                return
            self._dirty = False
            kept = sorted(self._days)[-KEEP_DAYS:]
            self._days = {day: self._days[day] for day in kept}
            lines = [encode_json(self._message(day, self._days[day])) for day in kept]
        try:
            write_atomically(self._path, b"\n".join(lines) + b"\n")
        except OSError as error:
            with self._lock:
                self._dirty = True
            log.warning("what helped was not written down: %s", type(error).__name__)

    def _take_in(self) -> bool:
        try:
            arrived = self._inbox.learnt(after=self._seen)
        except CustodyError:
            # Before the uplink's first start there is no inbox; a busy one is asked again next time.
            return False
        newer = False
        for one in arrived:
            self._seen = one.n
            try:
                learnt = verify_learnt(one.data, self._office)
            except SealingError as error:
                log.error("what the office is said to have learnt was not accepted: %s", type(error).__name__)
                continue
            if self._learnt is None or learnt.day >= self._learnt.day:
                self._learnt, newer = learnt, True
        return newer


def _with(known: RemedyTally | None, outcome: RemedyOutcome) -> RemedyTally:
    """Add one outcome; a day that is full stays as it is."""
    one = RemedyTally(
        verdict=outcome.verdict,
        remedy=outcome.remedy,
        tried=1,
        helped=int(outcome.helped),
        before=max(0, min(100, outcome.before)),
        after=max(0, min(100, outcome.after)),
    )
    return one if known is None else _sum(known, one)


def _sum(first: RemedyTally, second: RemedyTally) -> RemedyTally:
    if first.tried + second.tried > MAX_TRIES_A_DAY:
        return first
    return RemedyTally(
        verdict=first.verdict,
        remedy=first.remedy,
        tried=first.tried + second.tried,
        helped=first.helped + second.helped,
        before=first.before + second.before,
        after=first.after + second.after,
    )


def _added(rows: Mapping[_Pair, RemedyTally], more: Mapping[_Pair, RemedyTally]) -> dict[_Pair, RemedyTally]:
    return {pair: _sum(rows[pair], row) if pair in rows else row for pair, row in more.items()}


def _tries(rows: Mapping[_Pair, RemedyTally]) -> int:
    return sum(row.tried for row in rows.values())


def _read(path: Path) -> tuple[str, _Days]:
    """Give the epoch (empty for an empty file) and the days. Raises OSError, BadMessage."""
    with path.open("rb") as file:
        data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise BadMessage("the file is longer than it can have become")
    days = [decode_json(RemedyDay, line) for line in data.splitlines()]
    if len({one.epoch for one in days}) > 1 or len({one.day for one in days}) != len(days):
        raise BadMessage("the days in the file contradict each other")
    epoch = days[0].epoch if days else ""
    return epoch, {one.day: {(row.verdict, row.remedy): row for row in one.rows} for one in days}
