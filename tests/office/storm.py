"""A storm over one office and its kiosks: everything is killed again and again, and nothing may be lost.

The kiosk apps live here and are not killed (`./run prove kills` does that): they seal, and release what the office has
signed for. Uplinks, broker, collector and database are processes that die at any moment; the broker forgets everything
when it does. Links are slow, stall and break; clocks jump; disks are full for a while; messages come twice, out of
order, and with bits changed.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import IO

from sqlalchemy import func, select

from kiosk.custody.entries import OutboxEntry, Status
from kiosk.custody.outbox import Outbox
from kiosk.office import tables
from kiosk.office.broker import Broker
from kiosk.office.database import OfficeDatabase
from kiosk.office.layout import OfficeLayout
from kiosk.office.provisioning import init_office
from kiosk.office.settling import settle
from kiosk.sealing.keys import SigningKey
from kiosk.sealing.receipts import verify_receipt
from tests.office import storm_parts
from tests.office.conftest import free_port
from tests.office.postgres import Postgres
from tests.office.slow_link import SlowLink
from tests.office.stand import KioskSide, eventually

KIOSKS = ("kiosk-tk-01", "kiosk-tk-02", "kiosk-tk-03")
# The first kiosk's road carries what a bad mobile connection does.
ROADS_BYTES_PER_S = (16_000.0, 200_000.0, None)
TEN_YEARS_S = 10 * 365 * 86_400.0
MOST_WAITING = 6
CALM_S = 300.0
ROOM_BYTES = 40_000


class ForgetfulBroker(Broker):
    """Mosquitto that keeps nothing on disk: what it held is gone with it."""

    @staticmethod
    def _spawn(program: Path, directory: Path, output: IO[bytes], account: object) -> subprocess.Popen[bytes]:
        file = directory / "mosquitto.conf"
        text = file.read_text("utf-8")
        file.write_text(text.replace("persistence true", "persistence false"), "utf-8")
        return Broker._spawn(program, directory, output, account)  # type: ignore[arg-type]


@dataclass
class Report:
    """What was done, and what was found when it was calm again."""

    kills: Counter[str] = field(default_factory=Counter[str])
    troubles: Counter[str] = field(default_factory=Counter[str])
    sealed: int = 0
    bytes: int = 0
    resent_bytes: int = 0
    lost: int = 0
    twice: int = 0
    altered: int = 0
    receipts: int = 0
    kept_apart: int = 0
    seconds: float = 0.0


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
        self._postgres = postgres
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["tests.office.storm_parts"])
        self._processes: dict[str, ForkServerProcess] = {}
        self._stack = ExitStack()
        self._entries: list[tuple[KioskSide, OutboxEntry]] = []
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
        self._parts = list(self._all_parts())
        for part in self._parts:
            if part.name != "database":
                part.start()

    def _raise_kiosk(self, directory: Path, name: str) -> KioskSide:
        directory.mkdir()
        kiosk = self._stack.enter_context(KioskSide(self._layout, name, directory, 1))
        kiosk.outbox = Outbox(kiosk.database, now=storm_parts.JumpingClock(self._clock))
        return kiosk

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
        while sum(self.report.kills.values()) < kills:
            now_s = time.monotonic()
            self._serve_citizens()
            self._raise_the_dead(now_s)
            if now_s >= next_s:
                next_s = now_s + self._random.expovariate(1 / every_s)
                self._strike(now_s)
            time.sleep(0.01)
        self.report.seconds += time.monotonic() - began_s

    def calm(self) -> Report:
        """Let everything live, wait until all is delivered, and compare. Raises AssertionError when it never is."""
        self._is_calm = True
        self._clock.write_text("0", "ascii")
        for part in self._parts:
            if part.down_until_s is None and part.name != "database":
                part.kill()  # nothing goes on with a full disk
                part.down_until_s = 0.0
        self._raise_the_dead(float("inf"))
        for road in self._roads:
            road.flow()
        for kiosk in self._kiosks:
            # The last ones show that each is connected: what it is told from now on, it hears.
            self._enrol(kiosk, 100)
        for kiosk, entry in self._entries:
            what = f"package {entry.seq} of {kiosk.kiosk} ({entry.size} bytes) is received"
            eventually(lambda k=kiosk, e=entry: k.status(e) is Status.RECEIVED, what, timeout_s=CALM_S)
        self._settle()
        for kiosk, entry in self._entries:
            what = f"package {entry.seq} of {kiosk.kiosk} ({entry.size} bytes) is settled"
            eventually(lambda k=kiosk, e=entry: k.status(e) is Status.SETTLED, what, timeout_s=CALM_S)
        self._compare()
        return self.report

    def _all_parts(self) -> Iterator[_Part]:
        for number, kiosk in enumerate(self._kiosks):

            def start(number: int = number, kiosk: KioskSide = kiosk) -> None:
                inbox = kiosk.directory / "inbox.db"
                room = self._room(inbox)
                arguments = (self._layout.root, kiosk.kiosk, kiosk.directory, self._roads[number].port)
                seed = self._random.getrandbits(32)
                self._run(kiosk.kiosk, storm_parts.uplink, *arguments, self._clock, seed, room)

            yield _Part("uplink", self._killer(kiosk.kiosk), start)

        def start_collector() -> None:
            room = None if self._postgres else self._room(self._layout.database)
            self._run("collector", storm_parts.collector, self._layout.root, self._url, self._clock, room)

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
        for kiosk in self._kiosks:
            kiosk.release()
        waiting = Counter(kiosk.kiosk for kiosk, entry in self._entries[-60:] if not _is_done(kiosk, entry))
        for kiosk in self._kiosks:
            if waiting[kiosk.kiosk] < MOST_WAITING and self._random.random() < 0.05:
                size = int(self._random.choice((500, 5_000, 40_000, 150_000)) * self._random.uniform(0.5, 2))
                self._enrol(kiosk, size)

    def _enrol(self, kiosk: KioskSide, size: int) -> None:
        entry = kiosk.enrol(body=self._random.randbytes(size))
        self._entries.append((kiosk, entry))
        self.report.sealed += 1
        self.report.bytes += entry.size

    def _raise_the_dead(self, now_s: float) -> None:
        for part in self._parts:
            if part.down_until_s is not None and part.down_until_s <= now_s:
                part.down_until_s = None
                part.start()

    def _strike(self, now_s: float) -> None:
        road = self._random.choice(self._roads)
        match self._random.choices(("kill", "reset", "stall", "clock"), (10, 2, 1, 1))[0]:
            case "reset":
                road.reset()
                self.report.troubles["link reset"] += 1
            case "stall":
                (road.flow if self._random.random() < 0.6 else road.stall)()
                self.report.troubles["link stalled or freed"] += 1
            case "clock":
                ahead_s = self._random.choice((0.0, self._random.uniform(-TEN_YEARS_S, TEN_YEARS_S)))
                self._clock.write_text(str(ahead_s), "ascii")
                self.report.troubles["clock jump"] += 1
            case _:
                alive = [part for part in self._parts if part.down_until_s is None]
                if alive:
                    part = self._random.choice(alive)
                    part.kill()
                    part.down_until_s = now_s + self._random.choice((0.0, 0.1, 0.5))
                    self.report.kills[part.name] += 1

    def _settle(self) -> None:
        key = SigningKey.load(self._layout.collector / "receipt.key")
        database = OfficeDatabase.open(self._url)
        with database.reading() as connection:
            rows = connection.execute(select(tables.package.c.number, tables.package.c.bytes)).all()
        copy = {int(number): _sha256(bytes(data)) for number, data in rows}
        settle(database, key, copy, at=storm_parts.JumpingClock(self._clock)())
        database.close()

    def _compare(self) -> None:
        report, database = self.report, OfficeDatabase.open(self._url)
        public = self._kiosks[0].keys.receipt
        for _, entry in self._entries:
            found = database.package(entry.id)
            if found is None:
                report.lost += 1
                continue
            stored, data = found
            report.altered += _sha256(data) != entry.sha256 or (stored.seq, stored.sha256) != (entry.seq, entry.sha256)
            receipt = verify_receipt(stored.receipt or b"", public)
            report.receipts += (receipt.id, receipt.sha256, receipt.status) == (entry.id, entry.sha256, "settled")
        report.twice = database.count() - (len(self._entries) - report.lost)
        with database.reading() as connection:
            report.kept_apart = int(connection.scalar(select(func.count()).select_from(tables.quarantine)) or 0)
        report.resent_bytes = max(0, sum(road.up_bytes for road in self._roads) - report.bytes)
        assert database.gaps() == {}
        database.close()


def _is_done(kiosk: KioskSide, entry: OutboxEntry) -> bool:
    return kiosk.outbox.entry(entry.id).status is not Status.SEALED


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
