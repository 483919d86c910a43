"""What a person does about rosters: send one to some kiosks, carry one in a file, see how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from kiosk.domain.roster import Roster
from kiosk.office.commanding import Given
from kiosk.office.database import OfficeDatabase
from kiosk.office.errors import OfficeError
from kiosk.office.ordering import Commander, await_answer
from kiosk.office.registry import load_registry
from kiosk.office.rosters import send_roster, told_rosters
from kiosk.office.settings import OfficeSettings
from kiosk.wire.roster import carry


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a roster for one kiosk. `carried` is the file for who goes there, empty where nothing was sent."""

    kiosk: str
    line: str
    done: bool = False
    failed: bool = False
    carried: bytes = b""


def kiosks_for(settings: OfficeSettings, named: Sequence[str], area: str | None) -> list[str]:
    """The kiosks that were named, and all of a commune. Raises OfficeError for none, or for an unknown commune."""
    registry = load_registry(settings.layout.registry)
    if area is not None and area not in registry.communes:
        raise OfficeError(f"{area!r} is no commune of this office; there is: {', '.join(sorted(registry.communes))}")
    of_area = [one.kiosk for one in registry.kiosks.values() if one.commune == area and one.revoked_at is None]
    kiosks = list(dict.fromkeys([*named, *sorted(of_area)]))
    if not kiosks:
        raise OfficeError("name a kiosk by --kiosk, or a commune that has one by --area")
    return kiosks


def send_all(
    settings: OfficeSettings,
    commander: Commander,
    kiosks: Sequence[str],
    roster: Roster,
    *,
    lasts: timedelta,
    within_s: float = 0.0,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Iterator[Sent]:
    """Seal and order it for each kiosk; one that cannot be reached that way keeps back none of the others.

    With `within_s` all answers together are waited for so long. Raises OfficeError where the office does not work.
    """
    registry = load_registry(settings.layout.registry)
    ordered: list[tuple[str, Given, bytes]] = []
    with closing(OfficeDatabase.open(settings.database)) as database:
        for kiosk in kiosks:
            try:
                given, sealed = send_roster(
                    database,
                    registry,
                    commander.key,
                    kiosk=kiosk,
                    roster=roster,
                    by=commander.by,
                    now=now(),
                    lasts=lasts,
                )
            except OfficeError as error:
                yield Sent(kiosk, f"{kiosk}\tnot sent: {error}", failed=True)
                continue
            ordered.append((kiosk, given, sealed))
    until_s = time.monotonic() + within_s
    for kiosk, given, sealed in ordered:
        left_s = until_s - time.monotonic()
        now_given = await_answer(settings, given.id, within_s=left_s) if left_s > 0 else given
        said = " ".join(part for part in (now_given.state, now_given.code) if part)
        line = f"{kiosk}\t{len(roster.rows)} people, {len(sealed)} bytes sealed\t{said}"
        failed = now_given.state == "refused"
        yield Sent(kiosk, line, now_given.state == "done", failed, carry(given.signed, sealed))


def list_rosters(settings: OfficeSettings) -> list[str]:
    """A line for each kiosk of the office. Raises OfficeError."""
    registry = load_registry(settings.layout.registry)
    with closing(OfficeDatabase.open(settings.database)) as database:
        told = {one.kiosk: one for one in told_rosters(database)}
    lines: list[str] = []
    for kiosk in sorted(registry.kiosks):
        one = told.get(kiosk)
        if one is None or not one.ready:
            said = "no key yet: an officer has to sign in there, online"
        elif one.issued is None or one.told_at is None:
            said = "no roster"
        else:
            said = (
                f"roster of {one.issued:%Y-%m-%d}, {one.people} people, {one.done} enrolled, "
                f"told {one.told_at:%Y-%m-%d %H:%MZ}"
            )
        lines.append(f"{kiosk}\t{said}")
    return lines
