"""A country's kiosks at one broker: 10,600 of them over TLS, one collector, then three shards of which one is killed.

All connect at once and say what they are; each tells its telemetry every minute; the broker is killed, and all come
back at once; packages come as fast as this machine feeds them. Then the same fleet has three collectors over
PostgreSQL, one of which is killed in the middle while a second one waits for its place. At the end every package is at
the office once, byte for byte, with a receipt that verified. Kiosks, broker, collectors and database share the machine.
Each part can be played alone: `one`, `shards`, and `words`, which writes the last word of every kiosk to PostgreSQL.
"""

import argparse
import dataclasses
import json
import os
import resource
import sys
import tempfile
import time
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import event

from kiosk.office.database import OfficeDatabase
from kiosk.office.duty import standings
from kiosk.office.presence import Presence
from kiosk.wire.messages import Birth, State, encode_json
from kiosk.wire.topics import KioskAddress, Topic
from tests.office.postgres import find_postgres, running_postgres
from tests.prove._fleet import Kiosk, Package
from tests.prove._fleet_office import SHARDS, Collectors, end_session, use_of, with_shards, without_shards
from tests.prove._fleet_play import Figures, Play, now_and_then

SPARE_FILES = 200
PARTS = ("words", "one", "shards")


def words(kiosks: int, url: str) -> dict[str, object]:
    """The last word of every kiosk, as after an outage: statements, and how long a package would wait for them."""
    print("the last word of every kiosk, PostgreSQL", flush=True)
    figures, asked = Figures(kiosks), list[str]()
    with closing(OfficeDatabase.open(url)) as database:
        event.listen(database._engine, "before_cursor_execute", lambda *what: asked.append(str(what[2])))
        presence = Presence(database, now=lambda: datetime.now(UTC))
        for number in range(kiosks):
            address = KioskAddress("ht", "ca", f"kiosk-{number:05d}")
            birth = Birth(kiosk=address.kiosk, sw="fleet", boot="1", drivers={}, schemas=["enrolment/1"])
            presence.hear(Topic.parse(address.birth), encode_json(birth), retained=True)
            presence.hear(Topic.parse(address.state), encode_json(State(st="ready")), retained=True)
        asked.clear()
        turns: list[float] = []
        began_s = turn_s = time.monotonic()
        while presence.flush():
            turns.append(time.monotonic() - turn_s)
            turn_s = time.monotonic()
        figures.note("words_s", round(turn_s - began_s, 2), f"written in {turn_s - began_s:.2f} s")
        figures.note("words_statements", len(asked), f"{len(asked)} statements in {len(turns)} transactions")
        figures.note("words_wait_s", round(max(turns), 2), f"the longest transaction {max(turns):.2f} s")
    return figures.seen


def one_collector(play: Play, folder: Path) -> None:
    """SQLite, one collector."""
    print("one collector, SQLite", flush=True)
    without_shards(play.office.layout)
    url = f"sqlite:///{folder / 'office.db'}"
    database, collectors = OfficeDatabase.open(url), Collectors(play.office.layout, url)
    try:
        began_s = time.monotonic()
        collector = collectors.start("").pid or 0
        play.connect("storm")
        play.known("storm", database, began_s)
        play.steady(collector, play.arguments.steady)
        play.broker.kill()
        play.until(lambda: play.fleet.up == 0, "all have noticed")
        play.broker.start()
        began = database.count()
        play.connect("again")
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
    if play.fleet.up < len(play.fleet.kiosks):
        play.connect("storm_before_shards")
    database, collectors = OfficeDatabase.open(url), Collectors(play.office.layout, url)
    play.packer.begin_anew()
    for kiosk in play.fleet.kiosks:
        kiosk.done = 0
    began_s = time.monotonic()
    try:
        processes = {shard: collectors.start(shard) for shard in SHARDS}

        def standing(shard: str) -> str | None:
            return {one.shard: one.active for one in standings(database, url, tuple(SHARDS))}[shard]

        for shard in SHARDS:
            play.until(now_and_then(lambda shard=shard: standing(shard) is not None), "each shard has a collector")
        # The broker gives each shard the retained words of all its kiosks at once.
        play.known("shards", database, began_s)
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
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part; may be said more than once")
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
    parts = arguments.part or PARTS
    began_s = time.monotonic()
    with ExitStack() as stack:
        # Not on a memory disk: commits are to wait for a real one.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-", dir="/var/tmp")))
        server = stack.enter_context(running_postgres(programs, settings=""))
        told = words(arguments.kiosks, server.new_database()) if "words" in parts else {}
        if not {"one", "shards"} & set(parts):
            return 0
        play = Play(stack, folder, arguments)
        play.figures.seen.update(told)
        if "one" in parts:
            one_collector(play, folder)
            end_session(play.office.layout)
        if "shards" in parts:
            three_shards(play, server.new_database())
        figures = play.figures
        counts = play.fleet.counts
    print(f"{figures.received} packages: {figures.lost} lost, {figures.twice} twice, {figures.altered} altered")
    print(
        f"  {counts['offered again']} offered again, {counts['receipts that came again']} receipts came again, "
        f"all in {time.monotonic() - began_s:.0f} s"
    )
    if arguments.json:
        arguments.json.write_text(json.dumps(dataclasses.asdict(figures), indent=2) + "\n", "utf-8")
    bad = figures.lost or figures.twice or figures.altered or counts["wrong receipts"]
    return 1 if bad or counts["refused by the broker"] else 0


if __name__ == "__main__":
    sys.exit(main())
