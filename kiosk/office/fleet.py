"""The kiosks as the page shows them: what each is doing, the worst first, searched, counted and cut into pages.

No web, no SQL. A province has thousands of kiosks; only those on the page asked for are put into words.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from kiosk.office.records import KioskLast, StandingAlert
from kiosk.office.registry import KioskEntry
from kiosk.office.snapshot import Snapshot
from kiosk.office.wording import Words

STATES: Final = ("silent", "online", "sleeping", "off", "never", "revoked")
#: Beside the states: kiosks that say that they need a hand, whatever else they do.
TROUBLE: Final = "trouble"
PAGE: Final = 24
FIND_CHARACTERS: Final = 60
# A kiosk that was switched off for the night is well; one that holds enrolments for longer has been forgotten.
LONG_OFF: Final = timedelta(hours=20)

_TONES: Final = {"online": "good", "silent": "bad", "revoked": "bad"}
_CALM_ORDER: Final = {"never": 0, "online": 1, "sleeping": 2, "off": 3, "revoked": 4}
_THERE: Final = frozenset({"online", "sleeping"})
_NEVER: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Look:
    """Which kiosks somebody wants to see: by a text in name or commune and a state or `TROUBLE` (empty: any).

    ``page``: from 1.
    """

    find: str = ""
    state: str = ""
    page: int = 1

    def query(self, words: Words) -> str:
        """The same wish as a query string, with the language."""
        wishes = {"find": self.find, "state": self.state, "page": str(self.page) if self.page > 1 else ""}
        return "?" + urlencode({"lang": words.language, **{name: value for name, value in wishes.items() if value}})


@dataclass(frozen=True, slots=True)
class Standing:
    """One registered kiosk with its last word (None: never heard) and its state, one of `STATES`."""

    entry: KioskEntry
    last: KioskLast | None
    state: str

    @property
    def held(self) -> int:
        """How many enrolments it holds, as far as it said."""
        return (self.last.outbox_n or 0) if self.last is not None else 0


@dataclass(frozen=True, slots=True)
class KioskCard:
    """One kiosk. ``tone`` is ``good``, ``calm`` or ``bad``."""

    kiosk: str
    commune: str
    mark: str
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
    ills: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """A state to choose, with how many kiosks are in it among those that the text finds."""

    text: str
    count: int
    query: str
    chosen: bool
    mark: str = ""


@dataclass(frozen=True, slots=True)
class FleetPage:
    """One page of kiosks. ``earlier`` and ``later`` are query strings, empty where there is no such page."""

    cards: tuple[KioskCard, ...]
    choices: tuple[Choice, ...]
    shown: str
    earlier: str
    later: str


def stand(snapshot: Snapshot) -> list[Standing]:
    """Every registered kiosk, by name."""
    last = {row.kiosk: row for row in snapshot.kiosks}
    return [
        Standing(entry, last.get(kiosk), state_of(snapshot, entry, last.get(kiosk)))
        for kiosk, entry in sorted(snapshot.registry.kiosks.items())
    ]


def stand_one(snapshot: Snapshot, kiosk: str) -> Standing | None:
    """One registered kiosk; None for another."""
    entry = snapshot.registry.kiosks.get(kiosk)
    if entry is None:
        return None
    last = next((row for row in snapshot.kiosks if row.kiosk == kiosk), None)
    return Standing(entry, last, state_of(snapshot, entry, last))


def state_of(snapshot: Snapshot, entry: KioskEntry, last: KioskLast | None) -> str:
    """What a kiosk is doing, one of `STATES`, by its last word and how long ago that was."""
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


def is_low(snapshot: Snapshot, last: KioskLast) -> bool:
    """Whether somebody should bring power."""
    return last.charge is not None and last.charge < snapshot.low_battery and last.mains is False


def troubled(one: Standing) -> bool:
    """Whether an alert stands there, or it reports a fault while it is there to be believed."""
    last = one.last
    if last is None or one.state == "revoked":
        return False
    return bool(last.alerts) or (one.state in _THERE and bool(last.faults))


def ills_of(one: Standing, *, critical: bool = True) -> tuple[str, ...]:
    """Everything that a kiosk complains of, each once, as keys of the words' section ``fault``.

    Its telemetry, which counts only while it is there, names what its alerts say too. Without ``critical``: what no
    critical alert says.
    """
    if one.last is None:
        return ()
    codes = {_as_fault(alert): alert.critical for alert in one.last.alerts}
    every = dict.fromkeys((*codes, *(one.last.faults if one.state in _THERE else ())))
    return tuple(code for code in every if critical or not codes.get(code))


def _as_fault(alert: StandingAlert) -> str:
    return alert.code.replace("_", "-")


def forgotten(snapshot: Snapshot, one: Standing) -> bool:
    """Whether it was switched off long ago with enrolments in it."""
    last = one.last
    if one.state != "off" or last is None or not last.outbox_n:
        return False
    return snapshot.now - (last.seen_at or snapshot.now) > LONG_OFF


def since(snapshot: Snapshot, words: Words, row: KioskLast) -> str:
    """Since when the oldest enrolment waits on a kiosk."""
    return words.clock(row.outbox_since, snapshot.now) if row.outbox_since else words("kiosks.unknown")


def fleet_page(snapshot: Snapshot, words: Words, standings: Sequence[Standing], look: Look) -> FleetPage:
    """The kiosks that ``look`` finds, the worst first, and only the page asked for; too high a page is the last one."""
    found = _found(snapshot, standings, look.find)
    counts = Counter(one.state for one in found)
    counts[TROUBLE] = sum(troubled(one) for one in found)
    chosen = [one for one in found if look.state in ("", one.state) or (look.state == TROUBLE and troubled(one))]
    chosen.sort(key=lambda one: _order(snapshot, one))
    pages = max(1, -(-len(chosen) // PAGE))
    page = min(max(look.page, 1), pages)
    part = chosen[(page - 1) * PAGE : page * PAGE]
    return FleetPage(
        cards=tuple(card_of(snapshot, words, one) for one in part),
        choices=_choices(words, look, counts, len(found)),
        shown=words("kiosks.shown", first=(page - 1) * PAGE + 1, last=(page - 1) * PAGE + len(part), n=len(chosen))
        if part
        else "",
        earlier=replace(look, page=page - 1).query(words) if page > 1 else "",
        later=replace(look, page=page + 1).query(words) if page < pages else "",
    )


def folded(text: str) -> str:
    """A text as people search for it: without marks and capitals, so that "thach kenh" finds "Thạch Kênh"."""
    plain = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def _found(snapshot: Snapshot, standings: Sequence[Standing], find: str) -> list[Standing]:
    wanted = folded(find).split()
    if not wanted:
        return list(standings)
    communes = {code: folded(f"{code} {name}") for code, name in snapshot.registry.communes.items()}

    def fits(entry: KioskEntry) -> bool:
        text = f"{folded(entry.kiosk)} {communes.get(entry.commune) or folded(entry.commune)}"
        return all(part in text for part in wanted)

    return [one for one in standings if fits(one.entry)]


def _order(snapshot: Snapshot, one: Standing) -> tuple[int, datetime, str]:
    """The worst first; among equals what waits longest, then by name."""
    last = one.last
    waits = (last.outbox_since if last is not None else None) or _NEVER
    if one.state == "silent":
        rank = 0 if one.held else 1
    elif last is not None and one.state != "revoked" and any(alert.critical for alert in last.alerts):
        rank = 2
    elif forgotten(snapshot, one):
        rank = 3
    elif troubled(one) or (last is not None and one.state in _THERE and is_low(snapshot, last)):
        rank = 4
    elif one.held and one.state != "revoked":
        rank = 5
    else:
        return (6 + _CALM_ORDER[one.state], _NEVER, one.entry.kiosk)
    return (rank, waits, one.entry.kiosk)


def _choices(words: Words, look: Look, counts: Counter[str], every: int) -> tuple[Choice, ...]:
    whole = Choice(words("kiosks.every"), every, Look(look.find).query(words), not look.state)
    return (
        whole,
        *(
            Choice(
                words(f"state.{state}"),
                counts[state],
                Look(look.find, state).query(words),
                look.state == state,
                state if state in STATES else "",
            )
            for state in (TROUBLE, *STATES)
            if counts[state] or look.state == state
        ),
    )


def card_of(snapshot: Snapshot, words: Words, one: Standing) -> KioskCard:
    """One kiosk in words."""
    entry, last = one.entry, one.last
    unknown = words("kiosks.unknown")
    waiting = last.outbox_n if last is not None else None
    charge = last.charge if last is not None else None
    outbox = unknown if waiting is None else str(waiting)
    if last is not None and waiting:
        outbox = f"{waiting} · {words('only.since', since=since(snapshot, words, last))}"
    return KioskCard(
        kiosk=entry.kiosk,
        commune=snapshot.registry.communes.get(entry.commune, entry.commune),
        mark=one.state,
        state=words(f"state.{one.state}"),
        tone=_TONES.get(one.state, "calm"),
        outbox=outbox,
        waiting=bool(waiting),
        battery=unknown if charge is None else words.percent(charge),
        charge_percent=None if charge is None else round(charge * 100),
        low=last is not None and is_low(snapshot, last),
        power=_power(words, last),
        seen=words.ago(last.seen_at, snapshot.now) if last is not None and last.seen_at is not None else unknown,
        ills="; ".join(words.either("fault", code) for code in ills_of(one)) if troubled(one) else "",
        last_number=unknown if last is None or last.seq_last is None else str(last.seq_last),
    )


def _power(words: Words, last: KioskLast | None) -> str:
    if last is None or last.mains is None:
        return ""
    return words("kiosks.mains") if last.mains else words("kiosks.no_mains")
