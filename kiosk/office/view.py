"""What the page shows, computed from what the office knows at one moment. No web, no SQL.

Answers in the order of an officer's questions: what needs my hand now; how many enrolments exist only on a kiosk, and
since when; which kiosks live; who was received.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from kiosk.domain.experience import Experience
from kiosk.office.helping import HelpCard, help_cards
from kiosk.office.records import Alarm, KioskLast, StoredEnrolment
from kiosk.office.registry import KioskEntry, Registry
from kiosk.office.wording import Words

# Two months: somebody must travel to the kiosk with its new bundle.
CERTIFICATE_WARNING = timedelta(days=60)
# A kiosk that was switched off for the night is well; one that holds enrolments for longer has been forgotten.
LONG_OFF = timedelta(hours=20)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the page is made of, at ``now``."""

    now: datetime
    registry: Registry
    kiosks: Sequence[KioskLast]
    enrolments: Sequence[StoredEnrolment]
    alarms: Sequence[Alarm]
    gaps: Mapping[str, int]
    received_today: int
    received_all: int
    broker_up: bool
    broker_not_after: datetime
    silent_after_s: float
    low_battery: float
    remedies: Experience = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do. ``urgent`` before the others."""

    text: str
    urgent: bool


@dataclass(frozen=True, slots=True)
class KioskCard:
    """One kiosk. ``tone`` is ``good``, ``calm`` or ``bad``."""

    kiosk: str
    commune: str
    state: str
    tone: str
    outbox: str
    waiting: bool
    battery: str
    charge_percent: int | None
    low: bool
    power: str
    seen: str
    last_number: str


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


@dataclass(frozen=True, slots=True)
class OfficeView:
    """The whole page."""

    as_of: str
    needs: tuple[Need, ...]
    only_count: int
    only_since: str
    only_lines: tuple[str, ...]
    online: str
    today: int
    all: int
    kiosks: tuple[KioskCard, ...]
    helps: tuple[HelpCard, ...]
    enrolments: tuple[EnrolmentRow, ...]


def build_view(snapshot: Snapshot, words: Words) -> OfficeView:
    """Compute the page."""
    last = {row.kiosk: row for row in snapshot.kiosks}
    entries = [snapshot.registry.kiosks[kiosk] for kiosk in sorted(snapshot.registry.kiosks)]
    cards = tuple(_card(snapshot, words, entry, last.get(entry.kiosk)) for entry in entries)
    waiting = sorted((row for row in snapshot.kiosks if row.outbox_n), key=lambda row: row.outbox_since or snapshot.now)
    online = sum(_state(snapshot, entry, last.get(entry.kiosk)) == "online" for entry in entries)
    return OfficeView(
        as_of=words("page.as_of", time=words.clock(snapshot.now, snapshot.now)),
        needs=_needs(snapshot, words, entries, last),
        only_count=sum(row.outbox_n or 0 for row in waiting),
        only_since=_since(snapshot, words, waiting[0]) if waiting else "",
        only_lines=tuple(_only_line(snapshot, words, row) for row in waiting),
        online=f"{online}/{len(entries)}",
        today=snapshot.received_today,
        all=snapshot.received_all,
        kiosks=cards,
        helps=help_cards(snapshot.remedies, words),
        enrolments=tuple(_row(snapshot, words, stored) for stored in snapshot.enrolments),
    )


def _state(snapshot: Snapshot, entry: KioskEntry, last: KioskLast | None) -> str:
    if entry.revoked_at is not None and entry.revoked_at <= snapshot.now:
        return "revoked"
    if last is None or last.seen_at is None:
        return "never"
    if last.state == "offline":
        return "off"
    quiet_s = (snapshot.now - last.seen_at).total_seconds()
    if last.state == "lost" or quiet_s > snapshot.silent_after_s:
        return "silent"
    return "sleeping" if last.state == "sleeping" else "online"


def _since(snapshot: Snapshot, words: Words, row: KioskLast) -> str:
    return words.clock(row.outbox_since, snapshot.now) if row.outbox_since else words("kiosks.unknown")


def _only_line(snapshot: Snapshot, words: Words, row: KioskLast) -> str:
    line = words("only.here", kiosk=row.kiosk, n=row.outbox_n, since=_since(snapshot, words, row))
    entry = snapshot.registry.kiosks.get(row.kiosk)
    if row.seen_at is None or (entry is not None and _state(snapshot, entry, row) == "online"):
        return line
    # What it said last is old news: more may have been added since.
    return f"{line} ({words('only.as_told', since=words.clock(row.seen_at, snapshot.now))})"


def _needs(
    snapshot: Snapshot, words: Words, entries: Sequence[KioskEntry], last: Mapping[str, KioskLast]
) -> tuple[Need, ...]:
    needs: list[Need] = []
    if not snapshot.broker_up:
        needs.append(Need(words("needs.broker_lost"), urgent=True))
    needs.extend(_alarms(snapshot, words))
    needs.extend(Need(words("needs.gap", kiosk=kiosk, n=n), urgent=True) for kiosk, n in sorted(snapshot.gaps.items()))
    if snapshot.broker_not_after - snapshot.now < CERTIFICATE_WARNING:
        needs.append(Need(words("needs.broker_certificate", date=words.day(snapshot.broker_not_after)), urgent=False))
    for entry in entries:
        needs.extend(_kiosk_needs(snapshot, words, entry, last.get(entry.kiosk)))
    return tuple(sorted(dict.fromkeys(needs), key=lambda need: not need.urgent))


def _alarms(snapshot: Snapshot, words: Words) -> list[Need]:
    """One line for each kind of alarm of each kiosk, however often it was raised: how often, and when last."""
    raised: dict[tuple[str, str], list[datetime]] = {}
    for alarm in snapshot.alarms:
        if f"alarm.{alarm.code}" in words.texts:
            raised.setdefault((alarm.kiosk, alarm.code), []).append(alarm.at)
    return [
        Need(
            words(
                "alarm.once" if len(times) == 1 else "alarm.often",
                text=words(f"alarm.{code}", kiosk=kiosk),
                time=words.clock(max(times), snapshot.now),
                n=len(times),
            ),
            urgent=True,
        )
        for (kiosk, code), times in raised.items()
    ]


def _kiosk_needs(snapshot: Snapshot, words: Words, entry: KioskEntry, last: KioskLast | None) -> list[Need]:
    needs: list[Need] = []
    state = _state(snapshot, entry, last)
    commune = snapshot.registry.communes.get(entry.commune, entry.commune)
    if state == "silent" and last is not None and last.seen_at is not None:
        since = words.clock(last.seen_at, snapshot.now)
        n = last.outbox_n or 0
        key = "needs.silent_with" if n else "needs.silent"
        needs.append(Need(words(key, kiosk=entry.kiosk, since=since, n=n, commune=commune), urgent=bool(n)))
    if (
        state == "off"
        and last is not None
        and last.outbox_n
        and snapshot.now - (last.seen_at or snapshot.now) > LONG_OFF
    ):
        since = words.clock(last.seen_at or snapshot.now, snapshot.now)
        needs.append(
            Need(
                words("needs.off_with", kiosk=entry.kiosk, since=since, n=last.outbox_n, commune=commune), urgent=False
            )
        )
    if state in {"online", "sleeping"} and last is not None and last.faults:
        faults = ", ".join(words.either("fault", fault) for fault in last.faults)
        needs.append(Need(words("needs.faults", kiosk=entry.kiosk, faults=faults, commune=commune), urgent=False))
    if state in {"online", "sleeping"} and last is not None and _is_low(snapshot, last):
        needs.append(
            Need(
                words("needs.battery", kiosk=entry.kiosk, charge=words.percent(last.charge or 0.0), commune=commune),
                urgent=False,
            )
        )
    if state != "revoked" and entry.tls_not_after - snapshot.now < CERTIFICATE_WARNING:
        needs.append(
            Need(words("needs.certificate", kiosk=entry.kiosk, date=words.day(entry.tls_not_after)), urgent=False)
        )
    return needs


def _is_low(snapshot: Snapshot, last: KioskLast) -> bool:
    return last.charge is not None and last.charge < snapshot.low_battery and last.mains is False


def _card(snapshot: Snapshot, words: Words, entry: KioskEntry, last: KioskLast | None) -> KioskCard:
    state = _state(snapshot, entry, last)
    unknown = words("kiosks.unknown")
    waiting = last.outbox_n if last is not None else None
    charge = last.charge if last is not None else None
    outbox = unknown if waiting is None else str(waiting)
    if last is not None and waiting:
        outbox = f"{waiting} · {words('only.since', since=_since(snapshot, words, last))}"
    return KioskCard(
        kiosk=entry.kiosk,
        commune=snapshot.registry.communes.get(entry.commune, entry.commune),
        state=words(f"state.{state}"),
        tone={"online": "good", "silent": "bad", "revoked": "bad"}.get(state, "calm"),
        outbox=outbox,
        waiting=bool(waiting),
        battery=unknown if charge is None else words.percent(charge),
        charge_percent=None if charge is None else round(charge * 100),
        low=last is not None and _is_low(snapshot, last),
        power=_power(words, last),
        seen=words.ago(last.seen_at, snapshot.now) if last is not None and last.seen_at is not None else unknown,
        last_number=unknown if last is None or last.seq_last is None else str(last.seq_last),
    )


def _power(words: Words, last: KioskLast | None) -> str:
    if last is None or last.mains is None:
        return ""
    return words("kiosks.mains") if last.mains else words("kiosks.no_mains")


def _row(snapshot: Snapshot, words: Words, stored: StoredEnrolment) -> EnrolmentRow:
    return EnrolmentRow(
        number=stored.number,
        id=stored.id,
        name=stored.name,
        unit=stored.unit,
        kiosk=stored.kiosk,
        received=words.clock(stored.received_at, snapshot.now),
        exceptions=tuple(
            f"{words.either('slot', slot.rpartition('.')[2])}: {words.either('reason', str(note.get('reason', '')))}"
            for slot, note in stored.slots.items()
            if note.get("state") == "excepted"
        ),
        simulated=stored.simulated,
    )
