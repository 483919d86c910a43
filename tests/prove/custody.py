"""Nothing is lost, doubled or altered on the way from a kiosk to the office, whatever dies on it.

Three kiosks seal enrolments while their uplinks, the broker (which keeps nothing on disk), the collector and the
database are killed at random moments. One road carries 16 kB/s; roads stall and break, clocks jump by up to ten years,
disks are full for a while, messages come twice, out of order and with bits changed. Then it is calm, and every
enrolment must be at the office once, byte for byte, with a receipt that verifies. Played on SQLite and on PostgreSQL.
"""

import argparse
import dataclasses
import json
import sys
import tempfile
import time
from pathlib import Path

from tests.office.postgres import find_postgres, running_postgres
from tests.office.storm import Report, Storm


def play(name: str, kills: int, *, seed: int, every_s: float) -> Report:
    """One storm over an office with this kind of database."""
    # Not on a memory disk: what is proved is what a disk keeps.
    with tempfile.TemporaryDirectory(prefix="storm-", dir="/var/tmp") as folder:
        if name == "sqlite":
            return _storm(Storm(Path(folder), seed=seed), kills, every_s)
        programs = find_postgres()
        if programs is None:
            sys.exit("postgresql is not installed; on Debian: apt install postgresql")
        with running_postgres(programs, settings="") as server:
            return _storm(Storm(Path(folder), seed=seed, postgres=server), kills, every_s)


def _storm(storm: Storm, kills: int, every_s: float) -> Report:
    try:
        storm.blow(kills, every_s=every_s)
        return storm.calm()
    finally:
        storm.close()


def main() -> int:
    """Play the storms and say what was found. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="prove custody", description=__doc__)
    parser.add_argument("--kills", type=int, default=1000, help="in all; half of them on each kind of database")
    parser.add_argument("--every", type=float, default=0.8, metavar="SECONDS", help="between two blows, on average")
    parser.add_argument("--database", choices=["sqlite", "postgresql"], help="only this kind, with all kills")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--json", type=Path, help="write the counts here too")
    arguments = parser.parse_args()
    names = [arguments.database] if arguments.database else ["sqlite", "postgresql"]
    print(f"seed {arguments.seed}", flush=True)
    found: dict[str, object] = {}
    good = True
    for name in names:
        report = play(name, arguments.kills // len(names), seed=arguments.seed, every_s=arguments.every)
        found[name] = dataclasses.asdict(report)
        good &= report.lost == report.twice == report.altered == 0 and report.receipts == report.sealed
        print(f"\n{name}: {sum(report.kills.values())} kills in {report.seconds:.0f} s ({_counts(report.kills)})")
        print(f"  and {_counts(report.troubles)}")
        print(f"  {report.sealed} enrolments sealed, {report.bytes:,} bytes; {report.resent_bytes:,} more were sent")
        print(
            f"  {report.lost} lost, {report.twice} twice, {report.altered} altered; {report.receipts} receipts verified"
        )
        print(f"  {report.kept_apart} kept apart", flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    return 0 if good else 1


def _counts(counted: dict[str, int]) -> str:
    return ", ".join(f"{what} {n}" for what, n in sorted(counted.items()))


if __name__ == "__main__":
    sys.exit(main())
