"""A kiosk's page in words and plots: what it is doing, what exists only there, and its parts. No web, no SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from kiosk.custody.entries import from_text
from kiosk.office.fleet import KioskCard, Standing, card_of, ills_of, since
from kiosk.office.gaps import MOST_RANGES
from kiosk.office.history import Moment
from kiosk.office.needs import alert_text
from kiosk.office.owed import owed_text
from kiosk.office.plots import Axis, axis_around, axis_from_zero, line_plot
from kiosk.office.records import KioskLast
from kiosk.office.rosters import Told
from kiosk.office.settings_view import settings_lines
from kiosk.office.snapshot import Snapshot
from kiosk.office.twin import LOOKS, Parts, Twin
from kiosk.office.view import CommandRow, command_row
from kiosk.office.wording import LOCAL, Words

_PERCENT: Final = Axis(0, 100, (0, 50, 100))
_GB: Final = 1_000_000_000
# Above this share of prints with a dirty glass somebody should wipe it.
DIRTY: Final = 0.1
# A Raspberry Pi slows itself down from 80 degrees on.
HOT_C: Final = 75
_FULL: Final = 0.9
# A message may be under way for some seconds; a clock that is further off is wrong.
_LATE_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: what, and how it is; ``warn``: somebody should look. ``share`` of one draws a bar."""

    label: str
    text: str
    warn: bool = False
    share: float | None = None


@dataclass(frozen=True, slots=True)
class KioskView:
    """The whole page of one kiosk."""

    card: KioskCard
    only: str
    only_fine: str
    alerts: tuple[str, ...]
    faults: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Fact, ...]], ...]
    looks: tuple[tuple[int, str, bool], ...]
    plots: tuple[tuple[str, Markup], ...]
    newest: tuple[tuple[int, str, str], ...]
    commands: tuple[CommandRow, ...]
    as_of: str


def kiosk_view(snapshot: Snapshot, words: Words, one: Standing, twin: Twin) -> KioskView:
    """Put what is known of a kiosk into words."""
    last = one.last
    only = fine = ""
    if one.held and last is not None:
        only = words("twin.only", n=one.held, since=since(snapshot, words, last))
    elif last is not None and last.outbox_n is not None:
        fine = words("twin.only_none")
    return KioskView(
        card=card_of(snapshot, words, one),
        only=only,
        only_fine=fine,
        alerts=tuple(
            words("twin.alert", what=alert_text(words, alert), since=words.clock(alert.since, snapshot.now))
            for alert in (last.alerts if last is not None else ())
            if alert.critical
        ),
        faults=tuple(words.either("fault", code) for code in ills_of(one, critical=False)),
        groups=(
            (words("twin.enrolments"), _enrolments(snapshot, words, one, twin)),
            (words("twin.power"), _power(snapshot, words, one, twin)),
            (words("twin.parts"), _parts(words, twin.parts)),
            *_settings(snapshot, words, twin),
            (words("twin.identity"), _identity(snapshot, words, one, twin.parts)),
        ),
        looks=tuple((days, words("twin.look", n=days), days == twin.days) for days in LOOKS),
        plots=_plots(words, twin, snapshot.now),
        newest=tuple(
            (arrived.number, words.clock(arrived.received_at, snapshot.now), words.either("custody", arrived.status))
            for arrived in twin.newest
        ),
        commands=tuple(command_row(snapshot.now, words, given) for given in twin.commands),
        as_of=words("page.as_of", time=words.clock(snapshot.now, snapshot.now)),
    )


def _enrolments(snapshot: Snapshot, words: Words, one: Standing, twin: Twin) -> tuple[Fact, ...]:
    last, unknown = one.last, words("kiosks.unknown")
    waits = last.outbox_n if last is not None else None
    size = twin.parts.outbox_bytes
    text = unknown if waits is None else str(waits)
    if waits and size:
        text = f"{text} · {_bytes(words, size)}"
    facts = [Fact(words("kiosks.outbox"), text, bool(waits))]
    if waits and last is not None:
        facts.append(Fact(words("twin.oldest"), since(snapshot, words, last), warn=True))
    number = unknown if last is None or last.seq_last is None else str(last.seq_last)
    facts += [Fact(words("kiosks.received"), number), Fact(words("twin.received"), str(twin.received))]
    missing = "0"
    if twin.missing is not None:
        missing = words("twin.missing_of", n=twin.missing.n, which=owed_text(words, twin.missing, most=MOST_RANGES))
    facts.append(Fact(words("twin.missing"), missing, twin.missing is not None))
    facts += [_paused(words, last), Fact(words("twin.roster"), _roster(words, twin.roster))]
    return tuple(facts)


def _paused(words: Words, last: KioskLast | None) -> Fact:
    if last is None or last.paused_n is None:
        return Fact(words("twin.paused"), words("kiosks.unknown"))
    overdue = last.paused_overdue or 0
    text = words("twin.paused_n", n=last.paused_n) if last.paused_n else words("twin.paused_none")
    if overdue:
        text = f"{text} · {words('twin.paused_overdue', n=overdue)}"
    return Fact(words("twin.paused"), text, bool(overdue))


def _roster(words: Words, told: Told | None) -> str:
    if told is None or not (told.ready or told.issued):
        return words("twin.roster_no_key")
    if told.issued is None or told.people is None:
        return words("twin.roster_none")
    return words("twin.roster_of", date=f"{told.issued:%d/%m/%Y}", n=told.people, done=told.done or 0)


def _power(snapshot: Snapshot, words: Words, one: Standing, twin: Twin) -> tuple[Fact, ...]:
    card = card_of(snapshot, words, one)
    share = card.charge_percent / 100 if card.charge_percent is not None else None
    left = words("twin.left_unknown") if twin.left is None else words("twin.left_n", n=twin.left)
    return (
        Fact(words("kiosks.battery"), card.battery, card.low, share),
        Fact(words("twin.mains"), card.power or words("kiosks.unknown"), card.low),
        Fact(words("twin.left"), left, twin.left is not None and twin.left < 5 and card.low),
    )


def _parts(words: Words, parts: Parts) -> tuple[Fact, ...]:
    unknown = words("kiosks.unknown")
    disk, full = unknown, None
    if parts.disk_free is not None and parts.disk_size:
        full = 1 - parts.disk_free / parts.disk_size
        disk = words("twin.disk_free", free=_bytes(words, parts.disk_free), size=_bytes(words, parts.disk_size))
    clock, wrong = unknown, False
    if parts.clock_src is not None:
        wrong = parts.clock_src != "ntp" or abs(parts.clock_offset_s or 0.0) > _LATE_S
        clock = words("twin.clock_ntp" if parts.clock_src == "ntp" else "twin.clock_alone", src=parts.clock_src)
        if parts.clock_offset_s is not None:
            offset = words.number(parts.clock_offset_s, 1)
            clock = f"{clock} · {words('twin.clock_offset', s=offset)}"
    glass, dirty = unknown, 0.0
    if parts.glass_tries:
        dirty = (parts.glass_dirty or 0) / parts.glass_tries
        key = "twin.glass_clean" if dirty <= DIRTY else "twin.glass_dirty"
        glass = f"{words(key)} · {words('twin.glass_of', n=parts.glass_dirty or 0, tries=parts.glass_tries)}"
    heat = unknown if parts.board_c is None else f"{parts.board_c:.0f} °C"
    net = unknown
    if parts.net_via:
        net = words("twin.net_up", via=parts.net_via, up=words.lasting(parts.net_up_s or 0))
    return (
        Fact(words("twin.disk"), disk, full is not None and full > _FULL, full),
        Fact(words("twin.clock"), clock, wrong),
        Fact(words("twin.glass"), glass, dirty > DIRTY),
        Fact(words("twin.heat"), heat, parts.board_c is not None and parts.board_c > HOT_C),
        Fact(words("twin.net"), net),
    )


def _settings(snapshot: Snapshot, words: Words, twin: Twin) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """One group, or none where nothing is wanted of this kiosk."""
    facts = tuple(Fact(*line) for line in settings_lines(words, snapshot.now, twin.wanted, twin.settings))
    return ((words("twin.settings"), facts),) if facts else ()


def _identity(snapshot: Snapshot, words: Words, one: Standing, parts: Parts) -> tuple[Fact, ...]:
    last, entry, unknown = one.last, one.entry, words("kiosks.unknown")
    told = words.clock(from_text(parts.told_at), snapshot.now) if parts.told_at else unknown
    ends_soon = entry.tls_not_after - snapshot.now < timedelta(days=60)
    return (
        Fact(words("kiosks.seen"), card_of(snapshot, words, one).seen),
        Fact(words("twin.told"), told),
        Fact(words("twin.officer"), parts.officer or unknown),
        Fact(words("twin.version"), (last.sw if last is not None else "") or unknown),
        Fact(words("twin.certificate"), words.day(entry.tls_not_after), ends_soon),
    )


def _bytes(words: Words, count: int) -> str:
    """A size in the largest unit that leaves a number above one."""
    for unit, size in (("GB", _GB), ("MB", 1_000_000), ("kB", 1_000)):
        if count >= size:
            value = count / size
            return f"{words.number(value, 1 if value < 10 else 0)} {unit}"
    return f"{count} B"


Get = Callable[[Moment], float | None]


def _plots(words: Words, twin: Twin, now: datetime) -> tuple[tuple[str, Markup], ...]:
    """What there are values for, over the days looked back."""
    if not twin.moments:
        return ()
    end = now.timestamp()
    begin = end - twin.days * 86_400
    _, joined_s = LOOKS[twin.days]
    marks = _marks(begin, end, twin.days)

    def short(value: float) -> str:
        return words.number(value, 0 if abs(value) >= 10 or value == round(value) else 1)

    def plot(key: str, get: Get, axis_of: Callable[[Sequence[float]], Axis], unit: str, *, steps: bool = False) -> None:
        points = [(moment.at.timestamp(), get(moment)) for moment in twin.moments]
        values = [value for _, value in points if value is not None]
        if not values:
            return
        newest = f"{words.number(values[-1], 1 if unit == ' s' else 0)}{unit}"
        about = words(f"plot.{key}")
        said = words("plot.said", what=about, days=twin.days, low=short(min(values)), high=short(max(values)))
        drawn.append(
            (
                f"{about}: {newest}",
                line_plot(
                    points,
                    axis=axis_of(values),
                    span=(begin, end),
                    marks=marks,
                    gap=joined_s,
                    write=lambda value: f"{short(value)}{unit}",
                    about=said,
                    steps=steps,
                ),
            )
        )

    drawn: list[tuple[str, Markup]] = []
    plot("outbox", lambda one: one.outbox_n, lambda seen: axis_from_zero(seen, least=4), "", steps=True)
    plot("charge", lambda one: _times(one.charge, 100), lambda _seen: _PERCENT, " %")
    plot("disk", lambda one: _times(one.disk_free, 1 / _GB), lambda seen: axis_from_zero(seen, least=2), " GB")
    plot("heat", lambda one: one.board_c, lambda seen: axis_around(seen, step=10), "°")
    plot("glass", lambda one: _times(one.glass_dirty, 100), lambda seen: axis_from_zero(seen, least=20), " %")
    plot("clock", lambda one: one.clock_offset_s, lambda seen: axis_around(seen, step=1), " s")
    return tuple(drawn)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _marks(begin: float, end: float, days: int) -> list[tuple[float, str]]:
    """Where the time is written: every twelve hours, each day, or every fifteen days; at midnights in Viet Nam."""
    step = {2: 43_200, 7: 86_400}.get(days, 15 * 86_400)
    midnight = 86_400 * ((end + 7 * 3600) // 86_400) - 7 * 3600
    first = midnight - step * int((midnight - begin) // step)
    marks: list[tuple[float, str]] = []
    time = first
    while time <= end:
        local = datetime.fromtimestamp(time, LOCAL)
        # At the very edge a text would be cut off.
        if 0.04 < (time - begin) / (end - begin) < 0.97:
            marks.append((time, f"{local:%H:%M}" if local.hour else f"{local:%d/%m}"))
        time += step
    return marks
