"""The rows of the office database as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kiosk.custody.entries import from_text


@dataclass(frozen=True, slots=True)
class StoredEnrolment:
    """What the page and a repeated receipt need of one enrolment."""

    number: int
    id: str
    kiosk: str
    seq: int
    sha256: bytes
    received_at: datetime
    finished_at: datetime
    simulated: bool
    person: str | None
    name: str
    unit: str
    slots: Mapping[str, Mapping[str, Any]]
    status: str
    receipt: bytes | None
    supplements: str | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of a sealed package without opening it."""

    number: int
    id: str
    kiosk: str
    received_at: datetime
    simulated: bool


@dataclass(frozen=True, slots=True)
class NewEnrolment:
    """A verified package, ready to be kept."""

    id: str
    kiosk: str
    seq: int
    sha256: bytes
    prev: bytes
    sealed_at: datetime
    simulated: bool
    person: str | None
    name: str
    unit: str
    started_at: datetime
    finished_at: datetime
    slots: Mapping[str, Mapping[str, Any]]
    package: bytes
    supplements: str | None = None


@dataclass(frozen=True, slots=True)
class StandingAlert:
    """Something at a kiosk that needs a hand, as it says itself: a word of the wire's alerts, and since when."""

    code: str
    critical: bool
    since: datetime


def alerts_of(column: Mapping[str, Sequence[str]] | None) -> tuple[StandingAlert, ...]:
    """The alerts of a kiosk as the database keeps them, the critical ones first."""
    found = [
        StandingAlert(code, level == "critical", from_text(since)) for code, (level, since) in (column or {}).items()
    ]
    return tuple(sorted(found, key=lambda alert: (not alert.critical, alert.code)))


@dataclass(frozen=True, slots=True)
class KioskLast:
    """The last that was heard of a kiosk; None where it never said."""

    kiosk: str
    province: str
    commune: str
    state: str
    state_at: datetime | None
    seen_at: datetime | None
    sw: str
    outbox_n: int | None
    outbox_since: datetime | None
    seq_last: int | None
    charge: float | None
    mains: bool | None
    faults: tuple[str, ...] = ()
    # Enrolments that wait there to be continued another day, and how many of them past their term.
    paused_n: int | None = None
    paused_overdue: int | None = None
    alerts: tuple[StandingAlert, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person."""

    kiosk: str
    code: str
    detail: str
    at: datetime
