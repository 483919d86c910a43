"""Our office and our kiosk keep every rule that others can see; builds that are wrong in one thing are found out.

`kiosk conformance` in its long form over a real Mosquitto: the office as a process that is killed the moment its
receipt is here, and that gives a command; the kiosk with the waits of the field; then every wrong office and kiosk,
which must fail in the very rules that it breaks.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest

from kiosk.conformance.errors import CannotTest
from kiosk.conformance.findings import Finding, Findings, Verdict, as_text
from kiosk.conformance.identities import KIOSKS, STRANGER, TestOffice
from kiosk.conformance.kiosk_side import examine_kiosk
from kiosk.conformance.kiosk_side import new_findings as of_a_kiosk
from kiosk.conformance.office_side import examine_office
from kiosk.conformance.office_side import new_findings as of_an_office
from kiosk.conformance.peer import Peer
from kiosk.conformance.road import Road
from kiosk.domain.commands import Ring
from kiosk.office.ordering import Commander
from kiosk.office.settings import OfficeSettings
from tests.office import storm_parts, wrong_kiosks, wrong_offices
from tests.office.conforming import Ground, examined, failed, started, test_ground
from tests.office.conforming_kiosk import NAME, examined_kiosk, running_kiosk
from tests.office.stand import open_office

WITHIN_S: Final = 30.0
WRONG_WITHIN_S: Final = 3.0
_SPAWN: Final = multiprocessing.get_context("spawn")


@dataclass
class OfficeProcess:
    """An office as a process of its own."""

    ground: Ground
    folder: Path
    kills: int = 0

    def __post_init__(self) -> None:
        self.settings = OfficeSettings(self.ground.layout.root, database_url=f"sqlite:///{self.folder / 'office.db'}")
        self._start()

    def _start(self) -> None:
        root, clock = self.ground.layout.root, self.folder / "clock"
        arguments = (root, self.settings.database, clock, None)
        self._process = _SPAWN.Process(target=storm_parts.collector, args=arguments, daemon=True)
        self._process.start()

    def crash(self) -> None:
        """Kill it, and start it again."""
        self._process.kill()
        self._process.join(WITHIN_S)
        self.kills += 1
        self._start()

    def order(self) -> None:
        """Give the first test kiosk a command."""
        commander = Commander.of(self.ground.layout, "prove")
        commander.give(self.settings, KIOSKS[0], Ring(), lasts=timedelta(hours=1), now=lambda: datetime.now(UTC))

    def listens(self) -> None:
        """Wait until it has said that it is there."""
        kiosk = self.ground.kiosk(KIOSKS[0])
        peer = Peer(kiosk.road)
        peer.connect(kiosk.address.beat, within_s=WITHIN_S)
        if not peer.until(lambda: bool(peer.heard), within_s=2 * WITHIN_S):
            sys.exit("the office's process never came up")
        peer.close()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.join(WITHIN_S)


def our_office(folder: Path) -> tuple[Findings, str]:
    """The whole of it, with commands and kills; and how it went."""
    with ExitStack() as stack:
        ground = stack.enter_context(test_ground(folder))
        office = OfficeProcess(ground, folder)
        stack.callback(office.close)
        office.listens()
        findings, began_s = of_an_office(), time.monotonic()
        examine_office(
            [ground.kiosk(name) for name in KIOSKS],
            findings,
            stranger=ground.kiosk(STRANGER),
            order=office.order,
            crash=office.crash,
            within_s=WITHIN_S,
        )
        return findings, f"{time.monotonic() - began_s:.0f} s, {office.kills} kills"


def our_kiosk(folder: Path) -> tuple[Findings, str]:
    """A kiosk with the waits of the field."""
    (folder / "kiosk").mkdir()
    with ExitStack() as stack:
        ground = stack.enter_context(test_ground(folder))
        road = Road(0, "localhost", ground.port)
        stack.callback(road.close)
        stack.enter_context(running_kiosk(ground, folder / "kiosk", waits={}, port=road.port))
        findings, began_s = of_a_kiosk(), time.monotonic()
        examine_kiosk(TestOffice.read(ground.layout.root, NAME, "localhost", ground.port), findings, road=road)
        return findings, f"{time.monotonic() - began_s:.0f} s with the waits of the field"


@contextmanager
def _wrong(mutate: Callable[[pytest.MonkeyPatch], None]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        mutate(patch)
        yield


def wrong_ones(folder: Path) -> Iterator[tuple[str, set[str], set[str]]]:
    """Each wrong build: what it is, the rules that it breaks, and those that were found broken."""
    with test_ground(folder) as ground:
        for n, (name, office) in enumerate(wrong_offices.WRONG.items()):
            ground.forget()
            with _wrong(office.mutate), open_office(ground.layout, f"sqlite:///{folder / f'{n}.db'}") as side:
                started(side)
                rows = examined(ground, scenes=(office.scene,), within_s=WRONG_WITHIN_S)
            yield f"office: {name}", office.rules, failed(rows)
        for n, (name, kiosk) in enumerate(wrong_kiosks.WRONG.items()):
            ground.forget()
            place = folder / f"kiosk-{n}"
            place.mkdir()
            with _wrong(kiosk.mutate), running_kiosk(ground, place):
                rows = examined_kiosk(ground, scenes=kiosk.scenes, within_s=WRONG_WITHIN_S)
            yield f"kiosk: {name}", kiosk.rules, failed(rows)


def main() -> int:
    """Play it all and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove conformance", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the findings here too")
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    good, kept = True, {}
    sides: Mapping[str, Callable[[Path], tuple[Findings, str]]] = {"our office": our_office, "our kiosk": our_kiosk}
    for name, play in sides.items():
        with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
            try:
                findings, how = play(Path(folder))
            except CannotTest as error:
                sys.exit(f"{name}: {error}")
        rows = findings.table()
        print(f"{name}: {how}\n{as_text(rows)}\n", flush=True)
        good &= _kept(rows)
        kept[name] = {row.rule: row.verdict.value for row in rows}
    with tempfile.TemporaryDirectory(prefix="conformance-") as folder:
        for name, broken, found in wrong_ones(Path(folder)):
            seen = broken <= found
            good &= seen
            words = ", ".join(sorted(broken)) if seen else f"NOT FOUND: {', '.join(sorted(broken - found))}"
            print(f"{name:45} {words}", flush=True)
            kept[name] = {rule: rule in found for rule in sorted(broken)}
    if arguments.json:
        arguments.json.write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    return 0 if good else 1


def _kept(rows: list[Finding]) -> bool:
    return not any(row.verdict in {Verdict.FAILED, Verdict.UNREACHED} for row in rows)


if __name__ == "__main__":
    sys.exit(main())
