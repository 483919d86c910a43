"""What it takes to name the enrolments that a kiosk owes, by how many of its packages an office has."""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from contextlib import closing

from sqlalchemy import insert

from kiosk.office import tables
from kiosk.office.database import OfficeDatabase
from tests.office.postgres import find_postgres, running_postgres

COUNTS = (1_000, 10_000, 100_000)
LOST = 5
TIMES = 7
KIOSK = "kiosk-tk-01"


def fill(database: OfficeDatabase, count: int) -> None:
    """Rows as a commit leaves them, of one kiosk, without five that are nowhere."""
    lost = set(random.Random(1).sample(range(1, count), LOST))
    at = "2026-11-24T03:00:00.000000Z"
    plain = {
        "kiosk": KIOSK,
        "sha256": bytes(32),
        "prev": bytes(32),
        "sealed_at": at,
        "received_at": at,
        "size": 300_000,
    }
    plain |= {"simulated": False, "name": "Nguyễn Thị Mận", "unit": "Xóm Tân Hợp", "started_at": at, "finished_at": at}
    plain |= {"slots": {"portrait": {"state": "filled", "quality": 90}}, "status": "received", "excepted": False}
    rows = [{**plain, "id": f"{seq:036d}", "seq": seq} for seq in range(1, count + 1) if seq not in lost]
    with database.transaction() as connection:
        for begin in range(0, len(rows), 5000):
            connection.execute(insert(tables.enrolment), rows[begin : begin + 5000])
        connection.execute(insert(tables.tally).values(kiosk=KIOSK, highest=count, count=count - LOST))


def measure(url: str, kind: str, count: int) -> None:
    """One line of the table."""
    first: list[float] = []
    again: list[float] = []
    with closing(OfficeDatabase.open(url)) as made:
        fill(made, count)
    for _ in range(TIMES):
        with closing(OfficeDatabase.open(url)) as database:
            database.gaps()
            for took in (first, again):
                began_s = time.perf_counter()
                missing = database.missing([KIOSK])
                took.append(1000 * (time.perf_counter() - began_s))
                if missing[KIOSK].n != LOST:
                    raise SystemExit(f"{missing[KIOSK].n} are said to be missing, {LOST} are")
    print(f"| {kind} | {count} | {statistics.median(first):.1f} ms | {statistics.median(again):.1f} ms |", flush=True)


def main() -> None:
    """Measure each size on either database."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    print("| database | packages | the first time | while nothing came |\n|---|---|---|---|")
    for count in COUNTS:
        with tempfile.TemporaryDirectory() as folder:
            measure(f"sqlite:///{folder}/office.db", "SQLite", count)
    programs = find_postgres()
    if programs is None:
        raise SystemExit("postgresql is not installed")
    with running_postgres(programs) as server:
        for count in COUNTS:
            measure(server.new_database(), "PostgreSQL", count)


if __name__ == "__main__":
    main()
