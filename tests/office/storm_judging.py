"""What is found when a storm is over: every enrolment, every time in a record, and every command."""

from __future__ import annotations

import hashlib
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from kiosk.custody.entries import OutboxEntry
from kiosk.office import tables
from kiosk.office.commanding import Given, given_commands
from kiosk.office.database import OfficeDatabase
from kiosk.sealing.package import peek_header
from kiosk.sealing.receipts import verify_receipt
from tests.office.storm_kiosk import StormKiosk

ALL = 10_000


@dataclass
class Report:
    """What was done, and what was found when it was calm again.

    `disk`: by what a kiosk's disk got full. `not_begun`: citizens to whom it said so before they began; `kept_back`:
    enrolments that were under way then, of which nothing was in the outbox until there was room. `times_*`: records
    whose time of sealing is known between two bounds, from one bound on, wrongly, and those that were sealed under a
    wrong clock of the office's. `bounds_s`: the median of what lies between two bounds, in seconds.
    """

    kills: Counter[str] = field(default_factory=Counter[str])
    troubles: Counter[str] = field(default_factory=Counter[str])
    wire: Counter[str] = field(default_factory=Counter[str])
    sealed: int = 0
    bytes: int = 0
    resent_bytes: int = 0
    lost: int = 0
    twice: int = 0
    altered: int = 0
    receipts: int = 0
    kept_apart: int = 0
    disk: str = ""
    not_begun: int = 0
    kept_back: int = 0
    times_between: int = 0
    times_from: int = 0
    times_wrong: int = 0
    times_unjudged: int = 0
    bounds_s: float = 0.0
    commands: int = 0
    obeyed: int = 0
    refused: int = 0
    ended: int = 0
    disobeyed: int = 0
    locked: int = 0
    seconds: float = 0.0

    @property
    def good(self) -> bool:
        """Whether every promise held."""
        wrong = self.lost + self.twice + self.altered + self.times_wrong + self.disobeyed + self.locked
        return not wrong and self.receipts == self.sealed

    def plain(self) -> dict[str, object]:
        """It all, for a program."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}


def judge(
    report: Report,
    entries: Sequence[tuple[StormKiosk, OutboxEntry]],
    kiosks: Sequence[StormKiosk],
    database: OfficeDatabase,
    *,
    office_wrong: tuple[datetime, datetime],
) -> None:
    """Compare what was sealed, and when, and what was ordered, with what the office has; into the report.

    Between the two times of `office_wrong` the office's own clock may have been wrong.
    """
    public, widths = kiosks[0].keys.receipt, list[float]()
    for kiosk, entry in entries:
        found = database.package(entry.id)
        if found is None:
            report.lost += 1
            continue
        stored, data = found
        report.altered += _sha256(data) != entry.sha256 or (stored.seq, stored.sha256) != (entry.seq, entry.sha256)
        receipt = verify_receipt(stored.receipt or b"", public)
        report.receipts += (receipt.id, receipt.sha256, receipt.status) == (entry.id, entry.sha256, "settled")
        width_s = _judge_time(report, data, *kiosk.sealed_at[entry.id], office_wrong)
        if width_s is not None:
            widths.append(width_s)
    report.bounds_s = statistics.median(widths) if widths else 0.0
    report.twice = database.count() - (len(entries) - report.lost)
    with database.reading() as connection:
        report.kept_apart = int(connection.scalar(select(func.count()).select_from(tables.quarantine)) or 0)
    assert database.gaps() == {}
    _judge_commands(report, kiosks, given_commands(database, limit=ALL))
    report.locked = sum(kiosk.locked for kiosk in kiosks)


def unanswered(database: OfficeDatabase, now: datetime) -> list[Given]:
    """Commands that wait for an answer still."""
    return [one for one in given_commands(database, limit=ALL) if one.standing(now) in {"given", "accepted"}]


def _judge_time(
    report: Report, data: bytes, before: datetime, after: datetime, office_wrong: tuple[datetime, datetime]
) -> float | None:
    """Judge what a record says of its time by the true time around its sealing; how wide its bounds are, in seconds."""
    header = peek_header(data)
    if office_wrong[0] <= after and before < office_wrong[1]:
        report.times_unjudged += 1
        return None
    early = header.earliest is not None and header.earliest <= after
    late = header.latest is None or before <= header.latest
    if not (early and late):
        report.times_wrong += 1
    elif header.latest is None:
        report.times_from += 1
    elif header.earliest is not None:
        report.times_between += 1
        return (header.latest - header.earliest).total_seconds()
    return None


def _judge_commands(report: Report, kiosks: Sequence[StormKiosk], given: Sequence[Given]) -> None:
    """Each was obeyed once and said so, or refused and not obeyed, or ended before it was answered."""
    rung = {kiosk.kiosk: kiosk.rung for kiosk in kiosks}
    report.commands = len(given)
    for one in given:
        times = rung[one.kiosk][f"{one.args['seconds']:g}"]
        report.obeyed += one.state == "done"
        report.refused += one.state == "refused"
        report.ended += one.state == "given"
        # What the kiosk did and could not tell before its end was done all the same, and once.
        report.disobeyed += times > 1 or (one.state == "done" and times != 1) or (one.state == "refused" and times > 0)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
