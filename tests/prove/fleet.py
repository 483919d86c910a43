"""A country's kiosks at one broker: 10,600 of them over TLS, one collector, then three shards of which one is killed.

All connect at once and say what they are; each tells its telemetry every minute; the broker is killed, and all come
back at once; packages come as fast as this machine feeds them. Then the same fleet has three collectors over
PostgreSQL, one of which is killed in the middle while a second one waits for its place. At the end every package is at
the office once, byte for byte, with a receipt that verified. Kiosks, broker, collectors and database share the machine.
"""

import argparse
import dataclasses
import hashlib
import json
import os
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from kiosk.office import tables
from kiosk.office.broker import Broker
from kiosk.office.database import OfficeDatabase
from kiosk.office.duty import standings
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.package import seal
from kiosk.wire.enrolment import encode_summary
from tests.office.conftest import free_port
from tests.office.postgres import find_postgres, running_postgres
from tests.office.stand import NOW, new_id, summary
from tests.prove._fleet import Fleet, Kiosk, Package
from tests.prove._fleet_office import (
    SHARDS,
    Collectors,
    Founded,
    end_session,
    found,
    use_of,
    with_shards,
    without_shards,
)

SPARE_FILES = 200
PATIENCE_S = 1800.0
OFFER_AGAIN_S = 5.0


@dataclass
class Figures:
    """What was seen."""

    kiosks: int
    seen: dict[str, Any] = field(default_factory=dict)
    lost: int = 0
    twice: int = 0
    altered: int = 0
    received: int = 0

    def note(self, name: str, value: object, words: str) -> None:
        """Keep a figure and say it."""
        self.seen[name] = value
        print(f"  {words}", flush=True)


class Packer:
    """Seals packages, each on the next place of its kiosk."""

    def __init__(self, keys: OfficeKeys, record_key: SigningKey, size: int, random: Random) -> None:
        self._keys, self._record_key, self._random = keys, record_key, random
        self._body = random.randbytes(size)
        self._heads: dict[str, tuple[int, bytes]] = {}

    def begin_anew(self) -> None:
        """For a database that knows nothing yet."""
        self._heads.clear()

    def package(self, kiosk: Kiosk) -> Package:
        """One more of this kiosk."""
        seq, prev = self._heads.get(kiosk.name, (0, bytes(32)))
        recipients = self._keys.recipients
        header = PackageHeader(
            id=new_id(),
            kiosk=kiosk.name,
            seq=seq + 1,
            prev=prev,
            suite=recipients.suite,
            summary_kid=recipients.summary.kid,
            body_kid=recipients.body.kid,
            boot="boot",
            mono_ms=1,
            wall=NOW,
            clock_src="ntp",
            sw="fleet",
            drivers={"camera": DriverNote("frames", True)},
        )
        data = seal(
            header,
            summary=encode_summary(summary()),
            body=self._body,
            recipients=recipients,
            signer=self._record_key,
        )
        made = Package(header.id, data)
        self._heads[kiosk.name] = (seq + 1, made.sha256)
        return made


class Play:
    """One fleet, one broker, and whoever collects."""

    def __init__(self, stack: ExitStack, folder: Path, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.random = Random(arguments.seed)
        self.figures = Figures(arguments.kiosks)
        port = free_port()
        began_s = time.monotonic()
        self.office: Founded = found(folder / "office", arguments.kiosks, port)
        self.note("founded_s", time.monotonic() - began_s, "founded in {:.0f} s, with a certificate for each kiosk")
        layout = self.office.layout
        self.broker = Broker(layout.broker, port=port, log_file=folder / "broker.log")
        self.broker.start()
        stack.callback(self.broker.close)
        keys = OfficeKeys.load(layout.collector / "office-keys.json")
        self.packer = Packer(keys, self.office.record_key, arguments.size, self.random)
        self.fleet = Fleet(
            self.office.kiosks,
            port=port,
            key=self.office.tls_key,
            authority=layout.collector / "server-ca.pem",
            receipt=keys.receipt,
            random=self.random,
            telemetry_s=arguments.telemetry,
        )
        stack.callback(self.fleet.close)
        self.sealed: list[Package] = []

    def note(self, name: str, value: float, words: str) -> None:
        """A figure, rounded."""
        self.figures.note(name, round(value, 2), words.format(value))

    def until(self, holds: Callable[[], bool], what: str) -> float:
        """Turn the fleet until it is so; how long it took. Raises AssertionError when it never is."""
        began_s = time.monotonic()
        again_s = began_s + OFFER_AGAIN_S
        while not holds():
            self.fleet.turn()
            now_s = time.monotonic()
            if now_s > again_s:
                again_s = now_s + OFFER_AGAIN_S
                self.fleet.offer_again()
            if now_s - began_s > PATIENCE_S:
                raise AssertionError(f"never happened: {what}; {dict(self.fleet.counts)}")
        return time.monotonic() - began_s

    def storm(self, name: str, told: Callable[[], int]) -> None:
        """All come at once: until each is connected, and the office has its word."""
        count = len(self.fleet.kiosks)
        took_s = self.until(lambda: self.fleet.up == count, "all are connected")
        self.note(f"{name}_s", took_s, f"{name}: {count} connected, subscribed and announced in {{:.1f}} s")
        rest_s = self.until(_now_and_then(lambda: told() >= count), "the office knows of all")
        self.note(f"{name}_known_s", took_s + rest_s, f"{name}: the office has the word of each after {{:.1f}} s")

    def steady(self, collector: int, seconds: float) -> None:
        """Nothing but telemetry for a while: what broker and collector use."""
        pids = {"broker": self.broker.pid or 0, "collector": collector}
        before = {name: use_of(pid) for name, pid in pids.items()}
        told, began_s = self.fleet.counts["telemetry"], time.monotonic()
        self.until(lambda: time.monotonic() - began_s >= seconds, "time passes")
        wall_s = time.monotonic() - began_s
        rate = (self.fleet.counts["telemetry"] - told) / wall_s
        self.note("telemetry_per_s", rate, "steady: {:.0f} samples of telemetry a second")
        for name, pid in pids.items():
            use = use_of(pid)
            self.note(f"{name}_mb", use.memory_mb, f"steady: {name} {{:.0f}} MB")
            self.note(
                f"{name}_cpu_percent", 100 * (use.cpu_s - before[name].cpu_s) / wall_s, f"steady: {name} {{:.1f}} % CPU"
            )

    def packages(self, name: str, count: int, in_the_middle: Callable[[], None] = lambda: None) -> None:
        """So many packages, each of a random kiosk, as fast as they go."""
        wanted = self.fleet.counts["received"] + count
        made = [(kiosk, self.packer.package(kiosk)) for kiosk in self.random.sample(self.fleet.kiosks, count)]
        self.sealed += [package for _, package in made]
        began_s = time.monotonic()
        for kiosk, package in made[: count // 2]:
            self._give_soon(kiosk, package)
        half = wanted - count // 2
        self.until(lambda: self.fleet.counts["received"] >= half - count // 10, "most of the first half is received")
        in_the_middle()
        for kiosk, package in made[count // 2 :]:
            self._give_soon(kiosk, package)
        self.until(lambda: self.fleet.counts["received"] >= wanted, "all are received")
        took_s = time.monotonic() - began_s
        size = sum(len(package.data) for _, package in made)
        self.note(
            f"{name}_per_s",
            count / took_s,
            f"{name}: {count} of {size // count // 1000} KB, {{:.1f}} a second ({size / took_s / 1e6:.0f} MB/s)",
        )

    def _give_soon(self, kiosk: Kiosk, package: Package) -> None:
        """Some hundred under way at once: a country's peak, not its whole day in one moment."""
        self.fleet.give(kiosk, package)
        limit = self.arguments.at_once
        if sum(1 for one in self.sealed if one.offered_s and not one.received_s) >= limit:
            self.until(
                lambda: sum(1 for one in self.sealed if one.offered_s and not one.received_s) < limit, "there is room"
            )

    def compare(self, database: OfficeDatabase) -> None:
        """Every package that was sealed, against what the database holds."""
        with database.reading() as connection:
            rows = connection.execute(
                select(tables.enrolment.c.id, tables.package.c.bytes).join(
                    tables.package, tables.package.c.number == tables.enrolment.c.number
                )
            )
            held = Counter[str]()
            hashes: dict[str, bytes] = {}
            for package_id, data in rows:
                held[package_id] += 1
                hashes[package_id] = hashlib.sha256(bytes(data)).digest()
        figures = self.figures
        for package in self.sealed:
            figures.lost += held[package.id] == 0 or not package.received_s
            figures.altered += package.id in hashes and hashes[package.id] != package.sha256
            figures.received += bool(package.received_s)
        figures.twice += held.total() - len(held)
        assert database.gaps() == {}, "the sequences do not add up"
        self.sealed.clear()


def one_collector(play: Play, folder: Path) -> None:
    """SQLite, one collector."""
    print("one collector, SQLite", flush=True)
    without_shards(play.office.layout)
    url = f"sqlite:///{folder / 'office.db'}"
    database, collectors = OfficeDatabase.open(url), Collectors(play.office.layout, url)
    try:
        collector = collectors.start("").pid or 0
        play.storm("storm", lambda: len(database.kiosks()))
        play.steady(collector, play.arguments.steady)
        play.broker.kill()
        play.until(lambda: play.fleet.up == 0, "all have noticed")
        play.broker.start()
        began = database.count()
        play.storm("again", lambda: len(database.kiosks()))
        play.packages("packages", play.arguments.packages)
        assert database.count() - began == play.arguments.packages
        for name, pid in (("broker", play.broker.pid or 0), ("collector", collector)):
            play.note(f"{name}_most_mb", use_of(pid).most_mb, f"{name}: {{:.0f}} MB at most")
        play.compare(database)
    finally:
        collectors.close()
        database.close()


def three_shards(play: Play, url: str) -> None:
    """PostgreSQL, three shards; one is killed, and another one waits for its place."""
    print("three shards, PostgreSQL", flush=True)
    with_shards(play.office.layout)
    database, collectors = OfficeDatabase.open(url), Collectors(play.office.layout, url)
    play.packer.begin_anew()
    for kiosk in play.fleet.kiosks:
        kiosk.done = 0
    try:
        processes = {shard: collectors.start(shard) for shard in SHARDS}

        def standing(shard: str) -> str | None:
            return {one.shard: one.active for one in standings(database, url, tuple(SHARDS))}[shard]

        for shard in SHARDS:
            play.until(_now_and_then(lambda shard=shard: standing(shard) is not None), "each shard has a collector")
        collectors.start("north")
        killed_s = 0.0
        after: list[float] = []

        def kill() -> None:
            nonlocal killed_s
            collectors.kill(processes["north"])
            killed_s = time.monotonic()

        def received(kiosk: Kiosk, _package: Package) -> None:
            if killed_s and kiosk.address.commune in SHARDS["north"]:
                after.append(time.monotonic() - killed_s)

        play.fleet.on_received = received
        play.packages("sharded", play.arguments.packages, kill)
        late = [seconds for seconds in after if seconds > 0.5]
        if late:
            play.note(
                "taken_over_s", late[0], "the killed shard's first package at the one that waited: {:.1f} s after"
            )
        play.compare(database)
    finally:
        collectors.close()
        database.close()


def _now_and_then(holds: Callable[[], bool], every_s: float = 0.5) -> Callable[[], bool]:
    """Ask a costly question only now and then."""
    due_s = 0.0

    def asked() -> bool:
        nonlocal due_s
        if time.monotonic() < due_s:
            return False
        due_s = time.monotonic() + every_s
        return holds()

    return asked


def enough_files(kiosks: int) -> None:
    """Each connection is an open file here, and one in the broker. Ends the program when there are not enough."""
    wanted = kiosks + SPARE_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(
            f"{kiosks} kiosks need {wanted} open files and this shell allows {hard}: `ulimit -Hn {wanted}` as root "
            f"first, or --kiosks {max(1, hard - SPARE_FILES)}"
        )
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted if hard == resource.RLIM_INFINITY else hard, hard))


def main() -> int:
    """Play it and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove fleet", description=__doc__)
    parser.add_argument("--kiosks", type=int, default=10_600)
    parser.add_argument("--telemetry", type=float, default=60.0, metavar="SECONDS", help="between two of a kiosk")
    parser.add_argument("--steady", type=float, default=60.0, metavar="SECONDS", help="of telemetry alone")
    parser.add_argument("--packages", type=int, default=1000, help="in each of the two parts")
    parser.add_argument("--size", type=int, default=300_000, metavar="BYTES", help="of a package's body")
    parser.add_argument("--at-once", type=int, default=200, help="packages under way together")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    if not 0 < arguments.packages <= arguments.kiosks:
        parser.error("--packages: at least 1, and at most one of each kiosk")
    enough_files(arguments.kiosks)
    programs = find_postgres()
    if programs is None:
        sys.exit("postgresql is not installed; on Debian: apt install postgresql")
    os.nice(5)
    print(f"seed {arguments.seed}, {arguments.kiosks} kiosks over TLS 1.3", flush=True)
    with ExitStack() as stack:
        # Not on a memory disk: commits are to wait for a real one.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-", dir="/var/tmp")))
        play = Play(stack, folder, arguments)
        one_collector(play, folder)
        end_session(play.office.layout)
        server = stack.enter_context(running_postgres(programs, settings=""))
        three_shards(play, server.new_database())
        figures = play.figures
        counts = play.fleet.counts
    print(f"{figures.received} packages: {figures.lost} lost, {figures.twice} twice, {figures.altered} altered")
    print(f"  {counts['offered again']} offered again, {counts['receipts that came again']} receipts came again")
    if arguments.json:
        arguments.json.write_text(json.dumps(dataclasses.asdict(figures), indent=2) + "\n", "utf-8")
    bad = figures.lost or figures.twice or figures.altered or counts["wrong receipts"]
    return 1 if bad or counts["refused by the broker"] else 0


if __name__ == "__main__":
    sys.exit(main())
