"""Custody: packages to receipts against bare MQTT, a slow road against what it carries, commits, and the page.

Broker with TLS, collector and page run as in the field, each in a process of its own on the loopback address; the
uplink is a thread of this one. The peer is bare paho-mqtt at QoS 1 with one subscriber over the same broker, with as
many messages under way, and the same bytes in messages of the same size.
"""

import argparse
import http.client
import json
import multiprocessing
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kiosk.custody.entries import Status, to_text
from kiosk.custody.reader import OutboxReader
from kiosk.office.collector import BATCH
from kiosk.office.database import OfficeDatabase
from kiosk.office.governing import keep_registry
from kiosk.office.intake import Arrival
from kiosk.office.registry import load_registry
from kiosk.office.serving import run_office
from kiosk.office.settings import OfficeSettings
from kiosk.wire.chunking import CHUNK_BYTES
from kiosk.wire.messages import Battery, OutboxSample, Telemetry, encode_json
from tests.bench import _bare_mqtt
from tests.bench.spine import machine, percentile
from tests.office import storm_parts
from tests.office.conftest import Village, free_port, raise_village
from tests.office.postgres import find_postgres, running_postgres
from tests.office.signing import add_account, sign_in_over_http
from tests.office.slow_link import SlowLink
from tests.office.stand import KioskSide, eventually, intake_of

KIOSK = "kiosk-tk-01"
LOADS = ((1_000, 200), (300_000, 30))
"""Bytes of a package, and how many."""
WINDOWS = (1, 16)
SLOW_BYTES_PER_S = 16_000.0
SLOW_PACKAGE_BYTES = 300_000
AIM_GOODPUT, AIM_PAGE_S = 0.95, 2.0
EVENTS = 40
COMMITS = 192
FLEET = 10_600
DEADLINE_S = 300.0
FORKS = multiprocessing.get_context("forkserver")
Figures = dict[str, Any]


@contextmanager
def running(part: Callable[..., None], *arguments: object) -> Iterator[None]:
    """Run a part in a process of its own until the end of the block."""
    process = FORKS.Process(target=part, args=arguments, daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()
        process.join()


@contextmanager
def kiosk_side(village: Village, folder: Path, *, port: int | None = None) -> Iterator[KioskSide]:
    """A kiosk with an empty outbox."""
    folder.mkdir()
    with KioskSide(village.layout, KIOSK, folder, port or village.port) as kiosk:
        yield kiosk


def throughput(village: Village, folder: Path, *, size: int, count: int, window: int) -> Figures:
    """Packages from the outbox to a receipt in the inbox, and the same bytes by bare MQTT."""
    url = f"sqlite:///{folder / 'office.db'}"
    with kiosk_side(village, folder / "kiosk") as kiosk:
        entries = [kiosk.enrol(size=size) for _ in range(count)]
        with running(storm_parts.collector, village.layout.root, url, folder / "clock", None):
            eventually((folder / "office.db").exists, "the collector has begun", timeout_s=DEADLINE_S)
            began_s = time.monotonic()
            kiosk.start(window=window)
            last = entries[-1]
            eventually(lambda: kiosk.status(last) is Status.RECEIVED, "all have receipts", timeout_s=DEADLINE_S)
            ours_s = time.monotonic() - began_s
        kiosk.stop()
        whole = entries[0].size
    pieces = [min(CHUNK_BYTES, whole - start) for start in range(0, whole, CHUNK_BYTES)] * count
    bare_s = _bare_mqtt.carry(village, KIOSK, pieces, window=window)
    return {
        "bytes": size,
        "window": window,
        "packages_per_s": round(count / ours_s, 1),
        "bare_per_s": round(count / bare_s, 1),
        "ratio": round(bare_s / ours_s, 2),
    }


def slow_road(village: Village, folder: Path) -> Figures:
    """What a road of 16 kB/s carries of packages, and what is sent again after a break."""
    url = f"sqlite:///{folder / 'office.db'}"
    with (
        SlowLink(village.port, bytes_per_s=SLOW_BYTES_PER_S) as road,
        kiosk_side(village, folder / "kiosk", port=road.port) as kiosk,
        running(storm_parts.collector, village.layout.root, url, folder / "clock", None),
    ):
        kiosk.start(answer_timeout_s=15.0)
        first = kiosk.enrol(size=1_000)  # the link is up, and measured
        eventually(lambda: kiosk.status(first) is Status.RECEIVED, "the first is there", timeout_s=DEADLINE_S)
        sent_before, began_s = road.up_bytes, time.monotonic()
        entries = [kiosk.enrol(size=SLOW_PACKAGE_BYTES) for _ in range(2)]
        for entry in entries:
            eventually(lambda e=entry: kiosk.status(e) is Status.RECEIVED, "all are there", timeout_s=DEADLINE_S)
        took_s, carried = time.monotonic() - began_s, road.up_bytes - sent_before
        useful = sum(entry.size for entry in entries)
        before_break = road.up_bytes
        broken = kiosk.enrol(size=SLOW_PACKAGE_BYTES)
        half = before_break + SLOW_PACKAGE_BYTES // 2
        eventually(lambda: road.up_bytes > half, "half of it is on the way", timeout_s=DEADLINE_S)
        road.reset()
        eventually(lambda: kiosk.status(broken) is Status.RECEIVED, "it is there", timeout_s=DEADLINE_S)
        again = road.up_bytes - before_break - broken.size
        kiosk.stop()
    return {
        "goodput_share": round(useful / took_s / SLOW_BYTES_PER_S, 3),
        "aim": AIM_GOODPUT,
        "overhead_share": round(carried / useful - 1, 4),
        "sent_again_after_a_break": again,
        "chunk_bytes": CHUNK_BYTES // 2,
    }


def commits(village: Village, folder: Path, url: str) -> Figures:
    """How many packages of 20 kB an office verifies, opens, commits and signs for in a second: one by one, together."""
    database = OfficeDatabase.open(url)
    intake = intake_of(village.layout, database)
    with kiosk_side(village, folder) as kiosk:
        entries = [kiosk.enrol(size=20_000) for _ in range(2 * COMMITS)]
        reader = OutboxReader(kiosk.directory / "outbox.db")
        arrivals = [Arrival(KIOSK, entry.id, reader.package(entry.id)) for entry in entries]
    began_s = time.monotonic()
    for arrival in arrivals[:COMMITS]:
        intake.accept_all([arrival])
    single_s = time.monotonic() - began_s
    for start in range(COMMITS, 2 * COMMITS, BATCH):
        intake.accept_all(arrivals[start : start + BATCH])
    batch_s = time.monotonic() - began_s - single_s
    database.close()
    return {"one_by_one_per_s": round(COMMITS / single_s, 1), "together_per_s": round(COMMITS / batch_s, 1)}


def serve(root: Path, url: str, port: int) -> None:
    """The office with its page, until it is killed."""
    run_office(OfficeSettings(directory=root, name="bench", database_url=url, page_port=port), threading.Event())


class Events:
    """The page's stream of events, read by a thread: when which content came."""

    def __init__(self, port: int) -> None:
        self._response = _answer(port, "/events?lang=en", sign_in_over_http(port, timeout_s=DEADLINE_S))
        self._changed = threading.Condition()
        self._content, self._at_s = "", 0.0
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        while line := self._response.readline():
            if line.startswith(b"data: "):
                with self._changed:
                    self._content, self._at_s = json.loads(line[6:]), time.monotonic()
                    self._changed.notify_all()

    def when(self, text: str) -> float:
        """Wait until `text` stands on the page; when it came."""
        with self._changed:
            if not self._changed.wait_for(lambda: text in self._content, DEADLINE_S):
                raise AssertionError(f"{text!r} never came to the page")
            return self._at_s


def _answer(port: int, path: str, cookie: str) -> http.client.HTTPResponse:
    until_s = time.monotonic() + DEADLINE_S
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=DEADLINE_S)
        try:
            connection.request("GET", path, headers={"Cookie": cookie})
            return connection.getresponse()
        except OSError:
            if time.monotonic() > until_s:
                raise
            time.sleep(0.05)


def event_to_page(village: Village, folder: Path) -> Figures:
    """From the row that the kiosk app writes to the event in the browser's stream."""
    port = free_port()
    took_s: list[float] = []
    url = f"sqlite:///{folder / 'office.db'}"
    add_account(url)
    with (
        running(serve, village.layout.root, url, port),
        kiosk_side(village, folder / "kiosk") as kiosk,
    ):
        events = Events(port)
        kiosk.start(poll_s=0.05)
        for number in range(EVENTS):
            percent = 20 + number
            sample = Telemetry(
                ts=datetime.now(UTC),
                boot="bench",
                seq_last=0,
                chain="0" * 64,
                outbox=OutboxSample(n=0, bytes=0, oldest_s=0),
                batt=Battery(charge=percent / 100, mains=True),
                sw="1",
            )
            began_s = time.monotonic()
            kiosk.outbox.add_telemetry("power", encode_json(sample))
            took_s.append(events.when(f"{percent}%") - began_s)
        kiosk.stop()
    return {
        "median_s": round(statistics.median(took_s), 3),
        "p95_s": round(percentile(took_s, 95), 3),
        "aim": AIM_PAGE_S,
    }


def fleet_page(village: Village, folder: Path) -> Figures:
    """The page of an office that watches 10,600 kiosks."""
    layout, port = village.layout, free_port()
    known = load_registry(layout.registry)
    pattern = known.kiosks[KIOSK]
    kiosks = dict(known.kiosks)
    url = f"sqlite:///{folder / 'office.db'}"
    database = OfficeDatabase.open(url)
    now = to_text(datetime.now(UTC))
    words: dict[str, dict[str, Any]] = {}
    for number in range(FLEET):
        name = f"kiosk-f-{number:05d}"
        kiosks[name] = replace(pattern, kiosk=name)
        words[name] = {"state": "ready", "state_at": now, "seen_at": now, "outbox_n": 0, "charge": 0.8, "mains": True}
    database.hear(words)
    database.close()
    add_account(url)
    keep_registry(layout, replace(known, kiosks=kiosks))
    times_s: list[float] = []
    page = b""
    with running(serve, layout.root, url, port):
        cookie = sign_in_over_http(port, timeout_s=DEADLINE_S)
        _answer(port, "/", cookie).read()
        for _ in range(5):
            began_s = time.monotonic()
            page = _answer(port, "/", cookie).read()
            times_s.append(time.monotonic() - began_s)
            if str(FLEET).encode() not in page:
                raise SystemExit(f"the page does not count {FLEET} kiosks: nothing was measured")
        events_s: list[float] = []
        event = 0
        for _ in range(5):
            began_s = time.monotonic()
            with closing(_answer(port, "/events", cookie)) as stream:
                stream.readline()
                event = len(stream.readline())
            events_s.append(time.monotonic() - began_s)
    return {
        "kiosks": FLEET,
        "median_s": round(statistics.median(times_s), 2),
        "bytes": len(page),
        "event_median_s": round(statistics.median(events_s), 2),
        "event_bytes": event,
    }


def measure(*, throughput_alone: bool = False) -> Figures:
    """Everything, in order; or how many packages come through."""
    found: Figures = {"machine": machine(), "throughput": [], "commits": {}}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir="/var/tmp")))
        village = raise_village(folder / "office")
        stack.callback(village.broker.close)
        numbers = iter(range(100))

        def place() -> Path:
            fresh = folder / f"part{next(numbers)}"
            fresh.mkdir()
            return fresh

        for size, count in LOADS:
            for window in WINDOWS:
                figures = throughput(village, place(), size=size, count=count, window=window)
                found["throughput"].append(figures)
                print(f"  {figures}", file=sys.stderr)
        if throughput_alone:
            return found
        found["slow_road"] = slow_road(village, place())
        print(f"  {found['slow_road']}", file=sys.stderr)
        found["commits"]["sqlite"] = commits(village, place() / "kiosk", f"sqlite:///{folder / 'commits.db'}")
        if (programs := find_postgres()) is not None:
            server = stack.enter_context(running_postgres(programs, settings=""))
            found["commits"]["postgresql"] = commits(village, place() / "kiosk", server.new_database())
        found["event_to_page"] = event_to_page(village, place())
        print(f"  {found['event_to_page']}", file=sys.stderr)
        found["fleet_page"] = fleet_page(village, place())
    return found


def table(found: Figures) -> str:
    """The figures for people."""
    lines = [" ".join(f"{value}" for value in found["machine"].values()), ""]
    lines += [
        f"{row['bytes']:>7,} B, window {row['window']:>2}: {row['packages_per_s']:>6} packages/s to receipt, "
        f"bare MQTT {row['bare_per_s']:>6}/s: ratio {row['ratio']:.2f}"
        for row in found["throughput"]
    ]
    if "slow_road" not in found:
        return "\n".join(lines)
    slow, page, fleet = found["slow_road"], found["event_to_page"], found["fleet_page"]
    again = f"{slow['sent_again_after_a_break']:,} bytes again after a break (aim: one chunk, {slow['chunk_bytes']:,})"
    lines += [
        f"16 kB/s: {slow['goodput_share']:.1%} of the road carries packages (aim {slow['aim']:.0%}); {again}",
        *(
            f"office on {name}: {rate['one_by_one_per_s']} packages/s one by one, {rate['together_per_s']} together"
            for name, rate in found["commits"].items()
        ),
        f"kiosk event to page: median {page['median_s']} s, p95 {page['p95_s']} s (aim {page['aim']})",
        (
            f"page with {fleet['kiosks']:,} kiosks: {fleet['median_s']} s, {fleet['bytes']:,} bytes; "
            f"an event: {fleet['event_median_s']} s, {fleet['event_bytes']:,} bytes"
        ),
    ]
    return "\n".join(lines)


def main() -> int:
    """Measure, print, and write JSON. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench custody", description=__doc__)
    parser.add_argument("--throughput", action="store_true", help="packages to receipts alone")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    found = measure(throughput_alone=arguments.throughput)
    print(table(found))
    print(json.dumps(found))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
