"""A storm over one office and its kiosks: everything is killed again and again, and nothing may be lost.

The kiosk apps live here and are not killed (`./run prove kills` does that): they seal, release what the office has
signed for, and obey. Uplinks, broker, collector and database are processes that die at any moment; the broker forgets
everything when it does. Links are slow, stall and break; clocks jump; disks are full for a while; messages of both
sides come twice, late, out of order, and with bits changed.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random

from sqlalchemy.exc import SQLAlchemyError

from kiosk.custody.entries import OutboxEntry, Status
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from tests.office import storm_parts
from tests.office.conftest import free_port
from tests.office.postgres import Postgres
from tests.office.slow_link import SlowLink
from tests.office.stand import eventually
from tests.office.storm_judging import Report, judge, unanswered
from tests.office.storm_kiosk import FullAtSealing, FullBefore, StormKiosk, small_disk
from tests.office.storm_office import ForgetfulBroker, order_ring, settle_all

KIOSKS = ("kiosk-tk-01", "kiosk-tk-02", "kiosk-tk-03")
# The first kiosk's road carries what a bad mobile connection does.
ROADS_BYTES_PER_S = (16_000.0, 200_000.0, None)
TEN_YEARS_S = 10 * 365 * 86_400.0
MOST_WAITING = 6
CALM_S = 300.0
ROOM_BYTES = 40_000
LOOK_S = 0.05
# Of all blows, those at the end among which the office's own clock jumps too. What kiosks believe of the time is the
# office's word: what they seal from then on cannot be judged by it.
OFFICE_CLOCK_SHARE = 0.2
RING_S, MOST_ORDERS = 5, 290


@dataclass
class _Part:
    """One process that is killed and started again."""

    name: str
    kill: Callable[[], None]
    start: Callable[[], None]
    down_until_s: float | None = None


class Storm:
    """One office with its kiosks, until `close`."""

    def __init__(self, folder: Path, *, seed: int, postgres: Postgres | None = None) -> None:
        """Found the office and start everything. `postgres`: its database is there, and is killed too."""
        self.report = Report()
        self._random = Random(seed)
        self._is_calm = False
        self._clock = folder / "clock"
        self._office_clock = folder / "office clock"
        self._office_wrong_since: datetime | None = None
        self._orders = 0
        self._look_due_s = 0.0
        self._postgres = postgres
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.office.storm_parts"])
        self._processes: dict[str, ForkServerProcess] = {}
        self._stack = ExitStack()
        self._entries: list[tuple[StormKiosk, OutboxEntry]] = []
        port = free_port()
        self._layout: OfficeLayout = init_office(
            folder / "office", province="ht", communes={"tk": "x"}, kiosks=KIOSKS, broker_port=port, demo=True
        ).layout
        self._broker = ForgetfulBroker(self._layout.root / "broker", port=port, log_file=folder / "broker.log")
        self._stack.callback(self._broker.close)
        file = self._layout.database
        self._url = f"sqlite:///{file}" if postgres is None else postgres.new_database()
        self._kiosks = [self._raise_kiosk(folder / name, name) for name in KIOSKS]
        self._roads = [
            self._stack.enter_context(SlowLink(port, bytes_per_s=bytes_per_s)) for bytes_per_s in ROADS_BYTES_PER_S
        ]
        self._counts = [self._context.RawArray("L", len(storm_parts.WIRE)) for _ in KIOSKS]
        self._parts = list(self._all_parts())
        for part in self._parts:
            if part.name != "database":
                part.start()

    def _raise_kiosk(self, directory: Path, name: str) -> StormKiosk:
        disk = self._stack.enter_context(small_disk(directory)) if name == KIOSKS[-1] else ""
        directory.mkdir(exist_ok=True)
        if name == KIOSKS[-1]:
            self.report.disk = disk or "a limit on the size of files"
        kiosk = StormKiosk(self._layout, name, directory, 1, clock=self._clock, mounted=bool(disk))
        return self._stack.enter_context(kiosk)

    def close(self) -> None:
        """End every process."""
        for process in self._processes.values():
            process.kill()
            process.join()
        self._stack.close()

    def blow(self, kills: int, *, every_s: float) -> None:
        """Kill something about each `every_s` seconds, so often, while citizens come and go."""
        began_s = time.monotonic()
        next_s = began_s
        while (killed := sum(self.report.kills.values())) < kills:
            now_s = time.monotonic()
            self._serve_citizens()
            self._raise_the_dead(now_s)
            if now_s >= next_s:
                next_s = now_s + self._random.expovariate(1 / every_s)
                self._strike(now_s, office_clock_too=killed >= kills * (1 - OFFICE_CLOCK_SHARE))
            time.sleep(0.01)
        self.report.seconds += time.monotonic() - began_s

    def calm(self) -> Report:
        """Let everything live, wait until all is delivered, and compare. Raises AssertionError when it never is."""
        self._is_calm = True
        self._clock.write_text("0", "ascii")
        self._office_clock.write_text("0", "ascii")
        for part in self._parts:
            if part.down_until_s is None and part.name != "database":
                part.kill()  # nothing goes on with a full disk
                part.down_until_s = 0.0
        self._raise_the_dead(float("inf"))
        for road in self._roads:
            road.flow()
        for kiosk in self._kiosks:
            kiosk.free_disk()
            eventually(lambda k=kiosk: self._is_sealed(k), f"{kiosk.kiosk} has room again", timeout_s=CALM_S)
            # The last ones show that each is connected: what it is told from now on, it hears.
            self._enrol(kiosk, 100)
        for kiosk, entry in self._entries:
            what = f"package {entry.seq} of {kiosk.kiosk} ({entry.size} bytes) is received"
            eventually(lambda k=kiosk, e=entry: k.status(e) is Status.RECEIVED, what, timeout_s=CALM_S)
        # Each kiosk has had a fresh answer: from here on the office's own clock was never wrong.
        office_right_since = datetime.now(UTC)
        for ahead_s in (TEN_YEARS_S, -TEN_YEARS_S, 0.0):
            self._clock.write_text(str(ahead_s), "ascii")
            self._serve_each_once()
        eventually(self._is_answered, "every command is answered", timeout_s=CALM_S)
        settle_all(self._layout, self._url, now=datetime.now(UTC))
        for kiosk, entry in self._entries:
            what = f"package {entry.seq} of {kiosk.kiosk} ({entry.size} bytes) is settled"
            eventually(lambda k=kiosk, e=entry: k.status(e) is Status.SETTLED, what, timeout_s=CALM_S)
        database = OfficeDatabase.open(self._url)
        wrong = (self._office_wrong_since or office_right_since, office_right_since)
        judge(self.report, self._entries, self._kiosks, database, office_wrong=wrong)
        database.close()
        self.report.wire = Counter(dict(zip(storm_parts.WIRE, map(sum, zip(*self._counts, strict=True)), strict=True)))
        self.report.resent_bytes = max(0, sum(road.up_bytes for road in self._roads) - self.report.bytes)
        return self.report

    def _serve_each_once(self) -> None:
        """One citizen and one command for each kiosk, in peace, whatever its clock says."""
        for kiosk in self._kiosks:
            self._enrol(kiosk, 100)
            self._order(kiosk)
        for kiosk, entry in self._entries[-len(self._kiosks) :]:
            what = f"package {entry.seq} of {kiosk.kiosk} is received after a jump of its clock"
            eventually(lambda k=kiosk, e=entry: k.status(e) is Status.RECEIVED, what, timeout_s=CALM_S)

    def _is_sealed(self, kiosk: StormKiosk) -> bool:
        """Whether nobody waits any more for room on this kiosk's disk."""
        kiosk.release()
        self._keep(kiosk, kiosk.seal_waiting())
        return not kiosk.waiting and not kiosk.is_full

    def _is_answered(self) -> bool:
        for kiosk in self._kiosks:
            kiosk.release()
        with suppress(SQLAlchemyError):
            database = OfficeDatabase.open(self._url)
            try:
                return not unanswered(database, datetime.now(UTC))
            finally:
                database.close()
        return False

    def _all_parts(self) -> Iterator[_Part]:
        for number, kiosk in enumerate(self._kiosks):

            def start(number: int = number, kiosk: StormKiosk = kiosk) -> None:
                inbox = kiosk.directory / "inbox.db"
                room = self._room(inbox)
                arguments = (self._layout.root, kiosk.kiosk, kiosk.directory, self._roads[number].port, self._clock)
                seed = self._random.getrandbits(32)
                wire = (seed, room, self._counts[number], self._is_calm)
                self._run(kiosk.kiosk, storm_parts.uplink, *arguments, *wire)

            yield _Part("uplink", self._killer(kiosk.kiosk), start)

        def start_collector() -> None:
            room = None if self._postgres else self._room(self._layout.database)
            self._run("collector", storm_parts.collector, self._layout.root, self._url, self._office_clock, room)

        yield _Part("collector", self._killer("collector"), start_collector)
        yield _Part("broker", self._broker.kill, self._broker.start)
        if self._postgres is not None:
            yield _Part("database", self._postgres.kill, self._postgres.start)

    def _room(self, file: Path) -> int | None:
        """Now and then a disk with next to no room left for this file; its log counts alike."""
        if self._is_calm or self._random.random() > 0.1 or not file.exists():
            return None
        self.report.troubles["full disk"] += 1
        return ROOM_BYTES

    def _run(self, name: str, part: Callable[..., None], *arguments: object) -> None:
        process = self._context.Process(target=part, args=arguments, name=name, daemon=True)
        process.start()
        self._processes[name] = process

    def _killer(self, name: str) -> Callable[[], None]:
        def kill() -> None:
            process = self._processes[name]
            process.kill()
            process.join()
            assert process.exitcode == -signal.SIGKILL, f"{name} ended by itself with {process.exitcode}"

        return kill

    def _serve_citizens(self) -> None:
        now_s = time.monotonic()
        if now_s >= self._look_due_s:
            self._look_due_s = now_s + LOOK_S
            for kiosk in self._kiosks:
                kiosk.release()
                self._keep(kiosk, kiosk.seal_waiting())
        waiting = Counter(kiosk.kiosk for kiosk, entry in self._entries[-60:] if not _is_done(kiosk, entry))
        for kiosk in self._kiosks:
            if waiting[kiosk.kiosk] + len(kiosk.waiting) < MOST_WAITING and self._random.random() < 0.05:
                size = int(self._random.choice((500, 5_000, 40_000, 150_000)) * self._random.uniform(0.5, 2))
                self._enrol(kiosk, size)

    def _enrol(self, kiosk: StormKiosk, size: int) -> None:
        try:
            self._keep(kiosk, [kiosk.begin(self._random.randbytes(size), knowingly=self._random.random() < 0.5)])
        except FullBefore:
            self.report.not_begun += 1
        except FullAtSealing:
            self.report.kept_back += 1

    def _keep(self, kiosk: StormKiosk, entries: list[OutboxEntry]) -> None:
        for entry in entries:
            self._entries.append((kiosk, entry))
            self.report.sealed += 1
            self.report.bytes += entry.size

    def _raise_the_dead(self, now_s: float) -> None:
        for part in self._parts:
            if part.down_until_s is not None and part.down_until_s <= now_s:
                part.down_until_s = None
                part.start()

    def _strike(self, now_s: float, *, office_clock_too: bool) -> None:
        road = self._random.choice(self._roads)
        blows = {"kill": 20, "reset": 4, "stall": 2, "clock": 4, "boot": 2, "disk": 3, "order": 6}
        match self._random.choices(list(blows), list(blows.values()))[0]:
            case "reset":
                road.reset()
                self.report.troubles["link reset"] += 1
            case "stall":
                (road.flow if self._random.random() < 0.6 else road.stall)()
                self.report.troubles["link stalled or freed"] += 1
            case "clock":
                self._jump(office=office_clock_too and self._random.random() < 0.5)
            case "boot":
                kiosk = self._random.choice(self._kiosks)
                if not kiosk.disk_is_full:
                    kiosk.boot()
                    self.report.troubles["kiosk begun anew"] += 1
            case "disk":
                kiosk = self._kiosks[-1]
                (kiosk.free_disk if kiosk.disk_is_full else kiosk.fill_disk)()
                self.report.troubles["kiosk's disk filled or freed"] += 1
            case "order":
                self._order(self._random.choice(self._kiosks))
            case _:
                self._kill_one(now_s)

    def _jump(self, *, office: bool) -> None:
        ahead_s = self._random.choice((0.0, self._random.uniform(-TEN_YEARS_S, TEN_YEARS_S)))
        if office:
            self._office_wrong_since = self._office_wrong_since or datetime.now(UTC)
        (self._office_clock if office else self._clock).write_text(str(ahead_s), "ascii")
        self.report.troubles["office's clock jump" if office else "clock jump"] += 1

    def _kill_one(self, now_s: float) -> None:
        alive = [part for part in self._parts if part.down_until_s is None]
        if alive:
            part = self._random.choice(alive)
            part.kill()
            part.down_until_s = now_s + self._random.choice((0.0, 0.1, 0.5))
            self.report.kills[part.name] += 1

    def _order(self, kiosk: StormKiosk) -> None:
        """Let the office give a command, each to ring for another time, so that each can be told apart."""
        # Before its first receipt the collector may not have made its database yet.
        if self._orders < MOST_ORDERS and any(_is_done(*one) for one in self._entries):
            now = storm_parts.JumpingClock(self._office_clock)()
            self._orders += order_ring(self._layout, self._url, kiosk.kiosk, RING_S + self._orders, now=now)


def _is_done(kiosk: StormKiosk, entry: OutboxEntry) -> bool:
    return kiosk.outbox.entry(entry.id).status is not Status.SEALED
