"""What needs a hand now, the urgent first. No web, no SQL.

After an outage every kiosk of a province may be silent at once: only the first needs are put into words, the rest is
counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from kiosk.office.fleet import Standing, forgotten, ills_of, is_low, troubled
from kiosk.office.forwarding import Above
from kiosk.office.lifetimes import AUTHORITY_WARNING
from kiosk.office.owed import owed_text
from kiosk.office.records import KioskLast, StandingAlert
from kiosk.office.snapshot import Snapshot
from kiosk.office.wording import Words

SHOWN: Final = 12
ABOVE_WAITS: Final = timedelta(hours=1)
# A timer signs each quarter of an hour; what waits for longer waits for somebody who brings the authority's keys.
RENEWALS_WAIT: Final = timedelta(hours=1)
# Two months: somebody must travel to a kiosk that was not renewed over its connection.
CERTIFICATE_WARNING: Final = timedelta(days=60)
# Half a year: when the revocation list ends, no kiosk at all is let in.
LIST_WARNING: Final = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do. ``urgent`` before the others; ``kiosk`` where it is about one."""

    text: str
    urgent: bool
    kiosk: str = ""


# Whether it is urgent, the kiosk that it is about, and its text when somebody reads it.
_Draft = tuple[bool, str, Callable[[], str]]


def needs_of(snapshot: Snapshot, words: Words, standings: Sequence[Standing]) -> tuple[tuple[Need, ...], int]:
    """The first things to do, and how many more there are."""
    drafts: list[_Draft] = []
    if not snapshot.broker_up:
        drafts.append((True, "", partial(words, "needs.broker_lost")))
    if snapshot.above is not None and (draft := _of_above(snapshot, words, snapshot.above)) is not None:
        drafts.append(draft)
    if (since := snapshot.keeping.overdue_since(snapshot.now)) is not None:
        key = "needs.backup_old" if snapshot.keeping.last_backup else "needs.backup_none"
        drafts.append((True, "", partial(words, key, since=words.clock(since, snapshot.now))))
    drafts.extend(_alarms(snapshot, words))
    drafts.extend((True, kiosk, partial(_gap, snapshot, words, kiosk)) for kiosk in sorted(snapshot.gaps))
    if snapshot.broker_not_after - snapshot.now < CERTIFICATE_WARNING:
        date = words.day(snapshot.broker_not_after)
        drafts.append((False, "", partial(words, "needs.broker_certificate", date=date)))
    until = snapshot.authority_not_after
    if until is not None and until - snapshot.now < AUTHORITY_WARNING:
        drafts.append((True, "", partial(words, "needs.authority", date=words.day(until))))
    if not snapshot.registry.revision:
        drafts.append((True, "", partial(words, "needs.unadopted")))
    ends = snapshot.revocations_until
    if ends is not None and ends - snapshot.now < LIST_WARNING:
        drafts.append((True, "", partial(words, "needs.revocations", date=words.day(ends))))
    if snapshot.renewals_since is not None and snapshot.now - snapshot.renewals_since >= RENEWALS_WAIT:
        since = words.clock(snapshot.renewals_since, snapshot.now)
        drafts.append((False, "", partial(words, "needs.renewals", n=snapshot.renewals_waiting, since=since)))
    for one in standings:
        drafts.extend(_of_kiosk(snapshot, words, one))
    drafts.sort(key=lambda draft: not draft[0])
    return tuple(Need(text(), urgent, kiosk) for urgent, kiosk, text in drafts[:SHOWN]), max(0, len(drafts) - SHOWN)


def _of_above(snapshot: Snapshot, words: Words, above: Above) -> _Draft | None:
    """What waits for the office above, once it has waited for long. Nothing is lost by it: it stays here."""
    since = above.backlog.since
    if since is None or snapshot.now - since < ABOVE_WAITS:
        return None
    key = "needs.above_waits" if above.connected else "needs.above_away"
    waiting = {"n": above.backlog.waiting, "since": words.clock(since, snapshot.now), "where": above.where}
    return False, "", partial(words, key, **waiting)


def _gap(snapshot: Snapshot, words: Words, kiosk: str) -> str:
    missing, n = snapshot.missing.get(kiosk), snapshot.gaps[kiosk]
    if missing is None:
        return words("needs.gap", kiosk=kiosk, n=n)
    return words("needs.gap_of", kiosk=kiosk, n=n, which=owed_text(words, missing))


def _alarms(snapshot: Snapshot, words: Words) -> Iterator[_Draft]:
    """One line for each kind of alarm of each kiosk, however often it was raised: how often, and when last."""
    raised: dict[tuple[str, str], list[datetime]] = {}
    for alarm in snapshot.alarms:
        if f"alarm.{alarm.code}" in words.texts:
            raised.setdefault((alarm.kiosk, alarm.code), []).append(alarm.at)
    for (kiosk, code), times in raised.items():
        # The office itself, and a kiosk of an office below, have no page to look at.
        page = kiosk if kiosk in snapshot.registry.kiosks else ""
        yield True, page, partial(_alarm, snapshot, words, kiosk, code, times)


def _alarm(snapshot: Snapshot, words: Words, kiosk: str, code: str, times: Sequence[datetime]) -> str:
    return words(
        "alarm.once" if len(times) == 1 else "alarm.often",
        text=words(f"alarm.{code}", kiosk=kiosk),
        time=words.clock(max(times), snapshot.now),
        n=len(times),
    )


def _of_kiosk(snapshot: Snapshot, words: Words, one: Standing) -> Iterator[_Draft]:
    entry, last, state = one.entry, one.last, one.state
    if last is not None:
        if state != "revoked" and any(alert.critical for alert in last.alerts):
            yield True, entry.kiosk, partial(_critical, snapshot, words, one, last)
        if state == "silent":
            yield bool(one.held), entry.kiosk, partial(_quiet, snapshot, words, one, last)
        elif forgotten(snapshot, one):
            yield False, entry.kiosk, partial(_quiet, snapshot, words, one, last)
        elif state in {"online", "sleeping"} and is_low(snapshot, last):
            yield False, entry.kiosk, partial(_battery, snapshot, words, one, last)
        if troubled(one) and ills_of(one, critical=False):
            yield False, entry.kiosk, partial(_faults, snapshot, words, one)
        if last.paused_overdue and state != "revoked":
            yield False, entry.kiosk, partial(_paused, snapshot, words, one, last)
    if state != "revoked" and entry.tls_not_after - snapshot.now < CERTIFICATE_WARNING:
        yield False, entry.kiosk, partial(_certificate, words, one)


def _quiet(snapshot: Snapshot, words: Words, one: Standing, last: KioskLast) -> str:
    key = "needs.off_with" if one.state == "off" else "needs.silent_with" if one.held else "needs.silent"
    since = words.clock(last.seen_at or snapshot.now, snapshot.now)
    return words(key, kiosk=one.entry.kiosk, since=since, n=one.held, commune=_commune(snapshot, one))


def _critical(snapshot: Snapshot, words: Words, one: Standing, last: KioskLast) -> str:
    """What is critical there, in one line: each with what to do, and since when the first of them."""
    found = [alert for alert in last.alerts if alert.critical]
    since = words.clock(min(alert.since for alert in found), snapshot.now)
    what = " ".join(alert_text(words, alert) for alert in found)
    return words("needs.alert", kiosk=one.entry.kiosk, commune=_commune(snapshot, one), since=since, what=what)


def alert_text(words: Words, alert: StandingAlert) -> str:
    """What an alert says and what to do; of a newer kiosk's word that it is unknown here."""
    return words.texts.get(f"alert.{alert.code}") or words("needs.alert_other", code=alert.code)


def _faults(snapshot: Snapshot, words: Words, one: Standing) -> str:
    faults = ", ".join(words.either("fault", fault) for fault in ills_of(one, critical=False))
    return words("needs.faults", kiosk=one.entry.kiosk, faults=faults, commune=_commune(snapshot, one))


def _battery(snapshot: Snapshot, words: Words, one: Standing, last: KioskLast) -> str:
    charge = words.percent(last.charge or 0.0)
    return words("needs.battery", kiosk=one.entry.kiosk, charge=charge, commune=_commune(snapshot, one))


def _paused(snapshot: Snapshot, words: Words, one: Standing, last: KioskLast) -> str:
    waiting = {"n": last.paused_n or 0, "overdue": last.paused_overdue or 0}
    return words("needs.paused", kiosk=one.entry.kiosk, commune=_commune(snapshot, one), **waiting)


def _certificate(words: Words, one: Standing) -> str:
    return words("needs.certificate", kiosk=one.entry.kiosk, date=words.day(one.entry.tls_not_after))


def _commune(snapshot: Snapshot, one: Standing) -> str:
    return snapshot.registry.communes.get(one.entry.commune, one.entry.commune)
