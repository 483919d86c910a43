"""What is played with a fleet: its figures, its packages, and one fleet at one broker with whoever collects."""

import argparse
import hashlib
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, func, select

from kiosk.office import tables
from kiosk.office.broker import Broker
from kiosk.office.database import OfficeDatabase
from kiosk.sealing.header import DriverNote, PackageHeader
from kiosk.sealing.keys import OfficeKeys, SigningKey
from kiosk.sealing.package import seal
from kiosk.wire.enrolment import encode_summary
from tests.office.conftest import free_port
from tests.office.stand import NOW, new_id, summary
from tests.prove._fleet import Fleet, Kiosk, Package
from tests.prove._fleet_office import Founded, found, use_of

PATIENCE_S = 1800.0
SAY_S = 10.0


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
        began_s = self._began_s = time.monotonic()
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
        self._say_s = 0.0

    def note(self, name: str, value: float, words: str) -> None:
        """A figure, rounded."""
        self.figures.note(name, round(value, 2), words.format(value))

    def until(self, holds: Callable[[], bool], what: str) -> float:
        """Turn the fleet until it is so; how long it took. Raises AssertionError when it never is."""
        began_s = time.monotonic()
        while not holds():
            self.fleet.turn()
            now_s = time.monotonic()
            if now_s > self._say_s:
                self._say_s = now_s + SAY_S
                self.fleet.offer_again()
                counts = self.fleet.counts
                print(
                    f"    {now_s - self._began_s:.0f} s, until {what}: {self.fleet.up} connected, {counts['received']} "
                    f"received, {counts['offered again']} offered again, {counts['connections lost']} connections lost",
                    flush=True,
                )
            if now_s - began_s > PATIENCE_S:
                raise AssertionError(f"never happened: {what}; {dict(self.fleet.counts)}")
        return time.monotonic() - began_s

    def connect(self, name: str) -> float:
        """All come at once: until each is connected; how long it took."""
        count = len(self.fleet.kiosks)
        took_s = self.until(lambda: self.fleet.up == count, "all are connected")
        self.note(f"{name}_s", took_s, f"{name}: {count} connected, subscribed and announced in {{:.1f}} s")
        return took_s

    def known(self, name: str, database: OfficeDatabase, began_s: float) -> None:
        """Until the office has the word of each; ``began_s``: of what the seconds are counted from."""
        count = len(self.fleet.kiosks)
        self.until(now_and_then(lambda: _told(database) >= count), "the office knows of all")
        took_s = time.monotonic() - began_s
        self.note(f"{name}_known_s", took_s, f"{name}: the office has the word of each after {{:.1f}} s")

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
        size = sum(len(package.data) for _, package in made)
        began_s = time.monotonic()
        for number, (kiosk, package) in enumerate(made):
            if number == count // 2:
                in_the_middle()
            self._give_soon(kiosk, package, wanted - count + number)
        self.until(lambda: self.fleet.counts["received"] >= wanted, "all are received")
        took_s = time.monotonic() - began_s
        self.note(
            f"{name}_per_s",
            count / took_s,
            f"{name}: {count} of {size // count // 1000} KB, {{:.1f}} a second ({size / took_s / 1e6:.0f} MB/s)",
        )

    def _give_soon(self, kiosk: Kiosk, package: Package, given: int) -> None:
        """Some hundred under way at once: a country's peak, not its whole day in one moment."""
        limit = self.arguments.at_once
        self.until(lambda: given - self.fleet.counts["received"] < limit, "there is room")
        self.fleet.give(kiosk, package)

    def compare(self, database: OfficeDatabase) -> None:
        """Every package that was sealed, against what the database holds."""
        began_s = time.monotonic()
        with database.reading() as connection:
            held = _held(connection)
        figures = self.figures
        for package in self.sealed:
            hashes = held.pop(package.id, [])
            figures.lost += not hashes or not package.received_s
            figures.twice += len(hashes) > 1
            figures.altered += any(one != package.sha256 for one in hashes)
            figures.received += bool(package.received_s)
        figures.altered += len(held)  # what nobody has sealed
        # A kiosk may have told of its outbox before its last receipt: its next word says more.
        self.until(now_and_then(lambda: database.gaps() == {}), "the sequences add up")
        self.note("compared_s", time.monotonic() - began_s, "every package compared in {:.1f} s")
        self.sealed.clear()


def now_and_then(holds: Callable[[], bool], every_s: float = 0.5) -> Callable[[], bool]:
    """Ask a costly question only now and then."""
    due_s = 0.0

    def asked() -> bool:
        nonlocal due_s
        if time.monotonic() < due_s:
            return False
        due_s = time.monotonic() + every_s
        return holds()

    return asked


def _told(database: OfficeDatabase) -> int:
    with database.reading() as connection:
        return int(connection.scalar(select(func.count()).select_from(tables.kiosk_last)) or 0)


def _held(connection: Connection) -> dict[str, list[bytes]]:
    """By package id the SHA-256 of what is there; computed where it lies, for it is hundreds of megabytes."""
    enrolment, package = tables.enrolment.c, tables.package.c
    server = connection.dialect.name == "postgresql"
    what = func.sha256(package.bytes) if server else package.bytes
    rows = connection.execution_options(yield_per=16).execute(
        select(enrolment.id, what).join(tables.package, package.number == enrolment.number)
    )
    held: dict[str, list[bytes]] = {}
    for package_id, found_there in rows:
        sha256 = bytes(found_there) if server else hashlib.sha256(bytes(found_there)).digest()
        held.setdefault(package_id, []).append(sha256)
    return held
