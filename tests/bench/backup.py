"""What a backup of an office on PostgreSQL takes: memory, processor and time, by how much lies in the database."""

from __future__ import annotations

import argparse
import hashlib
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from kiosk.office import backup
from kiosk.office.copies import DATABASE
from kiosk.office.database import OfficeDatabase, insert_enrolment
from kiosk.office.originals import ServerOriginal
from kiosk.office.restoring import restore_into_server
from tests.office.postgres import find_postgres, running_postgres
from tests.office.stand import NOW
from tests.office.test_desk_pages import enrolled

SIZE = 2_000_000
COUNTS = (20, 200)


def peak_mb() -> int:
    """The most memory that this process ever had resident."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def back_up_and_restore(url: str, empty: str, disk: Path) -> str:
    """One line of the table; in a process of its own, whose memory is its own."""
    before, began_s, used_s = peak_mb(), time.monotonic(), time.process_time()
    folder, copy = backup._write(ServerOriginal(url, disk, here=True), disk, NOW)
    took_s, used_s, made = time.monotonic() - began_s, time.process_time() - used_s, peak_mb()
    began_s = time.monotonic()
    restore_into_server(folder, empty, at=NOW)
    restored_s = time.monotonic() - began_s
    size_mb = (folder / DATABASE).stat().st_size / 1e6
    return (
        f"| {len(copy.packages)} | {size_mb:.0f} MB | {before} MB | {made} MB "
        f"| {took_s:.0f} s, {used_s:.1f} s processor | {peak_mb()} MB | {restored_s:.0f} s |"
    )


def measure(count: int) -> None:
    """Fill a database with packages, and back it up."""
    programs = find_postgres()
    if programs is None:
        raise SystemExit("postgresql is not installed")
    with running_postgres(programs) as server, tempfile.TemporaryDirectory() as disk:
        url, empty = server.new_database(), server.new_database()
        with closing(OfficeDatabase.open(url)) as database:
            for seq in range(1, count + 1):
                data = os.urandom(SIZE)
                row = replace(enrolled(seq), package=data, sha256=hashlib.sha256(data).digest())
                with database.transaction() as connection:
                    insert_enrolment(connection, row, received_at=NOW)
        subprocess.run([sys.executable, "-m", "tests.bench.backup", "--of", url, empty, disk], check=True)


def main() -> int:
    """Measure. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="./run bench backup", description=__doc__)
    parser.add_argument("--of", nargs=3, metavar=("URL", "EMPTY", "DISK"), help=argparse.SUPPRESS)
    of: list[str] | None = parser.parse_args().of
    if of is not None:
        print(back_up_and_restore(of[0], of[1], Path(of[2])), flush=True)
        return 0
    print("| packages | copy | memory before | peak | backup | peak of a restore | restore |")
    print("|---|---|---|---|---|---|---|", flush=True)
    for count in COUNTS:
        measure(count)
    return 0


if __name__ == "__main__":
    sys.exit(main())
