"""What a person does about kiosks' settings: say what is wanted, and see who differs. Beside the collector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime

from kiosk.domain.commands import SETTINGS, Value, Whole
from kiosk.office.database import OfficeDatabase
from kiosk.office.desiring import Drift, Told, Wanted, drifts, told_of, want, wanted_of
from kiosk.office.errors import OfficeError
from kiosk.office.ordering import Commander
from kiosk.office.registry import load_registry
from kiosk.office.settings import OfficeSettings


def read_changes(typed: Sequence[str]) -> dict[str, Value | None]:
    """What somebody typed as NAME=VALUE, and None for NAME=. Raises OfficeError."""
    changes: dict[str, Value | None] = {}
    for one in typed:
        name, sign, text = one.partition("=")
        if not sign or name in changes:
            raise OfficeError(f"{one}: each setting once, as NAME=VALUE, or NAME= for one that is wanted no more")
        if name not in SETTINGS:
            raise OfficeError(f"{name}: a setting that the office may want is one of: {', '.join(SETTINGS)}")
        whole = isinstance(SETTINGS[name], Whole) and text.isdecimal() and text.isascii() and len(text) < 10
        changes[name] = None if not text else int(text) if whole else text
    return changes


def want_settings(
    settings: OfficeSettings,
    commander: Commander,
    kiosk: str,
    changes: Mapping[str, Value | None],
    *,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Wanted:
    """Sign and keep a word; a running collector tells it. Raises OfficeError."""
    registry = load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database:
        return want(database, registry, commander.key, kiosk=kiosk, changes=changes, by=commander.by, now=now())


def settings_report(settings: OfficeSettings, kiosk: str | None) -> list[str]:
    """A line for each setting of a kiosk; without one, for each that differs anywhere. Raises OfficeError."""
    registry = load_registry(settings.layout.registry)
    if kiosk is not None and kiosk not in registry.kiosks:
        raise OfficeError(f"kiosk {kiosk!r} is not registered at this office")
    with closing(OfficeDatabase.open(settings.database)) as database:
        wanted, told = wanted_of(database, kiosk), told_of(database, kiosk)
    if kiosk is not None:
        return _of_one(wanted.get(kiosk), told.get(kiosk, Told()))
    lines: list[str] = []
    for name, word in wanted.items():
        its = told.get(name, Told())
        state = "taken" if its.n >= word.n else "not taken yet"
        lines += [f"{name}\t{_said(one, its)}\tword {word.n} {state}" for one in drifts(word.settings, its)]
    return lines or ["every kiosk has what is wanted of it"]


def _of_one(wanted: Wanted | None, told: Told) -> list[str]:
    settings = wanted.settings if wanted is not None else {}
    off = {one.name: one for one in drifts(settings, told)}
    lines: list[str] = []
    if wanted is not None:
        state = "taken" if told.n >= wanted.n else "not taken yet"
        lines.append(f"word {wanted.n}\t{wanted.at:%Y-%m-%d %H:%MZ}\t{wanted.by}\t{state}")
    for name in sorted({*SETTINGS, *settings}):
        if name in off:
            lines.append(_said(off[name], told))
        else:
            has = told.has.get(name, "not told")
            lines.append(f"{name}\thas {has}" + (", as wanted" if name in settings else ""))
    return lines


def _said(one: Drift, told: Told) -> str:
    refused = ", refused by the kiosk" if one.name in told.refused else ""
    if one.has is None or one.since is None:
        return f"{one.name}\twanted {one.wanted}, not told{refused}"
    return f"{one.name}\twanted {one.wanted}, has {one.has} since {one.since:%Y-%m-%d %H:%MZ}{refused}"
