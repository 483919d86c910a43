"""How kiosks were, kept for a whole country: 10,600 kiosks telling every minute, and one kiosk's page over it.

On SQLite in a temporary folder, without a broker: what is measured is what the collector's thread spends on it.
"""

import argparse
import json
import statistics
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from kiosk.office.database import OfficeDatabase
from kiosk.office.history import History, Keeping
from kiosk.office.twin import twin_of
from kiosk.wire.messages import Battery, Clock, Disk, Glass, OutboxSample, Telemetry
from tests.bench.spine import machine

KIOSKS = 10_600
MINUTES = 180
LOOKS = 20


def measure() -> dict[str, Any]:
    """Run it."""
    begin = datetime(2026, 11, 24, 0, 0, tzinfo=UTC)
    words = [
        Telemetry(
            ts=begin,
            boot="5f2c",
            seq_last=n,
            chain="00" * 32,
            outbox=OutboxSample(n=n % 3, bytes=0, oldest_s=0),
            batt=Battery(charge=n / KIOSKS, mains=False),
            disk=Disk(free=10**10, size=3 * 10**10),
            clock=Clock(src="ntp", offset_s=0.01),
            glass=Glass(tries=50, dirty=1),
            board_c=51.5,
            sw="0.1.0",
        )
        for n in range(KIOSKS)
    ]
    with (
        tempfile.TemporaryDirectory(prefix="telemetry-") as folder,
        closing(OfficeDatabase.open(f"sqlite:///{folder}/office.db")) as database,
    ):
        history = History(database, Keeping())
        hear_s, write_s = [], []
        for minute in range(MINUTES):
            now = begin + timedelta(minutes=minute)
            began_s = time.perf_counter()
            for n, word in enumerate(words):
                history.hear(f"kiosk-{n:05d}", word, now)
            heard_s = time.perf_counter()
            history.flush(now, all_of_it=True)
            hear_s.append(heard_s - began_s)
            write_s.append(time.perf_counter() - heard_s)
        size = sum(file.stat().st_size for file in Path(folder).iterdir())
        look_s = []
        for n in range(LOOKS):
            began_s = time.perf_counter()
            twin_of(database, f"kiosk-{n * 500:05d}", now=now, days=2, charge=0.5)
            look_s.append(time.perf_counter() - began_s)
        prune_s = []
        for minute in range(2, 22):
            late = begin + timedelta(days=3, minutes=minute)
            began_s = time.perf_counter()
            history.flush(late)
            prune_s.append(time.perf_counter() - began_s)
    return {
        "machine": machine(),
        "kiosks": KIOSKS,
        "minutes": MINUTES,
        "hear_a_minute_s": round(statistics.median(hear_s), 3),
        "write_a_minute_s": round(statistics.median(write_s), 3),
        "write_slowest_s": round(max(write_s), 3),
        "bytes_a_row": round(size / (KIOSKS * MINUTES)),
        "one_kiosk_s": round(statistics.median(look_s), 3),
        "prune_step_s": round(statistics.median(prune_s), 3),
        "prune_slowest_s": round(max(prune_s), 3),
    }


def main() -> int:
    """Measure, print, and write JSON. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="bench telemetry", description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here too")
    arguments = parser.parse_args()
    found = measure()
    for name, value in found.items():
        print(f"{name}: {value}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
