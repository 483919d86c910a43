"""What the page shows, computed from what the office knows at one moment. No web, no SQL.

Answers in the order of an officer's questions: what needs my hand now; how many enrolments exist only on a kiosk, and
since when; which kiosks live; who was received.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from kiosk.office.activity import ActivityView, activity_view
from kiosk.office.commanding import Given
from kiosk.office.fleet import FleetPage, Look, Standing, fleet_page, since, stand
from kiosk.office.helping import HelpCard, help_cards
from kiosk.office.needs import Need, needs_of
from kiosk.office.records import KioskLast, StoredEnrolment
from kiosk.office.snapshot import Snapshot
from kiosk.office.wording import Words

# Kiosks named as holding enrolments; the rest is counted, and found among the kiosks.
ONLY_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class EnrolmentRow:
    """One received enrolment."""

    number: int
    id: str
    name: str
    unit: str
    kiosk: str
    received: str
    exceptions: tuple[str, ...]
    simulated: bool
    supplement: str = ""


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: to whom, what, when by whom, and what the kiosk said. ``tone`` as with kiosks."""

    kiosk: str
    order: str
    given: str
    by: str
    said: str
    tone: str


@dataclass(frozen=True, slots=True)
class OnlyLine:
    """What exists only on one kiosk, as far as it said."""

    kiosk: str
    text: str


@dataclass(frozen=True, slots=True)
class OfficeView:
    """The whole page. ``needs_more`` and ``only_more``: how many lines are left out."""

    as_of: str
    needs: tuple[Need, ...]
    needs_more: int
    only_count: int
    only_since: str
    only_lines: tuple[OnlyLine, ...]
    only_more: int
    online: str
    today: int
    all: int
    look: Look
    activity: ActivityView | None
    fleet: FleetPage
    commands: tuple[CommandRow, ...]
    helps: tuple[HelpCard, ...]
    enrolments: tuple[EnrolmentRow, ...]


def build_view(snapshot: Snapshot, words: Words, look: Look = Look()) -> OfficeView:  # noqa: B008 - it is frozen
    """Compute the page, with the kiosks that ``look`` asks for."""
    standings = stand(snapshot)
    waiting = sorted((row for row in snapshot.kiosks if row.outbox_n), key=lambda row: row.outbox_since or snapshot.now)
    online = sum(one.state == "online" for one in standings)
    needs, needs_more = needs_of(snapshot, words, standings)
    states = {one.entry.kiosk: one for one in standings} if waiting else {}
    return OfficeView(
        as_of=words("page.as_of", time=words.clock(snapshot.now, snapshot.now)),
        needs=needs,
        needs_more=needs_more,
        only_count=sum(row.outbox_n or 0 for row in waiting),
        only_since=since(snapshot, words, waiting[0]) if waiting else "",
        only_lines=tuple(_only_line(snapshot, words, row, states.get(row.kiosk)) for row in waiting[:ONLY_SHOWN]),
        only_more=max(0, len(waiting) - ONLY_SHOWN),
        online=f"{online}/{len(standings)}",
        today=snapshot.received_today,
        all=snapshot.received_all,
        look=look,
        activity=activity_view(snapshot, words),
        fleet=fleet_page(snapshot, words, standings, look),
        commands=tuple(command_row(snapshot.now, words, given) for given in snapshot.commands),
        helps=help_cards(snapshot.remedies, snapshot.qualities, words),
        enrolments=tuple(enrolment_row(stored, words, snapshot.now) for stored in snapshot.enrolments),
    )


def _only_line(snapshot: Snapshot, words: Words, row: KioskLast, one: Standing | None) -> OnlyLine:
    line = words("only.here", kiosk=row.kiosk, n=row.outbox_n, since=since(snapshot, words, row))
    if row.seen_at is None or (one is not None and one.state == "online"):
        return OnlyLine(row.kiosk, line)
    # What it said last is old news: more may have been added since.
    told = words("only.as_told", since=words.clock(row.seen_at, snapshot.now))
    return OnlyLine(row.kiosk, f"{line} ({told})")


def command_row(now: datetime, words: Words, given: Given) -> CommandRow:
    """A command in words."""
    state = given.untold(now)
    said = words.either("standing", state)
    if given.code:
        said = f"{said}: {words.either('code', given.code)}"
    # Of one that is not answered it matters when the kiosk could have heard it; of any other when it spoke.
    when = given.answered_at or given.told_at
    if when is not None:
        said = words("commands.at", said=said, time=words.clock(when, now))
    return CommandRow(
        kiosk=given.kiosk,
        order=words.either("verb", given.verb),
        given=words.clock(given.at, now),
        by=given.by,
        said=said,
        tone={"done": "good", "refused": "bad", "expired": "bad", "missed": "bad"}.get(state, "calm"),
    )


def enrolment_row(stored: StoredEnrolment, words: Words, now: datetime) -> EnrolmentRow:
    """A received enrolment in words."""
    return EnrolmentRow(
        number=stored.number,
        id=stored.id,
        name=stored.name,
        unit=stored.unit,
        kiosk=stored.kiosk,
        received=words.clock(stored.received_at, now),
        exceptions=tuple(
            f"{words.either('slot', slot.rpartition('.')[2])}: {words.either('reason', str(note.get('reason', '')))}"
            for slot, note in stored.slots.items()
            if note.get("state") == "excepted"
        ),
        simulated=stored.simulated,
        # In the form in which the claim slip names an enrolment.
        supplement=words("enrolments.supplement", id=stored.supplements[-12:].upper()) if stored.supplements else "",
    )
